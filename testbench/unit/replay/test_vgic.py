"""What KVM wrote into List registers is what a model of its vgic writes, and each bug of that model is seen in a recording."""

from __future__ import annotations

import importlib
import json
import random
from pathlib import Path
from typing import Any, Final

import pytest

from irqpath.software.kvm.list_register import NO_PHYSICAL
from irqpath.trace.findings import Findings
from irqpath.trace.kvm.judge import ANEW, UNDER_WAY, Judge
from irqpath.trace.kvm.replay import VgicReplay
from irqpath.trace.kvm.report import inferred, predicted, share
from irqpath.trace.kvm.switches import HCR_UIE, Entered, Happening, Mapped, Resident, Restored, Runs, Switches, TimerTaken
from irqpath.trace.kvm.vcpus import named, numbers
from irqpath.trace.reader import events
from irqpath_testbench.cli import main
from irqpath_testbench.tools.faults.injection import InjectedFault, injected
from unit.replay.conftest import GICV4, TRACES, read_lines

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
    assert set(findings.tolerated) <= {UNDER_WAY}
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


@pytest.mark.parametrize("change", ["priority", "group", "HW", "state", "underflow", "restored", "gone", "cause"])
def test_a_change_of_a_recording_is_seen(change: str) -> None:
    """What KVM wrote, changed in a dozen places of a recording: each deviates. A cause taken out leaves one more inferred."""
    switches = Switches()
    for line, event in events(PATHS["nest-v2-smp1"]):
        switches.feed(line - 1, event)
    right = switches.happenings
    kind = {"restored": Restored, "cause": TimerTaken}.get(change, Entered)
    places = [n for n, h in enumerate(right) if isinstance(h, kind)][10:]
    if change == "gone":  # seen where the guest takes the interrupt
        places = [n for n in places if isinstance(right[n + 1], Runs)]
    for place in random.Random(change).sample(places, 12):
        changed = [*right[:place], *_changed(right[place], change), *right[place + 1 :]]
        findings = Findings("changed", only="vgic")
        Judge(changed, findings, gicv2=True).run()
        if change == "cause":
            assert inferred(findings) == {"timer without a recorded cause": 1}
        else:
            assert findings.deviations, f"{change} at event {right[place].event} is unnoticed"


def _changed(h: Happening, change: str) -> list[Happening]:
    """The happening with one thing other than it was; none where it is to be gone."""
    if isinstance(h, Restored):
        return [h._replace(value=h.value ^ 1 << 24)]
    if not isinstance(h, Entered) or change == "gone":
        return []
    if change == "underflow":
        return [h._replace(hcr=h.hcr ^ HCR_UIE)]
    lr = h.registers[0]
    other = {
        "priority": lr._replace(priority=lr.priority ^ 0x20),
        "group": lr._replace(group=1 - lr.group),
        "HW": lr._replace(physical=NO_PHYSICAL),
        "state": lr._replace(pending=not lr.pending, active=not lr.active),
    }
    return [h._replace(registers=(other[change],))]


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


def test_vcpus_are_recognized_without_their_names() -> None:
    """The recording of GICv4 without its residency: two vCPUs that move between PEs; nothing deviates, and few are mistaken."""
    switches = Switches()
    for line, event in events(GICV4):
        switches.feed(line - 1, event)
    known = [
        (h, vcpu)
        for h, vcpu in zip(switches.happenings, named(switches.happenings), strict=True)
        if not isinstance(h, Resident | Mapped)
    ]
    nameless = [h for h, _ in known]
    entries = [(vcpu, found) for (h, vcpu), found in zip(known, numbers(nameless), strict=True) if isinstance(h, Entered)]
    assert len(entries) == 3041
    assert sum(vcpu == found for vcpu, found in entries) > 0.95 * len(entries)
    assert len({(vcpu, h.cpu) for h, vcpu in known if isinstance(h, Entered)}) == 4
    findings = Findings("nameless", only="vgic")
    Judge(nameless, findings).run()
    assert findings.ok, findings.deviations[:3]


def test_one_guest_after_another(tmp_path: Path) -> None:
    """The second one's first load is of a vCPU that never ran: named and counted, and all else agrees."""
    lines = read_lines("nest-v2-smp1")
    path = tmp_path / "twice.jsonl"
    path.write_text("\n".join([*lines, *lines[1:]]) + "\n")
    once, twice = VgicReplay(PATHS["nest-v2-smp1"]).run(), VgicReplay(path).run()
    assert twice.ok, twice.deviations[:3]
    assert twice.tolerated == {ANEW: 1}
    assert twice.compared["List registers used"] == 2 * once.compared["List registers used"]


def test_the_command_prints_shares(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """And writes JSON; its exit status is that of a replay."""
    out = tmp_path / "findings.json"
    assert main(["replay", "--only", "vgic", str(PATHS["nest-v3-smp1"]), "--json", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "97.6 %" in printed
    assert "nest-v3-smp1: inferred: first appearance of an LPI 31" in printed
    (recording,) = json.loads(out.read_text())["recordings"]
    assert recording["compared"]["VMCR"] == 2285
    assert main(["replay", "--only", "vgic", str(TRACES / "v3-its-smp1.jsonl.gz")]) == 2
