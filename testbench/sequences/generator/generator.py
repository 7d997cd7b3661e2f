"""Random but meaningful sequences of operations on one interrupt controller.

    generator = Generator(config, Random(seed))
    while True:
        step = generator.next()
        for op in step.ops:
            ...execute it...
            generator.observe(op, value, lines)

Software in a sequence does what software does (bring-up, acknowledging, ending, configuring, ITS commands), in an order and with
values that no software would choose. It knows what it wrote and read, so most of it is legal; `unpredictable` names the tags
(`knowledge.TAGS`) of what may be broken on purpose, and every step that does so carries its tag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import Final, TypeAlias

from pymodel.config import GicConfig
from pymodel.errors import ConfigError
from testbench.sequences.generator import any_register, lpis, physical, virtual
from testbench.sequences.generator.knowledge import TAGS, Knowledge
from testbench.sequences.generator.ops import Op, Step
from testbench.sequences.generator.scene import Scene

#: Makes the operations of one step from the scene; nothing if it does not fit now.
Action: TypeAlias = Callable[[Scene], Sequence[Op]]

#: (label, weight, what makes it, whether it needs LPIs and an ITS).
_ACTIONS: Final[tuple[tuple[str, float, Action], ...]] = (
    *physical.ACTIONS,
    *lpis.ACTIONS,
    *any_register.ACTIONS,
    *virtual.ACTIONS,
)

#: How often an action whose step would be tagged is tried again, before an untagged one is looked for elsewhere.
_TRIES: Final = 50


class Generator:
    """`unpredictable`: tags that may occur; `only`: labels of actions to choose from (all, if empty); `avoid`: operations that
    this machine shall not see; `messengers`: DeviceIDs of devices that can write GITS_TRANSLATER (None: all can).
    Raises `ConfigError` for an unknown tag or label."""

    def __init__(
        self,
        config: GicConfig,
        rng: Random,
        *,
        unpredictable: Iterable[str] = (),
        only: Iterable[str] = (),
        avoid: Callable[[Op, Knowledge], bool] = lambda _op, _known: False,
        messengers: Iterable[int] | None = None,
        state: int = 1,
    ) -> None:
        self.knowledge = Knowledge(config)
        self.allowed = frozenset(unpredictable)
        if unknown := self.allowed - TAGS.keys():
            raise ConfigError(f"no such tag: {', '.join(sorted(unknown))}; there are {', '.join(TAGS)}")
        self._avoid = avoid
        self.scene = Scene(config, rng, self.knowledge, state, None if messengers is None else frozenset(messengers))
        wanted = frozenset(only)
        if unknown := wanted - {label for label, _, _ in _ACTIONS}:
            raise ConfigError(f"no such action: {', '.join(sorted(unknown))}; there are {', '.join(label for label, _, _ in _ACTIONS)}")
        # Each sequence has its own mood: what it does often and what it hardly does.
        self._actions = [
            (label, weight * rng.choice((0.2, 1, 1, 3)), act) for label, weight, act in _ACTIONS if not wanted or label in wanted
        ]
        self._weights = [weight for _, weight, _ in self._actions]
        self._opening = [*physical.opening(self.scene), *lpis.opening(self.scene)]
        if config.virtual is not None:
            self._opening += virtual.opening(self.scene)
        self._opening.reverse()

    def next(self) -> Step:
        """The next step."""
        while self._opening:
            label, act = self._opening.pop()
            step = self._step(label, act)
            if step is not None:
                return step
        for _ in range(_TRIES * 100):
            ((label, _, act),) = self.scene.rng.choices(self._actions, self._weights)
            step = self._step(label, act)
            if step is not None:
                return step
        raise ConfigError("no action fits: the actions chosen by `only` cannot go on alone")

    def _step(self, label: str, act: Action) -> Step | None:
        """The step that `act` makes, None if none fits or it would break what may not be broken."""
        ops = tuple(act(self.scene))
        if not ops or any(self._avoid(op, self.knowledge) for op in ops):
            return None
        tag = self.tag_of(ops)
        return Step(label, ops, tag) if not tag or tag in self.allowed else None

    def tag_of(self, ops: Sequence[Op]) -> str:
        """The tag of the first operation that has one; operations of a step do not depend on each other."""
        return next((tag for tag in map(self.knowledge.judge, ops) if tag), "")

    def observe(self, op: Op, value: int, lines: Sequence[int], virtual_lines: Sequence[int] = (), *, ran: bool = True) -> None:
        """`op` was executed and gave `value`; `lines[pe]`: bit 0 nIRQ, bit 1 nFIQ asserted, `virtual_lines` likewise; `ran`: it
        had its effect, that is it was not UNDEFINED, did not trap and was not kept from running by an interrupt."""
        if ran:
            self.knowledge.learn(op, value)
        self.scene.lines, self.scene.virtual_lines = lines, virtual_lines
