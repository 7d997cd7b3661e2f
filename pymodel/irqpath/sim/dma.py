"""Devices at memory, for both platforms, and events on the model platform."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from irqpath.core.errors import CheckError
from irqpath.core.memory import aligned, check_access
from irqpath.core.transactions import BarrierKind
from irqpath.sim import platform as protocol
from irqpath.sim.kernel import Event, Kernel

if TYPE_CHECKING:
    from typing_extensions import Buffer


class ModelEvent:
    """An event that jobs wait for."""

    def __init__(self, kernel: Kernel, what: str, limit: int) -> None:
        """`limit`: cycles that a wait may take, unless it says otherwise."""
        self._kernel = kernel
        self._what = what
        self._limit = limit
        self._event = Event()

    @property
    def happened(self) -> bool:
        """Whether it has happened."""
        return self._event.done

    def set(self) -> None:
        """It happens now."""
        self._event.set()

    async def wait(self, cycles: int | None = None) -> None:
        """Wait until it happens. Raises `CheckError` when that takes more than `cycles`."""
        if self._event.done:
            return
        limit = self._limit if cycles is None else cycles
        if limit > 0:
            either = Event()
            self._event.then(either.set)
            self._kernel.alarm(limit, either)
            await either
        if not self._event.done:
            raise overdue(self._what, limit)


def overdue(what: str, cycles: int) -> CheckError:
    """The error of a wait for event `what` that has taken `cycles`."""
    return CheckError(f"waited for {cycles:,} cycles: {what} has not happened")


@dataclass(frozen=True, slots=True)
class _Posted:
    """A write or a message that nobody waits for: its bytes (none of a message), and how it is made."""

    first: int
    end: int
    done: protocol.Event
    make: Callable[[], Awaitable[Any]]


class OrderedDma:
    """One device's accesses: `platform`'s, with the order of PCI between them. What is posted goes one by one."""

    def __init__(self, platform: protocol.Platform, access: Callable[[int, int, int | None], Awaitable[int]]) -> None:
        """`access(address, size, value)`: read (`value` is None) or write, and return when memory has seen it."""
        self._platform = platform
        self._access = access
        #: what memory, or the ITS, has not seen, in order
        self._posted: deque[_Posted] = deque()
        self._posting = False
        self._last_read: protocol.Event | None = None
        self._refused: list[CheckError] = []

    async def read(self, address: int, size: int) -> int:
        """Read `size` bytes. Raises `AccessError`, `CheckError` when memory refuses it."""
        check_access(address, size)
        before = self._last_read
        self._last_read = done = self._platform.event(f"DMA read at {address:#x}")
        try:
            for write in [write for write in self._posted if write.first < address + size and address < write.end]:
                await write.done.wait()
            if before is not None:
                await before.wait()
            return await self._access(address, size, None)
        finally:
            done.set()

    def write(self, address: int, size: int, value: int) -> None:
        """Write `size` bytes. Raises `AccessError`."""
        check_access(address, size)
        what = f"DMA write at {address:#x}"
        self._post(what, lambda: self._access(address, size, value), address, address + size)

    async def read_block(self, address: int, count: int) -> bytes:
        """Read a block. Raises `AccessError`, `CheckError` when memory refuses a part of it."""
        return b"".join([(await self.read(at, size)).to_bytes(size, "little") for at, size in aligned(address, count)])

    def write_block(self, address: int, data: Buffer) -> None:
        """Write a block. Raises `AccessError`."""
        block = bytes(memoryview(data))
        for at, size in aligned(address, len(block)):
            self.write(at, size, int.from_bytes(block[at - address : at - address + size], "little"))

    def send_msi(self, device: int, event: int) -> None:
        """Send a message. Raises `CheckError`."""
        if not self._platform.config.its:
            raise CheckError(f"device {device} sends event {event}, and there is no ITS")
        self._post(f"message of device {device}", lambda: self._platform.send_msi(device, event))

    async def barrier(self, kind: BarrierKind = BarrierKind.FULL) -> None:
        """Wait until what was made before is seen. Raises `CheckError`."""
        if kind is not BarrierKind.WRITE and self._last_read is not None:
            await self._last_read.wait()
        for posted in [] if kind is BarrierKind.READ else list(self._posted):
            await posted.done.wait()
        if self._refused:
            raise self._refused.pop(0)

    def _post(self, what: str, make: Callable[[], Awaitable[Any]], first: int = 0, end: int = 0) -> None:
        self._posted.append(_Posted(first, end, self._platform.event(what), make))
        if not self._posting:
            self._posting = True
            self._platform.start(self._work(), "what a DMA has posted")

    async def _work(self) -> None:
        while self._posted:
            posted = self._posted[0]
            try:
                await posted.make()
            except CheckError as error:
                self._refused.append(error)
            self._posted.popleft()
            posted.done.set()
        self._posting = False
