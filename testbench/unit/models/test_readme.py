"""What README.md shows is what happens."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from irqpath.cli import terminal
from irqpath.cli.parser import Parser
from irqpath_testbench import cli

README = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")


def test_the_example_prints_what_the_text_says() -> None:
    """The Python block runs as it stands; each line that it prints is quoted after it."""
    block = re.search(r"```python\n(.*?)```(.*?)\n\n`pymodel", README, re.DOTALL)
    assert block is not None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block[1], "README.md", "exec"), {"__name__": "readme"})
    quoted = re.findall(r"`(\[.*?\])`", block[2], re.DOTALL)
    assert printed.getvalue().splitlines() == quoted


def _commands() -> list[str]:
    """Every command of the README: lines of its blocks, and words in backticks, without their comments."""
    lines = re.findall(r"^    ((?:make|\.venv/bin/irqpath) .*)$", README, re.MULTILINE)
    lines += re.findall(r"`((?:make|irqpath) [a-z][^`\n]*)`", README)
    lines += [f"make {target}" for target in re.findall(r"`make ([a-z]+)`", README)]
    return list(dict.fromkeys(re.sub(r"\s+#.*", "", line).strip() for line in lines))


@pytest.mark.parametrize("command", _commands())
def test_the_commands_that_it_shows_are_understood(command: str) -> None:
    """make takes target and variables, and irqpath the options that it gets from them; nothing runs."""
    root = Path(__file__).parents[3]
    program, *words = shlex.split(command)
    if program == "make":
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        done = subprocess.run(
            ["make", "--dry-run", *words], cwd=root, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        called = re.findall(r"-m irqpath_testbench (.*)", done.stdout)
        words = shlex.split(called[-1]) if called else []
    elif program != "irqpath":
        assert (program, (root / program).is_file()) == (".venv/bin/irqpath", True)
    if words:
        name, *options = words
        parser = Parser(prog=name, allow_abbrev=False)
        cli.load(name).add_arguments(parser)
        if options:  # a command alone may be but mentioned
            parser.parse_args(options)


def test_irqpath_is_where_it_says() -> None:
    """In a shell, with and without the virtual environment activated."""
    root = Path(__file__).parents[3]
    assert ". .venv/bin/activate" in README
    for line in (".venv/bin/irqpath regs show GICR_WAKER 0x6", ". .venv/bin/activate; irqpath regs show GICR_WAKER 0x6"):
        done = subprocess.run(["/bin/sh", "-c", line], cwd=root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "ProcessorSleep" in done.stdout


def test_a_printed_command_can_be_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`irqpath` alone only where it is the one on PATH."""
    own = Path(sys.executable).with_name("irqpath")
    monkeypatch.setenv("PATH", str(own.parent))
    assert terminal.program() == "irqpath"
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.chdir(own.parents[2])
    assert terminal.program() == str(own.relative_to(own.parents[2]))
    monkeypatch.chdir(tmp_path)
    assert terminal.program() == str(own)


def test_the_files_that_it_names_exist() -> None:
    """Paths of the project in backticks, glob patterns included."""
    root = Path(__file__).parents[3]
    named = set(re.findall(r"`((?:hdl|pymodel|testbench)/[\w./*-]+)`", README))
    assert named
    missing = [name for name in sorted(named) if not list(root.glob(name.rstrip("/")))]
    assert missing == [], "README.md names files that do not exist"
