"""The order in which a block takes inputs that wait at the same time, as the head of its file states it.

The golden model is asked about inputs in the order in which the block took them, whatever that is; so the order needs a check of
its own, or one of several masters could wait for ever without any output being wrong.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Final, TypeAlias

from irqpath.core.transactions import Observed, Reset, Transaction

#: Inputs that are remembered; what waits in its turn waits for fewer.
_REMEMBERED = 64


#: Where a link is served: its rank, its seat in the rank, and its number among those that share the seat.
_Place: TypeAlias = tuple[int, int, int]
_NOWHERE: Final[_Place] = (-1, 0, 0)


class Order:
    """`ranks`: kinds of inputs, each a sequence of seats; inputs of an earlier rank go first. Within a rank, seats are served in
    turn: first the one after the seat that was served last (after a reset the first), then those that follow it. A seat is a
    link, or several links, which are served in turn whenever it is theirs.

    An input that waited from `offer` to `accept` must have been behind everything that was taken meanwhile. Not judged as those
    that wait: `unjudged` transactions (which the block may have to leave waiting) and links (whose offer is not yet the whole
    input).
    """

    def __init__(
        self,
        ranks: Sequence[Sequence[str | Sequence[str]]],
        unjudged: tuple[type[Transaction], ...] = (),
        partial: Collection[str] = (),
    ) -> None:
        seats = [[(seat,) if isinstance(seat, str) else tuple(seat) for seat in rank] for rank in ranks]
        self._places: dict[str, _Place] = {
            link: (r, s, number)
            for r, rank in enumerate(seats)
            for s, seat in enumerate(rank)
            for number, link in enumerate(seat)
        }
        self._sharing = [[len(seat) for seat in rank] for rank in seats]
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
        rank, seat, number = place
        sharing = self._sharing[rank]

        def same_rank(other: _Place) -> int:
            return other[1] if other[0] == rank else -1

        def same_seat(other: _Place) -> int:
            return other[2] if other[:2] == place[:2] else -1

        found = self._out_of_turn(observed, rank, same_rank, seat, len(sharing))
        if found is None and sharing[seat] > 1:
            found = self._out_of_turn(observed, rank, same_seat, number, sharing[seat])
        return found

    def _out_of_turn(
        self, observed: Observed, rank: int, number_of: Callable[[_Place], int], number: int, length: int
    ) -> Observed | None:
        """What was taken too early, of a later rank or of those `length` that have a number and are served in turn."""
        follower = -1  # number of the one that was taken next, if it was taken while this one waited
        suspect: Observed | None = None
        for other in reversed(self._taken):
            if other is observed:
                continue
            meanwhile = other.accept >= observed.offer
            if isinstance(other.transaction, Reset) or (not meanwhile and suspect is None):
                break
            its_place = self._places.get(other.link, _NOWHERE)
            if its_place[0] > rank and meanwhile:
                return other
            its_number = number_of(its_place)
            if its_number >= 0:
                turn = (its_number + 1) % length
                if suspect is not None and (number - turn) % length < (follower - turn) % length:
                    return suspect
                suspect, follower = (other, its_number) if meanwhile else (None, -1)
        else:
            if len(self._taken) == _REMEMBERED:
                return None  # whose turn it was is not known any more
        return suspect if suspect is not None and number < follower else None  # after a reset the first is in turn
