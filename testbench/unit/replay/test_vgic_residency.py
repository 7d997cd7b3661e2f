"""The order in which KVM makes vPEs of GICv4 resident: a recording keeps it, and each step out of order is seen."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from irqpath.trace.kvm.replay import VgicReplay
from unit.replay.conftest import GICV4, Lines, parsed


def _line(events: list[dict[str, Any]], wanted: Callable[[dict[str, Any]], bool], after: int = 1) -> int:
    return next(n for n in range(after, len(events)) if wanted(events[n]))


def _residency(event: dict[str, Any], kind: str, *, valid: bool | None = None) -> bool:
    is_it = event["e"] == kind and event.get("o") == 0x20078
    return is_it and (valid is None or bool(event["v"] >> 63) == valid)


def _command(event: dict[str, Any], name: str) -> bool:
    return bool(event["e"] == "cmd" and event["n"] == name)


def _dirty_not_read(lines: Lines) -> Lines:
    events = parsed(lines)
    left = _line(events, lambda e: _residency(e, "mw", valid=False), 2000)
    return _without(lines, _line(events, lambda e: _residency(e, "mr"), left))


def _dirty_read_as_one(lines: Lines) -> Lines:
    events = parsed(lines)
    left = _line(events, lambda e: _residency(e, "mw", valid=False), 2000)
    read = _line(events, lambda e: _residency(e, "mr"), left)
    changed = json.dumps(events[read] | {"v": events[read]["v"] | 1 << 60})
    return [*lines[:read], changed, *lines[read + 1 :]]


def _no_vmovp(lines: Lines) -> Lines:
    return _without(lines, _line(parsed(lines), lambda e: _command(e, "vmovp")))


def _no_vsync(lines: Lines) -> Lines:
    events = parsed(lines)
    return _without(lines, _line(events, lambda e: _command(e, "vsync"), _line(events, lambda e: _command(e, "vmovp"))))


def _never_left(lines: Lines) -> Lines:
    """What took the vPE off the Redistributor that the next VMOVP moves it away from."""
    events = parsed(lines)
    moved = _line(events, lambda e: _command(e, "vmovp"), 10_000)
    table = next(e["a"][3] for e in events if _command(e, "vmapp") and e["a"][0] == events[moved]["a"][0])
    leaves = (n for n in range(1, moved) if _residency(events[n], "mw", valid=False))
    left = max(n for n in leaves if events[n]["v"] >> 16 & 0xF_FFFF_FFFF == table)
    return _without(lines, left)


def _rung(events: list[dict[str, Any]]) -> int:
    """The first doorbell that rings."""
    return _line(events, lambda e: e["e"] == "sr" and e["g"] == "ICC_IAR1_EL1" and e["v"] >= 8192 and not e.get("vi"))


def _enabled_late(lines: Lines) -> Lines:
    """The configuration of the doorbell that rings first is written after the vPE has left."""
    events = parsed(lines)
    rung = _rung(events)
    properties = next(e["a"] for e in events if e["e"] == "range")
    place = properties + events[rung]["v"] - 8192
    enabled = max(n for n in range(1, rung) if events[n]["e"] == "m" and events[n]["a"] == place and events[n]["h"] == "c3")
    left = _line(events, lambda e: _residency(e, "mw", valid=False), enabled)
    return [*lines[:enabled], *lines[enabled + 1 : left + 1], lines[enabled], *lines[left + 1 :]]


def _not_invalidated(lines: Lines) -> Lines:
    """The Redistributor never hears of the enable that the first doorbell relies on."""
    events = parsed(lines)
    rung = _rung(events)
    invs = [n for n in range(1, rung) if _command(events[n], "inv") and events[n]["a"] == [65535, events[rung]["v"] - 8192]]
    return _without(lines, invs[-1])


def _without(lines: Lines, n: int) -> Lines:
    return lines[:n] + lines[n + 1 :]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (_dirty_not_read, "Dirty before Valid"),
        (_dirty_read_as_one, "Dirty before Valid"),
        (_no_vmovp, "VMOVP before residency"),
        (_no_vsync, "VMOVP before residency"),
        (_never_left, "one residency"),
        (_enabled_late, "doorbell before blocking"),
        (_not_invalidated, "doorbell before blocking"),
    ],
    ids=lambda value: getattr(value, "__name__", "").strip("_"),
)
def test_a_step_of_residency_out_of_order_is_seen(change: Callable[[Lines], Lines], rule: str, tmp_path: Path) -> None:
    """Each rule, broken once in a recording that keeps it thousands of times."""
    right = VgicReplay(GICV4).run()
    assert right.compared[rule] > 1000
    path = tmp_path / "changed.jsonl"
    path.write_text("\n".join(change(gzip.decompress(GICV4.read_bytes()).decode().splitlines())) + "\n")
    assert rule in {deviation.kind for deviation in VgicReplay(path).run().deviations}
