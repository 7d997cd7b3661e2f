"""The timer of GICC (hdl/gicv3/gicc.v): an input, what follows from it, the lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, Out, QuiesceAck, Release, Reset, Set, SysWrite, Transaction
from irqpath.gic.gicc.cpu_interface import CpuInterface
from irqpath.sim.timing.term import RESET, Term

_TAKEN: Final = Term("taken")
_FOLLOW: Final = Term("follow")
_LINE: Final = Term("line")
_ENDS: Final = Term("ends")


class GiccTimer:
    """Everything goes at once, but for what is given back because its group is disabled, the end of Quiesce, and the lines."""

    def __init__(self, block: CpuInterface) -> None:
        self._reset = self._written = False
        self._brought = -1

    def enters(self, link: Link, transaction: Transaction) -> None:
        """See `Timer`."""
        kind = type(transaction)
        self._reset = kind == Reset
        self._written = kind == SysWrite
        self._brought = transaction.intid if isinstance(transaction, Set) else -1

    def asks(self, link: Link, request: Transaction) -> Term:
        """It asks nobody."""
        raise NotImplementedError

    def responded(self, response: Transaction) -> None:
        """Nobody responds."""

    def leaves(self, link: Link, transaction: Transaction) -> Term | None:
        """See `Timer`."""
        if self._reset:
            return RESET
        kind = type(transaction)
        if kind == LineChange:
            return _LINE
        if kind == QuiesceAck:
            return _FOLLOW
        if isinstance(transaction, Release) and (self._written or transaction.intid == self._brought):
            return _FOLLOW
        return _TAKEN

    def predicted(self, outputs: Sequence[Out] = ()) -> None:
        """See `Timer`."""

    def ends(self) -> Term:
        """See `Timer`."""
        return RESET if self._reset else _ENDS
