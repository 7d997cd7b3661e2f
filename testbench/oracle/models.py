"""The golden models as a machine that executes operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pymodel.errors import CheckError
from pymodel.gic.legacy import LegacyGic
from pymodel.gic.legacy_cpu import LegacyCpu
from pymodel.gic.pe_state import AMO, E2H, FMO, IMO, TGE
from pymodel.gic.system import Gic
from pymodel.gic.virtualized import VirtualizedCpuInterface
from pymodel.memory import Memory
from pymodel.regs import ICC, ICH
from pymodel.transactions import (
    LineChange,
    Msi,
    Out,
    OutLine,
    PeState,
    RegRead,
    RegReadData,
    RegWrite,
    SysRead,
    SysReadData,
    SysTrap,
    SysWrite,
    SysWriteAck,
    Transaction,
)
from testbench.oracle.outcome import FIQ_BIT, IRQ_BIT, Fault, Outcome
from testbench.sequences.generator.frames import GICD2
from testbench.sequences.generator.ops import Op
from testbench.sequences.generator.queue import CommandQueue

_VIRTUAL: Final = (VirtualizedCpuInterface, LegacyCpu)
_WIRES: Final = frozenset({"spi", "ppi"})
_ENCODING: Final = {register.name: register.offset for registers in (ICC, ICH) for register in registers.registers}
#: Bits of HCR_EL2 that the interrupt controller is told.
_HCR: Final = FMO | IMO | AMO | TGE | E2H


class ModelMachine:
    """`make`: gives a GIC as after a reset. What the PE does beside it is modelled here: ISR_EL1, HCR_EL2, interrupts that are
    taken to EL2, and the wire of the maintenance interrupt."""

    def __init__(self, make: Callable[[], Gic | LegacyGic]) -> None:
        self._make = make
        self.reset()

    def reset(self) -> None:
        """A new GIC."""
        self.gic = self._make()
        self.queue = CommandQueue()
        self.hcr = [0 for _ in self.gic.gicc]
        legacy = isinstance(self.gic, LegacyGic)
        blocks = [self.gic] if isinstance(self.gic, LegacyGic) else self.gic.blocks()
        links = {link for block in blocks for link in block.inputs()}
        self._reached = {link.removesuffix(".reg"): link for link in links if link.endswith(".reg")}
        if legacy:
            self._reached[GICD2] = self._reached.pop("gicd")
        self._ppi = [f"gicd.ppi{pe}" if legacy else f"gicr{pe}.ppi" for pe in range(self.gic.config.pes)]

    def lines(self) -> list[int]:
        """nIRQ (bit 0) and nFIQ (bit 1) of every PE."""
        return [gicc.lines[0] | gicc.lines[1] << 1 for gicc in self.gic.gicc]

    def virtual_lines(self) -> list[int]:
        """vIRQ (bit 0) and vFIQ (bit 1) of every PE."""
        units = [unit.virtual_lines if isinstance(unit, _VIRTUAL) else [0, 0] for unit in self.gic.gicc]
        return [lines[0] | lines[1] << 1 for lines in units]

    def isr(self, pe: int, level: int) -> int:
        """ISR_EL1 of a PE, read at exception level `level`: EL1 sees the virtual interrupts where HCR_EL2 sends the physical ones
        to EL2."""
        unit = self.gic.gicc[pe]
        irq, fiq = unit.lines
        if level == 1 and isinstance(unit, _VIRTUAL):
            hcr = self.hcr[pe]
            irq = unit.virtual_lines[0] if hcr & IMO else irq
            fiq = unit.virtual_lines[1] if hcr & FMO else fiq
        return irq * IRQ_BIT | fiq * FIQ_BIT

    def taken(self, pe: int, level: int) -> bool:
        """Whether a PE that runs at EL1 takes an interrupt to EL2 now."""
        irq, fiq = self.gic.gicc[pe].lines
        return level == 1 and bool(irq and self.hcr[pe] & IMO or fiq and self.hcr[pe] & FMO)

    def run(self, ops: list[Op]) -> list[Outcome]:
        """Execute."""
        return [self.one(op) for op in ops]

    def one(self, op: Op) -> Outcome:
        """Execute one operation."""
        pe, level = op.pe, op.state & 3
        if op.kind not in _WIRES and self.taken(pe, level):
            isr = self.isr(pe, 2)
            return Outcome(0, Fault.INTERRUPTED, isr, isr)
        before = self.isr(pe, level)
        value, fault = 0, Fault.NONE
        for access in self.queue.lower(op):
            value, fault = self._access(access)
        # what is asserted now is taken before the PE can look
        return Outcome(value, fault, before, self.isr(pe, 2 if self.taken(pe, level) else level))

    def _send(self, link: str, transaction: Transaction) -> list[Out]:
        """Into the GIC; the maintenance interrupts come back as PPIs."""
        out = self.gic.send(link, transaction)
        for source, t in out:
            if isinstance(t, LineChange) and t.line == OutLine.MAINTENANCE:
                pe = int(source[4 : source.index(".")])
                virtual = self.gic.config.virtual
                assert virtual is not None  # it has such a line
                self.gic.send(self._ppi[pe], LineChange(virtual.maintenance_ppi, t.level))
        return out

    def _access(self, op: Op) -> tuple[int, Fault]:
        match op.kind:
            case "sr" | "sw":
                return self._sysreg(op)
            case "mr" | "mw":
                return self._register(op)
            case "m":
                self._memory().write(op.at, op.size, op.value)
            case "l":
                return self._memory().read(op.at, op.size), Fault.NONE
            case "spi":
                self._send("gicd.spi", LineChange(op.at, op.value))
            case "ppi":
                self._send(self._ppi[op.pe], LineChange(op.at, op.value))
            case "msi":
                self._send("its0.msi", Msi(op.at, op.value, op.size))
            case "cmd":
                raise CheckError("a command was not lowered")
        return 0, Fault.NONE

    def _memory(self) -> Memory:
        if isinstance(self.gic, LegacyGic):
            raise CheckError("a GICv2 uses no memory")
        return self.gic.memory

    def _register(self, op: Op) -> tuple[int, Fault]:
        link = self._reached.get(op.what)
        if link is None:
            raise CheckError(f"this machine has no {op.what}")
        if op.kind == "mw":
            self._send(link, RegWrite(op.at, op.size, op.value, op.pe))
            return 0, Fault.NONE
        answer = next(t for _, t in self._send(link, RegRead(op.at, op.size, op.pe)) if isinstance(t, RegReadData))
        return answer.value, Fault.NONE if answer.ok else Fault.ABORT

    def _sysreg(self, op: Op) -> tuple[int, Fault]:
        if op.what == "ISR_EL1":
            return self.isr(op.pe, op.state & 3), Fault.NONE
        if op.what == "HCR_EL2":
            if op.kind == "sw":
                self.hcr[op.pe] = op.value
            return (self.hcr[op.pe] if op.kind == "sr" else 0), Fault.NONE
        encoding = _ENCODING[op.what]
        self._tell_state(op)
        if op.kind == "sw":
            written = self._send(f"gicc{op.pe}.sys", SysWrite(encoding, op.value))
            if trap := _trap(written):
                return 0, trap
            ok = next(t.ok for _, t in written if isinstance(t, SysWriteAck))
            return 0, Fault.NONE if ok else Fault.UNDEFINED
        read = self._send(f"gicc{op.pe}.sys", SysRead(encoding))
        if trap := _trap(read):
            return 0, trap
        answer = next(t for _, t in read if isinstance(t, SysReadData))
        return answer.value, Fault.NONE if answer.ok else Fault.UNDEFINED

    def _tell_state(self, op: Op) -> None:
        """PeState, where the CPU interface wants it and it has changed."""
        unit = self.gic.gicc[op.pe]
        if isinstance(unit, VirtualizedCpuInterface):
            state = PeState(op.state & 3, self.hcr[op.pe] & _HCR)
            if unit.state != state:
                self._send(f"gicc{op.pe}.sys", state)


def _trap(out: list[Out]) -> Fault:
    """The fault of an access that trapped, else NONE."""
    level = next((t.el for _, t in out if isinstance(t, SysTrap)), 0)
    return {0: Fault.NONE, 2: Fault.TRAP_EL2, 3: Fault.TRAP_EL3}[level]


