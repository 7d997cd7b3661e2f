"""Scheduling jobs with dask.distributed: worker processes on this machine that end with us, whatever ends us.

A worker runs one job at a time and writes its record itself, so what has ended is kept even if we die with it under way. A worker
that dies is replaced, and its job runs again.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import dask
from distributed import Client, Future, LocalCluster, WorkerPlugin
from distributed.scheduler import KilledWorker

from irqpath.cli.signals import ENDING, worker
from irqpath.core.errors import IrqpathError
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.order import together
from irqpath_testbench.tools.regress.record import RECORDS, Record, Records, Signature, Verdict
from irqpath_testbench.tools.regress.worker import USUAL, Limits, build_of, run_batch, run_job
from irqpath_testbench.tools.sim.build import Build, build
from irqpath_testbench.tools.sim.limits import reached
from irqpath_testbench.tools.sim.results import Results
from irqpath_testbench.tools.toolchain.tool import ToolMissing

#: What runs a job in the folder that it is given. Raises `OSError`, `IrqpathError` where nothing can be run.
Runner: TypeAlias = Callable[[Job, Path, Limits], Record]
#: What builds what a job needs.
Builder: TypeAlias = Callable[[Build], Any]

#: Of a regression's folder.
RUNS: Final = "runs"
#: Jobs that each worker has at hand, so that it never waits for us.
_AHEAD: Final = 3
#: Seconds between looks at the clock while nothing ends.
_TICK: Final = 0.5
#: Workers that may die over one job.
_DEATHS: Final = 2
#: Seconds without a living worker that has something to do, after which all are started anew; and how often.
_STANDSTILL: Final = 120.0
_STARTS: Final = 5
_CONFIG: Final = {
    "logging": {"distributed": "critical", "tornado": "critical", "bokeh": "critical"},
    "distributed.scheduler.allowed-failures": _DEATHS,
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.comm.timeouts.connect": "60s",
    # on a busy machine a worker takes its time to begin anew; LocalCluster would give it up after 15 s
    "distributed.deploy.lost-worker-timeout": "1h",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.worker.profile.enabled": False,
}


class Shows(Protocol):
    """Who is told what happens, and shows it."""

    def built(self, done: int, total: int) -> None:
        """So many builds are there, of those that are needed."""

    def started(self, job: Job) -> None:
        """A worker has it, and perhaps others behind it that run in the same process."""

    def ended(self, record: Record) -> None:
        """It has a record now; without its results."""

    def tick(self) -> None:
        """Time has gone by."""


class NotRun(IrqpathError):
    """Jobs could not be run on this machine now: a full disk, a folder that cannot be written to, a tool that is not there."""


@dataclass(frozen=True, slots=True)
class _Task:
    """What a worker is told: jobs that differ in their seeds alone."""

    jobs: tuple[Job, ...]
    folder: Path
    limits: Limits
    runner: Runner

    def __call__(self) -> list[Record] | str:
        """Run them, write their records; the records without results, or why nothing could be run or written. One that has a
        record, written by a worker that ended then, does not run again."""
        records = Records(self.folder / RECORDS)
        ended = {job: record for job in self.jobs if (record := records.read(job)) is not None}

        def told(record: Record) -> None:
            records.write(record)
            ended[record.job] = record

        try:
            while left := [job for job in self.jobs if job not in ended]:
                try:
                    if len(left) == 1 or self.runner is not run_job:
                        told(self.runner(left[0], self._place(left[0]), self.limits))
                    else:
                        run_batch(left, self._place, self.limits, told)
                except (OSError, IrqpathError):
                    raise
                except Exception as error:  # of ours: a result all the same
                    job = next(job for job in left if job not in ended)
                    told(failed(job, Verdict.ERROR, f"{type(error).__name__}: {error}"))
        except (OSError, IrqpathError) as error:
            return _told(error)
        return [replace(ended[job], results=Results()) for job in self.jobs]

    def _place(self, job: Job) -> Path:
        return self.folder / RUNS / job.name


def failed(job: Job, verdict: Verdict, reason: str) -> Record:
    """The record of a job that left none."""
    line = " ".join(reason.split())[:300]
    return Record(job, verdict, line, reason, Signature(verdict.value), began=time.time(), folder=f"{RUNS}/{job.name}")


def _told(error: Exception) -> str:
    if isinstance(error, OSError):
        where = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    return str(error)


@dataclass(frozen=True, slots=True)
class _BuildTask:
    """What a worker is told to build."""

    what: Build
    builder: Builder

    def __call__(self) -> tuple[str, bool]:
        """Why it was not built, "" if it was; whether that is this machine's fault."""
        try:
            self.builder(self.what)
        except ToolMissing as error:
            return str(error), True
        except OSError as error:
            return _told(error), True
        except IrqpathError as error:
            return str(error), bool(reached(self.what.folder))
        return "", False


