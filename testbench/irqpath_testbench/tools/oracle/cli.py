"""`irqpath oracle`: QEMU and the golden models, driven with the same random sequences."""

from __future__ import annotations

import argparse
import itertools
import secrets
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from irqpath.cli.console import console as make_console
from irqpath.cli.terminal import program
from irqpath.cli.writing import check_writable
from irqpath.core.errors import CheckError
from irqpath.core.places import ROOT
from irqpath_testbench.tools.oracle.report import print_results, to_json, write_json
from irqpath_testbench.tools.oracle.run import Result, run_machine
from irqpath_testbench.tools.oracle.spec import MACHINES, MachineSpec, machines
from irqpath_testbench.tools.oracle.tools import missing
from irqpath_testbench.tools.toolchain.tool import require


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `irqpath oracle`."""
    parser.add_argument(
        "--ops", type=int, default=1_000_000, metavar="N", help="operations to compare, over all machines (default: %(default)s)"
    )
    parser.add_argument("--seed", metavar="S", help="any text; the same seed makes the same sequences (default: a new one)")
    parser.add_argument("--machine", choices=(*MACHINES, "all"), default="all", help="default: all, in turn")
    parser.add_argument("--sequence", metavar="NAME", help="run this one sequence, as a report names it, and nothing else")
    parser.add_argument(
        "--save",
        type=Path,
        default=ROOT / "build" / "oracle" / "differences",
        metavar="FOLDER",
        help="where recordings of differences go (default: build/oracle/differences)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the findings for machines")


def run(args: argparse.Namespace) -> int:
    """0: operations were compared and all agree; 1: a difference. Raises `ToolMissing` without QEMU or a cross compiler."""
    if args.ops < 1:
        raise CheckError(f"--ops {args.ops}: at least one operation must be compared")
    check_writable(args.json)
    check_writable(args.save / ".writable")
    for tool in missing():
        require(tool)
    console = make_console()
    seed = args.seed or secrets.token_hex(4)
    chosen = _one(args.sequence) if args.sequence else [s for m in MACHINES if args.machine in (m, "all") for s in machines(m)]
    console.print(f"seed {seed}", highlight=False)
    results: list[Result] = []
    try:
        _drive(console, args, chosen, seed, results)
    except KeyboardInterrupt:
        if results:  # of the machines that were done
            print_results(console, results, f"{program()} oracle")
            if args.json:
                write_json(args.json, to_json(results, seed) | {"ok": False})
        raise
    print_results(console, results, f"{program()} oracle")
    data = to_json(results, seed)
    if args.json:
        write_json(args.json, data)
    console.print(f"{data['operations']:,} operations compared, seed {seed}", highlight=False)
    return 0 if data["ok"] else 1


def _drive(console: Console, args: argparse.Namespace, chosen: Sequence[MachineSpec], seed: str, results: list[Result]) -> None:
    """Machine by machine into `results`."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        for n, spec in enumerate(chosen):
            share = args.ops * (n + 1) // len(chosen) - args.ops * n // len(chosen)
            task = progress.add_task(spec.name, total=share)
            names: Iterator[str] = (
                iter([args.sequence]) if args.sequence else (f"{spec.name}/{seed}/{k}" for k in itertools.count())
            )
            results.append(
                run_machine(
                    spec,
                    names,
                    share,
                    folder=args.save,
                    progress=partial(progress.advance, task),
                )
            )


def _one(sequence: str) -> list[MachineSpec]:
    """The machine that a sequence's name begins with. Raises `CheckError`."""
    name = sequence.split("/")[0]
    found = [spec for group in MACHINES.values() for spec in group if spec.name == name]
    if not found:
        known = ", ".join(spec.name for group in MACHINES.values() for spec in group)
        raise CheckError(f"--sequence {sequence}: no machine is called {name!r}; there are {known}")
    return found
