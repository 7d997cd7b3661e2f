"""The line that repeats a scenario repeats it: every transaction in its cycle, and all that was found, whatever ran before it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from irqpath.core.places import ROOT
from irqpath.core.transactions import Observed
from irqpath_testbench.dut.recorder import Breach, records_of
from irqpath_testbench.env.run_config import RunConfig

#: What differs between two runs of the same: places, clocks.
_ELSEWHERE = ("first_record", "origin_ns", "cpu_seconds", "check_seconds", "timing_seconds", "whole_seconds")


def _make(line: str, out: Path) -> str:
    """Run a printed line, its results below `out`; what it prints."""
    command = shlex.split(line)
    (at,) = (n for n, word in enumerate(command) if word.startswith("ARGS="))
    command[at] += f" --out {shlex.quote(str(out))}"
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode in (1, 2), done.stderr + done.stdout  # make says 2 of an irqpath that said 1
    return done.stdout


def _results(out: Path) -> dict[str, tuple[dict[str, Any], list[Observed | Breach]]]:
    """By scenario: its result, and its records."""
    found = {}
    for path in out.glob("*/result-*.json"):
        result = json.loads(path.read_text())
        seen = records_of(path.parent, RunConfig.load(path.with_name("run.json")).device.pes, result)
        found[result["scenario"]] = {name: value for name, value in result.items() if name not in _ELSEWHERE}, seen
    return found


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize(
    ("paths", "more", "scenarios"),
    [
        ("sgi", "--fault 13 --pes 2 --device spis=32", "EverySgi,Accesses,RandomTraffic"),
        ("spi", "--model-fault release-order-swapped --pes 3", "EverySpi,SpisGivenBack"),
        ("linux", "--fault 13 --recordings v3-mmio-smp2 --events 1500", "Lockstep,Stress"),
    ],
    ids=lambda value: value.split()[0] if value.startswith("-") else value.split(",")[0],
)
def test_the_line_repeats(paths: str, more: str, scenarios: str, tmp_path: Path) -> None:
    """Of each scenario that failed; all but the first ran after others."""
    line = f"make sim SIM=icarus PATHS={paths} SEED=11 N=90 ARGS={shlex.quote(f'--scenarios {scenarios} {more}')}"
    printed = _make(line, tmp_path / "first")
    lines = re.findall(r"^  repeat it: (make sim .*)$", printed, re.MULTILINE)
    failed = [re.search(r"--scenarios (\w+)", text)[1] for text in lines]  # type: ignore[index]  # each has one
    assert failed[-1] != scenarios.split(",")[0] and failed == [name for name in scenarios.split(",") if name in failed]
    first = _results(tmp_path / "first")
    for number, (name, text) in enumerate(zip(failed, lines, strict=True)):
        assert "WAVES=1" in text
        _make(text, tmp_path / str(number))
        (again,) = _results(tmp_path / str(number)).values()
        assert again[0] == first[name][0], name
        assert again[1] == first[name][1], name
        assert len(again[1]) > 100
        assert list((tmp_path / str(number)).glob("*/*.fst"))


@pytest.mark.simulator("verilator")
def test_a_scenario_alone_is_the_same_in_verilator(tmp_path: Path) -> None:
    """All scenarios of a path, and the last of them alone: memory, back-pressure, turns and random numbers begin anew."""
    base = "make sim PATHS=lpi SEED=12 N=150 KEEP=1 ARGS="
    for name, scenarios in (("all", "Commands,Spill,MemoryFull,RandomLpis"), ("alone", "RandomLpis")):
        words = f"--scenarios {scenarios} --out {shlex.quote(str(tmp_path / name))}"
        done = subprocess.run([*shlex.split(base)[:-1], f"ARGS={words}"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    whole, alone = _results(tmp_path / "all"), _results(tmp_path / "alone")
    assert whole["RandomLpis"] == alone["RandomLpis"]
