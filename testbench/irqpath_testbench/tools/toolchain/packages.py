"""Names of the system's packages, and the exact command that installs them here."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable

_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

MANAGERS: dict[str, tuple[str, ...]] = {
    "apt-get": ("apt-get", "install", "-y", "--no-install-recommends"),
    "dnf": ("dnf", "install", "-y"),
    "pacman": ("pacman", "-S", "--needed", "--noconfirm"),
    "brew": ("brew", "install"),
}
"""The package managers known, in the order in which they are looked for, with their install command."""

NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "g++": {"apt-get": ("g++",), "dnf": ("gcc-c++",), "pacman": ("gcc",), "brew": ("gcc",)},
    "make": {"apt-get": ("make",), "dnf": ("make",), "pacman": ("make",), "brew": ("make",)},
    "perl": {"apt-get": ("perl",), "dnf": ("perl",), "pacman": ("perl",), "brew": ("perl",)},
    "icarus": {
        "apt-get": ("iverilog",),
        "dnf": ("iverilog",),
        "pacman": ("iverilog",),
        "brew": ("icarus-verilog",),
    },
    "libpython": {
        "apt-get": (f"libpython{_PYTHON}",),
        "dnf": ("python3-libs",),
        "pacman": ("python",),
        "brew": (f"python@{_PYTHON}",),
    },
    "FST headers": {
        "apt-get": ("zlib1g-dev", "liblz4-dev"),
        "dnf": ("zlib-devel", "lz4-devel"),
        "pacman": ("zlib", "lz4"),
        "brew": ("zlib", "lz4"),
    },
    "CA certificates": {
        "apt-get": ("ca-certificates",),
        "dnf": ("ca-certificates",),
        "pacman": ("ca-certificates",),
        "brew": ("ca-certificates",),
    },
    "ccache": {"apt-get": ("ccache",), "dnf": ("ccache",), "pacman": ("ccache",), "brew": ("ccache",)},
    "qemu": {
        "apt-get": ("qemu-system-arm",),
        "dnf": ("qemu-system-aarch64",),
        "pacman": ("qemu-system-aarch64",),
        "brew": ("qemu",),
    },
    "aarch64 gcc": {
        "apt-get": ("gcc-aarch64-linux-gnu",),
        "dnf": ("gcc-aarch64-linux-gnu",),
        "pacman": ("aarch64-linux-gnu-gcc",),
        "brew": ("aarch64-elf-gcc",),
    },
    "gtkwave": {"apt-get": ("gtkwave",), "dnf": ("gtkwave",), "pacman": ("gtkwave",), "brew": ("gtkwave",)},
}
"""Tool name -> package manager -> packages."""


def manager(path: str | None = None) -> str | None:
    """Return the name of this machine's package manager, None if it is not one of MANAGERS. `path` replaces $PATH."""
    return next((name for name in MANAGERS if shutil.which(name, path=path)), None)


def package_names(tools: Iterable[str], manager_name: str) -> list[str]:
    """Return the packages that hold `tools` under `manager_name`, each once, in order."""
    return list(dict.fromkeys(package for tool in tools for package in NAMES[tool][manager_name]))


def install_advice(tools: Iterable[str], path: str | None = None) -> str:
    """Return "run: COMMAND" with the shell command that installs `tools` here, as this user would have to type it.

    "" if the package manager is not known. `path` replaces $PATH.
    """
    name = manager(path)
    if name is None:
        return ""
    command = " ".join([*MANAGERS[name], *package_names(tools, name)])
    if name == "brew" or os.geteuid() == 0:  # Homebrew refuses to run as root; the others need it
        return f"run: {command}"
    return f"run: sudo {command}" if shutil.which("sudo", path=path) else f"run as root: {command}"


def install_hint(tool: str, otherwise: str, path: str | None = None) -> str:
    """Return `install_advice` for one tool, or `otherwise` where no known package manager is present."""
    return install_advice([tool], path) or otherwise
