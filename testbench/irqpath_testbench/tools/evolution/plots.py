"""Plots of the page: distributions, and curves over the offered load. In the colours of the page's style."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from irqpath_testbench.tools.evolution.data import Data

#: Units of a curve's drawing, and what is kept free at its edges: left, right, top, bottom.
_WIDTH, _HEIGHT = 360, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 12, 24, 34
#: Height of a distribution, of 100 units of width; least width of a bar.
_TALL, _THIN = 24, 0.35
#: What the curves of latency are, as the style calls them.
SHARES: Final = ("median", "p99", "p99.9")


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to places; `least` and `most` are where the axis ends. Logarithmic, or from 0."""

    least: float
    most: float
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """How far along the axis, 0 to 1."""
        if self.logarithmic:
            return (math.log(value) - math.log(self.least)) / (math.log(self.most) - math.log(self.least))
        return (value - self.least) / (self.most - self.least)

    def ticks(self) -> list[float]:
        """Round values on the axis, a handful of them."""
        if self.logarithmic:
            powers = range(math.floor(math.log10(self.least)), math.ceil(math.log10(self.most)) + 1)
            found = [m * 10.0**p for p in powers for m in (1, 2, 5)]
            within = [value for value in found if self.least <= value <= self.most]
            return within if len(within) <= 7 else [value for value in within if f"{value:g}"[0] == "1"] or within[::2]
        step = _round_up((self.most - self.least) / 5)
        return [n * step for n in range(math.ceil(self.least / step), math.floor(self.most / step + 1e-9) + 1)]


def logarithmic(values: Sequence[float]) -> Scale:
    """An axis on which all of these have a place, with round ends."""
    least, most = max(1.0, min(values)), max(2.0, *values)
    ends = [m * 10.0**p for p in range(-1, 16) for m in (1, 2, 5)]
    low, high = max(end for end in ends if end <= least), min(end for end in ends if end >= most)
    return Scale(low, high if high > low else 2 * low, logarithmic=True)


def linear(values: Sequence[float]) -> Scale:
    """The same, from 0."""
    most = max(values)
    step = _round_up(most / 5) if most > 0 else 1.0
    return Scale(0, step * math.ceil(most / step) if most > 0 else 1.0)


def _round_up(value: float) -> float:
    """The least of 1, 2, 5, 10, ... that is not below."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= value * (1 - 1e-9))


# --- distributions ------------------------------------------------------------------------------------------------------------


def distribution(found: Data, scale: Scale, name: str) -> Markup:
    """Bars as high as values are frequent, and marks at the shares; without text, so that it stretches to any width."""
    most = max(count for _, _, count in found["histogram"])
    parts = []
    for first, last, count in found["histogram"]:
        left, right = 100 * scale.share(first), 100 * scale.share(last + 1)
        high = (_TALL - 2) * count / most
        width = max(_THIN, right - left)
        parts.append(
            Markup('<rect class="bar" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>').format(
                f"{left:.2f}", f"{_TALL - high:.2f}", f"{width:.2f}", f"{high:.2f}", _range(first, last, count)
            )
        )
    for n, share in enumerate(SHARES):
        at = 100 * scale.share(found[share])
        parts.append(
            Markup('<path class="mark s{}" d="M{} 0V{}"><title>{}: {} cycles</title></path>').format(
                n, f"{at:.2f}", _TALL, share, f"{found[share]:,}"
            )
        )
    whole = Markup(
        '<svg class="distribution" viewBox="0 0 100 {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    )
    return whole.format(_TALL, name, Markup("").join(parts))


def _range(first: int, last: int, count: int) -> str:
    cycles = f"{first:,}" if first == last else f"{first:,} to {last:,}"
    return f"{cycles} cycles: {count:,} packets"


def axis(scale: Scale) -> list[tuple[str, str]]:
    """Ticks below a distribution: place as a percentage, and text."""
    return [(f"{100 * scale.share(value):.2f}", _number(value)) for value in scale.ticks()]


# --- curves -------------------------------------------------------------------------------------------------------------------


class Plot:
    """A plot with axes; `x` and `y` are its scales, `names` what they count."""

    def __init__(self, x: Scale, y: Scale, names: tuple[str, str], label: str) -> None:
        self._x, self._y, self._label = x, y, label
        self._parts = [*self._frame(names)]

    def _at(self, x: float, y: float) -> tuple[float, float]:
        wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
        return _LEFT + wide * self._x.share(x), _TOP + high * (1 - self._y.share(y))

    def _frame(self, names: tuple[str, str]) -> Iterator[Markup]:
        for value in self._y.ticks():
            _, y = self._at(self._x.most, value)
            yield Markup('<path class="grid" d="M{} {}H{}"/>').format(_LEFT, f"{y:.1f}", _WIDTH - _RIGHT)
            yield _text("tick end", _LEFT - 5, y + 3.5, _number(value))
        for value in self._x.ticks():
            x, _ = self._at(value, self._y.most)
            yield Markup('<path class="grid" d="M{} {}V{}"/>').format(f"{x:.1f}", _TOP, _HEIGHT - _BOTTOM)
            yield _text("tick", x, _HEIGHT - _BOTTOM + 13, _number(value))
        yield _text("tick end", _WIDTH - _RIGHT, _HEIGHT - 5, names[0])
        yield _text("tick start", 2, 11, names[1])

    def line(self, points: Sequence[tuple[float, float]], kind: str, says: Callable[[float, float], str]) -> None:
        """A course, with a point at each value, of which a pointer shows what it says."""
        places = [self._at(x, y) for x, y in points]
        course = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        self._parts.append(Markup('<polyline class="curve {}" points="{}"/>').format(kind, course))
        for (x, y), point in zip(places, points, strict=True):
            self._parts.append(
                Markup('<circle class="dot {}" cx="{}" cy="{}" r="3"><title>{}</title></circle>').format(
                    kind, f"{x:.1f}", f"{y:.1f}", says(*point)
                )
            )

    def drawn(self) -> Markup:
        """The whole."""
        return Markup('<svg class="plot-of" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
            _WIDTH, _HEIGHT, self._label, Markup("").join(self._parts)
        )


def throughput(row: Data, scale: Scale) -> Markup:
    """Packets through by packets offered; what it would be if all got through is a line, too."""
    points = [(point["rate"], point["throughput"]) for point in row["load"]]
    plot = Plot(scale, scale, ("offered", "through"), f"{row['name']}: packets through by packets offered")
    plot.line([(0, 0), (scale.most, scale.most)], "ideal", lambda x, _: f"{x:,.0f} offered")
    plot.line(points, "s0", lambda x, y: f"{x:,} offered: {y:,.1f} through")
    return plot.drawn()


def latencies(row: Data, across: Scale, up: Scale) -> Markup:
    """From add_buf to the handler by packets offered: the shares of `SHARES`."""
    plot = Plot(across, up, ("offered", "cycles"), f"{row['name']}: cycles from add_buf to the handler by packets offered")
    for n, share in reversed(list(enumerate(SHARES))):
        points = [(point["rate"], point["round_trip"][share]) for point in row["load"]]
        plot.line(points, f"s{n}", lambda x, y, share=share: f"{x:,} offered: {share} {y:,} cycles")  # type: ignore[misc]
    return plot.drawn()


def _number(value: float) -> str:
    """Short enough for a tick."""
    for unit, name in ((1_000_000, "M"), (1000, "k")):
        if value >= 10 * unit:
            return f"{value / unit:g}{name}"
    return f"{value:,g}"


def _text(kind: str, x: float, y: float, text: str) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(kind, f"{x:.1f}", f"{y:.1f}", text)
