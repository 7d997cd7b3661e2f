"""The order in which a block takes inputs that wait at the same time, as the head of its file states it.

The golden model is asked about inputs in the order in which the block took them, whatever that is; so the order needs a check of
its own, or one of several masters could wait for ever without any output being wrong.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence

from pymodel.transactions import Observed, Reset, Transaction

#: Inputs that are remembered; what waits in its turn waits for fewer.
_REMEMBERED = 64


class Order:
    """`ranks`: kinds of inputs, each a sequence of links; inputs of an earlier rank go first. Within a rank, links are served in
    turn: first the one after the link that was served last (after a reset the first), then those that follow it.

    An input that waited from `offer` to `accept` must have been behind everything that was taken meanwhile. Not judged as those
    that wait: `unjudged` transactions (which the block may have to leave waiting) and links (whose offer is not yet the whole
    input).
    """

    def __init__(
        self, ranks: Sequence[Sequence[str]], unjudged: tuple[type[Transaction], ...] = (), partial: Collection[str] = ()
    ) -> None:
        #: link -> rank, number in it, number of the link that follows
        self._places = {
            link: (rank, number, (number + 1) % len(links))
            for rank, links in enumerate(ranks)
            for number, link in enumerate(links)
        }
        self._lengths = [len(links) for links in ranks]
        self._unjudged = unjudged
        self._partial = frozenset(partial)
        self._reset()

    def _reset(self) -> None:
        self._turns = [0] * len(self._lengths)
        self._taken: deque[tuple[Observed, int, int, int]] = deque(maxlen=_REMEMBERED)  # with rank, number, and whose turn it was

    def taken(self, observed: Observed) -> Observed | None:
        """The block took an input; an input that it took before, and should not have taken before this one."""
        link, offer, accept, transaction = observed
        place = self._places.get(link)
        if place is None:
            if isinstance(transaction, Reset):
                self._reset()
            return None
        rank, number, following = place
        wrong = None
        if offer != accept and link not in self._partial and not isinstance(transaction, self._unjudged):
            wrong = self._passed(observed, rank, number)
        self._taken.append((observed, rank, number, self._turns[rank]))
        self._turns[rank] = following
        return wrong

    def _passed(self, observed: Observed, rank: int, number: int) -> Observed | None:
        """What was taken while `observed` waited, though it was behind it."""
        length = self._lengths[rank]
        for other, its_rank, its_number, turn in reversed(self._taken):
            if other.accept < observed.offer:
                break
            if its_rank > rank or (its_rank == rank and (number - turn) % length < (its_number - turn) % length):
                return other
        return None
