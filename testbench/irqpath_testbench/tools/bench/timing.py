"""What it costs a run to say how exact the models' time is: the run of a path by `make sim`, with and without it, in turn.

`timing.local` notes costs while the scoreboards compare, and computes after the run; `timing.whole` runs the same software on the
models. What the simulator takes besides is the same with and without them, and differs from run to run by more than they take: it
is measured once, and not subtracted from itself.
"""

from __future__ import annotations

import resource
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from rich.console import Console

from irqpath.cli.table import Figures
from irqpath.core.errors import CheckError
from irqpath.core.places import ROOT
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.progress import build_shown
from irqpath_testbench.tools.sim.simulate import simulate

#: What each may add to the CPU time of a run without them.
LOCAL: Final = 0.2
WHOLE: Final = 0.6
_PATHS: Final = ("sgi", "ppi", "spi", "mbi", "lpi", "lpi-direct", "virq-lr", "virq-hw", "maint", "gicv2")


@dataclass(frozen=True, slots=True)
class TimingCost:
    """CPU seconds of a run of a path `without`, and what of these `local` and `whole` add."""

    path: str
    without: float
    local: float
    whole: float

    def beyond(self) -> bool:
        """Whether one of them takes more than it may."""
        return self.local > LOCAL * self.without or self.whole > WHOLE * self.without


class Used(NamedTuple):
    """CPU seconds of a run: of its process, and of these of scoreboards, of `timing.local` after the run, of `timing.whole`."""

    all: float
    checks: float
    local: float
    whole: float


def cost_of(path: str, runs: Sequence[tuple[Used, Used]]) -> TimingCost:
    """Of runs without timing and with it: the least of each figure, for what comes on top is the machine's."""
    without, timed = (Used(*(min(figures) for figures in zip(*of, strict=True))) for of in zip(*runs, strict=True))
    return TimingCost(path, without.all, max(0.0, timed.checks - without.checks) + timed.local, timed.whole)


def report(console: Console, repeat: int) -> list[dict[str, Any]]:
    """Measure and print. Raises `CheckError` where a run fails."""
    console.print(f"time compared with the models: the usual run of each path {2 * repeat} times ...", highlight=False)
    build_shown(console, "bench", [Build("verilator", device) for device in {PATHS[path].device for path in _PATHS}])
    table = Figures("CPU time of a run, and what timing adds, Verilator, all checks on", ("path",), ("CPU s", "local", "whole"))
    costs = []
    for path in _PATHS:
        runs = [(_run(path, timing=False), _run(path, timing=True)) for _ in range(repeat)]
        cost = cost_of(path, runs)
        shares = (f"{100 * part / cost.without:.0f} %" for part in (cost.local, cost.whole))
        table.add(path, f"{cost.without:.2f}", *shares)
        costs.append(cost)
    table.print(console)
    if late := [cost.path for cost in costs if cost.beyond()]:
        console.print(
            f"more than {LOCAL:.0%} (local) or {WHOLE:.0%} (whole) of a run: {', '.join(late)}", highlight=False, soft_wrap=True
        )
    return [asdict(cost) for cost in costs]


def _run(path: str, *, timing: bool) -> Used:
    """Raises `CheckError` where it fails."""
    found = PATHS[path]
    folder = str(ROOT / "build" / "bench" / f"timing-{path}")
    run = RunConfig(path, folder, device=found.device, watchdog=1_000_000, timing=timing)
    before = _children()
    outcome = simulate(Build("verilator", found.device), run, found.module, found.scenarios)
    used = _children() - before
    if not outcome.ok:
        why = outcome.detail or next(one["failures"] for one in outcome.scenarios if not one["ok"])
        raise CheckError(f"the benchmark's run of path {path} failed: {why}")
    checks, timed, whole = (
        sum(float(one[f"{part}_seconds"]) for one in outcome.scenarios) for part in ("check", "timing", "whole")
    )
    return Used(used, checks, timed - whole, whole)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
