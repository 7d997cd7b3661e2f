"""What runs a job: its record says what became of it, why, and what it took."""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from irqpath.core.errors import CheckError
from irqpath_testbench.cli import main
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.tools.faults.rtl_faults import FAULTS
from irqpath_testbench.tools.regress import cli, schedule
from irqpath_testbench.tools.regress.audit import audit
from irqpath_testbench.tools.regress.cli import differing
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import Record, Records, Signature, Verdict
from irqpath_testbench.tools.regress.worker import Limits, run_batch, run_job
from irqpath_testbench.tools.toolchain.processes import which_of

pytestmark = pytest.mark.simulator("icarus")
#: A second in Icarus.
JOB = Job("ppi", "icarus", DutParameters(pes=1, spis=32), seed=2**40 + 3, interrupts=20, scenarios=("PpiLevels",))


def _run(job: Job, tmp_path: Path, limits: Limits = Limits(memory=1 << 30)) -> Record:  # noqa: B008  # it is frozen
    return run_job(job, tmp_path / "runs" / job.name, limits)


def test_a_job_passes_and_repeats(tmp_path: Path) -> None:
    """Measured; its seed reached the generator; the same again from its record, by the line too."""
    first = _run(JOB, tmp_path)
    assert first.ok, first
    assert first.wall > first.cpu / 2 > 0.05 and first.memory > 20 << 20 and first.attempts == 1
    assert first.draws["PpiLevels"].startswith(f"{JOB.seed}:PpiLevels ") and audit([first]) == []
    assert first.folder == f"runs/{JOB.name}" and not (tmp_path / first.folder / "records.bin").exists()
    records = Records(tmp_path / "records")
    records.write(first)
    assert records.read(JOB) == first
    assert main(["regress", "--repeat", str(records.path(JOB)), "--out", str(tmp_path)]) == 0
    other = _run(replace(JOB, seed=3), tmp_path)
    assert differing(first, other) == ["draws", "results"]


def test_an_injected_fault_must_be_found(tmp_path: Path) -> None:
    """Passed by the check that found it; missed where nothing in the scenario notices it."""
    found = _run(replace(JOB, path="sgi", scenarios=("EverySgi",), fault=3), tmp_path)
    assert found.ok and found.reason.startswith("found: differs on ") and found.signature is not None, found.reason
    assert found.signature.check == "differs" and found.signature.scenario == "EverySgi"
    elsewhere = next(fault for fault in FAULTS if fault.path == "lpi")
    missed = _run(replace(JOB, fault=elsewhere.number), tmp_path)
    assert missed.verdict is Verdict.MISSED, missed
    assert missed.reason == f"fault {elsewhere.number}, {elsewhere.what}: every check passed"
    model = _run(replace(JOB, path="sgi", scenarios=("EverySgi",), model_fault="sgi-ack-after-delivery"), tmp_path)
    assert model.ok and model.reason.startswith("found: "), model.reason


def test_limits_of_time_and_memory(tmp_path: Path) -> None:
    """What exceeds one is ended, and is a result with a reason."""
    job = replace(JOB, path="sgi", scenarios=("RandomTraffic",), interrupts=100_000)
    slow = _run(job, tmp_path, Limits(seconds=1.0))
    assert slow.verdict is Verdict.TIME and slow.reason == "more than 1 s" and 1 < slow.wall < 30
    large = _run(job, tmp_path, Limits(memory=30 << 20))
    assert large.verdict is Verdict.MEMORY and "more than 31,457,280" in large.reason and large.memory > 30 << 20
    assert slow.attempts == large.attempts == 1 and not which_of(tmp_path)


def test_a_simulator_that_dies_is_tried_again(tmp_path: Path) -> None:
    """Twice, then it is a result that says how."""
    job = replace(JOB, path="sgi", scenarios=("RandomTraffic",), interrupts=100_000)
    killed: list[int] = []

    def kill() -> None:
        end = time.monotonic() + 60
        while len(killed) < 2 and time.monotonic() < end:
            for pid in which_of(tmp_path):
                if pid not in killed and pid != os.getpid():
                    time.sleep(0.5)
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
            time.sleep(0.05)

    killer = threading.Thread(target=kill)
    killer.start()
    died = _run(job, tmp_path)
    killer.join()
    assert died.verdict is Verdict.DIED and died.attempts == 2, died
    assert "was ended by SIGKILL; attempt 1: the simulator died (" in died.reason
    assert died.signature is not None and died.signature.scenario == "RandomTraffic"


