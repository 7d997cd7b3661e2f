"""The rows of the table: every register and field that is described, every command that an ITS has, every path and every rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from irqpath.config.sizes import GicConfig, VirtualConfig
from irqpath.gic.gicc.cpu_interface import CpuInterface
from irqpath.gic.gicc.virtual_registers import guest
from irqpath.gic.its.commands import COMMANDS
from irqpath.gic.its.virtual import COMMANDS_V40, COMMANDS_V41
from irqpath.regs import BLOCKS, ICC, Register
from irqpath.rules import load as load_rules
from irqpath_testbench.tools.conformance.evidence import INDEPENDENT, Evidence, Source
from irqpath_testbench.tools.conformance.paths import PATHS
from irqpath_testbench.tools.conformance.touches import Bits, exercised, joined
from irqpath_testbench.tools.conformance.watch import VIRTUAL, key_of

#: RES0 in the guest's view of a register (DDI 0601, ICV_CTLR_EL1).
_NOT_VIRTUAL: Final = frozenset({("ICV_CTLR_EL1", "PMHE")})
ROW_KINDS: Final = ("register", "field", "command", "path", "rule", "defect")
#: Modules of the golden models, by set of registers.
MODELS: Final = {
    "GICD": "gic/gicd/distributor.py, gic/gicv2/distributor.py",
    "GICR": "gic/gicr/redistributor.py, gic/gicr/lpi.py",
    "GITS": "gic/its/its.py",
    "ICC": "gic/gicc/cpu_interface.py",
    "ICH": "gic/gicc/virtual_interface.py",
    "ICV": "gic/gicc/virtual_interface.py",
    "GICC": "gic/gicv2/cpu_interface.py",
    "GICH": "gic/gicv2/virtual.py",
    "GICV": "gic/gicv2/virtual.py",
    "V2M": "gic/gicv2/registers.py",
    "VLPI": "gic/gicr/vlpi.py",
    "VSGI": "gic/its/virtual.py",
    "ESPI": "gic/gicd/secure_registers.py",
    "EPPI": "gic/gicr/secure_registers.py",
    "GIC600": "gic/gicr/redistributor.py",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One feature. `block`: GICD, ICV, ITS, path, ...; `spec`: document and section; `sources`: what exercised it; `holds`: it
    counts as exercised; `agreed`: so by independent parties alone; `injected`: bugs breaking it that its tests noticed."""

    kind: str
    block: str
    name: str
    spec: str
    model: str
    holds: bool = False
    agreed: bool = False
    injected: int = 0
    sources: tuple[Source, ...] = field(default=())

    def of(self, kind: str) -> list[str]:
        """Names of the sources of one kind."""
        return [source.name for source in self.sources if source.kind == kind]

    @property
    def independent(self) -> str:
        """The column that names the independent evidence."""
        return ", ".join(s.name for s in self.sources if s.kind in INDEPENDENT) if self.agreed else "none"


def all_rows(evidence: Evidence) -> list[Row]:
    """Every feature with what exercises it."""
    return [*_register_rows(evidence), *_named_rows(evidence), *_rule_rows(evidence)]


def _register_rows(evidence: Evidence) -> Iterator[Row]:
    by_register: dict[str, dict[Source, Bits]] = {}
    for source, seen in evidence.items():
        for key, bits in seen.registers.items():
            by_register.setdefault(key, {})[source] = bits
    for block, registers in BLOCKS.items():
        for register in registers.registers:
            yield from _rows_of(block, register, register.name, by_register.get(key_of(register), {}))
    for register in _guest_registers():
        key = key_of(register, virtual=True)
        yield from _rows_of(VIRTUAL, register, key.partition("/")[2], by_register.get(key, {}))


def _guest_registers() -> list[Register]:
    """ICV_*_EL1: those of ICC that a virtual interface answers."""
    widest = VirtualConfig(list_registers=16, priority_bits=8, preemption_bits=7)
    virtual = CpuInterface(0, GicConfig(virtual=widest)).virtual
    assert virtual is not None  # the configuration has one
    reads, writes = guest(virtual)
    names = reads.keys() | writes.keys()
    return [register for register in ICC.registers if register.name in names]


def _rows_of(block: str, register: Register, name: str, found: Mapping[Source, Bits]) -> Iterator[Row]:
    model, whole = MODELS[block], (1 << register.width_bits) - 1
    fields_ = [f for f in register.fields if (name, f.name) not in _NOT_VIRTUAL]
    yield _row("register", block, name, register.source, model, {s: b for s, b in found.items() if b.touches(whole)})
    for f in fields_:
        touching = {source: bits for source, bits in found.items() if bits.touches(f.mask)}
        theirs = [bits for source, bits in touching.items() if source.kind in INDEPENDENT]
        yield Row(
            "field",
            block,
            f"{name}.{f.name}",
            register.source,
            model,
            exercised(register, f, joined(touching.values())),
            exercised(register, f, joined(theirs)),
            sources=tuple(sorted(touching)),
        )


def _row(kind: str, block: str, name: str, spec: str, model: str, found: Mapping[Source, object]) -> Row:
    agreed = any(source.kind in INDEPENDENT for source in found)
    return Row(kind, block, name, spec, model, bool(found), agreed, sources=tuple(sorted(found)))


def _named_rows(evidence: Evidence) -> Iterator[Row]:
    for commands, version, module in (
        (COMMANDS, "GICv3", "its_commands"),
        (COMMANDS_V40, "GICv4.0", "its_virtual"),
        (COMMANDS_V41, "GICv4.1", "its_virtual"),
    ):
        known = {name for name, _ in COMMANDS.values()} if commands is not COMMANDS else set()
        known |= {name for name, _ in COMMANDS_V40.values()} if commands is COMMANDS_V41 else set()
        for name, _ in commands.values():
            if name not in known:
                found = {source: seen for source, seen in evidence.items() if name in seen.commands}
                spec = f"IHI 0069, ITS command {name.upper()} ({version})"
                yield _row("command", "ITS", name.upper(), spec, f"gic/{module}.py", found)
    for name, spec in PATHS.items():
        found = {source: seen for source, seen in evidence.items() if name in seen.paths}
        yield _row("path", "path", name, spec, "virtio/transport.py" if name.startswith("virtio") else "gic/system.py", found)


def _rule_rows(evidence: Evidence) -> Iterator[Row]:
    rules = load_rules()
    for id_, rule in rules.rules.items():
        yield _rule_row("rule", id_, f"{id_} {rule.title}", rule.reference, ", ".join(rule.blocks), evidence)
    for id_, defect in rules.defects.items():
        name = f"{id_} {defect.implementation}: {defect.text}"
        blocks = ", ".join(rules.rules[defect.rule].blocks)
        yield _rule_row("defect", id_, name, rules.rules[defect.rule].reference, blocks, evidence)


def _rule_row(kind: str, id_: str, name: str, spec: str, model: str, evidence: Evidence) -> Row:
    """A rule holds where a test that cites it passes, and has noticed an injected fault that breaks it."""
    found = {source: seen for source, seen in evidence.items() if id_ in seen.rules}
    injected = sum(seen.rules[id_] for seen in found.values())
    agreed = any(source.kind in INDEPENDENT for source in found)
    holds = bool(found) and injected > 0
    return Row(kind, kind, name, spec, model, holds, agreed, injected, tuple(sorted(found)))
