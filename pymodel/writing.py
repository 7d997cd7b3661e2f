"""Writing files so that an error names the file, and what stood there before is lost only when the new text is whole.

Python names the file when it cannot be opened, but not when a write fails later: a full disk, a limit on the size of files
(`ulimit -f`). Everything here raises `OSError` with the file's name; `pymodel.cli` makes one line of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    """Write a file, with the folders above it: beside it first, then in its place. A device or a pipe is written itself."""
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if (path.exists() and not path.is_file()) or path.is_symlink():
            path.write_bytes(data)
            return
        new = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            new.write_bytes(data)
            new.replace(path)
        except OSError as error:
            with suppress(OSError):
                new.unlink()
            error.filename, error.filename2 = str(path), None
            raise


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
