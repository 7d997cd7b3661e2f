"""The tools that the oracle needs and nothing else does: QEMU's system emulator and a cross compiler."""

from __future__ import annotations

import os
import shutil

from irqpath_testbench.tools.toolchain import packages
from irqpath_testbench.tools.toolchain.tool import Need, Tool, capture, first_line, parse_version

OLDEST_QEMU = (7, 2)
"""The oldest QEMU on which the oracle is tested."""


def find_qemu(path: str | None = None) -> Tool:
    """Return `qemu-system-aarch64` if it is there and new enough. `path` replaces $PATH."""
    fix = packages.install_hint("qemu", "install QEMU 7.2 or newer with the target aarch64", path)
    where = shutil.which("qemu-system-aarch64", path=path if path is not None else os.environ.get("PATH", ""))
    if where is None:
        return Tool("qemu", False, note="no qemu-system-aarch64 on PATH; needed by irqpath oracle", fix=fix, need=Need.OPTIONAL)
    _, text = capture([where, "--version"])
    version = parse_version(text, r"version (\d+\.\d+(?:\.\d+)?)")
    shown = ".".join(map(str, version))
    if version < OLDEST_QEMU:
        note = f"{where} is {shown or first_line(text)}; 7.2 or newer is needed"
        return Tool("qemu", False, shown, where, note, fix, Need.OPTIONAL)
    return Tool("qemu", True, shown, where, need=Need.OPTIONAL)


def find_cross_compiler(path: str | None = None) -> Tool:
    """Return a GCC for AArch64: the cross compiler, or on such a machine its own. `path` replaces $PATH."""
    fix = packages.install_hint("aarch64 gcc", "install a GCC that makes code for aarch64", path)
    searched = path if path is not None else os.environ.get("PATH", "")
    for name in ("aarch64-linux-gnu-gcc", "aarch64-none-elf-gcc", "aarch64-elf-gcc"):
        where = shutil.which(name, path=searched)
        if where is not None:
            _, text = capture([where, "-dumpfullversion"])
            return Tool("aarch64 gcc", True, first_line(text), where, need=Need.OPTIONAL)
    note = "no aarch64-linux-gnu-gcc on PATH; needed by irqpath oracle"
    return Tool("aarch64 gcc", False, note=note, fix=fix, need=Need.OPTIONAL)


def missing() -> list[Tool]:
    """Those of the two that are not here."""
    return [tool for tool in (find_qemu(), find_cross_compiler()) if not tool.found]
