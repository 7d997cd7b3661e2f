"""What a regression says when it ends: every file from records alone, true only if all ran and passed, nothing of a log believed
to be anything but text."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from irqpath.core.errors import CheckError
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.env.plan import Group
from irqpath_testbench.tools.regress.asked import Asked
from irqpath_testbench.tools.regress.code_coverage import Line, Share, Source
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import Record, Records, Signature, Verdict
from irqpath_testbench.tools.regress.report import report
from irqpath_testbench.tools.regress.report.page import command_of, data, page
from irqpath_testbench.tools.regress.report.regression import Regression, Spread, read_regression, regression
from irqpath_testbench.tools.regress.report.summary import verdict
from irqpath_testbench.tools.regress.report.text import percent, seconds
from irqpath_testbench.tools.regress.report.trend import TREND, Point, put, trend
from irqpath_testbench.tools.sim.results import Results, Run, Scenario
from unit.tools import regress_records as made

#: What a log may hold: markup, the end of a script, of a block of Markdown, of a string; a control character.
_EVIL = "</script><img src=x onerror=alert(1)> ``` ```` | {{ 7*7 }} & \x1b[31m '\" \u2028"
_FILES = ("jobs.jsonl", "junit.xml", "regress.json", "summary.md", "index.html")


def _asked(jobs: list[Job], **more: Any) -> Asked:
    return Asked("tonight", "nightly", tuple(jobs), environment={"commit": "abc", "dirty": False}, begin=made.BEGIN, **more)


def _failed(job: Job, text: str, signature: Signature | None = None) -> Record:
    return Record(job, Verdict.FAILED, reason=text, story=text, signature=signature or Signature(text))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A regression of 60 jobs of which some failed and one did not run."""
    jobs = made.jobs(60)
    made.write(tmp_path / "nightly-1", jobs, [made.record(job, failures=0.2) for job in jobs[:-1]])
    return tmp_path / "nightly-1"


