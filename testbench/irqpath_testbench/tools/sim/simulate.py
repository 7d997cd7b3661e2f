"""One simulation from the host's side: start it, wait, read what it left, and judge."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from irqpath.cli.signals import message_of
from irqpath.cli.writing import write_text
from irqpath.core.errors import CheckError, IrqpathError
from irqpath.core.places import ROOT, SOURCES
from irqpath_testbench.env.base_test import HANG_STATUS
from irqpath_testbench.env.process import BATCH, LOG, MODULE, SEPARATOR
from irqpath_testbench.env.run_config import VARIABLE, RunConfig, imported_from
from irqpath_testbench.tools.sim import junit
from irqpath_testbench.tools.sim.build import Build, Built, build, variables
from irqpath_testbench.tools.sim.folders import CONFIG, clear
from irqpath_testbench.tools.sim.limits import reached
from irqpath_testbench.tools.sim.outcome import Failure, Outcome

#: Times `RunConfig.hang_seconds` that a simulator may be silent: its own guard comes first.
SILENCES = 3
#: cocotb's own JUnit file, of the scenarios that the simulator came to.
INNER = "cocotb.xml"
#: What of the Verilog a run reached, in a build with `coverage`.
COVERAGE: Final = "coverage.dat"


def simulate(
    what: Build,
    run: RunConfig,
    module: str,
    scenarios: Sequence[str],
    *,
    dump: bool = True,
    told: Callable[[Outcome], None] = lambda _: None,
    watch: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Run `scenarios` of a cocotb module in one simulator process; everything it writes goes to `run.folder`, a JUnit file in any
    case.

    `dump`: write waves, where the build can. `told` is called with the outcome, of a run too that an exception ends; `watch` ten
    times a second with the number of the simulator's process, which a `RuntimeError` of its ends. Raises `ToolMissing`,
    `CheckError` where nothing could be simulated at all.
    """
    folder = Path(run.folder)
    clear(folder)
    run.save(folder / CONFIG)
    started = time.monotonic()
    outcome = planned(run, module, scenarios)
    junit.write_run(outcome)
    try:
        built = build(what)
        started = time.monotonic()
        shown = what if dump else replace(what, waves=False)
        start(built, shown, [run], module, scenarios, lambda: None, lambda: folder, watch)
        outcome = judge(run, scenarios, time.monotonic() - started, built.runner.status)
        if not outcome.ok and (why := reached(folder)):
            outcome.failure, outcome.detail = Failure.NO_RESULT, why
            raise CheckError(why)
    except IrqpathError as error:
        if outcome.failure is Failure.ENDED:  # it did not come to a judgement
            outcome.failure, outcome.detail = Failure.BUILD, str(error)
        raise
    except BaseException as error:
        outcome = judge(run, scenarios, time.monotonic() - started)
        outcome.failure = Failure.ENDED
        outcome.detail = message_of(error) if isinstance(error, KeyboardInterrupt) else repr(error)
        raise
    finally:
        outcome.module = module
        junit.write_run(outcome)
        told(outcome)
    return outcome


#: Of a simulator's environment: what starts its Python sooner. Bytecode is kept with the builds whatever becomes of it elsewhere,
#: numpy does not start threads for algebra that nobody does, and pytest's assertions do not find their way into every module.
_QUICK_START: Final = {
    "PYTHONPYCACHEPREFIX": str(ROOT / "build" / "bytecode"),
    "PYTHONDONTWRITEBYTECODE": "",
    "OPENBLAS_NUM_THREADS": "1",
    "COCOTB_REWRITE_ASSERTION_FILES": "",
}


def planned(run: RunConfig, module: str, scenarios: Sequence[str]) -> Outcome:
    """The outcome of a run of which nothing is known."""
    return Outcome(run, Failure.ENDED, junit.NOT_YET, wanted=tuple(scenarios), module=module)


def living(folder: Callable[[], Path], seconds: float, tick: Callable[[], None]) -> Callable[[], None]:
    """`tick`, which raises `RuntimeError` when no file of the run has changed for so many seconds: a simulator that hangs before
    its own guard begins (`irqpath_testbench.env.base_test.HangGuard`), or after it has ended, does not keep us for ever.
    `folder`: of the current run."""
    seen: tuple[int, ...] = ()
    since = time.monotonic()

    def look() -> None:
        nonlocal seen, since
        tick()
        now = _changed(folder())
        if now != seen:
            seen, since = now, time.monotonic()
        elif time.monotonic() - since > seconds:
            raise RuntimeError(f"the simulator gave no heartbeat for {seconds:.0f} s, and was ended")

    return look


def _changed(folder: Path) -> tuple[int, ...]:
    """When each file was written last. One that goes meanwhile, as a temporary file does, is none."""
    found = []
    for path in sorted(folder.iterdir()):
        with suppress(FileNotFoundError):
            found.append(path.stat().st_mtime_ns)
    return tuple(found)


def result_path(folder: Path, scenario: str) -> Path:
    """Where a scenario leaves its result, when it has ended."""
    return folder / f"result-{scenario}.json"


