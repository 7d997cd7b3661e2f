"""A virtio device that QEMU emulates, as any kind of device has it: its queues are heard by ioeventfd in the event loop, its
interrupts go out by irqfd (hw/virtio/virtio-pci.c).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.core.link import Link
from irqpath.core.transactions import Kick, LineChange, Msi, Out, RegRead, RegReadData, RegWrite, RegWriteAck
from irqpath.software.cpu.exits import Exit
from irqpath.software.host.event_loop import EventLoop
from irqpath.software.host.eventfd import EventFd
from irqpath.software.host.kvm import Irqfd, Vm
from irqpath.software.host.scheduler import HostCpu, Thread
from irqpath.virtio.function import Function
from irqpath.virtio.pci import NOTIFY_MULTIPLIER, VirtioPci
from irqpath.virtio.port import RingPort

#: Stands for the wire where the vector of an interrupt is told.
WIRE: Final = -1


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


class EmulatedDevice(ABC):
    """The device `name` of a virtual machine, emulated in `loop`. `device`: its DeviceID; `intx`: the SPI of its wire, used where
    the guest has not enabled MSI-X; `notifications`: interrupts that went out."""

    def __init__(
        self, name: str, vm: Vm, memory: RingPort, loop: EventLoop, function: Function, *, queues: int, device: int, intx: int
    ) -> None:
        self.name: Final = name
        self.notifications = 0
        self._vm = vm
        self._loop = loop
        self._device = device
        self._pci = VirtioPci(name, function, memory, requester=device)
        self._vectors = [EventFd(f"{name}: vector {n}") for n in range(self._pci.msix.vectors)]
        self._resample = EventFd(f"{name}: INTx is done")
        self._line = EventFd(f"{name}: INTx")
        #: what the last access of the guest has put out
        self._out: list[Out] = []
        for queue in range(queues):
            notified = EventFd(f"{name}: queue {queue}")
            vm.ioeventfds[Link.of(name, "notify"), queue * NOTIFY_MULTIPLIER] = notified
            loop.listen(notified, partial(self._host_notifier, queue))
        for vector, fd in enumerate(self._vectors):
            Irqfd(vm, fd, partial(self._route, vector))
        Irqfd(vm, self._line, lambda: intx, self._resample)
        loop.listen(self._resample, self._resampled)

    # --- what a kind of device does -------------------------------------------------------------------------------------

    @abstractmethod
    async def _host_notifier(self, queue: int, thread: Thread) -> None:
        """virtio_queue_host_notifier_read: a queue was notified."""

    def _signalled(self, vector: int) -> None:
        """An interrupt is about to go out, by a vector or the wire."""
        del vector

    def _kicked(self, queue: int) -> Iterable[Out]:
        """The device looks at a queue."""
        return self._pci.predict(Link.of(self.name, "notify"), Kick(queue, queue))

    # --- accesses of the guest ------------------------------------------------------------------------------------------

    def _data(self, vector: int) -> int:
        """What the messages of a vector write, as the guest has it."""
        return self._pci.msix.table[vector][2]

    def _route(self, vector: int) -> int | None:
        """kvm_irqchip_add_msi_route."""
        return self._vm.route(self._device, self._data(vector))

    async def access(self, exit_: Exit, thread: Thread) -> None:
        """The guest's access to a region of the device, in its vCPU's thread. Raises `CheckError` for one of another device."""
        respond(exit_, self.name, self._access)
        out, self._out = self._out, []
        await self._went_out(out, thread.cpu)

    def _access(self, region: str, request: RegRead | RegWrite) -> RegReadData | RegWriteAck:
        self._out = self._pci.predict(Link.of(self.name, region), request)
        return next(t for _, t in self._out if isinstance(t, RegReadData | RegWriteAck))

    # --- interrupts -----------------------------------------------------------------------------------------------------

    async def _resampled(self, thread: Thread) -> None:
        """The guest is done with INTx: it rises again while the device asks for it."""
        if self._pci.line:
            await self._notify(WIRE, thread.cpu)

    async def _went_out(self, out: Iterable[Out], by: HostCpu) -> None:
        """virtio_notify: by the vector's eventfd, or the wire's (step 6). A wire that falls is seen when it is resampled."""
        for _, transaction in out:
            if isinstance(transaction, Msi):
                vector = next(n for n in range(len(self._vectors)) if self._data(n) == transaction.event)
                await self._notify(vector, by)
            elif isinstance(transaction, LineChange) and transaction.level:
                await self._notify(WIRE, by)

    async def _notify(self, vector: int, by: HostCpu) -> None:
        self.notifications += 1
        self._signalled(vector)
        await (self._line if vector == WIRE else self._vectors[vector]).signal(by)
