"""What is printed of a run that failed: why, whatever its log holds, and how to see it again."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.sim import build
from irqpath_testbench.tools.sim.outcome import Failure, Outcome
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.report import print_failure

PASSED = {"scenario": "EverySgi", "ok": True}
ANOTHER = {"scenario": "Resets", "ok": True}


@pytest.mark.parametrize(
    ("failure", "results", "repeats"),
    [
        (Failure.NO_RESULT, [PASSED], "--scenarios Resets "),
        (Failure.NO_RESULT, [], "--scenarios EverySgi "),
        (Failure.CRASH, [PASSED, ANOTHER], "--scenarios EverySgi,Resets "),
        (Failure.DISAGREE, [PASSED, ANOTHER], "--scenarios EverySgi,Resets "),
    ],
    ids=["crashed", "crashed at once", "crashed at its end", "disagree"],
)
def test_a_crash_is_told_with_the_line_that_repeats_it(failure: Failure, results: list[dict[str, object]], repeats: str) -> None:
    """The log's own brackets are no markup."""
    detail = "the end of the log:\nmake: *** [/tmp/x: all] Killed\n[/red] [bold]"
    outcome = Outcome(RunConfig("sgi", "x"), failure, detail, results, 1.0, ("EverySgi", "Resets"), PATHS["sgi"].module)
    shown = io.StringIO()
    print_failure(Console(file=shown, width=80), outcome)
    assert detail in shown.getvalue()
    (line,) = (line for line in shown.getvalue().splitlines() if "repeat it:" in line)
    assert line.startswith("  repeat it: make sim SIM=verilator PATHS=sgi SEED=1") and repeats in line


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("g++: fatal error: Killed signal terminated program cc1plus", "was ended by a signal (g++: fatal error: Killed"),
        ("make: *** [Vtop.mk:60: Vtop] Segmentation fault", "was ended by a signal (make: ***"),
        ("Killed", "was ended by a signal (Killed)"),
        ("File size limit exceeded", "File too large: a file may have"),
        ("%Error: hdl/gicv3/gicd.v:7:3: syntax error", "the Verilog does not compile with verilator; the end of"),
    ],
)
def test_a_program_that_was_killed_is_not_called_wrong_verilog(said: str, why: str, tmp_path: Path) -> None:
    """One line, unless it is the Verilog."""
    log = tmp_path / "build.log"
    log.write_text("g++ -Os -c Vtop.cpp\n" * 30 + f"{said}\nmake: Leaving directory\n")
    told = build._why("verilator", log, "make ended with status 2")
    assert why in told
    assert ("\n" in told) == ("syntax error" in said)