class _Tied(WorkerPlugin):
    """A worker ends with us, and leaves Ctrl-C to us."""

    name = "tied"

    def setup(self, worker: Any) -> None:  # its parameter's name is distributed's
        """It runs in the worker's main thread."""
        _tie(os.getppid())


def _tie(parent: int) -> None:
    worker(parent)
    logging.disable(logging.CRITICAL)  # what went wrong is in the record, and not on the screen


@contextlib.contextmanager
def workers(count: int) -> Iterator[tuple[Client, LocalCluster]]:
    """So many worker processes; when the block ends they end, at once if by an exception."""
    with dask.config.set(_CONFIG):
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        # until a worker is tied to us, Ctrl-C and other signals are ours alone; the threads that start workers anew stay so
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        try:
            cluster = LocalCluster(
                n_workers=count,
                threads_per_worker=1,
                processes=True,
                memory_limit=0,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
            client = Client(cluster)
            client.register_plugin(_Tied())
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        try:
            yield client, cluster
        except BaseException:
            _kill(cluster)
            raise
        finally:
            with contextlib.suppress(Exception):
                client.close(timeout=5)
            with contextlib.suppress(Exception):
                cluster.close(timeout=10)


def _kill(cluster: LocalCluster) -> None:
    """Now, with what they run."""
    for nanny in cluster.workers.values():
        nanny.auto_restart = False
        pid = getattr(nanny, "pid", None)
        if pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def run(
    jobs: Sequence[Job],
    folder: Path,
    *,
    count: int,
    shows: Shows,
    limits: Limits = USUAL,
    runner: Runner = run_job,
    builder: Builder = build,
    enough: Callable[[Record], bool] = lambda _: False,
    most: int = 1,
    urgent: Collection[Job] = (),
) -> None:
    """Build what they need, then run `jobs` in this order by `count` workers, up to `most` that differ in their seeds alone in
    one simulator process, but each of `urgent` in its own; each leaves a record in `folder`. `enough`: whether to stop after one.

    Raises `NotRun` where this machine can run no more; what has ended until then has its record.
    """
    told = _Once(shows)
    for _ in range(_STARTS):
        wanted = [job for job in jobs if job not in told.jobs]
        try:
            with workers(count) as (client, cluster):
                left = _build(client, cluster, wanted, folder, told, builder)
                try:
                    _Running(client, cluster, folder, limits, runner, told).all(
                        together(left, count, most, urgent), _AHEAD * count, count, enough
                    )
                except _Enough:
                    _kill(cluster)
            return
        except _Lost:
            continue  # with new ones; a job that has its record by now says so at once
    raise NotRun(f"worker processes came to a standstill {_STARTS} times, though they were started anew; is there memory enough?")


class _Once:
    """Tells what has ended, and keeps which jobs these are."""

    def __init__(self, shows: Shows) -> None:
        self.jobs: set[Job] = set()
        self._shows = shows
        self.built, self.started, self.tick = shows.built, shows.started, shows.tick

    def ended(self, record: Record) -> None:
        """It has a record now."""
        self.jobs.add(record.job)
        self._shows.ended(record)


class _Lost(Exception):
    """Nothing runs, and nothing will."""


class _Enough(Exception):
    """No more jobs are wanted."""


def _build(client: Client, cluster: LocalCluster, jobs: Sequence[Job], folder: Path, shows: Shows, builder: Builder) -> list[Job]:
    """Build once what several jobs need; jobs whose build does not work have their record then, the others are left."""
    needs = {job: build_of(job) for job in jobs}
    tasks = [_BuildTask(what, builder) for what in dict.fromkeys(needs.values())]
    futures = client.map(_call, tasks, key=[f"build-{n}" for n in range(len(tasks))], pure=False)
    broken: dict[Build, str] = {}
    done: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
    for future in futures:
        future.add_done_callback(done.put)
    for number in range(len(futures)):
        shows.built(number, len(futures))
        future = _next(done, shows, cluster)
        task = tasks[int(str(future.key).removeprefix("build-"))]
        try:
            why, ours = future.result()
        except KilledWorker:
            raise NotRun(
                f"the build {task.what.folder.name} ended its worker {_DEATHS + 1} times; is there memory enough?"
            ) from None
        if why and ours:
            raise NotRun(why)
        if why:
            broken[task.what] = why
    shows.built(len(futures), len(futures))
    for job in jobs:
        if needs[job] in broken:
            record = failed(job, Verdict.BUILD, broken[needs[job]])
            Records(folder / RECORDS).write(record)
            shows.ended(record)
    return [job for job in jobs if needs[job] not in broken]


def _call(task: Callable[[], Any]) -> Any:
    return task()


def _next(done: queue.SimpleQueue[Future[Any]], shows: Shows, cluster: LocalCluster) -> Future[Any]:
    """What ends next; the clock ticks meanwhile. Raises `_Lost` where no living worker has had anything to do for some time."""
    idle = time.monotonic()
    while True:
        try:
            return done.get(timeout=_TICK)
        except queue.Empty:
            shows.tick()
        if _busy(cluster):
            idle = time.monotonic()
        elif time.monotonic() - idle > _STANDSTILL:
            raise _Lost


def _busy(cluster: LocalCluster) -> bool:
    """Whether a worker that lives has something to do, as far as the scheduler knows."""
    living = {nanny.worker_address for nanny in list(cluster.workers.values()) if nanny.pid and _lives(nanny.pid)}
    scheduler: Any = cluster.scheduler
    known = list(scheduler.workers.values())
    return any(state.processing and state.address in living for state in known)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class _Running:
    """Jobs under way."""

    def __init__(self, client: Client, cluster: LocalCluster, folder: Path, limits: Limits, runner: Runner, shows: Shows) -> None:
        self._cluster = cluster
        self._client, self._folder, self._limits, self._runner, self._shows = client, folder, limits, runner, shows
        self._done: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        self._jobs: dict[str, tuple[Job, ...]] = {}
        self._number = 0
        self._futures: dict[str, Future[Any]] = {}
        self._shown: set[str] = set()

    def all(self, batches: Sequence[tuple[Job, ...]], ahead: int, count: int, enough: Callable[[Record], bool]) -> None:
        """Every job; `ahead` batches are with the scheduler, `count` run. Raises `NotRun`, `_Enough`."""
        left = iter(batches)
        for jobs in left:
            self._submit(jobs)
            if len(self._futures) == ahead:
                break
        while self._futures:
            self._show(count)
            future = _next(self._done, self._shows, self._cluster)
            records = self._ended(future)
            if (following := next(left, None)) is not None:
                self._submit(following)
            for record in records:
                self._shows.ended(record)
            if any(map(enough, records)):
                raise _Enough

    def _submit(self, jobs: tuple[Job, ...]) -> None:
        key = f"jobs-{self._number}"
        task = _Task(jobs, self._folder, self._limits, self._runner)
        future = self._client.submit(_call, task, key=key, pure=False, priority=-self._number)
        self._number += 1
        self._jobs[key], self._futures[key] = jobs, future
        future.add_done_callback(self._done.put)

    def _show(self, count: int) -> None:
        """Those that were submitted first run."""
        for key in list(self._jobs)[:count]:
            if key not in self._shown:
                self._shown.add(key)
                self._shows.started(self._jobs[key][0])

    def _ended(self, future: Future[Any]) -> list[Record]:
        key = str(future.key)
        jobs = self._jobs.pop(key)
        del self._futures[key]
        self._shown.discard(key)
        try:
            result = future.result()
        except KilledWorker:
            return self._died(jobs)
        if isinstance(result, str):
            raise NotRun(result)
        assert isinstance(result, list)
        return result

    def _died(self, jobs: tuple[Job, ...]) -> list[Record]:
        """Workers died over these: the first without a record is to blame, and those behind it run again."""
        records = Records(self._folder / RECORDS)
        found = [(job, records.read(job)) for job in jobs]  # a worker may have died when it had written one
        ended = [replace(record, results=Results()) for _, record in found if record is not None]
        left = [job for job, record in found if record is None]
        if left:
            record = failed(left[0], Verdict.DIED, f"its worker was ended {_DEATHS + 1} times")
            records.write(record)
            ended.append(record)
        if left[1:]:
            self._submit(tuple(left[1:]))
        return ended
