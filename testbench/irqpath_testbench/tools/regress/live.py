"""What a regression shows while it runs: on a terminal one screen that moves; in a log a line a minute, and one for the first
failure of each kind, without control codes."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live as Screen
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.text import Text

from irqpath_testbench.tools.regress.groups import signature_of
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import Record, Signature
from irqpath_testbench.tools.regress.report.text import count, seconds

#: In a log: seconds from line to line.
_PATIENCE: Final = 60.0
#: Kinds of failures that are told when they first come, and running jobs that are shown.
_TOLD, _RUNNING = 20, 8
#: Kinds that stay on the screen.
_SHOWN: Final = 5
#: Screens a second.
_FRAMES: Final = 4
#: Codes that a terminal obeys, with what belongs to them.
_CODES: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x1f\x7f-\x9f]+")


@dataclass(slots=True)
class _Kind:
    """Failures of one signature: the one that came first, and how many came."""

    first: Record
    number: int = 1


class Live:
    """A screen for `total` jobs of which `done_before` have a record from an earlier start, `failed_before` of them that of a
    failure. It may be told from any thread."""

    def __init__(
        self,
        console: Console,
        total: int,
        done_before: int = 0,
        failed_before: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock`: seconds, from wherever."""
        self._console, self._total, self._before, self._clock = console, total, done_before, clock
        self._lock = threading.RLock()
        self._began = self._said = self._first = clock()
        self._builds = 0, 0
        self._running: dict[str, float] = {}
        self._ended, self._failed = 0, failed_before
        self._kinds: dict[Signature, _Kind] = {}
        self._closed = False
        self._screen: Screen | None = None
        # a CI system may ask for colours, and is no terminal all the same
        if console.is_interactive and console.file.isatty():
            self._screen = Screen(get_renderable=self._picture, console=console, transient=True, refresh_per_second=_FRAMES)
            self._screen.start()
        else:
            self._say(self._line())

    def __enter__(self) -> Live:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def built(self, done: int, total: int) -> None:
        """So many builds are there of those that the jobs need, which begin when all are."""
        with self._lock:
            self._builds, self._first = (done, total), self._clock()
        self.tick()

    def started(self, job: Job) -> None:
        """A job runs, for the first time or again."""
        with self._lock:
            self._running[job.name] = self._clock()

    def ended(self, record: Record) -> None:
        """A job has its record."""
        with self._lock:
            self._running.pop(record.job.name, None)
            self._ended += 1
            if not record.ok:
                self._failed += 1
                self._take(record)
        self.tick()

    def tick(self) -> None:
        """To be called from time to time, for a log has its lines when nothing ends too."""
        with self._lock:
            if self._screen is None and self._clock() - self._said >= _PATIENCE:
                self._say(self._line())

    def close(self) -> None:
        """Leave one line that says how far it came. A second call does nothing."""
        with self._lock:
            if self._closed:
                return
            line, screen = f"{self._line()}; ended after {seconds(self._clock() - self._began)}", self._screen
            self._closed, self._screen = True, None
        if screen is not None:  # without the lock, which its thread may wait for
            screen.stop()
        self._say(line)

    # --- what is said ---

    def _take(self, record: Record) -> None:
        signature = signature_of(record)
        if kind := self._kinds.get(signature):
            kind.number += 1
            return
        self._kinds[signature] = _Kind(record)
        if self._screen is None and len(self._kinds) <= _TOLD:
            self._say(f"failed: {record.job.name}: {_why(record)}; repeat it: {record.job.command()}")

    def _say(self, line: str) -> None:
        self._console.print(Text(line), highlight=False, soft_wrap=True)
        self._said = self._clock()

    def _line(self) -> str:
        """How far it is."""
        parts = [f"{self._before + self._ended:,} of {count(self._total, 'job')} done"]
        parts += [f"{self._before:,} before"] * bool(self._before)
        parts += [f"{len(self._running):,} running"] * bool(self._running)
        parts += [f"building: {self._builds[0]:,} of {self._builds[1]:,}"] * (self._builds[0] < self._builds[1])
        parts.append(f"{self._failed:,} failed")
        parts += self._pace()
        return ", ".join(parts)

    def _pace(self) -> list[str]:
        """Jobs an hour, and the time left if it goes on like that."""
        past = self._clock() - self._first
        if not self._ended or past <= 0:
            return []
        rate = self._ended / past
        left = self._total - self._before - self._ended
        return [f"{rate * 3600:,.0f} an hour", *[f"{seconds(left / rate)} left"] * (left > 0)]

    # --- the screen ---

    def _picture(self) -> RenderableType:
        with self._lock:
            style = "red" if self._failed else ""
            bar = ProgressBar(total=max(1, self._total), completed=self._before + self._ended)
            # a bar by itself does not end its line
            parts: list[RenderableType] = [Text(self._line(), style=style), Padding(bar, 0)]
            parts += [*self._running_jobs(), *self._failures()]
            return Group(*parts)

    def _running_jobs(self) -> Iterator[Text]:
        """The longest first, for it is these that a reader wonders about."""
        now = self._clock()
        longest = sorted(self._running.items(), key=lambda item: item[1])
        for name, since in longest[:_RUNNING]:
            yield _row(f"{seconds(now - since):>12}", "dim", name)
        if more := longest[_RUNNING:]:
            yield _row(f"{'':12}", "", f"and {len(more):,} more")

    def _failures(self) -> Iterator[Text]:
        kinds = list(self._kinds.values())
        for kind in kinds[:_SHOWN]:
            yield _row(f"{kind.number:>6,}", "red", f"{kind.first.job.name}  {_why(kind.first)}")
        if more := kinds[_SHOWN:]:
            yield _row(f"{'':6}", "", f"and {count(len(more), 'more kind')}")


def _row(number: str, style: str, what: str) -> Text:
    """A line that is cut where the screen ends."""
    return Text.assemble((number, style), "  ", what, no_wrap=True, overflow="ellipsis")


def _why(record: Record) -> str:
    """Its reason in one line, without what a terminal would obey: it may come from a log."""
    return " ".join(_CODES.sub(" ", record.reason or record.verdict.value).split())
