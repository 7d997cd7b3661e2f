"""Files that cannot be written, for every command: one line that names the file, status 2, and nothing is lost."""

from __future__ import annotations

import importlib.util
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from irqpath.cli.writing import check_writable, write_bytes, write_text
from irqpath.core.errors import CheckError
from irqpath.core.places import ROOT
from irqpath_testbench import cli
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.conformance.evidence import Seen, Source, save
from irqpath_testbench.tools.fuzz import cli as fuzz
from irqpath_testbench.tools.interop import cli as interop
from irqpath_testbench.tools.sim import build, limits, simulate
from irqpath_testbench.tools.sim import cli as sim
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.toolchain.lint_hdl import main as lint_main
from irqpath_testbench.tools.toolchain.synth import main as synth_main

TRACE = str(ROOT / "testbench" / "unit" / "replay" / "traces" / "v3-its-smp1.jsonl.gz")

#: Every command that writes a file where it is told to: its arguments, the file's place last. `EVIDENCE` stands for a folder.
WRITERS: dict[str, list[str]] = {
    "doctor --json": ["doctor", "--json"],
    "replay --json": ["replay", TRACE, "--json"],
    "regs html": ["regs", "html"],
    "regs ral": ["regs", "ral"],
    "conformance --json": ["conformance", "--evidence", "EVIDENCE", "--json"],
    "conformance --html": ["conformance", "--evidence", "EVIDENCE", "--html"],
    "bench --json": ["bench", "--json"],
    "calibrate --out": ["calibrate", "nowhere", "--out"],
    "predict --html": ["predict", "EveryPpi", "--html"],
    "evolution --json": ["evolution", "predict", "--hvc", "500", "--json"],
    "evolution --html": ["evolution", "run", "--packets", "1", "--only", "gicv3-assigned-runs", "--loads", "none", "--html"],
    "mutate --json": ["mutate", "--json"],
    "formal --json": ["formal", "--json"],
    "oracle --json": ["oracle", "--json"],
    "oracle --save": ["oracle", "--save"],
}
#: Of these, those that are done in a moment: they are tried with a file that opens, but takes nothing.
QUICK = [name for name in WRITERS if name.split()[0] in ("doctor", "replay", "conformance", "predict", "evolution")]
#: Commands that write below build/ or nothing but their output -> what shows that.
OTHERS = {"sim", "regress", "synth", "rules"}


@pytest.fixture
def arguments(tmp_path: Path) -> Callable[[str, str], list[str]]:
    """The command line of one of `WRITERS` with a place."""

    def make(name: str, place: str) -> list[str]:
        folder = tmp_path / "evidence"
        save(folder / "a.json", {Source("simulation", "sgi"): Seen(paths={"sgi"})})
        return [*(str(folder) if word == "EVIDENCE" else word for word in WRITERS[name]), place]

    return make


def test_every_command_is_here() -> None:
    """A new one is added to the lists."""
    assert {words[0] for words in WRITERS.values()} | OTHERS == set(cli.COMMANDS)


@pytest.mark.parametrize("name", WRITERS)
def test_a_place_that_cannot_be_written(
    name: str, arguments: Callable[[str, str], list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder above it is a file: refused, before minutes of work where the result would be lost."""
    (tmp_path / "file").write_text("mine")
    assert cli.main(arguments(name, str(tmp_path / "file" / "below" / "result"))) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"irqpath: error: {tmp_path / 'file'}")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("name", QUICK)
def test_a_device_that_is_full(name: str, arguments: Callable[[str, str], list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    """It opens, and fails at the write."""
    assert cli.main(arguments(name, "/dev/full")) == 2
    assert capsys.readouterr().err == "irqpath: error: /dev/full: No space left on device\n"


@pytest.mark.parametrize("words", [["rules"], ["doctor"], ["regs", "show", "GICR_WAKER"], ["--help"], ["replay", TRACE]])
def test_an_output_that_is_full(words: list[str]) -> None:
    """Said once; Python does not complain again at its end."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "irqpath_testbench", *words]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "irqpath: error: standard output: No space left on device\n")


@pytest.mark.parametrize("words", [["replay", TRACE, "--json"], ["regs", "ral"], ["doctor", "--json"], ["regs", "html"]])
def test_a_file_that_grows_too_large(words: list[str], tmp_path: Path) -> None:
    """`ulimit -f`: the file is named, and what stood there before is still there."""
    place = tmp_path / "result"
    if "--json" in words:
        place.write_text("before")
    done = _limited([sys.executable, "-m", "irqpath_testbench", *words, str(place)], 512)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"irqpath: error: {place}") and line.endswith(": File too large")
    if "--json" in words:
        assert place.read_text() == "before"
        assert list(tmp_path.iterdir()) == [place]


def _limited(command: list[str], size: int) -> subprocess.CompletedProcess[str]:
    """Run it where a file may have so many bytes."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, preexec_fn=limit)


def test_the_fuzzer_says_which_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`build` is a file, or is not there to be written."""
    (tmp_path / "build").write_text("")
    monkeypatch.setattr(fuzz, "WORK", tmp_path / "build" / "fuzz")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(sys, "argv", ["fuzz", "--seconds", "1"])
    assert fuzz.main() == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"irqpath: error: {tmp_path / 'build'}")


