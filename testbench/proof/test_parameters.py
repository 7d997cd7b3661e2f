"""The Verilog's parameters at their ends: fewest and most PEs, fewest and most priority bits. Their golden models agree."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from testbench.device import Device
from testbench.run.build import Build
from testbench.run.paths import PATHS
from testbench.run.simulate import Outcome, simulate
from testbench.run_config import RunConfig

Simulate = Callable[..., Outcome]


@pytest.fixture
def run(tmp_path: Path) -> Simulate:
    """Scenarios of the path `sgi` in Icarus, which builds in a second."""

    def start(pes: int, priority_bits: int, *scenarios: str) -> Outcome:
        device = Device(pes, priority_bits=priority_bits, spis=32)
        config = RunConfig(
            "sgi",
            str(tmp_path / "run"),
            seed=3,
            interrupts=120,
            device=device,
            simulator="icarus",
            bound=3000,
            watchdog=20_000,
        )
        return simulate(Build("icarus", device), config, PATHS["sgi"].module, scenarios)

    return start


def _passes(outcome: Outcome) -> None:
    assert outcome.ok, (outcome.detail, [s["failures"] for s in outcome.scenarios])
    assert all(sum(s["compared"].values()) > 300 for s in outcome.scenarios)


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize("priority_bits", [4, 8])
def test_priorities(run: Simulate, priority_bits: int) -> None:
    """Every binary point and mask of one PE; 8 bits have 128 levels in four registers."""
    outcome = run(1, priority_bits, "Preemption", "RandomTraffic")
    _passes(outcome)
    assert outcome.scenarios[0]["journeys"]["closed"] > 500


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize("priority_bits", [4, 8])
def test_all_pes(run: Simulate, priority_bits: int) -> None:
    """SGIs between eight PEs."""
    outcome = run(8, priority_bits, "RandomTraffic")
    _passes(outcome)
    reached = {hit for hit in outcome.scenarios[0]["hits"] if hit.startswith("SGI at PE")}
    assert {int(hit[-1]) for hit in reached} == set(range(8))


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize("scenario", ["EverySgi", "Crossings", "Resets"])
def test_a_lone_pe(run: Simulate, scenario: str) -> None:
    """It is its own only target, and everything that another would do to it comes from itself."""
    _passes(run(1, 5, scenario))
