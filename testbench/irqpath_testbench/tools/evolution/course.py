"""Runs what was asked for, row by row, and shows how far it is: a bar on a terminal, else a line for each row."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from irqpath.core.errors import ConfigError
from irqpath.software.evolution import RUNS, Curve, LeftOut, Row, curve, measured
from irqpath.software.recording import Recorded, record
from irqpath_testbench.tools.evolution.asked import Asked


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


class _Shown:
    """The progress. Counts packets of all rows and their curves; a row that is left out takes none."""

    def __init__(self, console: Console, progress: Progress, asked: Asked) -> None:
        rows = len(asked.only) or len(RUNS)
        self._each = asked.setup.packets + len(asked.loads) * asked.point().packets
        self._console, self._progress = console, progress
        self._task = progress.add_task("packets", total=rows * self._each)
        self._began = time.monotonic()

    def packet(self) -> None:
        """One more has come back."""
        self._progress.update(self._task, advance=1)

    def row(self, name: str, packets: int, loads: int) -> None:
        """A row is done."""
        self._progress.update(self._task, description=f"after {name}")
        if not self._console.is_terminal:
            more = f", and {loads} loads" if loads else ""
            self._console.print(
                f"{name}: {packets:,} packets{more} ({time.monotonic() - self._began:.0f} s)", highlight=False, soft_wrap=True
            )

    def left_out(self) -> None:
        """A row is not run."""
        self._progress.update(self._task, advance=self._each)


@contextmanager
def _shown(console: Console, asked: Asked) -> Iterator[_Shown]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield _Shown(console, progress, asked)


def follow(asked: Asked, console: Console) -> Evolution:
    """Run it. Raises `CheckError` where a check fails, `ConfigError` where there is none of the machines."""
    evolution = Evolution()
    with _shown(console, asked) as shown:
        for row in measured(asked.setup, shown.packet, asked.only):
            if isinstance(row, LeftOut):
                evolution.left_out.append(row)
                shown.left_out()
                continue
            course = curve(asked.point(), row, asked.loads, shown.packet) if asked.loads else None
            evolution.found.append(Found(row, record(asked.setup, row), course))
            shown.row(row.name, row.packets, len(asked.loads))
    if not evolution.found:
        raise ConfigError(evolution.left_out[0].why)
    return evolution
