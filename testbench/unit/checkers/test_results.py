"""Records of results merge: union of bins, sum of hits, in any order, and what comes twice counts once."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from irqpath.core.errors import CheckError
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.env.plan import Group, plan
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.sim.merging import MERGED, merge_runs
from irqpath_testbench.tools.sim.outcome import Failure, Outcome
from irqpath_testbench.tools.sim.results import Range, Results, Run, Scenario, merge, plan_name, results_of, run_name
from irqpath_testbench.tools.sim.results_file import RECORD, collect, from_json, load, save, to_json

_NAMES = st.sampled_from(["a", "b", "c: d", "e\n\N{SNOWMAN}"])
_COUNTS = st.integers(0, 2**70)
_RANGES = st.none() | st.tuples(_COUNTS, _COUNTS).map(lambda pair: Range(min(pair), max(pair)))
_COUNTERS = st.dictionaries(_NAMES, _COUNTS, max_size=3)
_SCENARIOS = st.builds(
    Scenario,
    ok=st.booleans(),
    mismatches=_COUNTS,
    cycles=_COUNTS,
    closed=_COUNTS,
    compared=_COUNTERS,
    lost=_COUNTERS,
    findings=_COUNTERS,
    hits=_COUNTERS,
    to_line=_RANGES,
)
_GOALS = {name: (Group("a", ("b", name)),) for name in ("sgi", "spi", "lpi (pes=8)")}
_RUNS = st.builds(
    Run, st.sampled_from(sorted(_GOALS)), st.sampled_from(["", "a check failed"]), st.dictionaries(_NAMES, _SCENARIOS, max_size=2)
)


@st.composite
def _records(draw: st.DrawFn) -> list[Results]:
    """Records of one version of everything: a run that is in several of them is the same in each."""
    runs = draw(st.dictionaries(st.sampled_from("pqrstu"), _RUNS, max_size=6))
    chosen = st.sets(st.sampled_from(sorted(runs))) if runs else st.just(set())
    goals = st.sets(st.sampled_from(sorted(_GOALS)))
    return [
        Results({n: _GOALS[n] for n in draw(goals)}, {n: runs[n] for n in draw(chosen)}) for _ in range(draw(st.integers(3, 5)))
    ]


def _associative(merge: Callable[[list[Results]], Results], records: list[Results]) -> None:
    a, b, c, *_ = records
    assert merge([merge([a, b]), c]) == merge([a, merge([b, c])]) == merge([a, b, c])


def _commutative(merge: Callable[[list[Results]], Results], records: list[Results]) -> None:
    assert merge(records) == merge(records[::-1])
    assert to_json(merge(records)) == to_json(merge(records[::-1]))


def _idempotent(merge: Callable[[list[Results]], Results], records: list[Results]) -> None:
    one = merge(records)
    assert merge([one, one]) == merge([one, *records]) == merge([one]) == merge([one, Results()]) == one


@given(_records())
def test_merging_obeys_its_laws(records: list[Results]) -> None:
    """Associative, commutative, idempotent, and nothing is there that was in no part."""
    for law in (_associative, _commutative, _idempotent):
        law(merge, records)
    one = merge(records)
    assert set(one.runs) == {name for record in records for name in record.runs}
    assert set(one.goals) == {name for record in records for name in record.goals}
    assert reduce(lambda x, y: merge([x, y]), records, Results()) == one


@pytest.mark.parametrize(
    ("fault", "law"),
    [
        (lambda parts: Results({}, {f"{i} {n}": r for i, p in enumerate(parts) for n, r in p.runs.items()}), _idempotent),
        (lambda parts: parts[-1], _commutative),
        (lambda parts: Results({}, {**parts[0].runs, **parts[-1].runs}), _associative),
    ],
    ids=["a run twice counts twice", "the last only", "what is in the middle is lost"],
)
def test_a_merge_that_is_wrong_breaks_a_law(fault: Callable[[list[Results]], Results], law: Any) -> None:
    """Injected faults of merging are found by the laws."""
    records = [Results({}, {name: Run("sgi")}) for name in "abc"]
    law(merge, records)
    with pytest.raises(AssertionError):
        law(fault, records)


@given(_records())
def test_totals_are_sums(records: list[Results]) -> None:
    """By hand: sums of counts, union of names, least and greatest; the plans' totals add up."""
    one = merge(records)
    scenarios = [s for run in one.runs.values() for s in run.scenarios.values()]
    totals = one.totals()
    assert totals.mismatches == sum(s.mismatches for s in scenarios)
    assert totals.compared == sum((Counter(s.compared) for s in scenarios), Counter())
    assert totals.failed == sum(run.failure != "" for run in one.runs.values())
    lines = [s.to_line for s in scenarios if s.to_line]
    assert totals.to_line == (Range(min(r.least for r in lines), max(r.greatest for r in lines)) if lines else None)
    assert sum(one.totals(name).runs for name in one.plans()) == totals.runs
    for name in one.plans():
        bins = {key for run in one.runs.values() if run.plan == name for s in run.scenarios.values() for key in s.hits}
        assert set(one.hits(name)) == bins
        goal = one.goals.get(name, ())
        assert one.uncovered(name) == [f"{g.name}: {b}" for g in goal for b in g.bins if not one.hits(name)[f"{g.name}: {b}"]]


