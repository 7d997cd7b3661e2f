"""Many sequences on the machines of `--machine`, one QEMU at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from irqpath_testbench.tools.oracle.deviations import Deviations
from irqpath_testbench.tools.oracle.generator import TAGS, Step
from irqpath_testbench.tools.oracle.models import ModelMachine
from irqpath_testbench.tools.oracle.qemu import QemuMachine
from irqpath_testbench.tools.oracle.qemu_gicv2 import QEMU_GICV2
from irqpath_testbench.tools.oracle.qemu_gicv3 import QEMU_GICV3
from irqpath_testbench.tools.oracle.save import save
from irqpath_testbench.tools.oracle.session import Difference, Session, Tally, Watch
from irqpath_testbench.tools.oracle.shrink import shrink
from irqpath_testbench.tools.oracle.spec import MachineSpec

#: Operations of a sequence; then both machines are reset.
LENGTH: Final = 3000
#: Differences after which a machine is given up.
MOST_DIFFERENCES: Final = 5


@dataclass(slots=True)
class Finding:
    """A difference that nothing exempts. `sequence`: its name, from which it can be made again; `steps`: the shortest to show it;
    `file`: the recording for `irqpath replay`, None if it was not saved."""

    sequence: str
    steps: list[Step]
    difference: Difference
    length: int
    file: Path | None


@dataclass(slots=True)
class Result:
    """What one machine's sequences gave."""

    spec: MachineSpec
    tally: Tally
    qemu: str = ""
    sequences: int = 0
    findings: list[Finding] = field(default_factory=list)


def deviations_of(spec: MachineSpec) -> Deviations:
    """What is known of a machine of QEMU."""
    return QEMU_GICV2 if spec.gic == "2" else QEMU_GICV3


def tags_for(sequence: str, deviations: Deviations) -> tuple[str, ...]:
    """What a sequence may break on purpose: nothing in one of two, else some of what is driven."""
    rng = Random(f"{sequence}/tags")
    return () if rng.random() < 0.5 else tuple(tag for tag in TAGS if tag not in deviations.not_driven and rng.random() < 0.5)


def run_machine(
    spec: MachineSpec,
    names: Iterator[str],
    operations: int,
    *,
    folder: Path | None,
    progress: Callable[[int], None] = lambda _: None,
    models: ModelMachine | None = None,
    most_differences: int = MOST_DIFFERENCES,
    watch: Watch | None = None,
) -> Result:
    """Run sequences of `names` until `operations` were compared. `folder`: where to save recordings of differences; `models`:
    others than the true ones; `progress` is told how many operations more were compared, `watch` which of them agreed."""
    other = QemuMachine(spec)
    try:
        deviations = deviations_of(spec)
        session = Session(spec, other, deviations, models=models, watch=watch)
        result = Result(spec, session.tally, other.version)
        while session.tally.operations < operations and len(result.findings) < most_differences:
            before = session.tally.operations
            name = next(names, None)
            if name is None:
                break
            run = session.random(name, LENGTH, tags_for(name, deviations))
            result.sequences += 1
            if run.difference is not None:
                result.findings.append(_study(session, name, run.steps, run.difference, folder))
            progress(session.tally.operations - before)
        return result
    finally:
        other.close()


def _study(session: Session, name: str, steps: list[Step], difference: Difference, folder: Path | None) -> Finding:
    """Shorten the sequence and save it; what that executes does not count."""
    tally, session.tally = session.tally, Tally()
    try:
        best = shrink(session, steps, difference)
        file = None
        if folder is not None and not session.spec.states:  # recordings do not know Security states
            file = folder / f"{name.replace('/', '-')}.jsonl"
            save(file, session.spec, session.other, best.ops)
        return Finding(name, best.steps, best.difference or difference, len(steps), file)
    finally:
        session.tally = tally
