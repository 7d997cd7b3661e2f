"""Jobs that run nothing: they sleep, write and leave a record, as real ones do."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import Record, Verdict
from irqpath_testbench.tools.regress.worker import Limits
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.toolchain import processes

#: The device of all fake jobs.
DEVICE = DutParameters()
#: In the folder of a regression: a line for each job that ran to its end.
LOG = "ran.txt"


def jobs(count: int, path: str = "sgi") -> tuple[Job, ...]:
    """So many, which differ in their seeds."""
    return tuple(Job(path, "icarus", DEVICE, seed) for seed in range(1, count + 1))


def empty(job: Job, folder: Path, limits: Limits) -> Record:
    """It does nothing."""
    return Record(job, Verdict.PASSED, folder=f"runs/{folder.name}")


def sleeper(job: Job, folder: Path, limits: Limits) -> Record:
    """A program that sleeps for a moment, as a simulator would; afterwards a line says that it ran."""
    folder.mkdir(parents=True, exist_ok=True)
    seconds = random.Random(job.seed).uniform(0.02, 0.1)
    processes.run(["sh", "-c", f"sleep {seconds}; : {folder}"])
    with (folder.parents[1] / LOG).open("a", encoding="utf-8") as log:
        log.write(f"{job.name}\n")
    return Record(job, Verdict.PASSED, wall=seconds, began=time.time(), folder=f"runs/{folder.name}")


def long_sleeper(job: Job, folder: Path, limits: Limits) -> Record:
    """A program that does not end by itself."""
    processes.run(["sh", "-c", f"sleep 300; : {folder}"])
    return Record(job, Verdict.PASSED, folder=f"runs/{folder.name}")


def odd_ones_fail(job: Job, folder: Path, limits: Limits) -> Record:
    """Of odd seeds."""
    return Record(job, Verdict.FAILED if job.seed % 2 else Verdict.PASSED, folder=f"runs/{folder.name}")


def raiser(job: Job, folder: Path, limits: Limits) -> Record:
    """It has a bug with seed 2."""
    if job.seed == 2:
        raise ValueError("a bug")
    return empty(job, folder, limits)


def deadly(job: Job, folder: Path, limits: Limits) -> Record:
    """It ends its worker with seed 2."""
    if job.seed == 2:
        os._exit(9)
    return sleeper(job, folder, limits)


def no_build(what: Build) -> None:
    """Nothing is needed."""
