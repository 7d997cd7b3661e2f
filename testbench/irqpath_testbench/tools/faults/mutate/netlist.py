"""Mutants of a block: yosys lists them, puts all of them into the block's netlist behind one input that picks, and writes
Verilog; a wrapper gives it the block's name, ports and parameters. Mutant 0 is the block as it is.

Where a block knows its PE, the netlist is that of PE 0, and the other PEs keep the original.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from irqpath.cli.writing import write_text
from irqpath.core.errors import CheckError
from irqpath.core.places import HDL, ROOT, verilog
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.tools.toolchain import kept, yosys
from irqpath_testbench.tools.toolchain.lint_hdl import design

#: Input of the netlist that picks the mutant, and its width.
SELECT, SELECT_BITS = "irqpath_mutant", 16
#: What yosys lists them in.
LIST = "mutants.ys"
#: The most mutants of one build.
MOST = 2**SELECT_BITS - 1
#: A run picks a mutant as it picks an injected fault (`RunConfig.fault`).
_PLUSARG = "irqpath_fault"

_HEADER = re.compile(r"\A(?P<before>.*?)^module (?P<name>\w+) #\((?P<parameters>.*?)^\) \((?P<ports>.*?)^\);", re.M | re.S)
_PARAMETER = re.compile(r"^\s*parameter\s+(?:\[[^\n]*?\]\s*)?(\w+)\s*=", re.M)
_PORT = re.compile(r"^\s*(?:input|output)\s+(?:wire|reg)\s*(?:\[[^\n]*?\]\s*)?(\w+)", re.M)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change. `mode`: inverted, stuck (const0, const1), or inverted where another bit is 0 or 1 (cnot0, cnot1); `cell`,
    `port`, `bit`: where in the netlist; `wire`: the net's name if it has one; `sources`: lines of Verilog that it comes from."""

    number: int
    mode: str
    cell: str
    port: str
    bit: int
    wire: str = ""
    sources: tuple[str, ...] = ()


def parse(text: str) -> list[Mutant]:
    """What `mutate -list` wrote. Raises `CheckError` for a line of another form."""
    mutants = []
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        options: dict[str, list[str]] = {}
        try:
            start = words.index("-ctrl")
            number = int(words[start + 3])
            for name, value in zip(words[start + 4 :: 2], words[start + 5 :: 2], strict=True):
                options.setdefault(name.removeprefix("-"), []).append(value)
            wire = f"{options['wire'][0]}[{options['wirebit'][0]}]" if "wire" in options else ""
            found = Mutant(
                number,
                options["mode"][0],
                options["cell"][0],
                options["port"][0],
                int(options["portbit"][0]),
                wire,
                tuple(options.get("src", ())),
            )
        except (ValueError, KeyError, IndexError) as error:
            raise CheckError(f"yosys' list of mutants has a line that is not understood ({error!r}): {line}") from error
        mutants.append(found)
    return mutants


def kept_mutants(block: str, device: DutParameters, wanted: int, seed: int, folder: Path) -> list[Mutant]:
    """As `generate`, unless `folder` holds just these mutants of this Verilog already."""
    hdl = sorted(path for suffix in ("*.v", "*.vh") for path in HDL.rglob(suffix))
    chosen = [block, str(device), str(wanted), str(seed), yosys.version()]
    key = kept.digest([*chosen, Path(__file__), *hdl])
    kept.ensure(folder, key, lambda new: _generate(block, device, wanted, seed, new), f"mutants of {block}.v")
    return parse((folder / LIST).read_text())


def _generate(block: str, device: DutParameters, wanted: int, seed: int, folder: Path) -> None:
    generate(block, device, wanted, seed, folder)


def generate(block: str, device: DutParameters, wanted: int, seed: int, folder: Path) -> list[Mutant]:
    """Write the block with `wanted` mutants into `folder` (inside the project): the file that replaces hdl/`block`.v, the
    original under another name, and the netlist. Raises `ToolMissing`, `CheckError`."""
    folder.mkdir(parents=True, exist_ok=True)
    here = folder.relative_to(ROOT)
    netlist = f"{block}_mutants"
    yosys.run(
        [
            *yosys.elaborate(design(HDL, "irqpath_top"), device.top_parameters(), yosys.BLOCKS[block]),
            *("proc", "flatten", "opt", f"rename -top {netlist}"),
            f"mutate -list {wanted} -seed {seed} -ctrl {SELECT} {SELECT_BITS} 1 -o {here / LIST}",
            *(f"script {here / LIST}", "opt_clean", f"write_verilog -noattr {here / f'{netlist}.v'}"),
        ],
        ROOT,
    )
    original = next(path for path in verilog() if path.stem == block).read_text()
    write_text(folder / f"{block}.v", wrapper(original))
    write_text(folder / f"{block}_original.v", re.sub(rf"^module {block}\b", f"module {block}_original", original, flags=re.M))
    return parse((folder / LIST).read_text())


def wrapper(original: str) -> str:
    """The module that stands for that of `original`: the netlist with its mutants, or for other PEs than 0 the original."""
    found = _HEADER.match(original)
    if found is None:
        raise CheckError("no module with a list of parameters and one of ports, as irqpath's Verilog has them")
    name = found["name"]
    ports, parameters = _PORT.findall(found["ports"]), _PARAMETER.findall(found["parameters"])
    connected = ", ".join(f".{port}({port})" for port in ports)
    given = ", ".join(f".{parameter}({parameter})" for parameter in parameters)
    netlist = f"{name}_mutants mutants (.{SELECT}({SELECT}), {connected});"
    if "PE" in parameters:
        netlist = f"""generate
        if (PE == 0) begin : g_mutants
            {netlist}
        end else begin : g_original
            {name}_original #({given}) original ({connected});
        end
    endgenerate"""
    driven = re.sub(r"^(\s*output\s+)reg\b", r"\1wire", found["ports"], flags=re.M)
    return f"""{found["before"]}module {name} #({found["parameters"]}) ({driven});
    reg [{SELECT_BITS - 1}:0] {SELECT};
    initial if (!$value$plusargs("{_PLUSARG}=%d", {SELECT})) {SELECT} = {SELECT_BITS}'d0;
    {netlist}
endmodule
`default_nettype wire
"""
