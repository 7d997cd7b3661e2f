"""What a run leaves: transactions that read back, a JUnit file that says what the exit status says, a folder of its own."""

from __future__ import annotations

import ast
import enum
import os
import subprocess
import sys
import types
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import orjson
import pytest

from irqpath.cli.ending import USAGE_ERROR
from irqpath.core.errors import CheckError
from irqpath.core.link import Link
from irqpath.core.places import ROOT
from irqpath.core.transactions import Observed, SgiDeliver, Transaction
from irqpath.trace.findings import Findings
from irqpath_testbench import cli
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.dut.recorder import Breach
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.sim.artefacts import ENVELOPE, line, read_transactions
from irqpath_testbench.tools.sim.build import Build, build
from irqpath_testbench.tools.sim.folders import claimed, clear, options, suffix
from irqpath_testbench.tools.sim.junit import (
    Book,
    Case,
    Suite,
    Verdict,
    case_name,
    coverage_case,
    place_of,
    replay_suite,
    suite_of,
    write,
)
from irqpath_testbench.tools.sim.outcome import Failure, Outcome
from irqpath_testbench.tools.sim.paths import PATHS

TYPES: Final = typing.get_args(Transaction)

# --- transactions -----------------------------------------------------------------------------------------------------------


def _values(hint: Any) -> Iterator[Any]:
    """Some values of a field, its ends among them."""
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        yield from hint
    elif hint is bool:
        yield from (False, True)
    elif hint is int:
        yield from (0, 1, 2**64 - 1)
    elif hint is str:
        yield from ("", "MAPTI", "é\n")
    elif typing.get_origin(hint) is tuple:
        kinds = typing.get_args(hint)
        if kinds[-1] is Ellipsis:
            yield ()
            yield tuple(next(_values(kinds[0])) for _ in range(3))
        else:
            yield tuple(list(_values(kind))[-1] for kind in kinds)
    elif isinstance(hint, types.UnionType):
        for kind in typing.get_args(hint):
            yield from _values(kind)
    elif is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        for n in (0, -1):
            yield hint(**{f.name: list(_values(hints[f.name]))[n] for f in fields(hint)})  # type: ignore[operator]  # a dataclass
    else:
        pytest.fail(f"no values for {hint}: say here what they are")


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_a_transaction_reads_back(kind: type[Any]) -> None:
    """Every type, with every value that a field may have in kind; type and value are the same."""
    hints = typing.get_type_hints(kind)
    first = {f.name: next(_values(hints[f.name])) for f in fields(kind)}
    given = [kind(**first | {name: value}) for name in first for value in _values(hints[name])] or [kind()]
    records = [Observed(Link("dist0.down"), n, n + 1, transaction) for n, transaction in enumerate(given)]
    text = [line(record) for record in records]
    assert [repr(record) for record in read_transactions(text)] == [repr(record) for record in records]
    for written in map(orjson.loads, text):
        assert tuple(written) == ENVELOPE and written["kind"] == kind.__name__
        assert list(written["fields"]) == [f.name for f in fields(kind)]


def test_an_sgi_keeps_its_name() -> None:
    """Its field `kind` is not the kind of transaction."""
    kind = {f.name: 1 for f in fields(SgiDeliver)}
    written = orjson.loads(line(Observed(Link("dist0.down"), 1, 2, SgiDeliver(**kind))))
    assert (written["kind"], written["fields"]["kind"]) == ("SgiDeliver", 1)


def test_a_breach_reads_back_and_rubbish_does_not() -> None:
    breach = Breach("stream0.up", 7, "VALID fell without a transfer")
    assert list(read_transactions([line(breach)])) == [breach]
    for wrong in (b"{", b'{"link": "x"}', b'{"link":"x","offer":1,"accept":2,"kind":"Nothing","fields":{}}'):
        with pytest.raises(CheckError, match=r"line 2 of transactions\.jsonl is no transaction"):
            list(read_transactions([line(breach), wrong]))


# --- JUnit ------------------------------------------------------------------------------------------------------------------

MISMATCH: Final = {
    "check": "differs", "link": "gicd.rsp", "cycle": 22, "expected": "RegReadData(1)", "observed": "RegReadData(2)",
    "differs": "value", "cause": "a read", "rule": "GICD_CTLR", "journey": "",
}  # fmt: skip


def _result(name: str, *failures: str, listed: tuple[Any, ...] = ()) -> dict[str, Any]:
    return {"scenario": name, "ok": not failures, "failures": list(failures), "listed": list(listed), "pending": [],
            "cpu_seconds": 1.5, "path": "sgi"}  # fmt: skip


