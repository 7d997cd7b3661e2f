"""The host: its kernel on each PE, its drivers of the interrupt controller, and their boot."""

from __future__ import annotations

from typing import Final

from irqpath.config.sizes import VirtualConfig
from irqpath.sim.platform import Platform
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.cpu.timer import HYPERVISOR_TIMER, VIRTUAL_TIMER
from irqpath.software.host.arch_timer import timer_interrupt
from irqpath.software.host.gicv4 import init_vpe_table
from irqpath.software.host.scheduler import HostCpu
from irqpath.software.host.world_switch import Switch, WorldSwitch
from irqpath.software.host.world_switch_gicv2 import WorldSwitchGicv2
from irqpath.software.irqchip.chip import Chip
from irqpath.software.irqchip.gicv2 import Gicv2
from irqpath.software.irqchip.gicv3 import Gicv3
from irqpath.software.irqchip.its import Its


class Host:
    """Of `platform`, whose last PE runs QEMU. `virtual`: its virtual CPU interfaces; `its`: its driver, where one is used."""

    def __init__(self, platform: Platform, virtual: VirtualConfig, cycles: Cycles, *, its: bool) -> None:
        config = platform.config
        self.platform: Final = platform
        self.virtual: Final = virtual
        self.cycles: Final = cycles
        self.chip: Final[Chip] = (Gicv2 if virtual.gicv2 else Gicv3)(config.spis, split_eoi=True)
        self.switch: Final[Switch] = WorldSwitchGicv2(virtual) if virtual.gicv2 else WorldSwitch(virtual)
        self.cpus: Final = [HostCpu(platform, pe, self.chip, cycles) for pe in platform.pes]
        self.its: Final = Its(platform.pes[0], platform.store, vpes=config.gicv4 is not None) if its else None
        for cpu in self.cpus:
            cpu.request_irq(virtual.maintenance_ppi, _maintenance)
            cpu.request_irq(VIRTUAL_TIMER, timer_interrupt)
            cpu.forwarded.add(VIRTUAL_TIMER)

    @property
    def qemu(self) -> HostCpu:
        """The PE of QEMU's event loops."""
        return self.cpus[-1]

    @property
    def of_vcpus(self) -> list[HostCpu]:
        """The PEs that run vCPUs."""
        return self.cpus[:-1]

    async def boot(self) -> None:
        """The kernel on each PE, with the interrupts that each has."""
        for cpu in self.cpus:
            await self.switch.boot(cpu.pe)
            if cpu is self.cpus[0]:
                await self.chip.init_distributor(cpu.pe)
            await self.chip.init_cpu(cpu.pe)
            for intid in (self.virtual.maintenance_ppi, HYPERVISOR_TIMER, VIRTUAL_TIMER):
                await self.chip.enable(cpu.pe, intid)
        if self.its is not None:
            await self._boot_its(self.its)

    async def _boot_its(self, its: Its) -> None:
        await its.init()
        gicv4 = self.platform.config.gicv4
        for cpu in self.cpus:
            await its.init_cpu(cpu.pe)
            if gicv4 is not None and gicv4.v41:
                await init_vpe_table(cpu.pe)

    async def stop(self, by: HostCpu) -> None:
        """Nothing is left to do: each PE's kernel ends."""
        for cpu in self.cpus:
            cpu.stopping = True
            if cpu.idle:
                await by.send_reschedule(cpu)


async def _maintenance(cpu: HostCpu) -> None:
    """vgic_maintenance_handler: nothing to do, the exit has looked at the List registers."""
    del cpu
