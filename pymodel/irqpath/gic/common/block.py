"""What every golden model of a block offers, and what it is told.

A block is told only what happened at its borders: `predict(link, transaction)` for everything that entered it, in the order
in which it was accepted. It answers with everything that will leave it because of that, in order on each link. A block
that reaches memory or another block *while* it handles an input does so through a port object (`memory.MemPort`,
`its.host.LpiPort`), so that a co-simulation can let it see what the device under test saw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from irqpath.core.errors import ArchError, LinkError
from irqpath.core.state import Stateful
from irqpath.core.transactions import Out, Report, Transaction
from irqpath.gic.common.inputs import LIMITS, Fits, Limit, compiled, refuse

Handler = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a model says of a transaction that a device offered. `index`: which of those expected it is; -1 if it is illegal.
    `reason`: why it is illegal, or the rule that makes it legal where it is not the oldest; else ""."""

    legal: bool
    index: int
    reason: str


#: By far the most frequent verdict, made once.
_OLDEST: Final = Verdict(True, 0, "")


class Block(Stateful):
    """Base of the golden models: dispatch by link and transaction type, outputs in order.

    `name` is the block's name in links and reports ("gicd", "gicr0", "gicc3", "its0").
    """

    __slots__ = ("_accepts", "_emits", "_out", "name")

    def __init__(self, name: str, emits: Iterable[str]) -> None:
        """`emits`: names of the links by which the block puts something out, the probe left aside."""
        self.name: Final = name
        self._emits = frozenset(emits)
        self._out: list[Out] = []
        self._accepts: dict[tuple[str, type], tuple[Handler, Fits | None, tuple[Limit, ...]]] = {}

    def predict(self, link: str, transaction: Transaction) -> list[Out]:
        """Take one transaction that entered the block; return what leaves it because of that, in order on each link.

        Raises `LinkError` when the link does not belong to the block or does not carry such a transaction, `InputError` when it
        carries no such value; nothing has happened then.
        """
        handler = self._checked(link, transaction)
        handler(transaction)
        out, self._out = self._out, []
        return out

    def check(self, link: str, transaction: Transaction) -> None:
        """Raise what `predict` would raise of such an input, and do nothing."""
        self._checked(link, transaction)

    def pass_on(self, link: str, transaction: Transaction) -> list[Out]:
        """As `predict`, of what another model put out: without a look at its values. Raises `LinkError`."""
        accepts = self._accepts.get((link, type(transaction)))
        if accepts is None:
            raise self._no_input(link, transaction)
        accepts[0](transaction)
        out, self._out = self._out, []
        return out

    def _checked(self, link: str, transaction: Transaction) -> Handler:
        accepts = self._accepts.get((link, type(transaction)))
        if accepts is None:
            raise self._no_input(link, transaction)
        handler, fits, limits = accepts
        if fits is not None:
            try:
                good = fits(transaction)
            except (TypeError, ValueError):  # no number, or a negative one where bits are counted
                good = False
            if not good:
                raise refuse(link, transaction, limits)
        return handler

    def _no_input(self, link: str, transaction: object) -> LinkError:
        return LinkError(f"{self.name} has no input {link!r} that carries {type(transaction).__name__}")

    def accept(self, expected: Sequence[Transaction], observed: Transaction) -> Verdict:
        """Is `observed` legal on its link now, when `expected` (oldest first) is what `predict` announced there?

        This is `exact` mode: the oldest one expected, field by field, nothing else. Blocks whose architecture leaves a choice
        (a tie, a 1-of-N target, an early fetch of configuration) extend it and adopt the choice that was observed.
        """
        if not expected:
            return Verdict(False, -1, "nothing is expected on this link")
        if expected[0] == observed:
            return _OLDEST
        return Verdict(False, -1, "differs from what is expected")

    def inputs(self) -> frozenset[str]:
        """Names of the links that enter this block."""
        return frozenset(link for link, _ in self._accepts)

    def accepted(self) -> frozenset[tuple[str, type]]:
        """Every input: (name of the link, type of the transaction)."""
        return frozenset(self._accepts)

    def outputs(self) -> frozenset[str]:
        """Names of the links that leave this block (its probe is none)."""
        return self._emits

    def listen(self, link: str, kind: type, handler: Handler, *limits: Limit) -> None:
        """For a part of this block: register an input; `limits` of its own come on top of those of its type."""
        self._bounded(link, kind, handler, LIMITS.get(kind, ()) + limits)

    def emit(self, link: str, transaction: Transaction) -> None:
        """For a part of this block: put something out."""
        self._out.append((link, transaction))

    def _on(self, link: str, kind: type, handler: Handler) -> None:
        """Register `handler` for transactions of type `kind` that enter by `link`."""
        self._bounded(link, kind, handler, LIMITS.get(kind, ()))

    def _bounded(self, link: str, kind: type, handler: Handler, limits: tuple[Limit, ...]) -> None:
        """As `_on`, with limits of its own."""
        self._accepts[link, kind] = handler, compiled(limits), limits

    def report(self, error: ArchError, detail: str = "") -> None:
        """Announce a finding on the block's probe."""
        self._out.append((f"{self.name}.probe", Report(error, detail)))
