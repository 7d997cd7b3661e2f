"""The shared library of the running Python, which cocotb loads into the simulator."""

from __future__ import annotations

import ctypes
import importlib.util
import sys
import sysconfig
from pathlib import Path

from irqpath.core.places import CHECKOUT
from irqpath_testbench.tools.toolchain import packages
from irqpath_testbench.tools.toolchain.tool import Tool

_ANOTHER = ": make distclean setup PYTHON=/usr/bin/python3" if CHECKOUT else " to install irqpath with"
_SYSTEM_PREFIXES = ("/usr", "/opt/homebrew")


def locate() -> Path | None:
    """Return the shared library of the interpreter that runs this, None if there is none.

    cocotb's own search (the package find_libpython) is asked first where it is installed, so that both agree.
    """
    if importlib.util.find_spec("find_libpython"):
        from find_libpython import find_libpython

        if path := find_libpython():
            return Path(path)
    return next((path for path in _candidates() if path.is_file()), None) or _loadable()


def _names() -> list[str]:
    """File names that the library may have, as this interpreter was configured."""
    configured = [sysconfig.get_config_var(key) for key in ("INSTSONAME", "LDLIBRARY")]
    suffix = ".dylib" if sys.platform == "darwin" else ".so"
    plain = f"libpython{sys.version_info.major}.{sys.version_info.minor}{suffix}"
    return [name for name in dict.fromkeys([*configured, plain]) if name and not name.endswith(".a")]


def _candidates() -> list[Path]:
    """Places of the library relative to the base interpreter; a relocated Python's own LIBDIR may be wrong."""
    folders = [sysconfig.get_config_var("LIBDIR"), f"{sys.base_prefix}/lib", f"{sys.base_exec_prefix}/lib"]
    return [Path(folder) / name for folder in dict.fromkeys(folders) if folder for name in _names()]


def _loadable() -> Path | None:
    """The library where only the dynamic loader knows its place (Debian: /usr/lib/<multiarch>)."""
    for name in _names():
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        maps = Path("/proc/self/maps")
        lines = maps.read_text().splitlines() if maps.exists() else []
        mapped = [Path(line.split(maxsplit=5)[5]) for line in lines if line.endswith(name)]
        return mapped[0] if mapped else Path(name)
    return None


def find() -> Tool:
    """Return the library as a Tool; the fix depends on where the interpreter came from."""
    path = locate()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if path:
        return Tool("libpython", True, version, str(path))
    if system_python():
        fix = packages.install_hint("libpython", f"install the shared library of Python {version}")
    else:
        fix = f"rebuild this Python with --enable-shared, or use another{_ANOTHER}"
    note = f"cocotb needs the shared library of {sys.base_prefix}"
    return Tool("libpython", False, note=note, fix=fix)


def system_python() -> bool:
    """True if the interpreter belongs to the system's package manager, which then has its library too."""
    return sys.base_prefix in _SYSTEM_PREFIXES


def environment() -> dict[str, str]:
    """Return the variable by which cocotb takes the library that `locate` found; {} if there is none."""
    path = locate()
    return {"LIBPYTHON_LOC": str(path)} if path else {}
