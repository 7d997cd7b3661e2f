"""A sequence with what QEMU answered, as a recording that `irqpath replay` takes (LabTrace 1, JSON Lines).

QEMU runs the sequence once more, one operation at a time, and after each the lines of every PE are read, so that the file has
them where they changed. The header says that nothing else of what the machine put out was recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from irqpath.cli.writing import write_bytes
from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.sizes import GicConfig
from irqpath_testbench.tools.oracle.generator import layout
from irqpath_testbench.tools.oracle.generator.frames import GICD2
from irqpath_testbench.tools.oracle.generator.knowledge import redirected
from irqpath_testbench.tools.oracle.generator.ops import Op, mrs, read
from irqpath_testbench.tools.oracle.generator.queue import CommandQueue
from irqpath_testbench.tools.oracle.outcome import FIQ_BIT, IRQ_BIT, Fault, Machine, Outcome
from irqpath_testbench.tools.oracle.spec import MachineSpec

Event = dict[str, Any]

#: Memory of a sequence by the recording's names: (name, first address, bytes).
_REGIONS: Final = (
    ("lpi.prop", layout.PROPERTIES, layout.PENDING - layout.PROPERTIES),
    *((f"lpi.pend{pe}", layout.pending_table(pe), 0x1_0000) for pe in range(8)),
    ("its.baser0.l1", layout.DEVICES, layout.COLLECTIONS - layout.DEVICES),
    ("its.baser1", layout.COLLECTIONS, layout.COMMANDS - layout.COLLECTIONS),
    ("vlpi.prop", layout.VIRTUAL_PROPERTIES, layout.VIRTUAL_PENDING - layout.VIRTUAL_PROPERTIES),
    ("vlpi.pend", layout.VIRTUAL_PENDING, layout.VPES - layout.VIRTUAL_PENDING),
    ("its.cmdq", layout.COMMANDS, layout.TRANSLATIONS - layout.COMMANDS),
)
#: Names of frames in recordings, where they are others.
_NAMES: Final = {"its0": "gits", GICD2: "gicd"}
_GICH_HCR, _GICH_MISR = 0x00, 0x10
_HCR_BITS: Final = 1 << 3 | 1 << 4 | 1 << 5 | 1 << 27 | 1 << 34


def save(path: Path, spec: MachineSpec, machine: Machine, ops: Sequence[Op]) -> None:
    """Run `ops` on `machine` and write the recording. Raises `CheckError` where the file cannot be written."""
    events = list(record(spec, machine, ops))
    header = {
        "e": "hdr",
        "format": "labtrace",
        "version": 1,
        "name": path.stem,
        "gic": spec.gic,
        "kernel": "irqpath oracle",
        "qemu": getattr(machine, "version", ""),
        "events": len(events),
        "devs": {},
        "partial": 1,
        "config": {} if isinstance(spec.config, Gicv2Config) else {"priority_bits": spec.config.priority_bits},
    }
    write_bytes(path, b"".join(orjson.dumps(event) + b"\n" for event in (header, *events)))


def record(spec: MachineSpec, machine: Machine, ops: Sequence[Op]) -> Iterator[Event]:
    """The events of a recording."""
    pes = range(spec.config.pes)
    for pe in pes:
        yield {"e": "cpurst", "c": pe}
    tables = () if isinstance(spec.config, Gicv2Config) else _REGIONS
    for name, address, size in tables:
        if name.startswith("lpi.pend") and int(name[8:]) >= spec.config.pes:
            continue
        yield {"e": "range", "r": name, "a": address, "n": size}
    machine.reset()
    if isinstance(spec.config, GicConfig) and spec.config.its:  # a replay knows by it that there is one
        typer = read("its0", 8, 8, state=spec.home)
        yield from _events(typer, machine.run([typer])[0], [])
    queue, watch = CommandQueue(), _Watch(spec)
    for op in ops:
        outcome, *shown = machine.run([op, *watch.ops])
        if outcome.fault == Fault.INTERRUPTED:
            continue
        for access in queue.lower(op):
            yield from _events(access, outcome, watch.hcr)
        yield from watch.changes([seen.value for seen in shown])


class _Watch:
    """What is looked at after each operation: the lines of every PE, and why its maintenance interrupt would be due.
    `hcr`: HCR_EL2 of every PE, as written."""

    def __init__(self, spec: MachineSpec) -> None:
        self._pes = range(spec.config.pes)
        self._virtual = spec.config.virtual
        self._lines = [0 for _ in self._pes]
        self._maintenance = [0 for _ in self._pes]
        self.hcr = [0 for _ in self._pes]
        self.ops = [mrs("ISR_EL1", pe, spec.home) for pe in self._pes]
        if self._virtual is not None and self._virtual.gicv2:
            self.ops += [read("gich", at, 4, pe, spec.home) for pe in self._pes for at in (_GICH_HCR, _GICH_MISR)]
        elif self._virtual is not None:
            self.ops += [mrs(name, pe, spec.home) for pe in self._pes for name in ("ICH_HCR_EL2", "ICH_MISR_EL2")]

    def changes(self, values: Sequence[int]) -> Iterator[Event]:
        """Events for what differs from the last time."""
        count = len(self._pes)
        if self._virtual is not None:
            for pe in self._pes:
                control, status = values[count + 2 * pe : count + 2 * pe + 2]
                level = int(bool(control & 1 and status))
                if level != self._maintenance[pe]:
                    self._maintenance[pe] = level
                    yield {"e": "maint", "c": pe, "l": level}
                    yield {"e": "ppi", "c": pe, "i": self._virtual.maintenance_ppi, "l": level}
        for pe in self._pes:
            isr = values[pe] & (IRQ_BIT | FIQ_BIT)
            if isr != self._lines[pe]:
                self._lines[pe] = isr
                yield {"e": "out", "c": pe, "irq": int(bool(isr & IRQ_BIT)), "fiq": int(bool(isr & FIQ_BIT))}


def _events(op: Op, outcome: Outcome, hcr: list[int]) -> Iterator[Event]:
    """One access as events."""
    cpu, level = op.pe, op.state & 3
    match op.kind:
        case "mr" | "mw":
            region = _NAMES.get(op.what, op.what)
            value = outcome.value if op.kind == "mr" else op.value
            if outcome.fault == Fault.NONE:
                yield {"e": op.kind, "c": cpu, "r": region, "o": op.at, "s": op.size, "v": value, "x": level}
        case "sr" | "sw":
            yield from _sysreg(op, outcome, hcr)
        case "spi":
            yield {"e": "spi", "i": op.at, "l": op.value}
        case "ppi":
            yield {"e": "ppi", "c": cpu, "i": op.at, "l": op.value}
        case "msi":
            yield {"e": "msi", "dev": op.at, "v": op.value, "s": op.size, "o": 0x40}
        case "m" | "l":
            region = next((name for name, first, size in _REGIONS if first <= op.at < first + size), "")
            if op.kind == "l":
                yield {"e": "ml", "c": cpu, "r": region, "a": op.at, "s": op.size, "v": outcome.value}
            elif region:
                yield {"e": "m", "r": region, "a": op.at, "h": op.value.to_bytes(op.size, "little").hex()}


def _sysreg(op: Op, outcome: Outcome, hcr: list[int]) -> Iterator[Event]:
    cpu, level = op.pe, op.state & 3
    if op.what == "HCR_EL2" and op.kind == "sw":
        hcr[cpu] = op.value
        yield {"e": "hcr", "c": cpu, "v": op.value & _HCR_BITS}
    elif op.what.startswith(("ICC_", "ICH_")):
        event: Event = {"c": cpu, "g": op.what, "x": level}
        if op.kind == "sw":
            event["v"] = op.value
        if level == 1 and op.what.startswith("ICC_") and redirected(op.what, hcr[cpu]):
            event["vi"] = 1
        if outcome.fault in (Fault.TRAP_EL2, Fault.TRAP_EL3):
            yield {"e": "st", **event}
        elif outcome.fault == Fault.NONE:
            yield {"e": op.kind, **event, "v": op.value if op.kind == "sw" else outcome.value}
