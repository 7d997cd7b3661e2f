"""Arguments and output of `irqpath conformance`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from irqpath.cli.console import console as make_console
from irqpath.cli.table import Figures, Words
from irqpath.cli.writing import check_writable, write_text
from irqpath.core.errors import CheckError
from irqpath.core.places import CHECKOUT, needs_checkout
from irqpath_testbench.tools.conformance.evidence import FOLDER, INDEPENDENT, KINDS, NOT_COLLECTED, Collected, Loaded, load
from irqpath_testbench.tools.conformance.page import page
from irqpath_testbench.tools.conformance.rows import ROW_KINDS, Row, all_rows
from irqpath_testbench.tools.toolchain.kept import locked

_SHOWN = 3
_COLLECT = "run: make conformance" if CHECKOUT else "it is gathered in a checkout of irqpath (make conformance)"
_HEADINGS = (
    *("kind", "feature", "specification", "model", "tests", "recordings", "oracle", "simulations"),
    "independent evidence",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--block", metavar="NAME", help="only this block: GICD, GICR, ICV, ITS, path, rule, ...")
    parser.add_argument("--kind", choices=ROW_KINDS, help="only rows of this kind")
    parser.add_argument("--unexercised", action="store_true", help="only what nothing exercises")
    parser.add_argument("--no-evidence", action="store_true", help="only what no independent party confirms")
    parser.add_argument("--all", action="store_true", help="print every row, not the summary")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows for machines")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page to look at")
    parser.add_argument("--collect", action="store_true", help="gather the evidence anew first (`make conformance`; minutes)")
    parser.add_argument(
        "--ops",
        type=int,
        default=200_000,
        metavar="N",
        help="with --collect: operations compared with QEMU (default: %(default)s)",
    )
    parser.add_argument(
        "-n",
        type=int,
        default=300,
        metavar="N",
        help="with --collect: interrupts a co-simulated path, 0 for none (default: %(default)s)",
    )
    parser.add_argument(
        "--rules", action="store_true", help="with --collect: see which injected faults recordings notice (minutes more)"
    )
    parser.add_argument(
        "--replay", type=Path, nargs="+", default=[], metavar="FILE", help="with --collect: recordings (the project's)"
    )
    parser.add_argument("--evidence", type=Path, default=FOLDER, metavar="FOLDER", help="default: build/evidence")


def run(args: argparse.Namespace) -> int:
    """0: the table was printed; 1: with --collect, something that was run failed.

    Raises `CheckError` where there is no evidence, it is damaged, or no row fits.
    """
    if args.collect:
        needs_checkout("irqpath conformance --collect")
    for file in (args.json, args.html):
        check_writable(file)
    console = make_console()
    good = _collect(console, args) if args.collect else True
    found = load(args.evidence)
    if not found.evidence:
        raise CheckError(f"{NOT_COLLECTED}: there is no evidence in {args.evidence} yet; {_COLLECT}")
    collected = Collected(found.evidence)
    rows = [row for row in all_rows(found.evidence) if _fits(row, args)]
    if not rows:
        raise CheckError("no row of the table fits the options; see: irqpath conformance --help")
    if args.all or args.block or args.kind or args.unexercised or args.no_evidence:
        _print_rows(console, rows, collected)
    else:
        _print_uncovered(console, rows, collected)
    _print_summary(console, rows, collected)
    _print_sources(console, found)
    if args.json:
        write_text(args.json, json.dumps([_plain(row, collected) for row in rows], indent=1) + "\n")
    if args.html:
        write_text(args.html, page(rows, _sources_text(found), collected))
        console.print(f"a page to look at: {args.html}", highlight=False, soft_wrap=True)
    return 0 if good else 1


def _collect(console: Console, args: argparse.Namespace) -> bool:
    from irqpath_testbench.tools.conformance import collect, injecting

    def say(text: str) -> None:
        console.print(text, highlight=False, soft_wrap=True)

    if args.evidence != FOLDER:
        raise CheckError("--collect writes into build/evidence; leave --evidence out")
    if args.ops < 1 or args.n < 0:
        raise CheckError("--ops takes 1 or more, -n takes 0 or more")
    if missing := [str(path) for path in args.replay if not path.is_file()]:
        raise CheckError(f"there is no recording {', '.join(missing)}")
    with locked(FOLDER / ".lock", f"the evidence in {FOLDER}", patience=0):
        collect.forget()
        results = [collect.replays(say, args.replay), collect.oracle(say, args.ops), collect.tests(say)]
        if args.rules:
            injecting.by_recordings(say)
        if args.n:
            results.append(collect.simulations(say, args.n))
    return all(results)


def _fits(row: Row, args: argparse.Namespace) -> bool:
    if args.block and row.block.upper() != args.block.upper():
        return False
    if args.kind and row.kind != args.kind:
        return False
    return not (args.unexercised and row.holds) and not (args.no_evidence and row.agreed)


def _names(names: Sequence[str]) -> str:
    more = f" (+{len(names) - _SHOWN})" if len(names) > _SHOWN else ""
    return ", ".join(name.rpartition("::")[2] for name in names[:_SHOWN]) + more


def _print_rows(console: Console, rows: Iterable[Row], collected: Collected) -> None:
    table = Words("Features of the architecture", _HEADINGS, names=2)
    for row in rows:
        uncovered = "nothing exercises it" if collected.exercised(row.kind) else NOT_COLLECTED
        name = row.name if row.holds else f"{row.name}\n({uncovered})"
        tests = _names(row.of("test")) + (f"\n{row.injected} injected faults noticed" if row.injected else "")
        none = "none" if collected.independent(row.kind) else NOT_COLLECTED
        independent = _names([s.name for s in row.sources if s.kind in INDEPENDENT]) if row.agreed else none
        columns = (_names(row.of("recording")), _names(row.of("oracle")), _names(row.of("simulation")), independent)
        table.add(row.kind, name, row.spec, row.model, tests, *columns)
    table.print(console)


def _print_uncovered(console: Console, rows: Sequence[Row], collected: Collected) -> None:
    uncovered = [row for row in rows if not row.holds and collected.exercised(row.kind)]
    if unknown := sum(not row.holds for row in rows) - len(uncovered):
        console.print(f"what exercises {unknown:,} rows was {NOT_COLLECTED}; run: make conformance", highlight=False)
    elif not uncovered:
        console.print("everything in the table is exercised", highlight=False)
    if not uncovered:
        return
    table = Words("What nothing exercises", ("kind", "feature", "specification"), names=2)
    for row in uncovered:
        table.add(row.kind, row.name, row.spec)
    table.print(console)


def _print_summary(console: Console, rows: Sequence[Row], collected: Collected) -> None:
    headings = ("rows", "exercised", "with independent evidence", "nothing exercises")
    table = Figures("Features by block", ("block", "kind"), headings)
    for block, kind in dict.fromkeys((row.block, row.kind) for row in rows):
        some = [row for row in rows if (row.block, row.kind) == (block, kind)]
        table.add(block, kind, *_counts(some, collected))
    table.add_section()
    table.add("all", "", *_counts(rows, collected))
    table.print(console)


def _counts(rows: Sequence[Row], collected: Collected) -> tuple[str, ...]:
    """Of rows that were not looked for there is no figure."""
    held = [row.holds for row in rows if collected.exercised(row.kind)]
    agreed = [row.agreed for row in rows if collected.independent(row.kind)]
    uncovered = [not holds for holds in held]
    return f"{len(rows):,}", *(f"{sum(known):,}" if known else NOT_COLLECTED for known in (held, agreed, uncovered))


def _sources_text(found: Loaded) -> str:
    counts = {kind: sum(source.kind == kind for source in found.evidence) for kind in KINDS}
    words = {
        "test": "tests",
        "published": "scenarios of published test suites",
        "recording": "recordings",
        "oracle": "machines of QEMU",
        "simulation": "co-simulated paths",
    }
    lacking = [words[kind] for kind in KINDS if not counts[kind]]
    text = "evidence of " + ", ".join(f"{counts[kind]:,} {words[kind]}" for kind in KINDS if counts[kind])
    return text + (f"; none of {', '.join(lacking)}" if lacking else "")


def _print_sources(console: Console, found: Loaded) -> None:
    console.print(_sources_text(found), highlight=False)
    if found.stale:
        names = ", ".join(file.name for file in found.stale)
        console.print(f"the models have changed since {names} was made; run: make conformance", highlight=False)


def _plain(row: Row, collected: Collected) -> dict[str, object]:
    known = {"collected": collected.exercised(row.kind), "independent_collected": collected.independent(row.kind)}
    return {**asdict(row), "sources": [list(source) for source in row.sources], "independent": row.independent, **known}
