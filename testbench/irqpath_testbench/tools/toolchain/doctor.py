"""`irqpath doctor`: every tool that was found, its version, and how to get what is missing."""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import sys
from pathlib import Path

from irqpath.cli.terminal import columns, folded
from irqpath.cli.writing import check_writable, write_text
from irqpath_testbench.tools.oracle import tools as oracle
from irqpath_testbench.tools.toolchain import compiler, icarus, libpython, python, verilator
from irqpath_testbench.tools.toolchain.tool import Need, Tool

_MARKS = {Need.REQUIRED: "MISSING", Need.FEATURE: "missing", Need.OPTIONAL: "-"}


def collect() -> list[Tool]:
    """Return every tool, in the order in which the table shows them."""
    return [
        python.find_python(),
        python.find_venv(),
        *python.find_packages(),
        verilator.find(),
        icarus.find(),
        compiler.find_gxx(),
        compiler.find_make(),
        compiler.find_perl(),
        libpython.find(),
        compiler.find_fst_headers(),
        compiler.find_ccache(),
        compiler.find_gtkwave(),
        oracle.find_qemu(),
        oracle.find_cross_compiler(),
    ]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `irqpath doctor`."""
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the findings to FILE as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the table; return 0 if every required tool is there, 1 otherwise."""
    check_writable(args.json)
    tools = collect()
    print("\n".join(table(tools)))
    lacking = [tool for tool in tools if not tool.found and tool.need is Need.REQUIRED]
    if args.json:
        write_text(args.json, json.dumps(report(tools), indent=2) + "\n")
    if lacking:
        print(f"\nNot ready: {', '.join(tool.name for tool in lacking)} missing.")
        return 1
    lesser = [tool.name for tool in tools if not tool.found and tool.need is Need.FEATURE]
    print(f"\nReady, but without: {', '.join(lesser)}." if lesser else "\nReady.")
    return 0


def table(tools: list[Tool], width: int | None = None) -> list[str]:
    """Return the lines of the table: state, name, version, place or note, and under what is missing its fix. A place for which a
    line of `width` characters (default: the terminal's) has no room stands below.

    Plain text, since the doctor must run where no package is installed yet.
    """
    lines = [f"irqpath doctor: {platform.system()} {platform.machine()}", ""]
    rows = [_row(tool) for tool in tools]
    width = width or columns()
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for tool, row in zip(tools, rows, strict=True):
        head = "  ".join(cell.ljust(room) for cell, room in zip(row, widths, strict=False))
        line = f"{head}  {row[3]}".rstrip()
        lines += [line] if len(line) <= width else [head.rstrip(), *folded(row[3], width, widths[0] + 2)]
        if not tool.found and tool.fix:
            lines.append(" " * (widths[0] + 2) + f"fix: {tool.fix.removeprefix('run: ')}")
    return lines


def _row(tool: Tool) -> tuple[str, str, str, str]:
    state = "ok" if tool.found else _MARKS[tool.need]
    where = "  ".join(part for part in (tool.path, f"({tool.note})" if tool.note else "") if part)
    return state, tool.name, tool.version, where


def report(tools: list[Tool]) -> dict[str, object]:
    """Return the findings as plain data: ready, platform, tools."""
    return {
        "ready": all(tool.found or tool.need is not Need.REQUIRED for tool in tools),
        "platform": f"{platform.system()} {platform.machine()}",
        "python": sys.version.split()[0],
        "tools": [{**dataclasses.asdict(tool), "need": tool.need.value} for tool in tools],
    }
