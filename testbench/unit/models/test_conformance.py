"""The conformance table: what counts as evidence, and what does not."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from irqpath.config.sizes import GicConfig
from irqpath.core import places
from irqpath.core.errors import CheckError
from irqpath.core.transactions import RegRead, RegWrite, SysRead
from irqpath.gic.common.block import Block
from irqpath.gic.system import Gic
from irqpath.regs import BLOCKS, GICD, GICR, ICC
from irqpath.trace.findings import Tolerance
from irqpath.trace.replay import Replay
from irqpath_testbench.tools.conformance import add_arguments, collect, run
from irqpath_testbench.tools.conformance.evidence import Collected, Evidence, Seen, Source, digest, load, save
from irqpath_testbench.tools.conformance.injecting import noticed_by
from irqpath_testbench.tools.conformance.page import page
from irqpath_testbench.tools.conformance.paths import PATHS
from irqpath_testbench.tools.conformance.rows import MODELS, Row, all_rows
from irqpath_testbench.tools.conformance.touches import Bits, exercised
from irqpath_testbench.tools.conformance.watch import SET_OF, ModelWatch
from irqpath_testbench.tools.faults.injection import find, injected

MODEL_SOURCES = places.MODELS
ROOT = Path(__file__).resolve().parents[3]
TEST = Source("test", "testbench/unit/models/test_x.py::test_y")


def rows_by_name(evidence: Evidence) -> dict[str, Row]:
    """Registers and fields by name."""
    return {row.name: row for row in all_rows(evidence)}


def recorded(*accesses: RegRead | RegWrite, link: str = "gicr0.reg") -> Seen:
    """What the recorder sees of accesses to a fresh GIC."""
    recorder = ModelWatch()
    with recorder.installed():
        gic = Gic(GicConfig())
        recorder.start()
        for access in accesses:
            gic.send(link, access)
        return recorder.stop()


# --- what counts --------------------------------------------------------------------------------------------------------


def test_what_nothing_exercises_shows_as_such() -> None:
    rows = all_rows({})
    assert len(rows) > 1000
    assert not [row.name for row in rows if row.holds or row.agreed or row.sources]
    assert {row.independent for row in rows} == {"none"}
    assert {row.spec for row in rows} >= {"DDI 0601, GICR_WAKER", "IHI 0048, GICC_CTLR"}


def test_a_test_that_touches_it_changes_that() -> None:
    waker = GICR.element("GICR_WAKER").offset
    nothing: Evidence = {}
    reading = {TEST: recorded(RegRead(waker, 4))}
    both = {TEST: recorded(RegWrite(waker, 4, 0), RegRead(waker, 4), RegWrite(waker, 4, 2), RegRead(waker, 4))}
    held = [rows_by_name(e)["GICR_WAKER.ProcessorSleep"].holds for e in (nothing, reading, both)]
    assert held == [False, False, True]
    assert rows_by_name(reading)["GICR_WAKER"].holds
    assert rows_by_name(reading)["GICR_WAKER.ChildrenAsleep"].holds  # read-only
    assert not rows_by_name(both)["GICR_CTLR"].holds


def test_every_access_kind_needs_its_own() -> None:
    isenabler, setspi = GICD.register("GICD_ISENABLER"), GICD.register("GICD_SETSPI_NSR")
    s, w = isenabler.fields[0], setspi.fields[0]
    assert (s.access, w.access) == ("w1s", "wo")
    read, written = Bits(), Bits()
    read.read(0, s.mask)
    written.write(s.mask, s.mask)
    assert not exercised(isenabler, s, read)
    assert not exercised(isenabler, s, written)
    read.add(written)
    assert exercised(isenabler, s, read)
    assert not exercised(setspi, w, Bits(read0=w.mask, written0=w.mask))
    assert exercised(setspi, w, Bits(written1=w.mask))


def test_parts_of_a_register_are_told_apart() -> None:
    at = GICR.element("GICR_IPRIORITYR0").offset
    seen = recorded(*(a for value in (0xF8, 0) for a in (RegWrite(at + 1, 1, value), RegRead(at + 1, 1))))
    rows = rows_by_name({TEST: seen})
    assert rows["GICR_IPRIORITYR.Priority_offset_1B"].holds
    assert not rows["GICR_IPRIORITYR.Priority_offset_0B"].sources


def test_a_refused_access_is_no_evidence() -> None:
    assert recorded(RegRead(GICR.element("GICR_WAKER").offset, 2)).registers == {}


def test_system_registers_and_those_of_a_guest() -> None:
    from irqpath.config.sizes import VirtualConfig
    from irqpath.core.transactions import PeState
    from irqpath.gic.gicc.pe_state import FMO, IMO

    recorder = ModelWatch()
    with recorder.installed():
        gic = Gic(GicConfig(lpis=False, its=(), virtual=VirtualConfig()))
        recorder.start()
        gic.send("gicc0.sys", SysRead(ICC.by_name("ICC_PMR_EL1").offset))
        physical = recorder.take()
        gic.send("gicc0.sys", PeState(1, IMO | FMO))
        gic.send("gicc0.sys", SysRead(ICC.by_name("ICC_PMR_EL1").offset))
        virtual = recorder.stop()
    assert list(physical.registers) == ["ICC/ICC_PMR_EL1"]
    assert list(virtual.registers) == ["ICV/ICV_PMR_EL1"]


def test_only_independent_parties_agree() -> None:
    waker = GICR.element("GICR_WAKER").offset
    seen = recorded(RegRead(waker, 4))
    for kind, agreed in (("test", False), ("simulation", False), ("published", True), ("recording", True), ("oracle", True)):
        row = rows_by_name({Source(kind, "someone"): seen})["GICR_WAKER"]
        assert (row.holds, row.agreed, row.independent) == (True, agreed, "someone" if agreed else "none")


def test_models_with_an_injected_fault_do_not_count() -> None:
    recorder, access = ModelWatch(), RegRead(GICR.element("GICR_WAKER").offset, 4)
    with recorder.installed():
        recorder.start()
        with injected(find("ptz-reads-back")) as lib:
            lib.Gic(lib.GicConfig()).send("gicr0.reg", access)
        assert recorder.take().registers == {}
        Gic(GicConfig()).send("gicr0.reg", access)
        assert list(recorder.stop().registers) == ["GICR/GICR_WAKER"]


def test_a_rule_needs_a_test_and_a_bug_that_it_noticed() -> None:
    row = {r.name.split()[0]: r for r in all_rows({TEST: Seen(rules={"R1": 0, "R2": 3})}) if r.kind == "rule"}
    assert (row["R1"].holds, row["R1"].sources) == (False, (TEST,))
    assert (row["R2"].holds, row["R2"].injected) == (True, 3)
    assert not row["R3"].sources


def test_models_are_left_as_they_were() -> None:
    before = dict(vars(Block))
    with pytest.raises(ZeroDivisionError), ModelWatch().installed():
        raise ZeroDivisionError
    assert dict(vars(Block)) == before


def test_tables_name_what_exists() -> None:
    assert all((MODEL_SOURCES / part).is_file() for m in MODELS.values() for part in m.split(", "))
    assert MODELS.keys() == {*BLOCKS, "ICV"}
    assert SET_OF.keys() == {register.name for block in BLOCKS.values() for register in block.registers}


# --- where it comes from ------------------------------------------------------------------------------------------------

_SUITE = """
import pytest
from irqpath.config.sizes import GicConfig
from irqpath.gic.system import Gic
from irqpath.regs import GICD, GICR
from irqpath.core.transactions import RegRead

