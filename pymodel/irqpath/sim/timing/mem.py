"""The timer of the memory (testbench, mem.v): one access at a time, its response in the next cycle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from irqpath.core.link import Link
from irqpath.core.transactions import MemRead, Out, Reset, Transaction
from irqpath.gic.common.memory_block import MemBlock
from irqpath.sim.timing.term import RESET, Term

_READ: Final = Term("read")
_WRITE: Final = Term("write")
_ENDS: Final = Term("ends")


class MemTimer:
    """`read`, `write`: from an access to its response; `ends`: to the next access."""

    def __init__(self, block: MemBlock) -> None:
        self._response: Term = _READ

    def enters(self, link: Link, transaction: Transaction) -> None:
        """See `Timer`."""
        kind = type(transaction)
        self._response = _READ if kind == MemRead else RESET if kind == Reset else _WRITE

    def asks(self, link: Link, request: Transaction) -> Term:
        """It asks nobody."""
        raise NotImplementedError

    def responded(self, response: Transaction) -> None:
        """Nobody responds."""

    def leaves(self, link: Link, transaction: Transaction) -> Term | None:
        """See `Timer`."""
        return self._response

    def predicted(self, outputs: Sequence[Out] = ()) -> None:
        """See `Timer`."""

    def ends(self) -> Term:
        """See `Timer`."""
        return RESET if self._response == RESET else _ENDS
