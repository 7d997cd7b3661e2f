"""CPU time a checked transaction over all paths, by stage, and whether it grows with SPIs that are merely there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from pymodel.errors import CheckError
from testbench.device import Device
from testbench.run.build import ROOT, Build
from testbench.run.paths import PATHS
from testbench.run.simulate import Outcome, simulate
from testbench.run_config import RunConfig

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
_KINDS: Final = (("record", True), ("record", False), ("decode", False), ("full", False))


@dataclass(frozen=True, slots=True)
class PathCost:
    """Microseconds of CPU a checked transaction. `stimulus`: software, simulator and RTL; `checking`: models and scoreboards."""

    path: str
    spis: int
    transactions: int
    stimulus: float
    recording: float
    transfer: float
    checking: float
    total: float


def report(console: Console, interrupts: int, repeat: int) -> list[dict[str, Any]]:
    """Measure and print. Raises `CheckError` where a run fails."""
    console.print(f"co-simulation of all paths with verilator: the same traffic {4 * repeat} times each ...", highlight=False)
    costs = [_cost(path, Device(), interrupts, repeat) for path in RANDOM]
    costs.append(_cost("spi", Device(spis=_SPIS[1]), interrupts, repeat))
    table = Table(title="CPU microseconds per checked transaction by path, Verilator, all checks on", title_justify="left")
    for name in ("path", "SPIs", "transactions", "stimulus and RTL", "recording", "transfer", "models and scoreboards", "total"):
        table.add_column(name, justify="left" if name == "path" else "right")
    for c in costs:
        figures = (f"{value:.2f}" for value in (c.stimulus, c.recording, c.transfer, c.checking, c.total))
        table.add_row(c.path, str(c.spis), f"{c.transactions:,}", *figures)
    console.print(table)
    return [asdict(c) for c in costs]


def _cost(path: str, device: Device, interrupts: int, repeat: int) -> PathCost:
    rounds = [[_run(path, device, stages, interrupts, silent=silent) for stages, silent in _KINDS] for _ in range(repeat)]
    seconds = [min(float(turn[n].scenarios[0]["cpu_seconds"]) for turn in rounds) for n in range(len(_KINDS))]
    count = sum(rounds[0][-1].scenarios[0]["compared"].values())
    silent, record, decode, full = (1e6 * value / count for value in seconds)
    return PathCost(path, device.spis, count, silent, record - silent, decode - record, full - decode, full)


def _run(path: str, device: Device, stages: str, interrupts: int, *, silent: bool) -> Outcome:
    folder = ROOT / "build" / "bench" / f"{path}-{device.mark()}-{'silent' if silent else stages}"
    config = RunConfig(path, str(folder), interrupts=interrupts, device=device, stages=stages, watchdog=1_000_000)
    outcome = simulate(Build("verilator", device, silent=silent), config, PATHS[path].module, [RANDOM[path]])
    if not outcome.ok:
        why = outcome.detail or outcome.scenarios[0]["failures"]
        raise CheckError(f"the benchmark's run of path {path} ({stages}) failed: {why}")
    return outcome