def _outcome(failure: Failure, *results: dict[str, Any], detail: str = "", **run: Any) -> Outcome:
    config = RunConfig("sgi", "nowhere", **run)
    return Outcome(config, failure, detail, list(results), 3.0, ("EverySgi", "Resets"), PATHS["sgi"].module)


FINE: Final = (_result("EverySgi"), _result("Resets"))
BAD: Final = _result("Resets", "1 mismatches", listed=(MISMATCH,))
#: How a run can end, with the verdict of each test case.
ENDS: Final[dict[Failure, tuple[tuple[dict[str, Any], ...], dict[str, str]]]] = {
    Failure.NONE: (FINE, {"EverySgi": "", "Resets": ""}),
    Failure.MISMATCH: ((FINE[0], BAD), {"EverySgi": "", "Resets": "failure"}),
    Failure.NO_RESULT: (FINE[:1], {"EverySgi": "", "Resets": "error"}),
    Failure.DISAGREE: (FINE, {"EverySgi": "", "Resets": "", "(the run)": "error"}),
    Failure.HANG: ((_result("EverySgi", "hang: no heartbeat"),), {"EverySgi": "failure", "Resets": "error"}),
    Failure.CRASH: (FINE, {"EverySgi": "", "Resets": "", "(the run)": "error"}),
    Failure.BUILD: ((), {"EverySgi": "error", "Resets": "error"}),
    Failure.ENDED: (FINE[:1], {"EverySgi": "", "Resets": "error"}),
    Failure.NOT_RUN: ((), {"EverySgi": "error", "Resets": "error"}),
}


@pytest.mark.parametrize("failure", Failure, ids=lambda failure: failure.name)
def test_a_run_passes_in_junit_exactly_if_it_passed(failure: Failure, tmp_path: Path) -> None:
    """However it ended; each failure says what, and how to see it again."""
    results, verdicts = ENDS[failure]
    outcome = _outcome(failure, *results, detail="what \x1b[31mhappened\0")
    suite = suite_of(outcome)
    assert suite.ok == outcome.ok
    write(tmp_path / "results.xml", [suite])
    root = ElementTree.parse(tmp_path / "results.xml").getroot()
    cases = list(root.iter("testcase"))
    assert {case.get("name", "").split("/")[1].split(" [")[0]: "".join(e.tag for e in case) for case in cases} == verdicts
    for case in cases:
        for said in case:
            assert "repeat it: make sim SIM=verilator PATHS=sgi SEED=1" in (said.text or "")
            assert said.get("message")
    assert int(root.get("failures", "")) + int(root.get("errors", "")) == sum(bool(said) for said in verdicts.values())


def test_the_first_mismatch_is_told() -> None:
    case = suite_of(_outcome(Failure.MISMATCH, FINE[0], BAD)).cases[1]
    assert "differs on link gicd.rsp in cycle 22\n    expected RegReadData(1)\n    observed RegReadData(2)" in case.text
    assert "--scenarios Resets" in case.text and case.why == "1 mismatches"


def test_names_are_unique() -> None:
    """Over paths, recordings, simulators, devices, seeds and scenarios."""
    usual = RunConfig("sgi", "")
    others = [replace(usual, path="lpi"), replace(usual, simulator="icarus"), replace(usual, seed=2),
              replace(usual, device=DutParameters(2)), replace(usual, path="linux", trace="/x/v3-its-smp1.jsonl.gz"),
              replace(usual, path="linux", trace="/x/v3-its-smp2.jsonl.gz")]  # fmt: skip
    names = [case_name(Outcome(run), scenario) for run in (usual, *others) for scenario in ("EverySgi", "coverage")]
    assert len(set(names)) == len(names) == 14


def test_properties_hold_every_option() -> None:
    """Each field of the run's configuration and of its device."""
    properties = suite_of(_outcome(Failure.NONE, *FINE, seed=9)).properties
    assert {f.name for f in fields(RunConfig)} - {"device"} <= set(properties)
    assert {f"device.{f.name}" for f in fields(DutParameters)} <= set(properties)
    assert properties["seed"] == "9" and properties["scenarios"] == "EverySgi,Resets"


@pytest.mark.parametrize(("path", "scenario"), [(p, s) for p in PATHS.values() for s in p.scenarios], ids=str)
def test_file_and_line_are_the_scenarios(path: Any, scenario: str) -> None:
    """Its own class, in testbench/irqpath_testbench/tests."""
    file, number = place_of(path.module, scenario)
    assert file.startswith("testbench/irqpath_testbench/tests/test_")
    text = (ROOT / file).read_text()
    assert text.splitlines()[number - 1].startswith(f"class {scenario}(")
    assert any(isinstance(node, ast.ClassDef) and node.lineno == number for node in ast.parse(text).body)


