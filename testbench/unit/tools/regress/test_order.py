"""In which order jobs run, failures in quarantine, and the audit of seeds."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from irqpath.core.errors import CheckError
from irqpath_testbench.tools.regress.audit import audit
from irqpath_testbench.tools.regress.order import ordered, together
from irqpath_testbench.tools.regress.quarantine import FILE, load
from irqpath_testbench.tools.regress.record import Record, Verdict
from unit.tools.regress import fakes

TODAY = datetime.date(2026, 6, 1)


def _record(seed: int, path: str = "sgi", verdict: Verdict = Verdict.PASSED, wall: float = 1.0) -> Record:
    (job,) = [replace(job, seed=seed) for job in fakes.jobs(1, path)]
    return replace(fakes.record(job, Path("runs/x"), verdict), wall=wall)


def test_what_failed_comes_first_then_what_takes_longest() -> None:
    """A job without a record takes what its kind takes on average; a kind that nobody timed is before those that were."""
    timed = [_record(1, wall=3), _record(2, wall=9), _record(3, verdict=Verdict.FAILED, wall=1), _record(1, "lpi", wall=20)]
    jobs = [*fakes.jobs(4), *fakes.jobs(2, "lpi"), *fakes.jobs(1, "spi")]
    first, *rest = ordered(jobs, timed)
    assert first.seed == 3
    assert [(job.path, job.seed) for job in rest] == [("spi", 1), ("lpi", 1), ("lpi", 2), ("sgi", 2), ("sgi", 4), ("sgi", 1)]
    assert ordered(jobs, []) == jobs


def test_what_runs_in_one_process() -> None:
    """Jobs that differ in their seeds alone, several batches for each worker; an injected fault by itself."""
    sgi, lpi = fakes.jobs(40), fakes.jobs(3, "lpi")
    fault = replace(sgi[0], fault=3)
    batches = together([sgi[0], lpi[0], fault, *sgi[1:], *lpi[1:]], 2, 10)
    assert [len(batch) for batch in batches] == [10, 1, 1, 10, 10, 10, 1, 1]
    assert (
        batches[2] == (fault,) and sum(batches, ()) != () and {job for batch in batches for job in batch} == {*sgi, *lpi, fault}
    )
    assert max(map(len, together(sgi, 2, 4))) == 4
    assert together(sgi, 2, 1) == [(job,) for job in sgi]
    assert together(sgi[:13], 1, 10, {sgi[1], sgi[2]}) == [(sgi[0], *sgi[3:7]), (sgi[1],), (sgi[2],), sgi[7:12], sgi[12:13]]


def _load(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "known.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_quarantined_failure(tmp_path: Path) -> None:
    """Until its day, of its kind only; a job that did not fail is not held."""
    entry = "[[quarantine]]\npath = 'sgi'\nlink = 'gicc*.irq'\nuntil = 2026-06-01\nreason = 'why'\nseeds = [3, 4]\n"
    path = _load(tmp_path, entry)
    known = load(path, TODAY)
    held = known.holds(_record(3, verdict=Verdict.FAILED))
    assert held is not None and held.reason == "why"
    for other in (_record(3), _record(5, verdict=Verdict.FAILED), _record(3, "spi", verdict=Verdict.FAILED)):
        assert known.holds(other) is None
    later = load(path, TODAY + datetime.timedelta(1))
    assert later.holds(_record(3, verdict=Verdict.FAILED)) is None and later.expired() == list(later.entries)
    assert load(FILE).expired() == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[quarantin]]\nx=1", "known.toml, quarantin: the list has tables"),
        ("x", "known.toml: this is no TOML"),
        ("[[quarantine]]\nlink='x'\nreason='r'", "until: None is no day"),
        ("[[quarantine]]\nlink='x'\nuntil=2026-01-01T00:00:00\nreason='r'", "is no day"),
        ("[[quarantine]]\nlink='x'\nuntil=2026-01-01\nreason=' '", "reason: missing"),
        ("[[quarantine]]\nlinks='x'\nuntil=2026-01-01\nreason='r'", "links: no such key: did you mean link"),
        ("[[quarantine]]\nlink=3\nuntil=2026-01-01\nreason='r'", "link: 3 is no text"),
        ("[[quarantine]]\nuntil=2026-01-01\nreason='r'", "it would fit every failure"),
        ("[[quarantine]]\nlink='x'\nseeds=['1']\nuntil=2026-01-01\nreason='r'", "is no list of seeds"),
    ],
)
def test_what_is_wrong_in_the_list_gets_one_clear_error(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(CheckError, match=says):
        load(_load(tmp_path, text), TODAY)
    with pytest.raises(CheckError, match="no quarantine list could be read"):
        load(tmp_path / "gone.toml")


def test_the_audit_of_seeds() -> None:
    """Seeds of any size, each with a first number of its own; what is not so is told."""
    good = [_record(seed) for seed in (1, 2, 2**32 + 1, 2**70)]
    assert audit(good) == []
    draw = {"EverySgi": f"{2**32 + 1}:EverySgi {1:016x}"}
    (told,) = audit([*good[:2], replace(good[2], draws=draw)])
    assert "began with the same random number, and the seeds differ" in told
    cut = replace(good[2], draws={"EverySgi": f"1:EverySgi {7:016x}"})
    (told,) = audit([good[1], cut])
    assert f"the generator of EverySgi is '1:EverySgi', and the seed is {2**32 + 1}" in told
    other = replace(good[0], job=replace(good[0].job, interrupts=7), draws={"EverySgi": f"1:EverySgi {9:016x}"})
    (told,) = audit([good[0], other])
    assert "began with other random numbers, and the seed is the same" in told
    (told,) = audit([replace(good[0], draws={})])
    assert "its scenarios say no random number" in told
