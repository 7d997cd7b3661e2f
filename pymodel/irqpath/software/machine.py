"""A machine as a whole: a GIC of one generation, a device, the host and a guest that sends packets through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from irqpath.config.sizes import GicConfig, ItsConfig, VirtualConfig
from irqpath.core.errors import ConfigError
from irqpath.core.memory import Memory
from irqpath.sim.platform import Platform
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.cpu.exits import Exit, Reason
from irqpath.software.cpu.guest_mode import GuestCpu
from irqpath.software.guest.program import LPIS, Board, Program
from irqpath.software.guest.virtio_net import RX, TX
from irqpath.software.host.event_loop import EventLoop
from irqpath.software.host.kvm import Vcpu, Vm
from irqpath.software.host.nic import Nic
from irqpath.software.host.scheduler import HYPERVISOR, HostCpu, Thread
from irqpath.software.host.vcpu import VcpuThread
from irqpath.software.host.virtio_net import VirtioNetPci
from irqpath.software.host.world_switch import WorldSwitch
from irqpath.software.irqchip.gicv3 import Gicv3, enable
from irqpath.software.packets import Packet, Packets, Step
from irqpath.software.workload import Workload
from irqpath.virtio.pci import NOTIFY_MULTIPLIER
from irqpath.virtio.port import GuestMemory
from irqpath.virtio.wire import VIRTIO_F_RING_PACKED, bits

#: The host's SPI of its network device.
NIC_INTID: Final = 40
#: What a guest may wait for something, in cycles.
_POLL_LIMIT: Final = 10_000_000


@dataclass(slots=True)
class Results:
    """What a run has counted. `exits`: by reason, of them `user` in QEMU; `kicks`: of a vCPU in guest mode; `wakes`: of a blocked
    one; `list_registers`: written; `notifications`: interrupts of the device; `interrupts`: taken by the guest;
    `sent`, `suppressed`: kicks of the guest's driver; `cycles`: from the first packet to the last."""

    exits: dict[Reason, int] = field(default_factory=dict)
    user: int = 0
    kicks: int = 0
    wakes: int = 0
    list_registers: int = 0
    notifications: int = 0
    interrupts: int = 0
    sent: int = 0
    suppressed: int = 0
    cycles: int = 0


def gicv3(pes: int = 2) -> GicConfig:
    """The GIC of a machine with GICv3: two PEs, one for the vCPU and one for QEMU."""
    return GicConfig(pes=pes, spis=32, virtual=VirtualConfig(), its=(ItsConfig(),))


def _nobody_looks(packet: Packet) -> None:
    del packet


class Machine:
    """A machine of `platform`, whose last PE runs QEMU. `finished` is told each packet that has come back; `msi`: the guest uses
    MSIs, else the device's wire."""

    def __init__(
        self,
        platform: Platform,
        workload: Workload,
        *,
        msi: bool = True,
        cycles: Cycles | None = None,
        finished: Callable[[Packet], None] = _nobody_looks,
    ) -> None:
        """Raises `ConfigError` for a GIC on which there is no place for it."""
        config = platform.config
        if config.virtual is None or config.pes < 2:
            raise ConfigError(f"a machine needs virtual CPU interfaces and 2 PEs; this GIC has {config.pes}")
        self._platform = platform
        self.cycles: Final = cycles or Cycles()
        self.results: Final = Results()
        self.packets: Final = Packets(lambda: platform.now, self._finished(finished))
        self.cpus: Final = [HostCpu(pe, self.cycles) for pe in platform.pes]
        self._switch = WorldSwitch(config.virtual)
        self._board = Board(msi=msi)
        memory = GuestMemory(Memory())
        vcpu = Vcpu(GuestCpu(0, memory, _POLL_LIMIT))
        self.vm: Final = Vm([vcpu], memory, list_registers=config.virtual.list_registers, spis=self._board.spis)
        self.vm.presented = self._presented
        self.guest: Final = Program(vcpu.cpu, self._board, workload, self.cycles, self.packets, self._acknowledged)
        nic = Nic(platform, NIC_INTID, self.cycles.wire, self.cycles.gap)
        qemu = self.cpus[-1]
        self.device: Final = VirtioNetPci(
            self._board.device, self.vm, memory, EventLoop(qemu), nic, self.packets, size=256, device=self._board.device_id,
            intx=self._board.intx, features=bits(VIRTIO_F_RING_PACKED), spurious=workload.spurious,
        )  # fmt: skip
        qemu.request_irq(NIC_INTID, self.device.nic_interrupt)
        for cpu in self.cpus:
            cpu.request_irq(config.virtual.maintenance_ppi, _maintenance)
        self._thread = VcpuThread(self.vm, vcpu, self._switch, self.guest.run(), self.device.access, self._trapped)
        Thread("vCPU 0", self.cpus[0], self._run)

    async def run(self) -> Results:
        """Boot the host, run the guest to its end. Raises `CheckError` for what goes wrong on the way."""
        await self._boot()
        jobs = [self._platform.start(cpu.run(), f"PE {cpu.pe.index}") for cpu in self.cpus]
        for job in jobs:
            await job.join()
        counts, net, results = self.vm.counts, self.guest.net.counts, self.results
        results.exits, results.user, results.kicks, results.wakes = counts.exits, counts.user, counts.kicks, counts.wakes
        results.list_registers, results.notifications = self._switch.written, self.device.notifications
        results.sent, results.suppressed = net.kicks, net.suppressed
        return results

    async def _boot(self) -> None:
        """The host's kernel on each PE; its interrupts: of the network device, and maintenance."""
        gic = Gicv3(self._platform.config.spis, split_eoi=True)
        virtual = self._platform.config.virtual
        assert virtual is not None  # or there were no machine
        for cpu in self.cpus:
            await cpu.pe.enter(HYPERVISOR)
            if cpu is self.cpus[0]:
                await gic.init_distributor(cpu.pe)
            await gic.init_cpu(cpu.pe)
            await enable(cpu.pe, virtual.maintenance_ppi)
        qemu = self.cpus[-1].pe
        await qemu.write(f"GICD_IROUTER{NIC_INTID}", qemu.index)
        await enable(qemu, NIC_INTID, edge=True)

    async def _run(self, thread: Thread) -> None:
        """The vCPU's thread; the machine stops when it ends."""
        await self._thread.run(thread)
        for cpu in self.cpus:
            cpu.stopping = True
            if cpu.idle:
                await thread.cpu.send_reschedule(cpu)

    # --- what is seen on the way ----------------------------------------------------------------------------------------

    def _trapped(self, found: Exit) -> None:
        """Step 2: the guest's kick of its transmit queue has become an exit."""
        if found.block == f"{self._board.device}.notify" and found.offset == TX * NOTIFY_MULTIPLIER:
            self.packets.kicked()

    def _presented(self, intid: int) -> None:
        """Step 7, of the interrupt of received packets."""
        if intid in (LPIS[RX], self._board.intx):
            self.packets.presented()

    def _acknowledged(self, intid: int) -> None:
        del intid
        self.results.interrupts += 1

    def _finished(self, finished: Callable[[Packet], None]) -> Callable[[Packet], None]:
        first: list[int] = []

        def tell(packet: Packet) -> None:
            if not first:
                first.append(packet.times[Step.ADD_BUF])
            self.results.cycles = packet.times[Step.HANDLER] - first[0]
            finished(packet)

        return tell


async def _maintenance(cpu: HostCpu) -> None:
    """vgic_maintenance_handler: nothing to do, the exit has looked at the List registers."""
    del cpu
