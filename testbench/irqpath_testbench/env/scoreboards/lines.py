"""Output wires of which only the level counts at which they settle (`Window.settle`).

Rules. What a wire should be is what the golden model said last. A wire differs from that for at most `settle` cycles at a time;
and it leaves that level only within `settle` cycles of an input of its block, for nothing else can move it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from irqpath.core.transactions import LineChange, Observed
from irqpath_testbench.dut.comparison import DIPPED, LEFT_OUT

#: Complains: check, link, cycle, what the wire should have been with its cause (None: its level since the start), what was seen.
Complain = Callable[[str, str, int, LineChange, Observed | None, str], None]


@dataclass(slots=True)
class _Wire:
    """`differs`: cycle since when it is not what it should be, -1 while it is; `left`: it was the wire that moved."""

    wanted: int = 0
    seen: int = 0
    cause: Observed | None = None
    differs: int = -1
    left: bool = False


class SettledLines:
    """All output wires of a block. `used` counts, by rule, what would not be legal otherwise."""

    def __init__(self, settle: int, complain: Complain) -> None:
        self.used: Counter[str] = Counter()
        self._settle = settle
        self._complain = complain
        self._wires: dict[tuple[str, int], _Wire] = {}
        self._input = -1

    def took(self, cycle: int) -> None:
        """The block took an input."""
        self.until(cycle)
        self._input = cycle

    def reset(self, cause: Observed) -> None:
        """All wires must fall."""
        for (link, line), wire in self._wires.items():
            if wire.wanted:
                self.announced(link, LineChange(line, 0), cause)

    def announced(self, link: str, change: LineChange, cause: Observed) -> None:
        """The golden model moves a wire."""
        wire = self._wires.setdefault((link, change.line), _Wire())
        wire.wanted, wire.cause = change.level, cause
        if wire.seen != wire.wanted:
            wire.differs, wire.left = cause.accept, False
        elif wire.differs >= 0:
            self.used[DIPPED if wire.left else LEFT_OUT] += 1
            wire.differs = -1

    def saw(self, observed: Observed, change: LineChange) -> None:
        """A wire moved."""
        wire = self._wires.setdefault((observed.link, change.line), _Wire())
        cycle = observed.accept
        self._check(observed.link, change.line, wire, cycle)
        wire.seen = change.level
        if wire.seen == wire.wanted:
            if wire.left:
                self.used[DIPPED] += 1
            wire.differs, wire.left = -1, False
        elif wire.differs < 0:
            wire.differs, wire.left = cycle, True
            if self._input < 0 or cycle - self._input > self._settle:
                said = f"{change}, {cycle - self._input} cycles after the last input" if self._input >= 0 else f"{change}"
                self._fail("line moved", observed.link, change.line, wire, cycle, said)

    def until(self, cycle: int) -> None:
        """Look for wires that have not settled by `cycle`."""
        for (link, line), wire in self._wires.items():
            if wire.differs >= 0:
                self._check(link, line, wire, cycle)

    def finish(self, cycle: int) -> None:
        """The end: every wire stands as it should."""
        for (link, line), wire in self._wires.items():
            if wire.differs >= 0:
                said = f"level {wire.seen} at the end, different since cycle {wire.differs}"
                self._fail("line not settled", link, line, wire, cycle, said)

    def pending(self) -> list[tuple[int, str, LineChange]]:
        """Wires that have not settled: (since cycle, link, what they should be)."""
        return [(w.differs, link, LineChange(line, w.wanted)) for (link, line), w in self._wires.items() if w.differs >= 0]

    def _check(self, link: str, line: int, wire: _Wire, cycle: int) -> None:
        if wire.differs >= 0 and cycle - wire.differs > self._settle:
            said = f"level {wire.seen}, different for {cycle - wire.differs} cycles; it settles within {self._settle}"
            self._fail("line not settled", link, line, wire, cycle, said)

    def _fail(self, check: str, link: str, line: int, wire: _Wire, cycle: int, said: str) -> None:
        """Complain once, then take it as it is."""
        self._complain(check, link, cycle, LineChange(line, wire.wanted), wire.cause, said)
        wire.wanted, wire.differs, wire.left = wire.seen, -1, False
