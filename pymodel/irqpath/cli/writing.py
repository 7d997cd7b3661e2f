"""Writing files so that an error names the file, and what stood there before is lost only when the new text is whole.

Python names the file when it cannot be opened, but not when a write fails later: a full disk, a limit on the size of files
(`ulimit -f`). Everything here raises `OSError` with the file's name; `irqpath.cli.ending` makes one line of it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """An `OSError` in the block that names no file is about this one."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a file, with the folders above it."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file, with the folders above it, so that it holds what it held or all of `data`, whenever this process is killed,
    the disk is full, or another process writes it too. A device or a pipe is written itself."""
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if (path.exists() and not path.is_file()) or path.is_symlink():
            path.write_bytes(data)
            return
        try:
            # a rename works in one file system only, hence the same folder
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
            part = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                part.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
                part.replace(path)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
        except OSError as error:
            error.filename, error.filename2 = str(path), None
            raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def check_writable(path: Path | None) -> None:
    """Raise `OSError` if a file could not be written there, before the work begins whose results it is to hold."""
    if path is None:
        return
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        there = path.exists()
        with path.open("ab"):
            pass
        if not there:
            path.unlink()
