"""Random traffic: a usual run reaches what it is for, a seed decides everything, in both simulators alike, and another seed gives
other traffic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from irqpath.core.transactions import Observed
from irqpath_testbench.dut.recorder import Breach, records_of
from irqpath_testbench.env.run_config import INTERRUPTS, RunConfig
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.simulate import Outcome

Simulate = Callable[..., Outcome]
#: What happened on each link, with the cycles of offer and acceptance.
Traffic: TypeAlias = dict[str, list[Observed | Breach]]


def _traffic(run: Simulate, seed: int, simulator: str) -> Traffic:
    """Of a short run; in one cycle the order of links is the simulator's choice, so link by link."""
    outcome = run(PATHS["sgi"].module, "RandomTraffic", simulator=simulator, seed=seed, interrupts=100)
    assert outcome.ok, (outcome.detail, outcome.scenarios)
    found: Traffic = defaultdict(list)
    (result,) = outcome.scenarios
    for record in records_of(Path(outcome.run.folder), outcome.run.device.pes, result):
        found[record.link].append(record)
    assert sum(map(len, found.values())) > 3000
    return found


@pytest.mark.simulator("verilator")
def test_a_seed_decides_everything(run: Simulate) -> None:
    """Every transaction and its cycles: the same again in the same simulator and in the other one; others with another seed."""
    first = _traffic(run, 7, "verilator")
    assert _traffic(run, 7, "verilator") == first
    assert _traffic(run, 7, "icarus") == first
    other = _traffic(run, 8, "verilator")
    assert [o for pe in range(4) for o in other[f"stream{pe}.up"]] != [o for pe in range(4) for o in first[f"stream{pe}.up"]]


@pytest.mark.simulator("verilator")
@pytest.mark.parametrize("seed", [1, 2**31 - 1])
def test_a_usual_run_closes_a_thousand_journeys(run: Simulate, seed: int) -> None:
    """And reaches all 16 SGIs at all PEs; the scenario itself fails where it does not (test_sgi.py)."""
    default = RunConfig(path="sgi", folder="")
    assert (default.interrupts, default.device.pes) == (INTERRUPTS, 4)
    (result,) = run(PATHS["sgi"].module, "RandomTraffic", seed=seed, interrupts=INTERRUPTS).scenarios
    assert result["ok"], result["failures"]
    assert result["journeys"]["closed"] >= 1000
    assert all(result["hits"].get(f"SGI at PE: SGI {intid} at PE {pe}") for intid in range(16) for pe in range(4))
