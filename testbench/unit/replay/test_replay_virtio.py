"""Virtio in recordings of Linux: all operations, loads and notifications agree; what is missing or changed is noticed."""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from irqpath.trace import cli
from irqpath.trace.findings import Findings
from irqpath.trace.replay import Replay
from irqpath.trace.virtio_replay import VirtioReplay, totals
from unit.replay.conftest import TRACES, Lines, parsed, read_lines

Event = dict[str, Any]
NAMES = ("v3-its-smp1", "v3-its-smp2", "v3-intx-smp2", "v3-packed-smp2")
#: What a recording holds of each kind, by the name of its check.
KINDS: dict[str, Callable[[Event], bool]] = {
    "virtio pop": lambda e: e["e"] == "vqop" and e["op"] == "pop",
    "virtio used element": lambda e: e["e"] == "vqop" and e["op"] == "fill",
    "virtio flush": lambda e: e["e"] == "vqop" and e["op"] == "flush",
    "virtio interrupt": lambda e: e["e"] == "vqop" and e["op"] == "intr",
    "virtio notification handled": lambda e: e["e"] == "vqop" and e["op"] == "notify",
    "virtio notification sent": lambda e: e["e"] == "kick",
    "virtio ring load": lambda e: e["e"] == "ml",
    "virtio device status": lambda e: e["e"] == "vst",
    "virtio queue set-up": lambda e: e["e"] == "vq",
    "virtio reset": lambda e: e["e"] == "vreset",
    "virtio register read": lambda e: e["e"] == "mr" and e["r"].startswith(("pci", "mmio")),
}


@dataclass(frozen=True)
class Recording:
    """A recording as lines and as events."""

    lines: Lines
    events: list[Event]


@pytest.fixture(scope="module", params=["v3-its-smp1", "v3-packed-smp2"])
def recording(request: pytest.FixtureRequest) -> Recording:
    """One with split rings, one with packed rings."""
    lines = read_lines(request.param)
    return Recording(lines, parsed(lines))


@pytest.fixture
def virtio(tmp_path: Path) -> Callable[[Lines], Findings]:
    """Write lines as a recording and replay its virtio."""

    def run(changed: Lines) -> Findings:
        path = tmp_path / "changed.jsonl"
        path.write_text("\n".join(changed) + "\n")
        return VirtioReplay(path).run()

    return run


@pytest.mark.parametrize("name", NAMES)
def test_every_virtio_event_is_checked(name: str) -> None:
    """As many checks of each kind as the recording has events of it, and none deviates."""
    events = parsed(read_lines(name))[1:]
    findings = VirtioReplay(TRACES / f"{name}.jsonl.gz").run()
    assert findings.ok, (findings.stopped, findings.deviations[:3])
    held = {kind: sum(is_one(event) for event in events) for kind, is_one in KINDS.items()}
    assert findings.compared == Counter(held)
    assert findings.compared.total() > 1500
    found = totals(findings)
    assert found["virtio message"] == sum(event["e"] == "msi" for event in events)
    assert found["virtio interrupt suppressed"] + found["virtio interrupt"] >= found["virtio flush"] * 0.9
    assert found["virtio notification suppressed"] > 0


def test_packed_rings_replay_with_the_gic() -> None:
    """The whole recording, virtio and GIC together."""
    findings = Replay(TRACES / "v3-packed-smp2.jsonl.gz").run()
    assert findings.ok, (findings.stopped, findings.deviations[:3])
    assert findings.reads >= 2801
    assert findings.compared["virtio pop"] == 176
    assert findings.compared["ITS command"] >= 100


def places(recording: Recording, is_one: Callable[[Event], bool], seed: str, count: int = 4) -> list[int]:
    """Some of the lines that hold such an event."""
    found = [n for n, event in enumerate(recording.events) if n and is_one(event)]
    return sorted(random.Random(seed).sample(found, min(count, len(found))))


def first_bytes(recording: Recording, place: int) -> bool:
    """Whether a store, if it is one, is of bytes that were not there already."""
    event = recording.events[place]
    same = {k: event.get(k) for k in ("e", "r", "a", "h")}
    return event["e"] != "m" or not any(same.items() <= other.items() for other in recording.events[:place])


MISSING: dict[str, Callable[[Event], bool]] = {
    "pop": KINDS["virtio pop"],
    "fill": KINDS["virtio used element"],
    "flush": KINDS["virtio flush"],
    "interrupt": KINDS["virtio interrupt"],
    "message": lambda e: e["e"] == "msi" and e["v"] > 0,
    "notification": KINDS["virtio notification sent"],
    "queue set by the driver": lambda e: e["e"] == "mw" and e["r"].endswith(".common") and e["o"] in (24, 26, 32, 40, 48)
    and e["v"] not in (0, 0xFFFF),
    "queue enabled": lambda e: e["e"] == "mw" and e["r"].endswith(".common") and e["o"] == 28,
    "status": lambda e: e["e"] == "mw" and e["r"].endswith(".common") and e["o"] == 20 and e["v"] > 1,
    "status that the device took": lambda e: e["e"] == "vst" and e["v"] > 0,
    "index or descriptor of the driver": lambda e: e["e"] == "m" and e["r"].endswith((".q0.desc", ".q2.desc", ".q1.desc")),
}  # fmt: skip


