"""Running what failed again with waves, which show it from before the failure: of a group of failures one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from irqpath.core.errors import CheckError
from irqpath_testbench.tools.regress.record import Record, Verdict
from irqpath_testbench.tools.regress.worker import USUAL, Limits, Watch, build_of, config_of, signature_of
from irqpath_testbench.tools.sim.artefacts import drop_bulk
from irqpath_testbench.tools.sim.cli import first_mismatch
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.simulate import simulate
from irqpath_testbench.tools.sim.waves import write_views

#: In a regression's folder: a folder a job.
WAVES: Final = "waves"


@dataclass(frozen=True, slots=True)
class Again:
    """What running it again gave. `folder`: its files; `view`: the file for GTKWave, None if there are no waves; `same`: it
    failed as before, which it does unless the device is not the same any more, or the machine was to blame."""

    record: Record
    folder: Path
    view: Path | None
    same: bool


def folder_of(top: Path, record: Record) -> Path:
    """Where the waves of a job are, in the regression's folder `top`."""
    return top / WAVES / record.job.name


def waves_of(top: Path, record: Record) -> str:
    """The folder with its waves, relative to `top`; "" if there are none."""
    folder = folder_of(top, record)
    return str(folder.relative_to(top)) if any(folder.glob("*.fst")) else ""


def run_again(record: Record, top: Path, limits: Limits = USUAL) -> Again:
    """Run the scenario that failed, all of the job's where it is not known, and write waves. Raises `CheckError` where it cannot
    be run now, `ToolMissing`, `OSError`."""
    if record.ok or record.job.must_fail:
        raise CheckError(f"{record.job.name} did not fail a check: there is nothing to look at in waves")
    job, path = record.job, PATHS[record.job.path]
    scenarios = job.scenarios or path.scenarios
    if record.signature and record.signature.scenario in scenarios:
        scenarios = (record.signature.scenario,)
    folder = folder_of(top, record)
    outcome = simulate(replace(build_of(job), waves=True), config_of(job, folder), path.module, scenarios, watch=Watch(limits))
    drop_bulk(outcome.run)  # the job's own folder has its transactions
    found = sorted(folder.glob("*.fst"))
    view = write_views(outcome.run, found[0], first_mismatch(outcome))[0] if found else None
    same = not outcome.ok and signature_of(outcome, Verdict.FAILED) == record.signature
    return Again(record, folder, view, same)
