"""What every golden model of a block offers, and what it is told.

A block is told only what happened at its borders: `predict(link, transaction)` for everything that entered it, in the order
in which it was accepted. It answers with everything that will leave it because of that, in order on each link.
Scripts may name a link where a `Link` is taken; what leaves is told by a `Link`, which equals its name. A block that reaches
memory or another block *while* it handles an input does so through a port object (`memory.MemPort`, `its.host.LpiPort`), so
that a co-simulation can let it see what the device under test saw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from irqpath.core.errors import ArchError, LinkError
from irqpath.core.link import Link
from irqpath.core.state import Stateful
from irqpath.core.transactions import Out, Report, Transaction
from irqpath.gic.common.inputs import LIMITS, Fits, Limit, compiled, refuse

Handler = Callable[..., None]
#: What a block does with an input of one type: its handler, and what the values must be.
Input: TypeAlias = tuple[Handler, Fits | None, tuple[Limit, ...]]
#: What takes everything that comes by one link.
Take: TypeAlias = Callable[[Transaction], list[Out]]


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

    __slots__ = ("_emits", "_inputs", "_out", "_probe", "name")

    def __init__(self, name: str, emits: Iterable[str]) -> None:
        """`emits`: the links by which the block puts something out, the probe left aside."""
        self.name: Final = name
        self._emits = frozenset(Link(link) for link in emits)
        self._probe = Link.of(name, "probe")
        self._out: list[Out] = []
        self._inputs: dict[str, dict[type, Input]] = {}

    def predict(self, link: str, transaction: Transaction) -> list[Out]:
        """Take one transaction that entered the block; return what leaves it because of that, in order on each link.

        Raises `LinkError` when the link does not belong to the block or does not carry such a transaction, `InputError` when it
        carries no such value; nothing has happened then.
        """
        self._checked(link, self._inputs.get(link), transaction)(transaction)
        out, self._out = self._out, []
        return out

    def drain(self) -> list[Out]:
        """What was put out so far in the middle of an input: for who lets it leave while the block waits."""
        out, self._out = self._out, []
        return out

    def check(self, link: str, transaction: Transaction) -> None:
        """Raise what `predict` would raise of such an input, and do nothing."""
        self._checked(link, self._inputs.get(link), transaction)

    def pass_on(self, link: str, transaction: Transaction) -> list[Out]:
        """As `predict`, of what another model put out: without a look at its values. Raises `LinkError`."""
        return self.port(link)(transaction)

    def port(self, link: str, *, checked: bool = False) -> Take:
        """`pass_on` of one link (`checked`: `predict`), for who has many inputs for it. Raises `LinkError` when the link does not
        belong to the block."""
        inputs = self._inputs.get(link)
        if inputs is None:
            raise LinkError(f"{self.name} has no input {link!r}; it has {', '.join(sorted(self._inputs))}")
        return partial(self._predicted if checked else self._passed, link, inputs)

    def _passed(self, link: str, inputs: Mapping[type, Input], transaction: Transaction) -> list[Out]:
        """`pass_on`, once the link is known."""
        found = inputs.get(type(transaction))
        if found is None:
            raise self._no_input(link, transaction)
        found[0](transaction)
        out, self._out = self._out, []
        return out

    def _predicted(self, link: str, inputs: Mapping[type, Input], transaction: Transaction) -> list[Out]:
        """`predict`, once the link is known."""
        self._checked(link, inputs, transaction)(transaction)
        out, self._out = self._out, []
        return out

    def _checked(self, link: str, inputs: Mapping[type, Input] | None, transaction: Transaction) -> Handler:
        found = None if inputs is None else inputs.get(type(transaction))
        if found is None:
            raise self._no_input(link, transaction)
        handler, fits, limits = found
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

    def inputs(self) -> frozenset[Link]:
        """The links that enter this block."""
        return frozenset(map(Link, self._inputs))

    def accepted(self) -> frozenset[tuple[Link, type]]:
        """Every input: (the link, type of the transaction)."""
        return frozenset((Link(link), kind) for link, inputs in self._inputs.items() for kind in inputs)

    def outputs(self) -> frozenset[Link]:
        """The links that leave this block (its probe is none)."""
        return self._emits

    def listen(self, link: Link, kind: type, handler: Handler, *limits: Limit) -> None:
        """For a part of this block: register an input; `limits` of its own come on top of those of its type."""
        self._bounded(link, kind, handler, LIMITS.get(kind, ()) + limits)

    def emit(self, link: Link, transaction: Transaction) -> None:
        """For a part of this block: put something out."""
        self._out.append((link, transaction))

    def _on(self, link: str, kind: type, handler: Handler) -> None:
        """Register `handler` for transactions of type `kind` that enter by `link`."""
        self._bounded(link, kind, handler, LIMITS.get(kind, ()))

    def _bounded(self, link: str, kind: type, handler: Handler, limits: tuple[Limit, ...]) -> None:
        """As `_on`, with limits of its own."""
        self._inputs.setdefault(Link(link), {})[kind] = handler, compiled(limits), limits

    def report(self, error: ArchError, detail: str = "") -> None:
        """Announce a finding on the block's probe."""
        self._out.append((self._probe, Report(error, detail)))