@pytest.mark.parametrize("what", MISSING)
def test_a_missing_event_is_noticed(what: str, recording: Recording, virtio: Callable[[Lines], Findings]) -> None:
    """Any one of them."""
    lines = recording.lines
    for place in places(recording, MISSING[what], what):
        if not first_bytes(recording, place):
            continue
        findings = virtio(lines[:place] + lines[place + 1 :])
        assert not findings.ok, f"line {place + 1} taken out unnoticed: {lines[place]}"


def used_index(event: Event) -> bool:
    """A load of used.idx, of a used element, or of a packed descriptor."""
    return bool(event["e"] == "ml" and (event["s"] == 8 or event["r"].endswith(".desc")))


CHANGED: dict[str, tuple[Callable[[Event], bool], str, int]] = {
    "readable descriptors": (KINDS["virtio pop"], "o", 1),
    "writable descriptors": (KINDS["virtio pop"], "i", 1),
    "used length": (lambda e: KINDS["virtio used element"](e) and e["len"] > 0, "len", 1 << 20),
    "used length by one": (lambda e: KINDS["virtio used element"](e) and e["len"] > 1, "len", -1),
    "place in the batch": (KINDS["virtio used element"], "idx", 1),
    "number flushed": (KINDS["virtio flush"], "n", 1),
    "value loaded": (used_index, "v", 1),
    "event field loaded": (lambda e: e["e"] == "ml" and e["r"].endswith(".dev") and e["s"] in (2, 4), "v", 0x4000),
    "status": (lambda e: e["e"] == "vst" and e["v"] > 0, "v", 16),
    "queue": (KINDS["virtio queue set-up"], "drv", 64),
    "message": (lambda e: e["e"] == "msi", "v", 9),
    "register": (lambda e: e["e"] == "mr" and e["r"].endswith((".common", ".msix")) and e["o"] not in (4, 18, 24), "v", 1),
    "value of a notification": (KINDS["virtio notification sent"], "v", 1),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_changed_value_is_noticed(what: str, recording: Recording, virtio: Callable[[Lines], Findings]) -> None:
    """Any one of them."""
    is_one, field, by = CHANGED[what]
    lines = recording.lines
    for place in places(recording, is_one, what):
        event = json.loads(lines[place])
        event[field] += by
        findings = virtio([*lines[:place], json.dumps(event), *lines[place + 1 :]])
        assert not findings.ok, f"line {place + 1} changed unnoticed: {lines[place]}"


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ({"e": "vqop", "op": "pop", "dev": "pci07.0", "q": 0, "id": 1, "i": 1, "o": 1}, "'pci07.0' is none of this machine"),
        ({"e": "vqop", "op": "pop", "dev": "pci01.0", "q": 77, "id": 1, "i": 1, "o": 1}, "queue 77 of pci01.0"),
        ({"e": "vqop", "op": "juggle", "dev": "pci02.0", "q": 0}, "unknown operation 'juggle'"),
        ({"e": "vqop", "op": "fill", "dev": "pci02.0", "q": 0}, "lacks or garbles 'id'"),
        ({"e": "ml", "c": 0, "r": "pci01.0.q7.dev", "a": 64, "s": 2, "v": 0}, "no ring of an enabled queue"),
        ({"e": "kick", "c": 0, "a": 64, "s": 2, "v": 0}, "notification at 0x40"),
        ({"e": "ml", "c": 0, "r": "pci02.0.q0.dev", "a": 64, "s": 0, "v": 40}, "a size of 0 bytes"),
        ({"e": "m", "r": "pci02.0.q0.desc", "a": -1, "h": "00" * 16}, "outside the 52-bit physical address space"),
        ({"e": "mr", "c": 0, "r": None, "o": 44, "s": 4, "v": 1}, "needs the name of a region"),
    ],
)
def test_a_bad_event_is_named(event: Event, says: str, virtio: Callable[[Lines], Findings]) -> None:
    """One clear error with the line; what came before is kept."""
    smp1 = read_lines("v3-its-smp1")
    at = len(smp1) - 20
    findings = virtio([*smp1[:at], json.dumps(event), *smp1[at:]])
    assert f"line {at + 1}: " in findings.stopped
    assert says in findings.stopped
    assert findings.compared["virtio pop"] > 100


def test_messages_to_a_gicv2m_frame(virtio: Callable[[Lines], Findings]) -> None:
    """The same recording as a GICv2 would show it: data that is an SPI, stored by nobody in particular."""
    changed = []
    for event in parsed(read_lines("v3-its-smp1")):
        if event["e"] == "msi":
            event = {"e": "mw", "r": "v2m", "o": 64, "s": 4, "v": event["v"] + 10 * event["dev"]}
        elif event["e"] in ("mw", "mr") and event["r"].endswith(".msix") and event["o"] % 16 == 8:
            event["v"] += 80 * int(event["r"][4])
        changed.append(event)
    findings = virtio([json.dumps(event) for event in changed])
    assert findings.ok, findings.deviations[:3]
    assert findings.also["virtio message"] == 141
    at = next(n for n, event in enumerate(changed) if event.get("r") == "v2m")
    changed[at]["v"] += 1
    assert not virtio([json.dumps(event) for event in changed]).ok


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`irqpath replay --only virtio`."""
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    assert cli.run(parser.parse_args([str(TRACES / "v3-its-smp1.jsonl.gz"), "--only", "virtio"])) == 0
    printed = capsys.readouterr().out
    assert "virtio pop 168" in printed
    assert "checked besides: " in printed
