"""How wide the output is. Standard library only: commands use it that run before anything is installed."""

from __future__ import annotations

import shlex
import shutil
import sys
import textwrap
from pathlib import Path
from typing import Final

#: Columns where the output is no terminal (a file, a CI log): wide enough for every table.
WIDE: Final = 150


def program() -> str:
    """`irqpath` as this user would have to type it here: it is on PATH only where the virtual environment was activated."""
    own = Path(sys.executable).with_name("irqpath")
    found = shutil.which("irqpath")
    if found is not None and Path(found).resolve() == own.resolve():
        return "irqpath"
    here = Path.cwd()
    return shlex.quote(str(own.relative_to(here) if own.is_relative_to(here) else own))


def columns() -> int:
    """Columns of the terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE


def folded(text: str, width: int, indent: int) -> list[str]:
    """`text` in lines of at most `width` characters, each behind `indent` spaces; a longer word, such as a path, stays whole."""
    margin = " " * indent
    return textwrap.wrap(
        text, width, initial_indent=margin, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False
    )
