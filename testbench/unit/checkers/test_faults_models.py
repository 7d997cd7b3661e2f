"""Faults injected into the golden models that no unit test notices: co-simulation finds each, by the check and on the link named
here.

That no unit test notices them takes 20 s each to show, so it is a command: `python -m unit.checkers.escape`. Here only that
such a run does inject one, and can tell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple

import pytest

from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.tools.faults.injection import InjectionError, find, injected, registry
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.simulate import Failure, Outcome
from unit.checkers.escape import noticed_by

Simulate = Callable[..., Outcome]
#: Enough for every fault that random traffic must find.
INTERRUPTS: Final = 500


class Found(NamedTuple):
    """How a fault is found: in which scenario of which path, by which check, on a link of which kind."""

    scenario: str
    check: str
    link: str
    path: str = "sgi"


FOUND: Final = {
    "deactivate-ack-after-set": Found("RandomTraffic", "differs", ".down"),
    "release-ends-clear": Found("Crossings", "differs", "stream0.down"),
    "same-intid-replaced": Found("Crossings", "differs", "stream0.down"),
    "ties-not-replaced": Found("RandomTraffic", "differs", ".down"),
    "settled-ignores-clear": Found("Crossings", "differs", "gicr0.rsp"),
    "wake-only-if-groups-enabled": Found("RandomTraffic", "unexpected", ".wake"),
    "flushed-acks-stay-outstanding": Found("Resets", "unexpected", "stream0.down"),
    "release-order-swapped": Found("Crossings", "differs", "stream0.up"),
    "set-of-disabled-group-keeps-old": Found("Crossings", "differs", "stream0.up"),
    "release-before-upstream-control": Found("Crossings", "differs", "stream0.up"),
    "outstanding-survives-reset": Found("Resets", "unexpected", "gicc0.sys_rsp"),
    "sgi-ack-after-delivery": Found("EverySgi", "differs", "dist0.down"),
    "virtual-lines-in-reverse": Found("EventsInStates", "differs", ".irq", "virq-lr"),
    "virtual-hppir-only-while-enabled": Found("EventsInStates", "differs", ".sys_rsp", "virq-lr"),
    "virtual-hppir-only-signalled": Found("VirtualPreemption", "differs", ".sys_rsp", "virq-lr"),
    "virtual-running-priority-of-group-0": Found("VirtualPreemption", "differs", ".sys_rsp", "virq-lr"),
    "virtual-cbpr-splits-group-0": Found("VirtualPreemption", "differs", ".sys_rsp", "virq-lr"),
    "virtual-bpr1-reads-8": Found("VirtualPreemption", "differs", ".sys_rsp", "virq-lr"),
    "virtual-bpr1-writable-with-cbpr": Found("VirtualPreemption", "differs", ".sys_rsp", "virq-lr"),
    "vmcr-leaves-cbpr": Found("EveryListRegister", "differs", ".sys_rsp", "virq-lr"),
    "vmcr-swaps-binary-points": Found("EveryListRegister", "differs", ".sys_rsp", "virq-lr"),
    "virtual-ctlr-reads-swapped": Found("VirtualPreemption", "differs", ".sys_rsp", "virq-lr"),
    "virtual-igrpen1-reads-igrpen0": Found("VirtualPreemption", "differs", ".sys_rsp", "virq-lr"),
    "virtual-lines-leave-cbpr": Found("VirtualPreemption", "unexpected", ".irq", "virq-lr"),
    "virtual-igrpen-takes-two-bits": Found("VirtualPreemption", "differs", ".sys_rsp", "virq-lr"),
    "virtual-end-compares-16-bits": Found("VirtualEnds", "differs", ".sys_rsp", "virq-lr"),
    "virtual-eoir-of-16-bits": Found("VirtualEnds", "differs", ".sys_rsp", "virq-lr"),
    "virtual-end-of-the-last-list-register": Found("VirtualEnds", "differs", ".sys_rsp", "virq-lr"),
    "virtual-end-by-the-other-register-drops-only": Found("VirtualEnds", "differs", ".sys_rsp", "virq-lr"),
    "virtual-end-of-nothing-counts": Found("VirtualEnds", "differs", ".sys_rsp", "virq-lr"),
    "virtual-end-finds-what-is-pending": Found("VirtualEnds", "differs", ".sys_rsp", "virq-lr"),
    "virtual-end-compares-whole-priority": Found("RandomGuests", "differs", ".sys_rsp", "virq-lr"),
    "virtual-end-of-the-other-group": Found("VirtualEnds", "differs", ".sys_rsp", "virq-lr"),
    "eoicount-saturates": Found("VirtualEnds", "differs", ".sys_rsp", "virq-lr"),
    "virtual-dir-of-special": Found("VirtualEnds", "differs", ".sys_rsp", "virq-lr"),
    "virtual-dir-of-lpi": Found("VirtualEnds", "differs", ".sys_rsp", "virq-lr"),
    "hw-only-where-not-pending": Found("EndsOfHardware", "unexpected", ".up", "virq-hw"),
    "np-leaves-out-the-last-list-register": Found("MaintenanceConditions", "differs", ".sys_rsp", "maint"),
    "lrenp-of-four-bits": Found("MaintenanceConditions", "differs", ".sys_rsp", "maint"),
    "el2-only-non-secure": Found("Traps", "differs", ".sys_rsp", "virq-lr"),
    "tc-leaves-sgis": Found("Traps", "differs", ".sys_rsp", "virq-lr"),
    "virtual-write-only-read": Found("Traps", "differs", ".sys_rsp", "virq-lr"),
    "virtual-read-only-written": Found("Traps", "differs", ".sys_rsp", "virq-lr"),
    "el2-not-trapped-to-el3": Found("Traps", "differs", ".sys_rsp", "virq-lr"),
    "el3-traps-before-redirection": Found("Traps", "differs", ".sys_rsp", "virq-lr"),
    "reset-leaves-the-guest": Found("GuestCrossings", "differs", ".sys_rsp", "virq-lr"),
    "gich-apr-without-group-1": Found("GuestGroups", "differs", ".rsp", "gicv2"),
    "gich-of-pe-0": Found("GuestGroups", "differs", ".rsp", "gicv2"),
    "gicv-hppir-only-signalled": Found("Sequences", "differs", ".rsp", "gicv2"),
    "gicv-bpr-writes-abpr": Found("GuestGroups", "differs", ".rsp", "gicv2"),
    "gicv-ctlr-reads-no-fiqen": Found("Gicv2Accesses", "differs", ".rsp", "gicv2"),
}


def _device(path: str) -> DutParameters:
    """Of the tests' builds the one for a path."""
    device = PATHS[path].device
    return replace(device, pes=2) if device.virtual and not device.gicv2 else device


