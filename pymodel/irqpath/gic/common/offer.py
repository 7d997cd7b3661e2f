"""The offering side of the two links that hold one candidate at their far end: GICD to GICR, GICR to GICC.

Both work alike (IHI 0069 appendix A for the second; ours for the first): an offer replaces the one before, which comes back;
a withdrawal is acknowledged, after the acknowledgement of the interrupt if software was faster. What is offered, replaced or
being withdrawn follows from the messages alone, so a model and a device agree on it at every message.
"""

from __future__ import annotations

import enum
from typing import TypeAlias

from irqpath.core.state import Flag, Schema, Stateful
from irqpath.gic.common.shapes import INTID_OR_NONE, MAYBE_CANDIDATE

#: A candidate: (priority, INTID, group). Tuples compare as interrupts rank: lower priority value first, then lower INTID.
Candidate: TypeAlias = tuple[int, int, int]


class Move(enum.Enum):
    """What to send next."""

    SET = 1
    CLEAR = 2


class Offer(Stateful):
    """State of one offering side. `held`: the last offer; `replaced`: an earlier one not back yet (INTID or -1);
    `clearing`: a withdrawal of `held` awaits its acknowledgement."""

    __slots__ = ("clearing", "held", "replaced")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """The far end holds nothing, and nothing is outstanding."""
        self.held: Candidate | None = None
        self.replaced = -1
        self.clearing = False

    def schema(self) -> Schema:
        """The held and the replaced interrupt, and whether a withdrawal is under way."""
        return {"held": MAYBE_CANDIDATE, "replaced": INTID_OR_NONE, "clearing": Flag()}

    def decide(self, best: Candidate | None) -> tuple[Move, Candidate] | None:
        """Given the best candidate, move towards it by at most one message: (SET, what to offer) or (CLEAR, what to withdraw).

        A better candidate replaces the held one at once, but only one replacement may be under way; a held one that is
        not a candidate any more is withdrawn before a worse one is offered.
        """
        held = self.held
        if best == held or self.clearing:
            return None
        if held is None:
            self.held = best
            return None if best is None else (Move.SET, best)
        if best is not None and best < held and best[1] != held[1]:
            if self.replaced >= 0:
                return None
            self.replaced = held[1]
            self.held = best
            return Move.SET, best
        self.clearing = True
        return Move.CLEAR, held

    def retire(self, intid: int) -> bool:
        """The far end acknowledged or released `intid`: it holds it no more. False if it was not held there."""
        if self.replaced == intid:
            self.replaced = -1
            return True
        if self.held is not None and self.held[1] == intid:
            self.held = None
            return True
        return False

    def cleared(self) -> bool:
        """The withdrawal was acknowledged. False if there was none."""
        if not self.clearing:
            return False
        self.clearing = False
        self.held = None
        return True

    def holds(self, intid: int) -> bool:
        """Whether the far end may hold `intid`."""
        return self.replaced == intid or (self.held is not None and self.held[1] == intid)

    def settled(self, best: Candidate | None) -> bool:
        """Whether nothing is outstanding and the far end holds just `best`."""
        return not self.clearing and self.replaced < 0 and self.held == best
