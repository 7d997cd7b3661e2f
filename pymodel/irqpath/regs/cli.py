"""`irqpath regs`: look up registers, keep the generated files fresh, export to HTML and to a UVM register model."""

from __future__ import annotations

import argparse
import difflib
import shlex
import sys
from pathlib import Path

from irqpath.core.errors import IrqpathError
from irqpath.regs import BLOCKS, Element, Frame, Register, RegisterError, generate, sysreg_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands of `irqpath regs` to `parser`."""
    commands = parser.add_subparsers(dest="regs_command", metavar="COMMAND", required=True)
    show = commands.add_parser("show", help="describe a register and decode a value of it")
    show.add_argument("register", metavar="REGISTER", help="name, such as GICD_CTLR or GICD_ISENABLER3")
    show.add_argument("value", metavar="VALUE", nargs="?", type=_number, help="value to decode, such as 0x52")
    commands.add_parser("generate", help="rewrite the generated files from the SystemRDL descriptions")
    commands.add_parser("check", help="say whether the generated files are fresh; exit status 1 if not")
    html = commands.add_parser("html", help="export browsable pages (needs peakrdl-html)")
    html.add_argument("directory", metavar="DIR", type=Path)
    ral = commands.add_parser("ral", help="export a UVM register model (needs peakrdl-uvm)")
    ral.add_argument("directory", metavar="DIR", type=Path)


def run(args: argparse.Namespace) -> int:
    """Run the command that `args` name; return the exit status: 0 done, 1 not fresh, 2 not possible."""
    try:
        return _run(args)
    except IrqpathError as error:
        print(f"irqpath regs {args.regs_command}: {error}", file=sys.stderr)
        return 2


def _run(args: argparse.Namespace) -> int:
    match args.regs_command:
        case "show":
            print(describe(args.register, args.value))
        case "generate":
            _print_paths("wrote", generate.generate(), "all generated files are fresh")
        case "check":
            return _check()
        case "html":
            (index,) = generate.export_html(args.directory)
            _print_paths("wrote", [index])
            print(_how_to_view(args.directory))
        case "ral":
            _print_paths("wrote", generate.export_ral(args.directory))
    return 0


def _how_to_view(directory: Path) -> str:
    """The pages fetch what they show, which browsers refuse to a page that was opened as a file."""
    return (
        f"to view them, run: python3 -m http.server --bind 127.0.0.1 --directory {shlex.quote(_relative(directory))} 8000\n"
        "and open http://127.0.0.1:8000/ (a browser that opens index.html as a file refuses to load what the page shows)"
    )


def _check() -> int:
    stale = generate.stale()
    if stale:
        print(f"stale: {', '.join(_relative(path) for path in stale)}; run `irqpath regs generate`")
        return 1
    print("all generated files are fresh")
    return 0


def _print_paths(verb: str, paths: list[Path], none: str = "") -> None:
    for path in paths:
        print(f"{verb} {_relative(path)}")
    if not paths:
        print(none)


def _relative(path: Path) -> str:
    """`path` from the working directory where it lies below it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _number(text: str) -> int:
    return int(text, 0)


def describe(name: str, value: int | None = None) -> str:
    """A register's description in several lines, with `value` decoded. Raises `RegisterError` for an unknown name."""
    for block in BLOCKS.values():
        try:
            register = block.register(name)
        except RegisterError:
            continue
        element = None if register.is_array and name == register.name else block.element(name)
        lines = _head(register, element, isinstance(block, Frame))
        lines += _fields(register, value)
        if value is not None:
            lines.append(f"{name} = {value:#x}: {register.text(value)}")
        return "\n".join(lines)
    raise RegisterError(f"no register is called {name}{_suggestion(name)}")


def _suggestion(name: str) -> str:
    known = [n for block in BLOCKS.values() for n in block.names()]
    close = difflib.get_close_matches(name.upper(), known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _head(r: Register, element: Element | None, mapped: bool) -> list[str]:
    digits = r.width_bits // 4
    if not mapped:
        where = f"{sysreg_text(r.offset)} (encoding {r.offset:#06x})"
    elif element is not None:
        where = f"offset {element.offset:#07x}"
    else:
        where = f"elements {r.first} to {r.first + r.count - 1}, offset {r.offset:#07x} + {r.stride} * (n - {r.first})"
    sizes = " or ".join(str(s) for s in r.sizes)
    narrow = " (narrow ones at the lowest address)" if r.low_part_only else ""
    lines = [
        f"{element.name if element else r.name + '<n>'}: {r.description}",
        f"  {where}; {r.width_bits} bits; accesses of {sizes} bytes{narrow}",
        f"  reset 0x{r.reset:0{digits}x}{_reset_note(r)}",
        f"  source: {r.source}",
    ]
    if r.raz_elements and (element is None or element.index < r.raz_elements):
        lines.append(f"  RAZ/WI up to element {r.raz_elements - 1}: affinity routing is enabled")
    if r.same_state:
        lines.append(f"  shows the same state as {r.same_state}")
    return lines


def _reset_note(r: Register) -> str:
    notes = ["depends on the configuration"] if r.configured else []
    if r.unknown_mask:
        notes.append(f"architecturally UNKNOWN in {r.unknown_mask:#x}")
    return f" ({'; '.join(notes)})" if notes else ""


def _fields(r: Register, value: int | None) -> list[str]:
    width = max(len(f.name) for f in r.fields)
    lines = []
    for f in reversed(r.fields):
        shown = f"{f.of(value):#x}" if value is not None else f"{f.reset:#x}"
        lines.append(f"  [{f.bits:>5}] {f.name:<{width}} {f.access:<3} {shown:<6} {f.description}")
    return lines
