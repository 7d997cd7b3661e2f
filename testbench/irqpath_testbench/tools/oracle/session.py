"""One sequence on two machines: generate, execute, compare.

The models run first, operation by operation, since the generator needs their responses; QEMU follows in batches. A sequence ends
at its first difference that no exemption covers: after it the two machines are not in the same state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from time import perf_counter
from typing import Final, Protocol

from irqpath_testbench.tools.oracle.as_text import register_name
from irqpath_testbench.tools.oracle.deviations import Deviations, Exemption, Situation
from irqpath_testbench.tools.oracle.generator import Choices, Generator, Judging, Op, Step, knowledge_of
from irqpath_testbench.tools.oracle.generator.frames import frame_of
from irqpath_testbench.tools.oracle.models import ModelMachine
from irqpath_testbench.tools.oracle.outcome import Fault, Machine, Outcome
from irqpath_testbench.tools.oracle.spec import MachineSpec

#: Operations that are executed by the models before QEMU is asked.
BATCH: Final = 600


@dataclass(frozen=True, slots=True)
class Difference:
    """`number`: of the operation, from 0; `what`: "value", "fault" or "lines"."""

    number: int
    op: Op
    what: str
    expected: Outcome
    seen: Outcome


@dataclass(slots=True)
class Tally:
    """What was done. `registers`: name -> accesses; `exempted`: name -> how often; `tags`: name -> steps."""

    operations: int = 0
    compared: Counter[str] = field(default_factory=Counter)
    registers: Counter[str] = field(default_factory=Counter)
    exempted: Counter[str] = field(default_factory=Counter)
    tags: Counter[str] = field(default_factory=Counter)
    avoided: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    model_seconds: float = 0.0
    qemu_seconds: float = 0.0
    generator_seconds: float = 0.0


def shift_of(op: Op) -> int:
    """Lowest bit of its register that a memory-mapped access reaches."""
    access = frame_of(op.what).lookup(op.at, op.size) if op.kind == "mr" else None
    return 0 if access is None else access.shift


def differing(op: Op, expected: Outcome, seen: Outcome) -> str:
    """ "" if the outcomes agree, else what differs."""
    if expected.fault != seen.fault:
        return "fault"
    if expected.value != seen.value:
        return "value"
    if seen.before >= 0 and (expected.before != seen.before or expected.after != seen.after):
        return "lines"
    return ""


class Judge:
    """Compares outcomes. `prepare` must be called before the models execute an operation: exemptions look at that state."""

    def __init__(self, exemptions: Iterable[Exemption], tally: Callable[[], Tally]) -> None:
        self._by_register: dict[str, list[Exemption]] = {}
        for exemption in exemptions:
            self._by_register.setdefault(exemption.register, []).append(exemption)
        self._anywhere = tuple(self._by_register.pop("", ()))
        self._tally = tally

    def prepare(self, situation: Situation) -> list[Exemption]:
        """Exemptions that hold for this operation in this state."""
        name = register_name(situation.op)
        if name:
            self._tally().registers[name] += 1
        return [e for e in (*self._by_register.get(name, ()), *self._anywhere) if e.when(situation)]

    def compare(
        self, number: int, op: Op, outcomes: tuple[Outcome, Outcome], exemptions: Sequence[Exemption]
    ) -> Difference | None:
        """The difference of (expected, seen), None if there is none or it is exempt."""
        expected, seen = outcomes
        what = differing(op, expected, seen)
        if not what:
            return None
        for exemption in exemptions:
            if exemption.covers(expected, seen, shift_of(op)):
                self._tally().exempted[exemption.name] += 1
                return None
        return Difference(number, op, what, expected, seen)


@dataclass(slots=True)
class Run:
    """What became of one sequence: everything that was executed, up to the difference if there is one."""

    steps: list[Step] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    difference: Difference | None = None

    def cut(self, count: int) -> None:
        """Keep the first `count` operations only."""
        self.ops = self.ops[:count]
        kept: list[Step] = []
        for step in self.steps:
            if count <= 0:
                break
            kept.append(step._replace(ops=step.ops[:count]))
            count -= len(step.ops)
        self.steps = kept


@dataclass(slots=True)
class _Batch:
    """What the models executed and the other machine has not yet. `seconds`: what the models took."""

    steps: list[Step] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    expected: list[Outcome] = field(default_factory=list)
    exempt: list[list[Exemption]] = field(default_factory=list)
    done: list[object] = field(default_factory=list)
    seconds: float = 0.0


class Watch(Protocol):
    """Who wants to know which operations agreed."""

    def done(self) -> object:
        """The models have just executed an operation: whatever is to be said of it in `agreed`."""

    def agreed(self, done: object) -> None:
        """The other machine's outcome of that operation is the same; no exemption was needed."""


