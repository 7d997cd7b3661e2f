"""Jobs that run nothing: they sleep, write and leave a record, as real ones do."""

from __future__ import annotations

import functools
import os
import random
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from irqpath.core.errors import CheckError
from irqpath.core.places import HDL
from irqpath_testbench import cli
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.tools.regress import schedule
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import Record, Signature, Verdict
from irqpath_testbench.tools.regress.worker import Limits
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.simulate import COVERAGE
from irqpath_testbench.tools.toolchain import processes

#: The device of all fake jobs.
DEVICE = DutParameters()
#: In the folder of a regression: a line for each job that ran to its end.
LOG = "ran.txt"
#: What `covered` covers, of hdl/.
COVERED = "gicv3/gicd.v"


def jobs(count: int, path: str = "sgi") -> tuple[Job, ...]:
    """So many, which differ in their seeds."""
    return tuple(Job(path, "icarus", DEVICE, seed) for seed in range(1, count + 1))


def record(job: Job, folder: Path, verdict: Verdict = Verdict.PASSED) -> Record:
    """As a real job leaves it."""
    signature = None if verdict is Verdict.PASSED else Signature("differs", "gicc0.irq", "value", "EverySgi")
    draws = {"EverySgi": f"{job.seed}:EverySgi {job.seed:016x}"}
    return Record(job, verdict, signature=signature, began=time.time(), draws=draws, folder=f"runs/{folder.name}")


def empty(job: Job, folder: Path, limits: Limits) -> Record:
    """It does nothing."""
    return record(job, folder)


def sleeper(job: Job, folder: Path, limits: Limits) -> Record:
    """A program that sleeps for a moment, as a simulator would; afterwards a line says that it ran."""
    folder.mkdir(parents=True, exist_ok=True)
    seconds = random.Random(job.seed).uniform(0.02, 0.1)
    processes.run(["sh", "-c", f"sleep {seconds}; : {folder}"])
    with (folder.parents[1] / LOG).open("a", encoding="utf-8") as log:
        log.write(f"{job.name}\n")
    return record(job, folder)


def long_sleeper(job: Job, folder: Path, limits: Limits) -> Record:
    """A program that does not end by itself."""
    processes.run(["sh", "-c", f"sleep 300; : {folder}"])
    return record(job, folder)


def odd_ones_fail(job: Job, folder: Path, limits: Limits) -> Record:
    """Of odd seeds."""
    return record(job, folder, Verdict.FAILED if job.seed % 2 else Verdict.PASSED)


def covered(job: Job, folder: Path, limits: Limits) -> Record:
    """It reached line 1 of a file of the Verilog with an odd seed, and line 2 with an even one; with seed 4 nobody knows."""
    folder.mkdir(parents=True, exist_ok=True)
    if job.seed != 4:
        reached = job.seed % 2, (job.seed + 1) % 2, 0
        key = f"\x01f\x02{HDL / COVERED}\x01n\x021\x01t\x02line\x01o\x02block"
        points = "".join(f"C '{key}\x01l\x02{line}\x01S\x02{line}' {count}\n" for line, count in enumerate(reached, 1))
        (folder / COVERAGE).write_text(f"# SystemC::Coverage-3\n{points}", encoding="utf-8")
    return record(job, folder)


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


def full(job: Job, folder: Path, limits: Limits) -> Record:
    """While a file `full` is there, no record fits on the disk, from seed 3 on."""
    if job.seed >= 3 and (folder.parents[1] / "full").exists():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
    return sleeper(job, folder, limits)


def no_build(what: Build) -> None:
    """Nothing is needed."""


def no_compiler(what: Build) -> None:
    """It cannot be built."""
    raise CheckError("the Verilog does not compile")


def main(arguments: Sequence[str]) -> int:
    """`irqpath regress` whose jobs are run by the function here that the first argument names, on builds by the second."""
    runner, builder, *rest = arguments
    options = {"runner": globals()[runner], "builder": globals()[builder]}
    schedule.run = functools.partial(schedule.run, **options)
    return cli.main(["regress", *rest])


if __name__ == "__main__":
    # as a module that workers can import, and not as __main__
    from unit.tools.regress import fakes

    sys.exit(fakes.main(sys.argv[1:]))
