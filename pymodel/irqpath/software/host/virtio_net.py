"""QEMU's virtio-net: its virtqueues are heard by ioeventfd in the event loop, packets go to the host's network device and come
back by a worker that blocks on it, interrupts go out by irqfd (hw/net/virtio-net.c, hw/virtio/virtio-pci.c).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.core.link import Link
from irqpath.core.transactions import Kick, LineChange, Msi, Out, RegRead, RegReadData, RegWrite, RegWriteAck
from irqpath.software.cpu.exits import Exit
from irqpath.software.host.event_loop import EventLoop, Worker
from irqpath.software.host.eventfd import EventFd
from irqpath.software.host.kvm import Irqfd, Vm
from irqpath.software.host.nic import Nic
from irqpath.software.host.scheduler import HostCpu, Thread
from irqpath.software.packets import Packets, number_of
from irqpath.virtio.net import Net
from irqpath.virtio.pci import NOTIFY_MULTIPLIER, VirtioPci
from irqpath.virtio.port import RingPort

RX: Final = 0
#: Its queues but the control queue, which no driver here uses.
QUEUES: Final = 2


def respond(exit_: Exit, name: str, access: Callable[[str, RegRead | RegWrite], RegReadData | RegWriteAck]) -> None:
    """Give an exit the response of device `name`, of which it accesses a region. Raises `CheckError` for one of another."""
    device, _, region = exit_.block.partition(".")
    if device != name:
        raise CheckError(f"a guest's access to {exit_.block!r}, where there is nothing")
    write = exit_.value
    response = access(region, RegRead(exit_.offset, exit_.size) if write is None else RegWrite(exit_.offset, exit_.size, write))
    exit_.ok = response.ok
    if isinstance(response, RegReadData):
        exit_.result = response.value


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


class VirtioNetPci:
    """The device `name` of a virtual machine, emulated in `loop`. `device`: its DeviceID; `intx`: the SPI of its wire, used where
    the guest has not enabled MSI-X; `spurious`: after every so many packets an interrupt for nothing, 0: never;
    `notifications`: interrupts that went out."""

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
        self._pci = VirtioPci(name, self._net, memory, requester=device)
        self._packets = packets
        self._nic = nic
        self._name: Final = name
        self._vm = vm
        self._loop = loop
        #: numbers of frames that the device has, and has put into no buffer
        self._receiving: deque[int] = deque()
        self._vectors = [EventFd(f"{name}: vector {n}") for n in range(self._pci.msix.vectors)]
        self._resample = EventFd(f"{name}: INTx is done")
        self._line = EventFd(f"{name}: INTx")
        self._intx = intx
        self._device = device
        self._spurious = spurious
        self.notifications = 0
        #: what the last access of the guest has put out
        self._out: list[Out] = []
        self._worker = Worker("network", loop.thread.cpu, self._read_nic)
        loop.listen(self._worker.done, self._received)
        self._connect()

    def _connect(self) -> None:
        """ioeventfds and irqfds: those of queues, of vectors, and of the wire."""
        for queue in range(QUEUES):
            notified = EventFd(f"{self._name}: queue {queue}")
            self._vm.ioeventfds[Link.of(self._name, "notify"), queue * NOTIFY_MULTIPLIER] = notified
            self._loop.listen(notified, partial(self._host_notifier, queue))
        for vector, fd in enumerate(self._vectors):
            Irqfd(self._vm, fd, partial(self._route, vector))
        Irqfd(self._vm, self._line, lambda: self._intx, self._resample)
        self._loop.listen(self._resample, self._resampled)

    def _data(self, vector: int) -> int:
        """What the messages of a vector write, as the guest has it."""
        return self._pci.msix.table[vector][2]

    def _route(self, vector: int) -> int | None:
        """kvm_irqchip_add_msi_route."""
        return self._vm.route(self._device, self._data(vector))

    # --- accesses of the guest ------------------------------------------------------------------------------------------

    async def access(self, exit_: Exit, thread: Thread) -> None:
        """The guest's access to a region of the device, in its vCPU's thread. Raises `CheckError` for one of another device."""
        respond(exit_, self._name, self._access)
        out, self._out = self._out, []
        await self._went_out(out, thread.cpu)

    def _access(self, region: str, request: RegRead | RegWrite) -> RegReadData | RegWriteAck:
        self._out = self._pci.predict(Link.of(self._name, region), request)
        return next(t for _, t in self._out if isinstance(t, RegReadData | RegWriteAck))

    # --- the event loop's callbacks -------------------------------------------------------------------------------------

    async def _host_notifier(self, queue: int, thread: Thread) -> None:
        """virtio_queue_host_notifier_read: step 3, then the queue is served."""
        if queue != RX:
            self._packets.heard()
        before = self._tap.sent
        out = self._pci.predict(Link.of(self._name, "notify"), Kick(queue, queue))
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
                    await self._notify(self._vectors[RX] if self._pci.msix.enabled else self._line, thread.cpu, received=True)

    def _delivered(self) -> None:
        """What does not wait for a buffer any more is in the virtqueue. Raises `CheckError` where the device has dropped some."""
        if self._net.dropped:
            raise CheckError(f"{self._name} has dropped {self._net.dropped} packets: its backlog is full")
        while len(self._receiving) > len(self._net.waiting[0]):
            self._packets.responded(self._receiving.popleft())

    async def _resampled(self, thread: Thread) -> None:
        """The guest is done with INTx: it rises again while the device asks for it."""
        if self._pci.line:
            await self._notify(self._line, thread.cpu, received=True)

    # --- interrupts -----------------------------------------------------------------------------------------------------

    async def _went_out(self, out: Iterable[Out], by: HostCpu) -> None:
        """virtio_notify: by the vector's eventfd, or the wire's (step 6). A wire that falls is seen when it is resampled."""
        for _, transaction in out:
            if isinstance(transaction, Msi):
                vector = next(n for n in range(len(self._vectors)) if self._data(n) == transaction.event)
                await self._notify(self._vectors[vector], by, received=vector == RX)
            elif isinstance(transaction, LineChange) and transaction.level:
                await self._notify(self._line, by, received=True)

    async def _notify(self, fd: EventFd, by: HostCpu, *, received: bool) -> None:
        self.notifications += 1
        if received:
            self._packets.signalled()
        await fd.signal(by)

    # --- the network ----------------------------------------------------------------------------------------------------

    async def _read_nic(self, thread: Thread) -> list[bytes]:
        """The worker's blocking read."""
        while not self._nic.waiting:
            await thread.block()
        return self._nic.receive()

    async def nic_interrupt(self, by: HostCpu) -> None:
        """The network device's interrupt, in the host's kernel: the worker's read has something."""
        await self._worker.thread.wake(by)
