"""What a block that is checked may put out: exactly what its golden model announced, in order, or what a window of stated width
leaves open. A device's description says which; the scoreboards do the comparing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Protocol, TypeAlias

from irqpath.core.errors import ConfigError
from irqpath.core.transactions import Transaction
from irqpath.gic.common.block import Block, Verdict

#: Whether the first may be seen before the second, which was announced earlier.
Passes: TypeAlias = Callable[[Transaction, Transaction], bool]


class Comparison(Protocol):
    """Decides which of the announced transactions an observed one answers."""

    @property
    def settle(self) -> int | None:
        """Cycles in which an output wire must settle; None where every change of it is compared."""

    @property
    def reorders(self) -> bool:
        """Whether something may be seen before what was announced earlier on its link."""

    def judge(self, model: Block, expected: Sequence[Transaction], observed: Transaction) -> Verdict:
        """Whether `observed` answers one of `expected` (oldest first), which one, and by which rule if it is not the oldest."""

    def nearest(self, expected: Sequence[Transaction], observed: Transaction) -> int:
        """Number of the one in `expected`, which is not empty, that an illegal `observed` is held against."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """An ordered queue: the oldest announced, field by field, unless the golden model itself leaves a choice (`Block.accept`)."""

    @property
    def settle(self) -> int | None:
        """Every change is compared."""
        return None

    @property
    def reorders(self) -> bool:
        """No."""
        return False

    def judge(self, model: Block, expected: Sequence[Transaction], observed: Transaction) -> Verdict:
        """What the model says."""
        return model.accept(expected, observed)

    def nearest(self, expected: Sequence[Transaction], observed: Transaction) -> int:
        """The oldest."""
        return 0


@dataclass(frozen=True, slots=True)
class Freedom:
    """A rule that lets one transaction be seen before another of the same link that was announced earlier.

    `name`: as reports count it; `rule`: why it is legal, with its source; `passes(later, earlier)`: whether it is.
    """

    name: str
    rule: str
    passes: Passes


#: What a settled line's own uses are counted as.
DIPPED, LEFT_OUT = "line dipped and settled", "line left out a change"


@dataclass(frozen=True, slots=True)
class Window:
    """A window of legal answers. An observed transaction may answer any announced one that it equals, if a freedom lets it pass
    each that was announced before, of which there are at most `depth`. How long the passed ones may wait is the bound of the
    scoreboard, as without a window.

    `settle`: of output wires only the level counts at which they settle, within so many cycles of what moves them; they move only
    so long after an input of the block. None: each change is compared.

    Raises `ConfigError`.
    """

    freedoms: tuple[Freedom, ...] = ()
    depth: int = 1
    settle: int | None = None

    def __post_init__(self) -> None:
        if self.depth < 1:
            raise ConfigError(f"Window.depth is {self.depth}: what was announced earlier can be passed by 1 or more")
        if self.settle is not None and self.settle < 1:
            raise ConfigError(f"Window.settle is {self.settle}: give cycles, 1 or more, or None")
        names = [freedom.name for freedom in self.freedoms]
        if len(set(names)) < len(names):
            raise ConfigError(f"Window.freedoms: each has a name of its own, but there are {', '.join(names)}")

    @property
    def reorders(self) -> bool:
        """As far as there are freedoms."""
        return bool(self.freedoms)

    def judge(self, model: Block, expected: Sequence[Transaction], observed: Transaction) -> Verdict:
        """The model's own choice, or the first that equals it and that it may pass the others to."""
        verdict = model.accept(expected, observed)
        if verdict.legal or observed not in expected:
            return verdict
        index = expected.index(observed)
        used = []
        for earlier in expected[:index]:
            freedom = next((f for f in self.freedoms if f.passes(observed, earlier)), None)
            if freedom is None:
                return Verdict(False, -1, f"no freedom of its window lets it pass {earlier}")
            used.append(freedom.name)
        if index > self.depth:
            return Verdict(False, -1, f"it passes {index} that were announced before it; its window has {self.depth}")
        return Verdict(True, index, used[0])

    def nearest(self, expected: Sequence[Transaction], observed: Transaction) -> int:
        """The one that it equals, else the oldest of its kind with the fewest fields that differ, else the oldest."""

        def distance(index: int) -> int:
            wanted = expected[index]
            if type(wanted) is not type(observed):
                return 1000
            return sum(getattr(wanted, f.name) != getattr(observed, f.name) for f in fields(observed))

        return min(range(len(expected)), key=distance)


#: Of comparisons that no description chooses otherwise.
EXACT = Ordered()
