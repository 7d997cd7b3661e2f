"""Runs what was asked for, rows and the points of their curves in worker processes, and shows how far it is: a bar on a terminal,
else a line for each row."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from irqpath.core.errors import ConfigError
from irqpath.software.evolution import Curve, LeftOut, Row, Run, measure, name_of, runs
from irqpath.software.recording import Recorded, record
from irqpath_testbench.tools.evolution.asked import Asked
from irqpath_testbench.tools.toolchain import processes

_LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Found:
    """A row with its recorded packet and its curve."""

    row: Row
    recorded: Recorded | None
    curve: Curve | None = None


@dataclass(slots=True)
class Evolution:
    """Everything that came of it."""

    found: list[Found] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Part:
    """A row, or one point of its curve: at this rate, 0 for the row itself."""

    run: Run
    rate: int = 0

    @property
    def name(self) -> str:
        """Of the row."""
        return name_of(*self.run)


def _measured(asked: Asked, part: _Part, told: int) -> Found | LeftOut:
    """In a worker: each packet that has come back is a byte for the pipe `told`."""
    setup = asked.at(part.name, part.rate).setup if part.rate else asked.setup

    def packet() -> None:
        os.write(told, b".")

    try:
        row = measure(setup, *part.run, packet)
    except ConfigError as error:
        return LeftOut(part.name, str(error))
    return Found(row, None if part.rate else record(setup, row))


class _Shown:
    """The progress. Counts packets of all rows and their curves; a row that is left out takes none."""

    def __init__(self, console: Console, progress: Progress, asked: Asked, parts: list[_Part]) -> None:
        self._asked, self._console, self._progress = asked, console, progress
        self._left = Counter(part.name for part in parts)
        self._task = progress.add_task("packets", total=sum(map(self._packets, parts)))
        self._began = time.monotonic()

    def _packets(self, part: _Part) -> int:
        return (self._asked.point() if part.rate else self._asked.setup).packets

    def packets(self, count: int) -> None:
        """So many more have come back."""
        self._progress.update(self._task, advance=count)

    def ended(self, part: _Part, found: Found | LeftOut) -> None:
        """A row or a point is done, or not run."""
        self._left[part.name] -= 1
        if isinstance(found, LeftOut):
            self.packets(self._packets(part))
        elif not self._left[part.name]:
            self._progress.update(self._task, description=f"after {part.name}")
            if not self._console.is_terminal:
                more = f", and {len(self._asked.loads)} loads" if self._asked.loads else ""
                line = f"{part.name}: {self._asked.setup.packets:,} packets{more} ({time.monotonic() - self._began:.0f} s)"
                self._console.print(line, highlight=False, soft_wrap=True)


@contextmanager
def _shown(console: Console, asked: Asked, parts: list[_Part]) -> Iterator[_Shown]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Shown(console, progress, asked, parts)


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    """Its ends, of which reading does not wait."""
    ends = os.pipe()
    os.set_blocking(ends[0], False)
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


def follow(asked: Asked, console: Console, jobs: int) -> Evolution:
    """Run it, so many rows or points at a time. Raises `CheckError` where a check fails, `ConfigError` where there is none of the
    machines."""
    parts = [_Part(run, rate) for run in runs(asked.only) for rate in (0, *asked.loads)]
    found: dict[_Part, Found | LeftOut] = {}
    with _pipe() as (heard, told), processes.pool(min(jobs, len(parts))) as pool, _shown(console, asked, parts) as shown:
        running: dict[Future[Found | LeftOut], _Part] = {pool.submit(_measured, asked, part, told): part for part in parts}
        while running:
            done, _ = wait(running, _LOOK_SECONDS, FIRST_COMPLETED)
            with suppress(BlockingIOError):
                shown.packets(len(os.read(heard, 1 << 16)))
            for future in done:
                part = running.pop(future)
                found[part] = future.result()
                shown.ended(part, found[part])
    evolution = Evolution()
    for run in runs(asked.only):
        match found[_Part(run)]:
            case LeftOut() as row:
                evolution.left_out.append(row)
            case Found() as row:
                evolution.found.append(replace(row, curve=_curve(asked, run, found)))
    if not evolution.found:
        raise ConfigError(evolution.left_out[0].why)
    return evolution


def _curve(asked: Asked, run: Run, found: dict[_Part, Found | LeftOut]) -> Curve | None:
    points = ((rate, found[_Part(run, rate)]) for rate in asked.loads)
    rows = tuple((rate, one.row) for rate, one in points if isinstance(one, Found))
    return Curve(name_of(*run), rows) if rows else None
