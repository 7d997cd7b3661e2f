"""What `irqpath sim` prints: one table of all scenarios, what was covered, and each mismatch with its story."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape

from irqpath.cli.table import Column, Figures
from irqpath.cli.terminal import program
from irqpath.core.places import CHECKOUT
from irqpath_testbench.dut.parameters import PARAMETERS
from irqpath_testbench.env.plan import Group, uncovered_bins
from irqpath_testbench.tools.sim.outcome import Outcome
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.recordings import FOLDER, name_of
from irqpath_testbench.tools.sim.results import plan_name, results_of

#: Kinds of links, and how the table calls them.
_LINKS = {
    "sysreg": "sysreg",
    "reg": "reg",
    "stream": "stream",
    "dist": "dist",
    "irq": "irq",
    "msi": "msi",
    "its_gicr": "its_\ngicr",
    "mem": "mem",
}
_SHOWN = 3


def print_table(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Transactions checked by link, journeys, mismatches, latency in cycles."""
    first = outcomes[0].run
    title = f"Verilog against the golden models ({first.simulator}, {first.gic().pes} PEs, seed {first.seed})"
    links = [Column(name, "links") for name in _LINKS.values()]
    journeys = [Column(name, "journeys") for name in ("journeys\nclosed", "merged", "legally\nlost", "mis-\nmatches")]
    latency = [Column(f"{name}\nmin/median/max", "latency") for name in ("cause to line", "to acknowledge")]
    table = Figures(title, ("path", "scenario"), (*links, *journeys, *latency), SIMPLE_HEAD, fold=True)
    for outcome in outcomes:
        for s in outcome.scenarios:
            bad = s["mismatches"] or not s["ok"]
            table.add(
                s["path"],
                s["scenario"] if not outcome.run.trace else f"{s['scenario']} {Path(outcome.run.trace).name.split('.')[0]}",
                *(f"{s['compared'].get(link, 0):,}" for link in _LINKS),
                f"{s['journeys']['closed']:,}",
                f"{s['journeys']['merged']:,}",
                f"{sum(s['journeys']['lost'].values()):,}",
                f"[red]{s['mismatches'] or 'failed'}[/red]" if bad else "0",
                _cycles(s["to_line"]),
                _cycles(s["to_acknowledge"]),
            )
    table.print(console)


def _cycles(summary: dict[str, int]) -> str:
    return f"{summary['min']}/{summary['median']}/{summary['max']}" if summary else "-"


#: Journeys that the random scenario of a path closes at least, of those that it is asked for.
_CLOSED = 1000


def print_coverage(console: Console, plan: Sequence[Group], outcome: Outcome, *, whole: bool) -> int:
    """Bins hit of bins planned, over all scenarios of a path; returns the number of uncovered bins. `whole`: every scenario ran
    at full size, so that an uncovered bin is a failure."""
    hits = results_of(outcome).hits(plan_name(outcome))
    for kind, links in outcome.scenarios[0].get("unfollowed", {}).items() if outcome.scenarios else ():
        console.print(
            f"{outcome.run.path}: journeys of {kind}s are not followed, for the device has no {', '.join(links)}", highlight=False
        )
    for scenario in outcome.scenarios:
        if scenario["notes"]:
            counts = ", ".join(f"{count:,} {what}" for what, count in scenario["notes"].items())
            console.print(f"{outcome.run.path} {scenario['scenario']}: {counts}", highlight=False)
        for block, used in scenario.get("used", {}).items():
            counts = ", ".join(f"{rule} ({count:,})" for rule, count in used.items())
            console.print(f"{outcome.run.path} {scenario['scenario']}: {block} legal by its window: {counts}", highlight=False)
    if not plan:
        return 0
    shares = [f"{g.name} {sum(bool(hits[f'{g.name}: {b}']) for b in g.bins)}/{len(g.bins)}" for g in plan]
    console.print(f"{outcome.run.path} covered: {', '.join(shares)}", highlight=False, soft_wrap=True)
    missing = uncovered(plan, outcome)
    if not whole or not outcome.ok:
        return 0
    if missing:
        text = f"{', '.join(missing[:12])}{' ...' if len(missing) > 12 else ''}"
        console.print(f"[red]{outcome.run.path}: not covered[/red]: {text}", highlight=False, soft_wrap=True)
    return len(missing)


