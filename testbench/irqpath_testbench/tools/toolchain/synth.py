"""Synthesis of each block by yosys, to generic cells: what it costs, and that it is hardware. Any warning fails: an inferred
latch, a combinational loop, a net driven twice or not at all.

python -m irqpath_testbench.tools.toolchain.synth, or `irqpath synth`
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

from irqpath.cli.console import console as make_console
from irqpath.cli.ending import guarded
from irqpath.cli.parser import Parser
from irqpath.cli.table import Figures
from irqpath.core.errors import CheckError
from irqpath.core.places import HDL
from irqpath_testbench.dut.parameters import GICV2, DutParameters
from irqpath_testbench.tools.toolchain import yosys
from irqpath_testbench.tools.toolchain.lint_hdl import GICV2_TOP, Design, design

#: With so many List registers a GICC is synthesized, too.
LIST_REGISTERS: Final = (1, 4, 16)
_FLIP_FLOP = re.compile(r"\$[a-z]*dff[a-z]*_(\d+)")
#: a warning and the indented lines that belong to it (the cells of a loop)
_WARNING = re.compile(r"^.*\bWarning: .*$(?:\n[ \t]+.*$)*", re.MULTILINE)
_COUNTED = re.compile(r"^Warnings: \d+ unique messages")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a block is made of: cells of yosys' word level, bits of flip-flops, bits of memories."""

    cells: int
    flip_flop_bits: int
    memory_bits: int


def synthesize(of: Design, parameters: Mapping[str, str], cell: str) -> Cost:
    """Synthesize the block that is `cell` of the design ("": all of it). Raises `ToolMissing`; `CheckError` with all warnings."""
    said = yosys.run(
        [
            *yosys.elaborate(of, parameters, cell),
            *("proc", "flatten", "opt", "wreduce", "stat -json -width", "memory -nomap", "opt", "check", "stat -json -width"),
        ],
        yosys.root(of),
    )
    warnings = [w for w in dict.fromkeys(m.group() for m in _WARNING.finditer(said)) if not _COUNTED.match(w)]
    if warnings:
        raise CheckError("\n".join(["yosys warns:", *warnings]))
    before, after = _statistics(said)
    kinds: dict[str, int] = after["num_cells_by_type"]
    bits = ((_FLIP_FLOP.fullmatch(kind), count) for kind, count in kinds.items())
    return Cost(
        cells=sum(count for kind, count in kinds.items() if not kind.startswith("$scopeinfo")),
        flip_flop_bits=sum(int(found.group(1)) * count for found, count in bits if found),
        memory_bits=before["num_memory_bits"],
    )


def _statistics(said: str) -> list[dict[str, Any]]:
    """What each `stat -json` printed about the whole design."""
    decoder, found = json.JSONDecoder(), []
    for match in re.finditer(r'^\{\n\s+"creator"', said, re.MULTILINE):
        value, _ = decoder.raw_decode(said, match.start())
        found.append(value["design"])
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `irqpath synth`."""
    parser.add_argument("--hdl", type=Path, default=HDL, help="folder of the sources (default: %(default)s)")
    parser.add_argument(
        "--blocks", default=",".join((*yosys.BLOCKS, yosys.GICV2)), help="separated by commas (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """0: every block synthesizes without a warning; 1: one does not. Raises `ToolMissing`, `CheckError` (no such block)."""
    blocks = [name.strip() for name in args.blocks.split(",")]
    known = (*yosys.BLOCKS, yosys.GICV2)
    if unknown := [name for name in blocks if name not in known]:
        raise CheckError(f"no block is called {', '.join(map(repr, unknown))}; there are {', '.join(known)}")
    of, device = design(args.hdl, "irqpath_top"), DutParameters()
    console = make_console()
    table = new_table(device)
    status = 0
    for block, name, of_device in chain.from_iterable(configurations(each, device) for each in blocks):
        try:
            if block == yosys.GICV2:
                cost = synthesize(design(args.hdl, GICV2_TOP), GICV2.top_parameters(), "")
            else:
                cost = synthesize(of, of_device.top_parameters(), yosys.BLOCKS[block])
        except CheckError as error:
            status = 1
            table.add(name, "FAILED", "-", "-")
            console.print(f"synth: {name}: {error}", highlight=False, markup=False, soft_wrap=True)
        else:
            table.add(name, f"{cost.cells:,}", f"{cost.flip_flop_bits:,}", f"{cost.memory_bits:,}")
    table.print(console)
    return status


def configurations(block: str, device: DutParameters) -> Iterator[tuple[str, str, DutParameters]]:
    """(block, what the table calls it, its device): the usual one, and of GICC those with virtual CPU interfaces."""
    yield block, block, device
    if block == "gicc":
        for count in LIST_REGISTERS:
            name = f"gicc, virtual, {count} List register{'s' * (count > 1)}"
            yield block, name, replace(device, virtual=True, list_registers=count)


def new_table(device: DutParameters) -> Figures:
    """The table, without a row."""
    title = f"yosys: the blocks of {device.pes} PEs, {device.spis} SPIs, {device.lpi_slots} LPI slots"
    return Figures(title, ("block",), ("cells", "flip-flop bits", "memory bits"))


def main(argv: Sequence[str] | None = None) -> int:
    """As `irqpath synth`: 2 if something is missing."""
    parser = Parser(prog="python -m irqpath_testbench.tools.toolchain.synth", description=__doc__, allow_abbrev=False)
    add_arguments(parser)
    return guarded(lambda: run(parser.parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
