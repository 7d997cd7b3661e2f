"""Small pictures inside the page: without text, so that they stretch to any width, and in the colours of the page's style."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from irqpath_testbench.tools.regress.report.regression import Spread

#: Height of a line plot, of 100 units of width.
_HEIGHT = 40.0
#: Kept free at the edges, for points are larger than nothing.
_EDGE = 4.0


def box(spread: Spread, greatest: float, label: str) -> Markup:
    """Least to greatest as a line, the middle half as a box, the median as a mark; the whole width is `greatest`."""
    least, lower, median, upper, most = (
        round(100 * value / greatest, 2) if greatest else 0.0
        for value in (spread.least, spread.lower, spread.median, spread.upper, spread.greatest)
    )
    return Markup(
        '<svg class="box" viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<path class="range" d="M{} 6H{}"/><rect x="{}" y="2" width="{}" height="8"/><path class="median" d="M{} 1V11"/></svg>'
    ).format(label, least, most, lower, max(0.4, round(upper - lower, 2)), median)


def line(values: Sequence[float], labels: Sequence[str], name: str) -> Markup:
    """Values from left to right, from 0 up; each has a label that a pointer shows."""
    top = max(values, default=0.0) or 1.0
    step = (100 - 2 * _EDGE) / max(1, len(values) - 1)
    places = [
        (round(_EDGE + i * step, 2), round(_HEIGHT - _EDGE - (_HEIGHT - 2 * _EDGE) * value / top, 2))
        for i, value in enumerate(values)
    ]
    points = Markup("").join(
        Markup('<path class="point" d="M{} {}h0"><title>{}</title></path>').format(x, y, text)
        for (x, y), text in zip(places, labels, strict=True)
    )
    course = " ".join(f"{x},{y}" for x, y in places)
    return Markup(
        '<svg class="line" viewBox="0 0 100 {}" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<path class="zero" d="M0 {}H100"/><polyline points="{}"/>{}</svg>'
    ).format(f"{_HEIGHT:g}", escape(name), f"{_HEIGHT - _EDGE:g}", course, points)
