"""Running a job, or several that differ in their seeds in one simulator process: simulate, measure, judge, and give records. It
knows nothing of who scheduled them.

One simulator at a time in a process: the processor time of a job by itself is that of the process's children meanwhile.
"""

from __future__ import annotations

import io
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Sequence
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
from irqpath_testbench.tools.sim.batch import simulate_batch
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.limits import reached
from irqpath_testbench.tools.sim.local import local_failures
from irqpath_testbench.tools.sim.outcome import Failure, Outcome
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.recordings import FOLDER
from irqpath_testbench.tools.sim.report import print_failure
from irqpath_testbench.tools.sim.results import results_of
from irqpath_testbench.tools.sim.simulate import simulate
from irqpath_testbench.tools.sim.timing import timing_failures
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
        self._pid = 0
        self._cpu = 0.0
        self.memory = 0
        self.exceeded: Verdict | None = None

    def begin(self) -> None:
        """Another job begins: its time counts from now."""
        self._since = time.monotonic()

    @property
    def cpu(self) -> float:
        """Seconds of processor time that the process has taken until now, or was last seen to have taken (Linux)."""
        self._cpu = max(self._cpu, cpu_of(self._pid))
        return self._cpu

    def __call__(self, pid: int) -> None:
        """Raises `RuntimeError` where a limit is exceeded."""
        now, self._pid = time.monotonic(), pid
        self._cpu = max(self._cpu, cpu_of(pid))
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


def cpu_of(pid: int) -> float:
    """Seconds of processor time of a process (Linux); 0 of one that has ended, and elsewhere."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def build_of(job: Job) -> Build:
    """What a job runs on."""
    return Build(job.simulator, job.device, faults=bool(job.fault), coverage=job.code_coverage)


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
            timing=job.timing,
        )
    )


def run_job(job: Job, folder: Path, limits: Limits = USUAL) -> Record:
    """Run it in `folder`, which holds nothing or an earlier run, and again if it dies or hangs.

    Raises `OSError` and `IrqpathError` where this machine cannot run it now, which is no result: a full disk, a tool that is not
    there.
    """
    began = time.time()
    return replace(_tried(_attempt(job, folder, limits), folder, limits), began=began)


def _tried(record: Record, folder: Path, limits: Limits) -> Record:
    """The record of a job's first attempt, or that of a later one if it is of a kind that is tried again."""
    job = record.job
    for attempt in range(2, limits.attempts + 1):
        if record.verdict not in _AGAIN:
            break
        before = f"attempt {attempt - 1}: {record.verdict.value} ({record.reason})"
        record = _attempt(job, folder, limits)
        record = replace(record, attempts=attempt, reason="; ".join(filter(None, [record.reason, before])))
    return record


#: Who gets the record of a job that has ended.
Told = Callable[[Record], None]


def run_batch(jobs: Sequence[Job], folder_of: Callable[[Job], Path], limits: Limits, told: Told) -> None:
    """Run jobs that differ in their seeds alone, one after the other in one simulator process. `told` gets the record of each as
    soon as it has ended, or of one that died or hung when it has run again by itself. The process's end in the middle leaves
    those behind it, which have no record then.

    Raises what `run_job` does.
    """
    _Together(jobs, folder_of, limits, told).run()


class _Together:
    """Jobs of one simulator process."""

    def __init__(self, jobs: Sequence[Job], folder_of: Callable[[Job], Path], limits: Limits, told: Told) -> None:
        self._jobs = {str(folder_of(job)): job for job in jobs}
        self._limits, self._told, self._watch = limits, told, Watch(limits)
        self._began, self._since, self._used = time.time(), time.monotonic(), 0.0
        self._ended: list[str] = []  # names of jobs
        self._again: tuple[Record, Path] | None = None

    def run(self) -> None:
        """See `run_batch`."""
        runs = [config_of(job, Path(folder)) for folder, job in self._jobs.items()]
        job = next(iter(self._jobs.values()))
        path = PATHS[job.path]
        scenarios = job.scenarios or path.scenarios
        try:
            simulate_batch(build_of(job), runs, path.module, scenarios, began=self._begins, told=self._ends, watch=self._watch)
        except ToolMissing:
            raise
        except IrqpathError:
            if not self._ended or any(reached(Path(folder)) for folder in self._jobs):
                raise  # no record tells of it
        if self._again is not None:
            self._told(_tried(*self._again, self._limits))

    def _begins(self, _: RunConfig) -> None:
        self._watch.begin()
        self._began, self._since, self._used = time.time(), time.monotonic(), self._watch.cpu if self._ended else 0.0

    def _ends(self, outcome: Outcome) -> None:
        job = self._jobs[outcome.run.folder]
        if outcome.failure is Failure.NOT_RUN:
            return
        wall, cpu = time.monotonic() - self._since, self._watch.cpu - self._used
        record = _judged_as(job, outcome, self._watch, wall, cpu)
        record = replace(record, began=self._began, before=tuple(self._ended))
        self._ended.append(job.name)
        if record.verdict in _AGAIN:
            self._again = record, Path(outcome.run.folder)
        else:
            self._told(record)


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
    return _judged_as(job, outcome, watch, wall, cpu)


def _judged_as(job: Job, outcome: Outcome, watch: Watch, wall: float, cpu: float) -> Record:
    """The record of a job that was simulated. `wall`, `cpu`: seconds."""
    _keep(job, outcome)
    verdict, reason = judged(job, outcome, watch.exceeded)
    agrees = outcome.ok and verdict is not Verdict.FAILED
    folder = Path(outcome.run.folder)
    return Record(
        job,
        verdict,
        reason,
        story="" if agrees else _story(outcome),
        signature=None if agrees else signature_of(outcome, verdict),
        wall=wall,
        cpu=cpu,
        memory=watch.memory,
        draws=draws_of(job, outcome),
        folder=f"{folder.parent.name}/{folder.name}",
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
    if verdict is Verdict.PASSED and job.timing and (misses := misses_of(outcome)):
        verdict, why = Verdict.FAILED, _line(misses[0])
    if not job.must_fail:
        return verdict, why
    if verdict is Verdict.FAILED:
        return Verdict.PASSED, f"found: {why}"
    if verdict is Verdict.PASSED:
        return Verdict.MISSED, f"{_what(job)}: every check passed"
    return verdict, why


def misses_of(outcome: Outcome) -> list[str]:
    """The aims of time that a run misses in which every check passed."""
    return [*timing_failures(outcome), *local_failures(outcome)]


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
    if outcome.ok and (misses := misses_of(outcome)):
        return Signature(_NUMBER.sub("N", _line(misses[0].partition(";")[0])))
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
    if outcome.ok:
        return "\n".join(misses_of(outcome))[:_STORY]
    text = io.StringIO()
    print_failure(Console(file=text, width=WIDE), outcome)
    return text.getvalue()[:_STORY]


def _line(text: str) -> str:
    return " ".join(text.split("\n", 1)[0].split())[:300]
