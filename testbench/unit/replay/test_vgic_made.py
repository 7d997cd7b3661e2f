"""Recordings of KVM's vgic made here: what real ones do not show."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from irqpath.trace.findings import Findings
from irqpath.trace.kvm.replay import VgicReplay
from irqpath.trace.kvm.report import inferred, predicted


def _sw(register: str, value: int) -> dict[str, Any]:
    return {"e": "sw", "g": register, "x": 2, "c": 0, "v": value}


def _sr(register: str, value: int) -> dict[str, Any]:
    return _sw(register, value) | {"e": "sr"}


def _entry(*values: int, hcr: int = 1) -> list[dict[str, Any]]:
    return [_sw("ICH_HCR_EL2", hcr), *(_sw(f"ICH_LR{n}_EL2", value) for n, value in enumerate(values))]


def _exit(*values: int) -> list[dict[str, Any]]:
    """Back with these values, 0 for one that is empty."""
    empty = sum(1 << n for n, value in enumerate(values) if not value)
    reads = [_sr(f"ICH_LR{n}_EL2", value) for n, value in enumerate(values) if value]
    return [_sr("ICH_ELRSR_EL2", empty), _sw("ICH_HCR_EL2", 0), *reads, *(_sw(f"ICH_LR{n}_EL2", 0) for n in range(len(values)))]


_GUEST: Final = {"e": "sr", "g": "ICC_IAR1_EL1", "x": 1, "c": 0, "v": 33, "vi": 1}
#: INTID 33, level-sensitive: maintenance at its end
_UART: Final = 1 << 62 | 1 << 60 | 0xA0 << 48 | 1 << 41 | 33
_LPI: Final = 1 << 62 | 1 << 60 | 0xA0 << 48


@pytest.fixture
def judge(tmp_path: Path) -> Callable[[list[dict[str, Any]]], Findings]:
    """Write events as a recording of a GICv3, after the load of a vCPU, and replay what concerns the vgic."""

    def run(events: list[dict[str, Any]]) -> Findings:
        head = {"e": "hdr", "format": "labtrace", "version": 1, "events": len(events), "devs": {}, "name": "made here"}
        path = tmp_path / "made.jsonl"
        lines = [head | {"gic": "3", "kernel": "none"}, _sw("ICH_VMCR_EL2", 8), *events]
        path.write_text("\n".join(json.dumps(line) for line in lines) + "\n")
        return VgicReplay(path).run()

    return run


Made = Callable[[list[dict[str, Any]]], Findings]


def test_a_line_of_a_device_is_inferred_both_ways(judge: Made) -> None:
    """It is seen again while it's up, and may have fallen when KVM doesn't write it; then the guest may run without."""
    lpi = _LPI | 8192
    events = [
        *_entry(_UART), _GUEST, *_exit(_UART & ~(1 << 62) | 1 << 63),
        *_entry(_UART & ~(1 << 62) | 1 << 63), _GUEST, *_exit(0),
        *_entry(_UART), *_exit(0), _GUEST,
        *_entry(lpi), *_exit(0), _GUEST,
    ]  # fmt: skip
    findings = judge(events)
    assert findings.ok, findings.deviations
    assert findings.unchecked["line of a device that fell"] == 1
    assert predicted(findings) == {"live at the last exit": 1}
    assert inferred(findings) == {"first appearance of an SPI": 2, "first appearance of an LPI": 1}


def test_a_pending_edge_must_come_back(judge: Made) -> None:
    """An LPI that the guest didn't take, and that KVM forgets: the model writes it, and the guest runs without it."""
    lpi = _LPI | 8192
    events = [*_entry(lpi), *_exit(lpi), _GUEST, *_entry(_LPI | 8193), *_exit(0)]
    findings = judge(events)
    assert [(d.kind, d.event, d.intids) for d in findings.deviations] == [
        ("guest runs", 8, (8192,)),
        ("List register", 10, (8192,)),
        ("List registers used", 10, ()),
    ]
    assert findings.deviations[1].seen == "not in a List register"