def read(frame, name):
    block = {"GICD": "gicd", "GICR": "gicr0"}[frame.name]
    Gic(GicConfig()).send(block + ".reg", RegRead(frame.element(name).offset, 4))

@pytest.mark.rule("R10")
def test_passes():
    read(GICR, "GICR_WAKER")

def test_fails():
    read(GICD, "GICD_TYPER")
    assert False

def test_is_skipped():
    read(GICD, "GICD_IIDR")
    pytest.skip("no")

@pytest.mark.published("suite file.c", "scenario")
def test_scenario():
    read(GICD, "GICD_CTLR")
"""


def test_only_tests_that_pass_count(tmp_path: Path) -> None:
    (tmp_path / "test_suite.py").write_text(_SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    rule\n    published\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "irqpath_testbench.tools.conformance.plugin", "-p", "no:cacheprovider"]
    result = subprocess.run(
        [*command, "--evidence", str(tmp_path / "evidence"), "."],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1, result.stdout + result.stderr
    evidence = load(tmp_path / "evidence").evidence
    found = {source.kind + " " + source.name: sorted(seen.registers) for source, seen in evidence.items()}
    assert found == {
        "test test_suite.py::test_passes": ["GICR/GICR_WAKER"],
        "published suite file.c: scenario": ["GICD/GICD_CTLR"],
    }
    assert evidence[Source("test", "test_suite.py::test_passes")].rules == {"R10": 0}


_TRACE = ROOT / "testbench" / "unit" / "replay" / "traces" / "v3-its-smp1.jsonl.gz"


def _shortened(tmp_path: Path, change: str = "") -> Path:
    """The first 400 events of a recording; `change`: what becomes of GICR_WAKER's first read."""
    import gzip

    with gzip.open(_TRACE, "rt") as file:
        lines = [next(file) for _ in range(400)]
    if change:
        at = next(
            n for n, line in enumerate(lines) if (e := json.loads(line))["e"] == "mr" and (e["r"], e["o"]) == ("gicr0", 0x14)
        )
        event = json.loads(lines[at])
        lines[at] = json.dumps({**event, "v": event["v"] ^ 8}) + "\n"
    file_ = tmp_path / "short.jsonl"
    file_.write_text("".join(lines))
    return file_


def test_a_recording_counts_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    said: list[str] = []
    assert collect.replays(said.append, [_shortened(tmp_path)], tmp_path)
    (seen,) = load(tmp_path).evidence.values()
    assert "GICR/GICR_WAKER" in seen.registers
    assert not collect.replays(said.append, [_shortened(tmp_path, "wrong")], tmp_path)
    assert load(tmp_path).evidence == {}
    assert "does not replay without deviation" in said[-1]


