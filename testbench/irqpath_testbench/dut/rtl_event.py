"""Events on the RTL platform."""

from __future__ import annotations

from collections.abc import Callable

from cocotb.triggers import Event, First, Timer

from irqpath.sim.dma import overdue


class RtlEvent:
    """An event that jobs wait for."""

    def __init__(self, after: Callable[[int], Timer], what: str, limit: int) -> None:
        """`after`: what fires that many cycles from now (1 or more); `limit`: cycles that a wait may take, unless it says
        otherwise."""
        self._after = after
        self._what = what
        self._limit = limit
        self._event = Event()

    @property
    def happened(self) -> bool:
        """Whether it has happened."""
        return self._event.is_set()

    def set(self) -> None:
        """It happens now."""
        self._event.set()

    async def wait(self, cycles: int | None = None) -> None:
        """Wait until it happens. Raises `CheckError` when that takes more than `cycles`."""
        if self._event.is_set():
            return
        limit = self._limit if cycles is None else cycles
        if limit > 0:
            await First(self._event.wait(), self._after(limit))
        if not self._event.is_set():
            raise overdue(self._what, limit)
