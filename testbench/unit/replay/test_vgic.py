"""What KVM wrote into List registers is what a model of its vgic writes, and each bug of that model is seen in a recording."""

from __future__ import annotations

import gzip
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from irqpath.trace.findings import Findings
from irqpath.trace.kvm.judge import UNDER_WAY
from irqpath.trace.kvm.replay import VgicReplay
from irqpath.trace.kvm.report import inferred, predicted, share
from irqpath_testbench.tools.faults.injection import InjectedFault, injected
from unit.replay.conftest import TRACES, Lines, parsed, read_lines

#: Of GICv4, what concerns KVM's vgic alone: List registers, residency, doorbells, the guests' timer and their SGIs.
GICV4: Final = TRACES.parent / "vgic" / "nest-v4-trap-vgic.jsonl.gz"
PATHS: Final = {name: TRACES / f"{name}.jsonl.gz" for name in ("nest-v2-smp1", "nest-v3-smp1", "nest-v3-maint")} | {
    "nest-v4-trap": GICV4
}
#: By recording: List registers that KVM gave an interrupt, the smallest share of them that must be predicted, how many aren't.
WRITTEN: Final = {
    "nest-v2-smp1": (656, 1.0, {}),
    "nest-v3-smp1": (1289, 0.97, {"first appearance of an LPI": 31}),
    "nest-v3-maint": (2108, 0.80, {"first appearance of an LPI": 328}),
    "nest-v4-trap": (3177, 1.0, {}),
}


@pytest.mark.parametrize("name", PATHS)
def test_what_kvm_writes_is_predicted(name: str) -> None:
    """List registers as sets, how many, HCR.UIE, VMCR, active priorities, the timer's active state: nothing deviates."""
    findings = VgicReplay(PATHS[name]).run()
    assert findings.ok, (findings.stopped, findings.deviations[:3])
    written, least, rest = WRITTEN[name]
    assert sum(predicted(findings).values()) + sum(inferred(findings).values()) == written
    assert share(findings) >= least
    assert inferred(findings) == rest
    compared = findings.compared
    entries = compared["List registers used"]
    assert entries == compared["underflow enable"] > 600
    for kind in ("VMCR", "active priorities", "timer's active state", "guest runs"):
        assert compared[kind] > 600
    # Each List register is cleared at its exit, and all four once at the start of each host CPU.
    assert (findings.also["List register cleared"] - written) % 4 == 0
    assert set(findings.unchecked) - {"first load of a vCPU", "happening without a vCPU"} == {
        f"List register: {kind}" for kind in rest
    }


def test_what_is_explained_is_counted() -> None:
    """One SGI of 512 that trapped on a PE whose trap was still being handled as the target entered."""
    findings = VgicReplay(GICV4).run()
    assert predicted(findings)["SGI that trapped"] == 512
    assert findings.tolerated == {UNDER_WAY: 1}


def _bug(name: str, module: str, old: str, new: str) -> InjectedFault:
    return InjectedFault(name, f"irqpath.software.kvm.{module}", old, new)


#: By recording and by what then differs first.
FAULTS: Final = {
    ("nest-v3-maint", "List register"): (
        _bug("fold-loses-pending", "fold", "irq.edge and lr.pending", "False"),
        _bug("newest-first", "flush", "for irq in vcpu.ap_list:", "for irq in reversed(vcpu.ap_list):"),
        _bug("overflow-forgotten", "flush", "underflow = True", "underflow = bool(vcpu.ap_list.pop())"),
    ),
    ("nest-v3-maint", "underflow enable"): (
        _bug("underflow-stays", "fold", "    vcpu.underflow = False\n", ""),
        _bug("underflow-never", "flush", "vcpu.underflow = True", "pass"),
    ),
    ("nest-v3-smp1", "List register"): (
        _bug("fold-loses-active", "fold", "irq.active = lr.active", "irq.active = False"),
        _bug("timer-lost-at-fold", "fold", "irq.line_level = physical_level(irq)", "irq.line_level = False"),
    ),
    ("nest-v3-smp1", "VMCR"): (_bug("settings-not-saved", "vcpu", "= interface\n", "= self.interface or interface\n"),),
    ("nest-v2-smp1", "VMCR"): (_bug("settings-of-gicv2-not-saved", "vcpu", "= interface\n", "= self.interface or interface\n"),),
    ("nest-v2-smp1", "List register"): (
        _bug("no-hw", "vgic", "].physical = physical", "].physical = -1"),
        _bug("timer-lost-at-load", "vgic", "self.inject(intid, level=level, vcpu=vcpu)\n        return", "return"),
    ),
    ("nest-v4-trap", "List register"): (
        _bug("active-comes-back-pending", "flush", "pending, irq.active, irq.group", "True, False, irq.group"),
        _bug("timer-twice", "flush", "            irq.line_level = False", "            pass"),
        _bug("sgi-to-another", "vgic", "(first + bit for bit", "(first + 1 - bit for bit"),
        _bug(
            "sgi-lost-while-active",
            "vgic",
            "            irq.pending_latch = True\n",
            "            irq.pending_latch = not irq.active\n",
        ),
    ),
    ("nest-v4-trap", "active priorities"): (
        _bug("active-priorities-not-saved", "vcpu", "self.interface = interface", "self.interface = Interface(interface.vmcr)"),
    ),
    ("nest-v4-trap", "timer's active state"): (
        _bug("timer-not-active-at-load", "vgic", "return level or ", "return level and "),
    ),
}
_CASES: Final = [(recording, kind, bug) for (recording, kind), bugs in FAULTS.items() for bug in bugs]


@pytest.mark.parametrize(("name", "kind", "fault"), _CASES, ids=[fault.name for _, _, fault in _CASES])
def test_a_bug_of_the_vgic_is_seen_in_a_recording(name: str, kind: str, fault: InjectedFault) -> None:
    """The check that names it is the first to differ, or one at the same entry."""
    with injected(fault):
        replay = importlib.import_module("irqpath.trace.kvm.replay").VgicReplay
        findings: Findings = replay(PATHS[name]).run()
    assert findings.deviations, f"{fault.name} unnoticed in {name}"
    first = findings.deviations[0].event
    assert kind in {d.kind for d in findings.deviations if d.event == first}, findings.deviations[:3]


# --- order rules of GICv4 ---------------------------------------------------------------------------------------------------


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


# --- what else a recording may be ---------------------------------------------------------------------------------------------


def test_a_recording_without_a_guest_is_one_clear_error() -> None:
    """It says which recordings have one."""
    findings = VgicReplay(TRACES / "v3-its-smp1.jsonl.gz").run()
    assert "KVM runs no guest in it; give the recording of a host with a guest" in findings.stopped
    assert not findings.ok


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"e": "sw", "g": "ICH_LRx_EL2", "x": 2, "c": 0, "v": 1}, "lacks or garbles"),
        ({"e": "cmd", "n": "vmapp", "a": [1]}, "lacks or garbles"),
        ({"e": "mw", "r": "gicrx", "o": 0x20078, "s": 8, "v": 0, "c": 0}, "lacks or garbles"),
    ],
)
def test_a_garbled_event_is_one_error_with_its_line(event: dict[str, Any], said: str, tmp_path: Path) -> None:
    """No traceback."""
    path = tmp_path / "garbled.jsonl"
    path.write_text("\n".join([*read_lines("nest-v3-smp1")[:3], json.dumps(event)]) + "\n")
    findings = VgicReplay(path).run()
    assert "garbled.jsonl, line 4" in findings.stopped
    assert said in findings.stopped
