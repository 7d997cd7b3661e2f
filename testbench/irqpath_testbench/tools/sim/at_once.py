"""Simulations in worker processes, several at a time. The process that asks for them only looks at what they write."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from irqpath.cli.signals import message_of
from irqpath.core.errors import IrqpathError
from irqpath_testbench.env.process import LOG
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.folders import claimed, clear
from irqpath_testbench.tools.sim.outcome import Failure, Outcome
from irqpath_testbench.tools.sim.progress import Shown, moving
from irqpath_testbench.tools.sim.simulate import judge, result_path, simulate
from irqpath_testbench.tools.toolchain import processes

_LOOK_SECONDS: Final = 0.2
_Item = TypeVar("_Item")
_Found = TypeVar("_Found")


_Ended = tuple[Outcome, IrqpathError | None]


def simulate_all(
    console: Console, plans: Sequence[Outcome], leave: Callable[[Outcome], None], *, jobs: int, waves: bool
) -> list[Outcome]:
    """The outcome of each of `plans` (`planned`), in their order; `jobs` of them run at a time, each in a folder of its own
    (`claimed`). `waves`: write them.

    `leave` is called with each outcome as soon as it is known, while the folder is still claimed; of those too that an exception
    ends. Raises `ToolMissing`, `CheckError` where one could not be simulated at all, which ends the others.
    """
    outcomes: dict[int, Outcome] = {}
    waiting = deque(enumerate(plans))
    running: dict[Future[_Ended], _Running] = {}
    try:
        with processes.pool(min(jobs, len(plans))) as pool, moving(console) as progress:
            while waiting or running:
                while waiting and len(running) < jobs:
                    one = _Running(*waiting.popleft(), console, progress, waves=waves)
                    running[pool.submit(_simulated, one.run, one.plan.module, one.plan.wanted, waves=waves)] = one
                done, _ = wait(running, _LOOK_SECONDS, FIRST_COMPLETED)
                for one in running.values():
                    one.look()
                for future in done:
                    outcome, error = future.result()
                    one = running.pop(future)
                    with one.claims:
                        leave(outcome)
                    if error is not None:
                        raise error
                    outcomes[one.number] = outcome
                    if not console.is_terminal:
                        line = f"{outcome.name}: {len(outcome.wanted)} scenarios, {outcome.seconds:.1f} s"
                        console.print(line, highlight=False)
    except BaseException as error:
        for one in running.values():
            with one.claims:
                leave(one.ended(error))
        raise
    return [outcomes[number] for number in range(len(plans))]


def _build_of(run: RunConfig, *, waves: bool) -> Build:
    yours = run.dut() if run.described else None
    return Build(run.simulator, run.device, faults=bool(run.fault), waves=waves, described=yours)


def _simulated(run: RunConfig, module: str, scenarios: tuple[str, ...], *, waves: bool) -> _Ended:
    """In a worker: the outcome, and why nothing could be simulated at all."""
    found: list[Outcome] = []
    try:
        simulate(_build_of(run, waves=waves), run, module, scenarios, told=found.append)
    except IrqpathError as error:
        return found[0], error
    return found[0], None


class _Running:
    """One that a worker runs, as seen from here."""

    def __init__(self, number: int, plan: Outcome, console: Console, progress: Progress, *, waves: bool) -> None:
        self.number, self.plan = number, plan
        self._begun = time.monotonic()
        self._simulates = False
        with ExitStack() as claims:
            self._folder = claims.enter_context(claimed(Path(plan.run.folder)))
            self.run = replace(plan.run, folder=str(self._folder))
            clear(self._folder)
            self._shown = claims.enter_context(Shown(console, plan.name, progress))
            self._building = claims.enter_context(ExitStack())
            self._building.enter_context(self._shown.building(_build_of(self.run, waves=waves)))
            #: its folder, and what is shown of it
            self.claims = claims.pop_all()

    def look(self) -> None:
        """Show what it does now."""
        if not self._simulates:
            if not (self._folder / LOG).exists():
                return
            self._simulates = True
            self._building.close()
        left = [name for name in self.plan.wanted if not result_path(self._folder, name).exists()]
        done = len(self.plan.wanted) - len(left)
        at = f" ({done} of {len(self.plan.wanted)} done)" if done else ""
        self._shown.say(f"simulating {left[0] if left else 'the end'}{at}")

    def ended(self, error: BaseException) -> Outcome:
        """Its outcome where an exception ends all."""
        outcome = judge(self.run, self.plan.wanted, time.monotonic() - self._begun)
        outcome.module, outcome.failure = self.plan.module, Failure.ENDED
        outcome.detail = message_of(error) if isinstance(error, KeyboardInterrupt) else repr(error)
        return outcome


def each(console: Console, what: str, function: Callable[[_Item], _Found], items: Sequence[_Item], jobs: int) -> list[_Found]:
    """What `function` finds of each item, in their order, `jobs` at a time; `what`: what is shown on a terminal."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn())
    with (
        processes.pool(min(jobs, len(items))) as pool,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        return list(progress.track(pool.map(function, items), len(items)))
