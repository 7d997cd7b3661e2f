"""Lint of the Verilog, as Verilog-2005: Verilator with -Wall, elaborations by Icarus and slang. Any warning fails, and a line
that is too long.

python -m irqpath_testbench.tools.toolchain.lint_hdl [--hdl DIR] [--top MODULE]
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from irqpath.cli.ending import guarded
from irqpath.cli.parser import Parser
from irqpath.core.links.verilog import LINE_LENGTH
from irqpath.core.places import HDL, verilog
from irqpath_testbench.dut.parameters import DIRECT, GICV2, TESTBENCH_HDL, DutParameters
from irqpath_testbench.tools.toolchain import icarus, processes, slang, verilator
from irqpath_testbench.tools.toolchain.tool import ToolMissing, require

# Reading a memory in `always @*` is intended, and Verilator and Icarus agree on what it means.
_ICARUS_TOLERATED = "-Wno-sensitivity-entire-array"


TOP: Final = "irqpath_top"
#: Builds that are linted beside the default one: what is a number in one may be a constant zero in another.
CORNERS: Final = {
    "least of everything": DutParameters(
        1,
        spis=32,
        priority_bits=4,
        intid_bits=14,
        cpu_intid_24=False,
        device_bits=1,
        event_bits=1,
        collection_bits=1,
        itt_entry_bytes=12,
        lpi_slots=4,
        one_of_n=False,
        message_spis=False,
        ces=False,
        its_stall=False,
    ),
    "most of everything": DutParameters(
        8,
        spis=960,
        priority_bits=8,
        device_bits=32,
        event_bits=32,
        itt_entry_bytes=16,
        lpi_slots=64,
        aff3=True,
        direct_lpi=True,
        rss=True,
        cpu_rss=True,
    ),
    "LPIs without an ITS": DIRECT,
    "no LPIs": DutParameters(its=False),
    "one List register": DutParameters(1, spis=32, its=False, virtual=True, list_registers=1),
    "most of a virtual CPU interface": DutParameters(
        2, spis=32, its=False, virtual=True, list_registers=16, virtual_priority_bits=8, virtual_preemption_bits=7
    ),
}


#: The top of a GICv2, and its builds that are linted.
GICV2_TOP: Final = "irqpath_gicv2"
GICV2_CORNERS: Final = {
    "a GICv2": GICV2,
    "least of a GICv2": DutParameters(1, spis=32, priority_bits=4, gicv2=True, its=False),
    "most of a GICv2": DutParameters(8, spis=960, priority_bits=8, gicv2=True, its=False, virtual=True, list_registers=16),
}


@dataclass(frozen=True, slots=True)
class Design:
    """What is linted: its folder, the top module, every source file, the include folders."""

    folder: Path
    top: str
    sources: tuple[Path, ...]
    includes: tuple[Path, ...]


def design(folder: Path, top: str) -> Design:
    """Return the design in `folder` and below. Raises ToolMissing if `top` has no file there."""
    sources = tuple(verilog(folder))
    if top not in {path.stem for path in sources}:
        raise ToolMissing(f"nothing to lint: {folder} has no {top}.v; name the folder with --hdl")
    return Design(folder, top, sources, (folder,))


def verilator_command(of: Design, parameters: Mapping[str, str] | None = None) -> list[str]:
    """Return the Verilator command line; waivers (*.vlt) beside the sources are applied first. `parameters`: of the top."""
    options = ["--lint-only", "-Wall", "--language", "1364-2005", "--top-module", of.top]
    given = [f"-G{name}={value}" for name, value in (parameters or {}).items()]
    waivers = [str(path) for path in sorted(of.folder.rglob("*.vlt"))]
    return ["verilator", *options, *(f"-I{path}" for path in of.includes), *waivers, *given, *map(str, of.sources)]


def icarus_command(of: Design) -> list[str]:
    """Return the Icarus command line: elaboration only, no output file."""
    options = ["-g2005", "-Wall", _ICARUS_TOLERATED, "-t", "null", "-s", of.top]
    includes = [part for path in of.includes for part in ("-I", str(path))]
    return ["iverilog", *options, *includes, *map(str, of.sources)]


def check(name: str, command: Sequence[str], env: dict[str, str]) -> bool:
    """Run one linter and show what it says; return True if it said nothing and succeeded."""
    done = processes.run(command, env=env)
    complaints = _complaints(done.stdout)
    clean = done.returncode == 0 and not complaints
    print("\n".join(complaints), end="\n" if complaints else "")
    print(f"lint-hdl: {name}: {'clean' if clean else 'FAILED'}", flush=True)
    return clean


def hdl_files() -> list[Path]:
    """All that is Verilog: sources, properties, headers, the testbench's."""
    return sorted(path for folder in (HDL, TESTBENCH_HDL) for path in folder.rglob("*.v*") if path.suffix in (".v", ".vh"))


def short(files: Sequence[Path]) -> bool:
    """Whether no line is longer than `LINE_LENGTH`; shows those that are."""
    long = [
        f"{path}:{number}: {len(line)} characters; break it"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > LINE_LENGTH
    ]
    print("\n".join(long), end="\n" if long else "")
    print(f"lint-hdl: lines of at most {LINE_LENGTH} characters: {'FAILED' if long else 'clean'}", flush=True)
    return not long


def _complaints(text: str) -> list[str]:
    """The lines of a linter that are not Verilator's closing statistics."""
    return [line for line in text.splitlines() if line.strip() and not line.startswith("- ")]


def main(argv: Sequence[str] | None = None) -> int:
    """As `run`; 2 for an error, which is told in one line."""
    return guarded(lambda: run(argv))


def run(argv: Sequence[str] | None = None) -> int:
    """Lint; return 0 if all are clean, 1 if one is not. Raises `ToolMissing`."""
    parser = Parser(allow_abbrev=False, prog="python -m irqpath_testbench.tools.toolchain.lint_hdl", description=__doc__)
    parser.add_argument("--hdl", type=Path, default=HDL, help="folder of the sources (default: %(default)s)")
    parser.add_argument("--top", default=TOP, help="top module (default: %(default)s)")
    args = parser.parse_args(argv)
    of = design(args.hdl, args.top)
    chosen = verilator.choose()
    require(icarus.find())
    results = [
        check(f"verilator {chosen.version}", verilator_command(of), chosen.environ()),
        check("icarus", icarus_command(of), dict(os.environ)),
        check(f"slang {slang.version()}", slang.command(of.top, of.includes, of.sources), dict(os.environ)),
    ]
    if (args.hdl.resolve(), args.top) == (HDL, TOP):
        results.append(short(hdl_files()))
        for name, device in CORNERS.items():
            command = verilator_command(of, device.top_parameters())
            results.append(check(f"verilator, {name}", command, chosen.environ()))
        other = design(args.hdl, GICV2_TOP)
        for name, device in GICV2_CORNERS.items():
            command = verilator_command(other, device.top_parameters())
            results.append(check(f"verilator, {name}", command, chosen.environ()))
        results.append(check("icarus, a GICv2", icarus_command(other), dict(os.environ)))
        results.append(check("slang, a GICv2", slang.command(other.top, other.includes, other.sources), dict(os.environ)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
