"""What README.md and the pages of docs/ show is what happens."""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import irqpath
from irqpath.cli import terminal
from irqpath.cli.parser import Parser
from irqpath.core.places import ROOT
from irqpath_testbench import cli
from irqpath_testbench.tools.docs import pages

README = (ROOT / "README.md").read_text(encoding="utf-8")
#: Every page by its path in the project.
PAGES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in pages()}
#: What README.md is at most, in lines.
LINES = 150


def test_the_readme_is_short() -> None:
    """What takes longer to say stands in docs/."""
    assert len(README.splitlines()) <= LINES


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if "```python" in text])
def test_an_example_prints_what_the_text_says(page: str) -> None:
    """A Python block runs as it stands and prints the block of text that follows it."""
    blocks = re.findall(r"```python\n(.*?)```.*?```text\n(.*?)```", PAGES[page], re.DOTALL)
    assert len(blocks) == PAGES[page].count("```python")
    for source, quoted in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(source, page, "exec"), {"__name__": "page"})
        assert printed.getvalue() == quoted


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if "```pycon" in text])
def test_a_session_goes_as_the_page_shows(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of a page are one session, in the folder of the project."""
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```pycon\n(.*?)```", PAGES[page], re.DOTALL)
    assert all(block.endswith("\n\n") for block in blocks), "a blank line ends what the last command prints"
    session = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page, page, 0)
    assert session.examples
    told: list[str] = []
    assert doctest.DocTestRunner().run(session, out=told.append).failed == 0, "".join(told)


def test_the_pages_show_every_public_name() -> None:
    """Each stands in a block of Python that runs, imported from irqpath."""
    blocks = [block for text in PAGES.values() for block in re.findall(r"```(?:python|pycon)\n(.*?)```", text, re.DOTALL)]
    imported = re.findall(r"^(?:>>> )?from irqpath import (.+)$", "\n".join(blocks), re.MULTILINE)
    assert sorted(irqpath.__all__) == sorted({name for line in imported for name in line.split(", ")})


def _commands() -> dict[str, None]:
    """Every command of the pages: lines of their blocks, and words in backticks, without their comments."""
    lines = [line for text in PAGES.values() for line in _commands_of(text)]
    return dict.fromkeys(re.sub(r"\s+#.*", "", line).strip() for line in lines)


def _commands_of(text: str) -> list[str]:
    lines = re.findall(r"^    ((?:make|\.venv/bin/irqpath) .*)$", text, re.MULTILINE)
    lines += re.findall(r"^\$ ((?:make|irqpath) .*)$", text, re.MULTILINE)
    lines += re.findall(r"^  repeat it: (make .*)$", text, re.MULTILINE)
    lines += re.findall(r"`((?:make|irqpath) [a-z][^`\n]*)`", text)
    return lines + [f"make {target}" for target in re.findall(r"`make ([a-z]+)`", text)]


@pytest.mark.parametrize("command", _commands())
def test_the_commands_that_they_show_are_understood(command: str) -> None:
    """make takes target and variables, and irqpath the options that it gets from them; nothing runs."""
    program, *words = shlex.split(command)
    if program == "make":
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        done = subprocess.run(
            ["make", "--dry-run", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        called = re.findall(r"-m irqpath_testbench (.*)", done.stdout)
        assert called or not set(words) & set(cli.COMMANDS)
        words = shlex.split(called[-1]) if called else []
    elif program != "irqpath":
        assert (program, (ROOT / program).is_file()) == (".venv/bin/irqpath", True)
    if words and words[0] in cli.COMMANDS:
        name, *options = words
        parser = Parser(prog=name, allow_abbrev=False)
        cli.load(name).add_arguments(parser)
        if options:  # a command alone may be but mentioned
            parser.parse_args(options)
    else:
        assert program == "make", f"there is no command {words}"


def test_irqpath_is_where_it_says() -> None:
    """In a shell, with and without the virtual environment activated."""
    assert ". .venv/bin/activate" in README
    for line in (".venv/bin/irqpath regs show GICR_WAKER 0x6", ". .venv/bin/activate; irqpath regs show GICR_WAKER 0x6"):
        done = subprocess.run(["/bin/sh", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False)
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


@pytest.mark.parametrize("page", PAGES)
def test_the_files_that_it_names_exist(page: str) -> None:
    """Paths of the project in backticks, glob patterns included; pages and pictures that it links to."""
    named = set(re.findall(r"`((?:hdl|pymodel|testbench|docs|\.ci)/[\w./*-]+)`", PAGES[page]))
    missing = [name for name in sorted(named) if not list(ROOT.glob(name.rstrip("/")))]
    assert missing == [], f"{page} names files that do not exist"
    linked = re.findall(r"\]\(([^):#]+)(?:#[^)]*)?\)", PAGES[page])
    assert [link for link in linked if not ((ROOT / page).parent / link).is_file()] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_modules_that_it_names_exist(page: str) -> None:
    """In backticks, and those of the reference."""
    named = re.findall(r"`((?:irqpath|irqpath_testbench)(?:\.\w+)+)`", PAGES[page])
    named += re.findall(r"^::: ([\w.]+)$", PAGES[page], re.MULTILINE)
    for name in named:
        pkgutil.resolve_name(name)
