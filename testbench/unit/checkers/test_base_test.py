"""The base test's rules, each broken once: the run fails, for that reason, and says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from irqpath_testbench.tools.faults import rtl_faults as rtl_faults
from irqpath_testbench.tools.sim.simulate import Failure, Outcome

MODULE = "irqpath_testbench.tests.selftest"
Simulate = Callable[..., Outcome]

#: test -> what its failure must say
REASONS = {
    "LogsAnError": "an error was logged: injected error",
    "LogsAnErrorInUvm": "an error was logged: injected error of a component",
    "ComparesNothing": "nothing was compared",
    "BodyDoesNotRun": "the body of the test did not run",
    "LeavesABinUncovered": "not covered: signalled by: FIQ",
    "ClosesTooFew": "0 journeys closed, at least 1 must be",
    "ScenarioRaises": "the scenario raised CheckError: injected exception",
    "LeavesAnInterrupt": "mismatches",
    "ComparesAPart": "not compared at quiescence: GICR_IPRIORITYR7 of gicr1",
    "ComparesNoState": "the state at quiescence was not compared",
    "NeverRests": "not quiescent when the state was compared: SysWrite on gicc0.sys in cycle ",
    "WaitsForEver": "watchdog: software made no progress for 20000 cycles",
    "PollsForEver": "watchdog: software made no progress for 20000 cycles",
    "PollsTooLong": "GICD_CTLR.RWP must become 1; reads give 0x53",
    "GoesOnAfterAMismatch": "ended early: 5000 cycles after the first mismatch",
    "NeverEnds": "ended early: it has taken 150000 cycles",
}


def _only(outcome: Outcome) -> dict[str, object]:
    assert len(outcome.scenarios) == 1, outcome.detail
    return outcome.scenarios[0]


@pytest.mark.simulator("verilator")
def test_nothing_wrong_passes(run: Simulate) -> None:
    """The scenario that the others build on passes, so they fail for what they add."""
    outcome = run(MODULE, "Passes")
    assert outcome.ok, (outcome.detail, outcome.scenarios)


@pytest.mark.simulator("verilator")
def test_each_rule_broken_fails_with_its_reason(run: Simulate) -> None:
    """All in one simulator process, so each also shows that it leaves nothing behind for the next."""
    outcome = run(MODULE, "Passes", *REASONS, grace=5000, longest=150_000)
    assert outcome.failure is Failure.MISMATCH, outcome.detail
    said = {s["scenario"]: s["failures"] for s in outcome.scenarios}
    assert said.pop("Passes") == []
    assert set(said) == set(REASONS)
    for name, reason in REASONS.items():
        assert any(reason in failure for failure in said[name]), (name, said[name])


@pytest.mark.simulator("verilator")
@pytest.mark.parametrize(
    ("scenario", "link", "said"),
    [
        ("HidesARegister", "gicd.rsp", "GICD_IROUTER40"),
        ("HidesAWordOfMemory", "sw.mem_rsp", "address=0x900001238"),
    ],
)
def test_state_that_no_traffic_shows_is_compared_at_the_end(run: Simulate, scenario: str, link: str, said: str) -> None:
    """The golden model alone holds another value; the one mismatch names the place."""
    result = _only(run(MODULE, scenario))
    assert result["failures"] == ["1 mismatches"]
    listed = result["listed"]
    assert isinstance(listed, list)
    (mismatch,) = listed
    assert (mismatch["check"], mismatch["link"]) == ("differs", link)
    assert said in mismatch["rule"] + mismatch["cause"]


@pytest.mark.simulator("verilator")
def test_an_interrupt_that_is_never_taken_is_lost(run: Simulate) -> None:
    """Its journey is told."""
    listed = _only(run(MODULE, "LeavesAnInterrupt"))["listed"]
    assert isinstance(listed, list)
    (mismatch,) = [m for m in listed if m["check"] == "lost interrupt"]
    assert "sgi journey of INTID 7 to PE 0" in mismatch["observed"]
    assert "SgiDeliver" in mismatch["observed"]


@pytest.mark.simulator("verilator")
def test_a_wait_for_ever_ends_with_what_was_pending(run: Simulate) -> None:
    """The watchdog in Verilog ends it."""
    pending = _only(run(MODULE, "WaitsForEver"))["pending"]
    assert isinstance(pending, list)
    assert any("journey of INTID 7" in line for line in pending)


@pytest.mark.simulator("verilator")
def test_a_loop_in_python_ends_with_what_was_pending(run: Simulate) -> None:
    """The guard ends the process, and says where Python was."""
    outcome = run(MODULE, "LoopsInPython", hang_seconds=2.0)
    assert outcome.failure is Failure.HANG
    result = _only(outcome)
    failures = result["failures"]
    assert isinstance(failures, list)
    assert "selftest.py" in failures[0]
    assert "while True" in failures[0]


@pytest.mark.simulator("verilator")
def test_a_simulator_that_hangs_before_it_begins_is_ended(run: Simulate, tmp_path: Path) -> None:
    """No guard of ours runs in it yet: the host ends it, and says so."""
    module = tmp_path / "sleeps_for_ever.py"
    module.write_text("import time\ntime.sleep(1000)\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        outcome = run(module.stem, "Nothing", hang_seconds=1.0)
    assert outcome.failure is Failure.NO_RESULT
    assert "the simulator gave no heartbeat for 3 s, and was ended" in outcome.detail


@pytest.mark.simulator("verilator")
def test_rtl_that_stops_ends_with_what_was_pending(run: Simulate) -> None:
    """GICC takes no access: the watchdog ends it, and the accesses before are still counted."""
    result = _only(run(MODULE, "Traffic", fault=rtl_faults.HANG))
    failures = result["failures"]
    assert isinstance(failures, list)
    assert failures[0].startswith("watchdog")
    assert result["compared"]


@pytest.mark.simulator("icarus")
def test_x_under_valid_fails_naming_link_and_cycle(run: Simulate) -> None:
    """Icarus has X; the monitor checks before it writes."""
    listed = _only(run(MODULE, "Traffic", fault=rtl_faults.UNKNOWN, simulator="icarus"))["listed"]
    assert isinstance(listed, list)
    breaches = [m for m in listed if m["check"] == "protocol"]
    assert breaches
    assert breaches[0]["link"].endswith(".sys_rsp")
    assert breaches[0]["cycle"] > 0
    assert "X or Z" in breaches[0]["observed"]


@pytest.mark.simulator("verilator")
def test_a_result_that_junit_does_not_confirm_fails(run: Simulate, tmp_path: Path) -> None:
    """Exit status and JUnit file must agree: a result that claims success after a failed test is found out."""
    from irqpath_testbench.tools.sim import simulate as module

    outcome = run(MODULE, "ComparesNothing")
    path = Path(outcome.run.folder) / "result-ComparesNothing.json"
    result = json.loads(path.read_text())
    result["ok"] = True
    path.write_text(json.dumps(result))
    assert module.judge(outcome.run, ["ComparesNothing"], 0.0).failure is Failure.DISAGREE
    (Path(outcome.run.folder) / module.INNER).unlink()
    assert module.judge(outcome.run, ["ComparesNothing"], 0.0).failure is Failure.DISAGREE
    path.unlink()
    assert module.judge(outcome.run, ["ComparesNothing"], 0.0).failure is Failure.NO_RESULT
