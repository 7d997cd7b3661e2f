"""What shows a regression until there is more: a line for each failure and now and then how far it is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from rich.console import Console

from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import Record

#: Seconds between lines.
_PAUSE: Final = 60.0


class Live:
    """Lines of text."""

    def __init__(self, console: Console, total: int, done_before: int) -> None:
        self._console, self._total, self._done = console, total, done_before
        self._failed, self._said = 0, time.monotonic()

    def started(self, job: Job) -> None:
        """A worker has it."""

    def ended(self, record: Record) -> None:
        """It has a record."""
        self._done += 1
        if not record.ok:
            self._failed += 1
            self._console.print(f"{record.job.name}: {record.verdict.value}: {record.reason}", highlight=False, markup=False)
        self.tick()

    def tick(self) -> None:
        """Time has gone by."""
        if time.monotonic() - self._said > _PAUSE:
            self._said = time.monotonic()
            self._console.print(f"{self._done:,} of {self._total:,} jobs, {self._failed:,} failed", highlight=False)

    def close(self) -> None:
        """No more is shown."""


def report(folder: Path) -> bool:
    """Write what is to be read of a regression."""
    return folder.is_dir()
