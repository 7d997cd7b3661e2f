"""What a block's timer says of each input and of what follows from it, noted in the order in which its scoreboard asks the model.

When things happened is in the records; here stands only which cost each thing has, so that both can be put together after the
run (`env/timing_rows.py`).
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Sequence

from irqpath.core.link import Link
from irqpath.core.transactions import Observed, Out, Transaction
from irqpath.gic.common.block import Block
from irqpath.sim.timing.term import RESET, Term, Timer


class Announced:
    """What is announced on one link: for each the number of its term, and since when: the cycle of a response, or -1 less the
    number of the input."""

    __slots__ = ("base", "term")

    def __init__(self) -> None:
        self.term = array("l")
        self.base = array("q")


class TimedBlock:
    """The notes of one block. `ends`, `bases`: of each input, as in `Announced`; `cuts`: how many were announced on each link
    when a reset flushed the rest, and its cycle."""

    def __init__(self, block: Block, timer: Timer) -> None:
        self.block = block
        self._timer = timer
        self.terms: dict[Term, int] = {}
        self.ends = array("l")
        self.bases = array("q")
        self.links: dict[Link, Announced] = defaultdict(Announced)
        self.cuts: dict[Link, list[tuple[int, int]]] = defaultdict(list)
        self._input = -1
        self._told = 0
        self._late: list[Out] = []
        self._responses: list[int] = []
        self._open = False

    def _number(self, term: Term) -> int:
        return self.terms.setdefault(term, len(self.terms))

    def _base(self, term: Term) -> int:
        return self._responses[term.since - 1] if term.since else -1 - self._input

    def _note(self, link: Link, term: Term) -> None:
        if term is RESET:
            return
        announced = self.links[link]
        announced.term.append(self._number(term))
        announced.base.append(self._base(term))

    def predict(self, model: Block, observed: Observed) -> list[Out]:
        """Ask the model. Raises what that raises."""
        self._enters(observed)
        outputs = model.predict(observed.link, observed.transaction)
        self._predicted(outputs)
        return outputs

    def _enters(self, observed: Observed) -> None:
        if self._open:
            self._end(RESET)
        self._input += 1
        self._open = True
        self._told = 0
        if self._responses:
            self._responses = []
        self._timer.enters(observed.link, observed.transaction)

    def asks(self, link: Link, request: Transaction) -> None:
        """The model asks for a response."""
        self._leave(self.block._out)
        self._note(link, self._timer.asks(link, request))

    def responded(self, observed: Observed) -> None:
        """It has it."""
        self._responses.append(observed.accept)
        self._timer.responded(observed.transaction)

    def _predicted(self, outputs: Sequence[Out]) -> None:
        timer = self._timer
        timer.predicted()
        late, self._late = self._late, []
        for link, transaction in late:
            self._leaves(link, transaction)
        self._leave(outputs)
        self._end(timer.ends())

    def _leave(self, outputs: Sequence[Out]) -> None:
        """What was put out since the last time."""
        for at in range(self._told, len(outputs)):
            link, transaction = outputs[at]
            if link.end != "probe":
                self._leaves(link, transaction)
        self._told = len(outputs)

    def _leaves(self, link: Link, transaction: Transaction) -> None:
        term = self._timer.leaves(link, transaction)
        if term is None:
            self._late.append((link, transaction))
        else:
            self._note(link, term)

    def _end(self, term: Term) -> None:
        self._open = False
        self.ends.append(self._number(term))
        self.bases.append(self._base(term))

    def flushed(self, link: Link, cycle: int) -> None:
        """A reset flushes what is under way on a link."""
        self.cuts[link].append((len(self.links[link].term), cycle))

    def finish(self) -> None:
        """The end."""
        if self._open:
            self._end(RESET)
