"""Operations and outcomes as text, with register names."""

from __future__ import annotations

from typing import Final

from irqpath.regs import ICC, ICH
from irqpath_testbench.tools.oracle.generator.frames import frame_of
from irqpath_testbench.tools.oracle.generator.ops import NON_SECURE, Op, Step
from irqpath_testbench.tools.oracle.outcome import FIQ_BIT, IRQ_BIT, Fault, Outcome

_COMMANDS: Final = {
    0x01: "MOVI",
    0x03: "INT",
    0x04: "CLEAR",
    0x05: "SYNC",
    0x08: "MAPD",
    0x09: "MAPC",
    0x0A: "MAPTI",
    0x0B: "MAPI",
    0x0C: "INV",
    0x0D: "INVALL",
    0x0E: "MOVALL",
    0x0F: "DISCARD",
    0x21: "VMOVI",
    0x22: "VMOVP",
    0x25: "VSYNC",
    0x29: "VMAPP",
    0x2A: "VMAPTI",
    0x2B: "VMAPI",
    0x2D: "VINVALL",
}


def register_name(op: Op) -> str:
    """Name of the register (an array's, without number) that `op` reaches; "" for a reserved place or no register at all."""
    if op.kind in ("sr", "sw"):
        return op.what
    if op.kind not in ("mr", "mw"):
        return ""
    frame = frame_of(op.what)
    name = frame.name_at(op.at & ~3)
    return "" if "(" in name else frame.register(name.split("+")[0]).name


def operation(op: Op) -> str:
    """What an operation does."""
    level = f"PE {op.pe} at EL{op.state & 3}{' NS' if op.state & NON_SECURE else ''}"
    match op.kind:
        case "sr":
            return f"{level} reads {op.what}"
        case "sw":
            return f"{level} writes {op.what} = {op.value:#x} ({value_text(op, op.value)})"
        case "mr" | "mw":
            where = f"{frame_of(op.what).name_at(op.at)} of {op.what}, {op.size} bytes"
            return f"{level} reads {where}" if op.kind == "mr" else f"{level} writes {where} = {op.value:#x}"
        case "spi" | "ppi":
            return f"wire {op.at}{'' if op.kind == 'spi' else f' of PE {op.pe}'} goes {'up' if op.value else 'down'}"
        case "msi":
            return f"device {op.at} writes GITS_TRANSLATER = {op.value}"
        case "m":
            return f"{level} stores {op.value:#x} at {op.at:#x} ({op.size} bytes)"
        case "l":
            return f"{level} loads {op.size} bytes at {op.at:#x}"
        case _:
            name = _COMMANDS.get(op.words[0] & 0xFF, "unknown command")
            return f"{level} queues {name} {' '.join(f'{w:#x}' for w in op.words)}"


def step(s: Step) -> list[str]:
    """The operations of a step, a line each; the first says what is UNPREDICTABLE in it."""
    lines = [operation(op) for op in s.ops]
    if s.tag:
        lines[0] += f"    [{s.tag}]"
    return lines


def value_text(op: Op, value: int) -> str:
    """A value by the fields of the register that was accessed."""
    name = register_name(op)
    if op.kind in ("sr", "sw"):
        registers = ICH if name in set(ICH.names()) else ICC
        return registers.fields_text(name, value) if name in set(registers.names()) else f"{value:#x}"
    if op.kind in ("mr", "mw") and name:
        register = frame_of(op.what).register(name)
        return register.text(value) if op.size == register.width_bytes else f"{value:#x}"
    return f"{value:#x}"


def outcome(op: Op, o: Outcome) -> str:
    """What an operation gave."""
    parts = []
    if o.fault:
        parts.append(Fault(o.fault).name)
    elif op.kind in ("sr", "mr", "l"):
        text = value_text(op, o.value)
        parts.append(f"{o.value:#x}" if text == f"{o.value:#x}" else f"{o.value:#x} ({text})")
    if o.before >= 0:
        parts.append(f"lines before {lines(o.before)}, after {lines(o.after)}")
    return "; ".join(parts)


def lines(isr: int) -> str:
    """ISR_EL1 as text."""
    return " ".join(name for bit, name in ((IRQ_BIT, "IRQ"), (FIQ_BIT, "FIQ")) if isr & bit) or "none"
