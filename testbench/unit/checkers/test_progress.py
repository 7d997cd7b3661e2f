"""What a run shows while it works: a line that moves on a terminal, lines in a log."""

from __future__ import annotations

import io
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from irqpath.cli.console import console
from irqpath_testbench.tools.sim import progress
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.progress import Shown, moving, step

CLASSES = "VM_CLASSES_FAST += \\\n  Vtop \\\n  Vtop__1 \\\n\nVM_GLOBAL_FAST += \\\n  verilated \\\n\n"


def test_the_steps_of_a_build(tmp_path: Path) -> None:
    """From its log and from what is there, wherever below its folder it is made."""
    since = time.time() - 1
    log, inner = tmp_path / "build.log", tmp_path / "version"
    assert step(tmp_path, "verilator", since) == ""
    log.write_text("")
    assert step(tmp_path, "verilator", since) == "verilating"
    assert step(tmp_path, "icarus", since) == "compiling"
    log.write_text("- Verilator: Walltime\nmake: Entering directory\n")
    assert step(tmp_path, "verilator", since) == "0 of 0 files compiled"
    inner.mkdir()
    (inner / "Vtop_classes.mk").write_text(CLASSES)
    (inner / "Vtop.o").write_bytes(b"")
    assert step(tmp_path, "verilator", since) == "1 of 4 files compiled"
    log.write_text(log.read_text() + "g++ verilated.o Vtop__ALL.a -o irqpath_tb\n")
    assert step(tmp_path, "verilator", since) == "linking"
    assert step(tmp_path, "verilator", time.time() + 60) == ""


def test_a_log_has_a_line_when_a_build_begins_and_when_it_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And none where there is nothing to build."""
    monkeypatch.setattr(progress, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(progress, "_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(Build, "folder", property(lambda _: tmp_path))
    out = io.StringIO()
    screen = Console(file=out, width=150)
    with moving(screen) as lines, Shown(screen, "sgi", lines) as shown:
        with shown.building(Build()):
            pass
        assert out.getvalue() == ""
        with shown.building(Build()):
            (tmp_path / "build.log").write_text("")
            time.sleep(0.4)
        shown.say("simulating EverySgi")
    first, *more = out.getvalue().splitlines()
    assert first == "sgi: verilator builds 4 PEs, 64 SPIs: verilating (0 s)"
    assert 1 <= len(more) <= 3


def test_a_terminal_moves_while_a_library_s_words_are_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """cocotb prints while it builds; that is caught, and what is shown is not."""
    terminal, caught = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", terminal)
    screen = console()
    monkeypatch.setattr(sys, "stdout", caught)
    screen.print("moves")
    assert (terminal.getvalue(), caught.getvalue()) == ("moves\n", "")
