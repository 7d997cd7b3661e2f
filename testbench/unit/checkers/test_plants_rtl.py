"""Bugs planted in the Verilog: each is found, by the check that it should be found by; without one, everything passes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from irqpath.core.places import ROOT, verilog
from irqpath_testbench.dut.device import Device
from irqpath_testbench.tools.faults.rtl_plants import HANG, PLANTS, SOFTWARE, UNKNOWN, RtlPlant
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.simulate import Failure, Outcome

Simulate = Callable[..., Outcome]


@pytest.mark.simulator("verilator")
@pytest.mark.parametrize("name", ["sgi", "ppi", "spi", "lpi"])
def test_without_a_plant_everything_passes(run: Simulate, name: str) -> None:
    """The build with the plants, none picked: what the planted runs fail by is the plant."""
    path = PATHS[name]
    outcome = run(path.module, *path.scenarios, path=name)
    assert outcome.ok, (outcome.detail, [s["failures"] for s in outcome.scenarios])


@pytest.mark.simulator("verilator")
@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.number}-{plant.file}")
def test_a_planted_bug_is_found(run: Simulate, plant: RtlPlant) -> None:
    """By the check and on the link that the list names."""
    simulator = "verilator" if plant.device == Device() else "icarus"  # which builds in a second
    options = {"simulator": simulator, "device": plant.device, "path": plant.path}
    outcome = run(PATHS[plant.path].module, plant.scenario, fault=plant.number, interrupts=700, **options)
    assert outcome.failure is Failure.MISMATCH, f"not found: {plant.what}"
    if plant.check == SOFTWARE:
        said = [failure for s in outcome.scenarios for failure in s["failures"]]
        assert any(plant.link in failure for failure in said), (plant.what, said)
        return
    found = {(m["check"], m["link"]) for s in outcome.scenarios for m in s["listed"]}
    assert any(check == plant.check and link.endswith(plant.link) for check, link in found), (plant.what, found)


@pytest.mark.simulator("verilator")
def test_an_interrupt_storm_ends(run: Simulate) -> None:
    """A level that stays high though its wire fell: no model can differ, every access is answered, and yet the scenario ends."""
    outcome = run(PATHS["spi"].module, "RandomSpis", fault=39, path="spi", interrupts=100)
    assert outcome.failure is Failure.MISMATCH
    assert any("no end" in failure and "INTID" in failure for s in outcome.scenarios for failure in s["failures"])


def test_every_plant_in_the_verilog_is_listed() -> None:
    """A plant that nobody picks proves nothing."""
    planted: dict[int, str] = {}
    for path in verilog():
        for number in re.findall(r"`PLANTED(?:_X)?\((\d+)[,)]", path.read_text()):
            planted[int(number)] = path.name
    listed = {p.number: p.file for p in PLANTS}
    assert planted == listed | {HANG: "gicc.v", UNKNOWN: "gicc.v"}


def test_plants_are_not_in_an_ordinary_build() -> None:
    """The macro that brings them in is defined by no file of the project."""
    defines = [p for p in Path(ROOT, "hdl").rglob("*.v*") if "define IRQPATH_FAULTS\n" in p.read_text()]
    assert defines == []
