"""Recordings of machines that differ from those that are here, made from these: the same virtio with another transport, other
places of registers, other names, fewer events. They replay as the originals do, and a mistake in them is noticed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from irqpath.trace.findings import Findings
from irqpath.trace.virtio_replay import VirtioReplay
from unit.replay.conftest import Lines, parsed, read_lines

Event = dict[str, Any]
Virtio = Callable[[Iterable[Event]], Findings]
_QUEUE_READY, _STATUS, _GENERATION = 0x44, 0x70, 0xFC
_ADDRESSES = range(0x80, 0xA8)


@pytest.fixture
def virtio(tmp_path: Any) -> Virtio:
    """Write events as a recording and replay its virtio."""

    def run(events: Iterable[Event]) -> Findings:
        path = tmp_path / "variant.jsonl"
        path.write_text("".join(json.dumps(event) + "\n" for event in events))
        return VirtioReplay(path).run()

    return run


def legacy(lines: Lines) -> Iterator[Event]:
    """A recording of virtio-mmio as a legacy device and Linux's driver for it would give: no FEATURES_OK, one word of features,
    the ring by its page number (virtio 1.2, 4.2.4)."""
    low: dict[str, int] = {}
    select: dict[tuple[str, int], int] = {}
    for event in parsed(lines):
        kind, region, offset = event["e"], str(event.get("r", "")), event.get("o", -1)
        if kind == "vst":
            event["v"] &= ~8
        if kind not in ("mr", "mw") or not region.startswith("mmio"):
            yield event
            continue
        if kind == "mw" and offset in (0x14, 0x24):
            select[region, offset] = event["v"]
        if offset == 4:
            event["v"] = 1
        elif offset == _STATUS:
            event["v"] &= ~8
        elif (offset == 0x10 and select.get((region, 0x14))) or (offset == 0x20 and select.get((region, 0x24))):
            event["v"] = 0
        elif offset in _ADDRESSES or offset == _GENERATION:
            low[region] = event["v"] if offset == 0x80 else low.get(region, 0)
            continue
        elif offset == _QUEUE_READY and kind == "mr":
            event = event | {"o": 0x40, "v": 0}
        elif offset == _QUEUE_READY:
            page = low[region] // 4096 if event["v"] else 0
            yield event | {"o": 0x3C, "v": 4096}
            event = event | {"o": 0x40, "v": page}
        yield event
        if offset == 8 and event["v"]:
            yield event | {"e": "mw", "o": 0x28, "v": 4096}


def test_a_legacy_device(virtio: Virtio) -> None:
    """virtio-mmio, version 1: everything is compared as with version 2."""
    original = virtio(parsed(read_lines("v3-mmio-smp2")))
    events = list(legacy(read_lines("v3-mmio-smp2")))
    findings = virtio(events)
    assert findings.ok, (findings.stopped, findings.deviations[:3])
    assert sum(event["e"] == "mw" and event["o"] == 0x40 for event in events) >= 4
    for kind in ("virtio pop", "virtio used element", "virtio ring load", "virtio notification sent", "virtio queue set-up"):
        assert findings.compared[kind] == original.compared[kind] > 3, kind
    for event in events:
        if event["e"] == "mw" and event["o"] == 0x40 and event["v"]:
            event["v"] += 1
            break
    assert not virtio(events).ok


def page_per_queue(lines: Lines) -> Iterator[Event]:
    """Notification registers each in a page of its own, as QEMU's `page-per-vq=on` has them: the multiplier is 4096."""
    bars: dict[int, int] = {}
    for event in parsed(lines):
        kind, region, offset = event["e"], event.get("r"), event.get("o", 0)
        device = offset >> 15
        if kind == "mw" and region == "ecam" and offset & 0xFFF in (0x20, 0x24) and event["v"] != 0xFFFF_FFFF and device:
            if offset & 0xFFF == 0x20:
                bars[device] = event["v"] & ~0xF
                event["v"] = device << 24
        elif kind in ("mw", "mr") and str(region).endswith(".notify"):
            event["o"] = offset // 4 * 4096
        elif kind == "kick":
            device, place = next(
                (d, event["a"] & 0xFFFF_FFFF) for d, bar in bars.items() if 0 <= (event["a"] - bar & 0xFFFF_FFFF) < 0x4000
            )
            event["a"] = event["a"] >> 32 << 32 | (device << 24) + 0x3000 + (place - bars[device] - 0x3000) // 4 * 4096
        yield event


