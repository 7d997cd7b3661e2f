"""Arguments, course and report of `irqpath mutate`."""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from irqpath.cli.console import console as make_console
from irqpath.cli.table import Figures, Words
from irqpath.cli.writing import check_writable, write_text
from irqpath.core.errors import CheckError
from irqpath.core.places import MODELS, ROOT, needs_checkout
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.tools.faults.mutate.netlist import MOST, Mutant, kept_mutants
from irqpath_testbench.tools.faults.mutate.trial import STAGES, Trial, Verdict
from irqpath_testbench.tools.sim.build import Build, sources
from irqpath_testbench.tools.sim.folders import claimed
from irqpath_testbench.tools.sim.progress import build_shown
from irqpath_testbench.tools.toolchain.kept import locked
from irqpath_testbench.tools.toolchain.yosys import BLOCKS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `irqpath mutate`."""
    parser.add_argument("--block", default="gicr", choices=tuple(BLOCKS), help="block to change (default: %(default)s)")
    parser.add_argument("--mutants", type=_mutants, default=200, metavar="N", help="how many changes (default: %(default)s)")
    parser.add_argument("--seed", type=_seed, default=1, help="seed of yosys' choice and of the scenarios (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="N,...", help="try these mutants alone, and write no file")
    parser.add_argument(
        "--minutes", type=float, default=0.0, metavar="M", help="stop after so long; the next run goes on from there"
    )
    parser.add_argument("--anew", action="store_true", help="forget what an earlier run with the same Verilog and tests found")
    parser.add_argument(
        "--json", type=Path, default=ROOT / "build" / "mutate.json", metavar="FILE", help="default: build/mutate.json"
    )


def _mutants(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of mutants; give 1 to {MOST}")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**31:
        raise argparse.ArgumentTypeError(f"{text!r} is no seed; give 1 to {2**31 - 1}")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """0 when the mutants were tried, however many survive. Raises `ToolMissing`; `CheckError` where the block as it is fails."""
    needs_checkout("irqpath mutate")
    check_writable(None if args.only else args.json)
    with ExitStack() as stack:
        if not args.only:  # verdicts are added to the file, mutant by mutant
            lock = args.json.with_name(f".{args.json.name}.lock")
            stack.enter_context(locked(lock, str(args.json), patience=0))
        return _run(args, stack.enter_context(claimed(ROOT / "build" / "runs" / f"mutate-{args.block}")))


def _run(args: argparse.Namespace, runs: Path) -> int:
    console, device = make_console(), DutParameters()
    folder = ROOT / "build" / "mutate" / f"{args.block}-mutants{args.mutants}-seed{args.seed}"
    what = Build(device=device, instead=folder)
    say = f"irqpath mutate: {args.mutants} mutants of {args.block}.v, seed {args.seed}"
    console.print(f"{say}; building", highlight=False)
    mutants = kept_mutants(args.block, device, args.mutants, args.seed, folder)
    build_shown(console, "mutate", [what])
    trial = Trial(what, args.seed, runs)
    chosen = _chosen(args.only, mutants)
    unchanged = trial.run(0)
    if unchanged.killed:
        raise CheckError(
            f"{args.block}.v without a mutant fails {unchanged.scenario}: {unchanged.check} {unchanged.link}"
            f" {unchanged.detail}; mend that first"
        )
    console.print(f"without a mutant every scenario passes, {unchanged.seconds:.0f} s", highlight=False)
    result = Result(args.block, args.seed, mutants, digest(folder), None if args.only else args.json)
    if not args.anew:
        result.load()
    deadline = time.monotonic() + args.minutes * 60 if args.minutes > 0 else None
    try:
        for number in chosen:
            if number in result.verdicts:
                continue
            if deadline is not None and time.monotonic() > deadline:
                break
            found = trial.run(number)
            result.add(found)
            console.print(_line(found), highlight=False, markup=False)
    except KeyboardInterrupt:
        console.print("interrupted; the same command goes on from here", highlight=False)
        report(console, result)
        raise
    report(console, result)
    return 0


def _chosen(only: str, mutants: Sequence[Mutant]) -> list[int]:
    numbers = [m.number for m in mutants]
    if not only:
        return numbers
    words = [word.strip() for word in only.split(",")]
    if wrong := [word for word in words if not word.isdecimal() or int(word) not in numbers]:
        raise CheckError(f"no mutant is called {', '.join(map(repr, wrong))}; there are {numbers[0]} to {numbers[-1]}")
    return [int(word) for word in words]


def digest(folder: Path) -> str:
    """Changes with the mutants, with the Verilog, and with whatever judges it."""
    files = [*sources(folder), folder / "mutants.ys", *MODELS.rglob("*.py"), *MODELS.rglob("*.toml")]
    for part in (
        "dut",
        "env",
        "env/agents",
        "env/scoreboards",
        "sequences",
        "tests",
        "tools/faults",
        "tools/faults/mutate",
        "tools/sim",
    ):
        files += (Path(__file__).parents[3] / part).glob("*.py")
    state = hashlib.sha256(repr(STAGES).encode())
    for path in sorted(set(files) - {Path(__file__)}):
        state.update(path.read_bytes())
    return state.hexdigest()


class Result:
    """Verdicts so far, in a file after each."""

    def __init__(self, block: str, seed: int, mutants: Sequence[Mutant], digest: str, file: Path | None) -> None:
        self.block, self.seed, self.mutants, self.digest, self.file = block, seed, mutants, digest, file
        self.verdicts: dict[int, Verdict] = {}

    def load(self) -> None:
        """Take over what an earlier run with the same digest found."""
        if self.file is None or not self.file.exists():
            return
        try:
            value: dict[str, Any] = json.loads(self.file.read_text())
            if value["digest"] == self.digest:
                self.verdicts = {v["number"]: Verdict(**v) for v in value["verdicts"]}
        except (ValueError, KeyError, TypeError) as error:
            raise CheckError(f"{self.file} was not written by irqpath mutate ({error}); remove it") from error

    def add(self, verdict: Verdict) -> None:
        """One more mutant tried."""
        self.verdicts[verdict.number] = verdict
        if self.file is not None:
            write_text(self.file, json.dumps(self.plain(), indent=1) + "\n")

    def plain(self) -> dict[str, Any]:
        """As plain data, for the file."""
        return {
            "block": self.block,
            "seed": self.seed,
            "digest": self.digest,
            "mutants": len(self.mutants),
            "tried": len(self.verdicts),
            "killed": sum(v.killed for v in self.verdicts.values()),
            "survivors": [asdict(m) for m in self.survivors()],
            "verdicts": [asdict(v) for _, v in sorted(self.verdicts.items())],
        }

    def survivors(self) -> list[Mutant]:
        """Those that no check noticed."""
        return [m for m in self.mutants if m.number in self.verdicts and not self.verdicts[m.number].killed]


def _line(verdict: Verdict) -> str:
    by = f"killed by {verdict.scenario}: {verdict.check} {verdict.link}" if verdict.killed else "SURVIVED"
    return f"mutant {verdict.number}: {by} ({verdict.seconds:.0f} s)"


def report(console: Console, result: Result) -> None:
    """Who killed how many, and the survivors."""
    verdicts = list(result.verdicts.values())
    killers = Counter((v.scenario, v.check) for v in verdicts if v.killed)
    order = {name: n for n, name in enumerate(name for stage in STAGES for name in stage.scenarios)}
    killed = Figures(f"mutants of {result.block}.v that were noticed", ("scenario", "check"), ("mutants",))
    for (scenario, check), count in sorted(killers.items(), key=lambda item: (order[item[0][0]], -item[1])):
        killed.add(scenario, check, str(count))
    killed.print(console)
    survivors = result.survivors()
    if survivors:
        table = Words("survivors", ("mutant", "change", "of", "Verilog"))
        for m in survivors:
            table.add(str(m.number), m.mode, m.wire or f"{m.cell} {m.port}[{m.bit}]", ", ".join(m.sources))
        table.print(console)
    share = f" ({killers.total() / len(verdicts):.1%})" if verdicts else ""
    left = len(result.mutants) - len(verdicts)
    console.print(
        f"{killers.total()} of {len(verdicts)} mutants killed{share}" + (f"; {left} not tried yet" if left else ""),
        highlight=False,
    )
