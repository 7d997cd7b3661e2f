"""How every command ends: an exit status, and of an error one line on standard error; with IRQPATH_DEBUG=1 a traceback follows.

Exit status: the command's own; 2 for a wrong command line or an expected error (`IrqpathError`); 3 for an error that irqpath did
not expect; 128 and its number for a signal that ended it. Standard library only, as set-up needs.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any, TextIO, TypeVar, cast

from irqpath.cli import signals
from irqpath.core.errors import IrqpathError

USAGE_ERROR = 2
INTERNAL_ERROR = 3
#: What a write says where there is no room: disk, limit of a file's size, quota.
_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
T = TypeVar("T")


def fail(message: str, status: int) -> int:
    """Print the one line of an error, and its traceback if IRQPATH_DEBUG=1; return `status`."""
    print(f"irqpath: error: {message}", file=sys.stderr)
    if os.environ.get("IRQPATH_DEBUG") == "1":
        traceback.print_exc()
    return status


def guarded(work: Callable[[], int]) -> int:
    """The exit status of `work`, or that of the error that it raised, which is told in one line. For every `main`."""
    try:
        with signals.raised(), redirect_stdout(cast(TextIO, _Output(sys.stdout))):
            signals.end_with_make()
            status = work()
            sys.stdout.flush()
        return status
    except IrqpathError as error:
        return fail(str(error), USAGE_ERROR)
    except KeyboardInterrupt as interrupt:
        return fail(signals.message_of(interrupt), signals.status_of(interrupt))
    except BrokenPipeError:
        _silence()  # the reader (`| head`) has gone
        return 141
    except OSError as error:
        return fail(_told(error), USAGE_ERROR)
    except Exception as error:
        hint = "" if os.environ.get("IRQPATH_DEBUG") == "1" else " (IRQPATH_DEBUG=1 shows where)"
        return fail(f"unexpected {type(error).__name__}: {' '.join(str(error).split())}{hint}", INTERNAL_ERROR)


def _told(error: OSError) -> str:
    """The file and what happened to it."""
    # Where a copy fails, it is its target that cannot take it.
    name = error.filename2 if error.errno in _FULL and error.filename2 else error.filename
    where = f"{os.fsdecode(name)}: " if isinstance(name, str | bytes | os.PathLike) else ""
    return f"{where}{error.strerror or error}"


class _Output:
    """Standard output; where it cannot take what is printed, the error names it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write to the stream; the number of characters. Raises `OSError` that names standard output, `BrokenPipeError`."""
        return self._named(lambda: self._stream.write(text))

    def flush(self) -> None:
        """Flush the stream. Raises `OSError` that names standard output, `BrokenPipeError`."""
        self._named(self._stream.flush)

    def _named(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except BrokenPipeError:
            raise
        except OSError as error:
            _silence()
            error.filename = "standard output"
            raise


def _silence() -> None:
    """Nothing more is printed: Python must not complain again when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
