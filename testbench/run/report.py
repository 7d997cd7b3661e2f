"""What `irqpath sim` prints: one table of all scenarios, what was covered, and each mismatch with its story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from testbench.coverage import Group
from testbench.run.simulate import Outcome

_LINKS = ("sysreg", "reg", "stream", "dist", "irq", "msi", "its_gicr", "mem")
_SHOWN = 3


def print_table(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Transactions checked by link, journeys, mismatches, latency in cycles."""
    first = outcomes[0].run
    title = f"Verilog against the golden models ({first.simulator}, {first.device.pes} PEs, seed {first.seed})"
    table = Table(title=title, title_justify="left")
    for name in ("path", "scenario"):
        table.add_column(name, no_wrap=True)
    for name in (*_LINKS, "journeys\nclosed", "merged", "legally\nlost", "mis-\nmatches"):
        table.add_column(name, justify="right")
    table.add_column("cause to line\nmin/median/max", justify="right")
    table.add_column("to acknowledge\nmin/median/max", justify="right")
    for outcome in outcomes:
        for s in outcome.scenarios:
            bad = s["mismatches"] or not s["ok"]
            table.add_row(
                s["path"],
                s["scenario"],
                *(f"{s['compared'].get(link, 0):,}" for link in _LINKS),
                f"{s['journeys']['closed']:,}",
                f"{s['journeys']['merged']:,}",
                f"{sum(s['journeys']['lost'].values()):,}",
                f"[red]{s['mismatches'] or 'failed'}[/red]" if bad else "0",
                _cycles(s["to_line"]),
                _cycles(s["to_acknowledge"]),
            )
    console.print(table)


def _cycles(summary: dict[str, int]) -> str:
    return f"{summary['min']}/{summary['median']}/{summary['max']}" if summary else "-"


def print_coverage(console: Console, plan: Sequence[Group], outcomes: Sequence[Outcome]) -> list[str]:
    """Bins hit of bins planned, over all scenarios; returns the holes."""
    hits: Counter[str] = Counter()
    for outcome in outcomes:
        for scenario in outcome.scenarios:
            hits.update(scenario["hits"])
    shares = [f"{g.name} {sum(bool(hits[f'{g.name}: {b}']) for b in g.bins)}/{len(g.bins)}" for g in plan]
    console.print(f"covered: {', '.join(shares)}", highlight=False, soft_wrap=True)
    return [f"{g.name}: {b}" for g in plan for b in g.bins if not hits[f"{g.name}: {b}"]]


def print_failure(console: Console, outcome: Outcome) -> None:
    """Why a run failed, with the first mismatches in full, and the command that repeats just that."""
    run = outcome.run
    if not outcome.ok:
        console.print(f"[red]{run.path} failed[/red]: {outcome.failure.value} {outcome.detail}", highlight=False, soft_wrap=True)
    for s in outcome.scenarios:
        if s["ok"]:
            continue
        for failure in s["failures"]:
            console.print(f"[red]{s['scenario']}[/red]: {failure}", highlight=False, soft_wrap=True)
        for mismatch in s["listed"][:_SHOWN]:
            _print_mismatch(console, mismatch)
        if s["pending"]:
            console.print("  pending when it ended:", highlight=False)
            for line in s["pending"][:_SHOWN]:
                console.print(f"    {line}", highlight=False, markup=False, soft_wrap=True)
        console.print(f"  repeat it: {command(outcome, s['scenario'])}", highlight=False, markup=False, soft_wrap=True)
        result = Path(run.folder) / f"result-{s['scenario']}.json"
        console.print(f"  all of it: {result}", highlight=False, markup=False, soft_wrap=True)


def _print_mismatch(console: Console, m: dict[str, Any]) -> None:
    rows = [f"  {m['check']} on link {m['link']} in cycle {m['cycle']}"]
    for name in ("expected", "observed", "differs", "cause", "rule", "journey"):
        if m[name]:
            first, *more = m[name].splitlines()
            rows += [f"    {name:<8} {first}", *(f"             {line}" for line in more)]
    console.print("\n".join(rows), highlight=False, markup=False, soft_wrap=True)


def command(outcome: Outcome, scenario: str) -> str:
    """The command that repeats one scenario with the same seed."""
    run = outcome.run
    arguments = f"SIM={run.simulator} PATHS={run.path} SEED={run.seed} N={run.interrupts}"
    shape = f"--pes {run.device.pes} --priority-bits {run.device.priority_bits}"
    plant = f" --plant {run.plant}" * bool(run.plant) + f" --model-plant {run.model_plant}" * bool(run.model_plant)
    return f"make sim {arguments} ARGS='--scenarios {scenario} {shape}{plant}'"
