"""The page of `irqpath evolution run --html`: what each generation of GIC changes, told, counted, drawn and plotted.

One file that a browser opens without a network or a server; its policy (CSP) forbids it to fetch anything. It is made of the data
that evolution.json has, in the style of a regression's page.
"""

from __future__ import annotations

import tomllib
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from irqpath_testbench.tools.evolution import plots
from irqpath_testbench.tools.evolution.data import STEPS, Data, hops_of
from irqpath_testbench.tools.evolution.sequence import sequence
from irqpath_testbench.tools.evolution.tables import COUNTS, TIMES, costs_of, count_of, keys_of, microseconds, time_of

_HERE: Final = Path(__file__).parent
#: What all pages look like, then what is this one's.
_STYLES: Final = (_HERE.parent / "regress" / "report" / "page.css", _HERE / "page.css")


def page(data: Data) -> str:
    """Its text."""
    rows = data["rows"]
    loaded = [row for row in rows if row["load"]]
    return _template().render(
        data=data,
        rows=rows,
        story=_story(),
        style=Markup("\n".join(path.read_text(encoding="utf-8") for path in _STYLES)),
        generations=list(dict.fromkeys(row["generation"] for row in rows)),
        groups=[(name, list(found)) for name, found in groupby(rows, key=group_of)],
        counts=COUNTS,
        times=TIMES,
        hops={row["name"]: list(hops_of(row)) for row in rows},
        steps=STEPS,
        scale=_scale(rows),
        loaded=loaded,
        mhz=data["profile"]["mhz"] if data["profile"] else None,
        load_scales=_load_scales(loaded),
    )


def group_of(row: Data) -> str:
    """Rows that differ in their generation alone."""
    _, device, guest = keys_of(row)
    return f"device {device}, the guest {guest}"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(
        keys_of=keys_of, count_of=count_of, time_of=time_of, sequence=sequence, distribution=plots.distribution, axis=plots.axis,
        throughput=plots.throughput, latencies=plots.latencies, shares=plots.SHARES, changes=_changes, costs_of=costs_of,
        microseconds=microseconds,
    )  # fmt: skip
    return environment.get_template("page.html")


@cache
def _story() -> Any:
    return tomllib.loads((_HERE / "story.toml").read_text(encoding="utf-8"))


def _changes(rows: list[Data], generation: str) -> list[tuple[str, str]]:
    """What a generation's rows say shortest: exits for a packet, and cycles until the handler."""
    own = [row for row in rows if row["generation"] == generation]
    return [
        (
            f"{row['device'].replace('-', ', ')}, {keys_of(row)[2]}",
            f"{count_of(row, 'exits')} exits, {time_of(row, 'median')} cycles",
        )
        for row in own
    ]


def _scale(rows: list[Data]) -> plots.Scale | None:
    """Of the distributions of all rows."""
    ends = [end for row in rows for first, last, _ in row["latency"]["histogram"] for end in (first, last + 1)]
    return plots.logarithmic(ends) if ends else None


def _load_scales(rows: list[Data]) -> tuple[plots.Scale, plots.Scale, plots.Scale] | None:
    """Of loads: offered and through; offered, and the round trip."""
    points = [point for row in rows for point in row["load"]]
    if not points:
        return None
    rates = [point["rate"] for point in points]
    trips = [point["round_trip"][share] for point in points for share in plots.SHARES]
    return plots.linear([*rates, *(point["throughput"] for point in points)]), plots.linear(rates), plots.logarithmic(trips)