def test_uncovered_bins_and_deviations_are_cases() -> None:
    """As the exit status has it: an uncovered bin counts where every scenario ran at full size."""
    outcome = _outcome(Failure.NONE, *FINE)
    uncovered_bins = ["signalled by: FIQ", "nesting: 2"]
    found = [
        coverage_case(outcome, h, whole=whole).verdict
        for h, whole in ((uncovered_bins, True), (uncovered_bins, False), ([], True))
    ]
    assert found == [Verdict.FAILED, Verdict.SKIPPED, Verdict.PASSED]
    assert "not covered: signalled by: FIQ\nnot covered: nesting: 2" in coverage_case(outcome, uncovered_bins, whole=True).text
    files = [Path("/x/v3-a.jsonl.gz"), Path("/x/v3-b.jsonl.gz")]
    fine, stopped = Findings(name="v3-a"), Findings(name="v3-b")
    fine.compared["register read"] += 1
    stopped.stopped = "line 7 is no JSON"
    assert fine.ok and not stopped.ok
    cases = replay_suite(files, [fine, stopped]).cases
    assert [case.verdict for case in cases] == [Verdict.PASSED, Verdict.FAILED]
    assert "line 7 is no JSON" in cases[1].text and "irqpath replay /x/v3-b.jsonl.gz" in cases[1].text
    assert [case.verdict for case in replay_suite(files).cases] == [Verdict.ERROR] * 2


def test_the_book_fails_until_all_is_well(tmp_path: Path) -> None:
    """It is on disk before anything runs, and a run that is missing fails it."""
    file = tmp_path / "new" / "junit.xml"
    book = Book(file, [_outcome(Failure.ENDED, detail="not yet")], [replay_suite([Path("/x/v3-a.jsonl.gz")])])
    assert not book.ok and ElementTree.parse(file).getroot().get("errors") == "3"
    book.put("sgi", suite_of(_outcome(Failure.NONE, *FINE)))
    assert not book.ok and ElementTree.parse(file).getroot().get("errors") == "1"
    book.put("replay", Suite("replay", {}, [Case("replay/v3-a", "c", "f", 1)]))
    assert book.ok and ElementTree.parse(file).getroot().get("errors") == "0"


# --- folders ----------------------------------------------------------------------------------------------------------------


def test_a_name_holds_every_option() -> None:
    """The usual options give the plain name; any other another name."""
    usual = RunConfig("sgi", "")
    scenarios = ("A", "B")
    plain = options(usual, scenarios, waves=False)
    assert suffix(plain, options(replace(usual, folder="/x"), scenarios, waves=False)) == ""
    other: dict[str, Any] = {"interrupts": 5, "device": DutParameters(2), "bound": 3, "grace": 4, "longest": 5, "watchdog": 4,
                             "hang_seconds": 5.0,
                             "stages": "record", "trace": "x", "events": 3, "fault": 1, "model_fault": "x",
                             "described": "x", "timing": False, "rate": 0.5}  # fmt: skip
    assert set(other) == {f.name for f in fields(RunConfig)} - {"folder", "path", "simulator", "seed"}
    changed = [options(replace(usual, **{name: value}), scenarios, waves=False) for name, value in other.items()]
    changed += [options(usual, scenarios, waves=True), options(usual, ("A",), waves=False)]
    found = {suffix(text, plain) for text in changed}
    assert len(found) == len(changed) and "" not in found


