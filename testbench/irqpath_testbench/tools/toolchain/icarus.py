"""Icarus Verilog, the second simulator."""

from __future__ import annotations

import os
import shutil

from irqpath_testbench.tools.toolchain import packages
from irqpath_testbench.tools.toolchain.tool import Need, Tool, capture, first_line, parse_version

OLDEST = (11, 0)
"""The oldest Icarus on which the project is tested."""


def find(path: str | None = None) -> Tool:
    """Return `iverilog` if it and its `vvp` are there and new enough. `path` replaces $PATH."""
    searched = path if path is not None else os.environ.get("PATH", "")
    fix = packages.install_hint("icarus", "install Icarus Verilog 11 or newer", path)
    where = shutil.which("iverilog", path=searched)
    if where is None:
        note = "no iverilog on PATH; needed by SIM=icarus and by lint"
        return Tool("icarus", False, note=note, fix=fix, need=Need.FEATURE)
    _, text = capture([where, "-V"])
    version = parse_version(text, r"Icarus Verilog version (\d+\.\d+)")
    shown = ".".join(map(str, version))
    if not version:
        note = f"{where} does not say its version: {first_line(text)}"
        return Tool("icarus", False, path=where, note=note, fix=fix, need=Need.FEATURE)
    if version < OLDEST:
        return Tool("icarus", False, shown, where, f"{where} is {shown}; 11.0 or newer is needed", fix, Need.FEATURE)
    if shutil.which("vvp", path=searched) is None:
        return Tool("icarus", False, shown, where, f"{where} is there but vvp is not on PATH", fix, Need.FEATURE)
    return Tool("icarus", True, shown, where, need=Need.FEATURE)