@pytest.mark.parametrize("name", ["v3-its-smp1", "v3-intx-smp2"])
def test_a_page_for_each_queue(name: str, virtio: Virtio) -> None:
    """The multiplier is taken from what the driver does; all agrees as before."""
    original = virtio(parsed(read_lines(name)))
    findings = virtio(page_per_queue(read_lines(name)))
    assert findings.ok, (findings.stopped, findings.deviations[:3])
    assert findings.compared == original.compared


@pytest.mark.parametrize("name", ["v3-its-smp2", "v3-packed-smp2", "v3-mmio-smp2"])
def test_without_the_events_of_the_interrupt_controller(name: str, virtio: Virtio) -> None:
    """Rings, registers, messages and wires are all that the virtio checks need."""
    events = parsed(read_lines(name))
    kept = [
        event for event in events
        if event["e"] in ("hdr", "kick", "vq", "vreset", "vst", "vqop", "msi", "spi")
        or (event["e"] in ("mw", "mr", "m", "ml", "snap", "range") and str(event["r"]).startswith(("pci", "mmio", "ecam")))
    ]  # fmt: skip
    assert len(kept) < len(events) / 2
    findings, original = virtio(kept), virtio(events)
    assert findings.ok, (findings.stopped, findings.deviations[:3])
    assert findings.compared == original.compared
    assert findings.also == original.also


@pytest.mark.parametrize(
    "devices",
    [
        {"pci01.0": "virtio-net-pci", "pci02.0": "virtio-blk-pci"},
        {
            "pci01.0": "virtio-net",
            "pci02.0": "virtio-blk",
            "pci03.0": "virtio-rng",
            "pci04.0": "e1000e",
            "pci05.0": "virtio-scsi",
        },
    ],
)
def test_other_headers(devices: dict[str, Any], virtio: Virtio) -> None:
    """The names of QEMU's devices, and functions that nothing concerns."""
    header, *events = parsed(read_lines("v3-its-smp1"))
    findings = virtio([header | {"devs": devices}, *events])
    assert findings.ok, (findings.stopped, findings.deviations[:3])
    assert findings.compared.total() > 1500


@pytest.mark.parametrize("kind", ["virtio-rng", "virtio-console", "virtio-scsi", "something-new"])
def test_a_device_of_another_kind(kind: str, virtio: Virtio) -> None:
    """A device that asks for notifications always: net's control queue is one, seen here as a device by itself."""
    header, *events = parsed(read_lines("v3-its-smp1"))
    queue = 2
    mine = [
        event for event in events
        if event["e"] not in ("vqop", "ml", "kick", "m", "snap", "range", "msi") or _of_queue(event, "pci01.0", queue)
        or _names(event, "pci02.0")
    ]  # fmt: skip
    findings = virtio([header | {"devs": {"pci01.0": kind, "pci02.0": "virtio-blk"}}, *mine])
    assert not findings.stopped
    assert findings.compared["virtio pop"] > 1
    allowed = () if kind != "virtio-scsi" else ("virtio ring load", "virtio notification")
    assert not [d for d in findings.deviations if d.kind not in allowed], findings.deviations[:3]


def _of_queue(event: Event, device: str, queue: int) -> bool:
    """Whether an event is of this queue of device 1; a notification tells by its value, and the control queue has no message."""
    if event["e"] == "kick":
        return bool(event["a"] & 0xFFFF_FFFF < 0x4000 and event["v"] == queue)
    if event["e"] == "vqop":
        return bool(event["dev"] == device and event["q"] == queue)
    return str(event.get("r", "")).startswith(f"{device}.q{queue}.")


def _names(event: Event, device: str) -> bool:
    """Whether an event is of the other device, whose BAR lies behind that of the first."""
    if event["e"] == "kick":
        return bool(event["a"] & 0xFFFF_FFFF >= 0x4000)
    if event["e"] == "msi":
        return bool(event["dev"] == int(device[3:5], 16) << 3)
    return bool(event.get("dev") == device or str(event.get("r", "")).startswith(device))


def test_a_driver_that_does_wrong(virtio: Virtio) -> None:
    """What a recorded driver must not do is counted by its name; the rest is compared as before."""
    events = parsed(read_lines("v3-its-smp1"))
    original = virtio(events)
    at = next(n for n, e in enumerate(events) if e["e"] == "vst" and e["v"] == 15) + 1
    wrong = {"e": "mw", "c": 0, "r": "pci01.0.common", "o": 18, "s": 2, "v": 7}
    findings = virtio([*events[:at], wrong, *events[at:]])
    assert findings.ok
    assert findings.compared == original.compared
    assert findings.also - original.also == {"virtio driver's fault REGISTER_READ_ONLY": 1}