def test_a_tolerated_read_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tolerance = Tolerance("waker", "for this test", "GICR_WAKER of gicr0", 8, lambda _: True)
    monkeypatch.setattr(collect, "Replay", lambda path: Replay(path, tolerances=(tolerance,)))
    assert collect.replays(lambda _: None, [_shortened(tmp_path, "wrong")], tmp_path)
    (seen,) = load(tmp_path).evidence.values()
    assert "GICR/GICR_WAKER" not in seen.registers
    assert "GICR/GICR_TYPER" in seen.registers


def test_a_recording_bears_a_rule_out_whose_bug_it_notices() -> None:
    assert noticed_by("ptz-reads-back", ["v3-its-smp1"]) == ""  # Linux does not look at it
    assert noticed_by("lpi-stays-pending", ["v3-its-smp1"]) == "v3-its-smp1"


# --- files and output ---------------------------------------------------------------------------------------------------


def arguments(*words: str) -> argparse.Namespace:
    """As the command line gives them."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is damaged"),
        ('{"schema": 0, "sources": []}', "has schema 0, this irqpath reads 1"),
        ('{"schema": 1, "models": "", "sources": [{"kind": "hearsay"}]}', "is damaged"),
        ("[]", "is damaged"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "tests-gw0.json").write_text(text)
    with pytest.raises(CheckError, match=rf"tests-gw0\.json {says}.*run: make conformance"):
        load(tmp_path)


def test_without_evidence_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match=r"no evidence in .* yet; run: make conformance"):
        run(arguments("--evidence", str(tmp_path)))


def test_files_are_as_they_were_saved_and_tell_their_age(tmp_path: Path) -> None:
    seen = Seen({"GICR/GICR_WAKER": Bits(1, 2, 3, 4)}, {"mapd"}, {"spi"}, {"R1": 2})
    save(tmp_path / "a.json", {TEST: seen})
    found = load(tmp_path)
    assert found.evidence == {TEST: seen}
    assert found.stale == []
    text = (tmp_path / "a.json").read_text()
    (tmp_path / "a.json").write_text(text.replace(digest(), "0" * 64))
    assert load(tmp_path).stale == [tmp_path / "a.json"]


def test_what_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    oracle = Source("oracle", "v3-1pe")
    save(tmp_path / "a.json", {oracle: recorded(RegRead(GICR.element("GICR_WAKER").offset, 4))})
    folder = ("--evidence", str(tmp_path))
    assert run(arguments(*folder, "--json", str(tmp_path / "rows.txt"), "--html", str(tmp_path / "page.html"))) == 0
    out = capsys.readouterr().out
    assert "What nothing exercises" in out
    assert "evidence of 1 machines of QEMU; none of tests" in out
    rows = {row["name"]: row for row in json.loads((tmp_path / "rows.txt").read_text())}
    assert rows["GICR_WAKER"]["independent"] == "v3-1pe"
    assert rows["GICR_CTLR"]["independent"] == "none"
    assert "http" not in (tmp_path / "page.html").read_text()
    assert run(arguments(*folder, "--block", "gicr", "--kind", "register")) == 0
    out = capsys.readouterr().out
    assert "GICR_WAKER" in out
    assert "GICD_CTLR" not in out
    with pytest.raises(CheckError, match="no row of the table fits"):
        run(arguments(*folder, "--block", "GICX"))


def test_the_page_escapes_what_it_shows() -> None:
    assert "&lt;b&gt;" in page([Row("rule", "rule", "<b>", "spec", "model")], "evidence", Collected({}))


def test_what_was_not_looked_for_is_no_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After a `make sim` there is evidence of its paths, and of nothing else."""
    save(tmp_path / "simulation-sgi.json", {Source("simulation", "sgi in verilator"): Seen(paths={"sgi"})})
    folder = ("--evidence", str(tmp_path))
    assert run(arguments(*folder, "--json", str(tmp_path / "rows.txt"), "--html", str(tmp_path / "page.html"))) == 0
    lines = capsys.readouterr().out.splitlines()
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if line.startswith("│")]
    summary = {(row[0], row[1]): row[2:] for row in cells if len(row) == 6}
    nothing = ["not collected"] * 3
    assert summary["GICD", "register"][1:] == nothing
    assert summary["rule", "rule"][1:] == nothing
    total = len(PATHS)
    assert summary["path", "path"] == [str(total), "1", "not collected", str(total - 1)]
    assert any("rows was not collected; run: make conformance" in line for line in lines)
    rows = {row["name"]: row for row in json.loads((tmp_path / "rows.txt").read_text())}
    assert (rows["GICR_WAKER"]["collected"], rows["sgi"]["collected"]) == (False, True)
    assert "not collected" in (tmp_path / "page.html").read_text()
    assert run(arguments(*folder, "--block", "GICR")) == 0
    out = capsys.readouterr().out
    assert "nothing exercises it" not in out and "not collected" in out
    with pytest.raises(CheckError, match="not collected: there is no evidence"):
        run(arguments("--evidence", str(tmp_path / "none")))


def test_paths_have_a_section() -> None:
    assert all(PATHS.values())
