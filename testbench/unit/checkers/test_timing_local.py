"""How exact the timing profile is, on the Verilog: a block that became slower is named by block and class, and a profile that is
learned from its runs is exact again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from irqpath.sim.timing.fit import fit
from irqpath.sim.timing.local import classes, misses, pooled, predict
from irqpath.sim.timing.profile import Profile, named
from irqpath.sim.timing.rows import Rows, load
from irqpath_testbench.env.local_timing import PROFILE, rows_path
from irqpath_testbench.tools.sim.local import found_in, local_case, local_failures
from irqpath_testbench.tools.sim.outcome import Outcome
from irqpath_testbench.tools.sim.paths import PATHS

Simulate = Callable[..., Outcome]
_SIMULATOR = "verilator"


def _run(run: Simulate, path: str, scenario: str, seed: int, fault: int = 0) -> tuple[Outcome, Rows]:
    module, device = PATHS[path].module, PATHS[path].device
    options = {"path": path, "seed": seed, "fault": fault, "interrupts": 300, "bound": 5000}
    outcome = run(module, scenario, simulator=_SIMULATOR, device=device, **options)
    (result,) = outcome.scenarios
    assert result["mismatches"] == 0 and bool(fault) == bool(result["failures"]), (outcome.detail, result["failures"])
    return outcome, load(rows_path(Path(outcome.run.folder), scenario))


def _missed(recordings: list[Rows], profile: Profile) -> list[str]:
    return misses(pooled(c for rows in recordings for c in classes(rows, predict(rows, profile))))


@pytest.mark.simulator("verilator")
@pytest.mark.parametrize(
    ("fault", "path", "scenario", "kind", "class_"),
    [
        (133, "spi", "RandomSpis", "gicd", "scan"),
        (134, "sgi", "RandomTraffic", "gicc", "next after ends"),
        (136, "lpi", "RandomLpis", "mem", "next after ends"),
        (332, "gicv2", "RandomGicv2", "gicv2", "next after ends"),
    ],
    ids=["an added state", "a lost cycle", "a slower memory", "a lost cycle in a GICv2"],
)
def test_what_became_slower_is_named(run: Simulate, fault: int, path: str, scenario: str, kind: str, class_: str) -> None:
    """And only that; a profile learned from two seeds is exact on a third."""
    outcome, first = _run(run, path, scenario, 5, fault)
    _named(outcome, kind, class_)
    (failure,) = local_failures(outcome)
    assert kind in failure and "calibrate" in failure
    case = local_case(outcome)
    assert case is not None and case.why == failure
    _, second = _run(run, path, scenario, 6, fault)
    learned = fit([first, second], named(PROFILE)).profile
    _, third = _run(run, path, scenario, 7, fault)
    assert _missed([third], named(PROFILE)) != []
    assert _missed([third], learned) == []


def _named(outcome: Outcome, kind: str, class_: str) -> None:
    """A class of a kind of block is not exact, and all others are of no other kind."""
    wrong = {(c.kind, c.name) for c in found_in(outcome) if c.share < 0.9}
    assert (kind, class_) in wrong
    assert {k for k, _ in wrong} == {kind}


@pytest.mark.simulator("verilator")
def test_an_order_in_which_an_input_starves_is_named(run: Simulate) -> None:
    """By the block, and by the run as a whole. No profile is exact then: it is no cost that changed."""
    outcome, first = _run(run, "spi", "RandomSpis", 5, 135)
    _named(outcome, "gicd", "next after scan")
    (failure,) = local_failures(outcome)
    assert "gicd" in failure and "worst class 'next after" in failure
    assert any("timing.whole: RandomSpis" in failure for failure in outcome.scenarios[0]["failures"])
    _, second = _run(run, "spi", "RandomSpis", 6, 135)
    assert _missed([first], fit([first, second], named(PROFILE)).profile) != []


@pytest.mark.simulator("verilator")
def test_an_order_in_which_wires_starve_is_found(run: Simulate) -> None:
    """By the run as a whole alone: the GICv2 wastes no cycle, and no order of wires is judged."""
    outcome, rows = _run(run, "gicv2", "RandomGicv2", 5, 333)
    assert _missed([rows], named(PROFILE)) == local_failures(outcome) == []
    (failure,) = outcome.scenarios[0]["failures"]
    assert failure.startswith("timing.whole: RandomGicv2")


@pytest.mark.simulator("verilator")
def test_without_a_fault_the_profile_is_exact(run: Simulate) -> None:
    """In the same build."""
    outcome, rows = _run(run, "spi", "RandomSpis", 5)
    assert local_failures(outcome) == []
    assert _missed([rows], named(PROFILE)) == []
