"""Faults injected into the Verilog: each is found, by the check that it should be found by; without one, everything passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.tools.faults.rtl_faults import FAULTS, SOFTWARE, RtlFault
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.simulate import Failure, Outcome

Simulate = Callable[..., Outcome]


@pytest.mark.simulator("verilator")
@pytest.mark.parametrize("name", ["sgi", "ppi", "spi", "lpi", "virq-lr", "virq-hw", "maint"])
def test_without_a_fault_everything_passes(run: Simulate, name: str) -> None:
    """The build with the faults, none picked: what the runs with a fault fail by is the fault."""
    path = PATHS[name]
    outcome = run(
        path.module, *path.scenarios, path=name, device=replace(path.device, pes=2) if path.device.virtual else path.device
    )
    assert outcome.ok, (outcome.detail, [s["failures"] for s in outcome.scenarios])


@pytest.mark.simulator("verilator")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.number}-{fault.file}")
def test_an_injected_fault_is_found(run: Simulate, fault: RtlFault) -> None:
    """By the check and on the link that the list names."""
    # icarus builds in a second; devices of many faults are worth a build of Verilator
    simulator = "verilator" if fault.device == DutParameters() or fault.device.virtual else "icarus"
    options = {"simulator": simulator, "device": fault.device, "path": fault.path}
    outcome = run(PATHS[fault.path].module, fault.scenario, fault=fault.number, interrupts=700, **options)
    assert outcome.failure is Failure.MISMATCH, f"not found: {fault.what}"
    if fault.check == SOFTWARE:
        said = [failure for s in outcome.scenarios for failure in s["failures"]]
        assert any(fault.link in failure for failure in said), (fault.what, said)
        return
    found = {(m["check"], m["link"], m["observed"]) for s in outcome.scenarios for m in s["listed"]}
    broken = f"the property {fault.property.partition(': ')[2]!r} does not hold" if fault.property else ""
    assert any(check == fault.check and link.endswith(fault.link) and broken in observed for check, link, observed in found), (
        fault.what,
        found,
    )


@pytest.mark.simulator("verilator")
def test_an_interrupt_storm_ends(run: Simulate) -> None:
    """A level that stays high though its wire fell: no model can differ, every access is answered, and yet the scenario ends."""
    outcome = run(PATHS["spi"].module, "RandomSpis", fault=39, path="spi", interrupts=100)
    assert outcome.failure is Failure.MISMATCH
    assert any("no end" in failure and "INTID" in failure for s in outcome.scenarios for failure in s["failures"])