def test_interop_says_which_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is installed or compiled."""
    (tmp_path / "build").write_text("")
    monkeypatch.setattr(interop, "FOLDER", tmp_path / "build" / "interop")
    monkeypatch.setattr(sys, "argv", ["interop", "--only", "linux"])
    assert interop.main() == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"irqpath: error: {tmp_path / 'build'}")


@pytest.mark.parametrize("main", [fuzz.main, interop.main, synth_main, lint_main])
def test_a_mistyped_option_is_one_line(
    main: Callable[[], int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Programs that are no command of `irqpath` speak as one."""
    monkeypatch.setattr(sys, "argv", ["program", "--hlep"])
    assert main() == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("irqpath: error: unrecognized arguments: --hlep: did you mean --help?")


def test_sim_says_which_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Builds and runs lie below build/."""
    (tmp_path / "build").write_text("")
    for module in (build, sim):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(build, "sources", lambda instead: [])
    assert cli.main(["sim", "--paths", "sgi", "--sim", "icarus"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"irqpath: error: {tmp_path / 'build'}")


def test_a_simulation_that_fills_its_limit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulator itself says nothing: its records stop, and it goes on or dies."""
    monkeypatch.setattr(simulate, "build", lambda what: SimpleNamespace(runner=SimpleNamespace(status=0)))
    monkeypatch.setattr(resource, "getrlimit", lambda which: (20_000, 20_000))
    monkeypatch.setattr(
        simulate, "start", lambda built, what, runs, *_: (Path(runs[0].folder) / "records.bin").write_bytes(bytes(20_000))
    )
    with pytest.raises(CheckError, match=r"records\.bin: File too large: a file may have 20,000 bytes here"):
        simulate.simulate(Build("icarus"), RunConfig("sgi", str(tmp_path / "run")), "module", ["EverySgi"])


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the folder itself could not be made."""
    assert limits.reached(tmp_path / "not" / "there") == ""
    monkeypatch.setattr(shutil, "disk_usage", lambda path: type("Usage", (), {"free": 0}))
    assert limits.reached(tmp_path / "x").startswith(f"{tmp_path / 'x'}: No space left on device; make room")


#: Modules that write a file themselves, and why an error of theirs is told as well.
THEMSELVES = {
    "pymodel/irqpath/cli/writing.py": "it is what the others call",
    "testbench/irqpath_testbench/env/process.py": "in the simulator, for its standard output and the records of its Verilog",
    "testbench/irqpath_testbench/env/base_test.py": "in the simulator: the host sees that the result is not there, and why",
    "testbench/irqpath_testbench/tools/fuzz/cli.py": "a log that a program writes",
    "testbench/irqpath_testbench/tools/conformance/collect.py": "a log that a program writes",
    "testbench/irqpath_testbench/tools/interop/linux.py": "a log that a program writes",
    "testbench/irqpath_testbench/tools/interop/run_vhost.py": "a log that a program writes",
    "testbench/irqpath_testbench/tools/oracle/qtest.py": "a temporary file that a program writes",
    "testbench/irqpath_testbench/tools/sim/artefacts.py": "line after line, under `naming`",
    "testbench/irqpath_testbench/tools/setup/steps.py": "a log; what it gets is written under `naming`",
    "testbench/irqpath_testbench/tools/toolchain/kept.py": "locks, which name their holder, and the mark of what is complete",
    "testbench/irqpath_testbench/tools/toolchain/overlay.py": "a folder of links, whose error names the folder",
}


def test_everything_else_writes_by_one_module() -> None:
    """So that no write can fail without the name of its file."""
    writes = re.compile(r"\.write_text\(|\.write_bytes\(|\bopen\([^)]*[\"'][wax]")
    tests = ("unit",)
    found = {
        str(path.relative_to(ROOT))
        for folder in ("pymodel", "testbench")
        for path in (ROOT / folder).rglob("*.py")
        if not set(path.relative_to(ROOT / folder).parts[:-1]) & set(tests) and writes.search(path.read_text())
    }
    assert found == set(THEMSELVES)


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    """A link is written through; the folders above are made."""
    target, link = tmp_path / "a" / "target", tmp_path / "link"
    write_text(target, "one\n")
    link.symlink_to(target)
    write_bytes(link, b"two\n")
    assert link.is_symlink() and target.read_text() == "two\n"
    check_writable(tmp_path / "b" / "new")
    assert list((tmp_path / "b").iterdir()) == []
    check_writable(target)
    assert target.read_text() == "two\n"
    with pytest.raises(IsADirectoryError):
        check_writable(tmp_path)
