"""What every finder of a tool returns or raises, and the two helpers that they share."""

from __future__ import annotations

import enum
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from irqpath.core.errors import IrqpathError
from irqpath_testbench.tools.toolchain import processes

_PROBE_SECONDS = 20


class Need(enum.Enum):
    """How much depends on a tool."""

    REQUIRED = "required"
    """Without it the default simulation cannot run."""
    FEATURE = "feature"
    """Without it one named feature is missing; the note says which."""
    OPTIONAL = "optional"
    """Nice to have."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool as found on this machine.

    `version` and `path` are empty where the tool was not found or has none; `note` says what is special about this
    one; `fix` is the command or the action that provides a missing tool.
    """

    name: str
    found: bool
    version: str = ""
    path: str = ""
    note: str = ""
    fix: str = ""
    need: Need = Need.REQUIRED


class ToolMissing(IrqpathError):
    """A tool is missing or too old. The message is one line: what, where it was looked for, the command that helps."""


def require(tool: Tool) -> Tool:
    """Return `tool` if it was found; raise ToolMissing with its note and fix otherwise."""
    if tool.found:
        return tool
    detail = f" ({tool.note})" if tool.note else ""
    raise ToolMissing(f"{tool.name} not found{detail}; {tool.fix}")


def parse_version(text: str, pattern: str = r"(\d+(?:\.\d+)+)") -> tuple[int, ...]:
    """Return the first version in `text` as integers, () if there is none.

    `pattern` must have one group that holds the dotted number, e.g. `r"Verilator (\\d+\\.\\d+)"`.
    """
    match = re.search(pattern, text)
    return tuple(int(part) for part in match.group(1).split(".")) if match else ()


def capture(command: Sequence[str], env: Mapping[str, str] | None = None, stdin: str = "") -> tuple[int, str]:
    """Run `command` and return its exit status and what it printed on both streams.

    A command that cannot be started or hangs gives status 127 and the reason, never an exception. Its messages are
    asked for in English, since they are parsed.
    """
    full = dict(os.environ if env is None else env, LC_ALL="C")
    try:
        done = processes.run(command, stdin=stdin, env=full, timeout=_PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        return 127, f"gave no response in {_PROBE_SECONDS} s"
    except OSError as error:
        return 127, error.strerror or str(error)
    return done.returncode, done.stdout


def first_line(text: str) -> str:
    """Return the first line of `text` that is not blank, stripped; "" if there is none."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
