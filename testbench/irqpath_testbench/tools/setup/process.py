"""Runs a program for set-up, quietly: what it prints goes to the log. It ends when set-up does, but for the system's package
manager (system.py), which leaves the system broken where it is killed, and is let come to its end."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from irqpath.cli.writing import naming
from irqpath_testbench.tools.setup.errors import SetupError
from irqpath_testbench.tools.toolchain import processes


def run_logged(
    command: Sequence[str], log: TextIO, cwd: Path, extra: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `command` in `cwd` with the variables `extra`; return what it printed, which also goes to `log`.

    Raises SetupError if it cannot be started.
    """
    # The user's own Python paths would reach into the new environment.
    env = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "PYTHONHOME"}}
    env.update(extra or {})
    try:
        done = processes.run(command, cwd=cwd, env=env)
    except OSError as error:
        raise SetupError(f"cannot run {command[0]}: {error.strerror}") from error
    with naming(Path(log.name)):
        log.write(f"$ {' '.join(command)}\n{done.stdout}")
        log.flush()
    return done


def last_line(text: str) -> str:
    """Return the last line of `text` that is not blank, "" if there is none."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
