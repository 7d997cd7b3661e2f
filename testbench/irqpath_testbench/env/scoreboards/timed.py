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
        #: -1 less the number of the input
        self._input = 0
        #: that, then the cycles of the responses: what the terms of the input count from
        self._marks: list[int] = []
        self._told = 0
        self._late: list[Out] = []
        self._open = False

    def predict(self, model: Block, observed: Observed) -> list[Out]:
        """Ask the model. Raises what that raises."""
        if self._open:
            self._end(RESET)
        number = self._input = self._input - 1
        self._marks = [number]
        self._open = True
        self._told = 0
        timer = self._timer
        link, _, _, transaction = observed
        timer.enters(link, transaction)
        outputs = model.predict(link, transaction)
        timer.predicted(outputs)
        if self._late:
            late, self._late = self._late, []
            for link, transaction in late:
                self._leaves(link, transaction)
        if outputs:
            self._leave(outputs)
        self._end(timer.ends())
        return outputs

    def asks(self, link: Link, request: Transaction) -> None:
        """The model asks for a response."""
        out = self.block._out
        if len(out) > self._told:
            self._leave(out)
        self._note(link, self._timer.asks(link, request))

    def responded(self, observed: Observed) -> None:
        """It has it."""
        self._marks.append(observed.accept)
        self._timer.responded(observed.transaction)

    def _leave(self, outputs: Sequence[Out]) -> None:
        """What was put out since the last time."""
        told = self._told
        self._told = len(outputs)
        for link, transaction in outputs[told:] if told else outputs:
            if link.end != "probe":
                self._leaves(link, transaction)

    def _leaves(self, link: Link, transaction: Transaction) -> None:
        term = self._timer.leaves(link, transaction)
        if term is None:
            self._late.append((link, transaction))
        elif term is not RESET:
            self._note(link, term)

    def _note(self, link: Link, term: Term) -> None:
        announced, number = self.links[link], self.terms.get(term)
        if number is None:
            number = self.terms[term] = len(self.terms)
        announced.term.append(number)
        announced.base.append(self._marks[term.since])

    def _end(self, term: Term) -> None:
        number = self.terms.get(term)
        if number is None:
            number = self.terms[term] = len(self.terms)
        self._open = False
        self.ends.append(number)
        self.bases.append(self._marks[term.since])

    def flushed(self, link: Link, cycle: int) -> None:
        """A reset flushes what is under way on a link."""
        self.cuts[link].append((len(self.links[link].term), cycle))

    def finish(self) -> None:
        """The end."""
        if self._open:
            self._end(RESET)
