"""The console that all commands print to."""

from __future__ import annotations

from rich.console import Console

#: Columns where the output is no terminal (a file, a CI log): wide enough for every table.
_WIDTH = 150


def console() -> Console:
    """As wide as the terminal, or as every table needs."""
    found = Console()
    return found if found.is_terminal else Console(width=_WIDTH)
