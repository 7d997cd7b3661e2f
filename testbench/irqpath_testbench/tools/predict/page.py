"""A page of a prediction: bars of where time goes, histograms, tables. A browser opens it without a network or a server."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from irqpath_testbench.tools.predict.prediction import WAYS, Prediction, shares

_HERE: Final = Path(__file__).parent
#: Bars of a histogram at most.
_BARS: Final = 60


def page(found: Prediction) -> str:
    """Its text."""
    causes = [
        {
            "name": cause,
            "journeys": found.journeys[cause],
            "rows": found.rows(cause),
            "shares": shares(found.rows(cause)),
            "totals": found.totals(cause),
            "plots": [(WAYS[hop], _histogram(values)) for hop, values in found.hops[cause].items() if values],
        }
        for cause in sorted(found.journeys)
    ]
    style = Markup((_HERE / "page.css").read_text(encoding="utf-8"))
    return _template().render(found=found, causes=causes, style=style)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html")


def _histogram(values: Mapping[int, int]) -> Markup:
    """Latencies from left to right, as high as they are frequent; each bar says what it counts where a pointer is on it."""
    least, greatest = min(values), max(values)
    width = -(-(greatest - least + 1) // _BARS)
    bars: dict[int, int] = {}
    for value, times in values.items():
        bars[(value - least) // width] = bars.get((value - least) // width, 0) + times
    most, count = max(bars.values()), (greatest - least) // width + 1
    drawn = Markup("").join(
        Markup('<rect x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
            f"{100 * number / count:.3f}",
            f"{40 - 38 * times / most:.3f}",
            f"{90 / count:.3f}",
            f"{38 * times / most:.3f}",
            _range(least + number * width, width) + f" cycles: {times:,}",
        )
        for number, times in sorted(bars.items())
    )
    label = f"{least:,} to {greatest:,} cycles"
    return Markup('<svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>').format(label, drawn)


def _range(first: int, width: int) -> str:
    return f"{first:,}" if width == 1 else f"{first:,} to {first + width - 1:,}"
