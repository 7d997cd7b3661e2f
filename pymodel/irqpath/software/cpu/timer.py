"""A timer of a PE (DDI 0487 D12): its comparator, and its output, which is the wire of a PPI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from irqpath.sim.platform import Platform

#: PPIs of the virtual timer, and of the hypervisor's physical timer (Server Base System Architecture).
VIRTUAL_TIMER: Final = 27
HYPERVISOR_TIMER: Final = 26
# CNTV_CTL_EL0
ENABLE, IMASK, ISTATUS = 1 << 0, 1 << 1, 1 << 2


@dataclass(slots=True)
class TimerState:
    """`control`: ENABLE and IMASK; `compare`: the cycle from which on its condition is met."""

    control: int = 0
    compare: int = 0

    @property
    def armed(self) -> bool:
        """Whether its condition would be seen."""
        return self.control & (ENABLE | IMASK) == ENABLE

    def output(self, now: int) -> bool:
        """Whether it asks for its interrupt."""
        return self.armed and now >= self.compare


class Timer:
    """The timer of PE `pe` whose output is PPI `intid`."""

    def __init__(self, platform: Platform, pe: int, intid: int) -> None:
        self._platform = platform
        self._pe = pe
        self._intid = intid
        self._state = TimerState()
        #: by how often it has been written, so that an alarm for what was before does nothing
        self._writes = 0

    @property
    def state(self) -> TimerState:
        """A copy of its registers."""
        return TimerState(self._state.control, self._state.compare)

    @property
    def status(self) -> int:
        """CNTV_CTL_EL0 as it is read."""
        state = self._state
        met = state.control & ENABLE and self._platform.now >= state.compare
        return state.control | (ISTATUS if met else 0)

    def write(self, state: TimerState) -> None:
        """Write its registers."""
        self._state = TimerState(state.control & (ENABLE | IMASK), state.compare)
        self._writes += 1
        self._drive()
        if state.armed and self._platform.now < state.compare:
            self._platform.start(self._alarm(self._writes, state.compare), f"PE {self._pe}: timer")

    async def _alarm(self, write: int, cycle: int) -> None:
        await self._platform.until(cycle)
        if write == self._writes:
            self._drive()

    def _drive(self) -> None:
        self._platform.wire(self._intid, int(self._state.output(self._platform.now)), self._pe)
