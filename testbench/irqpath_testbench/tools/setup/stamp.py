"""The stamp of a finished set-up: what it was made from, so that a second run does nothing.

The stamp lies in `.venv/irqpath`, a folder that exists from the first moment of a set-up: a `.venv` that has the
folder but no stamp was interrupted, one without the folder is somebody else's.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from irqpath.cli.writing import write_text


@dataclass(frozen=True, slots=True)
class Keys:
    """One digest a part of the set-up; a part whose digest differs from the stamp's is redone, with what follows it."""

    environment: str
    """Interpreter, lock, and the code of set-up: the virtual environment and its packages."""
    project: str
    """The above and pyproject.toml: the project itself, installed editable."""
    verilator: str
    """The environment and the code that writes the overlay: the corrected Verilator."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a finished set-up left: its keys, and the tools that it could not install."""

    keys: Keys
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of a checkout that set-up reads and writes."""

    root: Path

    @property
    def venv(self) -> Path:
        """The virtual environment."""
        return self.root / ".venv"

    @property
    def state(self) -> Path:
        """Set-up's own folder inside it."""
        return self.venv / "irqpath"

    @property
    def stamp(self) -> Path:
        """The stamp file."""
        return self.state / "setup.json"

    @property
    def log(self) -> Path:
        """What the programs that set-up ran have printed."""
        return self.state / "setup.log"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.venv / "bin" / "python"

    @property
    def lock(self) -> Path:
        """The list of packages with hashes."""
        return self.root / "requirements.txt"


def current_keys(layout: Layout) -> Keys:
    """Return the keys of the checkout as it is now, for the Python that runs this."""
    python = f"{sys.version} {sys.base_prefix}".encode()
    code = sorted((layout.root / "testbench" / "irqpath_testbench" / "tools" / "setup").glob("*.py"))
    environment = _digest([python, layout.lock.read_bytes(), *(path.read_bytes() for path in code)])
    project = _digest([environment.encode(), (layout.root / "pyproject.toml").read_bytes()])
    overlay = layout.root / "testbench" / "irqpath_testbench" / "tools" / "toolchain" / "overlay.py"
    return Keys(environment, project, _digest([environment.encode(), overlay.read_bytes()]))


def _digest(parts: Iterable[bytes]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()


def read(layout: Layout) -> Stamp | None:
    """Return the stamp, None if there is none that counts: unreadable, or its interpreter is gone."""
    if not os.access(layout.python, os.X_OK):
        return None
    try:
        data = json.loads(layout.stamp.read_text())
        return Stamp(Keys(**data["keys"]), tuple(data["missing"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(layout: Layout, stamp: Stamp) -> None:
    """Write the stamp in one step, so that an interruption leaves the old one or none."""
    write_text(layout.stamp, json.dumps(asdict(stamp), indent=1) + "\n")


def remove(layout: Layout) -> None:
    """Take the stamp away before anything is changed."""
    layout.stamp.unlink(missing_ok=True)
