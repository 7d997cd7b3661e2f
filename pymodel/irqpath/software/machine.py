"""A machine as a whole: a GIC of one generation, the host, and guests that send packets through it, each by its device."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.policy import IRQPATH, Policy
from irqpath.config.sizes import GicConfig, Gicv4Config, ItsConfig, VirtualConfig
from irqpath.core.errors import ConfigError
from irqpath.core.transactions import Observed
from irqpath.sim.gicv2_platform import Gicv2Platform
from irqpath.sim.model_platform import ModelPlatform
from irqpath.sim.platform import Platform
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.host.host import Host
from irqpath.software.host.scheduler import HostCpu
from irqpath.software.packets import Packet
from irqpath.software.results import Results as Results
from irqpath.software.virtual_machine import Shape, VirtualMachine
from irqpath.software.workload import Workload

#: Of a machine: guests, whose network devices have SPIs, and vCPUs, whose doorbells have LPIs.
MOST_GUESTS: Final = 16
MOST_VCPUS: Final = 64


class Generation(Enum):
    """Of the GIC."""

    GICV2 = "GICv2"
    GICV3 = "GICv3"
    GICV40 = "GICv4.0"
    GICV41 = "GICv4.1"


class Delivery(Enum):
    """How the device's interrupts reach the guest. What QEMU emulates is injected by irqfd, through List registers, on each
    generation; an assigned function's MSIs are the host's LPIs on GICv3, and VLPIs on GICv4."""

    MSI = "emulated, MSI by irqfd"
    INTX = "emulated, INTx by irqfd"
    ASSIGNED = "assigned"


def deliveries(generation: Generation) -> tuple[Delivery, ...]:
    """Those that there are."""
    return tuple(delivery for delivery in Delivery if generation is not Generation.GICV2 or delivery is not Delivery.ASSIGNED)


def gic(generation: Generation, pes: int = 2, list_registers: int = 4) -> GicConfig:
    """The GIC of a machine of this generation, which is no GICv2: two PEs, one for the vCPU and one for QEMU."""
    if generation is Generation.GICV3:
        return GicConfig(pes=pes, spis=32, virtual=VirtualConfig(list_registers), its=(ItsConfig(),))
    v41 = generation is Generation.GICV41
    return GicConfig(
        pes=pes,
        spis=32,
        virtual=VirtualConfig(list_registers, gicv4=True, dvim=True, vsgi_eoi_count=v41),
        its=(ItsConfig(itt_entry_bytes=16, vpe_entry_bytes=32 if v41 else 8),),
        gicv4=Gicv4Config(v41=v41, sgis=v41),
    )


def model(
    generation: Generation,
    pes: int = 2,
    list_registers: int = 4,
    listen: Callable[[Observed], None] | None = None,
    policy: Policy = IRQPATH,
) -> ModelPlatform:
    """The models of a machine of this generation; `listen` is told every transaction."""
    if generation is Generation.GICV2:
        virtual = VirtualConfig(list_registers, id_bits=10, gicv2=True)
        return Gicv2Platform(Gicv2Config(pes, spis=32, virtual=virtual), policy, listen=listen, maintained=True)
    return ModelPlatform(gic(generation, pes, list_registers), policy, listen=listen)


def _nobody_looks(packet: Packet) -> None:
    del packet


class Machine:
    """A machine of `platform`, whose last PE runs QEMU, and the others the `vcpus` of each of `guests`, in turn; with `migrate`
    each goes on on another one whenever it is woken; `finished` is told each packet that has come back."""

    def __init__(
        self,
        platform: Platform,
        workload: Workload,
        *,
        delivery: Delivery = Delivery.MSI,
        guests: int = 1,
        vcpus: int = 1,
        migrate: bool = False,
        cycles: Cycles | None = None,
        finished: Callable[[Packet], None] = _nobody_looks,
    ) -> None:
        """Each guest has packets of the workload, with a seed of its own. Raises `ConfigError` for a GIC on which there is no
        place for it."""
        config, virtual = platform.config, platform.virtual
        if virtual is None or vcpus < 1 or config.pes < 2:
            raise ConfigError(f"a machine needs virtual CPU interfaces, a vCPU and 2 PEs; this GIC has {config.pes}")
        assigned = delivery is Delivery.ASSIGNED
        if virtual.gicv2 and assigned:
            raise ConfigError("an assigned function, whose messages go to an ITS: a GICv2 has none")
        if not 1 <= guests <= MOST_GUESTS or guests * vcpus > MOST_VCPUS:
            raise ConfigError(f"{guests} guests of {vcpus} vCPUs: 1 to {MOST_GUESTS}, of at most {MOST_VCPUS} vCPUs in all")
        self._platform = platform
        self.delivery: Final = delivery
        self.cycles: Final = cycles or Cycles()
        sgis = config.gicv4 is not None and config.gicv4.sgis and vcpus > 1
        self.host: Final = Host(platform, virtual, self.cycles, its=assigned or sgis)
        shape = Shape(vcpus, msi=delivery is not Delivery.INTX, assigned=assigned, migrate=migrate)
        self.guests: Final = [
            VirtualMachine(self.host, number, workload, shape, finished, self._ended) for number in range(guests)
        ]
        self._running = guests

    async def run(self) -> Results:
        """Boot the host, run the guests to their end; what was counted of all. Raises `CheckError` for what goes wrong on the
        way."""
        await self.host.boot()
        for guest in self.guests:
            await guest.boot()
        jobs = [self._platform.start(cpu.run(), f"PE {cpu.pe.index}") for cpu in self.host.cpus]
        for job in jobs:
            await job.join()
        return sum((guest.results for guest in self.guests), Results())

    async def _ended(self, by: HostCpu) -> None:
        """A guest has; the machine stops with the last one."""
        self._running -= 1
        if not self._running:
            await self.host.stop(by)
