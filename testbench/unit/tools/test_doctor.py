"""The table and the exit status of `irqpath doctor`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from irqpath_testbench import cli
from irqpath_testbench.tools.toolchain import doctor, python
from irqpath_testbench.tools.toolchain.tool import Need, Tool

READY = [
    Tool("python", True, "3.11.7", "/usr/bin/python3"),
    Tool("icarus", False, note="no iverilog on PATH", fix="run: apt-get install iverilog", need=Need.FEATURE),
    Tool("gtkwave", False, need=Need.OPTIONAL),
]
BROKEN = [*READY, Tool("libpython", False, fix="run: apt-get install libpython3.11")]


def test_table_shows_state_version_and_fix() -> None:
    lines = doctor.table(BROKEN)[2:]
    assert lines == [
        "ok       python     3.11.7  /usr/bin/python3",
        "missing  icarus             (no iverilog on PATH)",
        "         fix: apt-get install iverilog",
        "-        gtkwave",
        "MISSING  libpython",
        "         fix: apt-get install libpython3.11",
    ]


def test_ready_without_a_feature(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "collect", lambda: READY)
    assert cli.main(["doctor"]) == 0
    assert capsys.readouterr().out.endswith("\nReady, but without: icarus.\n")


def test_not_ready_and_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "collect", lambda: BROKEN)
    target = tmp_path / "new" / "doctor.json"
    assert cli.main(["doctor", "--json", str(target)]) == 1
    assert "Not ready: libpython missing." in capsys.readouterr().out
    data = json.loads(target.read_text())
    assert data["ready"] is False
    assert [tool["need"] for tool in data["tools"]] == ["required", "feature", "optional", "required"]


def test_every_finder_works_on_this_machine() -> None:
    names = [tool.name for tool in doctor.collect()]
    assert {"python", "cocotb", "pyuvm", "numpy", "verilator", "icarus", "libpython", "FST headers"} <= set(names)
    assert len(set(names)) == len(names)


def test_version_that_differs_from_the_lock_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = "numpy==1.0 ; python_full_version < '3.12' \\\n    --hash=sha256:00\nnumpy==1.1 \\\nrich==15.0.0\n"
    (tmp_path / "requirements.txt").write_text(lock)
    assert python.locked_versions(tmp_path / "requirements.txt") == {"numpy": {"1.0", "1.1"}, "rich": {"15.0.0"}}
    monkeypatch.setattr(python, "ROOT", tmp_path)
    numpy = next(tool for tool in python.find_packages() if tool.name == "numpy")
    assert numpy.found and numpy.note == "the lock has 1.0 or 1.1"
