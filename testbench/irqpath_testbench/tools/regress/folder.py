"""A regression's folder: what was asked for (`plan.json`), so that it can be gone on with, records and runs."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from irqpath.core.errors import CheckError
from irqpath.core.places import CHECKOUT, HDL, SOURCES
from irqpath_testbench.dut.parameters import TESTBENCH_HDL
from irqpath_testbench.tools.regress.asked import Asked
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import PLAN, RECORDS, Record, Records
from irqpath_testbench.tools.sim.results import Results
from irqpath_testbench.tools.toolchain import icarus, verilator
from irqpath_testbench.tools.toolchain.kept import digest, locked
from irqpath_testbench.tools.toolchain.tool import capture

#: Behind the name of a folder: the regression of that name that was there before.
BEFORE: Final = ".before"


def new(name: str, plan: str, jobs: Sequence[Job], options: Mapping[str, Any]) -> Asked:
    """What is asked for now, here."""
    return Asked(name, plan, tuple(jobs), options, environment(), sources(), time.time())


def environment() -> dict[str, Any]:
    """Where it runs: commit and whether files differ from it, versions of tools, machine."""
    found: dict[str, Any] = {"commit": commit(), "dirty": False}
    if found["commit"]:
        status, text = capture(["git", "-C", str(CHECKOUT), "status", "--porcelain"])
        found["dirty"] = bool(status or text.strip())
    tools = {"python": platform.python_version()}
    tools |= {tool.name: tool.version for tool in (verilator.find(), icarus.find()) if tool.found}
    return found | {"tools": tools, "machine": platform.platform(), "processors": os.cpu_count() or 0}


def commit() -> str:
    """The commit of the checkout, "" where there is none."""
    status, text = capture(["git", "-C", str(CHECKOUT), "rev-parse", "HEAD"]) if CHECKOUT else (1, "")
    return "" if status else text.strip()


def sources() -> str:
    """Digest of all that a job depends on: models, testbench, Verilog."""
    packages = [path for top in SOURCES for path in (top / "irqpath", top / "irqpath_testbench") if path.is_dir()]
    files = [path for package in packages for path in package.rglob("*") if path.suffix in (".py", ".toml")]
    files += [path for top in (HDL, TESTBENCH_HDL) for path in top.rglob("*.v*")]
    return digest(sorted(set(files)))


@contextlib.contextmanager
def opened(folder: Path, asked: Asked | None, told: Asked | None) -> Iterator[Asked]:
    """The folder for us alone, with what is to be done in it. `told`: begin that anew, and keep what was there beside it;
    None: go on with what is there, which must be `asked` unless that is None.

    Raises `Busy` while another process uses it, `CheckError`.
    """
    with locked(folder.with_name(f".{folder.name}.lock"), f"the regression {folder}", patience=0, temporary=True):
        if told is not None:
            _clear(folder)
            told.save(folder)
            yield told
            return
        there = Asked.load(folder)
        if asked is not None and set(asked.jobs) != set(there.jobs):
            raise CheckError(
                f"{folder} was asked for other jobs ({len(there.jobs):,} of plan {there.plan}): leave the options out to go on "
                "with it, or begin anew, without --resume"
            )
        if there.sources != sources():
            raise CheckError(
                f"models, testbench or Verilog have changed since the regression in {folder} began, and its results would be of "
                "two versions; begin anew, without --resume"
            )
        yield there


def _clear(folder: Path) -> None:
    """What is there is kept beside, and what was kept is removed."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / PLAN).exists():
        raise CheckError(f"{folder} is not empty and holds no regression ({PLAN}); remove it, or choose another --name")
    kept = before(folder)
    shutil.rmtree(kept, ignore_errors=True)
    folder.rename(kept)


def before(folder: Path) -> Path:
    """Where the regression of that name is that was there before."""
    return folder.with_name(folder.name + BEFORE)


def read(folder: Path, jobs: Sequence[Job]) -> dict[Job, Record]:
    """The records of `jobs` that are there, without their results."""
    records = Records(folder / RECORDS)
    found = ((job, records.read(job)) for job in jobs)
    return {job: replace(record, results=Results()) for job, record in found if record is not None}
