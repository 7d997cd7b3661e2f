"""Mutation: what yosys lists is understood, what replaces a block fits in its place, and verdicts say what happened."""

from __future__ import annotations

import io
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from irqpath.core.errors import CheckError
from irqpath.core.places import ROOT
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.faults.mutate.cli import Result, report
from irqpath_testbench.tools.faults.mutate.netlist import SELECT, Mutant, generate, parse, wrapper
from irqpath_testbench.tools.faults.mutate.trial import STAGES, Stage, Verdict, verdict
from irqpath_testbench.tools.sim.build import sources
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.simulate import Failure, Outcome
from irqpath_testbench.tools.toolchain import verilator

LISTED = (
    "mutate -ctrl irqpath_mutant 16 7 -mode cnot1 -module gicr_mutants -cell $eq$hdl/offer.v:41$65 -port B -portbit 3 -ctrlbit 1 "
    "-wire held_intid -wirebit 3 -src hdl/offer.v:41.22-41.40 -src hdl/gicr.v:9.1-9.3\n"
)
MUTANT = Mutant(
    7,
    "cnot1",
    "$eq$hdl/offer.v:41$65",
    "B",
    3,
    "held_intid[3]",
    ("hdl/offer.v:41.22-41.40", "hdl/gicr.v:9.1-9.3"),
)


def test_the_list_is_understood() -> None:
    assert parse(LISTED) == [MUTANT]
    with pytest.raises(CheckError, match="not understood"):
        parse("mutate -mode inv -module gicr_mutants -cell c -port B -portbit 3\n")


def test_only_pe_0_is_changed() -> None:
    """Other PEs have other parameters, for which the netlist is wrong."""
    text = wrapper((ROOT / "hdl" / "gicv3" / "gicr.v").read_text())
    assert "if (PE == 0)" in text and "gicr_original #(.PE(PE), .PES(PES)" in text
    assert re.search(r"output wire +ack_valid,", text) and "output reg" not in text
    assert "original" not in wrapper((ROOT / "hdl" / "gicv3" / "gicd.v").read_text())
    with pytest.raises(CheckError, match="no module"):
        wrapper("module gicr (input a); endmodule\n")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Of this test alone, inside the project, for yosys sees no other."""
    parent = ROOT / "build" / "mutate"
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="test-", dir=parent) as name:
        yield Path(name)


@pytest.mark.parametrize("block", ["gicr", "gicc"])
def test_the_netlist_fits(block: str, folder: Path) -> None:
    """Generated from this very Verilog, it elaborates in the testbench, with as many mutants as were asked for."""
    mutants = generate(block, DutParameters(), 5, 3, folder)
    assert [m.number for m in mutants] == [1, 2, 3, 4, 5]
    # a cell that yosys made while it optimized ($auto$) stands for no line
    assert all(m.sources for m in mutants if not m.cell.startswith("$auto$"))
    assert sum(bool(m.sources) for m in mutants) >= 3
    netlist = (folder / f"{block}_mutants.v").read_text()
    assert all(f"{SELECT} == 16'h{number:04x}" in netlist for number in range(1, 6))
    files = sources(folder)
    assert folder / f"{block}.v" in files and ROOT / "hdl" / "gicv3" / f"{block}.v" not in files
    command = ["verilator", "--lint-only", "-DIRQPATH_NETLIST", "--timing", "-Wno-fatal", "--top-module", "irqpath_tb"]
    includes = [f"-I{ROOT / 'hdl'}", f"-I{ROOT / 'testbench' / 'irqpath_testbench' / 'dut' / 'hdl'}"]
    parameters = [f"-G{name}={value}" for name, value in DutParameters().parameters().items()]
    done = subprocess.run(
        [*command, *includes, *parameters, *map(str, files)], env=verilator.choose().environ(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "%Error" not in done.stderr and "PINMISSING" not in done.stderr and "PINNOTFOUND" not in done.stderr


def test_scenarios_exist() -> None:
    """In the order in which cocotb runs them."""
    for stage in STAGES:
        assert stage.scenarios == tuple(name for name in PATHS[stage.path].scenarios if name in stage.scenarios)


def _outcome(failure: Failure, *scenarios: dict[str, Any], detail: str = "") -> Outcome:
    return Outcome(RunConfig("sgi", "nowhere"), failure, detail, list(scenarios))


def test_verdicts() -> None:
    """By the first scenario in the stage's order, the first mismatch; without one by what ended the run."""
    stage = Stage("sgi", ("EverySgi", "Crossings"))
    fine = {"scenario": "EverySgi", "ok": True, "listed": [], "failures": []}
    first = {"check": "differs", "link": "gicr0.rsp", "differs": "data", "observed": "1"}
    differs = {"scenario": "Crossings", "ok": False, "listed": [first], "failures": ["1 mismatches"]}
    found = verdict(3, stage, _outcome(Failure.MISMATCH, differs, fine), 1.0)
    assert found == Verdict(3, "Crossings", "differs", "gicr0.rsp", "data", 1.0) and found.killed
    hung = {"scenario": "EverySgi", "ok": False, "listed": [], "failures": ["watchdog: software made no progress for 20 cycles"]}
    assert verdict(3, stage, _outcome(Failure.MISMATCH, hung), 1.0).check == "watchdog"
    gone = verdict(3, stage, _outcome(Failure.NO_RESULT, fine, detail="of Crossings; the end of the log:\nAborted"), 1.0)
    assert (gone.scenario, gone.check, gone.detail) == ("Crossings", Failure.NO_RESULT.value, "Aborted")
    assert verdict(3, stage, _outcome(Failure.DISAGREE, fine, {**fine, "scenario": "Crossings"}), 1.0).killed
    assert not Verdict(3).killed


def test_results_are_kept(tmp_path: Path) -> None:
    """After each mutant; taken over only where nothing has changed; the report counts what was tried."""
    file = tmp_path / "mutate.json"
    mutants = [MUTANT, Mutant(8, "inv", "c", "Y", 0), Mutant(9, "inv", "d", "Y", 0)]
    result = Result("gicr", 1, mutants, "digest", file)
    result.add(Verdict(7))
    result.add(Verdict(8, "EverySgi", "differs", "stream0.down"))
    plain = json.loads(file.read_text())
    assert (plain["mutants"], plain["tried"], plain["killed"]) == (3, 2, 1)
    assert [m["number"] for m in plain["survivors"]] == [7]
    again = Result("gicr", 1, mutants, "digest", file)
    again.load()
    assert again.verdicts == result.verdicts
    other = Result("gicr", 1, mutants, "another", file)
    other.load()
    assert other.verdicts == {}
    out = io.StringIO()
    report(Console(file=out, width=150), again)
    text = out.getvalue()
    assert "1 of 2 mutants killed (50.0%); 1 not tried yet" in text
    assert "held_intid[3]" in text and "hdl/offer.v:41.22-41.40" in text
    file.write_text("[]")
    with pytest.raises(CheckError, match="was not written by"):
        other.load()