def uncovered(plan: Sequence[Group], outcome: Outcome) -> list[str]:
    """Uncovered bins of a path's plan, over all its scenarios."""
    if not plan:
        return []
    missing = uncovered_bins(plan, results_of(outcome).hits(plan_name(outcome)))
    closed = max((scenario["journeys"]["closed"] for scenario in outcome.scenarios), default=0)
    if closed < _CLOSED and not PATHS[outcome.run.path].packets:
        missing.append(f"journeys: {closed} closed in the random scenario of {_CLOSED}")
    return missing


def print_failure(console: Console, outcome: Outcome) -> None:
    """Why a run failed, with the first mismatches in full, and the command that repeats just that."""
    run = outcome.run
    if not outcome.ok:
        why = escape(f"{outcome.failure.value} {outcome.detail}".rstrip())
        console.print(f"[red]{run.path} failed[/red]: {why}", highlight=False, soft_wrap=True)
        told = {s["scenario"] for s in outcome.scenarios}
        if silent := [name for name in outcome.wanted if name not in told]:  # a simulator that dies takes the rest with it
            console.print(f"  repeat it: {command(outcome, silent[0])}", highlight=False, markup=False, soft_wrap=True)
        elif all(s["ok"] for s in outcome.scenarios):  # it went wrong besides them
            again = command(outcome, ",".join(outcome.wanted))
            console.print(f"  repeat it: {again}", highlight=False, markup=False, soft_wrap=True)
    for s in outcome.scenarios:
        if s["ok"]:
            continue
        for failure in s["failures"]:
            console.print(f"[red]{s['scenario']}[/red]: {escape(failure)}", highlight=False, soft_wrap=True)
        for mismatch in s["listed"][:_SHOWN]:
            console.print("\n".join(mismatch_lines(mismatch)), highlight=False, markup=False, soft_wrap=True)
        if s["pending"]:
            console.print("  pending when it ended:", highlight=False)
            for line in s["pending"][:_SHOWN]:
                console.print(f"    {line}", highlight=False, markup=False, soft_wrap=True)
        console.print(f"  repeat it: {command(outcome, s['scenario'])}", highlight=False, markup=False, soft_wrap=True)
        result = Path(run.folder) / f"result-{s['scenario']}.json"
        console.print(f"  all of it: {result}", highlight=False, markup=False, soft_wrap=True)


def mismatch_lines(m: dict[str, Any]) -> list[str]:
    """The story of one mismatch."""
    rows = [f"  {m['check']} on link {m['link']} in cycle {m['cycle']}"]
    for name in ("expected", "observed", "differs", "cause", "rule", "journey"):
        if m[name]:
            first, *more = m[name].splitlines()
            rows += [f"    {name:<8} {first}", *(f"             {line}" for line in more)]
    return rows


def command(outcome: Outcome, scenario: str) -> str:
    """The command that repeats one scenario, to the last cycle, and writes waves of it."""
    run = outcome.run
    arguments = f"SIM={run.simulator} PATHS={run.path} SEED={run.seed} N={run.interrupts} WAVES=1"
    shape = ""
    if run.described:
        shape = f" --described {shlex.quote(run.described)}"
    elif not run.trace:  # a recording has its own device
        shape = f" --pes {run.device.pes} --priority-bits {run.device.priority_bits}"
        mine, usual = run.device, PATHS[run.path].device
        other = [f"{name}={int(getattr(mine, name))}" for name in PARAMETERS if getattr(mine, name) != getattr(usual, name)]
        shape += f" --device {','.join(other)}" * bool(other)
    fault = f" --fault {run.fault}" * bool(run.fault) + f" --model-fault {run.model_fault}" * bool(run.model_fault)
    if run.trace:
        known = Path(run.trace).parent == FOLDER
        shape += f" --recordings {name_of(Path(run.trace)) if known else shlex.quote(run.trace)}"
        shape += f" --events {run.events}" * bool(run.events)
    if CHECKOUT is None or run.described:  # make looks for nobody else's modules
        usual_options = f"--sim {run.simulator} --paths {run.path} --seed {run.seed} -n {run.interrupts} --waves"
        return f"{program()} sim {usual_options} --scenarios {scenario}{shape}{fault}"
    more = f"--scenarios {scenario}{shape}{fault}".replace("$", "$$")  # make's own sign
    return f"make sim {arguments} ARGS={shlex.quote(more)}"
