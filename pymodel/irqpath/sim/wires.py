"""Wires that enter a block, as it samples them: one change at a time, the lowest first, when it is idle and nothing goes before.

What counts is the level at that moment; but a rise is kept until it is taken in, so that a pulse is not lost while the block is
busy. One that follows a fall which has not been taken in merges with the one before.
"""

from __future__ import annotations

from collections import deque

from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, Transaction
from irqpath.sim.channel import NEVER, Receiver


class Wires:
    """The wires of one link. `offer`: when the change that is taken next was there."""

    __slots__ = ("_caught", "_changed", "_coming", "_fell", "_high", "_receiver", "_rose", "_taken", "link", "offer")

    def __init__(self, link: Link, receiver: Receiver) -> None:
        self.link = link
        self.offer = 0
        self._receiver = receiver
        self._coming: deque[tuple[int, int, int]] = deque()
        self._high: set[int] = set()
        self._caught: set[int] = set()
        self._taken: set[int] = set()
        self._changed: set[int] = set()
        self._rose: dict[int, int] = {}
        self._fell: dict[int, int] = {}

    def put(self, cycle: int, transaction: Transaction) -> None:
        """A wire has another level from `cycle` on, which is still to come: the last one that it is given for a cycle counts."""
        assert isinstance(transaction, LineChange)  # wires carry nothing else
        for place, (when, line, _) in enumerate(self._coming):
            if when == cycle and line == transaction.line:
                self._coming[place] = (cycle, line, transaction.level)
                return
        self._coming.append((cycle, transaction.line, transaction.level))
        self._receiver.wake(cycle)

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
            self._settle(line)
            return LineChange(line, 1)
        self.offer = self._fell[line]
        self._rose.pop(line, None)
        self._taken.discard(line)
        self._settle(line)
        return LineChange(line, 0)

    def _moves(self, cycle: int, line: int, level: int) -> None:
        high = self._high
        if (line in high) == bool(level):
            return
        if level:
            high.add(line)
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
