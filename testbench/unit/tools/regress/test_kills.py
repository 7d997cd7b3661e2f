"""Whatever ends a regression or a part of it: what has a record does not run again, nothing is lost, nothing is left running."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from irqpath.core.places import ROOT, SOURCES
from irqpath_testbench.tools.regress.asked import Asked
from irqpath_testbench.tools.regress.folder import read
from irqpath_testbench.tools.regress.record import Records, Verdict
from irqpath_testbench.tools.toolchain.processes import which_of
from unit.tools.regress.fakes import COVERED, LOG

JOBS: Final = 60
PLAN: Final = f"""
[[jobs]]
paths = ["sgi"]
simulators = ["icarus"]
seeds = {JOBS}
"""


class Regression:
    """`irqpath regress` with fake jobs, in a process of its own, in `folder`."""

    def __init__(self, tmp_path: Path) -> None:
        self.plan = tmp_path / "mine.toml"
        self.plan.write_text(PLAN, encoding="utf-8")
        self._out = tmp_path
        self.folder = tmp_path / "mine"

    def start(self, *more: str, runner: str = "sleeper", builder: str = "no_build") -> subprocess.Popen[str]:
        """Begin it, or go on with it."""
        words = [runner, builder, str(self.plan), "--out", str(self._out), "--jobs", "2", *more]
        path = os.pathsep.join([*map(str, SOURCES), str(ROOT / "testbench")])
        return subprocess.Popen(
            [sys.executable, "-m", "unit.tools.regress.fakes", *words],
            env=os.environ | {"PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def end(self, *more: str, runner: str = "sleeper", builder: str = "no_build") -> tuple[int, str]:
        """Run it to its end; status, and what it says."""
        with self.start(*more, runner=runner, builder=builder) as process:
            said, _ = process.communicate(timeout=120)
        return process.returncode, said

    def recorded(self) -> set[str]:
        """Names of the jobs that have a whole record."""
        return {record.job.name for record in Records(self.folder / "records").all()}

    def ran(self) -> Counter[str]:
        """How often each job came to its end."""
        log = self.folder / LOG
        return Counter(log.read_text(encoding="utf-8").split() if log.exists() else ())

    def wait(self, records: int, process: subprocess.Popen[str]) -> None:
        """Until there are so many."""
        folder = self.folder / "records"
        assert _soon(lambda: folder.exists() and len(list(folder.glob("*.json"))) >= records, 60), process.poll()


def _soon(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def _children(pid: int) -> list[int]:
    """Worker processes of a regression (Linux)."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and f"\nPPid:\t{pid}\n" in (entry / "status").read_text(encoding="utf-8"):
                words = (entry / "cmdline").read_bytes()
                found += [int(entry.name)] if b"spawn_main" in words else []
        except OSError:
            continue
    return found


@pytest.fixture
def regression(tmp_path: Path) -> Regression:
    """Not begun yet."""
    return Regression(tmp_path)


def test_killed_whole_at_random_moments(regression: Regression) -> None:
    """SIGKILL of the process that schedules, again and again: each time it goes on with what is left."""
    rng = random.Random(1)
    more: tuple[str, ...] = ()
    for part in (0.1, 0.4, 0.8):
        before = regression.recorded()
        with regression.start(*more) as process:
            regression.wait(max(len(before) + 1, int(part * JOBS)), process)
            time.sleep(rng.uniform(0, 0.2))
            children = _children(process.pid)
            process.kill()
            process.wait()
        assert len(children) == 2
        assert _soon(lambda alive=children: not any(Path(f"/proc/{pid}").exists() for pid in alive)), "workers go on"  # type: ignore[misc]  # of the default
        assert _soon(lambda: not which_of(regression.folder)), "what they ran goes on"
        recorded, ran = regression.recorded(), regression.ran()
        assert before <= recorded and len(recorded) < JOBS
        more = ("--resume",)
    status, said = regression.end("--resume")
    assert status == 0 and "everything ran and agreed" in said, said
    assert f"{len(recorded)} done before" in said
    after = regression.ran()
    assert [name for name in recorded if after[name] != ran[name]] == [], "what had a record ran again"
    assert regression.recorded() == set(after) and len(after) == JOBS


def test_killed_workers_at_random_moments(regression: Regression) -> None:
    """SIGKILL of a worker: it is replaced, its job runs again, the regression ends as if nothing had been."""
    rng = random.Random(2)
    with regression.start() as process:
        for records in (4, 20, 40):
            regression.wait(records, process)
            time.sleep(rng.uniform(0, 0.1))
            os.kill(rng.choice(_children(process.pid)), signal.SIGKILL)
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert "everything ran and agreed" in said and f"{JOBS} passed" in said
    ran = regression.ran()
    assert len(regression.recorded()) == len(ran) == JOBS
    assert sum(ran.values()) <= JOBS + 3, "more ran again than was killed"
    assert _soon(lambda: not which_of(regression.folder))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_ended_by_a_signal(regression: Regression, number: signal.Signals) -> None:
    """It says how to go on with it, and leaves nothing running."""
    with regression.start("--seeds", "2000") as process:  # too many to have ended before
        regression.wait(3, process)
        children = _children(process.pid)
        process.send_signal(number)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 128 + number, said
    assert "go on with it: " in said and " --resume --name mine" in said and "Traceback" not in said
    assert _soon(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))
    assert _soon(lambda: not which_of(regression.folder))


