"""A machine as a whole: a GIC of one generation, a device, the host and a guest that sends packets through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from enum import Enum
from functools import partial
from typing import Final, Protocol

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.sizes import GicConfig, Gicv4Config, ItsConfig, VirtualConfig
from irqpath.core.errors import CheckError, ConfigError
from irqpath.core.link import Link
from irqpath.core.memory import Memory
from irqpath.core.transactions import Observed
from irqpath.sim.gicv2_platform import Gicv2Platform
from irqpath.sim.model_platform import ModelPlatform
from irqpath.sim.platform import Platform
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.cpu.exits import Exit, Reason
from irqpath.software.cpu.guest_mode import GuestCpu
from irqpath.software.cpu.timer import HYPERVISOR_TIMER, VIRTUAL_TIMER
from irqpath.software.guest.kernel import Kernel
from irqpath.software.guest.program import Board, Program
from irqpath.software.guest.smp import Secondary
from irqpath.software.guest.virtio_net import TX
from irqpath.software.host.arch_timer import timer_interrupt
from irqpath.software.host.event_loop import EventLoop
from irqpath.software.host.gicv4 import DOORBELL, Gicv4
from irqpath.software.host.kvm import Vcpu, Vm
from irqpath.software.host.nic import Nic
from irqpath.software.host.scheduler import HostCpu, Thread
from irqpath.software.host.v2m import BLOCK as V2M
from irqpath.software.host.v2m import V2mFrame
from irqpath.software.host.vcpu import VcpuThread
from irqpath.software.host.vfio import Vfio, VirtualFunction
from irqpath.software.host.virtio_net import VirtioNetPci
from irqpath.software.host.world_switch import Switch, WorldSwitch
from irqpath.software.host.world_switch_gicv2 import WorldSwitchGicv2
from irqpath.software.irqchip.chip import Chip
from irqpath.software.irqchip.gicv2 import Gicv2
from irqpath.software.irqchip.gicv3 import Gicv3
from irqpath.software.irqchip.its import Its
from irqpath.software.kvm.interrupt import FIRST_PPI
from irqpath.software.packets import Packet, Packets, Step
from irqpath.software.workload import Workload
from irqpath.virtio.pci import NOTIFY_MULTIPLIER
from irqpath.virtio.port import GuestMemory
from irqpath.virtio.wire import VIRTIO_F_RING_PACKED, bits

#: The host's SPI of its network device.
NIC_INTID: Final = 40
#: Entries of the device's queues, at most.
_RING: Final = 256
#: What a guest may wait for something, in cycles.
_POLL_LIMIT: Final = 10_000_000


@dataclass(slots=True)
class Results:
    """What has been counted since the guest began to send. `exits`: by reason, of them `user` in QEMU; `kicks`: of a vCPU in
    guest mode; `wakes`: of a blocked one; `doorbells`: of its vPE; `list_registers`: written; `notifications`: interrupts of the
    device; `interrupts`: taken by the guest, `sgis` and `ticks` of timers besides; `sent`, `suppressed`: kicks of the
    guest's driver; `cycles`: from the first packet to the last."""

    exits: dict[Reason, int] = field(default_factory=dict)
    user: int = 0
    kicks: int = 0
    wakes: int = 0
    doorbells: int = 0
    list_registers: int = 0
    notifications: int = 0
    interrupts: int = 0
    sgis: int = 0
    ticks: int = 0
    sent: int = 0
    suppressed: int = 0
    cycles: int = 0

    def since(self, before: Results) -> Results:
        """What has been counted since then."""
        exits = {reason: count - before.exits[reason] for reason, count in self.exits.items()}
        numbers = {
            field.name: getattr(self, field.name) - getattr(before, field.name) for field in fields(self) if field.name != "exits"
        }
        return Results(exits, **numbers)


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
    generation: Generation, pes: int = 2, list_registers: int = 4, listen: Callable[[Observed], None] | None = None
) -> ModelPlatform:
    """The models of a machine of this generation; `listen` is told every transaction."""
    if generation is Generation.GICV2:
        virtual = VirtualConfig(list_registers, id_bits=10, gicv2=True)
        return Gicv2Platform(Gicv2Config(pes, spis=32, virtual=virtual), listen=listen, maintained=True)
    return ModelPlatform(gic(generation, pes, list_registers), listen=listen)


def _virtual(platform: Platform) -> VirtualConfig | None:
    """Of a machine's virtual CPU interfaces."""
    return platform.gicv2.config.virtual if isinstance(platform, Gicv2Platform) else platform.config.virtual


class _Device(Protocol):
    """What the machine needs of its device."""

    @property
    def notifications(self) -> int: ...

    async def access(self, exit_: Exit, thread: Thread) -> None: ...


def _nobody_looks(packet: Packet) -> None:
    del packet


