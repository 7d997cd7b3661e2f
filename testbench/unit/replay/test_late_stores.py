"""A driver's store that is logged after the interrupt that it allowed: tolerated by name and counted; what is like it is found.

Made from recordings: the last store to the field that allows an interrupt goes behind the interrupt, the order in which a
recorder with two threads may log them."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from irqpath.trace.findings import Findings
from irqpath.trace.replay import Replay
from irqpath.trace.virtio_late import LATE_STORE
from irqpath.trace.virtio_replay import VirtioReplay
from unit.replay.conftest import parsed, read_lines

Event = dict[str, Any]
Virtio = Callable[[Iterable[Event]], Findings]
Races = Callable[[str], "list[Race]"]
#: Recordings with event indices, packed rings, and virtio-mmio; QEMU's first interrupt comes in any case, so not the first.
NAMES = ("v3-its-smp1", "v3-packed-smp2", "v3-mmio-smp2")
EACH = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def virtio(tmp_path_factory: pytest.TempPathFactory) -> Virtio:
    """Write events as a recording and replay its virtio."""
    path = tmp_path_factory.mktemp("late") / "late.jsonl"

    def run(events: Iterable[Event]) -> Findings:
        path.write_text("".join(json.dumps(event) + "\n" for event in events))
        return VirtioReplay(path).run()

    return run


@dataclass(frozen=True)
class Race:
    """A recording in which store number `store` allows interrupt number `interrupt`, and would not be there if it came later."""

    events: list[Event]
    store: int
    interrupt: int

    @property
    def queue(self) -> str:
        """Region prefix of the queue."""
        return f"{self.events[self.interrupt]['dev']}.q{self.events[self.interrupt]['q']}"

    def late(self, by: int) -> list[Event]:
        """The store `by` events behind the interrupt."""
        events, moved = list(self.events), self.events[self.store]
        events.insert(self.interrupt + 1 + by, moved)
        del events[self.store]
        return events

    def free(self) -> int:
        """How many events follow the interrupt before the driver looks at the queue again, or stores into it."""
        for n, event in enumerate(self.events[self.interrupt + 1 :]):
            if event["e"] in ("ml", "m") and event["r"].startswith(self.queue):
                return n
        return 0


@pytest.fixture(scope="module")
def races(virtio: Virtio) -> Races:
    """Two interrupts of a recording that were allowed by the last store to the field, and not by the one before it."""
    return functools.cache(lambda name: _races(name, virtio)[:2])


def _races(name: str, virtio: Virtio) -> list[Race]:
    events = parsed(read_lines(name))
    found: list[Race] = []
    last: dict[str, int] = {}
    fields: dict[str, int] = {}
    for n, event in enumerate(events):
        if event["e"] == "vq":
            used_event = event["drv"] + 4 + 2 * event["n"]
            fields[f"{event['dev']}.q{event['q']}.drv"] = event["drv"] if event["packed"] else used_event
        elif event["e"] == "m" and fields.get(event["r"]) == event["a"]:
            last[event["r"]] = n
        elif event["e"] == "vqop" and event["op"] == "intr":
            store = last.pop(f"{event['dev']}.q{event['q']}.drv", None)
            if store is not None:
                found.append(Race(events, store, n))
    candidates = [race for race in found[2:] if race.free() >= 2]
    return [race for race in candidates[:: max(1, len(candidates) // 6)] if not lone(race, virtio).ok]


def lone(race: Race, virtio: Virtio) -> Findings:
    """The recording without the store."""
    return virtio(race.events[: race.store] + race.events[race.store + 1 :])


@EACH
def test_the_store_is_logged_late(name: str, virtio: Virtio, races: Races) -> None:
    """Right after the interrupt, and a few events later: nothing deviates, and it is counted once each."""
    original = virtio(parsed(read_lines(name)))
    assert original.ok
    assert original.tolerated == {}
    found = races(name)
    assert found
    for race in found:
        for by in {0, min(3, race.free()), race.free()}:
            findings = virtio(race.late(by))
            assert findings.ok, (by, findings.stopped, findings.deviations[:2])
            assert findings.tolerated == {LATE_STORE: 1}
            assert findings.compared == original.compared


def test_it_is_told_in_a_whole_replay(virtio: Virtio, races: Races, tmp_path: Path) -> None:
    """With the interrupt controller, and in the report by its name."""
    race = races("v3-its-smp1")[0]
    path = tmp_path / "whole.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in race.late(1)))
    findings = Replay(path).run()
    assert findings.ok, findings.deviations[:2]
    assert findings.to_json()["tolerated"] == {LATE_STORE: 1}


@EACH
def test_a_store_that_never_comes(name: str, virtio: Virtio, races: Races) -> None:
    """The interrupt is a deviation, at its own event."""
    for race in races(name):
        findings = lone(race, virtio)
        assert LATE_STORE not in findings.tolerated
        first = findings.deviations[0]
        assert (first.kind, first.what, first.event) == ("virtio interrupt", race.queue, race.interrupt - 1)
        assert first.expected == "none: the driver does not want one"


@EACH
def test_the_store_of_another_queue(name: str, virtio: Virtio, races: Races) -> None:
    """It allows nothing here."""
    for race in races(name):
        events = race.late(1)
        at = race.interrupt + 1
        assert events[at] == race.events[race.store]
        other = next(e for e in race.events if e["e"] == "vq" and f"{e['dev']}.q{e['q']}" != race.queue)
        field = other["drv"] + (0 if other["packed"] else 4 + 2 * other["n"])
        events[at] = events[at] | {"r": f"{other['dev']}.q{other['q']}.drv", "a": field}
        findings = virtio(events)
        assert ("virtio interrupt", race.queue) in {(d.kind, d.what) for d in findings.deviations}
        assert LATE_STORE not in findings.tolerated


@EACH
def test_a_store_that_does_not_allow_it(name: str, virtio: Virtio, races: Races) -> None:
    """The next store to the field says no, too; one that allows it comes after that one."""
    for race in races(name):
        good = race.events[race.store]
        far = int.from_bytes(bytes.fromhex(good["h"])[:2], "little") + 0x4000 & 0xFFFF
        refusal = "00000100" if "packed" in name else far.to_bytes(2, "little").hex()
        events = race.late(1)
        events.insert(race.interrupt + 1, good | {"h": refusal})
        findings = virtio(events)
        assert ("virtio interrupt", race.queue) in {(d.kind, d.what) for d in findings.deviations}
        assert LATE_STORE not in findings.tolerated


@pytest.mark.parametrize("name", [name for name in NAMES if "packed" not in name])
def test_another_store_of_the_queue_in_between(name: str, virtio: Virtio, races: Races) -> None:
    """It is not to the field: the store that allows it may still come."""
    for race in races(name):
        region = f"{race.queue}.drv"
        ring = next(e for e in race.events if e["e"] == "vq" and f"{e['dev']}.q{e['q']}" == race.queue)
        index = ring["drv"] + 2
        again = [e for e in race.events[: race.interrupt] if e["e"] == "m" and (e["r"], e["a"]) == (region, index)][-1]
        events = race.late(1)
        events.insert(race.interrupt, again)
        findings = virtio(events)
        assert findings.ok, findings.deviations[:2]
        assert findings.tolerated == {LATE_STORE: 1}


@EACH
def test_a_store_after_the_driver_has_looked(name: str, virtio: Virtio, races: Races) -> None:
    """Its CPU would have logged the store before the load: the store came after the interrupt."""
    for race in races(name):
        look = race.events[race.interrupt + 1 + race.free()]
        if look["e"] != "ml":
            continue
        findings = virtio(race.late(race.free() + 1))
        assert ("virtio interrupt", race.queue) in {(d.kind, d.what) for d in findings.deviations}


@EACH
def test_a_store_much_later(name: str, virtio: Virtio, races: Races) -> None:
    """More than a few events: whatever is between."""
    for race in races(name):
        nothing = {"e": "hcr", "c": 0, "v": 0}
        events = race.late(0)
        for count, tolerated in ((40, True), (100, False)):
            findings = virtio([*events[: race.interrupt], *[nothing] * count, *events[race.interrupt :]])
            assert findings.ok is tolerated


@EACH
def test_an_interrupt_that_nobody_wants(name: str, virtio: Virtio, races: Races) -> None:
    """A second interrupt for the same buffers, or one with no buffer at all, before and after the late store."""
    for race in races(name):
        again = race.events[race.interrupt]
        for at in (race.interrupt, race.interrupt + 1):
            events = race.late(1)
            events.insert(at, again)
            findings = virtio(events)
            assert "virtio interrupt" in {d.kind for d in findings.deviations}, at
