"""The console that all commands print to."""

from __future__ import annotations

import sys

from rich.console import Console

from irqpath.cli.terminal import WIDE


def console() -> Console:
    """As wide as the terminal, or as every table needs. It writes to what is standard output now: what moves must move on when a
    library's words are caught."""
    found = Console(file=sys.stdout)
    return found if found.is_terminal else Console(file=sys.stdout, width=WIDE)