class Machine:
    """A machine of `platform`, whose last PE runs QEMU, and the others `vcpus`, in turn; `finished` is told each packet that has
    come back."""

    def __init__(
        self,
        platform: Platform,
        workload: Workload,
        *,
        delivery: Delivery = Delivery.MSI,
        vcpus: int = 1,
        cycles: Cycles | None = None,
        finished: Callable[[Packet], None] = _nobody_looks,
    ) -> None:
        """Raises `ConfigError` for a GIC on which there is no place for it."""
        config, virtual = platform.config, _virtual(platform)
        if virtual is None or vcpus < 1 or config.pes < 2:
            raise ConfigError(f"a machine needs virtual CPU interfaces, a vCPU and 2 PEs; this GIC has {config.pes}")
        if vcpus > 1 and delivery is Delivery.ASSIGNED and config.gicv4 is not None:
            raise ConfigError(f"a guest with {vcpus} vCPUs and VLPIs: there is one vPE")
        if virtual.gicv2 and delivery is Delivery.ASSIGNED:
            raise ConfigError("an assigned function, whose messages go to an ITS: a GICv2 has none")
        self._platform = platform
        self._virtual = virtual
        self.delivery: Final = delivery
        self.cycles: Final = cycles or Cycles()
        self._interrupts = 0
        self._sgis = 0
        self._ticks = 0
        self._cycles = 0
        self._before = Results()
        self.packets: Final = Packets(lambda: platform.now, self._finished(finished))
        spis = config.spis
        self._chip: Chip = Gicv2(spis, split_eoi=True) if virtual.gicv2 else Gicv3(spis, split_eoi=True)
        self.cpus: Final = [HostCpu(platform, pe, self._chip, self.cycles) for pe in platform.pes]
        self._switch: Switch = WorldSwitchGicv2(virtual) if virtual.gicv2 else WorldSwitch(virtual)
        self._board = board = Board(msi=delivery is not Delivery.INTX, gicv2=virtual.gicv2)
        self._v2m = V2mFrame(board.first_message, board.messages)
        self._memory = GuestMemory(Memory())
        self._vcpus = [Vcpu(GuestCpu(number, self._memory, _POLL_LIMIT)) for number in range(vcpus)]
        vcpu = self._vcpus[0]
        vcpu.powered = True
        if virtual.gicv2:  # its CPU interface is the virtual one
            for each in self._vcpus:
                each.cpu.frames = {"gicc": "gicv"}
        self.vm: Final = Vm(self._vcpus, self._memory, self._switch, virtual, board.spis)
        self.vm.presented = self._presented
        others = [Secondary(Kernel(other.cpu, board.chip, self._called), workload.tick) for other in self._vcpus[1:]]
        self.guest: Final = Program(
            vcpu.cpu, board, workload, self.cycles, self.packets, self._acknowledged, self._started, others
        )
        for cpu in self.cpus:
            cpu.request_irq(virtual.maintenance_ppi, _maintenance)
            cpu.request_irq(VIRTUAL_TIMER, timer_interrupt)
            cpu.forwarded.add(VIRTUAL_TIMER)
        self._vfio: Vfio | None = None
        self._its: Its | None = None
        self.device: Final[_Device] = self._assigned(vcpu) if delivery is Delivery.ASSIGNED else self._emulated(workload)
        self._running = vcpus
        for one, program in zip(self._vcpus, (self.guest.run(), *(other.run() for other in others)), strict=True):
            kvm_run = VcpuThread(self.vm, one, program, self._user, self._trapped)
            Thread(f"vCPU {one.number}", self.cpus[one.number % (config.pes - 1)], partial(self._run, kvm_run))

    def _emulated(self, workload: Workload) -> VirtioNetPci:
        """QEMU's device, in its event loop."""
        nic = Nic(self._platform, NIC_INTID, self.cycles.wire, self.cycles.gap)
        qemu, board = self.cpus[-1], self._board
        device = VirtioNetPci(
            board.device, self.vm, self._memory, EventLoop(qemu), nic, self.packets, size=_RING, device=board.device_id,
            intx=board.intx, features=bits(VIRTIO_F_RING_PACKED), spurious=workload.spurious,
        )  # fmt: skip
        qemu.request_irq(NIC_INTID, device.nic_interrupt)
        return device

    def _assigned(self, vcpu: Vcpu) -> Vfio:
        """A virtual function, with GICv4 if there is one."""
        board = self._board
        function = VirtualFunction(
            board.device, self._platform, self._memory, self.packets, self.cycles, size=_RING, device=board.device_id,
            features=bits(VIRTIO_F_RING_PACKED),
        )  # fmt: skip
        self._vfio = vfio = Vfio(board.device, self.vm, function, board.device_id, self.packets)
        vfio.map_registers(vcpu.cpu)
        config = self._platform.config
        self._its = its = Its(self.cpus[0].pe, self._platform.store, vpes=config.gicv4 is not None)
        if config.gicv4 is not None:
            self.vm.direct, self.vm.direct_device = Gicv4(its, config), board.device_id
            vcpu.cpu.signalled = self.packets.presented
            vfio.forwarded()
            for cpu in self.cpus:
                cpu.request_irq(DOORBELL, self.vm.doorbell)
        return vfio

    async def run(self) -> Results:
        """Boot the host, run the guest to its end. Raises `CheckError` for what goes wrong on the way."""
        await self._boot()
        jobs = [self._platform.start(cpu.run(), f"PE {cpu.pe.index}") for cpu in self.cpus]
        for job in jobs:
            await job.join()
        return self._counted().since(self._before)

    def _counted(self) -> Results:
        counts, net = self.vm.counts, self.guest.net.counts
        return Results(
            dict(counts.exits),
            user=counts.user,
            kicks=counts.kicks,
            wakes=counts.wakes,
            doorbells=counts.doorbells,
            list_registers=self._switch.written,
            notifications=self.device.notifications,
            interrupts=self._interrupts,
            sgis=self._sgis,
            ticks=self._ticks,
            sent=net.kicks,
            suppressed=net.suppressed,
            cycles=self._cycles,
        )

    def _started(self) -> None:
        """The guest begins to send: what it has done so far does not count."""
        self._before = self._counted()

    async def _boot(self) -> None:
        """The host's kernel on each PE; its interrupts: of the network device, and maintenance."""
        for cpu in self.cpus:
            await self._switch.boot(cpu.pe)
            if cpu is self.cpus[0]:
                await self._chip.init_distributor(cpu.pe)
            await self._chip.init_cpu(cpu.pe)
            for intid in (self._virtual.maintenance_ppi, HYPERVISOR_TIMER, VIRTUAL_TIMER):
                await self._chip.enable(cpu.pe, intid)
        if self._vfio is None:
            await self._boot_emulation()
        else:
            await self._boot_assignment(self._vfio)

    async def _boot_emulation(self) -> None:
        """The network device interrupts the PE of QEMU."""
        qemu = self.cpus[-1].pe
        await self._chip.route(qemu, NIC_INTID, qemu.index)
        await self._chip.enable(qemu, NIC_INTID, edge=True)

    async def _boot_assignment(self, vfio: Vfio) -> None:
        """The host's ITS; the function's interrupts, or the vPE that gets them."""
        its, direct = self._its, self.vm.direct
        assert its is not None  # there is one with VFIO
        await its.init()
        for cpu in self.cpus:
            await its.init_cpu(cpu.pe)
        if direct is None:
            await vfio.map_interrupts(its, self.cpus[0])
            return
        for cpu in self.cpus:
            await direct.init_cpu(cpu.pe)
        await direct.map_vpe()

    async def _user(self, found: Exit, thread: Thread) -> None:
        """QEMU's devices: an access that KVM knows nothing of."""
        if found.block == V2M:
            self._v2m.access(found)
        else:
            await self.device.access(found, thread)

    async def _run(self, kvm_run: VcpuThread, thread: Thread) -> None:
        """A vCPU's thread; the machine stops when the last one ends."""
        await kvm_run.run(thread)
        self._running -= 1
        if self._running:
            return
        for cpu in self.cpus:
            cpu.stopping = True
            if cpu.idle:
                await thread.cpu.send_reschedule(cpu)

    # --- what is seen on the way ----------------------------------------------------------------------------------------

    def _trapped(self, found: Exit) -> None:
        """Step 2: the guest's kick of its transmit queue has become an exit."""
        if found.block == Link.of(self._board.device, "notify") and found.offset == TX * NOTIFY_MULTIPLIER:
            self.packets.kicked()

    def _presented(self, intid: int) -> None:
        """Step 7, of the interrupt of received packets."""
        if intid == self._board.received:
            self.packets.presented()

    def _acknowledged(self, intid: int) -> None:
        """The guest's first vCPU takes an interrupt. Raises `CheckError` for one of the device too many."""
        if intid < FIRST_PPI or intid == VIRTUAL_TIMER:
            self._called(intid)
            return
        self._interrupts += 1
        if self._interrupts > self.device.notifications:
            sent = self.device.notifications
            raise CheckError(f"the guest takes INTID {intid}, and nobody sent it: the device has sent {sent} interrupts so far")

    def _called(self, intid: int) -> None:
        """A vCPU takes an SGI, or its timer's interrupt."""
        if intid == VIRTUAL_TIMER:
            self._ticks += 1
        else:
            self._sgis += 1

    def _finished(self, finished: Callable[[Packet], None]) -> Callable[[Packet], None]:
        first: list[int] = []

        def tell(packet: Packet) -> None:
            if not first:
                first.append(packet.times[Step.ADD_BUF])
            self._cycles = packet.times[Step.HANDLER] - first[0]
            finished(packet)

        return tell


async def _maintenance(cpu: HostCpu) -> None:
    """vgic_maintenance_handler: nothing to do, the exit has looked at the List registers."""
    del cpu
