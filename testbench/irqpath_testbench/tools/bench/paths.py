"""CPU time a checked transaction over all paths, by stage, and whether it grows with SPIs that are merely there.

What a run does once (building the environment, setting up interrupts, the comparison of all state at its end) depends on the size
of the device and not on the traffic. So each stage is measured with runs of two lengths: what the longer takes more is the
traffic's. What a transaction of the longer run takes with all that is printed beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.console import Console

from irqpath.cli.table import Figures
from irqpath.core.errors import CheckError
from irqpath.core.places import ROOT
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.progress import build_shown
from irqpath_testbench.tools.sim.simulate import Outcome, simulate

#: The random scenario of each path.
RANDOM: Final = {
    "sgi": "RandomTraffic",
    "ppi": "RandomPpis",
    "spi": "RandomSpis",
    "mbi": "RandomMessages",
    "lpi": "RandomLpis",
}
#: SPIs of the devices that are compared.
_SPIS: Final = (64, 960)
#: Length of the long run, in short ones.
_LONGER: Final = 3
_KINDS: Final = (("record", True), ("record", False), ("decode", False), ("full", False))


@dataclass(frozen=True, slots=True)
class PathCost:
    """Microseconds of CPU a checked transaction of the traffic. `stimulus`: software, simulator and RTL; `checking`: models and
    scoreboards; `traffic`: their sum; `cycles`: of the clock, a transaction; `with_setup`: with what a run does once."""

    path: str
    spis: int
    transactions: int
    cycles: float
    stimulus: float
    recording: float
    transfer: float
    checking: float
    traffic: float
    with_setup: float


def report(console: Console, interrupts: int, repeat: int) -> list[dict[str, Any]]:
    """Measure and print. Raises `CheckError` where a run fails."""
    runs = 2 * len(_KINDS) * repeat
    console.print(f"co-simulation of all paths with verilator: the same traffic {runs} times each ...", highlight=False)
    devices = (DutParameters(), DutParameters(spis=_SPIS[1]))
    build_shown(console, "bench", [Build("verilator", device, silent=silent) for device in devices for silent in (False, True)])
    costs = [_cost(path, devices[0], interrupts, repeat) for path in RANDOM]
    costs.append(_cost("spi", devices[1], interrupts, repeat))
    _table(costs).print(console)
    return [asdict(c) for c in costs]


def _table(costs: Sequence[PathCost]) -> Figures:
    columns = ("SPIs", "transactions", "cycles each", "stimulus and RTL", "recording", "transfer", "models and scoreboards")
    title = "CPU microseconds per checked transaction of the traffic, Verilator, all checks on"
    table = Figures(title, ("path",), (*columns, "total", "with set-up"))
    for c in costs:
        figures = (
            f"{value:.2f}" for value in (c.cycles, c.stimulus, c.recording, c.transfer, c.checking, c.traffic, c.with_setup)
        )
        table.add(c.path, str(c.spis), f"{c.transactions:,}", *figures)
    return table


def _cost(path: str, device: DutParameters, interrupts: int, repeat: int) -> PathCost:
    """`interrupts`: of the short run."""
    seconds: dict[tuple[int, int], float] = {}  # (length, number of the kind) -> of the fastest run
    told: dict[int, Mapping[str, Any]] = {}  # what a checked run of that length reports
    for _ in range(repeat):  # kinds in turn, so that a machine that slows down slows all of them
        for length in (1, _LONGER):
            for number, (stages, silent) in enumerate(_KINDS):
                scenario = _run(path, device, stages, length * interrupts, silent=silent).scenarios[0]
                taken = float(scenario["cpu_seconds"])
                seconds[length, number] = min(taken, seconds.get((length, number), taken))
                told[length] = scenario
    count = _count(told[_LONGER]) - _count(told[1])
    cycles = told[_LONGER]["cycles"] - told[1]["cycles"]
    bare, record, decode, full = (1e6 * (seconds[_LONGER, n] - seconds[1, n]) / count for n in range(len(_KINDS)))
    whole = 1e6 * seconds[_LONGER, len(_KINDS) - 1] / _count(told[_LONGER])
    parts = (bare, record - bare, decode - record, full - decode)
    return PathCost(path, device.spis, count, cycles / count, *parts, full, whole)


def _count(scenario: Mapping[str, Any]) -> int:
    """Transactions that were compared."""
    compared: Mapping[str, int] = scenario["compared"]
    return sum(compared.values())


def _run(path: str, device: DutParameters, stages: str, interrupts: int, *, silent: bool) -> Outcome:
    folder = ROOT / "build" / "bench" / f"{path}-{device.mark()}-{'silent' if silent else stages}"
    config = RunConfig(path, str(folder), interrupts=interrupts, device=device, stages=stages, watchdog=1_000_000, timing=False)
    outcome = simulate(Build("verilator", device, silent=silent), config, PATHS[path].module, [RANDOM[path]])
    if not outcome.ok:
        why = outcome.detail or outcome.scenarios[0]["failures"]
        raise CheckError(f"the benchmark's run of path {path} ({stages}) failed: {why}")
    return outcome
