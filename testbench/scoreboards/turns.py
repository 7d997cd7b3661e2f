"""The scoreboard of a block that serves several masters in turn: beside its answers, the order in which it takes accesses."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from pymodel.gic.block import Block
from pymodel.transactions import Observed, Reset, Transaction
from testbench.scoreboards.block import BlockScoreboard

#: Accesses that are remembered; a master that is served in turn waits for fewer.
_REMEMBERED = 64


class InTurnScoreboard(BlockScoreboard):
    """`masters`: their names in the order of the block; an access of master m is on the link `m.mem`.

    The turn is that of the master after the one that was served last (after a reset: of the first), then of those that follow
    it. An access that waited from `offer` to `accept` must have been behind every access that was taken meanwhile.
    """

    def __init__(
        self,
        model: Block,
        masters: Sequence[str],
        bound: int = 5000,
        story: Callable[[str, Transaction], str] | None = None,
    ) -> None:
        super().__init__(model, bound, story)
        self._number = {f"{master}.mem": number for number, master in enumerate(masters)}
        self._turn = 0
        self._taken: deque[tuple[Observed, int]] = deque(maxlen=_REMEMBERED)  # with whose turn it was

    def entered(self, observed: Observed) -> None:
        """As of any block; and whether it was its turn."""
        super().entered(observed)
        if isinstance(observed.transaction, Reset):
            self._turn = 0
            self._taken.clear()
            return
        number = self._number.get(observed.link)
        if number is None:
            return
        if observed.offer != observed.accept:
            self._waited(observed, number)
        self._taken.append((observed, self._turn))
        self._turn = (number + 1) % len(self._number)

    def _waited(self, observed: Observed, number: int) -> None:
        masters = len(self._number)
        for other, turn in reversed(self._taken):
            if other.accept < observed.offer:
                return
            if (number - turn) % masters < (self._number[other.link] - turn) % masters:
                rule = "masters are served in turn (head of hdl/mem.v)"
                expected = f"an access on {observed.link}, which waited since cycle {observed.offer}"
                self._fail("out of turn", other.link, other.accept, expected, other, rule)
                return
