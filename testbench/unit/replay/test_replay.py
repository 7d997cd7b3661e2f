"""Recordings of Linux replay without a deviation, and a replay notices what is missing or changed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from irqpath.config.policy import Policy
from irqpath.config.sizes import Machine
from irqpath.gic.system import Gic
from irqpath.trace.findings import Deviation, Findings, Tolerance
from irqpath.trace.replay import Replay
from unit.replay.conftest import TRACES, Lines, parsed, read_lines

Run = Callable[[Lines], Findings]

#: GIC values that software read in each recording: fewer compared would mean that something was skipped.
FLOORS = {"v3-its-smp1": 1187, "v3-its-smp2": 3023, "v3-intx-smp2": 2321}
#: The same of recordings of KVM as a host on a machine with virtual CPU interfaces. nest-v4-cut is one of a GICv4 from which
#: stretches were taken out that leave the interrupt controller as they found it (most turns of the timer).
NESTED = {"nest-v2-smp1": 9853, "nest-v3-smp1": 22962, "nest-v3-maint": 50235, "nest-v4-cut": 28542}


@pytest.mark.parametrize("name", FLOORS)
def test_linux_replays_without_a_deviation(name: str) -> None:
    """Every read and every output agrees; at least as many reads as the recording holds are compared."""
    findings = Replay(TRACES / f"{name}.jsonl.gz").run()
    assert findings.ok, (findings.stopped, findings.deviations[:3])
    assert findings.reads >= FLOORS[name]
    assert not findings.tolerated
    for kind in ("line", "highest priority pending interrupt"):
        assert findings.compared[kind] > 500
    if "its" in name:
        assert findings.compared["ITS command"] >= 70
        assert findings.compared["ITS table entry"] >= 22
    if "smp2" in name:
        assert findings.compared["SGI"] > 600


@pytest.mark.parametrize("name", NESTED)
def test_kvm_replays_without_a_deviation(name: str) -> None:
    """Guests too: what they read, virtual lines, candidates and maintenance interrupts."""
    findings = Replay(TRACES / f"{name}.jsonl.gz").run()
    assert findings.ok, (findings.stopped, findings.deviations[:3])
    assert findings.reads >= NESTED[name]
    assert not findings.tolerated
    assert findings.compared["virtual line"] > 500
    if "v4" in name:
        assert findings.compared["ITS command"] >= 4223
        assert findings.compared["ITS table entry"] >= 92
        assert findings.compared["highest priority pending virtual interrupt"] > 1000
    assert {kind for kind in findings.unchecked if not kind.startswith(("virtio", "device"))} == set()


def test_the_beginning_of_a_host_on_gicv4_replays() -> None:
    """Up to its first vPE: its commands, and what it finds of the CPU interfaces."""
    findings = Replay(TRACES / "nest-v4-start.jsonl.gz").run()
    assert findings.ok, (findings.stopped, findings.deviations[:3])
    assert findings.reads >= 2083
    assert findings.compared["ITS command"] >= 49


@pytest.mark.parametrize("name", FLOORS)
def test_every_event_is_accounted_for(name: str) -> None:
    """An event drives the models, is compared, or is counted as not checked: nothing is skipped silently."""
    events = parsed(read_lines(name))[1:]
    findings = Replay(TRACES / f"{name}.jsonl.gz").run()
    assert findings.events == len(events)
    inputs = sum(_is_input(event) for event in events)
    assert inputs + findings.compared.total() + findings.unchecked.total() == len(events)


def _is_input(event: dict[str, Any]) -> bool:
    """What drives the models (or is memory for them); writes to other PCI functions are counted as not checked."""
    if event["e"] in ("mw", "mr"):
        models = str(event["r"]).startswith(("gicd", "gicr", "gits", "pci", "mmio"))
        return event["e"] == "mw" and (models or (event["r"] == "ecam" and event["o"] >> 12 in (8, 16)))
    return event["e"] in ("sw", "cpurst", "spi", "ppi", "msi", "range", "snap", "m")


def _is(event: dict[str, Any], what: str) -> bool:
    match what:
        case "message":
            return bool(event["e"] == "msi")
        case "command":
            return bool(event["e"] == "m" and event["r"] == "its.cmdq")
        case "end of interrupt":
            return bool(event["e"] == "sw" and event["g"] == "ICC_EOIR1_EL1")
        case "wire":
            return bool(event["e"] == "ppi")
        case _:
            return bool(event["e"] == "sr" and event["g"] == "ICC_IAR1_EL1" and event["v"] >= 8192)


@pytest.mark.parametrize("what", ["message", "command", "end of interrupt", "wire", "acknowledge of an LPI"])
def test_a_missing_input_is_noticed(what: str, smp1: Lines, replay: Run) -> None:
    """Each of a dozen single inputs, taken out anywhere in the recording, makes the replay fail."""
    places = [n for n, event in enumerate(parsed(smp1)) if n and _is(event, what)]
    for place in random.Random(what).sample(places, 12):
        findings = replay(smp1[:place] + smp1[place + 1 :])
        assert findings.deviations, f"line {place + 1} taken out unnoticed: {smp1[place]}"
        assert not findings.ok


@pytest.mark.parametrize("what", ["virtual acknowledge", "List register", "residency"])
def test_a_missing_input_of_a_guest_is_noticed(what: str, replay: Run) -> None:
    """A single input of a virtual interface or of GICv4, taken out, makes the replay fail."""
    lines = read_lines("nest-v4-cut")
    places = [n for n, event in enumerate(parsed(lines)) if n and _is_virtual(event, what)]
    place = random.Random(what).choice(places)
    assert replay(lines[:place] + lines[place + 1 :]).deviations, f"line {place + 1} taken out unnoticed: {lines[place]}"


def _is_virtual(event: dict[str, Any], what: str) -> bool:
    match what:
        case "virtual acknowledge":
            return bool(event["e"] == "sr" and event["g"] == "ICC_IAR1_EL1" and event.get("vi"))
        case "List register":
            return bool(event["e"] == "sw" and event["g"] == "ICH_LR0_EL2" and event["v"] >> 62 == 1)
        case _:
            return bool(event["e"] == "mw" and event["o"] == 0x20078 and event["v"] >> 63)


def test_a_spi_wire_that_is_missing_is_noticed(replay: Run) -> None:
    """Level-triggered INTx: the same for wires of SPIs."""
    lines = read_lines("v3-intx-smp2")
    places = [n for n, event in enumerate(parsed(lines)) if event["e"] == "spi"]
    for place in random.Random(1).sample(places, 5):
        assert replay(lines[:place] + lines[place + 1 :]).deviations


def test_a_missing_output_is_noticed(smp1: Lines, replay: Run) -> None:
    """What the models do and the recording does not show is a deviation too."""
    events = parsed(smp1)
    for kind in ("out", "cmd", "tab"):
        places = [n for n, event in enumerate(events) if event["e"] == kind and ("irq" not in event or event["irq"])]
        place = places[len(places) // 2]
        findings = replay(smp1[:place] + smp1[place + 1 :])
        assert findings.deviations, f"line {place + 1} taken out unnoticed: {smp1[place]}"


def test_a_deviation_tells_its_story(smp1: Lines, replay: Run) -> None:
    """Event number, register by name, expected and seen, and the last events about that interrupt."""
    place = next(n for n, event in enumerate(parsed(smp1)) if n > 6000 and _is(event, "acknowledge of an LPI"))
    event = json.loads(smp1[place])
    wrong = event | {"v": event["v"] + 1}
    findings = replay([*smp1[:place], json.dumps(wrong), *smp1[place + 1 :]])
    (deviation,) = findings.deviations
    assert deviation.event == place
    assert (deviation.what, deviation.expected, deviation.seen) == ("ICC_IAR1_EL1", event["v"], event["v"] + 1)
    assert deviation.intids == (event["v"], event["v"] + 1)
    assert any("hppi" in line and str(event["v"]) in line for line in deviation.history)


def test_a_memory_mapped_read_is_named_with_its_fields(smp1: Lines, replay: Run) -> None:
    """A register of a frame, decoded."""
    place = next(n for n, event in enumerate(parsed(smp1)) if event["e"] == "mr" and event["r"] == "gicr0" and event["o"] == 0x14)
    event = json.loads(smp1[place])
    (deviation,) = replay([*smp1[:place], json.dumps(event | {"v": 2}), *smp1[place + 1 :]]).deviations
    assert deviation.what == "GICR_WAKER of gicr0"
    assert "ChildrenAsleep=1" in deviation.detail


# --- tolerated deviations -----------------------------------------------------------------------------------------------


class _WithE1nwf(Gic):
    """A machine whose GICD_CTLR.E1NWF reads as 1: a deviation to tolerate."""

    def __init__(self, machine: Machine, policy: Policy, bits: int) -> None:
        super().__init__(machine.config, policy)
        self._bits = bits
        inner = self.gicd._reads[0]
        assert inner is not None
        self.gicd._reads[0] = lambda n: inner(n) | bits


_E1NWF = 1 << 7
_TOLERANCE = Tolerance(
    "injected E1NWF",
    "the machine of this test shows E1NWF as 1",
    "GICD_CTLR",
    _E1NWF,
    lambda deviation: isinstance(deviation.seen, int) and not deviation.seen & _E1NWF,
)


def test_a_tolerated_deviation_is_counted_and_its_neighbour_fails() -> None:
    """Register, field and condition: the same register's next field, and the same field of another register, still deviate."""
    path = TRACES / "v3-its-smp1.jsonl.gz"
    good = Replay(path, tolerances=(_TOLERANCE,), gic=lambda m, p: _WithE1nwf(m, p, _E1NWF)).run()
    assert good.ok
    assert good.tolerated["injected E1NWF"] > 0
    bad = Replay(path, tolerances=(_TOLERANCE,), gic=lambda m, p: _WithE1nwf(m, p, _E1NWF | 1 << 8)).run()
    assert bad.deviations
    assert not bad.tolerated
    untold = Replay(path, gic=lambda m, p: _WithE1nwf(m, p, _E1NWF)).run()
    assert untold.deviations


@pytest.mark.parametrize(
    ("change", "covered"),
    [
        ({}, True),
        ({"what": "GICD_TYPER"}, False),
        ({"expected": 0x83}, False),
        ({"expected": 0x02, "seen": 0x82}, False),
        ({"seen": "nothing"}, False),
    ],
)
def test_what_a_tolerance_covers(change: dict[str, Any], covered: bool) -> None:
    """Nothing beside its register, its field and its condition."""
    fields: dict[str, Any] = {"event": 1, "kind": "register read", "what": "GICD_CTLR", "cpu": 0, "expected": 0x82, "seen": 0x02}
    assert _TOLERANCE.covers(Deviation(**(fields | change))) is covered


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    """What, where, what to do."""
    findings = Replay(tmp_path / "no.jsonl.gz").run()
    assert "no.jsonl.gz, line 1: cannot be read (No such file" in findings.stopped
    assert "give the path of a recording" in findings.stopped
    assert not findings.ok
