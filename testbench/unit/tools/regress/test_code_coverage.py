"""Coverage of the Verilog: what Verilator wrote is read whole, merges in any order, and lands on the right lines.

small.dat is what Verilator 5.048 wrote of small.v, with HDL in place of its folder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irqpath.core.errors import CheckError
from irqpath.core.places import HDL
from irqpath_testbench.tools.regress.code_coverage import (
    CodeCoverage,
    Exclusion,
    Point,
    Share,
    load,
    merge,
    of_runs,
    read,
    sources,
    stale,
)
from irqpath_testbench.tools.regress.code_coverage import total as total_of

HERE = Path(__file__).parent
_POINTS = st.sampled_from([Point(file, line, 1, kind, "") for file in "ab" for line in (1, 2) for kind in ("line", "branch")])
_COVERAGE = st.dictionaries(_POINTS, st.integers(0, 2**70), max_size=5).map(CodeCoverage)


@pytest.fixture
def hdl(tmp_path: Path) -> Path:
    """A folder of Verilog with small.v, and small.dat of it."""
    (tmp_path / "small.v").write_text((HERE / "small.v").read_text())
    (tmp_path / "small.dat").write_bytes((HERE / "small.dat").read_bytes().replace(b"HDL", bytes(tmp_path)))
    return tmp_path


@given(st.lists(_COVERAGE, min_size=3, max_size=3))
def test_merging_obeys_its_laws(parts: list[CodeCoverage]) -> None:
    """Any order, any grouping, and what comes twice counts once; nothing that a run reached is lost."""
    one, two, three = parts
    assert one | two == two | one
    assert (one | two) | three == one | (two | three) == merge(parts) == reduce(CodeCoverage.__or__, parts)
    assert one | one == one
    merged = merge(parts)
    for point, count in merged.hits.items():
        assert count == max(part.hits.get(point, 0) for part in parts)
    assert merged.hits.keys() == one.hits.keys() | two.hits.keys() | three.hits.keys()


def test_lines_branches_and_toggles_of_a_source(hdl: Path) -> None:
    """As one counts them by hand."""
    (source,) = sources(read(hdl / "small.dat", hdl), (), hdl)
    assert (source.file, source.block) == ("small.v", "small")
    assert source.shares == {"line": Share(6, 6), "branch": Share(3, 4), "toggle": Share(13, 14)}
    assert total_of([source, source])["branch"] == Share(6, 8)
    lines = {line.number: line for line in source.lines}
    assert [lines[n].count for n in (1, 2, 3, 4, 5, 7, 8, 9, 11)] == [None, 2, 16, 3, 3, 10, 3, 3, None]
    assert lines[5].branches == [("if", 3), ("else", 10)]
    assert lines[8].branches == [("cond_then", 0), ("cond_else", 3)]
    assert lines[8].missed == ["cond_then"]
    assert lines[1].toggles == Share(13, 14)
    assert lines[1].missed == ["a[1]:1->0"]
    assert lines[4].text.strip() == "if (a[0]) q <= q + 1;"


def test_what_is_not_the_device_is_left_out(hdl: Path) -> None:
    """The testbench, and properties of proofs."""
    (hdl / "formal").mkdir()
    text = (hdl / "small.dat").read_bytes()
    (hdl / "other.dat").write_bytes(text.replace(b"small.v", b"formal/small.v"))
    assert read(hdl / "other.dat", hdl).hits == {}
    assert read(hdl / "small.dat", hdl / "formal").hits == {}


@pytest.mark.parametrize(
    "spoil",
    [lambda text: b"", lambda text: text[1:], lambda text: text[:-20], lambda text: text.replace(b"\x01l\x021", b"\x01l\x02x")],
)
def test_a_file_that_is_not_whole_is_one_clear_error(hdl: Path, spoil: Callable[[bytes], bytes]) -> None:
    """And so is one that is not there."""
    path = hdl / "small.dat"
    path.write_bytes(spoil(path.read_bytes().rstrip()))
    with pytest.raises(CheckError, match=r"small\.dat"):
        read(path, hdl)
    with pytest.raises(CheckError, match=r"no\.dat: No such file"):
        read(hdl / "no.dat", hdl)


def test_exclusions_leave_out_what_was_not_reached(hdl: Path) -> None:
    """By a line's text, by a signal, by kind; what was reached counts all the same."""
    coverage = read(hdl / "small.dat", hdl)
    a = Exclusion("small.v", "the testbench holds it", signal="a")
    case = Exclusion("small.v", "a is 1 there", line="2'd1: q[2] <= a[1] ? 1'b0 : 1'b1;", kinds=("branch",))
    assert stale(coverage, (a, case), hdl) == []
    (source,) = sources(coverage, (a, case), hdl)
    assert source.shares == {"line": Share(6, 6), "branch": Share(3, 3, 1), "toggle": Share(13, 13, 1)}
    assert source.lines[7].reason == "a is 1 there"
    assert source.lines[7].missed == source.lines[0].missed == []
    assert stale(coverage, [replace(a, signal="q")], hdl) == [
        "small.v: 'q' is excluded (the testbench holds it), and was reached"
    ]
    gone = [replace(a, signal="b"), replace(case, line="gone"), replace(a, file="gone.v"), replace(case, kinds=("toggle",))]
    assert all(line.endswith("and is not there") for line in stale(coverage, gone, hdl))
    assert len(stale(coverage, gone, hdl)) == 4


