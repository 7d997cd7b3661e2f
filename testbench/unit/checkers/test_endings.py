"""Whatever ends a run: nothing survives it, the exit status says what did it, and what was recorded is kept."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest

from irqpath.core.places import ROOT
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.tools.sim.artefacts import TRANSACTIONS, read_transactions
from irqpath_testbench.tools.sim.build import Build, build
from irqpath_testbench.tools.toolchain.processes import which_of

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
#: What is started: a few seconds of Icarus, whose process is known by the folder of the run.
OPTIONS = ("--no-replay", "--no-timing", "--scenarios", "EverySgi,Preemption")


def _soon(condition: Callable[[], object], seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(condition())


@contextmanager
def _started(command: list[str], out: Path, *, wait: bool = True) -> Iterator[subprocess.Popen[str]]:
    """A run in a session of its own; `wait`: its first scenario has ended."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTEST"))}
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        try:
            assert not wait or _soon(lambda: list(out.glob("sgi-*/result-EverySgi.json")) or process.poll() is not None)
            yield process
        finally:
            process.kill()


def _of_python(out: Path) -> list[str]:
    command = [sys.executable, "-m", "irqpath_testbench", "sim", "--sim", "icarus", "--paths", "sgi", "--seed", "1"]
    return [*command, "--out", str(out), *OPTIONS]


def _of_make(out: Path) -> list[str]:
    return ["make", "sim", "SIM=icarus", "PATHS=sgi", "SEED=1", f"ARGS={shlex.join(['--out', str(out), *OPTIONS])}"]


def _said(out: Path) -> dict[str, str]:
    """Test case -> what it says: "" where it passed."""
    (file,) = out.glob("sim-*.xml")
    (run,) = out.glob("sgi-*/results.xml")
    cases = [{c.get("name", ""): "".join(e.tag for e in c) for c in ElementTree.parse(f).iter("testcase")} for f in (file, run)]
    assert cases[0] == cases[1]
    return {name.partition(" ")[0]: said for name, said in cases[0].items()}


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    build(Build("icarus"))


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_a_signal_ends_all_and_loses_nothing(number: signal.Signals, tmp_path: Path) -> None:
    """128 + its number, one line, a JUnit file that says what did not end, transactions so far."""
    with _started(_of_python(tmp_path), tmp_path) as process:
        assert len(which_of(tmp_path)) >= 2  # with the simulator
        process.send_signal(number)
        said = process.communicate(timeout=30)[0].splitlines()
        assert process.returncode == 128 + number
    word = "interrupted" if number == signal.SIGINT else f"ended by {number.name}"
    assert said[1:] == [f"irqpath: error: {word}"], said
    assert _soon(lambda: not which_of(tmp_path), 10), which_of(tmp_path)
    assert _said(tmp_path) == {"sgi/EverySgi": "", "sgi/Preemption": "error", "sgi/coverage": "skipped"}
    (file,) = tmp_path.glob(f"sgi-*/{TRANSACTIONS}")
    with file.open("rb") as lines:
        assert sum(1 for _ in read_transactions(lines)) > 1000


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize("number", [*ENDING, signal.SIGKILL], ids=lambda number: number.name)
def test_nothing_survives_make(number: signal.Signals, tmp_path: Path) -> None:
    """A terminal sends SIGINT and SIGHUP to all that it started, and make waits for it; the others reach make alone."""
    with _started(_of_make(tmp_path), tmp_path) as process:
        if number in (signal.SIGINT, signal.SIGHUP):
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        assert _soon(lambda: process.poll() is not None, 30)
        assert process.returncode != 0
        assert _soon(lambda: not which_of(tmp_path), 10), which_of(tmp_path)
    assert _soon(lambda: _said(tmp_path)["sgi/Preemption"] == "error", 5)


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_tests_end_with_make(number: signal.Signals, tmp_path: Path) -> None:
    """pytest, its worker, and the simulation that the worker waits for."""
    folder = tmp_path / "tests"
    chosen = f"ARGS=testbench/unit/checkers/test_parameters.py -k 'lone_pe and Resets' --basetemp={folder}"
    with _started(["make", "test", "PYTEST_WORKERS=1", chosen], folder, wait=False) as process:
        assert _soon(lambda: any(b"+irqpath_records" in _command(pid) for pid in which_of(folder)))
        process.send_signal(number)
        process.wait(30)
        assert _soon(lambda: not which_of(folder), 5), which_of(folder)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.simulator("icarus")
def test_a_kill_leaves_a_junit_file_that_says_so(tmp_path: Path) -> None:
    """SIGKILL of the Python: the file was written before, and nothing passed that did not come to its end."""
    with _started(_of_python(tmp_path), tmp_path) as process:
        process.kill()
        process.wait()
    assert _soon(lambda: not which_of(tmp_path), 10), which_of(tmp_path)
    assert _said(tmp_path) == {"sgi/EverySgi": "error", "sgi/Preemption": "error"}