def test_half_a_record_is_not_believed(regression: Regression) -> None:
    """Cut off, of nothing, of another job, no text: these jobs run again, and no other."""
    assert regression.end()[0] == 0
    (asked,) = [Asked.load(regression.folder)]
    records = Records(regression.folder / "records")
    cut, empty, other, binary = asked.jobs[:4]
    records.path(cut).write_bytes(records.path(cut).read_bytes()[:-20])
    records.path(empty).write_bytes(b"")
    records.path(other).write_bytes(records.path(asked.jobs[9]).read_bytes())
    records.path(binary).write_bytes(b"\xff\x00")
    assert len(read(regression.folder, asked.jobs)) == JOBS - 4
    status, said = regression.end("--resume")
    assert status == 0 and f"{JOBS - 4} done before" in said, said
    again = {name for name, count in regression.ran().items() if count > 1}
    assert again == {job.name for job in (cut, empty, other, binary)}


def test_a_full_disk(regression: Regression) -> None:
    """The error names the file, no half of a record is there, and it goes on when there is room."""
    assert regression.end("--dry-run")[0] == 0
    with regression.start(runner="full") as process:
        assert _soon((regression.folder / "plan.json").exists, 30)
        (regression.folder / "full").touch()
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 2, said
    assert f"irqpath: error: {regression.folder}/records/sgi-icarus-seed" in said and "File too large" in said
    assert "go on with it: " in said and "Traceback" not in said
    assert len(list((regression.folder / "records").iterdir())) == len(regression.recorded()) < JOBS
    before, ran = regression.recorded(), regression.ran()
    (regression.folder / "full").unlink()
    status, said = regression.end("--resume", runner="full")
    assert status == 0, said
    assert all(regression.ran()[name] == ran[name] for name in before)


def test_a_folder_that_cannot_be_written(regression: Regression) -> None:
    with regression.start() as process:
        assert _soon((regression.folder / "plan.json").exists, 30)
        (regression.folder / "records").write_text("in the way")
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"irqpath: error: {regression.folder}/records" in said, said


def test_what_ends_workers_or_raises_is_a_result(regression: Regression) -> None:
    """A job that ends each worker that it gets, one with a bug of ours, a build that does not work: each says why."""
    status, said = regression.end("--seeds", "3", runner="deadly")
    assert status == 1 and "its worker was ended 3 times" in said, said
    status, said = regression.end("--seeds", "3", runner="raiser")
    assert status == 1 and "ValueError: a bug" in said and "2 passed" in said, said
    status, said = regression.end("--seeds", "3", builder="no_compiler")
    assert status == 1 and "3 the Verilog was not built" in said, said
    assert all(record.verdict is Verdict.BUILD for record in Records(regression.folder / "records").all())


def test_code_coverage_is_merged_and_what_left_none_fails(regression: Regression) -> None:
    """Over jobs, those of an earlier call too; a job that passed and left no coverage is no success."""
    regression.plan.write_text("[[jobs]]\npaths = ['sgi']\ncode_coverage = true\nseeds = 3\n", encoding="utf-8")
    status, said = regression.end(runner="covered")
    assert status == 0, said
    (source,) = json.loads((regression.folder / "regress.json").read_text(encoding="utf-8"))["code"]
    assert source["file"] == COVERED and source["not_run"] == [3]
    assert source["shares"]["line"] == {"covered": 2, "total": 3, "excluded": 0}
    status, said = regression.end("--seeds", "1-4", runner="covered")
    assert status == 1 and "/coverage.dat: No such file" in said and "NOT everything" in said, said


def test_fail_fast_and_what_failed_last_time_first(regression: Regression) -> None:
    """It stops after the first failure; the rest did not run, and that is no success. The next begins with what failed."""
    status, said = regression.end("--seeds", "2-40", "--fail-fast", runner="odd_ones_fail")
    assert status == 1 and "did not run" in said, said
    (bad,) = [r for r in Records(regression.folder / "records").all() if not r.ok][:1]
    status, said = regression.end("--seeds", "2-40", "--fail-fast", "--jobs", "1", runner="odd_ones_fail")
    assert (regression.folder.parent / "mine.before").is_dir()
    again = list(Records(regression.folder / "records").all())
    assert bad.job in [r.job for r in sorted(again, key=lambda r: r.began)][:1]


def test_two_at_once_are_refused(regression: Regression) -> None:
    with regression.start(runner="long_sleeper") as process:
        assert _soon((regression.folder / "plan.json").exists, 30)
        status, said = regression.end("--resume")
        assert status == 2 and f"the regression {regression.folder} is in use by process {process.pid}" in said, said
        process.terminate()
        process.communicate(timeout=30)
    assert _soon(lambda: not which_of(regression.folder))
