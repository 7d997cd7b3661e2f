"""Comparing, shortening, saving and replaying, with a second copy of the models in QEMU's place: one with a bug in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from irqpath.trace.replay import Replay
from irqpath_testbench.tools.faults.injection import find, injected
from irqpath_testbench.tools.oracle import as_text
from irqpath_testbench.tools.oracle.deviations import Avoidance, Deviations, Exemption
from irqpath_testbench.tools.oracle.generator.ops import mrs, msr, read, write
from irqpath_testbench.tools.oracle.models import ModelMachine
from irqpath_testbench.tools.oracle.outcome import Fault, Outcome
from irqpath_testbench.tools.oracle.save import save
from irqpath_testbench.tools.oracle.session import Run, Session
from irqpath_testbench.tools.oracle.shrink import shrink
from irqpath_testbench.tools.oracle.spec import MACHINES, MachineSpec

SPECS = {spec.name: spec for group in MACHINES.values() for spec in group}
V3 = SPECS["v3-2pe-5bit"]
NOTHING = Deviations((), (), {})


@contextmanager
def broken(fault: str, spec: MachineSpec, deviations: Deviations = NOTHING) -> Iterator[Session]:
    """A session of the true models beside ones with a bug."""
    models = ModelMachine(spec.config, spec.policy)
    with injected(find(fault)):
        yield Session(spec, ModelMachine(spec.config, spec.policy), deviations, models=models)


def hunt(session: Session, sequences: int = 12) -> tuple[str, Run]:
    """The first of some sequences that shows a difference."""
    for n in range(sequences):
        run = session.random(f"hunt/{n}", 1500)
        if run.difference is not None:
            return f"hunt/{n}", run
    raise AssertionError("no difference found")


def test_equal_machines_show_no_difference() -> None:
    session = Session(V3, ModelMachine(V3.config, V3.policy), NOTHING)
    run = session.random("equal", 1500)
    assert run.difference is None
    assert session.tally.operations >= 1500
    assert session.tally.registers["GICR_ISPENDR0"] > 0


@pytest.mark.parametrize(
    ("machine", "fault"),
    [
        ("v3-2pe-5bit", "preempts-equal-priority"),
        ("v3-2pe-5bit", "pmr-not-strict"),
        ("v3-1pe-5bit-el2", "virtual-preempts-equal"),
    ],
)
def test_a_bug_is_found_shortened_saved_and_replayed(machine: str, fault: str, tmp_path: Path) -> None:
    spec = SPECS[machine]
    with broken(fault, spec) as session:
        _, run = hunt(session)
        assert run.difference is not None
        best = shrink(session, run.steps, run.difference)
        assert best.difference is not None
        assert len(best.steps) < 30
        assert len(best.steps) < len(run.steps)
        file = tmp_path / "bug.jsonl"
        save(file, spec, session.other, best.ops)
    findings = Replay(file).run()
    assert not findings.stopped
    assert findings.reads > 0 or findings.compared
    if machine == "v3-2pe-5bit":  # the lines of a guest are not in the file
        assert findings.deviations


def test_a_gicv2_recording_replays(tmp_path: Path) -> None:
    spec = SPECS["v2-2pe"]
    session = Session(spec, ModelMachine(spec.config, spec.policy), NOTHING)
    run = session.random("v2", 300)
    file = tmp_path / "v2.jsonl"
    save(file, spec, session.other, run.ops)
    findings = Replay(file).run()
    assert not findings.stopped
    assert findings.reads > 50
    assert not findings.deviations


@pytest.mark.parametrize("machine", ["v3-2pe-5bit", "v3-1pe-8bit", "v3-2pe-5bit-el2", "v4-1pe"])
def test_what_the_models_did_replays_without_deviation(machine: str, tmp_path: Path) -> None:
    spec = SPECS[machine]
    session = Session(spec, ModelMachine(spec.config, spec.policy), NOTHING)
    run = session.random("save", 600)
    file = tmp_path / "sequence.jsonl"
    save(file, spec, session.other, run.ops)
    findings = Replay(file).run()
    assert not findings.stopped
    assert findings.reads > 50
    assert not findings.deviations


def test_an_exemption_covers_its_bits_only() -> None:
    exemption = Exemption("low", "GICD_TYPER", "a reason", 0x1F)
    true = Outcome(0x08, Fault.NONE, 0, 0)
    assert exemption.covers(true, true._replace(value=0x07))
    assert not exemption.covers(true, true._replace(value=0x28))
    assert not exemption.covers(true, true._replace(value=0x07, after=0x80))
    assert not exemption.covers(true, true._replace(fault=Fault.ABORT))
    assert exemption.covers(true, true._replace(before=-1, after=-1, value=0x07))


def test_an_exemption_knows_which_part_was_read() -> None:
    exemption = Exemption("high", "GICR_PENDBASER", "a reason", 1 << 62)
    true = Outcome(0, Fault.NONE, 0, 0)
    assert exemption.covers(true, true._replace(value=1 << 30), 32)
    assert not exemption.covers(true, true._replace(value=1 << 30), 0)


def test_a_bug_beside_an_exemption_is_found() -> None:
    """The exempt bits of a register differ, and another bit is wrong."""
    whole = Deviations((Exemption("all", "ICC_PMR_EL1", "a reason", 0x7),), (), {})
    with broken("pmr-keeps-low-bits", V3, whole) as session:
        run = session.random("beside/0", 3000)
        assert run.difference is None or run.difference.what == "lines" or run.difference.op.what != "ICC_PMR_EL1"
        assert session.tally.exempted["all"] > 0
    narrow = Deviations((Exemption("part", "ICC_PMR_EL1", "a reason", 0x3),), (), {})
    with broken("pmr-keeps-low-bits", V3, narrow) as session:
        hunt(session)


def test_what_is_not_driven_is_counted_and_kept_off_when_told_again() -> None:
    avoidance = Avoidance("wires", "a reason", lambda s: s.op.kind in ("spi", "ppi"))
    session = Session(V3, ModelMachine(V3.config, V3.policy), Deviations((), (avoidance,), {}))
    run = session.random("avoid", 2500)
    assert session.tally.avoided["wires"] > 0
    assert not any(op.kind in ("spi", "ppi") for op in run.ops)


def test_operations_as_text() -> None:
    assert as_text.operation(mrs("ICC_IAR1_EL1", 1)) == "PE 1 at EL1 reads ICC_IAR1_EL1"
    assert as_text.operation(msr("ICC_PMR_EL1", 0xF0, 0, 2)) == "PE 0 at EL2 writes ICC_PMR_EL1 = 0xf0 (Priority=240)"
    assert as_text.operation(write("gicd", 0x104, 0x10)) == "PE 0 at EL1 writes GICD_ISENABLER1 of gicd, 4 bytes = 0x10"
    assert as_text.operation(read("gicr1", 0x1_0080)) == "PE 0 at EL1 reads GICR_IGROUPR0 of gicr1, 4 bytes"
    assert (
        as_text.outcome(read("gicd", 0), Outcome(0x50, Fault.NONE, 0, 0x80)) == "0x50 (ARE=1 DS=1); lines before none, after IRQ"
    )
    assert as_text.outcome(mrs("ICC_AP0R1_EL1"), Outcome(0, Fault.UNDEFINED, -1, -1)) == "UNDEFINED"
