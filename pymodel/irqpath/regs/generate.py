"""From the SystemRDL descriptions to the generated tables, the Verilog header, and the exports of PeakRDL.

Only this needs systemrdl-compiler (and, to export, peakrdl-html and peakrdl-uvm); users of the tables need none.
The texts are a function of the descriptions alone, so that `stale` can compare them byte by byte.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from irqpath.cli.writing import naming, write_text
from irqpath.core import links
from irqpath.core.places import CHECKOUT
from irqpath.regs.access import verilog_module
from irqpath.regs.types import Field, FieldAccess, Frame, Register, RegisterError, ResetFrom, gicv2_gicd

if TYPE_CHECKING:
    from systemrdl.node import AddrmapNode, FieldNode, RegNode

#: One description, one generated module and one map each.
BLOCKS: Final = (
    "gicd", "gicr", "gits", "icc", "ich", "gicc", "gich", "gicv", "v2m", "vlpi", "vsgi", "espi", "eppi", "gic600",
)  # fmt: skip

#: Bytes of a frame, by block; of system registers the number of encodings. Gives the width of the header's offsets.
_SPACE: Final = {
    "gicd": 0x1_0000,
    "gicr": 0x2_0000,
    "gits": 0x2_0000,
    "icc": 0x1_0000,
    "ich": 0x1_0000,
    "gicc": 0x2000,
    "gich": 0x1000,
    "gicv": 0x2000,
    "v2m": 0x1000,
    "vlpi": 0x4_0000,
    "vsgi": 0x3_0000,
    "espi": 0x1_0000,
    "eppi": 0x2_0000,
    "gic600": 0x2_0000,
}
#: Blocks of system registers: encodings instead of offsets.
_SYSTEM: Final = ("icc", "ich")
#: A system register's address in its map is its encoding times this.
_ENCODING_STRIDE: Final = 8

_HERE: Final = Path(__file__).resolve().parent
_NO_CHECKOUT: Final = "generation needs a checkout of irqpath; this is an installed one"
_COMMAND: Final = "irqpath regs generate"

#: Properties that the exported pages show beside SystemRDL's own.
_SHOWN: Final = (
    "access_sizes",
    "low_part_only",
    "source",
    "first_index",
    "same_state",
    "raz_elements",
    "configured",
    "unknown_reset",
)
_NO_MATHJAX: Final = "<script>var MathJax = {Hub: {Queue: function () {}}};</script>"


class MissingToolError(RegisterError):
    """A package that generation or export needs is not installed."""


# --- reading the descriptions -----------------------------------------------------------------------------------------


def compile_block(block: str) -> AddrmapNode:
    """Compile `<block>.rdl`; return its map.

    Raises `RegisterError` when it does not compile (the compiler says on stderr where), `MissingToolError`.
    """
    systemrdl = _tool("systemrdl", "systemrdl-compiler")
    compiler = systemrdl.RDLCompiler()
    try:
        compiler.compile_file(str(_HERE / f"{block}.rdl"), incl_search_paths=[str(_HERE)])
        top: AddrmapNode = compiler.elaborate(top_def_name=block).top
    except systemrdl.RDLCompileError as error:
        raise RegisterError(f"{block}.rdl does not compile: {error}") from error
    return top


def read_block(block: str) -> tuple[Register, ...]:
    """The registers that `<block>.rdl` describes, by offset. Raises `RegisterError` where something is missing."""
    top = compile_block(block)
    divisor = _ENCODING_STRIDE if block in _SYSTEM else 1
    registers = [_register(node, divisor) for node in top.registers(unroll=False)]
    return tuple(sorted(registers, key=lambda r: r.offset))


def _register(node: RegNode, divisor: int) -> Register:
    sizes: Sequence[int] = node.get_property("access_sizes", default=[])
    source: str = node.get_property("source", default="")
    description = node.get_property("desc") or ""
    for what, value in (("access_sizes", sizes), ("source", source), ("desc", description)):
        if not value:
            raise RegisterError(f"{node.inst_name} has no {what}")
    fields = tuple(_field(f) for f in sorted(node.fields(), key=lambda f: f.low))
    count = node.n_elements
    stride = node.array_stride if node.is_array and node.array_stride else node.get_property("regwidth") // 8
    return Register(
        name=node.inst_name,
        offset=node.raw_absolute_address // divisor,
        width_bits=node.get_property("regwidth"),
        first=node.get_property("first_index", default=0),
        count=count,
        stride=1 if divisor != 1 else stride,
        sizes=tuple(sizes),
        reset=sum(f.reset << f.lsb for f in fields),
        configured=any(f.reset_from == "instance" for f in fields),
        fields=fields,
        description=_one_line(description),
        source=source,
        same_state=node.get_property("same_state", default=""),
        low_part_only=node.get_property("low_part_only", default=False),
        raz_elements=node.get_property("raz_elements", default=0),
    )


def _field(node: FieldNode) -> Field:
    reset = node.get_property("reset")
    value = reset if isinstance(reset, int) else 0
    reset_from: ResetFrom = "spec"
    if node.get_property("configured", default=False):
        reset_from = "instance"
    elif node.get_property("unknown_reset", default=False):
        reset_from = "unknown"
    return Field(
        name=node.inst_name,
        lsb=node.low,
        width=node.width,
        access=_access(node, value),
        reset=value,
        reset_from=reset_from,
        description=_one_line(node.get_property("desc") or ""),
    )


def _access(node: FieldNode, reset: int) -> FieldAccess:
    """Software access of a field. Raises `RegisterError` for a combination that has no name here."""
    if node.get_property("fixed", default=False):
        constants: dict[int, FieldAccess] = {0: "raz", (1 << node.width) - 1: "rao"}
        if reset not in constants:
            raise RegisterError(f"{node.get_path()} is fixed, but its reset is neither all zeros nor all ones")
        return constants[reset]
    on_write = node.get_property("onwrite")
    key = (node.get_property("sw").name, on_write.name if on_write else "")
    names: dict[tuple[str, str], FieldAccess] = {
        ("rw", ""): "rw",
        ("r", ""): "ro",
        ("w", ""): "wo",
        ("rw", "woset"): "w1s",
        ("rw", "woclr"): "w1c",
    }
    if key not in names:
        raise RegisterError(f"{node.get_path()}: software access {key} is not one of {', '.join(names.values())}")
    return names[key]


def _one_line(text: str) -> str:
    return " ".join(text.split())


# --- Python tables ----------------------------------------------------------------------------------------------------


def python_text(block: str, registers: Sequence[Register]) -> str:
    """The module of one block's registers."""
    lines = [
        f'# Generated from pymodel/irqpath/regs/{block}.rdl: do not edit; regenerate with "{_COMMAND}".',
        "# fmt: off",
        "# ruff: noqa",
        f'"""Registers of {block.upper()}."""',
        "",
        "from typing import Final",
        "",
        "from irqpath.regs.types import Field, Register",
        "",
        "REGISTERS: Final[tuple[Register, ...]] = (",
    ]
    for register in registers:
        lines += _python_register(register)
    return "\n".join([*lines, ")", ""])


