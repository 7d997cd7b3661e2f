"""What `irqpath sim` shows while it works: on a terminal one line that moves, in a log a line whenever there is something to say
that a reader would wait for."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from irqpath_testbench.tools.sim.build import Build, build

#: How often the log of a build is looked at.
_LOOK_SECONDS: Final = 0.2
#: In a log: the longest time without a line.
_PATIENCE_SECONDS: Final = 30.0
_LISTED: Final = re.compile(r"^ +\S+ \\$", re.MULTILINE)


def step(folder: Path, simulator: str, since: float) -> str:
    """What a build in `folder` that began at the time `since` is doing now, from its log; "" before it does anything. Short, for
    it stands in one line of a narrow terminal."""
    log = folder / "build.log"
    try:
        if log.stat().st_mtime < since:
            return ""
        text = log.read_bytes()
    except OSError:
        return ""
    if simulator != "verilator":
        return "compiling"
    if b"make: Entering" not in text:
        return "verilating"
    if b"Vtop__ALL.a " in text:
        return "linking"
    # make hands its lines over late, so what counts is what is there
    made, wanted = _files(folder, since)
    return f"{made} of {max(wanted, made)} files compiled"


def _files(folder: Path, since: float) -> tuple[int, int]:
    """How many object files were made since then, of those that there will be."""
    try:
        lists = sorted(folder.rglob("Vtop_classes.mk"), key=lambda path: path.stat().st_mtime)
        if not lists:
            return 0, 0
        made = sum(path.stat().st_mtime >= since for path in lists[-1].parent.glob("*.o"))
        return made, len(_LISTED.findall(lists[-1].read_text())) + 1  # and cocotb's main program
    except OSError:  # files come and go
        return 0, 0


def moving(console: Console) -> Progress:
    """Lines that move on a terminal, one for each `Shown`, and go when they are over."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


class Shown:
    """What is going on, shown on a console for as long as the block lasts."""

    def __init__(self, console: Console, name: str, progress: Progress) -> None:
        """`name`: of the run; `progress`: what moves on that console."""
        self._console, self._name, self._progress = console, name, progress
        self._task: TaskID = progress.add_task(name)
        self._started = self._said = time.monotonic()

    def __enter__(self) -> Shown:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.remove_task(self._task)

    def say(self, what: str, *, now: bool = False) -> None:
        """Show what is going on; in a log only `now`, or when it has been silent for long."""
        self._progress.update(self._task, description=f"{self._name}: {what}")
        if self._console.is_terminal:
            return
        moment = time.monotonic()
        if now or moment - self._said >= _PATIENCE_SECONDS:
            self._said = moment
            self._console.print(f"{self._name}: {what} ({moment - self._started:.0f} s)", highlight=False, soft_wrap=True)

    @contextmanager
    def building(self, what: Build) -> Iterator[None]:
        """Show what the build does that the block makes or waits for. A build that is there already is not worth a line."""
        head = f"{what.simulator} builds {what.dut.config.pes} PEs, {what.dut.config.spis} SPIs"
        ended = threading.Event()
        since = time.time() - 1  # files have coarse times
        self.say(head)

        def watch() -> None:
            begun = False
            while not ended.wait(_LOOK_SECONDS):
                now = step(what.folder, what.simulator, since)
                self.say(f"{head}: {now}" if now else f"{head}: waiting", now=bool(now) and not begun)
                begun |= bool(now)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()


def build_shown(console: Console, name: str, builds: Iterable[Build]) -> None:
    """Make builds, and show it. Raises what `build` does."""
    with moving(console) as progress, Shown(console, name, progress) as shown:
        for what in builds:
            with shown.building(what):
                build(what)
