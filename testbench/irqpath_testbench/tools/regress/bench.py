"""`python -m irqpath_testbench.tools.regress.bench`: what scheduling costs a job that does nothing, and how many small jobs an
hour get done by two workers, beside the same jobs as command lines by `xargs -P2`, in turn on the same machine."""

from __future__ import annotations

import argparse
import importlib
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from irqpath.cli.ending import guarded
from irqpath.cli.parser import Parser
from irqpath.core.errors import CheckError
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import RECORDS, Record, Records, Verdict
from irqpath_testbench.tools.regress.schedule import run
from irqpath_testbench.tools.regress.worker import Limits, build_of
from irqpath_testbench.tools.sim.build import Build, build
from irqpath_testbench.tools.toolchain import processes

#: Milliseconds of this machine that scheduling may cost a job; jobs an hour beside those of xargs, at least.
COST_MS: Final = 20.0
SHARE: Final = 0.97
_WORKERS: Final = 2
_DEVICE: Final = DutParameters(pes=1, spis=32)


class _Silent:
    """Shows nothing."""

    def built(self, done: int, total: int) -> None:
        """Nothing is needed."""

    def started(self, job: Job) -> None:
        """It runs."""

    def ended(self, record: Record) -> None:
        """It has ended."""

    def tick(self) -> None:
        """Time has gone by."""


def nothing(job: Job, folder: Path, limits: Limits) -> Record:
    """A job that does nothing."""
    return Record(job, Verdict.PASSED, folder=f"runs/{folder.name}")


def no_build(what: Build) -> None:
    """Nothing is needed."""


def _jobs(count: int) -> list[Job]:
    """Small ones, about a second each."""
    return [Job("ppi", "icarus", _DEVICE, seed, interrupts=20, scenarios=("PpiLevels",)) for seed in range(1, count + 1)]


def cost(count: int) -> float:
    """Milliseconds a job that does nothing, of `count`, with the start of the workers and their end."""
    with tempfile.TemporaryDirectory() as place:
        began = time.monotonic()
        run(_jobs(count), Path(place), count=_WORKERS, shows=_Silent(), runner=nothing, builder=no_build)
        taken = time.monotonic() - began
        _all_there(Path(place), count)
    return taken * 1000 / count


def _all_there(place: Path, count: int) -> None:
    passed = sum(record.ok for record in Records(place / RECORDS).all())
    if passed != count:
        raise CheckError(f"{passed:,} of {count:,} jobs passed; what was measured is no measure")


def ours(jobs: Sequence[Job]) -> float:
    """Jobs an hour by the scheduler."""
    with tempfile.TemporaryDirectory() as place:
        began = time.monotonic()
        run(jobs, Path(place), count=_WORKERS, shows=_Silent())
        taken = time.monotonic() - began
        _all_there(Path(place), len(jobs))
    return len(jobs) * 3600 / taken


def xargs(jobs: Sequence[Job]) -> float:
    """Jobs an hour by xargs, each by the line that repeats it."""
    program = str(Path(sys.executable).with_name("irqpath"))
    with tempfile.TemporaryDirectory() as place:
        lines = [f"{shlex.join([program, *shlex.split(job.command())[1:]])} --out {place} >/dev/null" for job in jobs]
        began = time.monotonic()
        done = processes.run(["xargs", "-P", str(_WORKERS), "-d", "\\n", "-I", "{}", "sh", "-c", "{}"], stdin="\n".join(lines))
        taken = time.monotonic() - began
    if done.returncode:
        raise CheckError(f"xargs ended with status {done.returncode}: {done.stdout[-300:]}")
    return len(jobs) * 3600 / taken


def measure(empty: int, small: int, rounds: int) -> int:
    """Print both; 0 if neither is worse than it may be."""
    milliseconds = cost(empty)
    print(f"scheduling: {milliseconds:.1f} ms a job, of {empty:,} that do nothing (at most {COST_MS:g})", flush=True)
    jobs = _jobs(small)
    for what in dict.fromkeys(map(build_of, jobs)):
        build(what)
    shares = []
    for _ in range(rounds):
        theirs, mine = xargs(jobs), ours(jobs)
        shares.append(mine / theirs)
        print(
            f"{small} small jobs, {_WORKERS} at a time: {mine:,.0f} an hour, xargs {theirs:,.0f}: {mine / theirs:.2f}", flush=True
        )
    share = statistics.median(shares)
    print(f"jobs an hour beside xargs: {share:.2f} (at least {SHARE:g})")
    return 0 if milliseconds <= COST_MS and share >= SHARE else 1


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0 if both are as they must be."""
    parser = Parser(prog="regress.bench", description=__doc__)
    parser.add_argument("--empty", type=int, default=10_000, help="jobs that do nothing (default: %(default)s)")
    parser.add_argument("--small", type=int, default=60, help="small jobs (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="how often they run by either (default: %(default)s)")

    def work() -> int:
        args: argparse.Namespace = parser.parse_args(argv)
        return measure(args.empty, args.small, args.rounds)

    return guarded(work)


if __name__ == "__main__":
    # by its name: workers import what they run
    sys.exit(importlib.import_module("irqpath_testbench.tools.regress.bench").main())