def test_overflow_takes_by_priority_and_tells_the_underflow(judge: Made) -> None:
    """Five wait for four List registers: that of least priority comes last; asking for an underflow that isn't due is seen."""
    lpis = [_LPI | 8192 + n for n in range(4)]
    last = (_LPI | 8196) + (0x10 << 48)
    right = [*_entry(*lpis, hcr=3), *_exit(0, 0, 0, 0), *_entry(last), *_exit(0)]
    assert judge(right).ok
    wrong = judge([*_entry(*lpis, hcr=3), *_exit(0, 0, 0, 0), *_entry(last, hcr=3), *_exit(0)])
    assert [(d.kind, d.expected, d.seen) for d in wrong.deviations] == [("underflow enable", 1, 3)]
    inverted = [*_entry(*lpis[1:], last, hcr=3), *_exit(0, 0, 0, 0), *_entry(lpis[0]), *_exit(0)]
    assert {d.intids for d in judge(inverted).deviations if d.kind == "List register"} == {(8192,), (8196,)}


def test_the_physical_timer_counts_once_kvm_handles_it(judge: Made) -> None:
    """A host that uses it for itself acknowledges it, too: that says nothing of a guest."""
    taken = _sr("ICC_IAR1_EL1", 30)
    timer = 1 << 62 | 1 << 61 | 1 << 60 | 0xC0 << 48 | 30 << 32 | 30
    load = {"e": "mw", "c": 0, "r": "gicr0", "o": 0x10380, "s": 4, "v": 1 << 30}
    lpi = [*_entry(_LPI | 8192), *_exit(0)]
    assert judge([taken, *lpi, _GUEST]).ok
    findings = judge([load, taken, *_entry(timer), *_exit(0)])
    assert findings.ok, findings.deviations
    assert predicted(findings) == {"timer that the host acknowledged": 1}
    assert [d.intids for d in judge([load, taken, *lpi]).deviations if d.intids] == [(30,)]


def test_a_timer_without_a_cause_is_inferred(judge: Made) -> None:
    """And counted as such."""
    timer = 1 << 62 | 1 << 61 | 1 << 60 | 0xC0 << 48 | 27 << 32 | 27
    assert inferred(judge([*_entry(timer), *_exit(0)])) == {"timer without a recorded cause": 1}


def test_an_lpi_that_comes_again_while_active_is_inferred(judge: Made) -> None:
    """The exit left it active alone: its device sent another message. One that was left pending must come back without that."""
    active, lpi = 1 << 63 | 1 << 60 | 0xA0 << 48 | 8192, _LPI | 8192
    findings = judge([*_entry(lpi), *_exit(active), *_entry(active | 1 << 62), *_exit(0)])
    assert findings.ok, findings.deviations
    assert findings.unchecked["injected again while active"] == 1
    assert judge([*_entry(lpi), *_exit(active), *_entry(lpi), *_exit(0)]).deviations
    assert judge([*_entry(lpi), *_exit(active | 1 << 62), *_entry(active), *_exit(0)]).deviations


def _gich(offset: int, value: int, *, kind: str = "mw") -> dict[str, Any]:
    return {"e": kind, "c": 0, "r": "gich", "o": offset, "s": 4, "v": value}


def test_sources_of_an_sgi_of_gicv2_are_inferred(judge: Made) -> None:
    """Which vCPU asked is not recorded: it is learned, also of one more that the end of the first must tell of (EOI)."""

    def switch(value: int) -> list[dict[str, Any]]:
        clear = [_gich(0x30, 1, kind="mr"), _gich(0x100, 0), _gich(0, 0)]
        return [_gich(0, 1), _gich(0x100, value), *clear]

    sgi = 1 << 28 | 0x14 << 23 | 3
    load = [_gich(8, 0x40000)]
    findings = judge([*load, *switch(sgi | 2 << 10 | 1 << 19), *switch(sgi | 5 << 10)])
    assert findings.ok, findings.deviations
    assert findings.unchecked["source of an SGI"] == 1
    assert judge([*load, *switch(sgi | 2 << 10 | 1 << 19)]).deviations  # no other source ever comes
