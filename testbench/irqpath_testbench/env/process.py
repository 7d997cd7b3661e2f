"""What the runs that follow each other in one simulator process share: the file that the recorder writes, the log, the clock.

The Verilog opens one file of records, at time 0. Each run has one of its own all the same: where the next begins, the simulator's
file descriptor is pointed at that run's file, at a moment at which nothing is buffered. It begins as that of the first run does,
with what was recorded of the power-up of the process, and simulated time counts as if the run had the process for itself: so a
run leaves the same whatever ran before it.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import sys
from pathlib import Path
from typing import Final

from irqpath.core.errors import CheckError

#: A run's log: what the simulator process says while the run is under way. It comes into being where the run begins.
LOG: Final = "log.txt"

#: The module that cocotb runs where a process does several runs; environment variable with the one that has the scenarios.
BATCH: Final = "irqpath_testbench.env.batch"
MODULE: Final = "IRQPATH_MODULE"
#: Parts the configuration files of such runs in the environment.
SEPARATOR: Final = "\n"


def mark(number: int) -> str:
    """What the names of modules end with in cocotb's JUnit file, by the run's place in the process."""
    return f".run{number}"


class Process:
    """This process; there is one (`PROCESS`)."""

    def __init__(self) -> None:
        #: nanoseconds of simulated time before the current run
        self.before = 0
        self._began: int | None = None
        self._head = b""
        self._descriptor = -1
        self._records: Path | None = None
        self._length = 0
        # runs that are over; of those when garbage was collected last, which takes as long as a small scenario
        self._runs, self._tidied = 0, -1

    def tidy(self) -> None:
        """Before a scenario: drop what the one before left, which would make each slower than the last."""
        # pyuvm's components have a logger each, whose name no other ever has, and which stays; a new one looks at all
        known = logging.root.manager.loggerDict
        for name in [name for name in known if name.startswith("uvm.")]:
            del known[name]
        if self._tidied == self._runs:
            return
        gc.collect()
        if self._tidied < 0:
            # what is loaded by now stays: the collector need not look at it again and again (cycles are few in what follows)
            gc.freeze()
            gc.set_threshold(100_000, 20, 20)
        self._tidied = self._runs

    def run_ends(self) -> None:
        """The current run is over: what is recorded from now on is not its."""
        _flush()
        self._runs += 1
        if self._records is not None and self._records.exists():
            self._length = self._records.stat().st_size

    def scenario_begins(self, records: Path, now: int) -> None:
        """A scenario is about to read from `records`, and all that was recorded is in the file. `now`: simulated nanoseconds.

        Raises `CheckError` where a run before did not leave a file that the simulator writes.
        """
        if self._began is None:
            self._began = now
            self._descriptor = _writes(records)
            self._head = records.read_bytes() if records.exists() else b""
        elif not records.exists():
            self._redirect(records)
            self.before = now - self._began
        self._records = records

    def _redirect(self, records: Path) -> None:
        if self._descriptor < 0:
            raise CheckError(f"{records}: the simulator writes no records that could go there")
        with records.open("wb", buffering=0) as file:
            file.write(self._head)
            os.dup2(file.fileno(), self._descriptor)
        if self._records is not None and self._records.exists():
            os.truncate(self._records, self._length)


def _writes(path: Path) -> int:
    """The file descriptor by which this process writes `path`; -1 if it does not (Linux)."""
    wanted = os.path.realpath(path)
    for entry in Path("/proc/self/fdinfo").iterdir():
        try:
            if str(Path("/proc/self/fd", entry.name).readlink()) == wanted:
                flags = next(line for line in entry.read_text().splitlines() if line.startswith("flags:"))
                if int(flags.split()[1], 8) & os.O_ACCMODE == os.O_WRONLY:
                    return int(entry.name)
        except OSError:  # that of the folder itself, which is gone
            continue
    return -1


def _flush() -> None:
    """Everything that Python and the simulator hold back goes into its file."""
    sys.stdout.flush()
    sys.stderr.flush()
    ctypes.CDLL(None).fflush(None)


def log_to(path: Path) -> None:
    """From now on what this process says, the simulator's part of it too, goes to the file `path`."""
    _flush()
    with path.open("wb", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


PROCESS = Process()
