"""A guest with its vCPUs, memory, virtual interrupt controller and device, and what is seen of its packets on the way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol

from irqpath.config.sizes import FIRST_LPI
from irqpath.core.errors import CheckError
from irqpath.core.link import Link
from irqpath.core.memory import Memory
from irqpath.software.cpu.exits import Exit
from irqpath.software.cpu.guest_mode import GuestCpu
from irqpath.software.cpu.timer import VIRTUAL_TIMER
from irqpath.software.guest.kernel import Kernel
from irqpath.software.guest.program import Board, Program
from irqpath.software.guest.smp import Secondary
from irqpath.software.guest.virtio_net import TX
from irqpath.software.host.event_loop import EventLoop
from irqpath.software.host.gicv4 import Gicv4
from irqpath.software.host.host import Host
from irqpath.software.host.kvm import Vcpu, Vm
from irqpath.software.host.nic import Nic
from irqpath.software.host.scheduler import HostCpu, Thread
from irqpath.software.host.v2m import BLOCK as V2M
from irqpath.software.host.v2m import V2mFrame
from irqpath.software.host.vcpu import VcpuThread
from irqpath.software.host.vfio import QUEUES, Vfio, VirtualFunction
from irqpath.software.host.virtio_net import VirtioNetPci
from irqpath.software.kvm.interrupt import FIRST_PPI
from irqpath.software.packets import Packet, Packets, Step
from irqpath.software.results import Results
from irqpath.software.workload import Workload
from irqpath.virtio.pci import NOTIFY_MULTIPLIER
from irqpath.virtio.port import GuestMemory
from irqpath.virtio.wire import VIRTIO_F_RING_PACKED, bits

#: The host's SPIs of its network devices, one each virtual machine.
NIC_INTIDS: Final = 40
#: Entries of the device's queues, at most.
_RING: Final = 256
#: What a guest may wait for something, in cycles.
_POLL_LIMIT: Final = 100_000_000
_DEVICE_ID: Final = 8


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a virtual machine: its `vcpus`; its device's interrupts go by messages (`msi`) or the wire; the device is `assigned`;
    with `migrate` vCPUs go on on another PE whenever they are woken."""

    vcpus: int = 1
    msi: bool = True
    assigned: bool = False
    migrate: bool = False


class _Device(Protocol):
    """What a virtual machine needs of its device."""

    @property
    def notifications(self) -> int: ...

    async def access(self, exit_: Exit, thread: Thread) -> None: ...