def test_true_only_if_all_ran_and_passed(tmp_path: Path) -> None:
    """A record that is missing, half written or of another job is none."""
    jobs = made.jobs(4)
    records = [made.record(job, failures=0) for job in jobs]
    made.write(tmp_path / "r", jobs, records)
    kept = Records(tmp_path / "r" / "records")
    assert report(tmp_path / "r")
    whole = kept.path(jobs[2]).read_text()
    for text in ("", whole[: len(whole) // 2], kept.path(jobs[1]).read_text()):
        kept.path(jobs[2]).write_text(text)
        assert not report(tmp_path / "r")
        assert json.loads((tmp_path / "r" / "regress.json").read_text())["not_run"] == [jobs[2].name]
    kept.path(jobs[2]).unlink()
    assert not report(tmp_path / "r")
    kept.write(replace(records[2], verdict=Verdict.HUNG))
    assert not report(tmp_path / "r")
    kept.write(records[2])
    assert report(tmp_path / "r")
    assert all((tmp_path / "r" / name).is_file() for name in _FILES)


def test_nothing_asked_is_nothing_shown(tmp_path: Path) -> None:
    made.write(tmp_path / "r", [])
    assert not report(tmp_path / "r")
    assert "the plan has no jobs" in (tmp_path / "r" / "summary.md").read_text()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"plan": "x"}', '{"version": 1, "plan": "x", "jobs": [{"path": "sgi"}]}'])
def test_a_plan_that_is_none_is_one_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(CheckError, match=r"holds no regression \(plan\.json\)"):
        report(tmp_path)
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(CheckError, match="does not say what was asked for"):
        report(tmp_path)


def test_records_of_other_jobs_do_not_count(folder: Path) -> None:
    """A plan that was made smaller leaves some."""
    Records(folder / "records").write(_failed(Job("sgi", seed=77_777), "old"))
    report(folder)
    assert "77777" not in (folder / "jobs.jsonl").read_text()


def test_a_line_a_job(folder: Path) -> None:
    report(folder)
    lines = [json.loads(line) for line in (folder / "jobs.jsonl").read_text().splitlines()]
    jobs = Asked.load(folder).jobs
    assert [line["name"] for line in lines] == [job.name for job in jobs]
    assert [Job.from_json(line["job"]) for line in lines] == list(jobs)
    assert lines[-1]["verdict"] == "it did not run"
    records = {record.job.name: record for record in Records(folder / "records").all()}
    for line in lines[:-1]:
        record = records[line["name"]]
        assert (line["verdict"], line["ok"], line["wall"]) == (record.verdict.value, record.ok, record.wall)
        assert line["compared"] == record.results.totals().compared.total()


def test_a_suite_a_path_and_simulator(folder: Path) -> None:
    report(folder)
    root = ElementTree.parse(folder / "junit.xml").getroot()
    rows = read_regression(Asked.load(folder), folder / "records").rows
    assert {s.get("name") for s in root} == {f"{row.job.path} [{row.job.simulator}]" for row in rows}
    for element in (root, *root.iter("testsuite")):
        cases = list(element.iter("testcase"))
        assert element.get("tests") == str(len(cases))
        assert element.get("failures") == str(len(list(element.iter("failure"))))
        assert element.get("errors") == str(len(list(element.iter("error"))))
    bad = {case.get("name") for case in root.iter("testcase") if len(case)}
    assert bad == {row.name for row in rows if not row.ok}
    assert len({case.get("name") for case in root.iter("testcase")}) == 60
    assert all("repeat it: irqpath sim" in (e.text or "") for tag in ("failure", "error") for e in root.iter(tag))


def test_one_object_has_all_that_is_counted(folder: Path) -> None:
    report(folder)
    plain = json.loads((folder / "regress.json").read_text())
    rows = read_regression(Asked.load(folder), folder / "records").rows
    totals = plain["totals"]
    assert not plain["ok"]
    assert (totals["jobs"], totals["not_run"]) == (60, 1)
    assert totals["passed"] == sum(row.ok for row in rows) == 59 - totals["failed"]
    assert sum(totals["verdicts"].values()) == 59
    assert sum(len(group["jobs"]) for group in plain["groups"]) == totals["failed"] > 3
    assert totals["groups"] == len(plain["groups"]) < totals["failed"]
    assert totals["bins"] - totals["bins_covered"] == sum(len(plan["uncovered"]) for plan in plain["coverage"]) > 0
    assert sum(suite["jobs"] for suite in plain["suites"]) == 60
    assert plain["environment"]["tools"]["verilator"] == "5.048"
    names = {row.name for row in rows}
    assert all(bin_["first"] in names for plan in plain["coverage"] for bin_ in plan["bins"] if bin_["hits"])


def test_what_is_known_to_fail_does_not_count(tmp_path: Path) -> None:
    """But is told; and a file of JUnit fails where the regression does."""
    jobs = [Job("sgi", seed=seed) for seed in range(4)]
    records = [_failed(job, "differs") if job.seed < 2 else Record(job, Verdict.PASSED) for job in jobs]
    folder = tmp_path / "r"
    made.write(folder, jobs, records)
    known = {job.name: f"until 2026-12-31: {_EVIL}" for job in jobs}
    assert not report(folder)
    assert not report(folder, {jobs[0].name: "until 2026-12-31"})
    assert report(folder, known)
    root = ElementTree.parse(folder / "junit.xml").getroot()
    assert (root.get("failures"), root.get("errors"), root.get("skipped")) == ("0", "0", "2")
    plain = json.loads((folder / "regress.json").read_text())
    assert plain["quarantined"] == {job.name: known[job.name] for job in jobs[:2]}
    assert plain["groups"] == []
    assert (plain["totals"]["failed"], plain["totals"]["quarantined"]) == (0, 2)
    assert (folder / "summary.md").read_text().splitlines()[0].endswith("passed: all 4 jobs ran, 2 failed as quarantined")
    assert "onerror" not in [name for _, attributes in _Reader((folder / "index.html").read_text()).tags for name in attributes]
    Records(folder / "records").path(jobs[3]).unlink()
    assert not report(folder, known), "what did not run is no known failure"


def test_what_is_wrong_with_all_of_it_fails_it(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    made.write(folder, [Job("sgi")], [Record(Job("sgi"), Verdict.PASSED)])
    assert not report(folder, wrong=["two jobs drew the same"])
    assert all("two jobs drew the same" in (folder / name).read_text() for name in _FILES if name != "jobs.jsonl")
    assert ElementTree.parse(folder / "junit.xml").getroot().get("failures") == "1"
    assert report(folder)


# --- summary.md ---------------------------------------------------------------------------------------------------------------


def test_the_summary_is_short_whatever_failed(tmp_path: Path) -> None:
    jobs = [Job("sgi", seed=seed) for seed in range(400)]
    made.write(tmp_path / "r", jobs, [_failed(job, "x" * 9000 + f"\n{job.seed}\n" * 50) for job in jobs])
    report(tmp_path / "r")
    text = (tmp_path / "r" / "summary.md").read_text()
    assert len(text) < 20_000
    assert text.startswith("## Regression `nightly` failed: of 400 jobs 400 failed\n")
    assert "392 more groups with 392 jobs" in text
    assert text.count("$ irqpath sim") == 8


def test_a_log_cannot_leave_its_block_in_the_summary(tmp_path: Path) -> None:
    """Blocks of code end where they were to end, whatever is in them."""
    made.write(tmp_path / "r", [Job("sgi")], [_failed(Job("sgi"), f"first\n```\n# {_EVIL}\n@everyone")])
    report(tmp_path / "r")
    outside, fence = [], ""
    for line in (tmp_path / "r" / "summary.md").read_text().splitlines():
        if found := re.match(r"`{3,}", line):
            if not fence:
                fence = found[0]
                continue
            if line.strip("`") == "" and len(found[0]) >= len(fence):
                fence = ""
                continue
        if not fence:
            outside.append(re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line))
    assert fence == ""
    assert not [line for line in outside if "everyone" in line or "<img" in line or line.startswith("# ")]


# --- index.html ---------------------------------------------------------------------------------------------------------------


class _Reader(HTMLParser):
    """Elements, attributes and texts; that what is opened is closed."""

    _EMPTY = frozenset({"meta", "link", "img", "input", "br", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self._EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)


def _page(records: list[Record], **more: Any) -> tuple[str, _Reader]:
    found = regression(_asked([record.job for record in records], **more), ((record.job, record) for record in records))
    text = page(found, [], Path())
    return text, _Reader(text)


def _data(text: str) -> Any:
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(found)


def test_the_page_is_whole_and_fetches_nothing(folder: Path) -> None:
    """Also where a browser is told to fetch: its policy forbids it."""
    report(folder)
    text = (folder / "index.html").read_text()
    read = _Reader(text)
    assert read.open == []
    assert {tag for tag, _ in read.tags} & {"link", "img", "iframe", "object", "base", "form"} == set()
    assert all(name not in attributes for _, attributes in read.tags for name in ("src", "srcset", "onclick", "style-src"))
    links = [attributes["href"] or "" for _, attributes in read.tags if "href" in attributes]
    assert links
    assert all(link.startswith(("#", "./")) for link in links)
    assert not re.search(r"https?://|@import|url\(", text)
    assert "default-src 'none'" in text
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("where", ["reason", "story", "signature", "folder", "options", "plan"])
def test_what_a_log_holds_is_text(where: str) -> None:
    """Wherever it comes from, nothing of it becomes an element, and it is shown as it was."""
    usual = _failed(Job("sgi"), "usual")
    group = Group(_EVIL, (_EVIL,))
    evil = {
        "reason": replace(usual, reason=_EVIL),
        "story": replace(usual, story=_EVIL),
        "signature": replace(usual, signature=Signature(_EVIL)),
        "folder": replace(usual, folder=_EVIL),
        "plan": replace(usual, results=Results({_EVIL: (group,)}, {"r": Run(_EVIL, "", {_EVIL: Scenario(True)})})),
    }
    text, read = _page([evil.get(where, usual)], **({"options": {_EVIL: [_EVIL]}} if where == "options" else {}))
    _, more = _page([replace(evil["plan"], folder="x")], options={"x": "x"})
    assert {tag for tag, _ in read.tags} <= {tag for tag, _ in more.tags}
    assert [tag for tag, _ in read.tags].count("script") == 2
    assert read.open == []
    assert all("onerror" not in attributes for _, attributes in read.tags)
    if where != "folder":
        shown = "\n".join(part for parts in read.texts.values() for part in parts)
        assert _EVIL in shown
    _data(text)


def test_an_escape_that_is_missing_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same test, of a page that trusts its logs."""
    from irqpath_testbench.tools.regress.report import page as module

    template = module._template()
    monkeypatch.setattr(template.environment, "autoescape", False)
    trusting = template.environment.from_string((Path(module.__file__).parent / "page.html").read_text())
    monkeypatch.setattr(module, "_template", lambda: trusting)
    _, read = _page([_failed(Job("sgi"), "<img src=x>")])
    assert "img" in {tag for tag, _ in read.tags}


def test_the_script_makes_the_command_that_repeats_a_job() -> None:
    """From its template, also of a seed that no number of JavaScript holds."""
    jobs = [
        *made.jobs(50),
        Job("spi", seed=2**70),
        Job("linux", trace="v3-its-smp1.jsonl.gz", seed=0),
        Job("sgi", fault=3, seed=20),
    ]
    plain = data(regression(_asked(jobs), [(job, None) for job in jobs]))
    for job, row in zip(jobs, plain["jobs"], strict=True):
        assert command_of(plain["texts"][row[12]], int(row[4])) == job.command()
        assert isinstance(row[4], str) == (job.seed > 2**53)


def test_a_page_of_ten_thousand_jobs_is_small() -> None:
    """What a browser opens in 2 seconds: rows are data, and few elements stand in the page."""
    jobs = made.jobs(10_000)
    some = [made.record(job) for job in jobs[:100]]
    records = ((job, replace(some[i % 100], job=job)) for i, job in enumerate(jobs))
    began = time.process_time()
    text = page(regression(_asked(jobs), records), [], Path())
    assert time.process_time() - began < 60
    assert len(_data(text)["jobs"]) == 10_000
    assert len(text) < 3_000_000
    assert len(_Reader(text).tags) < 5_000


def test_a_page_without_failures_or_coverage_has_no_place_for_them() -> None:
    _, read = _page([Record(Job("sgi"), Verdict.PASSED)])
    ids = {attributes["id"] for _, attributes in read.tags if "id" in attributes}
    assert ids == {"overview", "times", "jobs", "environment", "data"}


def test_waves_are_shown_where_there_are_some(tmp_path: Path) -> None:
    record = _failed(Job("sgi"), "differs")
    found = regression(_asked([record.job]), [(record.job, record)])
    assert "waves" not in page(found, [], tmp_path)
    (tmp_path / "waves" / record.job.name).mkdir(parents=True)
    assert "waves" not in page(found, [], tmp_path), "a run that was ended left none"
    (tmp_path / "waves" / record.job.name / "irqpath_tb.fst").touch()
    assert f'<a href="./waves/{record.job.name}/">waves</a>' in page(found, [], tmp_path)


def test_code_coverage_is_shown_with_its_source(tmp_path: Path) -> None:
    """Where there is some: shares, lines that no run reached, and what is excluded for which reason."""
    lines = [
        Line(1, "module gicr;"),
        Line(2, f"  a <= b; // {_EVIL}", 7, missed=["else", "busy[3]:0->1"]),
        Line(3, "  c <= d;", 0),
        Line(4, "  e <= f;", 0, reason="reset only"),
    ]
    one = Source("gicv3/gicr.v", {"line": Share(1, 2, 1), "toggle": Share(1999, 2000, 0)}, lines)
    other = Source("gicv3/its.v", {"line": Share(8, 8, 0), "branch": Share(3, 3, 0)}, [])
    made.write(tmp_path / "r", [Job("sgi")], [Record(Job("sgi"), Verdict.PASSED)])
    assert report(tmp_path / "r", code=[one, other])
    found = json.loads((tmp_path / "r" / "regress.json").read_text())["code"]
    assert found[0]["not_run"] == [3]
    assert found[0]["missed"] == {"2": ["else", "busy[3]:0->1"]}
    assert found[0]["shares"]["line"] == {"covered": 1, "total": 2, "excluded": 1}
    assert "Code coverage: line 90 %, toggle 99.9 %, branch 100 %" in (tmp_path / "r" / "summary.md").read_text()
    text = (tmp_path / "r" / "index.html").read_text()
    read = _Reader(text)
    assert "code" in {attributes.get("id") for _, attributes in read.tags}
    assert "gicv3/its.v" in read.texts["td"]
    assert _data(text)["code"][0][1][1:] == [
        [lines[1].text, 7, "else, busy[3]:0->1", ""],
        ["  c <= d;", 0, "", ""],
        ["  e <= f;", 0, "", "reset only"],
    ]


# --- trend --------------------------------------------------------------------------------------------------------------------


def _night(number: int, plan: str = "nightly", failed: int = 0) -> Regression:
    jobs = [Job("sgi", seed=seed) for seed in range(4)]
    found = [_failed(job, "x") if job.seed < failed else Record(job, Verdict.PASSED) for job in jobs]
    asked = replace(_asked(jobs), name=f"night {number}", plan=plan, begin=made.BEGIN + 86_400 * number)
    return regression(asked, zip(jobs, found, strict=True))


def test_a_row_a_regression(tmp_path: Path) -> None:
    """Of one plan, in the order of time; one that is reported again takes its own place; what came later is not its past."""
    file = tmp_path / TREND
    nights = [_night(2, failed=1), _night(1), _night(3, failed=2), _night(2, "smoke")]
    for night in (*nights, _night(2, failed=3)):
        put(file, night)
    found = trend(file, nights[2].asked)
    assert [(p.name, p.failed) for p in found] == [("night 1", 0), ("night 2", 3), ("night 3", 2)]
    assert [p.name for p in trend(file, nights[0].asked)] == ["night 1", "night 2"]
    assert isinstance(found[0], Point)


def test_the_page_shows_the_trend(tmp_path: Path) -> None:
    for number in range(3):
        put(tmp_path / TREND, _night(number, failed=number))
    last = _night(2, failed=2)
    text = page(last, trend(tmp_path / TREND, last.asked), tmp_path)
    assert text.count('class="point"') == 3 * 4
    assert "<b>2 of 4</b>" in text
    assert 'id="trend"' not in page(last, trend(tmp_path / TREND, _night(0).asked), tmp_path)


@pytest.mark.parametrize("spoil", [lambda p: p.write_bytes(b"no database" * 100), lambda p: p.mkdir()])
def test_a_trend_that_cannot_be_used_is_one_error(folder: Path, spoil: Callable[[Path], object]) -> None:
    """And what does not need it is written."""
    spoil(folder.parent / TREND)
    with pytest.raises(CheckError, match=r"trend.sqlite cannot be used .* move it away"):
        report(folder)
    assert (folder / "regress.json").is_file()
    assert (folder / "summary.md").is_file()


def test_the_trend_outlives_versions(tmp_path: Path) -> None:
    """A table that lacks a column gets it; one that has more keeps it."""
    file = tmp_path / TREND
    put(file, _night(1))
    database = sqlite3.connect(file)
    database.execute("alter table regressions drop column quarantined")
    database.execute("alter table regressions add column of_later")
    database.commit()
    database.close()
    put(file, _night(2, failed=1))
    assert [(p.name, p.failed, p.quarantined) for p in trend(file, _night(2).asked)] == [("night 1", 0, 0), ("night 2", 1, 0)]


def test_a_regression_that_waits_for_another_does_not_lose_its_row(tmp_path: Path) -> None:
    file = tmp_path / TREND
    put(file, _night(1))
    other = sqlite3.connect(file)
    try:
        assert other.execute("select count(*) from regressions").fetchone() == (1,)
        put(file, _night(2))
    finally:
        other.close()
    assert len(trend(file, _night(2).asked)) == 2


# --- words --------------------------------------------------------------------------------------------------------------------


def test_numbers_as_a_reader_wants_them() -> None:
    times = [0.04, 9.96, 59.6, 200, 3599.6, 7500, 360_000]
    assert [seconds(t) for t in times] == [
        "0.0 s",
        "10 s",
        "1 min 00 s",
        "3 min 20 s",
        "1 h 00 min",
        "2 h 05 min",
        "100 h 00 min",
    ]
    assert [percent(n, 1000) for n in (0, 999, 1000)] == ["0 %", "99.9 %", "100 %"]
    assert percent(99_999, 100_000) == "99.9 %", "100 % is all"
    assert Spread.of([4, 1, 3, 2, 5]) == Spread(1, 2, 3, 4, 5)
    assert Spread.of([7]) == Spread(7, 7, 7, 7, 7)
    assert Spread.of([]) == Spread()


@pytest.mark.parametrize(
    ("passed", "failed", "not_run", "text"),
    [
        (1, 0, 0, "passed: 1 job ran and passed"),
        (3, 0, 0, "passed: all 3 jobs ran and passed"),
        (3, 1, 0, "failed: of 4 jobs 1 failed"),
        (3, 1, 2, "failed: of 6 jobs 1 failed and 2 did not run"),
    ],
)
def test_the_verdict(passed: int, failed: int, not_run: int, text: str) -> None:
    jobs = [Job("sgi", device=DutParameters(), seed=seed) for seed in range(passed + failed + not_run)]
    records = [Record(j, Verdict.PASSED if j.seed < passed else Verdict.DIED) for j in jobs[: passed + failed]]
    found = regression(_asked(jobs), zip(jobs, [*records, *[None] * not_run], strict=True))
    assert verdict(found) == text
    assert found.ok == text.startswith("passed")
