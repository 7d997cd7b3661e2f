"""Running one job: simulate, measure, judge, and give its record. It knows nothing of who scheduled it, or of other jobs.

One job at a time in a process: its processor time is that of the process's children meanwhile.
"""

from __future__ import annotations

import io
import re
import resource
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from irqpath.cli.terminal import WIDE
from irqpath.cli.writing import write_text
from irqpath.core.errors import IrqpathError
from irqpath_testbench.env.run_config import RunConfig, patient
from irqpath_testbench.tools.faults.rtl_faults import INJECTABLE
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import Record, Signature, Verdict
from irqpath_testbench.tools.sim.artefacts import COMMAND, drop_bulk, write_transactions
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.limits import reached
from irqpath_testbench.tools.sim.outcome import Failure, Outcome
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.recordings import FOLDER
from irqpath_testbench.tools.sim.report import print_failure
from irqpath_testbench.tools.sim.results import results_of
from irqpath_testbench.tools.sim.simulate import simulate
from irqpath_testbench.tools.toolchain.tool import ToolMissing

#: Of a story, that a record keeps, in characters.
_STORY: Final = 20_000
#: What is tried again: it may have been this machine's fault.
_AGAIN: Final = (Verdict.DIED, Verdict.HUNG)
_NUMBER: Final = re.compile(r"0x[0-9a-fA-F]+|\d[\d,.]*")


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one attempt at a job: wall `seconds`, bytes of `memory`; `attempts`: at what dies or hangs."""

    seconds: float = 3600.0
    memory: int = 6 << 30
    attempts: int = 2


#: Of a job of a plan.
USUAL: Final = Limits()


class Watch:
    """Looks at the simulator's process while it runs. `memory`: the most bytes that it was seen to take; `exceeded`: the limit
    that ended it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._since: float | None = None
        self.memory = 0
        self.exceeded: Verdict | None = None

    def __call__(self, pid: int) -> None:
        """Raises `RuntimeError` where a limit is exceeded."""
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        self.memory = max(self.memory, memory_of(pid))
        if now - self._since > self._limits.seconds:
            self.exceeded = Verdict.TIME
            raise RuntimeError(f"more than {self._limits.seconds:g} s")
        if self.memory > self._limits.memory:
            self.exceeded = Verdict.MEMORY
            raise RuntimeError(f"{self.memory:,} bytes, more than {self._limits.memory:,}")


def memory_of(pid: int) -> int:
    """Bytes of memory that a process has taken at most (Linux), or takes now; 0 of one that has ended."""
    if sys.platform == "linux":
        try:
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return 0
        found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
        return int(found[1]) * 1024 if found else 0
    import psutil  # type: ignore[import-untyped]  # comes with the scheduler

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def build_of(job: Job) -> Build:
    """What a job runs on."""
    return Build(job.simulator, job.device, faults=bool(job.fault))


def config_of(job: Job, folder: Path) -> RunConfig:
    """What the simulation is told."""
    return patient(
        RunConfig(
            path=job.path,
            folder=str(folder),
            seed=job.seed,
            interrupts=job.interrupts,
            device=job.device,
            simulator=job.simulator,
            trace=str(FOLDER / job.trace) if job.trace else "",
            events=job.events,
            fault=job.fault,
            model_fault=job.model_fault,
        )
    )


def run_job(job: Job, folder: Path, limits: Limits = USUAL) -> Record:
    """Run it in `folder`, which holds nothing or an earlier run, and again if it dies or hangs.

    Raises `OSError` and `IrqpathError` where this machine cannot run it now, which is no result: a full disk, a tool that is not
    there.
    """
    began = time.time()
    record = _attempt(job, folder, limits)
    for attempt in range(2, limits.attempts + 1):
        if record.verdict not in _AGAIN:
            break
        before = f"attempt {attempt - 1}: {record.verdict.value} ({record.reason})"
        record = _attempt(job, folder, limits)
        record = replace(record, attempts=attempt, reason="; ".join(filter(None, [record.reason, before])))
    return replace(record, began=began)


