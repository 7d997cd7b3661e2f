"""The command line: lazy commands, one-line errors, exit status."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from types import SimpleNamespace

import pytest

from irqpath.core.errors import IrqpathError
from irqpath.core.places import MODELS
from irqpath_testbench import cli


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--paths")
    parser.add_argument("--sim", choices=["verilator", "icarus"], default="verilator")
    sub = parser.add_subparsers(dest="what")
    sub.add_parser("generate").add_argument("--output")


def make_command(monkeypatch: pytest.MonkeyPatch, raised: BaseException | None = None) -> None:
    """Replace every command by one that returns 7, or raises `raised`."""

    def run(args: argparse.Namespace) -> int:
        if raised:
            raise raised
        return 7

    module = SimpleNamespace(add_arguments=add_arguments, run=run)
    monkeypatch.setattr(cli, "load", lambda name: module)


def test_doctor_loads_neither_numpy_nor_cocotb() -> None:
    script = (
        "import sys; from irqpath_testbench import cli; cli.load('doctor');"
        "print([name for name in ('numpy', 'cocotb', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_models_name_no_module_of_the_testbench() -> None:
    """As a string neither, nor in a comment: what composes both lies in the testbench."""
    files = [path for path in MODELS.rglob("*") if path.suffix in (".py", ".toml", ".rdl")]
    assert files
    assert [path for path in files if "irqpath_testbench" in path.read_text()] == []


def test_as_a_module_it_is_the_same_command() -> None:
    done = subprocess.run([sys.executable, "-m", "irqpath_testbench", "--help"], capture_output=True, text=True, check=True)
    assert done.stdout == cli.overview() + "\n"


def test_no_command_and_help_show_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    assert cli.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"\n  {name} " in text for name in cli.COMMANDS)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("irqpath ")


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["dcotor"], "unknown command 'dcotor': did you mean doctor?"),
        (["qqqqq"], "unknown command 'qqqqq' (commands: doctor, sim,"),
    ],
)
def test_unknown_command(argv: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(argv) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"irqpath: error: {expected}") and error.count("\n") == 1


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["sim", "--pahts=sgi"], "unrecognized arguments: --pahts=sgi: did you mean --paths?"),
        (["sim", "--sim", "verilater"], ": did you mean verilator?"),
        (["regs", "generate", "--outptu", "x"], "did you mean --output?"),
        (["sim", "--paths"], "argument --paths: expected one argument; see: irqpath sim --help"),
    ],
)
def test_wrong_arguments(
    argv: list[str], expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_command(monkeypatch)
    assert cli.main(argv) == 2
    error = capsys.readouterr().err
    assert expected in error and error.count("\n") == 1


def test_status_of_the_command_is_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    make_command(monkeypatch)
    assert cli.main(["sim", "--paths", "sgi"]) == 7


@pytest.mark.parametrize(
    ("raised", "status", "expected"),
    [
        (IrqpathError("no such trace"), 2, "irqpath: error: no such trace\n"),
        (
            FileNotFoundError(2, "No such file or directory", "a.gz"),
            2,
            "irqpath: error: a.gz: No such file or directory\n",
        ),
        (KeyboardInterrupt(), 130, "irqpath: error: interrupted\n"),
        (
            ValueError("two\nlines"),
            3,
            "irqpath: error: unexpected ValueError: two lines (IRQPATH_DEBUG=1 shows where)\n",
        ),
    ],
)
def test_errors_are_one_line(
    raised: BaseException,
    status: int,
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("IRQPATH_DEBUG", raising=False)
    make_command(monkeypatch, raised)
    assert cli.main(["sim"]) == status
    assert capsys.readouterr().err == expected


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("IRQPATH_DEBUG", "1")
    make_command(monkeypatch, IrqpathError("no such trace"))
    assert cli.main(["sim"]) == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("irqpath_testbench.no_such_module", "is not part of this installation (no module irqpath_testbench.no_such_module)"),
        (
            "unit.tools.needs_absent_package",
            "needs the Python package 'absent_package'; run: make setup",
        ),
    ],
)
def test_command_that_cannot_be_loaded(
    module: str, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(name: str) -> object:
        raise ModuleNotFoundError(name=name if "no_such" in name else "absent_package")

    monkeypatch.setattr(importlib, "import_module", absent)
    monkeypatch.setitem(cli.COMMANDS, "sim", cli.Command(module, ""))
    assert cli.main(["sim"]) == 2
    assert expected in capsys.readouterr().err
