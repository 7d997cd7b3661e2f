"""Random but meaningful sequences of operations on one interrupt controller.

    generator = Generator(config, Random(seed))
    while True:
        step = generator.next()
        for op in step.ops:
            ...execute it...
            generator.observe(op, value, lines)

Software in a sequence does what software does (bring-up, acknowledging, ending, configuring, ITS commands, running guests), in an
order and with values that no software would choose. It knows what it wrote and read, so most of it is legal; `unpredictable`
names the tags (`knowledge.TAGS`) of what may be broken on purpose, and every step that does so carries its tag.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, Protocol

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.sizes import GicConfig
from irqpath.core.errors import ConfigError
from irqpath_testbench.tools.oracle.generator import any_register, gicv2, gicv2_virtual, lpis, physical, secure, virtual, vlpis
from irqpath_testbench.tools.oracle.generator.gicv2_knowledge import Gicv2Knowledge
from irqpath_testbench.tools.oracle.generator.knowledge import TAGS, Knowledge
from irqpath_testbench.tools.oracle.generator.ops import Op, Step
from irqpath_testbench.tools.oracle.generator.scene import Action, Gicv2Scene, Planned, Pools, Scene, Weighted

_GICV3: Final[tuple[Weighted, ...]] = (
    *physical.ACTIONS,
    *lpis.ACTIONS,
    *any_register.ACTIONS,
    *virtual.ACTIONS,
    *vlpis.ACTIONS,
    *secure.ACTIONS,
)
_GICV2: Final[tuple[Weighted, ...]] = (*gicv2.ACTIONS, *gicv2_virtual.ACTIONS)

#: What handling interrupts consists of.
_DUTIES: Final = frozenset(
    (
        *("acknowledge", "end", "deactivate", "int", "send-virtual", "schedule", "inject"),
        *("guest-acknowledge", "guest-end", "guest-deactivate"),
    )
)
#: How often another action is tried when one does not fit, before a step is called impossible.
_TRIES: Final = 5000


class Judging(Protocol):
    """What software knows: `knowledge.Knowledge`, or `gicv2_knowledge.Gicv2Knowledge` of a GICv2."""

    def judge(self, op: Op) -> str:
        """ "" or the tag of what `op` breaks now."""

    def learn(self, op: Op, value: int) -> None:
        """`op` was executed."""


def knowledge_of(config: GicConfig | Gicv2Config) -> Judging:
    """What software knows of such a machine after its reset."""
    return Gicv2Knowledge(config) if isinstance(config, Gicv2Config) else Knowledge(config)


@dataclass(frozen=True, slots=True)
class Choices:
    """`unpredictable`: tags that may occur; `only`: labels of actions to choose from (all, if empty); `avoid`: operations that
    this machine shall not see; `messengers`: DeviceIDs of devices that can write GITS_TRANSLATER (None: all can); `state`:
    exception level and Security state of what is not a guest's."""

    unpredictable: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    avoid: Callable[[Op, Judging], bool] = field(default=lambda _op, _known: False)
    messengers: frozenset[int] | None = None
    state: int = 1


class Generator:
    """Steps for one machine from its reset on. Raises `ConfigError` for an unknown tag or label."""

    def __init__(self, config: GicConfig | Gicv2Config, rng: Random, choices: Choices = Choices()) -> None:  # frozen
        self.choices = choices
        known, scene, opening, actions = _parts(config, rng, choices)
        self.knowledge: Judging = known
        self.scene: Pools = scene
        _check("tag", choices.unpredictable, TAGS)
        _check("action", choices.only, [label for label, _, _ in actions])
        # Each sequence has its own mood: what it does often and what it hardly does.
        self._actions = [
            (label, weight * rng.choice((1, 1, 3) if label in _DUTIES else (0.02, 0.3, 1, 1, 3)), act)
            for label, weight, act in actions
            if not choices.only or label in choices.only
        ]
        self._weights = [weight for _, weight, _ in self._actions]
        # And a share of its steps in which software just does what interrupts ask for.
        self._diligence = rng.choice((0.05, 0.3, 0.5))
        self._duties = [(label, act) for label, _, act in self._actions if label in _DUTIES]
        scene.later = opening

    def next(self) -> Step:
        """The next step. Raises `ConfigError` if none is possible."""
        while self.scene.later:
            step = self._step(*self.scene.later.pop(0))
            if step is not None:
                return step
        if self._duties and self.scene.chance(self._diligence):
            step = self._step(*self.scene.choose(self._duties))
            if step is not None:
                return step
        for _ in range(_TRIES):
            ((label, _, act),) = self.scene.rng.choices(self._actions, self._weights)
            step = self._step(label, act)
            if step is not None:
                return step
        raise ConfigError("no action fits: those chosen by `only` cannot go on alone")

    def _step(self, label: str, act: Action) -> Step | None:
        """The step that `act` makes, None if none fits or it would break what may not be broken."""
        later = len(self.scene.later)
        ops = tuple(act(self.scene))
        if ops and not any(self.choices.avoid(op, self.knowledge) for op in ops):
            tag = self.tag_of(ops)
            if not tag or tag in self.choices.unpredictable:
                return Step(label, ops, tag)
        del self.scene.later[later:]
        return None

    def tag_of(self, ops: Sequence[Op]) -> str:
        """The tag of the first operation that has one; operations of a step do not depend on each other."""
        return next((tag for tag in map(self.knowledge.judge, ops) if tag), "")

    def observe(self, op: Op, value: int, lines: Sequence[int], virtual_lines: Sequence[int] = (), *, ran: bool = True) -> None:
        """`op` was executed and gave `value`; `lines[pe]`: bit 0 nIRQ, bit 1 nFIQ asserted, `virtual_lines` likewise; `ran`: it
        had its effect, that is it was not UNDEFINED, did not trap and was not kept from running by an interrupt."""
        if ran:
            self.knowledge.learn(op, value)
        self.see(lines, virtual_lines)

    def see(self, lines: Sequence[int], virtual_lines: Sequence[int] = ()) -> None:
        """The lines of all PEs as they are now."""
        self.scene.lines = lines
        self.scene.virtual_lines = virtual_lines or [0] * len(lines)


def _check(kind: str, given: Iterable[str], valid: Iterable[str]) -> None:
    if unknown := set(given) - set(valid):
        raise ConfigError(f"no such {kind}: {', '.join(sorted(unknown))}; there are {', '.join(valid)}")


def _parts(
    config: GicConfig | Gicv2Config, rng: Random, choices: Choices
) -> tuple[Judging, Pools, list[Planned], Sequence[Weighted]]:
    """Knowledge, scene, opening steps and actions for a machine."""
    opening: list[Planned]
    if isinstance(config, Gicv2Config):
        old = Gicv2Knowledge(config)
        stage = Gicv2Scene(config, rng, old, choices.state)
        opening = list(gicv2.opening(stage))
        return old, stage, opening + list(gicv2_virtual.opening(stage)), _GICV2
    known = Knowledge(config)
    scene = Scene(config, rng, known, choices.state, choices.messengers)
    opening = [*secure.opening(scene)] if config.security else []
    opening += physical.opening(scene)
    if config.gicv4 is not None:
        opening += vlpis.tables(scene)
    opening += lpis.opening(scene)
    if config.virtual is not None:
        opening += virtual.opening(scene)
    if config.gicv4 is not None:
        opening += vlpis.opening(scene)
    return known, scene, opening, _GICV3