@given(_records())
def test_json_round_trip(records: list[Results]) -> None:
    """A record comes back from JSON as it was."""
    one = merge(records)
    assert from_json(to_json(one), "here") == one


def test_what_can_not_be_merged_is_one_clear_error() -> None:
    """Another plan of the same name, another result of the same run."""
    plans = [Results({"sgi": (Group("at PE", tuple(f"PE {n}" for n in range(pes))),)}) for pes in (4, 5)]
    with pytest.raises(CheckError, match=r"the coverage plans of sgi differ, in at PE: PE 4: .* of different versions"):
        merge(plans)
    order = [Results({"sgi": (Group("at PE", bins),)}) for bins in (("a", "b"), ("b", "a"))]
    with pytest.raises(CheckError, match="in the order of their bins"):
        merge(order)
    runs = [Results({}, {"sgi seed 1": Run("sgi", failure)}) for failure in ("", "a check failed")]
    with pytest.raises(CheckError, match="two results of the run sgi seed 1 differ, and a run repeats exactly"):
        merge(runs)


def _result(scenario: str = "EverySgi", **more: Any) -> dict[str, Any]:
    """As `BaseTest.result` has it, without what is of no use here."""
    return {
        "scenario": scenario,
        "ok": True,
        "mismatches": 0,
        "cycles": 100,
        "flushed": 1,
        "journeys": {"closed": 5, "merged": 2, "lost": {"reset": 1}},
        "compared": {"reg": 7, "stream": 3},
        "reports": {"gicr0": {"LPI_REG_WHILE_ENABLED": 2}},
        "used": {"gicc0": {"late": 6}},
        "notes": {"words": 3},
        "hits": {"signalled by: IRQ": 4},
        "to_line": {"min": 3, "median": 5, "max": 9},
        "to_acknowledge": {},
        **more,
    }


def _outcome(**run: Any) -> Outcome:
    return Outcome(RunConfig("sgi", "somewhere", **run), scenarios=[_result()], wanted=("EverySgi",))


def test_record_of_a_run() -> None:
    """What a run's result says is in its record; what failed says how, with nothing of it left out."""
    outcome = _outcome()
    results = results_of(outcome)
    assert results.goals == {"sgi": plan("sgi", outcome.run.dut())}
    (run,) = results.runs.values()
    assert run.failure == "" and run.plan == "sgi"
    assert run.scenarios["EverySgi"] == Scenario(
        True, 0, 100, 1, 5, 2, {"reg": 7, "stream": 3}, {"reset": 1}, {"gicr0: LPI_REG_WHILE_ENABLED": 2}, {"gicc0: late": 6},
        {"words": 3},
        {"signalled by: IRQ": 4}, Range(3, 9), None,
    )  # fmt: skip
    outcome.failure, outcome.scenarios = Failure.NO_RESULT, []
    assert results_of(outcome).totals().failed == 1
    assert "signalled by: FIQ" in results.uncovered("sgi") and "signalled by: IRQ" not in results.uncovered("sgi")