def _attempt(job: Job, folder: Path, limits: Limits) -> Record:
    path, watch = PATHS[job.path], Watch(limits)
    scenarios = job.scenarios or path.scenarios
    began, used = time.monotonic(), _children()
    place = f"{folder.parent.name}/{folder.name}"
    try:
        outcome = simulate(build_of(job), config_of(job, folder), path.module, scenarios, watch=watch)
    except ToolMissing:
        raise
    except IrqpathError as error:
        if reached(folder):
            raise
        return Record(job, Verdict.BUILD, _line(str(error)), str(error)[:_STORY], Signature("build"), folder=place)
    wall, cpu = time.monotonic() - began, _children() - used
    _keep(job, outcome)
    verdict, reason = judged(job, outcome, watch.exceeded)
    return Record(
        job,
        verdict,
        reason,
        story="" if outcome.ok else _story(outcome),
        signature=None if outcome.ok else signature_of(outcome, verdict),
        wall=wall,
        cpu=cpu,
        memory=watch.memory,
        draws=draws_of(job, outcome),
        folder=place,
        results=results_of(outcome),
    )


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _keep(job: Job, outcome: Outcome) -> None:
    """What stays of the run: of a failure its transactions too."""
    write_text(Path(outcome.run.folder) / COMMAND, job.command() + "\n")
    if not outcome.ok and not job.must_fail and (Path(outcome.run.folder) / "records.bin").exists():
        write_transactions(outcome.run)
    else:
        drop_bulk(outcome.run)


def judged(job: Job, outcome: Outcome, exceeded: Verdict | None) -> tuple[Verdict, str]:
    """What became of a job, and why in one line: of one with an injected fault that a check found it, and which."""
    verdict = exceeded or _VERDICTS.get(outcome.failure, Verdict.ERROR)
    if verdict is Verdict.DIED and "gave no heartbeat" in outcome.detail:
        verdict = Verdict.HUNG
    why = "" if outcome.ok else why_of(outcome)
    if not job.must_fail:
        return verdict, why
    if verdict is Verdict.FAILED:
        return Verdict.PASSED, f"found: {why}"
    if verdict is Verdict.PASSED:
        return Verdict.MISSED, f"{_what(job)}: every check passed"
    return verdict, why


_VERDICTS: Final = {
    Failure.NONE: Verdict.PASSED,
    Failure.MISMATCH: Verdict.FAILED,
    Failure.NO_RESULT: Verdict.DIED,
    Failure.DISAGREE: Verdict.DIED,
    Failure.HANG: Verdict.HUNG,
    Failure.CRASH: Verdict.DIED,
    Failure.BUILD: Verdict.BUILD,
}


def _what(job: Job) -> str:
    if job.fault:
        return next(f"fault {fault.number}, {fault.what}" for fault in INJECTABLE if fault.number == job.fault)
    return f"fault {job.model_fault} of the models"


def why_of(outcome: Outcome) -> str:
    """The first thing that went wrong, in a line."""
    for scenario in outcome.scenarios:
        if scenario["listed"]:
            first = scenario["listed"][0]
            return f"{first['check']} on {first['link']} in cycle {first['cycle']} of {scenario['scenario']}"
        if scenario["failures"]:
            return f"{scenario['scenario']}: {_line(scenario['failures'][0])}"
    said = Path(outcome.run.folder) / "runner-error.txt"
    told = said.read_text(encoding="utf-8", errors="replace") if said.exists() else ""
    return _line(told or f"{outcome.failure.value} {outcome.detail}")


def signature_of(outcome: Outcome, verdict: Verdict) -> Signature:
    """What it has in common with others of its kind: numbers of cycles and INTIDs are not."""
    for scenario in outcome.scenarios:
        name = scenario["scenario"]
        if scenario["listed"]:
            first: dict[str, Any] = scenario["listed"][0]
            field = re.match(r"in (\w+):", first["differs"])
            return Signature(first["check"], first["link"], field[1] if field else "", name)
        if scenario["failures"]:
            return Signature(_NUMBER.sub("N", _line(scenario["failures"][0])), scenario=name)
    told = {scenario["scenario"] for scenario in outcome.scenarios}
    return Signature(verdict.value, scenario=next((name for name in outcome.wanted if name not in told), ""))


def draws_of(job: Job, outcome: Outcome) -> dict[str, str]:
    """The first random number of each scenario's own generator, behind the generator's name, which has the seed."""
    found = {}
    for scenario in outcome.scenarios:
        name = f"{job.seed}:{scenario['scenario']}"
        draws: dict[str, str] = scenario.get("draws", {})
        if draws:
            first = name if name in draws else next(iter(draws))
            found[scenario["scenario"]] = f"{first} {draws[first]}"
    return found


def _story(outcome: Outcome) -> str:
    text = io.StringIO()
    print_failure(Console(file=text, width=WIDE), outcome)
    return text.getvalue()[:_STORY]


def _line(text: str) -> str:
    return " ".join(text.split("\n", 1)[0].split())[:300]