@pytest.mark.simulator("verilator")
@pytest.mark.parametrize("name", sorted({found.path for found in FOUND.values()}))
def test_without_a_fault_everything_passes(run: Simulate, name: str) -> None:
    """The same Verilog, the same seed: what the runs with a fault fail by is the fault."""
    scenarios = sorted({found.scenario for found in FOUND.values() if found.path == name})
    outcome = run(PATHS[name].module, *scenarios, path=name, device=_device(name), interrupts=INTERRUPTS)
    assert outcome.ok, (outcome.detail, [s["failures"] for s in outcome.scenarios])


@pytest.mark.simulator("verilator")
@pytest.mark.parametrize("name", FOUND)
def test_an_injected_fault_is_found(run: Simulate, name: str) -> None:
    """A model that is wrong disagrees with Verilog that is right."""
    scenario, check, link, path = FOUND[name]
    outcome = run(PATHS[path].module, scenario, path=path, device=_device(path), interrupts=INTERRUPTS, model_fault=name)
    assert outcome.failure is Failure.MISMATCH, (f"not found: {find(name).what}", outcome.detail)
    found = {(m["check"], m["link"]) for s in outcome.scenarios for m in s["listed"]}
    assert any(seen == check and where.endswith(link) for seen, where in found), (name, found)


@pytest.mark.simulator("verilator")
def test_a_failed_scenario_leaves_nothing_for_the_next(run: Simulate) -> None:
    """It ends with interrupt lines up; the next scenario of the same simulation, which the fault does not concern, passes."""
    outcome = run(PATHS["sgi"].module, "Crossings", "Resets", model_fault="release-ends-clear")
    assert [(s["scenario"], s["ok"]) for s in outcome.scenarios] == [("Crossings", False), ("Resets", True)]


def test_every_fault_is_listed_and_matches() -> None:
    """A fault that nobody picks proves nothing."""
    faults = registry("cosim")
    assert faults.keys() == FOUND.keys()
    for fault in faults.values():
        assert fault.what
        assert fault.breaks
        assert find(fault.name) == fault
        with injected(fault) as lib:
            assert lib.Gic


def test_a_fault_that_unit_tests_notice_is_reported() -> None:
    """The command that shows the others to escape is not blind: one of the unit tests' own faults it reports."""
    tests = noticed_by("pmr-not-strict", "-k", "test_priority_must_be_above_the_mask")
    assert any("test_priority_must_be_above_the_mask" in test for test in tests)
    assert noticed_by("outstanding-survives-reset", "-k", "test_priority_must_be_above_the_mask") == []
    with pytest.raises(InjectionError, match="no fault is called 'nonsense'"):
        noticed_by("nonsense")
