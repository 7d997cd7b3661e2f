"""A packet as a sequence diagram: who does something from left to right, what happens from top to bottom, with its cycle.

Rows are equally high, whatever time lies between them: of a packet's cycles most are the network's.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

from irqpath.software.recording import Lane
from irqpath_testbench.tools.evolution.data import Data

#: Units of the drawing: its width, that of the cycles at its left, and heights of its head and of a row.
_WIDTH, _LEFT, _HEAD, _ROW = 400, 44, 40, 27
#: Of a character, about; of the number of a step.
_LETTER, _RADIUS = 5.3, 7.5
#: Lanes by what the data calls them, as their heads say it, in two lines.
_HEADS: Final = {
    Lane.GUEST.value: ("guest", ""),
    Lane.HOST.value: ("host,", "KVM"),
    Lane.QEMU.value: ("QEMU", ""),
    Lane.DEVICE.value: ("device", ""),
    Lane.ITS.value: ("ITS", ""),
    Lane.GICD.value: ("GICD", ""),
    Lane.GICR.value: ("GICR", ""),
    Lane.CPU.value: ("CPU", "interface"),
}


def sequence(row: Data) -> Markup:
    """The packet of a row that has one."""
    moments = row["packet"]["moments"]
    there = {moment[end] for moment in moments for end in ("from", "to")}
    lanes = [lane for lane in _HEADS if lane in there]
    apart = (_WIDTH - _LEFT) / len(lanes)
    places = {lane: _LEFT + apart * (n + 0.5) for n, lane in enumerate(lanes)}
    height = _HEAD + _ROW * len(moments) + 8
    parts = [_lane(lane, x, height) for lane, x in places.items()]
    parts += [_moment(moment, n, places) for n, moment in enumerate(moments)]
    label = f"Packet {row['packet']['number']} of {row['name']}, step by step"
    return Markup('<svg class="sequence" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, height, label, Markup("").join(parts)
    )


def _lane(lane: str, x: float, height: int) -> Markup:
    first, second = _HEADS[lane]
    head = _text("head", x, 16 if second else 24, first) + (_text("head", x, 28, second) if second else Markup())
    return head + Markup('<path class="lane" d="M{} {}V{}"/>').format(f"{x:.1f}", _HEAD - 4, height - 4)


def _moment(moment: Data, number: int, places: dict[str, float]) -> Markup:
    """Its cycle, what it says, and below that an arrow, or a point where it concerns one alone."""
    start, end = places[moment["from"]], places[moment["to"]]
    y = _HEAD + _ROW * (number + 1) - 5
    step = moment["step"]
    half = len(moment["says"]) * _LETTER / 2 + 2
    middle = max(_LEFT + half, min(_WIDTH - half, (start + end) / 2))
    kind = "step" if step else "message"
    drawn = _text(f"cycle {kind}", _LEFT - 6, y + 1, f"{moment['cycle']:,}")
    drawn += _text(f"says {kind}", middle, y - 10, moment["says"])
    if start != end:
        tip = end - 5 if end > start else end + 5
        drawn += Markup('<path class="way {}" d="M{} {}H{}"/><path class="tip {}" d="M{} {}l{} 3.5v-7z"/>').format(
            kind, f"{start:.1f}", y, f"{tip:.1f}", kind, f"{end:.1f}", y, -7 if end > start else 7
        )
    if step:
        drawn += Markup('<circle class="number" cx="{}" cy="{}" r="{}"/>').format(f"{start:.1f}", y, _RADIUS)
        drawn += _text("number", start, y + 3.6, str(step))
    elif start == end:
        drawn += Markup('<circle class="point" cx="{}" cy="{}" r="3"/>').format(f"{start:.1f}", y)
    name = f"step-{step}" if step else "message"
    return Markup('<g data-moment="{}">{}</g>').format(name, drawn)


def _text(kind: str, x: float, y: float, text: str) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(kind, f"{x:.1f}", f"{y:g}", text)
