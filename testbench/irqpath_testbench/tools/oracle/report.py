"""What `irqpath oracle` prints and writes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from irqpath.cli.table import Figures
from irqpath.cli.terminal import program
from irqpath.cli.writing import write_text
from irqpath_testbench.tools.oracle import as_text
from irqpath_testbench.tools.oracle.run import Finding, Result, deviations_of


def print_results(console: Console, results: Sequence[Result], command: str) -> None:
    """Every difference with the sequence that shows it, then the tables. `command`: how one sequence is run again."""
    for result in results:
        for finding in result.findings:
            _print_finding(console, result, finding, command)
    _machines(results).print(console)
    known = [deviations_of(result.spec) for result in results]
    exempted = _total(result.tally.exempted for result in results)
    avoided = _total(result.tally.avoided for result in results)
    _print_counts(console, "exempt differences", exempted, {e.name: e.reason for d in known for e in reversed(d.exemptions)})
    _print_counts(console, "not driven", avoided, {a.name: a.reason for d in known for a in reversed(d.avoidances)})
    for text in dict.fromkeys(f"{tag}: {reason}" for d in known for tag, reason in d.not_driven.items()):
        console.print(f"  never driven: {text}", highlight=False, markup=False, soft_wrap=True)


def _print_finding(console: Console, result: Result, finding: Finding, command: str) -> None:
    d = finding.difference

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False, soft_wrap=True)

    console.print(f"[red]difference[/red] on {result.spec.name}, sequence {finding.sequence}", highlight=False)
    say(f"  {d.what} of: {as_text.operation(d.op)}")
    say(f"  models: {as_text.outcome(d.op, d.expected)}")
    say(f"  QEMU:   {as_text.outcome(d.op, d.seen)}")
    say(f"  the shortest sequence found ({len(finding.steps)} steps of {finding.length}):")
    for step in finding.steps:
        for line in as_text.step(step):
            say(f"    {line}")
    if finding.file is not None:
        say(f"  saved: {program()} replay {finding.file}")
    elif result.spec.states:
        say("  not saved: recordings have no Security states")
    say(f"  whole sequence again: {command} --sequence {finding.sequence}")


def _machines(results: Sequence[Result]) -> Figures:
    headings = (
        *("operations", "sequences", "reads", "steps that break\na rule on purpose", "exempt", "differences"),
        *("operations/s\nmodels", "operations/s\nQEMU"),
    )
    table = Figures("QEMU and the golden models on the same sequences", ("machine",), headings)
    for r in results:
        t = r.tally
        reads = sum(t.compared[kind] for kind in ("mr", "sr", "l"))
        broken = t.tags.total() - t.tags[""]
        counts = (t.operations, r.sequences, reads, broken, t.exempted.total())
        differences = f"[red]{len(r.findings)}[/red]" if r.findings else "0"
        rates = (_rate(t.operations, t.model_seconds), _rate(t.operations, t.qemu_seconds))
        table.add(r.spec.name, *(f"{count:,}" for count in counts), differences, *rates)
    return table


def _rate(operations: int, seconds: float) -> str:
    return f"{operations / seconds:,.0f}" if seconds else "-"


def _total(counters: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return total


def _print_counts(console: Console, title: str, counts: Counter[str], reasons: dict[str, str]) -> None:
    console.print(f"{title}: {counts.total():,}", highlight=False)
    for name, count in sorted(counts.items()):
        console.print(f"  {count:,} {name}: {reasons.get(name, '')}", highlight=False, markup=False, soft_wrap=True)


def to_json(results: Sequence[Result], seed: str) -> dict[str, Any]:
    """Plain data: totals, and each machine under `machines`."""
    machines = []
    for r in results:
        t = r.tally
        machines.append(
            {
                "machine": r.spec.name,
                "qemu": r.qemu,
                "operations": t.operations,
                "sequences": r.sequences,
                "compared": dict(sorted(t.compared.items())),
                "registers": dict(sorted(t.registers.items())),
                "steps": dict(sorted(t.steps.items())),
                "tags": {tag: n for tag, n in sorted(t.tags.items()) if tag},
                "exempted": dict(sorted(t.exempted.items())),
                "avoided": dict(sorted(t.avoided.items())),
                "model_seconds": round(t.model_seconds, 3),
                "qemu_seconds": round(t.qemu_seconds, 3),
                "generator_seconds": round(t.generator_seconds, 3),
                "differences": [
                    {
                        "sequence": f.sequence,
                        "what": f.difference.what,
                        "operation": as_text.operation(f.difference.op),
                        "expected": as_text.outcome(f.difference.op, f.difference.expected),
                        "seen": as_text.outcome(f.difference.op, f.difference.seen),
                        "steps": [as_text.step(step) for step in f.steps],
                        "file": str(f.file) if f.file else "",
                    }
                    for f in r.findings
                ],
            }
        )
    operations = sum(r.tally.operations for r in results)
    ok = operations > 0 and not any(r.findings for r in results)
    return {"seed": seed, "operations": operations, "ok": ok, "machines": machines}


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Write the findings for machines."""
    write_text(path, json.dumps(data, indent=1) + "\n")