class Session:
    """Runs sequences on one machine. `models` may have a fault injected."""

    def __init__(
        self,
        spec: MachineSpec,
        other: Machine,
        deviations: Deviations,
        *,
        models: ModelMachine | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch
        self.spec = spec
        self.other = other
        self.models = models or ModelMachine(spec.config, spec.policy)
        self.deviations = deviations
        self.tally = Tally()
        self._judge = Judge(deviations.exemptions, lambda: self.tally)

    def _avoid(self, op: Op, known: Judging) -> bool:
        """Whether QEMU must not see `op`; counted."""
        situation = Situation(op, self.models, known)
        for avoidance in self.deviations.avoidances:
            if avoidance.when(situation):
                self.tally.avoided[avoidance.name] += 1
                return True
        return False

    def random(self, seed: str, length: int, unpredictable: Iterable[str] = ()) -> Run:
        """A sequence of about `length` operations made from `seed`."""
        rng = Random(seed)
        state = rng.choice(self.spec.states or (self.spec.home,))
        choices = Choices(frozenset(unpredictable), avoid=self._avoid, messengers=frozenset(self.spec.messengers), state=state)
        generator = Generator(self.spec.config, rng, choices)
        run = self._begin()
        while len(run.ops) < length and run.difference is None:
            batch = _Batch()
            started = perf_counter()
            while len(batch.ops) < BATCH:
                step = generator.next()
                self.tally.tags[step.tag] += 1
                self.tally.steps[step.label] += 1
                self._expect(batch, step, generator.knowledge)
                generator.see(self.models.lines(), self.models.virtual_lines())
            self.tally.generator_seconds += perf_counter() - started - batch.seconds
            self._compare(run, batch)
        return run

    def repeat(self, steps: Sequence[Step]) -> Run:
        """The given steps again, but those that have become illegal (their tag is not what it was) or are not to be driven."""
        known = knowledge_of(self.spec.config)
        run = self._begin()
        batch = _Batch()
        for step in steps:
            if next((tag for tag in map(known.judge, step.ops) if tag), "") != step.tag or any(
                self._avoid(op, known) for op in step.ops
            ):
                continue
            self._expect(batch, step, known)
            if len(batch.ops) >= BATCH:
                self._compare(run, batch)
                if run.difference is not None:
                    return run
                batch = _Batch()
        self._compare(run, batch)
        return run

    def _begin(self) -> Run:
        self.models.reset()
        self.other.reset()
        return Run()

    def _expect(self, batch: _Batch, step: Step, known: Judging) -> None:
        """Let the models execute a step."""
        batch.steps.append(step)
        for op in step.ops:
            batch.exempt.append(self._judge.prepare(Situation(op, self.models, known)))
            before = perf_counter()
            outcome = self.models.one(op)
            batch.seconds += perf_counter() - before
            if outcome.fault == Fault.NONE:
                known.learn(op, outcome.value)
            batch.ops.append(op)
            batch.expected.append(outcome)
            if self._watch is not None:
                batch.done.append(self._watch.done())

    def _compare(self, run: Run, batch: _Batch) -> None:
        """Let the other machine execute what the models did, and compare."""
        tally = self.tally
        before = perf_counter()
        seen = self.other.run(batch.ops)
        tally.qemu_seconds += perf_counter() - before
        tally.model_seconds += batch.seconds
        first = len(run.ops)
        run.ops += batch.ops
        run.steps += batch.steps
        for n, (op, e, s) in enumerate(zip(batch.ops, batch.expected, seen, strict=True)):
            tally.operations += 1
            tally.compared[op.kind] += 1
            run.difference = self._judge.compare(first + n, op, (e, s), batch.exempt[n])
            if run.difference is not None:
                run.cut(first + n + 1)
                return
            if self._watch is not None and not differing(op, e, s):
                self._watch.agreed(batch.done[n])
