"""What only the system's package manager has: which of it is missing, and installing it where the user may."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO

from irqpath_testbench.tools.toolchain import compiler, icarus, libpython, packages
from irqpath_testbench.tools.toolchain.tool import Tool

OPT_OUT = "IRQPATH_SYSTEM_PACKAGES"
"""Environment variable; "no" keeps set-up from installing system packages."""


CERTIFICATES = "CA certificates"
"""Name of the tool that only a download of pip needs."""


def find_certificates() -> Tool:
    """Return whether this Python has certificates by which to trust the package index."""
    paths = ssl.get_default_verify_paths()
    folder = Path(paths.capath) if paths.capath else None
    found = bool(os.environ.get("PIP_CERT")) or paths.cafile is not None
    found = found or (folder is not None and folder.is_dir() and any(folder.iterdir()))
    fix = "" if found else packages.install_hint(CERTIFICATES, "install CA certificates")
    return Tool(CERTIFICATES, found, note="to download Python packages", fix=fix)


_PROBES: dict[str, Callable[[], Tool]] = {
    CERTIFICATES: find_certificates,
    "g++": compiler.find_gxx,
    "make": compiler.find_make,
    "perl": compiler.find_perl,
    "libpython": libpython.find,
    "icarus": icarus.find,
    "FST headers": compiler.find_fst_headers,
}


def missing(names: Iterable[str] = tuple(_PROBES)) -> list[Tool]:
    """Return those of the tools `names` that are not there (all that set-up cares for by default)."""
    found = (_PROBES[name]() for name in names if name in _PROBES)
    return [tool for tool in found if not tool.found]


def installable(tools: Iterable[Tool]) -> list[str]:
    """Return the names of those `tools` that a package of this system provides."""
    # A Python that the user built has no package with its shared library.
    return [tool.name for tool in tools if tool.name != "libpython" or libpython.system_python()]


def privilege() -> list[str] | None:
    """Return what to put before a command to run it as root: nothing, sudo, or None where neither is possible."""
    if os.environ.get(OPT_OUT, "").lower() in {"no", "0", "false"}:
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def plan(tools: Iterable[Tool]) -> list[str]:
    """Return the packages that `install` may install for `tools`.

    [] where the user may not, or where the package manager is not apt-get: there the command is only named.
    """
    if packages.manager() != "apt-get" or privilege() is None:
        return []
    return packages.package_names(installable(tools), "apt-get")


def install(wanted: list[str], log: TextIO) -> None:
    """Install the packages `wanted` (from `plan`) by apt-get. Its words go to `log`; the caller looks if it helped."""
    command = [*(privilege() or []), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    command += ["-o", "DPkg::Lock::Timeout=120"]
    install_command = [*command, *packages.MANAGERS["apt-get"][1:], *wanted]
    # The lists are refreshed only if the packages cannot be had by those that are there.
    if _run(install_command, log) != 0 and _run([*command, "update"], log) == 0:
        _run(install_command, log)


def _run(command: list[str], log: TextIO) -> int:
    log.write(f"$ {' '.join(command)}\n")
    log.flush()
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False).returncode


def explain(tools: list[Tool]) -> str:
    """Return one line that names what is missing and the exact command for it."""
    listed = ", ".join(tool.name for tool in tools)
    names = installable(tools)
    command = packages.install_advice(names) if names else ""
    advice = [command] if command else []
    advice += [f"{tool.name}: {tool.fix}" for tool in tools if not command or tool.name not in names]
    return f"not on this machine: {listed}; {'; '.join(advice)}"
