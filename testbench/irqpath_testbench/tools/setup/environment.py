"""The virtual environment: made from the running Python, filled from the lock with every hash checked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TextIO

from irqpath_testbench.tools.setup import pip_wheel
from irqpath_testbench.tools.setup.errors import SetupError
from irqpath_testbench.tools.setup.process import last_line, run_logged
from irqpath_testbench.tools.setup.stamp import Layout

_OLDEST_PIP = (22, 3)
"""The first pip that installs into another environment (--python)."""

# What pip and uv print -> what it means and what to do. The first match counts.
_CAUSES = {
    r"CERTIFICATE_VERIFY_FAILED|invalid peer certificate": (
        "the package index's certificate cannot be verified; name your CA file in PIP_CERT and SSL_CERT_FILE"
    ),
    r"DO NOT MATCH THE HASHES|Hash mismatch": "a package does not have the hash that requirements.txt demands",
    r"No space left on device": "the disk is full",
    r"NewConnectionError|NameResolutionError|ConnectTimeout|Read timed out|ProxyError|Failed to fetch"
    r"|Connection (?:refused|reset|aborted)|Could not fetch URL": (
        "the package index cannot be reached; check the network, or set PIP_INDEX_URL to a mirror"
    ),
    r"No matching distribution found for (\S+)": (
        "there is no wheel for this machine and Python; use Python 3.11 to 3.13 on x86-64 Linux or on macOS for arm64"
    ),
}


def create(layout: Layout) -> None:
    """Make an empty virtual environment, without pip. Raises SetupError if this Python has no venv module."""
    try:
        import venv
    except ImportError as error:
        raise SetupError(f"{sys.executable} has no module venv; run: apt-get install python3-venv") from error
    venv.EnvBuilder(with_pip=False, symlinks=True).create(layout.venv)


def install_lock(layout: Layout, log: TextIO) -> str:
    """Install every package of the lock, by uv if it is on PATH, otherwise by pip; return which it was.

    Raises SetupError with the likely cause.
    """
    if (uv := shutil.which("uv")) and _install_by_uv(uv, layout, log):
        return "by uv"
    pip = _pip_command(layout)
    done = run_logged([*pip, *_PIP_INSTALL, "-r", str(layout.lock)], log, layout.root)
    if done.returncode:
        raise SetupError(f"Python packages: {cause(done.stdout)}; everything pip said is in {layout.log}")
    return "by pip"


# Wheels only: building one from source would take minutes and fetch what the lock does not name. Compiling every
# module takes longer than installing; Python does it at first use.
_PIP_INSTALL = (
    "--disable-pip-version-check", "--no-input", "--retries", "2",
    "install", "--quiet", "--no-compile", "--require-hashes", "--only-binary", ":all:",
)  # fmt: skip


def _install_by_uv(uv: str, layout: Layout, log: TextIO) -> bool:
    """Try uv, which is faster; False if it fails, since it does not read pip's configuration."""
    command = [uv, "pip", "install", "--quiet", "--python", str(layout.python), "--require-hashes", "--no-build"]
    # By a variable, not an option: the address may hold a login, and the command goes to the log.
    index = {"UV_DEFAULT_INDEX": os.environ["PIP_INDEX_URL"]} if os.environ.get("PIP_INDEX_URL") else {}
    return run_logged([*command, "-r", str(layout.lock)], log, layout.root, index).returncode == 0


def _pip_command(layout: Layout) -> list[str]:
    """Return the command line of a pip that installs into the environment, put there if need be."""
    site_packages = pip_wheel.site_packages_of(layout.venv)
    wheel = pip_wheel.bundled()
    if wheel is None and _system_pip():
        return [sys.executable, "-m", "pip", "--python", str(layout.python)]
    pip_wheel.unpack(wheel if wheel else pip_wheel.download(layout.lock), site_packages)
    return [str(layout.python), "-m", "pip"]


def _system_pip() -> bool:
    """True if the running Python has a pip that can work for another environment."""
    try:
        text = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    match = re.match(r"pip (\d+)\.(\d+)", text)
    return match is not None and (int(match.group(1)), int(match.group(2))) >= _OLDEST_PIP


def install_project(layout: Layout, log: TextIO) -> None:
    """Install the checkout itself, editable, from what is on this machine alone. Raises SetupError."""
    # pip and setuptools are in the lock, so the environment has them, whoever installed it.
    options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--editable", str(layout.root)]
    command = [str(layout.python), "-m", "pip", "--disable-pip-version-check", "install", *options]
    done = run_logged(command, log, layout.root)
    if done.returncode:
        raise SetupError(f"irqpath itself: {last_line(done.stdout)}; everything pip said is in {layout.log}")


def cause(text: str) -> str:
    """Return what the output of a failed installer means and what to do; its last error line if it is not known."""
    for pattern, meaning in _CAUSES.items():
        if match := re.search(pattern, text):
            return f"{match.group(1)}: {meaning}" if match.groups() else meaning
    errors = [line for line in text.splitlines() if line.lower().startswith("error")]
    return errors[-1] if errors else last_line(text)