class VirtualMachine:
    """Virtual machine `number` of a host. `finished` is told each packet that has come back, `ended` when its last vCPU ends."""

    def __init__(
        self,
        host: Host,
        number: int,
        workload: Workload,
        shape: Shape,
        finished: Callable[[Packet], None],
        ended: Callable[[HostCpu], Awaitable[None]],
    ) -> None:
        self._host = host
        self._number = number
        self._shape = shape
        self._finished = finished
        self._ended = ended
        self._interrupts = self._sgis = self._ticks = 0
        #: cycles of the first packet's first step, and of the last one's last
        self._first, self._last = -1, 0
        self._before = Results()
        platform, virtual = host.platform, host.virtual
        self.packets: Final = Packets(lambda: platform.now, self._came_back)
        self._board = board = Board(msi=shape.msi, gicv2=virtual.gicv2, device_id=_DEVICE_ID + number)
        self._v2m = V2mFrame(board.first_message, board.messages)
        self._memory = GuestMemory(Memory())
        self._vcpus = [Vcpu(GuestCpu(n, self._memory, _POLL_LIMIT)) for n in range(shape.vcpus)]
        vcpu = self._vcpus[0]
        vcpu.powered = True
        if virtual.gicv2:  # its CPU interface is the virtual one
            for each in self._vcpus:
                each.cpu.frames = {"gicc": "gicv"}
        self.vm: Final = Vm(self._vcpus, self._memory, host.switch, virtual, board.spis)
        self.vm.presented = self._presented
        load = replace(workload, seed=workload.seed + number)
        others = [Secondary(Kernel(other.cpu, board.chip, self._called), load.tick) for other in self._vcpus[1:]]
        self.guest: Final = Program(
            vcpu.cpu, board, load, host.cycles, self.packets, self._acknowledged, self._started, others
        )  # fmt: skip
        self._deliver_directly()
        self._vfio: Vfio | None = None
        self.device: Final[_Device] = self._assigned(vcpu) if shape.assigned else self._emulated(load)
        self._running = shape.vcpus
        places = host.of_vcpus if shape.migrate else ()
        for one, program in zip(self._vcpus, (self.guest.run(), *(other.run() for other in others)), strict=True):
            kvm_run = VcpuThread(self.vm, one, program, self._user, self._trapped)
            Thread(f"guest {number}, vCPU {one.number}", self._home(one), partial(self._run, kvm_run), places)

    def _home(self, vcpu: Vcpu) -> HostCpu:
        """The PE where a vCPU begins."""
        places = self._host.of_vcpus
        return places[(self._number * self._shape.vcpus + vcpu.number) % len(places)]

    def _deliver_directly(self) -> None:
        """GICv4: a vPE for each vCPU, with a doorbell, where there are VLPIs or virtual SGIs."""
        config, its = self._host.platform.config, self._host.its
        if its is None or config.gicv4 is None or not (self._shape.assigned or config.gicv4.sgis):
            return
        homes = [self._home(vcpu).pe.index for vcpu in self._vcpus]
        self.vm.direct = direct = Gicv4(its, config, homes, self._number * self._shape.vcpus)
        for vcpu, vpe in zip(self._vcpus, direct.vpes, strict=True):
            for cpu in self._host.cpus:
                cpu.request_irq(vpe.doorbell, partial(self.vm.doorbell, vcpu))

    def _emulated(self, workload: Workload) -> VirtioNetPci:
        """QEMU's device, in its event loop."""
        cycles, intid = self._host.cycles, NIC_INTIDS + self._number
        nic = Nic(self._host.platform, intid, cycles.wire, cycles.gap)
        qemu, board = self._host.qemu, self._board
        device = VirtioNetPci(
            board.device, self.vm, self._memory, EventLoop(qemu), nic, self.packets, size=_RING, device=board.device_id,
            intx=board.intx, features=bits(VIRTIO_F_RING_PACKED), spurious=workload.spurious,
        )  # fmt: skip
        qemu.request_irq(intid, device.nic_interrupt)
        return device

    def _assigned(self, vcpu: Vcpu) -> Vfio:
        """A virtual function, with GICv4 if there is one."""
        board, host = self._board, self._host
        function = VirtualFunction(
            board.device, host.platform, self._memory, self.packets, host.cycles, size=_RING, device=board.device_id,
            features=bits(VIRTIO_F_RING_PACKED),
        )  # fmt: skip
        self._vfio = vfio = Vfio(board.device, self.vm, function, board.device_id, self.packets)
        vfio.map_registers(vcpu.cpu)
        if self.vm.direct is not None:
            self.vm.direct_device = board.device_id
            vcpu.cpu.signalled = self.packets.presented
            vfio.forwarded()
        return vfio

    async def boot(self) -> None:
        """What the host does for it before it runs: its vPEs, the interrupts of its device."""
        host, direct = self._host, self.vm.direct
        if direct is not None:
            await direct.map_vpes()
        if self._vfio is None:  # the network device interrupts the PE of QEMU
            qemu, intid = host.qemu.pe, NIC_INTIDS + self._number
            await host.chip.route(qemu, intid, qemu.index)
            await host.chip.enable(qemu, intid, edge=True)
        elif host.its is not None and direct is None:
            await self._vfio.map_interrupts(host.its, host.cpus[0], FIRST_LPI + self._number * QUEUES)

    @property
    def results(self) -> Results:
        """What has been counted since the guest began to send."""
        return self._counted().since(self._before)

    def _counted(self) -> Results:
        counts, net = self.vm.counts, self.guest.net.counts
        return Results(
            dict(counts.exits),
            user=counts.user,
            kicks=counts.kicks,
            wakes=counts.wakes,
            doorbells=counts.doorbells,
            list_registers=counts.list_registers,
            notifications=self.device.notifications,
            interrupts=self._interrupts,
            sgis=self._sgis,
            ticks=self._ticks,
            sent=net.kicks,
            suppressed=net.suppressed,
            cycles=self._last - self._first if self._last else 0,
        )

    def _started(self) -> None:
        """The guest begins to send: what it has done so far does not count."""
        self._before = self._counted()

    async def _user(self, found: Exit, thread: Thread) -> None:
        """QEMU's devices: an access that KVM knows nothing of."""
        if found.block == V2M:
            self._v2m.access(found)
        else:
            await self.device.access(found, thread)

    async def _run(self, kvm_run: VcpuThread, thread: Thread) -> None:
        """A vCPU's thread."""
        await kvm_run.run(thread)
        self._running -= 1
        if not self._running:
            await self._ended(thread.cpu)

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

    def _came_back(self, packet: Packet) -> None:
        if self._first < 0:
            self._first = packet.times[Step.ADD_BUF]
        self._last = packet.times[Step.HANDLER]
        self._finished(packet)