@pytest.mark.parametrize(
    "text",
    [
        "[[exclusion]]\nfile = 'a.v'\nline = 'x'\nreason = ' '",
        "[[exclusion]]\nfile = 'a.v'\nreason = 'because'",
        "[[exclusion]]\nfile = 'a.v'\nline = 'x'\nsignal = 'y'\nreason = 'because'",
        "[[exclusion]]\nfile = 'a.v'\nline = 'x'\nkinds = ['lines']\nreason = 'because'",
        "[[exclusion]]\nfile = 'a.v'\nlines = 'x'\nreason = 'because'",
        "[[exclusion",
    ],
)
def test_exclusions_are_checked(tmp_path: Path, text: str) -> None:
    """Each has a reason, and says one thing."""
    (tmp_path / "exclusions.toml").write_text(text)
    with pytest.raises(CheckError, match=r"exclusions\.toml"):
        load(tmp_path / "exclusions.toml")


def test_the_exclusions_of_the_project_are_of_files_that_are_there() -> None:
    """What they exclude, a regression with coverage checks."""
    for exclusion in load():
        texts = (HDL / exclusion.file).read_text().splitlines()
        assert not exclusion.line or exclusion.line in map(str.strip, texts), exclusion.name


def test_what_runs_left_together(hdl: Path) -> None:
    """Sources of all files, and a line for each that is wrong; a stale exclusion is."""
    small = hdl / "small.dat"
    code, wrong = of_runs([small, hdl / "no.dat", small], (), hdl)
    assert [source.shares for source in code] == [source.shares for source in sources(read(small, hdl), (), hdl)]
    assert len(wrong) == 1 and "no.dat: No such file" in wrong[0]
    assert of_runs([small], [Exclusion("small.v", "once", signal="gone")], hdl)[1] == [
        "small.v: 'gone' is excluded (once), and is not there"
    ]
    assert of_runs([], None, hdl) == ([], [])
    (hdl / "small.v").write_text("module small;\nendmodule\n")
    code, wrong = of_runs([small], (), hdl)
    assert code == [] and "another version" in wrong[0]


def test_coverage_of_another_version_is_an_error(hdl: Path) -> None:
    """Counts would land on lines that they are not of."""
    coverage = read(hdl / "small.dat", hdl)
    (hdl / "small.v").write_text("module small;\nendmodule\n")
    with pytest.raises(CheckError, match="another version"):
        sources(coverage, (), hdl)
    (hdl / "small.v").unlink()
    with pytest.raises(CheckError, match="another version"):
        sources(coverage, (), hdl)
