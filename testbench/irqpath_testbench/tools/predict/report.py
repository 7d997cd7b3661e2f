"""What `irqpath predict` prints: latencies by hop and by part, and bars that say where time goes."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape

from irqpath.cli.table import Column, Figures
from irqpath_testbench.tools.predict.prediction import Prediction, Row, shares

#: Characters of the longest bar.
_BAR = 30
_COLUMNS = (
    *(Column(name, "cycles") for name in ("count", "minimum", "median", "p99", "maximum")),
    Column("share", "share"),
)
#: What is behind the name of what was not measured.
MARK = "*"


def print_prediction(console: Console, found: Prediction) -> None:
    """A table a kind of cause, then what was not measured."""
    told = ", ".join(f"{name} {cycles:,} cycles" for name, cycles in found.cycles.items())
    console.print(
        f"{found.path}: profile {found.profile}, {found.pes} PEs, seed {found.seed}: {told}", highlight=False, soft_wrap=True
    )
    for cause in sorted(found.journeys):
        _print_cause(console, found, cause)
    for why in found.left_out:
        console.print(f"left out, for the models do not run it: {escape(why)}", highlight=False, soft_wrap=True)
    for _, what in found.marks:
        console.print(f"{MARK} not measured: {escape(what)}", highlight=False, soft_wrap=True)


def _print_cause(console: Console, found: Prediction, cause: str) -> None:
    rows = found.rows(cause)
    of_all = shares(rows)
    title = f"{cause}: {found.journeys[cause]:,} journeys"
    table = Figures(title, ("where",), (*_COLUMNS, "cycles on average"), SIMPLE_HEAD)
    greatest = max(of_all.values(), default=1.0) or 1.0
    for row in rows:
        share = of_all[row.name]
        table.add(*_cells(row), f"{100 * share:.1f}%", f"{'█' * round(_BAR * share / greatest):<{_BAR}} {row.mean:8.1f}")
    table.add_section()
    for row in found.totals(cause):
        table.add(*_cells(row), "", f"{'':<{_BAR}} {row.mean:8.1f}")
    table.print(console)


def _cells(row: Row) -> list[str]:
    numbers = (row.count, row.least, row.median, row.p99, row.greatest)
    return [f"{row.name}{MARK * row.marked}", *(f"{number:,}" for number in numbers)]
