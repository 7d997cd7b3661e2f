"""Several runs in one simulator process: they differ in seed and folder, and each leaves what it leaves by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from irqpath.cli.signals import message_of
from irqpath.core.errors import CheckError, IrqpathError
from irqpath_testbench.env.process import LOG, mark
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.sim import junit
from irqpath_testbench.tools.sim.build import Build, build
from irqpath_testbench.tools.sim.folders import CONFIG, clear
from irqpath_testbench.tools.sim.limits import reached
from irqpath_testbench.tools.sim.outcome import Failure, Outcome
from irqpath_testbench.tools.sim.simulate import judge, planned, start

Told = Callable[[Outcome], None]


def simulate_batch(
    what: Build,
    runs: Sequence[RunConfig],
    module: str,
    scenarios: Sequence[str],
    *,
    began: Callable[[RunConfig], None] = lambda _: None,
    told: Told = lambda _: None,
    watch: Callable[[int], None] = lambda _: None,
) -> list[Outcome]:
    """Run `scenarios` of a cocotb module for each of `runs`, one after the other in one simulator process; the outcome of each.

    Everything that a run writes goes to its folder, and is what it writes in a process of its own, but for times. No waves are
    written. `began` is called with a run that begins; `told` the outcome of each that has ended as soon as it has, and those of
    an exception's end too; `watch`: see `simulate`. The simulator's end in the middle is of the run that was under way: those
    before it have their results, those after it were not run and say so. Where the build has `coverage`, which counts from a
    process's begin, each run has a process of its own after all. Raises `ToolMissing`, `CheckError` where nothing could be
    simulated at all, or runs are told more than seeds and folders of their own.
    """
    _check(runs)
    parts = [[run] for run in runs] if what.coverage else [runs] if runs else []
    return [outcome for part in parts for outcome in _Batch(part, module, scenarios, began, told, watch).run(what)]


def _check(runs: Sequence[RunConfig]) -> None:
    """Raises `CheckError` where they can't share a process."""
    if len({replace(run, seed=0, folder="") for run in runs}) > 1:
        raise CheckError("runs of one simulator process differ in seed and folder only")
    if len({run.folder for run in runs}) < len(runs):
        raise CheckError("two runs of one simulator process write to one folder")


class _Batch:
    """The runs of one process; `_at`: the place of the one that is under way."""

    def __init__(
        self,
        runs: Sequence[RunConfig],
        module: str,
        scenarios: Sequence[str],
        began: Callable[[RunConfig], None],
        told: Told,
        watch: Callable[[int], None],
    ) -> None:
        self._runs, self._module, self._scenarios = runs, module, scenarios
        self._began, self._told, self._watch = began, told, watch
        self._at = 0
        self._since = time.monotonic()
        self._outcomes: list[Outcome] = []

    def run(self, what: Build) -> list[Outcome]:
        """Simulate; as `simulate` does it with one run."""
        for run in self._runs:
            clear(Path(run.folder))
            run.save(Path(run.folder) / CONFIG)
            junit.write_run(planned(run, self._module, self._scenarios))
        failure, detail = Failure.BUILD, ""
        try:
            built = build(what)
            failure, self._since = Failure.ENDED, time.monotonic()
            self._began(self._runs[0])
            shown = replace(what, waves=False)
            start(built, shown, self._runs, self._module, self._scenarios, self._look, lambda: self._folder, self._watch)
            failure = Failure.NONE
            self._look()
            outcome = self._judged(built.runner.status)
            if not outcome.ok and (why := reached(self._folder)):
                failure, detail = Failure.NO_RESULT, why
                raise CheckError(why)
            self._leave(outcome)
        except IrqpathError as error:
            detail = str(error)
            raise
        except BaseException as error:
            self._look()
            failure = Failure.ENDED
            detail = message_of(error) if isinstance(error, KeyboardInterrupt) else repr(error)
            raise
        finally:
            self._end(failure, detail)
        return self._outcomes

    @property
    def _folder(self) -> Path:
        """Of the run that is under way."""
        return Path(self._runs[self._at].folder)

    def _look(self) -> None:
        """A run's log is there once the run has begun, and then the one before it has left everything."""
        while self._at + 1 < len(self._runs) and (Path(self._runs[self._at + 1].folder) / LOG).exists():
            self._leave(self._judged())
            self._at += 1
            self._since = time.monotonic()
            self._began(self._runs[self._at])

    def _judged(self, status: int = 0) -> Outcome:
        run, name = self._runs[self._at], mark(self._at) if len(self._runs) > 1 else ""
        return judge(run, self._scenarios, time.monotonic() - self._since, status, name)

    def _leave(self, outcome: Outcome) -> None:
        """A run is over."""
        outcome.module = self._module
        self._outcomes.append(outcome)
        junit.write_run(outcome)
        self._told(outcome)

    def _end(self, failure: Failure, detail: str) -> None:
        """Of the run that was under way, unless it came to its judgement, and of those that did not begin."""
        current = self._runs[self._at]
        if len(self._outcomes) == self._at and failure is not Failure.NONE:
            outcome = self._judged()
            outcome.failure, outcome.detail = failure, detail
            self._leave(outcome)
        for run in self._runs[len(self._outcomes) :]:
            outcome = planned(run, self._module, self._scenarios)
            outcome.failure = Failure.NOT_RUN
            outcome.detail = f"the simulator process ended in the run of seed {current.seed}, which came before it"
            self._leave(outcome)
