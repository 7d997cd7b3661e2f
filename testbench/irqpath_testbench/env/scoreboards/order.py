"""The order in which a block takes inputs that wait at the same time, as the head of its file states it.

The golden model is asked about inputs in the order in which the block took them, whatever that is; so the order needs a check of
its own, or one of several masters could wait for ever without any output being wrong.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence

from irqpath.core.transactions import Observed, Reset, Transaction

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
        self._places = {link: (rank, number) for rank, links in enumerate(ranks) for number, link in enumerate(links)}
        self._lengths = [len(links) for links in ranks]
        self._unjudged = unjudged
        self._partial = frozenset(partial)
        self._taken: deque[Observed] = deque(maxlen=_REMEMBERED)
        #: The block took an input. It is called for each, so it does no more than to remember it.
        self.remember: Callable[[Observed], None] = self._taken.append

    def passed(self, observed: Observed) -> Observed | None:
        """The last input that the block took, if it waited: an input that was taken before though it was behind it."""
        place = self._places.get(observed.link)
        if place is None or observed.link in self._partial or isinstance(observed.transaction, self._unjudged):
            return None
        rank, number = place
        length = self._lengths[rank]
        follower = -1  # number of the one of the same rank that was taken next, if it was taken while this one waited
        suspect: Observed | None = None
        for other in reversed(self._taken):
            if other is observed:
                continue
            meanwhile = other.accept >= observed.offer
            if isinstance(other.transaction, Reset) or (not meanwhile and suspect is None):
                break
            its_rank, its_number = self._places.get(other.link, (-1, 0))
            if its_rank > rank and meanwhile:
                return other
            if its_rank == rank:
                turn = (its_number + 1) % length
                if suspect is not None and (number - turn) % length < (follower - turn) % length:
                    return suspect
                suspect, follower = (other, its_number) if meanwhile else (None, -1)
        else:
            if len(self._taken) == _REMEMBERED:
                return None  # whose turn it was is not known any more
        return suspect if suspect is not None and number < follower else None  # after a reset the first is in turn