def test_a_folder_is_one_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While it is in use another gets one of its own, and says so; then it is free again."""
    place = tmp_path / "sgi-icarus-seed1"
    with claimed(place) as first, claimed(place) as second, claimed(place) as third:
        assert (first, second, third) == (place, tmp_path / "sgi-icarus-seed1.2", tmp_path / "sgi-icarus-seed1.3")
        assert capsys.readouterr().err.splitlines()[0] == (
            f"irqpath: process {os.getpid()} uses {place}: this run writes {second}"
        )
    assert list(tmp_path.iterdir()) == []
    with claimed(place) as again:
        assert again == place


def test_only_a_runs_folder_is_cleared(tmp_path: Path) -> None:
    """Nobody loses a folder to --out."""
    for left in ("thesis.tex", "run.json"):
        folder = tmp_path / left
        folder.mkdir()
        (folder / left).write_text("work of years")
        (folder / "part").mkdir()
    clear(tmp_path / "run.json")
    assert list((tmp_path / "run.json").iterdir()) == []
    with pytest.raises(CheckError, match="is not empty and holds no run"):
        clear(tmp_path / "thesis.tex")
    assert (tmp_path / "thesis.tex" / "thesis.tex").exists()
    clear(tmp_path / "new")
    assert (tmp_path / "new").is_dir()


# --- whole runs -------------------------------------------------------------------------------------------------------------


OPTIONS: Final = ("--scenarios", "EverySgi,RandomTraffic")


def _start(out: Path, *more: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "irqpath_testbench",
        "sim",
        "--sim",
        "icarus",
        "--paths",
        "sgi",
        "--seed",
        "1",
        "--no-replay",
    ]
    command += ["--out", str(out), *more]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _left(folder: Path) -> dict[str, Any]:
    """Results of a run but for the time that it took, and its transactions."""
    found: dict[str, Any] = {}
    for path in folder.glob("result-*.json"):
        found[path.name] = {name: value for name, value in orjson.loads(path.read_bytes()).items() if "seconds" not in name}
    bulk = folder / "transactions.jsonl"
    return found | {"transactions": bulk.read_bytes() if bulk.exists() else b""}


@pytest.mark.simulator("icarus")
def test_runs_at_once_find_what_single_ones_find(tmp_path: Path) -> None:
    """Two with the same options, one with others; nothing large stays of a run that passes, unless it is wanted."""
    build(Build("icarus"))
    single = _start(tmp_path / "single", *OPTIONS, "-n", "30", "--keep")
    assert single.wait() == 0, single.communicate()[0]
    together = [
        _start(tmp_path / "all", *OPTIONS, "-n", n, *keep) for n, keep in (("30", ["--keep"]), ("30", ["--keep"]), ("40", []))
    ]
    said = [run.communicate()[0] for run in together]
    assert [run.returncode for run in together] == [0, 0, 0], said
    (alone,) = (tmp_path / "single").glob("sgi-*")
    folders = sorted((tmp_path / "all").glob("sgi-*"))
    assert len(folders) == 3 and any(" uses " in text for text in said)
    kept = [folder for folder in folders if (folder / "records.bin").exists()]
    assert [_left(folder) for folder in kept] == [_left(alone)] * 2
    (other,) = set(folders) - set(kept)
    assert not (other / "transactions.jsonl").exists() and _left(other) != _left(alone)
    assert len(list((tmp_path / "all").glob("sim-*.xml"))) == 3


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize("kind", ["passes", "fails", "does not build"])
def test_exit_status_and_junit_agree(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that passes, one with an injected fault, one whose Verilog is not built; bulk stays of the one that fails."""
    more = {"passes": [], "fails": ["--fault", "13"], "does not build": []}[kind]
    if kind == "does not build":
        tool = tmp_path / "bin" / "iverilog"
        tool.parent.mkdir()
        tool.write_text('#!/bin/sh\n[ "$1" = -V ] && { echo "Icarus Verilog version 11.77"; exit; }\necho no room; exit 1\n')
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    run = _start(tmp_path / "out", "--scenarios", "EverySgi", "--junit", str(tmp_path / "junit.xml"), *more)
    said = run.communicate()[0]
    assert run.returncode == {"passes": 0, "fails": 1, "does not build": 2}[kind], said
    files = [tmp_path / "junit.xml", *(tmp_path / "out").glob("sgi-*/results.xml")]
    assert len(files) == 2
    for file in files:
        root = ElementTree.parse(file).getroot()
        assert (root.get("failures") == "0" and root.get("errors") == "0") == (run.returncode == 0), file.read_text()
    assert bool(list((tmp_path / "out").glob("sgi-*/transactions.jsonl"))) == (kind == "fails")
    if kind == "does not build":
        assert "no room" in files[0].read_text() and "no room" in said


def test_a_run_that_is_refused_fails_in_junit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where an earlier one passed."""
    file = tmp_path / "junit.xml"
    write(file, [suite_of(_outcome(Failure.NONE, *FINE))])
    assert cli.main(["sim", "--paths", "sgi", "--scenarios", "Nothing", "--junit", str(file)]) == USAGE_ERROR
    assert "has no scenario 'Nothing'" in capsys.readouterr().err
    assert ElementTree.parse(file).getroot().get("errors") == "1"


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--out=Makefile", "argument --out: 'Makefile' is no folder"),
        ("--junit=testbench", "argument --junit: 'testbench' is a folder"),
        ("--out=", "argument --out: '' is no folder"),
        ("--junit=Makefile/x.xml", "Makefile"),
    ],
)
def test_places_that_cannot_be_are_refused(option: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line."""
    assert cli.main(["sim", "--sim", "icarus", "--paths", "sgi", option]) == USAGE_ERROR
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("irqpath: error: ") and says in said
