"""What a replay of KVM's vgic prints: which share of the List registers could be predicted, why the rest could not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console

from irqpath.cli.table import Figures
from irqpath.trace.findings import Findings
from irqpath.trace.kvm.judge import LIST_REGISTER, USED

_PREFIX = f"{LIST_REGISTER}: "


def predicted(findings: Findings) -> dict[str, int]:
    """List registers that a recording holds the cause of, by the kind of cause."""
    return dict(_by_origin(findings.compared))


def inferred(findings: Findings) -> dict[str, int]:
    """List registers whose cause it doesn't hold, by what they are."""
    return dict(_by_origin(findings.unchecked))


def share(findings: Findings) -> float:
    """Of all List registers that KVM gave an interrupt, the predicted ones, 0 to 1; 0 where there is none."""
    known = sum(predicted(findings).values())
    return known / max(1, known + sum(inferred(findings).values()))


def _by_origin(counts: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    return ((kind.removeprefix(_PREFIX), count) for kind, count in sorted(counts.items()) if kind.startswith(_PREFIX))


def print_table(console: Console, results: Sequence[Findings]) -> None:
    """One row a recording, and below it the origins."""
    headings = ("entries", "List\nregisters", "predicted", "share", "inferred", "explained", "deviations")
    table = Figures("KVM's List registers against a model of its vgic", ("recording",), headings)
    for f in results:
        known, first = sum(predicted(f).values()), sum(inferred(f).values())
        deviations = f"[red]{len(f.deviations)}[/red]" if f.deviations else "0"
        if f.stopped:
            deviations += " [red](stopped)[/red]"
        counts = (f.compared[USED], known + first, known)
        figures = (*(f"{n:,}" for n in counts), f"{100 * share(f):.1f} %", f"{first:,}", f"{f.tolerated.total():,}")
        table.add(f.name, *figures, deviations)
    table.print(console)
    for f in results:
        _print_origins(console, f)
    compared = sum((f.compared for f in results), Counter[str]())
    others = ", ".join(f"{kind} {n:,}" for kind, n in sorted(compared.items()) if not kind.startswith(_PREFIX))
    console.print(f"compared besides: {others or 'nothing'}", highlight=False, soft_wrap=True)


def _print_origins(console: Console, f: Findings) -> None:
    for word, origins in (("predicted", predicted(f)), ("inferred", inferred(f)), ("explained", dict(f.tolerated))):
        if origins:
            text = ", ".join(f"{name} {count:,}" for name, count in origins.items())
            console.print(f"{f.name}: {word}: {text}", highlight=False, soft_wrap=True)
