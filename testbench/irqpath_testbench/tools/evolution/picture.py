"""The picture of README.md: where a packet's time goes, row by row. `make figures` draws it anew.

It brings its own background and colours, for light and for dark, since what shows it decides neither.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from markupsafe import Markup
from rich.console import Console

from irqpath.core.places import ROOT
from irqpath.software.evolution import Setup
from irqpath_testbench.tools.evolution.asked import Asked
from irqpath_testbench.tools.evolution.course import follow
from irqpath_testbench.tools.evolution.data import STEPS, Data, as_data, hops_of
from irqpath_testbench.tools.evolution.tables import keys_of

PICTURE: Final = ROOT / "docs" / "pictures" / "evolution.svg"
#: Packets of each row.
PACKETS: Final = 200
_WIDTH, _LEFT, _RIGHT, _TOP, _ROW, _BAR = 900, 190, 70, 78, 24, 15
_STYLE: Final = """
  :root { --ink: #1c2330; --quiet: #5b6575; --paper: #ffffff; }
  text { font: 13px Helvetica, Arial, sans-serif; fill: var(--ink); }
  .quiet { fill: var(--quiet); } .end { text-anchor: end; } .title { font-size: 15px; font-weight: bold; }
  .paper { fill: var(--paper); }
  .h1 { fill: #8a94a3; } .h2 { fill: #3f74c9; } .h3 { fill: #c8cdd5; } .h4 { fill: #2a9d8f; }
  .h5 { fill: #b07aa1; } .h6 { fill: #e08a2e; } .h7 { fill: #c02b2b; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e2e6ec; --quiet: #97a1b0; --paper: #1a1e25; }
    .h1 { fill: #7b8695; } .h2 { fill: #7fa9f0; } .h3 { fill: #4d5664; } .h4 { fill: #4fc3b4; }
    .h5 { fill: #c99bbb; } .h6 { fill: #f0a55a; } .h7 { fill: #f07474; }
  }
"""


def measured() -> Data:
    """What is drawn: a short run of all rows, without curves. Raises `CheckError`."""
    usual = Setup()
    asked = Asked(replace(usual, workload=replace(usual.workload, packets=PACKETS)), loads=())
    return as_data(asked, follow(asked, Console(file=io.StringIO()), os.cpu_count() or 1))


def draw(data: Data) -> str:
    """The picture as SVG text."""
    rows = data["rows"]
    longest = max(sum(hop["cycles"] for hop in hops_of(row)) for row in rows)
    height = _TOP + _ROW * len(rows) + 30
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img">',
        "<title>Where a packet's time goes, by generation of GIC</title>",
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{_WIDTH}" height="{height}" rx="6"/>',
        _text("title", 16, 26, "From add_buf to the handler: cycles of a packet on average, by the step that they lead to"),
        *_legend(),
    ]
    for number, row in enumerate(rows):
        lines += _bar(row, _TOP + _ROW * number, longest)
    lines += [_text("quiet", 16, height - 12, data["command"]), "</svg>"]
    return "\n".join(lines) + "\n"


def _legend() -> Iterator[str]:
    x = 16.0
    for number, name in enumerate(list(STEPS.values())[1:], 1):
        yield f'<rect class="h{number}" x="{x:.0f}" y="43" width="12" height="12" rx="2"/>'
        yield _text("", x + 17, 54, name)
        x += 34 + 7.2 * len(name)


def _bar(row: Data, top: int, longest: float) -> Iterator[str]:
    """A row: its name, its hops one behind the other, and their sum."""
    base, x, total = top + 12, float(_LEFT), 0.0
    yield _text("", 16, base, " ".join(keys_of(row)))
    for hop in hops_of(row):
        wide = (_WIDTH - _LEFT - _RIGHT) * hop["cycles"] / longest
        if wide > 0:
            yield f'<rect class="h{hop["number"]}" x="{x:.1f}" y="{top}" width="{wide:.1f}" height="{_BAR}"/>'
        x, total = x + wide, total + hop["cycles"]
    yield _text("quiet end", _WIDTH - 16, base, f"{total:,.0f}")


def _text(kind: str, x: float, y: float, text: str) -> str:
    return str(Markup('<text class="{}" x="{}" y="{}">{}</text>').format(kind, f"{x:.0f}", f"{y:.0f}", text))
