"""What a replay prints: a table of what was compared and what was not, and every deviation with its story."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from irqpath.cli.table import Figures
from irqpath.cli.writing import write_text
from irqpath.trace.findings import Deviation, Findings

#: Deviations that are shown with the events before them; further ones get one line each.
_WITH_HISTORY = 10


def print_findings(
    console: Console, results: Sequence[Findings], table: Callable[[Console, Sequence[Findings]], None] | None = None
) -> None:
    """The deviations of every recording, then one table over all: `table` prints another than the usual one."""
    for findings in results:
        for n, deviation in enumerate(findings.deviations):
            _print_deviation(console, findings, deviation, with_history=n < _WITH_HISTORY)
        if findings.stopped:
            what = f"stopped[/red] after {findings.events} events" if findings.events else "nothing replayed[/red]"
            console.print(f"[red]{what}: {findings.stopped}", highlight=False, soft_wrap=True)
    if results and not any(findings.events for findings in results):
        return
    if table is not None:
        table(console, results)
        return
    _table(results).print(console)
    console.print(counts_text(results), highlight=False, soft_wrap=True)
    for findings in results:
        for name, count in sorted(findings.tolerated.items()):
            console.print(f"{findings.name}: {count} times tolerated: {name}", highlight=False)


def _print_deviation(console: Console, findings: Findings, d: Deviation, *, with_history: bool) -> None:
    cpu = "" if d.cpu < 0 else f" by CPU {d.cpu}"
    console.print(
        f"[red]deviation[/red] {findings.name}, event {d.event}: {d.kind} {d.what}{cpu}: "
        f"expected {_text(d.expected)}, seen {_text(d.seen)}",
        highlight=False,
        soft_wrap=True,
    )
    if not with_history:
        return
    if d.detail:
        console.print(f"    {d.detail}", highlight=False, markup=False, soft_wrap=True)
    concerned = f"INTID {', '.join(map(str, d.intids))}" if d.intids else "this CPU" if d.cpu >= 0 else "anything"
    if d.history:
        console.print(f"    the last events about {concerned}:", highlight=False)
    for line in d.history:
        console.print(f"      {line}", highlight=False, markup=False, soft_wrap=True)


def _text(value: int | str) -> str:
    return f"{value:#x}" if isinstance(value, int) else value


def _table(results: Sequence[Findings]) -> Figures:
    """One row a recording."""
    headings = ("events", "compared", "GIC reads\namong them", "not checked\nyet", "tolerated", "deviations", "events/s")
    table = Figures("Recordings of Linux against the golden models", ("recording",), headings)
    for f in results:
        rate = f"{f.events / f.seconds:,.0f}" if f.seconds else "-"
        deviations = f"[red]{len(f.deviations)}[/red]" if f.deviations else "0"
        if f.stopped:
            deviations += " [red](stopped)[/red]"
        counts = (f.events, f.compared.total(), f.reads, f.unchecked.total(), f.tolerated.total())
        table.add(f.name, *(f"{count:,}" for count in counts), deviations, rate)
    return table


def counts_text(results: Sequence[Findings]) -> str:
    """What was compared, by kind; what else was checked, for which no event stands; what was not checked, by kind; the share of
    all reads and outputs that was compared."""
    compared: Counter[str] = Counter()
    also: Counter[str] = Counter()
    unchecked: Counter[str] = Counter()
    for findings in results:
        compared.update(findings.compared)
        also.update(findings.also)
        unchecked.update(findings.unchecked)
    more = f"\nchecked besides: {_counts(also)}" if also else ""
    whole = compared.total() + unchecked.total()
    share = f"{100 * compared.total() / whole:.1f} %" if whole else "none"
    return (
        f"compared: {_counts(compared)}{more}\nnot checked yet: {_counts(unchecked)}\n"
        f"share of all reads and outputs that was compared: {share} of {whole:,}"
    )


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{kind} {count:,}" for kind, count in sorted(counts.items())) or "nothing"


def write_json(path: Path, results: Sequence[Findings]) -> None:
    """Totals under `events`, `compared`, `deviations`, `tolerated`, `unchecked`; each recording under `recordings`."""
    parts = [findings.to_json() for findings in results]
    total: dict[str, Any] = {"events": sum(part["events"] for part in parts)}
    for key in ("compared", "also", "tolerated", "unchecked"):
        counts: Counter[str] = Counter()
        for part in parts:
            counts.update(part[key])
        total[key] = dict(sorted(counts.items()))
    total["deviations"] = [d | {"recording": part["name"]} for part in parts for d in part["deviations"]]
    total["ok"] = all(part["ok"] for part in parts)
    total["recordings"] = parts
    write_text(path, json.dumps(total, indent=1) + "\n")
