"""Programs that end when we do, whatever ends us: SIGKILL too, and with all that they have started.

Each runs in a process group of its own, with a shell that reads a pipe of which we hold the other end. When we die the shell sees
its end and kills the group. Standard library only, since set-up uses it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from irqpath.cli.signals import ENDING, worker
from irqpath.core.errors import CheckError

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

#: `kill 0` reaches the shell's own group.
_WATCH: Final = ("/bin/sh", "-c", "read -r _; kill -KILL 0")
_TICK_SECONDS: Final = 0.1


class Tied:
    """A program in a group of its own; `process` is as from `subprocess.Popen`, which takes the same `options`."""

    def __init__(self, command: Sequence[str | os.PathLike[str]], **options: Any) -> None:
        """Start it. Raises `OSError` where it cannot be started."""
        options.setdefault("stdin", subprocess.DEVNULL)
        self._watcher = subprocess.Popen(
            _WATCH, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
        )
        try:
            self.process: subprocess.Popen[Any] = subprocess.Popen(command, process_group=self._watcher.pid, **options)
        except BaseException:
            self._end_group()
            raise

    def _end_group(self) -> None:
        # the watcher has not been waited for yet, so its number is still that of the group
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._watcher.pid, signal.SIGKILL)
        assert self._watcher.stdin is not None  # it is a pipe
        with contextlib.suppress(OSError):
            self._watcher.stdin.close()
        self._watcher.wait()

    def end(self) -> None:
        """Kill what is left of it and of what it started."""
        self._end_group()
        self.process.wait()


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    cwd: str | os.PathLike[str] | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    stdout: int | IO[Any] | None = subprocess.PIPE,
    stderr: int | IO[Any] | None = subprocess.STDOUT,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `command` to its end, as `subprocess.run` does with text; by default both streams are in `stdout` of the result.

    Raises `OSError` where it cannot be started, `TimeoutExpired` after `timeout` seconds.
    """
    tied = Tied(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        text=True,
        errors="replace",
    )
    try:
        said, complained = tied.process.communicate(stdin or None, timeout)
    finally:
        tied.end()
    return subprocess.CompletedProcess(list(command), tied.process.returncode, said or "", complained or "")


def follow(
    command: Sequence[str],
    *,
    cwd: str | os.PathLike[str],
    env: Mapping[str, str],
    output: IO[Any] | None,
    tick: Callable[[], None] = lambda: None,
    started: Callable[[int], None] = lambda _: None,
) -> int:
    """Run `command`, both streams to `output`, and return its status; `tick` is called ten times a second meanwhile, `started`
    once, with the process's number."""
    tied = Tied(command, cwd=cwd, env=env, stdout=output, stderr=None if output is None else subprocess.STDOUT)
    try:
        started(tied.process.pid)
        while True:
            try:
                return int(tied.process.wait(_TICK_SECONDS))
            except subprocess.TimeoutExpired:
                tick()
    finally:
        tied.end()


@contextlib.contextmanager
def pool(workers: int | None) -> Iterator[ProcessPoolExecutor]:
    """Worker processes, forked, that end with us; when the block ends by an exception, at once. Raises `CheckError` where one was
    ended from outside."""
    import multiprocessing  # here, for set-up has no use for it and is to be fast where it has nothing to do
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    context = multiprocessing.get_context("fork")
    executor = ProcessPoolExecutor(workers, mp_context=context, initializer=worker, initargs=(os.getpid(),))
    before = {child.pid for child in multiprocessing.active_children()}
    # The first task starts all workers; a pool whose start was interrupted can't be ended.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        executor.submit(os.getpid)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    try:
        yield executor
    except BaseException as error:
        for child in multiprocessing.active_children():
            if child.pid not in before:
                child.kill()
        if isinstance(error, BrokenProcessPool):
            why = "a worker process was ended from outside; where memory is short, let fewer run at a time (--jobs)"
            raise CheckError(why) from error
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def which_of(folder: Path) -> list[int]:
    """Processes whose command line names `folder` (Linux); for tests."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                if os.fsencode(folder) in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found