def start(
    built: Built,
    what: Build,
    runs: Sequence[RunConfig],
    module: str,
    scenarios: Sequence[str],
    tick: Callable[[], None],
    current: Callable[[], Path],
    watch: Callable[[int], None] = lambda _: None,
) -> None:
    """Run the simulator; its verdict is read from what it leaves, for the runner does not raise when a test fails. `runs` differ
    in seed and folder; `current`: the folder of the one that is under way; `watch`: see `simulate`."""
    run = runs[0]
    folder = Path(run.folder)
    plusargs = [
        f"+irqpath_records={folder / 'records.bin'}",
        f"+irqpath_watchdog={run.watchdog}",
        f"+irqpath_fault={run.fault}",
    ]
    if what.simulator == "verilator":
        plusargs += [f"+verilator+seed+{run.seed % (2**31 - 1) + 1}", "+verilator+rand+reset+2"]
    if what.coverage:
        plusargs.append(f"+verilator+coverage+file+{folder / COVERAGE}")
    if what.simulator == "icarus" and what.waves:
        plusargs.append(f"+dumpfile_path={folder / 'dump.fst'}")
    places = (*SOURCES, *([imported_from(run.described)] if run.described else []))
    environment = {
        MODULE: module,
        VARIABLE: SEPARATOR.join(str(Path(one.folder) / CONFIG) for one in runs),
        "IRQPATH_MODEL_FAULT": run.model_fault,
        "COCOTB_RANDOM_SEED": str(run.seed % 2**32),
        "COCOTB_LOG_LEVEL": "WARNING",
        "PYTHONPATH": os.pathsep.join(p for p in (*map(str, places), os.environ.get("PYTHONPATH", "")) if p),
        **_QUICK_START,
    }

    def watched() -> None:
        watch(built.runner.pid)
        tick()

    built.runner.tick = living(current, SILENCES * run.hang_seconds, watched)
    try:
        with variables():
            built.runner.test(
                test_module=module if len(runs) == 1 else BATCH,
                hdl_toplevel=what.top,
                hdl_toplevel_lang="verilog",
                build_dir=built.folder,
                test_dir=folder,
                results_xml=str(folder / INNER),
                test_filter="|".join(f"(^|\\.){name}$" for name in scenarios),
                plusargs=plusargs,
                extra_env=environment,
                waves=what.waves,
                log_file=folder / LOG,
            )
    except (RuntimeError, SystemExit) as error:
        tick()  # another run may have begun since
        write_text(current() / "runner-error.txt", f"{error}\n")
    finally:
        tick()


def judge(run: RunConfig, scenarios: Sequence[str], seconds: float, status: int = 0, mark: str = "") -> Outcome:
    """Results and JUnit file must both be there, for every scenario, and agree; `status`: the simulator's; `mark`: what the name
    of the module ends with in cocotb's JUnit file, where several runs share a process."""
    folder = Path(run.folder)
    outcome = Outcome(run, seconds=seconds, wanted=tuple(scenarios))
    verdicts, outcome.took = _junit(folder / INNER, mark)
    for name in scenarios:
        try:
            outcome.scenarios.append(json.loads(result_path(folder, name).read_text()))
        except (FileNotFoundError, ValueError):  # not there, or not written to its end
            continue
    hung = [s for s in outcome.scenarios if any(f.startswith("hang") for f in s["failures"])]
    missing = [name for name in scenarios if not any(s["scenario"] == name for s in outcome.scenarios)]
    disagree = [s["scenario"] for s in outcome.scenarios if verdicts.get(s["scenario"]) is not s["ok"]]
    if hung:
        outcome.failure, outcome.detail = Failure.HANG, f"exit status {HANG_STATUS}"
    elif missing:
        outcome.failure, outcome.detail = Failure.NO_RESULT, f"of {', '.join(missing)}; the end of the log:\n{_tail(folder)}"
    elif disagree:
        outcome.failure, outcome.detail = Failure.DISAGREE, f"about {', '.join(disagree)} ({INNER}: {verdicts})"
    elif not all(s["ok"] for s in outcome.scenarios):
        outcome.failure = Failure.MISMATCH
    elif status:
        outcome.failure, outcome.detail = Failure.CRASH, f"the end of the log:\n{_tail(folder)}"
    return outcome


def _junit(path: Path, mark: str) -> tuple[dict[str, bool], dict[str, float]]:
    """Test name -> passed, and -> wall seconds, from cocotb's JUnit file, of modules with the mark; empty where there is none."""
    verdicts: dict[str, bool] = {}
    took: dict[str, float] = {}
    try:
        for case in ElementTree.parse(path).getroot().iter("testcase"):  # written by cocotb on this machine
            if not case.get("classname", "").endswith(mark):
                continue
            name = case.get("name", "").rsplit(".", 1)[-1]
            verdicts[name] = all(case.find(word) is None for word in ("failure", "error", "skipped"))
            took[name] = float(case.get("time") or 0)
    except (FileNotFoundError, ElementTree.ParseError, ValueError):
        return {}, {}
    return verdicts, took


def _tail(folder: Path, lines: int = 20) -> str:
    parts = []
    for name in ("runner-error.txt", LOG):
        path = folder / name
        if path.exists():
            parts += path.read_text(errors="replace").splitlines()[-lines:]
    return "\n".join(parts) or "(no log)"


__all__ = ["COVERAGE", "INNER", "Failure", "Outcome", "judge", "planned", "result_path", "simulate", "start"]