def _batch(jobs: list[Job], tmp_path: Path, limits: Limits = Limits(memory=1 << 30)) -> list[Record]:  # noqa: B008  # as above
    found: list[Record] = []
    run_batch(jobs, lambda job: tmp_path / "runs" / job.name, limits, found.append)
    return found


def test_jobs_of_one_process_have_the_records_of_each_alone(tmp_path: Path) -> None:
    """But for what they took, and who ran before."""
    jobs = [replace(JOB, seed=seed) for seed in (1, 2**40 + 3, 5)]
    found = _batch(jobs, tmp_path / "together")
    assert [record.job for record in found] == jobs
    assert [record.before for record in found] == [(), (jobs[0].name,), (jobs[0].name, jobs[1].name)]
    assert all(record.ok and record.wall > 0 and 0.02 < record.cpu < 20 and record.memory > 20 << 20 for record in found)
    for record in found:
        alone = _run(record.job, tmp_path / "alone")
        assert differing(record, alone) == [] and record.folder == alone.folder


def test_a_process_that_ends_in_the_middle_leaves_the_jobs_behind_it(tmp_path: Path) -> None:
    """One of too much time is a result; those behind it were not run, and are said; those before it have their records."""
    jobs = [replace(JOB, seed=seed, path="sgi", scenarios=("RandomTraffic",), interrupts=100_000) for seed in (1, 2, 3)]
    found = _batch(jobs, tmp_path, Limits(seconds=1.0))
    assert [(record.job, record.verdict) for record in found] == [(jobs[0], Verdict.TIME)]
    assert not which_of(tmp_path)


def test_an_error_that_no_record_tells_goes_up(tmp_path: Path) -> None:
    """Whoever asked would ask for the same again, without end."""
    with pytest.raises(CheckError, match="seed"):
        _batch([JOB, replace(JOB, interrupts=30)], tmp_path)


def test_two_jobs_of_a_plan(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The whole way: plan, builds, scheduling, records, report."""
    plan = tmp_path / "tiny.toml"
    plan.write_text(
        '[[jobs]]\npaths = ["ppi"]\nsimulators = ["icarus"]\ndevices = [{ pes = 1, spis = 32 }]\nscenarios = ["PpiLevels"]\n'
        "sizes = [20]\nseeds = [5, 36893488147419103232]\n",
        encoding="utf-8",
    )
    arguments = ["regress", str(plan), "--out", str(tmp_path), "--jobs", "2"]
    assert main(arguments) == 0, capfd.readouterr()
    assert "2 jobs: 2 passed; everything ran and agreed" in capfd.readouterr().out
    records = list(Records(tmp_path / "tiny" / "records").all())
    assert len(records) == 2 and audit(records) == []
    assert len({draw for record in records for draw in record.draws.values()}) == 2
    assert main([*arguments, "--resume"]) == 0
    assert "2 done before" in capfd.readouterr().out


def test_ended_while_waves_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reports are there all the same."""

    def all_fail(jobs: list[Job], folder: Path, *, shows: schedule.Shows, **_: object) -> None:
        for job in jobs:
            failed = Record(job, Verdict.FAILED, "differs", signature=Signature("differs"), wall=1.0)
            Records(folder / "records").write(failed)
            shows.ended(failed)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(schedule, "run", all_fail)
    monkeypatch.setattr(cli, "run_again", interrupted)
    plan = tmp_path / "tiny.toml"
    plan.write_text('[[jobs]]\npaths = ["ppi"]\nseeds = 2\n', encoding="utf-8")
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    with pytest.raises(KeyboardInterrupt):
        cli.run(parser.parse_args([str(plan), "--out", str(tmp_path)]))
    assert not json.loads((tmp_path / "tiny" / "regress.json").read_text())["ok"]
    assert (tmp_path / "tiny" / "index.html").exists()
