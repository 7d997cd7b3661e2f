"""The order in which a block takes inputs that wait at the same time, as the head of its file states it.

The golden model is asked about inputs in the order in which the block took them, whatever that is; so the order needs a check of
its own, or one of several masters could wait for ever without any output being wrong.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from irqpath.core.transactions import Observed, Reset, Transaction

#: Inputs that are remembered; what waits in its turn waits for fewer.
_REMEMBERED = 64


class Turn(NamedTuple):
    """Links that are served in turn, each with its number, and how many numbers there are."""

    numbers: Mapping[str, int]
    length: int


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
        #: by link: those that are served in turn with it, each with its number, and the links of later ranks
        self._turns: dict[str, tuple[Turn, ...]] = {}
        self._later: dict[str, frozenset[str]] = {}
        later: frozenset[str] = frozenset()
        for rank in reversed(seats):
            among = {link: number for number, seat in enumerate(rank) for link in seat}
            for seat in rank:
                shared = {link: number for number, link in enumerate(seat)}
                turns = (Turn(among, len(rank)), Turn(shared, len(seat)))
                for link in seat:
                    self._turns[link] = tuple(turn for turn in turns if turn.length > 1)
                    self._later[link] = later
            later |= among.keys()
        self._unjudged = unjudged
        self._partial = frozenset(partial)
        self._taken: deque[Observed] = deque(maxlen=_REMEMBERED)
        #: The block took an input. It is called for each, so it does no more than to remember it.
        self.remember: Callable[[Observed], None] = self._taken.append

    def passed(self, observed: Observed) -> Observed | None:
        """The last input that the block took, if it waited: an input that was taken before though it was behind it."""
        link = observed.link
        turns = self._turns.get(link)
        if turns is None or link in self._partial or isinstance(observed.transaction, self._unjudged):
            return None
        found = self._of_later_rank(observed)
        for turn in turns:
            if found is None:
                found = self._out_of_turn(observed, turn)
        return found

    def _of_later_rank(self, observed: Observed) -> Observed | None:
        """What was taken of a later rank while this one waited."""
        later = self._later[observed.link]
        if later:
            offer = observed.offer
            for other in reversed(self._taken):
                if other is observed:
                    continue
                if other.accept < offer or isinstance(other.transaction, Reset):
                    break
                if other.link in later:
                    return other
        return None

    def _out_of_turn(self, observed: Observed, turn: Turn) -> Observed | None:
        """What was taken too early of those that are served in turn."""
        numbers, length = turn
        number, offer = numbers[observed.link], observed.offer
        follower = -1  # number of the one that was taken next, if it was taken while this one waited
        suspect: Observed | None = None
        for other in reversed(self._taken):
            if other is observed:
                continue
            meanwhile = other.accept >= offer
            if (not meanwhile and suspect is None) or isinstance(other.transaction, Reset):
                break
            its_number = numbers.get(other.link)
            if its_number is not None:
                first = its_number + 1
                if suspect is not None and (number - first) % length < (follower - first) % length:
                    return suspect
                suspect, follower = (other, its_number) if meanwhile else (None, -1)
        else:
            if len(self._taken) == _REMEMBERED:
                return None  # whose turn it was is not known any more
        return suspect if suspect is not None and number < follower else None  # after a reset the first is in turn