def _python_register(r: Register) -> list[str]:
    shape = f"{r.width_bits}, {r.first}, {r.count}, {r.stride}, {r.sizes}, {r.reset:#x}, {r.configured}"
    optional = [
        f"{name}={value!r}"
        for name, value in (
            ("same_state", r.same_state),
            ("low_part_only", r.low_part_only),
            ("raz_elements", r.raz_elements),
        )
        if value
    ]
    return [
        f"    Register({_quoted(r.name)}, {r.offset:#06x}, {shape}, (",
        *(f"        {_python_field(f)}," for f in r.fields),
        f"    ), {_quoted(r.description)},",
        f"    {', '.join([_quoted(r.source), *optional])}),".replace("'", '"'),
    ]


def _python_field(f: Field) -> str:
    return (
        f"Field({_quoted(f.name)}, {f.lsb}, {f.width}, {_quoted(f.access)}, {f.reset:#x}, "
        f"{_quoted(f.reset_from)}, {_quoted(f.description)})"
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# --- Verilog header ---------------------------------------------------------------------------------------------------


def verilog_text(blocks: dict[str, Sequence[Register]]) -> str:
    """The header: offsets, shapes of arrays, positions of fields, encodings of system registers.

    Raises `RegisterError` when two of its names are the same.
    """
    lines = [
        f'// Generated from pymodel/irqpath/regs/*.rdl: do not edit; regenerate with "{_COMMAND}".',
        "//",
        "// IRQPATH_<register>: byte offset in its frame, of an array's first element; of a system register the",
        "// encoding {op0[1:0], op1[2:0], CRn[3:0], CRm[3:0], op2[2:0]}. _FIRST, _COUNT, _STRIDE: number of an array's first",
        "// element, number of elements, bytes from one to the next. _<field>_LSB, _MSB: position of a field.",
        "",
        "`ifndef IRQPATH_REGS_VH",
        "`define IRQPATH_REGS_VH",
    ]
    defined: set[str] = set()
    for block, registers in blocks.items():
        width = (_SPACE[block] - 1).bit_length()
        lines += ["", f"// {block.upper()}"]
        for register in registers:
            for name, value in _verilog_register(register, width):
                if name in defined:
                    raise RegisterError(f"the Verilog header would define IRQPATH_{name} twice")
                defined.add(name)
                lines.append(f"`define IRQPATH_{name} {value}")
    return "\n".join([*lines, "", "`endif", ""])


def _verilog_register(r: Register, width: int) -> list[tuple[str, str]]:
    defines = [(r.name, f"{width}'h{r.offset:0{(width + 3) // 4}X}")]
    if r.is_array:
        shape = (("FIRST", r.first), ("COUNT", r.count), ("STRIDE", r.stride))
        defines += [(f"{r.name}_{what}", str(number)) for what, number in shape]
    if r.write_mask:
        defines.append((f"{r.name}_WMASK", f"{r.width_bits}'h{r.write_mask:0{r.width_bits // 4}X}"))
    for f in r.fields:
        defines += [(f"{r.name}_{f.name}_LSB", str(f.lsb)), (f"{r.name}_{f.name}_MSB", str(f.lsb + f.width - 1))]
    return defines


# --- files ------------------------------------------------------------------------------------------------------------


def outputs(root: Path | None = CHECKOUT) -> dict[Path, str]:
    """Every generated file and its text. `root`: top of a checkout. Raises `RegisterError` where that is none."""
    if root is None:
        raise RegisterError(_NO_CHECKOUT)
    package = root / "pymodel" / "irqpath" / "regs" / "generated"
    header = root / "hdl" / "generated" / "irqpath_regs.vh"
    if not header.parent.parent.is_dir():
        raise RegisterError(f"{root} is no checkout of irqpath (it has no hdl directory); generation needs one")
    blocks: dict[str, Sequence[Register]] = {block: read_block(block) for block in BLOCKS}
    texts = {package / f"{block}.py": python_text(block, registers) for block, registers in blocks.items()}
    texts[package / "__init__.py"] = (
        f'# Generated: do not edit; regenerate with "{_COMMAND}".\n'
        '"""Register tables, one module a block.\n\nIt imports regs.\n"""\n'
    )
    texts[header] = verilog_text(blocks)
    named = ("gicd", "gicr", "gits", "gicc", "gich", "gicv", "v2m")
    frames = {name: Frame(name.upper(), _SPACE[name], tuple(blocks[name])) for name in named}
    for name, frame in (frames | {"gicd2": gicv2_gicd(blocks["gicd"])}).items():
        texts[header.parent / f"{name}_access.v"] = verilog_module(name, frame, _COMMAND)
    links.check_layouts()
    links.check_families()
    texts[header.parent / "irqpath_links.vh"] = links.verilog_header()
    texts[header.parent / "irqpath_records.vh"] = links.records_header()
    texts[root / "docs" / "reference" / "links.md"] = links.links_page()
    return texts


def stale(root: Path | None = CHECKOUT) -> dict[Path, str]:
    """Generated files that are missing or differ from what the descriptions give, with the text expected."""
    return {path: text for path, text in outputs(root).items() if not path.is_file() or path.read_text(encoding="utf-8") != text}


def generate(root: Path | None = CHECKOUT) -> list[Path]:
    """Rewrite the generated files that are stale; return them."""
    changed = stale(root)
    for path, text in changed.items():
        write_text(path, text)  # Python that is cut off could not even be imported to write it anew
    return list(changed)


# --- exports ----------------------------------------------------------------------------------------------------------


def export_html(directory: Path) -> list[Path]:
    """Write browsable pages of all blocks; return the page to open. Raises `MissingToolError`."""
    exporter = _tool("peakrdl_html", "peakrdl-html").HTMLExporter(extra_doc_properties=list(_SHOWN))
    with naming(directory):
        exporter.export([compile_block(block) for block in BLOCKS], str(directory), title="irqpath registers")
    index = directory / "index.html"
    # The pages would load MathJax from the network, though they hold no formula; without it nav.js needs this stub.
    text = re.sub(r"<script[^>]*mathjax[^>]*\.js[^>]*></script>", _NO_MATHJAX, index.read_text("utf-8"), flags=re.IGNORECASE)
    write_text(index, text)
    return [index]


def export_ral(directory: Path) -> list[Path]:
    """Write a UVM register model of each block as a SystemVerilog package; return them. Raises `MissingToolError`."""
    uvm: Callable[[], Any] = _tool("peakrdl_uvm", "peakrdl-uvm").UVMExporter
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for block in BLOCKS:
        path = directory / f"irqpath_{block}_ral_pkg.sv"
        with naming(path):
            uvm().export(compile_block(block), str(path))
        written.append(path)
    return written


def _tool(module: str, package: str) -> Any:
    """Import an optional package. Raises `MissingToolError` naming the command that installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingToolError(f"{package} is not installed: run `pip install {package}`") from error
