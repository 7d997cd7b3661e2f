"""Arguments and output of `irqpath bench`."""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from irqpath.cli.console import console as make_console
from irqpath.cli.parser import did_you_mean
from irqpath.cli.table import Figures
from irqpath.cli.writing import check_writable, write_text
from irqpath.core.places import ROOT, needs_checkout
from irqpath.trace.replay import Replay
from irqpath_testbench.tools.bench import lpi, oracle, paths, saturation, timing, virtqueue
from irqpath_testbench.tools.bench.stages import Stages, measure
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.progress import build_shown
from irqpath_testbench.tools.sim.recordings import recordings
from irqpath_testbench.tools.toolchain.kept import locked

#: What is measured, in this order.
PARTS: Final = ("replay", "virtqueues", "oracle", "lpi", "paths", "timing", "saturation", "cosim")
_STAGES = ("rtl", "stimulus", "recording", "transfer", "models", "scoreboards", "total")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `irqpath bench`."""
    parser.add_argument(
        "-n", type=int, default=8000, metavar="N", help="interrupts of the co-simulated traffic (default: %(default)s)"
    )
    parser.add_argument(
        "--json", type=Path, default=ROOT / "build" / "bench.json", metavar="FILE", help="default: build/bench.json"
    )
    parser.add_argument(
        "--repeat", type=int, default=3, metavar="N", help="runs of each kind, of which the least counts (default: %(default)s)"
    )
    parser.add_argument(
        "--oracle", type=int, default=20_000, metavar="N", help="operations of the models beside QEMU (default: %(default)s)"
    )
    parser.add_argument(
        "--arrivals",
        type=int,
        default=10_000,
        metavar="N",
        help="interrupts of each point of the search for saturation (default: %(default)s)",
    )
    parser.add_argument(
        "--parts",
        type=_parts,
        default=(),
        metavar="PART,...",
        help=f"what to measure, of {', '.join(PARTS)} (default: all)",
    )
    parser.add_argument("--sim", default="verilator,icarus", help="simulators, separated by commas (default: %(default)s)")


def _parts(text: str) -> tuple[str, ...]:
    parts = tuple(dict.fromkeys(text.split(",")))
    if unknown := [part for part in parts if part not in PARTS]:
        raise argparse.ArgumentTypeError(
            f"nothing is called {unknown[0]!r}{did_you_mean(unknown[0], PARTS) or ';'} there are {', '.join(PARTS)}"
        )
    return parts


def run(args: argparse.Namespace) -> int:
    """Measure, print, write. Raises `CheckError` where a run fails."""
    needs_checkout("irqpath bench")
    check_writable(args.json)
    with locked(ROOT / "build" / "bench" / ".lock", "the benchmark", patience=0):  # two at once would measure each other
        return _run(args)


def _run(args: argparse.Namespace) -> int:
    console = make_console()
    result: dict[str, Any] = {"machine": platform.processor() or platform.machine(), "python": platform.python_version()}
    try:
        _measure(console, args, result)
    except BaseException:
        if len(result) > 2:
            part = args.json.with_suffix(".partial.json")
            write_text(part, json.dumps(result, indent=1) + "\n")
            console.print(f"what was measured until then: {part}", highlight=False, soft_wrap=True)
        raise
    write_text(args.json, json.dumps(result, indent=1) + "\n")
    console.print(f"written to {args.json}", highlight=False, soft_wrap=True)
    return 0


def _measure(console: Console, args: argparse.Namespace, result: dict[str, Any]) -> None:
    """Part by part into `result`."""
    parts: dict[str, Callable[[], object]] = {
        "replay": lambda: _replay(console),
        "virtqueues": lambda: virtqueue.measure(console, args.repeat),
        "oracle": lambda: oracle.report(console, args.oracle, args.repeat),
        "lpi": lambda: lpi.report(console, args.repeat),
        "paths": lambda: paths.report(console, max(300, args.n // 8), args.repeat),
        "timing": lambda: timing.report(console, args.repeat),
        "saturation": lambda: saturation.report(console, args.arrivals),
        "cosim": lambda: _cosim(console, args),
    }
    for part in args.parts or PARTS:
        result[part] = parts[part]()


def _cosim(console: Console, args: argparse.Namespace) -> list[dict[str, Any]]:
    stages = []
    for simulator in args.sim.split(","):
        interrupts = args.n if simulator == "verilator" else max(1, args.n // 4)  # Icarus takes several times as long
        console.print(f"co-simulation with {simulator}: the same traffic {4 * args.repeat} times ...", highlight=False)
        build_shown(console, "bench", [Build(simulator, silent=silent) for silent in (False, True)])
        stages.append(measure(simulator, interrupts, args.repeat))
    _table(stages).print(console)
    for s in stages:
        if s.bare_ratio:
            console.print(
                f"{s.simulator}: the same accesses on the same Verilog in plain C++, without checks: {s.rtl:.2f} µs; "
                f"co-simulated with all checks it takes {s.bare_ratio:.1f} times the CPU time",
                highlight=False,
                soft_wrap=True,
            )
    return [asdict(s) for s in stages]


def _replay(console: Console) -> dict[str, float]:
    """Events a second over the project's recordings, CPU time, the best of three (the others met a busy machine)."""
    files = recordings()
    rates = []
    for _ in range(3):
        started, events = time.process_time(), 0
        for path in files:
            events += Replay(path).run().events
        rates.append(events / (time.process_time() - started))
    console.print(f"replay of {len(files)} recordings: {max(rates):,.0f} events per CPU second", highlight=False)
    return {"events_per_cpu_second": max(rates), "recordings": len(files)}


def _table(stages: list[Stages]) -> Figures:
    headings = ("transactions", "per 100 cycles", *_STAGES)
    table = Figures("CPU microseconds per checked transaction, all checks on", ("simulator",), headings)
    for s in stages:
        row = [f"{getattr(s, name):.2f}" for name in _STAGES]
        if not s.rtl:
            row[0] = "(in stimulus)"
        table.add(s.simulator, f"{s.transactions:,}", f"{s.per_100_cycles:.0f}", *row)
    return table
