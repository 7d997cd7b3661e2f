"""A virtual function that is assigned to a guest (SR-IOV): the guest reaches its registers without an exit, it reaches the
guest's memory, and its MSIs go to the host's ITS. What they become there is VFIO's handler, which signals irqfd, or a VLPI.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from irqpath.core.link import Link
from irqpath.core.transactions import Kick, Msi, Out, RegRead, RegReadData, RegWrite, RegWriteAck
from irqpath.sim.platform import Platform
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.cpu.exits import Exit
from irqpath.software.cpu.guest_mode import GuestCpu
from irqpath.software.host.eventfd import EventFd
from irqpath.software.host.kvm import Irqfd, Vm
from irqpath.software.host.scheduler import HostCpu, Thread
from irqpath.software.host.virtio_net import RX, respond
from irqpath.software.irqchip.its import Its
from irqpath.software.packets import Packets, number_of
from irqpath.virtio.net import Net
from irqpath.virtio.pci import NOTIFY_MULTIPLIER, VirtioPci
from irqpath.virtio.port import RingPort

#: Regions that the guest reaches by itself; the others are QEMU's (the MSI-X table, configuration space).
_MAPPED: Final = ("common", "isr", "device", "notify")
#: Cycles from a notification until the hardware has taken what is there.
_LATENCY: Final = 200
QUEUES: Final = 2
_TX: Final = 1


class VirtualFunction:
    """The hardware: a virtio-net function. `sent`: told of each message, before it goes."""

    def __init__(
        self,
        name: str,
        platform: Platform,
        memory: RingPort,
        packets: Packets,
        cycles: Cycles,
        *,
        size: int,
        device: int,
        features: int,
    ) -> None:
        self._name: Final = name
        self._platform = platform
        self._packets = packets
        self._cycles = cycles
        self._net = Net(self, size=size, features=features)
        self._pci = VirtioPci(name, self._net, memory, requester=device)
        self._notified: deque[int] = deque()
        self._flying: deque[tuple[int, bytes]] = deque()
        self._free_at = 0
        self._receiving: deque[int] = deque()
        self._messages: deque[Msi] = deque()
        self.sent: Callable[[Msi], None] = _nobody_listens
        self.messages = 0

    # --- registers ------------------------------------------------------------------------------------------------------

    def access(self, region: str, request: RegRead | RegWrite) -> RegReadData | RegWriteAck:
        """Somebody's access to a region of registers."""
        if region == "notify" and isinstance(request, RegWrite):
            self._notify(request.offset // NOTIFY_MULTIPLIER)
            return RegWriteAck(True)
        out = self._pci.predict(Link.of(self._name, region), request)
        self._send(out)
        return next(t for _, t in out if isinstance(t, RegReadData | RegWriteAck))

    def _notify(self, queue: int) -> None:
        if queue == _TX:
            self._packets.kicked()
        self._notified.append(queue)
        if len(self._notified) == 1:
            self._platform.start(self._serve(), f"{self._name}: queues")

    # --- its own work ---------------------------------------------------------------------------------------------------

    async def _serve(self) -> None:
        while self._notified:
            await self._platform.spend(_LATENCY)
            queue = self._notified.popleft()
            self._send(self._pci.predict(Link.of(self._name, "notify"), Kick(queue, queue)))
            self._delivered()

    def transmit(self, net: Net, pair: int, frame: bytes) -> None:
        """See `Wire`: step 4; it comes back after a while."""
        del net, pair
        self._packets.forwarded(number_of(frame))
        self._free_at = max(self._free_at + self._cycles.gap, self._platform.now + self._cycles.wire)
        self._flying.append((self._free_at, frame))
        if len(self._flying) == 1:
            self._platform.start(self._fly(), f"{self._name}: network")

    async def _fly(self) -> None:
        while self._flying:
            await self._platform.until(self._flying[0][0])
            _, frame = self._flying.popleft()
            self._receiving.append(number_of(frame))
            self._net.receive(frame)
            self._delivered()
            self._send(self._pci.take())

    def _delivered(self) -> None:
        """Step 5, of what is in a buffer now."""
        while len(self._receiving) > len(self._net.waiting[0]):
            self._packets.responded(self._receiving.popleft())

    def _send(self, out: Iterable[Out]) -> None:
        """Messages go, one after the other."""
        for _, message in out:
            if isinstance(message, Msi):
                self._messages.append(message)
                if len(self._messages) == 1:
                    self._platform.start(self._post(), f"{self._name}: messages")

    async def _post(self) -> None:
        while self._messages:
            message = self._messages[0]
            self.messages += 1
            self.sent(message)
            await self._platform.send_msi(message.device, message.event)
            self._messages.popleft()


class Vfio:
    """The host's side of an assigned function: its registers are in the guest's address space, its interrupts the host's."""

    def __init__(self, name: str, vm: Vm, function: VirtualFunction, device: int, packets: Packets) -> None:
        self._name: Final = name
        self._function = function
        self._device = device
        self._packets = packets
        self._eventfds = [EventFd(f"{name}: vector {n}") for n in range(QUEUES)]
        self._vm = vm

    @property
    def notifications(self) -> int:
        """Messages that the function has sent."""
        return self._function.messages

    def map_registers(self, cpu: GuestCpu) -> None:
        """vfio_pci_mmap: what the guest reaches by itself."""
        cpu.mapped = {f"{self._name}.{region}": partial(self._function.access, region) for region in _MAPPED}

    async def map_interrupts(self, its: Its, cpu: HostCpu, first: int) -> None:
        """VFIO_DEVICE_SET_IRQS: a host's LPI for each vector, from `first` on, whose handler signals an irqfd of the guest's
        route."""
        for vector, fd in enumerate(self._eventfds):
            Irqfd(self._vm, fd, partial(self._vm.its.translate, self._device, vector))
            cpu.request_irq(first + vector, partial(self._interrupted, vector))
            await its.map_event(self._device, vector, first + vector, cpu.pe.index)

    async def _interrupted(self, vector: int, by: HostCpu) -> None:
        """vfio_msihandler: step 6."""
        if vector == RX:
            self._packets.signalled()
        await self._eventfds[vector].signal(by)

    def forwarded(self) -> None:
        """The vectors are VLPIs: there is no step 6."""
        self._function.sent = self._sent

    def _sent(self, message: Msi) -> None:
        if message.event == RX:
            self._packets.sent_directly()

    async def access(self, exit_: Exit, thread: Thread) -> None:
        """The guest's access to what QEMU keeps for itself. Raises `CheckError` for one of another device."""
        del thread
        respond(exit_, self._name, self._function.access)


def _nobody_listens(message: Msi) -> None:
    del message