@pytest.mark.simulator("icarus")
def test_a_simulator_that_is_killed_fails_the_run(tmp_path: Path) -> None:
    """Exit status 1, and the JUnit file says the same and why."""
    with _started(_of_python(tmp_path), tmp_path) as process:
        (simulator,) = (pid for pid in which_of(tmp_path) if b"vvp" in _command(pid).split(b"\0")[0])
        os.kill(simulator, signal.SIGSEGV)
        said = process.communicate(timeout=60)[0]
        assert process.returncode == 1 and "vvp was ended by SIGSEGV" in said
    assert _said(tmp_path)["sgi/Preemption"] == "error"
    (file,) = tmp_path.glob("sgi-*/results.xml")
    assert (
        "vvp was ended by SIGSEGV" in file.read_text() and "repeat it: make sim SIM=icarus PATHS=sgi SEED=1" in file.read_text()
    )


def _two(out: Path) -> list[str]:
    command = [sys.executable, "-m", "irqpath_testbench", "sim", "--sim", "icarus", "--paths", "sgi,mbi", "--seed", "1"]
    return [*command, "--out", str(out), "--no-timing", "--scenarios", "Preemption,RandomMessages", "--jobs", "2"]


def _verdicts(out: Path) -> list[dict[str, str]]:
    """Of the JUnit file of all, and of those of both runs together."""
    files = [list(out.glob("sim-*.xml")), list(out.glob("*/results.xml"))]
    return [
        {c.get("name", ""): "".join(e.tag for e in c) for f in some for c in ElementTree.parse(f).iter("testcase")}
        for some in files
    ]


@pytest.mark.simulator("icarus")
def test_a_signal_ends_those_that_run_at_a_time(tmp_path: Path) -> None:
    """Each says so, and keeps what it has recorded."""
    with _started(_two(tmp_path), tmp_path, wait=False) as process:
        assert _soon(lambda: len([f for f in tmp_path.glob("*/records.bin") if f.stat().st_size > 100_000]) == 2)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=30)[0].splitlines()
        assert process.returncode == 128 + signal.SIGTERM
    assert said[1:] == ["irqpath: error: ended by SIGTERM"], said
    assert _soon(lambda: not which_of(tmp_path), 10), which_of(tmp_path)
    whole, runs = _verdicts(tmp_path)
    assert whole == runs and {"error"} <= set(whole.values()) <= {"error", "skipped"}
    for file in tmp_path.glob("*/" + TRANSACTIONS):
        with file.open("rb") as lines:
            assert sum(1 for _ in read_transactions(lines)) > 1000
    assert len(list(tmp_path.glob("*/" + TRANSACTIONS))) == 2


@pytest.mark.simulator("icarus")
def test_a_worker_that_is_killed_is_told(tmp_path: Path) -> None:
    """One line, and what to do; the exit status is that of an error."""
    with _started(_two(tmp_path), tmp_path, wait=False) as process:
        assert _soon(lambda: len(list(tmp_path.glob("*/records.bin"))) == 2)
        worker = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
        os.kill(worker, signal.SIGKILL)
        said = process.communicate(timeout=30)[0].splitlines()
        assert process.returncode == 2
    why = "a worker process was ended from outside; where memory is short, let fewer run at a time (--jobs)"
    assert said[1:] == [f"irqpath: error: {why}"]
    assert _soon(lambda: not which_of(tmp_path), 10), which_of(tmp_path)
    whole, runs = _verdicts(tmp_path)
    assert whole == runs and {"error"} <= set(whole.values()) <= {"error", "skipped"}


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize(
    ("blocks", "says"),
    [(40, "File too large: a file may have 20,480 bytes here (ulimit -f)"), (100, "error")],
    ids=["build", "run"],
)
def test_a_full_disk_heals(blocks: int, says: str, tmp_path: Path) -> None:
    """A limit on the size of files (512 bytes a block) that the build, or the run's records, meet; the same again without it."""
    place = Build("icarus", DutParameters(iidr=0x123)).folder  # nobody else's
    if blocks == 40:
        shutil.rmtree(place, ignore_errors=True)
    else:
        build(Build("icarus", DutParameters(iidr=0x123)))
    command = [*_of_python(tmp_path), "--scenarios", "EverySgi", "--device", "iidr=0x123"]
    limited = ["sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh"]
    done = subprocess.run([*limited, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (1, 2) and says in done.stdout + done.stderr, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert {"error", "failure"} & set(_said(tmp_path).values())
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(_said(tmp_path).values()) == {"", "skipped"}
