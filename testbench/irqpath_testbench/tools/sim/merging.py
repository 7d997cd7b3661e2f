"""`irqpath sim --merge`: results of earlier runs as one table and one file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console

from irqpath.cli.table import Column, Figures
from irqpath_testbench.tools.sim.pooled import judge
from irqpath_testbench.tools.sim.results import Range, Results
from irqpath_testbench.tools.sim.results_file import collect, save

#: The file that `--merge` writes into `--out`.
MERGED = "merged.json"
_SHOWN = 12
_COLUMNS = ("runs", "failed", "compared", "journeys\nclosed", "merged", "legally\nlost", "mis-\nmatches", "bins\nhit", "of")
_LATENCIES = ("cause to line\nmin/max", "to acknowledge\nmin/max")


def merge_runs(console: Console, places: Sequence[Path], out: Path) -> int:
    """Merge, print and write; 1 if a run failed, or random scenarios together miss an aim of their time. Raises `CheckError`."""
    results = collect(places)
    print_merged(console, results)
    missed = judge(console, places)
    file = out / MERGED
    save(results, file)
    here = Path.cwd()
    console.print(f"merged: {file.relative_to(here) if file.is_relative_to(here) else file}", highlight=False, soft_wrap=True)
    totals = results.totals()
    verdict = f"[red]{totals.failed:,} failed[/red]" if totals.failed else "[green]all passed[/green]"
    what = f"{totals.runs:,} runs, {totals.compared.total():,} transactions of Verilog compared"
    console.print(f"{what}: {verdict}", highlight=False)
    return 1 if totals.failed or missed else 0


def print_merged(console: Console, results: Results) -> None:
    """A row a coverage plan; below it what no run hit, and the runs that failed."""
    columns = [*(Column(name, "runs") for name in _COLUMNS), *(Column(name, "latency") for name in _LATENCIES)]
    table = Figures("Merged results", ("plan",), columns, SIMPLE_HEAD)
    for name in results.plans():
        t = results.totals(name)
        bins = sum(len(group.bins) for group in results.goals.get(name, ()))
        table.add(
            name,
            f"{t.runs:,}",
            f"[red]{t.failed:,}[/red]" if t.failed else "0",
            f"{t.compared.total():,}",
            f"{t.closed:,}",
            f"{t.merged:,}",
            f"{t.lost.total():,}",
            f"[red]{t.mismatches:,}[/red]" if t.mismatches else "0",
            f"{bins - len(results.uncovered(name)):,}",
            f"{bins:,}",
            _cycles(t.to_line),
            _cycles(t.to_acknowledge),
        )
    table.print(console)
    for name in results.plans():
        if missing := results.uncovered(name):
            text = f"{', '.join(missing[:_SHOWN])}{' ...' if len(missing) > _SHOWN else ''}"
            console.print(f"{name}: not covered: {text}", highlight=False, markup=False, soft_wrap=True)
    for name, run in sorted(results.runs.items()):
        if run.failure:
            bad = [s for s, scenario in run.scenarios.items() if not scenario.ok]
            where = f" ({', '.join(bad)})" if bad else ""
            console.print(f"{name}: {run.failure}{where}", highlight=False, markup=False, soft_wrap=True)


def _cycles(cycles: Range | None) -> str:
    return f"{cycles.least:,}/{cycles.greatest:,}" if cycles else "-"
