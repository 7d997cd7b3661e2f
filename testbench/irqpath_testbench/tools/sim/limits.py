"""Why a program that writes files failed, where its own words do not say it: the disk is full, or a file grew too large."""

from __future__ import annotations

import errno
import os
import resource
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

#: Less than any file of a run takes, in bytes.
_NOTHING: Final = 1 << 16


def reached(folder: Path) -> str:
    """One line that names the file below `folder` which has grown up to the limit of this process (`ulimit -f`), or the folder
    where its disk is full; "" if neither is so."""
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit != resource.RLIM_INFINITY:
        sizes = {}
        for path in folder.rglob("*"):
            with suppress(FileNotFoundError):  # temporary files come and go
                if path.is_file() and not path.is_symlink():
                    sizes[path] = path.stat().st_size
        largest = max(sizes, key=lambda path: sizes[path], default=folder)
        if sizes.get(largest, 0) >= limit:
            return f"{largest}: {too_large()}"
    there = next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))
    if shutil.disk_usage(there).free < _NOTHING:
        return f"{folder}: {os.strerror(errno.ENOSPC)}; make room, for instance by: make clean"
    return ""


def too_large() -> str:
    """What to say of a file that met the limit of this process."""
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return f"{os.strerror(errno.EFBIG)}: a file may have {limit:,} bytes here (ulimit -f); raise the limit"
