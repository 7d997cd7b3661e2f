"""The evidence of a co-simulation: that interrupts went its path to the end, checked against the models."""

from __future__ import annotations

from pathlib import Path

from irqpath_testbench.tools.conformance.evidence import FOLDER, Seen, Source, save
from irqpath_testbench.tools.conformance.paths import PATHS
from irqpath_testbench.tools.sim.simulate import Outcome


def note(outcome: Outcome, folder: Path = FOLDER) -> None:
    """Write a file for a run that passed, without injected faults, and closed journeys on a path of the table.

    For another none, and what an earlier run of the same path left is removed; an injected fault says nothing about the path,
    and a device of somebody else's nothing about this project's.
    """
    run = outcome.run
    if run.fault or run.model_fault or run.described:
        return
    file = folder / f"simulation-{run.path}-{run.simulator}.json"
    closed = sum(scenario["journeys"]["closed"] for scenario in outcome.scenarios)
    if outcome.ok and closed and run.path in PATHS:
        save(file, {Source("simulation", f"{run.path} in {run.simulator}"): Seen(paths={run.path})})
    else:
        file.unlink(missing_ok=True)
