"""The console that all commands print to."""

from __future__ import annotations

from rich.console import Console

from pymodel.terminal import WIDE


def console() -> Console:
    """As wide as the terminal, or as every table needs."""
    found = Console()
    return found if found.is_terminal else Console(width=WIDE)
