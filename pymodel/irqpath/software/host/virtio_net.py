"""QEMU's virtio-net: its virtqueues are heard by ioeventfd in the event loop, packets go to the host's network device and come
back by a worker that blocks on it, interrupts go out by irqfd (hw/net/virtio-net.c, hw/virtio/virtio-pci.c).
"""

from __future__ import annotations

from collections import deque
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.software.host.event_loop import EventLoop, Worker
from irqpath.software.host.kvm import Vm
from irqpath.software.host.nic import Nic
from irqpath.software.host.scheduler import HostCpu, Thread
from irqpath.software.host.virtio_pci import WIRE, EmulatedDevice
from irqpath.software.packets import Packets, number_of
from irqpath.virtio.net import Net
from irqpath.virtio.port import RingPort

RX: Final = 0
#: Its queues but the control queue, which no driver here uses.
QUEUES: Final = 2


class Tap:
    """The back-end's end of the wire: frames that the device sends go to the network device."""

    def __init__(self, nic: Nic, packets: Packets) -> None:
        self._nic = nic
        self._packets = packets
        self.sent = 0

    def transmit(self, net: Net, pair: int, frame: bytes) -> None:
        """See `Wire`: step 4."""
        del net, pair
        self.sent += 1
        self._packets.forwarded(number_of(frame))
        self._nic.send(frame)


class VirtioNetPci(EmulatedDevice):
    """The device. `spurious`: after every so many packets an interrupt for nothing, 0: never."""

    def __init__(
        self,
        name: str,
        vm: Vm,
        memory: RingPort,
        loop: EventLoop,
        nic: Nic,
        packets: Packets,
        *,
        size: int,
        device: int,
        intx: int,
        features: int = 0,
        spurious: int = 0,
    ) -> None:
        self._tap = Tap(nic, packets)
        self._net = Net(self._tap, size=size, features=features)
        super().__init__(name, vm, memory, loop, self._net, queues=QUEUES, device=device, intx=intx)
        self._packets = packets
        self._nic = nic
        #: numbers of frames that the device has, and has put into no buffer
        self._receiving: deque[int] = deque()
        self._spurious = spurious
        self._worker = Worker("network", loop.thread.cpu, self._read_nic)
        loop.listen(self._worker.done, self._received)

    def _signalled(self, vector: int) -> None:
        """Step 6."""
        if vector in (RX, WIRE):
            self._packets.signalled()

    # --- the event loop's callbacks -------------------------------------------------------------------------------------

    async def _host_notifier(self, queue: int, thread: Thread) -> None:
        """virtio_queue_host_notifier_read: step 3, then the queue is served."""
        if queue != RX:
            self._packets.heard()
        before = self._tap.sent
        out = self._kicked(queue)
        self._delivered()
        await thread.cpu.spend(thread.cpu.cycles.forward * (self._tap.sent - before))
        await self._went_out(out, thread.cpu)

    async def _received(self, thread: Thread) -> None:
        """The worker has packets from the network: each goes into the virtqueue (step 5)."""
        while self._worker.results:
            for frame in self._worker.results.popleft():
                await thread.cpu.spend(thread.cpu.cycles.respond)
                self._receiving.append(number_of(frame))
                self._net.receive(frame)
                self._delivered()
                await self._went_out(self._pci.take(), thread.cpu)
                if self._spurious and number_of(frame) % self._spurious == 0:
                    await self._notify(RX if self._pci.msix.enabled else WIRE, thread.cpu)

    def _delivered(self) -> None:
        """What does not wait for a buffer any more is in the virtqueue. Raises `CheckError` where the device has dropped some."""
        if self._net.dropped:
            raise CheckError(f"{self.name} has dropped {self._net.dropped} packets: its backlog is full")
        while len(self._receiving) > len(self._net.waiting[0]):
            self._packets.responded(self._receiving.popleft())

    # --- the network ----------------------------------------------------------------------------------------------------

    async def _read_nic(self, thread: Thread) -> list[bytes]:
        """The worker's blocking read."""
        while not self._nic.waiting:
            await thread.block()
        return self._nic.receive()

    async def nic_interrupt(self, by: HostCpu) -> None:
        """The network device's interrupt, in the host's kernel: the worker's read has something."""
        await self._worker.thread.wake(by)
