"""The sequence generator without QEMU, against the golden models: what it calls legal is, what it tags is not."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from irqpath.config.policy import IRQPATH
from irqpath.core.errors import ConfigError
from irqpath_testbench.tools.oracle.generator import TAGS, Choices, Generator, Op, Step, knowledge_of
from irqpath_testbench.tools.oracle.generator.generator import _GICV2, _GICV3
from irqpath_testbench.tools.oracle.models import ModelMachine
from irqpath_testbench.tools.oracle.outcome import Fault
from irqpath_testbench.tools.oracle.spec import MACHINES, MachineSpec

SPECS = [spec for group in MACHINES.values() for spec in group]
#: Findings of the models that a legal sequence may cause: SGIs that the target's group does not take, MSIs of unmapped events,
#: registers that do not exist, and what a virtual LPI without table entry is.
HARMLESS = {"SGI_NOT_PERMITTED", "MSI_UNMAPPED", "UNDEFINED_SYSREG", "LPI_OUT_OF_RANGE"}
#: Tag -> findings of which the models should report one when the tagged step is executed.
FINDINGS = {
    "EOIR_ORDER": {"EOIR_NOT_ACTIVE", "EOIR_WRONG_GROUP", "EOIR_WRONG_INTID"},
    "DIR_EOIMODE": {"DIR_WITHOUT_EOIMODE"},
    "LPI_TABLE_WHILE_ENABLED": {"LPI_REG_WHILE_ENABLED"},
    "ITS_WHILE_ENABLED": {"ITS_REG_WHILE_ENABLED"},
    "ITS_WITHOUT_TABLES": {"ITS_ENABLED_WITHOUT_TABLES"},
    "LR_PHYSICAL_INTID": {"LR_PHYSICAL_INTID"},
    "ACCESS_SIZE": {"BAD_ACCESS"},
    "LR_HW_PENDING_ACTIVE": {"LR_HW_PENDING_ACTIVE"},
    "VIRTUAL_EOIR_ORDER": {"EOIR_NOT_ACTIVE", "EOIR_WRONG_GROUP", "EOIR_WRONG_INTID"},
    "VIRTUAL_DIR_EOIMODE": {"DIR_WITHOUT_EOIMODE"},
}


class Play:
    """A sequence on the models."""

    def __init__(self, spec: MachineSpec, seed: str, choices: Choices) -> None:
        self.machine = ModelMachine(spec.config, spec.policy)
        self.generator = Generator(spec.config, Random(seed), choices)
        self.steps: list[Step] = []
        self.acknowledged: Counter[str] = Counter()

    def step(self) -> tuple[Step, Counter[str]]:
        """One step; with the findings that it caused."""
        before = Counter(self.machine.reports)
        step = self.generator.next()
        for op in step.ops:
            outcome = self.machine.one(op)
            if not outcome.fault:
                self._count(op, outcome.value)
            lines, virtual = self.machine.lines(), self.machine.virtual_lines()
            self.generator.observe(op, outcome.value, lines, virtual, ran=outcome.fault == Fault.NONE)
        self.steps.append(step)
        return step, self.machine.reports - before

    def _count(self, op: Op, value: int) -> None:
        """Acknowledged interrupts."""
        system = op.kind == "sr" and op.what.startswith("ICC_IAR")
        mapped = op.kind == "mr" and op.what in ("gicc", "gicv") and op.at == 0xC
        intid = value & 0x3FF if mapped else value
        if (system or mapped) and not 1020 <= intid < 1024:
            guest = op.what == "gicv" or (system and self.generator.choices.state == 2 and op.state == 1)
            self.acknowledged["virtual" if guest else "LPI" if intid >= 8192 else "physical"] += 1


def choices(spec: MachineSpec, *tags: str) -> Choices:
    """What a session asks for."""
    return Choices(frozenset(tags), messengers=frozenset(spec.messengers), state=spec.home)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_what_is_called_legal_the_models_find_nothing_in(spec: MachineSpec) -> None:
    play = Play(spec, f"legal/{spec.name}", choices(spec))
    for _ in range(1500):
        step, findings = play.step()
        assert not step.tag
        # a guest does not know that its hypervisor has rewritten the List register meanwhile
        unknowing = {"EOIR_WRONG_INTID", "EOIR_WRONG_GROUP", "EOIR_NOT_ACTIVE"} if step.label == "guest-end" else set()
        assert not findings.keys() - HARMLESS - unknowing, (step, findings)


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec.name in ("v2-2pe-el2", "v4-2pe")], ids=lambda spec: spec.name)
def test_what_is_tagged_the_models_find_something_in(spec: MachineSpec) -> None:
    play = Play(spec, f"tagged/{spec.name}", choices(spec, *TAGS))
    seen: Counter[str] = Counter()
    noticed: Counter[str] = Counter()
    for _ in range(6000):
        step, findings = play.step()
        seen[step.tag] += 1
        noticed[step.tag] += bool(findings.keys() & FINDINGS.get(step.tag, set()))
    # the models see less than software knows: that an interrupt with the same number was acknowledged earlier, say
    tags = {tag for tag in FINDINGS if seen[tag] >= 5}
    assert len(tags) >= 3
    assert all(noticed[tag] for tag in tags), (seen, noticed)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_sequences_are_no_toys(spec: MachineSpec) -> None:
    """Six of them together acknowledge many interrupts, physical ones, LPIs, and in guests."""
    kinds: Counter[str] = Counter()
    acknowledged: Counter[str] = Counter()
    for seed in range(6):
        play = Play(spec, f"traffic/{seed}", choices(spec))
        for _ in range(800):
            play.step()
        kinds.update(op.kind for step in play.steps for op in step.ops)
        acknowledged += play.acknowledged
    assert {"mr", "mw", "spi", "ppi"} <= kinds.keys()
    assert acknowledged["physical"] > 40
    if spec.gic != "2":
        assert {"sr", "sw", "m", "cmd", "msi"} <= kinds.keys()
        assert acknowledged["LPI"] > 5
    if spec.config.virtual is not None:
        assert acknowledged["virtual"] > 30


def test_every_action_is_taken_sooner_or_later() -> None:
    taken: set[str] = set()
    for spec in (spec for spec in SPECS if spec.name in ("v2-2pe-el2", "v4-2pe", "v3-secure-2pe")):
        for seed in range(6):
            play = Play(spec, f"actions/{seed}", choices(spec, *TAGS))
            for _ in range(1200):
                taken.add(play.step()[0].label)
    assert not {label for label, _, _ in (*_GICV2, *_GICV3)} - taken


def test_the_same_seed_makes_the_same_sequence() -> None:
    spec = SPECS[-1]
    first, second, other = (Play(spec, seed, choices(spec)) for seed in ("a", "a", "b"))
    for play in (first, second, other):
        for _ in range(300):
            play.step()
    assert first.steps == second.steps
    assert first.steps != other.steps


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec.name in ("v2-2pe-el2", "v4-2pe")], ids=lambda spec: spec.name)
def test_a_sequence_that_is_told_again_has_the_same_tags(spec: MachineSpec) -> None:
    play = Play(spec, "again", choices(spec, *TAGS))
    for _ in range(800):
        play.step()
    machine, known = ModelMachine(spec.config, spec.policy), knowledge_of(spec.config)
    for step in play.steps:
        assert next((tag for tag in map(known.judge, step.ops) if tag), "") == step.tag
        for op in step.ops:
            outcome = machine.one(op)
            if outcome.fault == Fault.NONE:
                known.learn(op, outcome.value)


def test_what_is_avoided_does_not_occur() -> None:
    spec = SPECS[-1]

    def avoid(op: Op, _: object) -> bool:
        return op.kind == "spi" or op.what.startswith("ICC_SGI")

    play = Play(spec, "avoid", Choices(avoid=avoid, state=spec.home))
    for _ in range(1000):
        step, _ = play.step()
        assert not any(avoid(op, None) for op in step.ops)


def test_only_some_actions() -> None:
    spec = next(spec for spec in SPECS if spec.name == "v3-1pe-5bit")
    play = Play(spec, "only", Choices(only=frozenset({"look", "mask"})))
    labels = [play.step()[0].label for _ in range(300)]
    assert {"look", "mask"} == set(labels[-100:])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (Choices(unpredictable=frozenset({"EOIR"})), r"no such tag: EOIR; there are EOIR_ORDER, "),
        (Choices(only=frozenset({"dance"})), r"no such action: dance; there are acknowledge, "),
    ],
)
def test_unknown_names_are_refused(wrong: Choices, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Generator(SPECS[0].config, Random(0), wrong)


def test_actions_that_cannot_go_on_alone() -> None:
    generator = Generator(SPECS[-1].config, Random(1), Choices(only=frozenset({"end"})))
    with pytest.raises(ConfigError, match="cannot go on alone"):
        for _ in range(400):
            generator.next()


def test_the_generator_serves_other_policies() -> None:
    """What drives the Verilog: irqpath's own choices. Legal sequences cause no findings there either."""
    spec = next(spec for spec in SPECS if spec.name == "v3-2pe-5bit")
    machine = ModelMachine(spec.config, IRQPATH)
    generator = Generator(spec.config, Random("irqpath"), choices(spec))
    for _ in range(1500):
        for op in generator.next().ops:
            outcome = machine.one(op)
            generator.observe(op, outcome.value, machine.lines(), ran=outcome.fault == Fault.NONE)
    assert not machine.reports.keys() - HARMLESS, machine.reports
