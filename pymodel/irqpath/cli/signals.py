"""Signals that end a program, as exceptions, so that what it started is ended and what it recorded is kept."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Final

#: Set by the Makefile: the command is to end when make does.
VARIABLE: Final = "IRQPATH_END_WITH_PARENT"
#: Signals that ask a program to end.
ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_RAISED: Final = ENDING[1:]
_LOOK_SECONDS: Final = 0.2


class Signalled(KeyboardInterrupt):
    """A signal asked this program to end; handled wherever Ctrl-C is, which is SIGINT."""

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.number = number


def status_of(interrupt: KeyboardInterrupt) -> int:
    """Exit status of a program that `interrupt` ended: 128 and the signal's number."""
    return 128 + (interrupt.number if isinstance(interrupt, Signalled) else signal.SIGINT)


def message_of(interrupt: KeyboardInterrupt) -> str:
    """What to say of it."""
    return str(interrupt) or "interrupted"


def _raise(number: int, _: FrameType | None) -> None:
    raise Signalled(number)


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """SIGTERM and SIGHUP raise `Signalled` in the main thread inside the `with` block. One that whoever started us has set to be
    ignored (nohup) stays so; outside the main thread nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _RAISED}
    ours = [number for number in _RAISED if before[number] is not signal.SIG_IGN]
    for number in ours:
        signal.signal(number, _raise)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number] or signal.SIG_DFL)


def end_with_parent(parent: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Send this process `number` as soon as `parent` is no longer its parent: it died, even by SIGKILL."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_SECONDS)
        os.kill(os.getpid(), number)

    threading.Thread(target=watch, name="end with parent", daemon=True).start()


def end_with_make() -> None:
    """Where make started this process: end when make does. What this process starts need not care, for it ends with us."""
    if os.environ.pop(VARIABLE, ""):
        end_with_parent(os.getppid(), signal.SIGTERM)


def worker(parent: int) -> None:
    """A worker process, forked or spawned: its parent alone takes Ctrl-C, and a worker dies as asked and with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in _RAISED:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    end_with_parent(parent)
