"""The picture of blocks and links in README.md and docs/: `python -m irqpath_testbench.tools.picture` draws it anew.

Each block stands twice, as Verilog and as golden model; every link has a monitor, and a scoreboard compares what the two say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from xml.sax.saxutils import escape

from irqpath.cli.writing import write_text
from irqpath.core.places import ROOT

PICTURE: Final = ROOT / "docs" / "pictures" / "blocks.svg"

_WIDTH, _HEIGHT = 1040, 610
_TOP_Y, _TOP_HEIGHT = 20, 100
_BLOCK_Y, _BLOCK_HEIGHT = 230, 110
_MODEL_Y, _MODEL_HEIGHT = 450, 70
_STYLE: Final = """
  text { font-family: Helvetica, Arial, sans-serif; fill: #1b2733; }
  .name { font-size: 17px; font-weight: bold; text-anchor: middle; }
  .note { font-size: 12px; text-anchor: middle; fill: #46586a; }
  .link { font-size: 13px; text-anchor: middle; font-weight: bold; fill: #0b5d66; }
  .block { fill: #e3eef7; stroke: #2b5a83; stroke-width: 1.6; }
  .soft { fill: #f7f0dd; stroke: #8a6d2f; stroke-width: 1.6; }
  .model { fill: #e4f2e4; stroke: #3c7a44; stroke-width: 1.6; }
  .wire { stroke: #0b5d66; stroke-width: 2; fill: none; }
  .tap { stroke: #3c7a44; stroke-width: 1.4; stroke-dasharray: 4 3; fill: none; }
  .monitor { fill: #ffffff; stroke: #3c7a44; stroke-width: 2; }
"""


@dataclass(frozen=True, slots=True)
class _Box:
    """A block: its left edge, width, name and what it does."""

    x: int
    width: int
    name: str
    notes: tuple[str, ...]
    kind: str

    @property
    def middle(self) -> int:
        return self.x + self.width // 2


_SOFTWARE = _Box(30, 170, "software on PEs", ("async Python over", "one Platform: runs on", "models and on RTL"), "soft")
_BLOCKS: Final = (
    _Box(310, 150, "GICC", ("CPU interface,", "one a PE", "gicc.v"), "block"),
    _Box(570, 150, "GICR", ("Redistributor,", "one a PE", "gicr.v"), "block"),
    _Box(830, 150, "GICD", ("Distributor", "", "gicd.v"), "block"),
)
_DEVICES = _Box(310, 150, "devices", ("wires, messages;", "Linux's recorded", "ones too"), "soft")
_ITS = _Box(570, 150, "ITS", ("translation, commands", "its.v", "irqpath.gic.its"), "block")
_MEM = _Box(830, 150, "MEM", ("tables, queues", "mem.v", "irqpath.gic.common"), "block")
#: links between neighbours: name, what crosses it
_LINKS: Final = (("sysreg", "MRS, MSR, DSB"), ("stream", "Set, Activate, ..."), ("dist", "SPIs, SGIs, ..."))


def _text(x: int, y: int, css: str, text: str) -> str:
    return f'<text x="{x}" y="{y}" class="{css}">{escape(text)}</text>'


def _box(box: _Box, top: int = _BLOCK_Y, height: int = _BLOCK_HEIGHT) -> Iterator[str]:
    yield f'<rect x="{box.x}" y="{top}" width="{box.width}" height="{height}" rx="8" class="{box.kind}"/>'
    yield _text(box.middle, top + 30, "name", box.name)
    for n, note in enumerate(box.notes):
        yield _text(box.middle, top + 53 + 17 * n, "note", note)


def _top() -> Iterator[str]:
    """Devices, ITS and memory above the row, and their links down."""
    middle, low = _TOP_Y + _TOP_HEIGHT // 2, _TOP_Y + _TOP_HEIGHT
    for left, right, name in ((_DEVICES, _ITS, "msi"), (_ITS, _MEM, "mem")):
        at = (left.x + left.width + right.x) // 2
        yield _arrow(left.x + left.width + 6, right.x - 6, middle)
        yield _text(at, middle - 14, "link", name)
        yield _monitor(at, middle)
    gicr, gicd = _BLOCKS[1], _BLOCKS[2]
    end = _BLOCK_Y - 6
    yield f'<path d="M {_ITS.middle} {low + 6} V {end}" class="wire" marker-end="url(#tip)" marker-start="url(#tip)"/>'
    yield _text(_ITS.middle - 36, low + 62, "link", "its_gicr")
    yield _monitor(_ITS.middle, low + 58)
    yield f'<path d="M {_MEM.x + 30} {low + 6} V {low + 24} H {gicr.x + 130} V {end}" class="wire" marker-end="url(#tip)"/>'
    yield _text(_MEM.x - 10, low + 18, "link", "mem")
    yield _monitor(_MEM.x - 40, low + 24)
    for x in (gicr.x + 25, gicd.middle):
        yield f'<path d="M {_DEVICES.x + 110} {low + 6} V {low + 84} H {x} V {end}" class="wire" marker-end="url(#tip)"/>'
    yield _text(_DEVICES.x + 190, low + 78, "link", "irq: PPIs, SPIs")
    yield _monitor(_DEVICES.x + 130, low + 84)


def _model(box: _Box) -> Iterator[str]:
    """The golden model below a block, and the taps that feed it."""
    yield f'<rect x="{box.x - 20}" y="{_MODEL_Y}" width="{box.width + 40}" height="{_MODEL_HEIGHT}" rx="8" class="model"/>'
    yield _text(box.middle, _MODEL_Y + 28, "name", f"model of {box.name}")
    yield _text(box.middle, _MODEL_Y + 50, "note", f"irqpath.gic.{box.name.lower()}")


def _monitor(x: int, y: int) -> str:
    return f'<circle cx="{x}" cy="{y}" r="6" class="monitor"/>'


def _arrow(x1: int, x2: int, y: int) -> str:
    return f'<path d="M {x1} {y} H {x2}" class="wire" marker-end="url(#tip)" marker-start="url(#tip)"/>'


def _links() -> Iterator[str]:
    chain = (_SOFTWARE, *_BLOCKS)
    middle = _BLOCK_Y + _BLOCK_HEIGHT // 2
    for (left, right), (name, crosses) in zip(pairwise(chain), _LINKS, strict=True):
        at = (left.x + left.width + right.x) // 2
        yield _arrow(left.x + left.width + 6, right.x - 6, middle)
        yield _text(at, middle - 30, "link", name)
        yield _text(at, middle - 14, "note", crosses)
        yield _monitor(at, middle)
        turn = _MODEL_Y - 40
        for box, to in ((left, left.middle + 45), (right, right.middle - 45)):
            if box is not _SOFTWARE:
                yield f'<path d="M {at} {middle + 6} V {turn} H {to} V {_MODEL_Y - 4}" class="tap" marker-end="url(#tap)"/>'


def _outer() -> Iterator[str]:
    """irq above, reg below: from GICC to software, from software to the frames."""
    gicc, gicr, gicd = _BLOCKS
    software = _SOFTWARE.middle
    corner = f"M {gicc.middle} {_BLOCK_Y - 4} V {_BLOCK_Y - 38} H {software} V {_BLOCK_Y - 8}"
    yield f'<path d="{corner}" class="wire" marker-end="url(#tip)"/>'
    yield _text((gicc.middle + software) // 2, _BLOCK_Y - 56, "link", "irq")
    yield _text((gicc.middle + software) // 2, _BLOCK_Y - 18, "note", "nIRQ, nFIQ")
    yield _monitor((gicc.middle + software) // 2, _BLOCK_Y - 38)
    low = _BLOCK_Y + _BLOCK_HEIGHT
    bus = low + 34
    for box in (gicr, gicd):
        yield f'<path d="M {software} {low + 6} V {bus} H {box.middle} V {low + 8}" class="wire" marker-end="url(#tip)"/>'
    yield _text(software + 30, bus - 10, "link", "reg")
    yield _text(software + 30, bus + 20, "note", "frames, AXI4 subset")
    yield _monitor(software + 62, bus)


def draw() -> str:
    """The picture as SVG text."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img">',
        "<title>irqpath: blocks, links, golden models</title>",
        f"<style>{_STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
        '<path d="M 0 0 L 8 4 L 0 8 z" fill="#0b5d66"/></marker>'
        '<marker id="tap" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="6" markerHeight="6" orient="auto">'
        '<path d="M 0 0 L 8 4 L 0 8 z" fill="#3c7a44"/></marker></defs>',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        *_top(),
        *_outer(),
        *_links(),
    ]
    for box in (_SOFTWARE, *_BLOCKS):
        lines += _box(box)
    for box in (_DEVICES, _ITS, _MEM):
        lines += _box(box, _TOP_Y, _TOP_HEIGHT)
    for box in _BLOCKS:
        lines += _model(box)
    lines.append(_monitor(44, 560))
    legend = (
        "a monitor: what it saw ENTER a block goes to the golden model, what it saw LEAVE is compared with the model's response;"
    )
    lines.append(f'<text x="58" y="564" style="font-size:13px">{escape(legend)}</text>')
    journeys = "the journey scoreboard listens to all of them and follows each interrupt from its cause to its end."
    lines.append(f'<text x="58" y="584" style="font-size:13px">{escape(journeys)}</text>')
    lines.append("</svg>")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write_text(PICTURE, draw())
