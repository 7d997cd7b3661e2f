"""Wires that enter a block, as it samples them: one change at a time, the lowest first, when it is idle and nothing goes before.

What counts is the level at that moment; but a rise is kept until it is taken in, so that a pulse is not lost while the block is
busy. One that follows a fall which has not been taken in merges with the one before.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, Transaction
from irqpath.sim.channel import NEVER, Receiver

#: Who drives wires.
_SOFTWARE: Final = 1 << 0
_BLOCK: Final = 1 << 1


class Wires:
    """The wires of one link. `offer`: when the change that is taken next was there."""

    __slots__ = (
        "_caught",
        "_changed",
        "_coming",
        "_driven",
        "_fell",
        "_high",
        "_receiver",
        "_rose",
        "_taken",
        "_told",
        "link",
        "offer",
    )

    def __init__(self, link: Link, receiver: Receiver) -> None:
        self.link = link
        self.offer = 0
        self._receiver = receiver
        #: (cycle, line, level, who drives it), in the order of cycles
        self._coming: deque[tuple[int, int, int, int]] = deque()
        #: by line: who drives it high
        self._driven: dict[int, int] = {}
        self._high: set[int] = set()
        self._caught: set[int] = set()
        self._taken: set[int] = set()
        #: taken high, and not low since
        self._told: set[int] = set()
        self._changed: set[int] = set()
        self._rose: dict[int, int] = {}
        self._fell: dict[int, int] = {}

    def put(self, cycle: int, transaction: Transaction) -> None:
        """A wire has another level from `cycle` on, which is still to come: the last one that it is given for a cycle counts."""
        assert isinstance(transaction, LineChange)  # wires carry nothing else
        self.drive(cycle, transaction.line, transaction.level, _SOFTWARE)

    def drive(self, cycle: int, line: int, level: int, driver: int) -> None:
        """As `put`, by one of those that drive a wire: it is high while any of them (bits) drives it high."""
        coming, change = self._coming, (cycle, line, level, driver)
        for place, (when, which, _, whose) in enumerate(coming):
            if when == cycle and which == line and whose == driver:
                coming[place] = change
                return
        place = len(coming)
        while place and coming[place - 1][0] > cycle:
            place -= 1
        coming.insert(place, change)
        self._receiver.wake(cycle)

    def forget(self, cycle: int, line: int, driver: int) -> None:
        """What one of those that drive a wire is to do with it in `cycle` or later does not come."""
        self._coming = deque(change for change in self._coming if change[0] < cycle or change[1] != line or change[3] != driver)

    def next(self, cycle: int) -> int:
        """The cycle, `cycle` or later, in which a change waits; `NEVER` if none does as far as is known."""
        coming = self._coming
        while coming and coming[0][0] <= cycle:
            self._moves(*coming.popleft())
        if self._changed:
            return cycle
        return coming[0][0] if coming else NEVER

    def take(self) -> LineChange:
        """The block takes in the lowest of those that changed."""
        line = min(self._changed)
        if line in self._high or line in self._caught:
            self.offer = self._rose[line]
            self._caught.discard(line)
            self._taken.add(line)
            self._told.add(line)
            self._settle(line)
            return LineChange(line, 1)
        self.offer = self._fell[line]
        self._rose.pop(line, None)
        self._taken.discard(line)
        self._told.discard(line)
        self._settle(line)
        return LineChange(line, 0)

    def lower(self, cycle: int, line: int) -> None:
        """The block takes back in `cycle` that it has taken a wire high: one that still is comes anew."""
        self.next(cycle)
        self._taken.discard(line)
        self._settle(line)

    def _moves(self, cycle: int, line: int, own: int, driver: int) -> None:
        high = self._high
        level = self._driven.get(line, 0) & ~driver | (driver if own else 0)
        self._driven[line] = level
        if (line in high) == bool(level):
            return
        if level:
            high.add(line)
            if line in self._told:
                self._rose[line] = cycle  # which counts where the block takes it back, and takes it anew
            else:
                self._rose.setdefault(line, cycle)
            if line not in self._taken:
                self._caught.add(line)
        else:
            high.discard(line)
            self._fell[line] = cycle
        self._settle(line)

    def _settle(self, line: int) -> None:
        seen = line in self._high or line in self._caught
        if seen == (line in self._taken):
            self._changed.discard(line)
        else:
            self._changed.add(line)


class Driver:
    """An output wire of another block that is one of these wires, beside what software does with it."""

    __slots__ = ("_line", "_wires")

    def __init__(self, wires: Wires, line: int) -> None:
        self._wires = wires
        self._line = line

    def moves(self, cycle: int, level: int) -> None:
        """It has another level from `cycle` on, which is still to come."""
        self._wires.drive(cycle, self._line, level, _BLOCK)

    def falls(self, cycle: int) -> None:
        """It is low from `cycle` on, whatever was to come."""
        self._wires.forget(cycle, self._line, _BLOCK)
        self._wires.drive(cycle, self._line, 0, _BLOCK)
