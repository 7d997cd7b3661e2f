"""What it costs a run to say how exact the models' time is: the same run with and without it, in turn.

`timing.local` notes costs while the run goes on and computes after it; `timing.whole` runs the same software on the models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.console import Console

from irqpath.cli.table import Figures
from irqpath.core.errors import CheckError
from irqpath.core.places import ROOT
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.bench.paths import RANDOM
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.progress import build_shown
from irqpath_testbench.tools.sim.simulate import simulate

#: What each may add to the CPU time of a run without them.
LOCAL: Final = 0.2
WHOLE: Final = 0.6
_SCENARIOS: Final = {**RANDOM, "lpi-direct": "RandomDirectLpis"}


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


def cost_of(path: str, pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> TimingCost:
    """Of results of runs, each without and with timing: the least of each part, for what comes on top is the machine's."""
    without = min(float(one["cpu_seconds"]) for one, _ in pairs)
    noting = max(0.0, min(float(other["cpu_seconds"]) for _, other in pairs) - without)
    after = min(float(other["timing_seconds"]) - float(other["whole_seconds"]) for _, other in pairs)
    return TimingCost(path, without, noting + after, min(float(other["whole_seconds"]) for _, other in pairs))


def report(console: Console, interrupts: int, repeat: int) -> list[dict[str, Any]]:
    """Measure and print. Raises `CheckError` where a run fails."""
    console.print(f"time compared with the models: the same traffic {2 * repeat} times each ...", highlight=False)
    build_shown(console, "bench", [Build("verilator", device) for device in {PATHS[path].device for path in _SCENARIOS}])
    table = Figures("CPU time of a run, and what timing adds, Verilator, all checks on", ("path",), ("CPU s", "local", "whole"))
    costs = []
    for path in _SCENARIOS:
        pairs = [(_run(path, interrupts, timing=False), _run(path, interrupts, timing=True)) for _ in range(repeat)]
        cost = cost_of(path, pairs)
        shares = (f"{100 * part / cost.without:.0f} %" for part in (cost.local, cost.whole))
        table.add(path, f"{cost.without:.2f}", *shares)
        costs.append(cost)
    table.print(console)
    if late := [cost.path for cost in costs if cost.beyond()]:
        console.print(
            f"more than {LOCAL:.0%} (local) or {WHOLE:.0%} (whole) of a run: {', '.join(late)}", highlight=False, soft_wrap=True
        )
    return [asdict(cost) for cost in costs]


def _run(path: str, interrupts: int, *, timing: bool) -> Mapping[str, Any]:
    device, scenario = PATHS[path].device, _SCENARIOS[path]
    folder = str(ROOT / "build" / "bench" / f"timing-{path}")
    run = RunConfig(path, folder, interrupts=interrupts, device=device, watchdog=1_000_000, timing=timing)
    outcome = simulate(Build("verilator", device), run, PATHS[path].module, [scenario])
    if not outcome.ok:
        why = outcome.detail or outcome.scenarios[0]["failures"]
        raise CheckError(f"the benchmark's run of path {path} failed: {why}")
    found: Mapping[str, Any] = outcome.scenarios[0]
    return found
