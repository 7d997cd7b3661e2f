"""What is built or set up once and kept: complete, or not there.

A folder is made beside its place, gets a marker as its last file, and is renamed into its place. The marker holds a key, the
digest of all that the folder was made from, and the size of every file. So what a signal or a full disk interrupted, or what was
made from other sources, is never taken for the thing, and is made anew. One process makes; others wait. Standard library only,
since set-up uses it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Final

from irqpath.cli.writing import naming
from irqpath.core.errors import CheckError

MARKER: Final = ".complete"
#: Seconds to wait for another process; the longest build takes about a minute on an idle machine.
PATIENCE: Final = 900.0
#: Seconds for which an older version of a thing stays after its last use.
UNUSED: Final = 3600.0
_LOOK_SECONDS: Final = 0.1
#: Of waiting, before it is said: many a holder only looks whether a thing is there.
_TELL_SECONDS: Final = 0.5


class Busy(CheckError):
    """Another process, which `holder` names, has the lock."""

    def __init__(self, what: str, holder: str, patience: float) -> None:
        long = f" for more than {patience:.0f} s" if patience else ""
        super().__init__(f"{what} is in use by {holder}{long}; wait for it or end it")
        self.holder = holder


def digest(parts: Iterable[str | bytes | Path]) -> str:
    """SHA-256 over texts and over names and contents of files; in another order it is another."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            total.update(hashlib.sha256(part.name.encode()).digest())
            part = part.read_bytes()
        total.update(hashlib.sha256(part.encode() if isinstance(part, str) else part).digest())
    return total.hexdigest()


def holder(lock: Path) -> str:
    """ "process N" that holds a lock, "another process" where its number cannot be read."""
    try:
        return f"process {int(lock.read_text())}"
    except (OSError, ValueError):
        return "another process"


@contextlib.contextmanager
def locked(lock: Path, what: str, *, patience: float = PATIENCE, temporary: bool = False) -> Iterator[None]:
    """Hold the lock file; it is free again when this process ends, however it does. `temporary`: remove it then.

    Waits, after a moment with one line on standard error, while another process holds it; raises `Busy` after `patience` seconds.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + patience
    while True:
        with lock.open("a+") as file:
            _take(file, lock, what, patience, end)
            if not _is_at(file, lock):
                continue  # whoever held it has removed it
            with naming(lock):
                os.ftruncate(file.fileno(), 0)
                os.write(file.fileno(), str(os.getpid()).encode())  # not by the file's buffer, which closing would write again
            try:
                yield
            finally:
                if temporary:
                    lock.unlink(missing_ok=True)
            return


def _take(file: IO[str], lock: Path, what: str, patience: float, end: float) -> None:
    """Wait for the lock until `end`."""
    told, began = not patience, time.monotonic()
    while not _try(file.fileno()):
        if time.monotonic() >= end:
            raise Busy(what, holder(lock), patience)
        if not told and time.monotonic() - began >= _TELL_SECONDS:
            told = True
            print(f"irqpath: waiting for {holder(lock)}, which is busy with {what}", file=sys.stderr, flush=True)
        time.sleep(_LOOK_SECONDS)


def _is_at(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _try(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_complete(folder: Path, key: str) -> bool:
    """Whether `folder` was made to its end from what `key` stands for, and all its files are still as long as they were."""
    try:
        marker = json.loads((folder / MARKER).read_text())
        if marker["key"] != key:
            return False
        return all((folder / name).lstat().st_size == size for name, size in marker["files"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def ensure(
    folder: Path,
    key: str,
    make: Callable[[Path], None],
    what: str,
    *,
    lock: Path | None = None,
    patience: float = PATIENCE,
) -> Path:
    """Return `folder`, made by `make` (given an empty folder beside it) unless it is complete for `key`.

    `what`: what is told to whoever waits. Raises what `make` raises, and `Busy` where another process makes it for too long.
    """
    with locked(lock or folder.with_name(f".{folder.name}.lock"), what, patience=patience):
        new, old = (folder.with_name(f".{folder.name}.{suffix}") for suffix in ("new", "old"))
        for left in (new, old):  # of a process that was killed
            _remove(left)
        if is_complete(folder, key):
            os.utime(folder / MARKER)
            return folder
        new.mkdir(parents=True)
        try:
            make(new)
            _mark(new, key)
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
        finally:
            for left in (new, old):
                _remove(left)
    return folder


def ensure_version(place: Path, key: str, make: Callable[[Path], None], what: str, *, patience: float = PATIENCE) -> Path:
    """As `ensure`, in a folder of `place` that is named after `key`: a version that another process uses stays as it is. Versions
    that nobody has used for an hour are removed when one is made."""
    folder = place / key[:16]
    before = is_complete(folder, key)
    ensure(folder, key, make, what, lock=place / ".lock", patience=patience)
    if not before:
        with locked(place / ".lock", what, patience=patience):
            _prune(place, folder)
    return folder


def _mark(folder: Path, key: str) -> None:
    files = {str(p.relative_to(folder)): p.lstat().st_size for p in sorted(folder.rglob("*")) if p.is_symlink() or p.is_file()}
    with naming(folder / MARKER):
        (folder / MARKER).write_text(json.dumps({"key": key, "files": files}))


def _prune(place: Path, keep: Path) -> None:
    now = time.time()
    for folder in place.iterdir():
        marker = folder / MARKER
        with contextlib.suppress(OSError):
            if folder not in (keep, place / ".lock") and (not marker.exists() or now - marker.stat().st_mtime > UNUSED):
                _remove(folder)


def _remove(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink():
        (folder / MARKER).unlink(missing_ok=True)  # first: half a folder must not look whole
        shutil.rmtree(folder, ignore_errors=True)
