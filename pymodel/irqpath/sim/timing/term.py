"""What takes time in a block: a cost of its table, and what is counted.

A `Timer` states for one kind of block what costs what. It looks at inputs, outputs and accesses, and at the plain state of the
block's golden model; it changes nothing there. Who has a block in time tells its timer, for each input in the order of
acceptance: `enters` just before `predict`; for each access or command that the block makes in the middle of it `asks`, and
`responded` with what came back; `predicted` just after; then `ends`. `leaves` is asked of every output, probes left aside: of one
that is put out before an access, before that access, else after `predicted`. Where it says None it is asked again after that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from irqpath.core.link import Link
from irqpath.core.transactions import Out, Transaction


class Term(NamedTuple):
    """Cycles from one thing to another: the cost `name` of the block's table, and what each of `counts` adds.

    `since`: 0: from the acceptance of the input; `LAST`: from the last response that the block got in the middle of it, and from
    the acceptance where it got none.
    """

    name: str
    counts: tuple[tuple[str, int], ...] = ()
    since: int = 0


#: `Term.since`.
LAST: Final = -1
#: What a reset does is no matter of cost: it happens when it does.
RESET = Term("reset")


class Timer(Protocol):
    """The timer of a block."""

    def enters(self, link: Link, transaction: Transaction) -> None:
        """The block has accepted an input, and its model has not been asked yet."""

    def asks(self, link: Link, request: Transaction) -> Term:
        """When it offers its next access to memory, or its next command, for this input."""

    def responded(self, response: Transaction) -> None:
        """What it got for that."""

    def leaves(self, link: Link, transaction: Transaction) -> Term | None:
        """When an output is offered, unless one before it on the link is in its way. None: it depends on what follows."""

    def predicted(self, outputs: Sequence[Out] = ()) -> None:
        """The model has said all that follows from the input: these `outputs`, in its order."""

    def ends(self) -> Term:
        """When it can accept the next input."""


def counted(**counts: int) -> tuple[tuple[str, int], ...]:
    """Those counts that are not 0, in the order given."""
    return tuple([(name, n) for name, n in counts.items() if n])