def test_names_tell_runs_apart() -> None:
    """Runs that were told the same have one name wherever they write; any other option gives another. Plans are named by what
    decides their bins."""
    usual = _outcome()
    assert run_name(usual) == run_name(Outcome(replace(usual.run, folder="elsewhere"), wanted=usual.wanted))
    others = [
        _outcome(seed=2),
        _outcome(interrupts=3),
        _outcome(fault=2),
        _outcome(model_fault="x"),
        _outcome(simulator="icarus"),
        _outcome(device=DutParameters(pes=8)),
        Outcome(usual.run, wanted=("EverySgi", "Ranges")),
    ]
    assert len({run_name(outcome) for outcome in (usual, *others)}) == len(others) + 1
    assert plan_name(_outcome(device=DutParameters(pes=8))) == "sgi (pes=8)"
    assert merge([results_of(usual), results_of(_outcome(device=DutParameters(pes=8)))]).plans() == ["sgi", "sgi (pes=8)"]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda text: text[: len(text) // 2], "is no record of results"),
        (lambda _: "", "is no record of results"),
        (lambda _: "[1]", "the file: not an object"),
        (lambda text: text.replace('"version": 1', '"version": 2'), "its version is 2, and this irqpath reads 1"),
        (lambda text: text.replace('"cycles": 100', '"cycles": -1'), "EverySgi: cycles: not a number from 0 up"),
        (lambda text: text.replace('"cycles": 100', '"cycles": true'), "cycles: not a number"),
        (lambda text: text.replace('"cycles"', '"length"'), "cycles, length missing or unknown"),
        (lambda text: text.replace('"ok": true', '"ok": 1'), "ok: neither true nor false"),
        (lambda text: text.replace('"plan": "sgi"', '"plan": []'), "plan: not a text"),
        (lambda text: text.replace('"reg": 7', '"reg": "7"'), "compared: reg: not a number"),
        (lambda text: text.replace('"least"', '"most"'), "to_line: least and greatest"),
        (lambda _: "[" * 100_000, "is no record of results"),
    ],
)
def test_a_malformed_file_is_one_clear_error(tmp_path: Path, spoil: Callable[[str], str], why: str) -> None:
    """It names the file, what is wrong and what to do."""
    file = tmp_path / RECORD
    save(results_of(_outcome()), file)
    assert load(file) == results_of(_outcome())
    file.write_text(spoil(file.read_text()))
    with pytest.raises(CheckError) as caught:
        load(file)
    text = str(caught.value)
    assert why in text and str(file) in text and "run it again" in text and "\n" not in text


def test_folders_are_collected(tmp_path: Path) -> None:
    """Every run below a folder, also from what was merged before; one that was killed, or an empty folder, is no silence."""
    for seed in (1, 2, 3):
        outcome = _outcome(seed=seed)
        folder = tmp_path / "runs" / f"sgi-{seed}"
        outcome.run.save(folder / "run.json")
        save(results_of(outcome), folder / RECORD)
    one = collect([tmp_path / "runs"])
    assert one.totals().runs == 3 and one.hits("sgi")["signalled by: IRQ"] == 12
    save(one, tmp_path / MERGED)
    assert collect([tmp_path / MERGED, tmp_path / "runs" / "sgi-2"]) == one
    (tmp_path / "runs" / "sgi-2" / RECORD).unlink()
    with pytest.raises(CheckError, match=r"sgi-2 left no record\.json: it was killed; run it again"):
        collect([tmp_path / "runs"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckError, match="empty holds no results"):
        collect([tmp_path / "empty"])
    with pytest.raises(CheckError, match="neither a file nor a folder"):
        collect([tmp_path / "nowhere"])


def test_command(tmp_path: Path) -> None:
    """One table, what no run hit, runs that failed, a file; exit status 1 if one failed."""
    save(results_of(_outcome(seed=1)), tmp_path / "1" / RECORD)
    console = Console(file=io.StringIO(), width=160)
    assert merge_runs(console, [tmp_path], tmp_path / "out") == 0
    failed = _outcome(seed=2)
    failed.failure, failed.scenarios[0] = Failure.MISMATCH, _result(ok=False, mismatches=3)
    save(results_of(failed), tmp_path / "2" / RECORD)
    assert merge_runs(console, [tmp_path / "1", tmp_path / "2"], tmp_path / "out") == 1
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "1 runs, 10 transactions of Verilog compared: all passed" in text
    assert "2 runs, 20 transactions of Verilog compared: 1 failed" in text
    assert "sgi: not covered: SGI at PE: SGI 0 at PE 0" in text
    assert f"{run_name(failed)}: a check failed (EverySgi)" in text
    assert json.loads((tmp_path / "out" / MERGED).read_text())["version"] == 1
