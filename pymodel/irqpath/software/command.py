"""`irqpath evolution`: what interrupts cost from one generation of GIC to the next.

`irqpath evolution predict` takes what is known of a machine under KVM, and predicts its other times; `irqpath evolution run`
sends packets through the models of a machine of each generation.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from irqpath.cli.console import console as make_console
from irqpath.cli.table import Figures
from irqpath.cli.writing import check_writable, write_text
from irqpath.software.costs import command as predict
from irqpath.software.cpu.cycles import Cycles
from irqpath.software.evolution import RUNS, Row, as_json, measured, traps
from irqpath.software.machine import Delivery
from irqpath.software.workload import Workload

_TEXT = "send packets through machines of each generation, on the models, and count what that takes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the commands and their options."""
    commands = parser.add_subparsers(dest="evolution_command", metavar="COMMAND", required=True)
    predict.add_command(commands)
    runs = commands.add_parser("run", help=_TEXT, description=_TEXT, allow_abbrev=False)
    usual = Workload()
    runs.add_argument("--packets", type=int, default=1000, metavar="N", help="packets of each run (default: 1000)")
    runs.add_argument("--seed", type=int, default=usual.seed, metavar="N", help="of contents and pauses (default: 1)")
    runs.add_argument("--ring", choices=("split", "packed"), default="split", help="kind of virtqueue (default: split)")
    runs.add_argument("--size", type=int, default=usual.size, metavar="N", help=f"entries of it (default: {usual.size})")
    runs.add_argument("--burst", type=int, default=4, metavar="N", help="packets that are sent at once (default: 4)")
    runs.add_argument("--interval", type=int, default=8000, metavar="CYCLES", help="at most, between two bursts (default: 8000)")
    runs.add_argument(
        "--cost", type=_cost, action="append", default=[], metavar="NAME=CYCLES", help="what something in software costs"
    )
    runs.add_argument("--json", type=Path, metavar="FILE", help="write what was counted there, too")


def run(args: argparse.Namespace) -> int:
    """Always 0. Raises `CheckError` where a packet is lost, `ConfigError`, `OSError`."""
    return predict.run(args) if args.evolution_command == "predict" else _run(args)


def _run(args: argparse.Namespace) -> int:
    load = Workload(
        args.packets, args.burst, args.interval, args.size, packed=args.ring == "packed", seed=args.seed
    )  # fmt: skip
    cycles = Cycles().overridden(dict(args.cost))
    check_writable(args.json)
    console = make_console()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("packets", total=args.packets * len(RUNS))
        rows = list(measured(load, cycles, lambda: progress.update(task, advance=1)))
    _print(console, load, rows)
    if args.json is not None:
        write_text(args.json, json.dumps(as_json(load, cycles, rows), indent=2) + "\n")
        console.print(f"written to {args.json}", highlight=False, soft_wrap=True)
    return 0


def _print(console: Console, load: Workload, rows: list[Row]) -> None:
    counted = Figures(
        f"For one packet, of {load.packets:,}",
        ("GIC", "device", "guest"),
        ("exits", "traps", "QEMU", "List registers", "doorbells", "kicks", "suppressed", "interrupts"),
        SIMPLE_HEAD,
    )
    timed = Figures(
        "From the response to the handler, and from add_buf to the handler, in cycles",
        ("GIC", "device", "guest"),
        ("median", "p99", "p99.9", "round trip", "its p99"),
        SIMPLE_HEAD,
    )
    for row in rows:
        found = row.results
        device = "assigned" if row.delivery is Delivery.ASSIGNED else "emulated"
        names = row.generation.value, device, "waits" if row.waiting else "runs"
        counts = (row.exits, traps(row), found.user, found.list_registers, found.doorbells)
        numbers = (*counts, found.sent, found.suppressed, found.interrupts)
        counted.add(*names, *(f"{number / row.packets:.2f}" for number in numbers))
        times = (
            row.latency.at(0.5),
            row.latency.at(0.99),
            row.latency.at(0.999),
            row.round_trip.at(0.5),
            row.round_trip.at(0.99),
        )
        timed.add(*names, *(f"{time:,}" for time in times))
    counted.print(console)
    console.print()
    timed.print(console)
    console.print("what software costs is assumed; --cost says otherwise", highlight=False)


def _cost(text: str) -> tuple[str, int]:
    """NAME=CYCLES. Raises `ArgumentTypeError`."""
    name, found, cycles = text.partition("=")
    if not found or not cycles.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=CYCLES")
    return name, int(cycles)
