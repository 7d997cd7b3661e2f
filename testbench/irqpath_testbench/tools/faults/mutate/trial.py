"""Mutants on trial: path by path, until a check fails."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from irqpath.cli.signals import worker
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.simulate import Failure, Outcome, judge, simulate

#: Seconds that one simulation may take; an unchanged design takes less than 10.
LIMIT: Final = 40.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Scenarios of one path, in the order in which they run in one simulation: starting one takes longer than most scenarios."""

    path: str
    scenarios: tuple[str, ...]
    interrupts: int = 300


STAGES: Final = (
    Stage("sgi", ("EverySgi", "Crossings", "Resets", "Accesses", "RandomTraffic")),
    Stage("lpi", ("Commands", "Spill", "GroupsWhileBusy", "LpiCrossings", "WidthsAnywhere", "RandomLpis")),
    Stage("ppi", ("EveryPpi", "PpiLevels", "RandomPpis")),
    Stage("spi", ("SpiLevels", "OneOfN", "SpiResets", "RandomSpis")),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant. `scenario`: the one that killed it, by its `check` on `link`; all empty: it survived."""

    number: int
    scenario: str = ""
    check: str = ""
    link: str = ""
    detail: str = ""
    seconds: float = 0.0

    @property
    def killed(self) -> bool:
        """Whether a check noticed it."""
        return bool(self.scenario)


@dataclass(slots=True)
class Trial:
    """A build with mutants, and how to try them: one simulation at a time."""

    build: Build
    seed: int
    folder: Path
    stages: Sequence[Stage] = field(default=STAGES)

    def run(self, number: int) -> Verdict:
        """Try mutant `number` (0: the block as it is)."""
        started = time.monotonic()
        for stage in self.stages:
            outcome = self._simulate(number, stage)
            if not outcome.ok:
                return verdict(number, stage, outcome, time.monotonic() - started)
        return Verdict(number, seconds=time.monotonic() - started)

    def _simulate(self, number: int, stage: Stage) -> Outcome:
        config = RunConfig(
            path=stage.path,
            folder=str(self.folder),
            seed=self.seed,
            interrupts=stage.interrupts,
            device=self.build.device,
            bound=3000,
            watchdog=20_000,
            hang_seconds=10.0,
            fault=number,
            timing=False,
        )
        shutil.rmtree(self.folder, ignore_errors=True)  # results of an earlier run would be taken for this one's
        started = time.monotonic()
        # In a process group of its own, so that a simulation without end can be ended whole.
        child = multiprocessing.get_context("fork").Process(target=_child, args=(self.build, config, stage, os.getpid()))
        child.start()
        late = False
        try:
            while child.is_alive() and not late and not _failed(self.folder, stage):
                child.join(0.1)
                late = time.monotonic() - started > LIMIT
        finally:
            if child.is_alive() and child.pid is not None:
                os.killpg(child.pid, signal.SIGKILL)
            child.join()
        outcome = judge(config, stage.scenarios, time.monotonic() - started)
        if late and outcome.failure in (Failure.NONE, Failure.NO_RESULT):
            outcome.failure, outcome.detail = Failure.HANG, f"ended after {LIMIT:.0f} s"
        return outcome


def _failed(folder: Path, stage: Stage) -> bool:
    """Whether a scenario has failed already, so that those after it need not run."""
    for name in stage.scenarios:
        try:
            if not json.loads((folder / f"result-{name}.json").read_text())["ok"]:
                return True
        except (FileNotFoundError, ValueError):  # not there yet, or not written to its end
            continue
    return False


def _child(build: Build, config: RunConfig, stage: Stage, parent: int) -> None:
    os.setsid()
    worker(parent)
    simulate(build, config, PATHS[stage.path].module, stage.scenarios)


def verdict(number: int, stage: Stage, outcome: Outcome, seconds: float) -> Verdict:
    """By what a failed run was noticed: the first mismatch of the first scenario that failed, or what else ended it."""
    for result in sorted(outcome.scenarios, key=lambda result: stage.scenarios.index(result["scenario"])):
        if result["ok"]:
            continue
        if result["listed"]:
            first = result["listed"][0]
            return Verdict(
                number, result["scenario"], first["check"], first["link"], first["differs"] or first["observed"], seconds
            )
        failure = _line(result["failures"][0])
        return Verdict(number, result["scenario"], failure.split(":")[0], "", failure, seconds)
    # the simulator ended without a verdict on one of them
    ended = {result["scenario"] for result in outcome.scenarios}
    during = next((name for name in stage.scenarios if name not in ended), stage.scenarios[-1])
    return Verdict(number, during, outcome.failure.value, "", _line(outcome.detail), seconds)


def _line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1][:200]
