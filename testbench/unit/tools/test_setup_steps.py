"""Set-up: what its stamp says, what is redone, and its errors. Nothing is installed: the installers are replaced."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from irqpath_testbench.tools.setup import environment, stamp, steps, system
from irqpath_testbench.tools.setup.errors import SetupError
from irqpath_testbench.tools.setup.stamp import Keys, Layout, Stamp
from irqpath_testbench.tools.toolchain.tool import Tool

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A checkout with the files that the keys are made of."""
    for name in (
        "requirements.txt",
        "pyproject.toml",
        "testbench/irqpath_testbench/tools/setup/steps.py",
        "testbench/irqpath_testbench/tools/toolchain/overlay.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return Layout(tmp_path)


@pytest.fixture
def done(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the steps that ran; each only leaves what the next one needs."""
    ran: list[str] = []

    def create(of: Layout) -> None:
        ran.append("venv")
        (of.venv / "bin").mkdir()
        of.python.write_text("#!/bin/sh\necho overlay\n")
        of.python.chmod(0o755)

    def install_lock(of: Layout, log: object) -> str:
        ran.append("lock")
        return "by nobody"

    monkeypatch.setattr(environment, "create", create)
    monkeypatch.setattr(environment, "install_lock", install_lock)
    monkeypatch.setattr(environment, "install_project", lambda of, log: ran.append("project"))
    monkeypatch.setattr(system, "missing", lambda names=(): [])
    return ran


ALL = ["venv", "lock", "project"]


def test_everything_once_then_nothing(layout: Layout, done: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert steps.run(layout.root) == 0
    assert done == ALL
    capsys.readouterr()
    assert steps.run(layout.root) == 0
    assert done == ALL
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("changed", "redone"),
    [
        ("requirements.txt", ALL),
        ("testbench/irqpath_testbench/tools/setup/steps.py", ALL),
        ("pyproject.toml", ["project"]),
        ("testbench/irqpath_testbench/tools/toolchain/overlay.py", []),
    ],
)
def test_what_depends_on_a_changed_file_is_redone(layout: Layout, done: list[str], changed: str, redone: list[str]) -> None:
    steps.run(layout.root)
    done.clear()
    (layout.root / changed).write_text("changed")
    assert steps.run(layout.root) == 0
    assert done == redone
    assert steps.run(layout.root) == 0 and done == redone


def test_another_python_redoes_everything(layout: Layout, done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    steps.run(layout.root)
    done.clear()
    monkeypatch.setattr(sys, "base_prefix", "/opt/another")
    steps.run(layout.root)
    assert done == ALL


def test_vanished_interpreter_redoes_everything(layout: Layout, done: list[str]) -> None:
    steps.run(layout.root)
    done.clear()
    layout.python.unlink()
    layout.python.symlink_to("/usr/bin/python-that-was-removed")
    assert steps.run(layout.root) == 0
    assert done == ALL


@pytest.mark.parametrize("text", ["", "{", "[]", '{"keys": {}, "missing": []}'])
def test_unreadable_stamp_does_not_count(layout: Layout, done: list[str], text: str) -> None:
    steps.run(layout.root)
    layout.stamp.write_text(text)
    assert stamp.read(layout) is None


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), SetupError("no network")])
def test_interrupted_set_up_is_redone_from_the_start(
    layout: Layout, done: list[str], raised: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(of: Layout, log: object) -> None:
        raise raised

    with monkeypatch.context() as patch:
        patch.setattr(environment, "install_project", interrupt)
        assert steps.run(layout.root) in {1, 130}
    assert not layout.stamp.exists()
    (layout.venv / "half-made").touch()
    assert steps.run(layout.root) == 0
    assert done == ["venv", "lock", *ALL]
    assert not (layout.venv / "half-made").exists()


class Killed(BaseException):
    """Nobody handles it, as nobody handles SIGKILL."""


#: Places of a set-up, in their order, each as the object and the name of what is called there.
KILLED_IN = {
    "clearing": (shutil, "rmtree"),
    "making the environment": (environment, "create"),
    "installing the lock": (environment, "install_lock"),
    "installing the project": (environment, "install_project"),
    "the overlay": (steps, "_verilator"),
    "the stamp": (stamp, "write"),
}


@pytest.mark.parametrize("again", [False, True], ids=["first", "again"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("place", KILLED_IN)
def test_killed_anywhere_the_next_set_up_is_whole(
    place: str, when: str, again: bool, layout: Layout, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a step or after it, in a first set-up and in one for a changed lock."""
    if again:
        assert steps.run(layout.root) == 0
        layout.lock.write_text("changed")
    of, name = KILLED_IN[place]
    step = getattr(of, name)

    def killed(*given: Any, **more: Any) -> None:
        if when == "after":
            step(*given, **more)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(of, name, killed)
        if place == "clearing" and not again:
            assert steps.run(layout.root) == 0  # there is nothing to clear
        else:
            with pytest.raises(Killed):
                steps.run(layout.root)
    complete = place == "the stamp" and when == "after"
    assert layout.stamp.exists() == complete or (place == "clearing" and not again)
    done.clear()
    assert steps.run(layout.root) == 0
    assert stamp.read(layout) == Stamp(stamp.current_keys(layout))
    assert done == ([] if complete or (place == "clearing" and not again) else ALL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it(
    number: signal.Signals, layout: Layout, done: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With one line and 128 + its number."""
    monkeypatch.setattr(environment, "install_project", lambda of, log: os.kill(os.getpid(), number))
    assert steps.run(layout.root) == 128 + number
    assert capsys.readouterr().err == f"irqpath set-up: error: ended by {number.name}; the next run starts again\n"


def test_somebody_elses_environment_is_left_alone(layout: Layout, done: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (layout.venv / "bin").mkdir(parents=True)
    assert steps.run(layout.root) == 1
    assert "was not made by this set-up" in capsys.readouterr().err
    assert (layout.venv / "bin").is_dir() and not done


def test_space_in_the_path_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "a b"
    (root / "testbench" / "irqpath_testbench" / "tools" / "setup").mkdir(parents=True)
    (root / "testbench" / "irqpath_testbench" / "tools" / "toolchain").mkdir()
    for name in ("requirements.txt", "pyproject.toml", "testbench/irqpath_testbench/tools/toolchain/overlay.py"):
        (root / name).touch()
    assert steps.run(root) == 1
    assert "holds a space" in capsys.readouterr().err


def test_missing_file_is_one_line(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    layout.lock.unlink()
    assert steps.run(layout.root) == 1
    expected = f"irqpath set-up: error: {layout.lock}: No such file or directory\n"
    assert capsys.readouterr().err == expected


def test_what_could_not_be_installed_is_named_each_time_until_it_comes(
    layout: Layout, done: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking = [Tool("icarus", False, fix="run: apt-get install iverilog")]
    monkeypatch.setattr(system, "missing", lambda names=(): lacking)
    monkeypatch.setattr(system, "plan", lambda tools: [])
    for _ in range(2):
        assert steps.run(layout.root) == 0
        error = capsys.readouterr().err
        assert error.startswith("irqpath set-up: not on this machine: icarus; ") and error.count("\n") == 1
    lacking.clear()
    assert steps.run(layout.root) == 0
    assert capsys.readouterr().err == ""
    assert stamp.read(layout) == Stamp(stamp.current_keys(layout))
    assert done == ALL


def test_keys_depend_on_what_they_name(layout: Layout) -> None:
    first = stamp.current_keys(layout)
    (layout.root / "pyproject.toml").write_text("changed")
    second = stamp.current_keys(layout)
    assert second == Keys(first.environment, second.project, first.verilator)
    assert second.project != first.project


def test_old_python_is_refused_in_one_line(tmp_path: Path) -> None:
    script = (
        "import sys; sys.version_info = (3, 9, 2);"
        f"sys.path.insert(0, {str(ROOT / 'testbench' / 'irqpath_testbench' / 'tools' / 'setup')!r});"
        "import bootstrap; sys.exit(bootstrap.main())"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "is Python 3.9; 3.11 or newer is needed; " in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "does not have the hash"),
        ("NewConnectionError('...: Name or service not known')", "cannot be reached"),
        ("SSLError(SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED", "certificate cannot be verified"),
        ("ERROR: No matching distribution found for cocotb==2.1.0", "cocotb==2.1.0: there is no wheel"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("noise\nERROR: something else\nmore noise", "ERROR: something else"),
    ],
)
def test_cause_of_a_failed_installer(printed: str, expected: str) -> None:
    assert expected in environment.cause(printed)


def test_uv_is_used_if_it_works_and_pip_otherwise(layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    status = {"uv": 0}

    variables: list[Mapping[str, str] | None] = []

    def run(
        command: list[str], log: object, cwd: Path, extra: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        variables.append(extra)
        return subprocess.CompletedProcess(command, status.get(command[0], 0), "", "")

    monkeypatch.setattr(environment, "run_logged", run)
    monkeypatch.setattr(environment, "_pip_command", lambda of: ["pip"])
    monkeypatch.setattr(shutil, "which", lambda name: "uv")
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror/simple")
    with (tmp_path / "log").open("w") as log:
        assert environment.install_lock(layout, log) == "by uv"
        assert variables == [{"UV_DEFAULT_INDEX": "https://mirror/simple"}] and "--require-hashes" in commands[0]
        status["uv"] = 2
        assert environment.install_lock(layout, log) == "by pip"
    assert [command[0] for command in commands] == ["uv", "uv", "pip"]
    assert "--require-hashes" in commands[2]
