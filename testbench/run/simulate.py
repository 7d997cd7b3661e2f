"""One simulation from the host's side: start it, wait, read what it left, and judge."""

from __future__ import annotations

import enum
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from cocotb_tools.runner import Runner

from pymodel.errors import CheckError
from pymodel.writing import write_text
from testbench.base_test import HANG_STATUS
from testbench.run.build import TOP, Build, build
from testbench.run.limits import reached
from testbench.run_config import VARIABLE, RunConfig


class Failure(enum.Enum):
    """How a run can fail."""

    NONE = "passed"
    MISMATCH = "a check failed"
    NO_RESULT = "the simulation left no result"
    DISAGREE = "the JUnit file and the results disagree"
    HANG = "the simulation hung"


@dataclass(slots=True)
class Outcome:
    """What one simulation left. `scenarios`: the result of each scenario, as `BaseTest.result` gives it."""

    run: RunConfig
    failure: Failure = Failure.NONE
    detail: str = ""
    scenarios: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Everything passed."""
        return self.failure is Failure.NONE


def simulate(
    what: Build,
    run: RunConfig,
    module: str,
    scenarios: Sequence[str],
    *,
    progress: Callable[[str], None] | None = None,
) -> Outcome:
    """Run `scenarios` of a cocotb module in one simulator process; everything it writes goes to `run.folder`.

    `progress` is told each scenario that has ended. Raises `ToolMissing`, `CheckError` where nothing could be simulated at all.
    """
    runner = build(what)
    folder = Path(run.folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run.save(folder / "run.json")
    started = time.monotonic()
    thread = threading.Thread(target=_test, args=(runner, what, run, module, scenarios))
    thread.start()
    told: set[str] = set()
    while thread.is_alive():
        thread.join(0.1)
        for name in scenarios:
            if progress and name not in told and _result_path(folder, name).exists():
                told.add(name)
                progress(name)
    outcome = judge(run, scenarios, time.monotonic() - started)
    if not outcome.ok and (why := reached(folder)):
        raise CheckError(why)
    return outcome


def _result_path(folder: Path, scenario: str) -> Path:
    return folder / f"result-{scenario}.json"


def _test(runner: Runner, what: Build, run: RunConfig, module: str, scenarios: Sequence[str]) -> None:
    """Start the simulator; its verdict is read from what it leaves, for the runner does not raise when a test fails."""
    folder = Path(run.folder)
    plusargs = [
        f"+irqpath_records={folder / 'records.bin'}",
        f"+irqpath_watchdog={run.watchdog}",
        f"+irqpath_plant={run.plant}",
    ]
    if what.simulator == "verilator":
        plusargs += [f"+verilator+seed+{run.seed % (2**31 - 1) + 1}", "+verilator+rand+reset+2"]
    if what.simulator == "icarus" and what.waves:
        plusargs.append(f"+dumpfile_path={folder / 'dump.fst'}")
    environment = {
        VARIABLE: str(folder / "run.json"),
        "IRQPATH_MODEL_PLANT": run.model_plant,
        "COCOTB_RANDOM_SEED": str(run.seed % 2**32),
        "COCOTB_LOG_LEVEL": "WARNING",
        "PYTHONPATH": os.pathsep.join(p for p in (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")) if p),
    }
    try:
        runner.test(
            test_module=module,
            hdl_toplevel=TOP,
            hdl_toplevel_lang="verilog",
            build_dir=what.folder,
            test_dir=folder,
            results_xml=str(folder / "results.xml"),
            test_filter="|".join(f"(^|\\.){name}$" for name in scenarios),
            plusargs=plusargs,
            extra_env=environment,
            waves=what.waves,
            log_file=folder / "log.txt",
        )
    except (RuntimeError, SystemExit) as error:
        write_text(folder / "runner-error.txt", f"{error}\n")


def judge(run: RunConfig, scenarios: Sequence[str], seconds: float) -> Outcome:
    """Results and JUnit file must both be there, for every scenario, and agree."""
    folder = Path(run.folder)
    outcome = Outcome(run, seconds=seconds)
    verdicts = _junit(folder / "results.xml")
    for name in scenarios:
        path = _result_path(folder, name)
        if path.exists():
            outcome.scenarios.append(json.loads(path.read_text()))
    hung = [s for s in outcome.scenarios if any(f.startswith("hang") for f in s["failures"])]
    missing = [name for name in scenarios if not any(s["scenario"] == name for s in outcome.scenarios)]
    disagree = [s["scenario"] for s in outcome.scenarios if verdicts.get(s["scenario"]) is not s["ok"]]
    if hung:
        outcome.failure, outcome.detail = Failure.HANG, f"exit status {HANG_STATUS}"
    elif missing:
        outcome.failure, outcome.detail = Failure.NO_RESULT, f"of {', '.join(missing)}; the end of the log:\n{_tail(folder)}"
    elif disagree:
        outcome.failure, outcome.detail = Failure.DISAGREE, f"about {', '.join(disagree)} (results.xml: {verdicts})"
    elif not all(s["ok"] for s in outcome.scenarios):
        outcome.failure = Failure.MISMATCH
    return outcome


def _junit(path: Path) -> dict[str, bool]:
    """Test name -> passed, from the JUnit file; empty where there is none."""
    if not path.exists():
        return {}
    try:
        cases = ElementTree.parse(path).getroot().iter("testcase")  # written by cocotb on this machine
        return {case.get("name", "").rsplit(".", 1)[-1]: case.find("failure") is None and case.find("error") is None
                and case.find("skipped") is None for case in cases}  # fmt: skip
    except ElementTree.ParseError:
        return {}


def _tail(folder: Path, lines: int = 20) -> str:
    parts = []
    for name in ("runner-error.txt", "log.txt"):
        path = folder / name
        if path.exists():
            parts += path.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join(parts) or "(no log)"
