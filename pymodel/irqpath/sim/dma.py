"""Devices at memory, and events, on the model platform."""

from __future__ import annotations

from irqpath.core.errors import CheckError
from irqpath.core.memory import Memory, check_access
from irqpath.core.transactions import BarrierKind
from irqpath.sim.kernel import Event, Kernel

#: Cycles from an access to memory's seeing it: a write takes longer, so that a read overtakes it where it may.
READ_CYCLES, WRITE_CYCLES = 4, 12


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
            self._kernel.at(limit, either.set)
            await either
        if not self._event.done:
            raise overdue(self._what, limit)


def overdue(what: str, cycles: int) -> CheckError:
    """The error of a wait for event `what` that has taken `cycles`."""
    return CheckError(f"waited for {cycles:,} cycles: {what} has not happened")


class ModelDma:
    """One device's accesses."""

    def __init__(self, kernel: Kernel, memory: Memory) -> None:
        self._kernel = kernel
        self._memory = memory
        #: of the last read and write: the cycle in which memory sees it
        self._seen = {BarrierKind.READ: 0, BarrierKind.WRITE: 0}
        #: (first byte, the one behind the last, cycle) of writes that memory has not seen
        self._writes: list[tuple[int, int, int]] = []

    async def read(self, address: int, size: int) -> int:
        """Read `size` bytes. Raises `AccessError`."""
        check_access(address, size)
        now = self._kernel.now
        self._writes = [write for write in self._writes if write[2] >= now]
        own = [cycle for first, end, cycle in self._writes if first < address + size and address < end]
        event = Event()
        cycle = self._at(BarrierKind.READ, max([now + READ_CYCLES, *own]))
        self._kernel.at(cycle - now, lambda: event.set(self._memory.read(address, size)))
        value: int = await event
        return value

    def write(self, address: int, size: int, value: int) -> None:
        """Write `size` bytes. Raises `AccessError`."""
        check_access(address, size)
        now = self._kernel.now
        cycle = self._at(BarrierKind.WRITE, now + WRITE_CYCLES)
        self._writes.append((address, address + size, cycle))
        self._kernel.at(cycle - now, lambda: self._memory.write(address, size, value))

    async def barrier(self, kind: BarrierKind = BarrierKind.FULL) -> None:
        """Wait until memory has seen what was made before."""
        cycle = max(self._seen.values()) if kind is BarrierKind.FULL else self._seen[kind]
        if cycle >= self._kernel.now:
            await self._kernel.after(cycle - self._kernel.now)

    def _at(self, kind: BarrierKind, cycle: int) -> int:
        """The cycle in which memory sees an access: not before the one of that kind before it."""
        self._seen[kind] = cycle = max(cycle, self._seen[kind])
        return cycle
