"""A failure runs again with waves, and fails as it did."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from irqpath.core.errors import CheckError
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.tools.regress import cli
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import Record, Signature, Verdict
from irqpath_testbench.tools.regress.waves import Again, run_again, waves_of
from irqpath_testbench.tools.regress.worker import Limits, run_job

_JOB = Job(
    "spi",
    "icarus",
    DutParameters(pes=2, spis=32),
    interrupts=60,
    scenarios=("SpiLevels", "RandomSpis"),
    model_fault="ties-not-replaced",
)


@pytest.mark.simulator("icarus")
def test_a_failure_runs_again_with_waves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own scenario alone, from the begin, and with a marker where it failed."""
    monkeypatch.setenv("IRQPATH_MODEL_FAULT", _JOB.model_fault)
    job = replace(_JOB, model_fault="")
    record = run_job(job, tmp_path / "runs" / job.name)
    assert record.verdict is Verdict.FAILED
    assert record.signature
    assert waves_of(tmp_path, record) == ""
    again = run_again(record, tmp_path)
    assert again.same
    assert again.view
    assert "marker" in again.view.read_text()
    assert waves_of(tmp_path, record) == f"waves/{job.name}"
    left = {path.name for path in again.folder.iterdir()}
    assert {"result-RandomSpis.json"} == {name for name in left if name.startswith("result-")}
    assert "records.bin" not in left
    monkeypatch.delenv("IRQPATH_MODEL_FAULT")
    assert not run_again(record, tmp_path).same, "it is not the same device"


@pytest.mark.parametrize("record", [Record(Job("sgi"), Verdict.PASSED), Record(_JOB, Verdict.MISSED)])
def test_what_passed_does_not_run_again(tmp_path: Path, record: Record) -> None:
    with pytest.raises(CheckError, match="nothing to look at"):
        run_again(record, tmp_path)


def test_a_kind_of_failure_runs_again_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has waves does not; that there are none is said, and fails nothing."""
    ran: list[str] = []

    def fake(record: Record, top: Path, limits: object) -> Again:
        ran.append(record.job.name)
        if record.job.path == "ppi":
            raise CheckError("no simulator")
        view = tmp_path / "waves" / record.job.name / "irqpath_tb.fst"
        view.parent.mkdir(parents=True)
        view.touch()
        return Again(record, view.parent, view, same=record.job.path == "sgi")

    monkeypatch.setattr(cli, "run_again", fake)
    jobs = [Job(path, seed=seed) for path in ("sgi", "spi", "ppi") for seed in (1, 2)]
    records = [Record(job, Verdict.FAILED, signature=Signature(job.path), wall=1.0) for job in jobs]
    for expected in (["sgi", "spi", "ppi"], ["ppi"]):
        ran.clear()
        out = io.StringIO()
        cli._with_waves(Console(file=out, width=200), tmp_path, records, 60.0, Limits())
        assert sorted(ran) == sorted(Job(path, seed=1).name for path in expected)
        assert f"no waves of {Job('ppi', seed=1).name}: no simulator\n" in out.getvalue()
    cli._with_waves(Console(file=out), tmp_path / "other", records, 0.0, Limits())
    assert len(ran) == 1
