"""The Python side: interpreter, virtual environment, packages at the versions of the lock."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
from pathlib import Path

from irqpath.core.places import CHECKOUT, ROOT, how_to_get
from irqpath_testbench.tools.toolchain.tool import Need, Tool

RUNTIME_PACKAGES = ("cocotb", "pyuvm", "numpy", "orjson", "rich")

_FIX = f"run: {how_to_get()}"
#: Of those, what only the extra `sim` brings.
_SIMULATION = ("cocotb", "pyuvm")


def find_python() -> Tool:
    """Return the interpreter that runs this."""
    version = platform.python_version()
    found = sys.version_info >= (3, 11)
    fix = "" if found else "install Python 3.11 or newer and run: make distclean setup PYTHON=python3.11"
    return Tool("python", found, version, sys.executable, f"base {sys.base_prefix}", fix)


def find_venv() -> Tool:
    """Return the checkout's virtual environment; another environment is as good, and the note says so."""
    if CHECKOUT is None:
        return Tool("venv", True, path=sys.prefix, note="irqpath is installed here, and no checkout", need=Need.FEATURE)
    folder = ROOT / ".venv"
    active = sys.prefix != sys.base_prefix
    if Path(sys.prefix).resolve() == folder.resolve():
        return Tool("venv", True, path=str(folder))
    if active:
        return Tool("venv", True, path=sys.prefix, note="not the one that make setup makes", need=Need.FEATURE)
    return Tool("venv", False, note=f"this is not run from {folder}", fix=_FIX, need=Need.FEATURE)


def find_packages() -> list[Tool]:
    """Return the packages that irqpath imports at run time."""
    locked = locked_versions(ROOT / "requirements.txt") if CHECKOUT else {}
    return [_find_package(name, locked.get(name, set())) for name in RUNTIME_PACKAGES]


def _find_package(name: str, locked: set[str]) -> Tool:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Tool(name, False, fix=f"run: {how_to_get('sim')}" if name in _SIMULATION else _FIX)
    note = "" if not locked or version in locked else f"the lock has {' or '.join(sorted(locked))}"
    return Tool(name, True, version, note=note)


def locked_versions(lock: Path) -> dict[str, set[str]]:
    """Return package -> versions in the lock file (several where they depend on the Python); {} without a lock."""
    if not lock.is_file():
        return {}
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock.read_text(), flags=re.MULTILINE):
        versions.setdefault(name, set()).add(version)
    return versions
