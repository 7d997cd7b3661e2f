"""The golden models as a machine that executes operations.

They are reached by what they offer, not by their classes: a copy with an injected fault has classes of its own.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.policy import Policy
from irqpath.config.sizes import GicConfig
from irqpath.core.errors import CheckError
from irqpath.core.link import Link
from irqpath.core.transactions import (
    LineChange,
    Msi,
    Out,
    OutLine,
    PeState,
    RegRead,
    RegReadData,
    RegWrite,
    Report,
    SysRead,
    SysReadData,
    SysTrap,
    SysWrite,
    SysWriteAck,
    Transaction,
)
from irqpath.gic.gicc.pe_state import AMO, E2H, FMO, IMO, TGE
from irqpath.regs import ICC, ICH
from irqpath_testbench.tools.oracle.generator.frames import GICD2
from irqpath_testbench.tools.oracle.generator.ops import NON_SECURE, Op
from irqpath_testbench.tools.oracle.generator.queue import CommandQueue
from irqpath_testbench.tools.oracle.outcome import FIQ_BIT, IRQ_BIT, Fault, Outcome

_WIRES: Final = frozenset({"spi", "ppi"})
_ENCODING: Final = {register.name: register.offset for registers in (ICC, ICH) for register in registers.registers}
#: Bits of HCR_EL2 that the interrupt controller is told.
_HCR: Final = FMO | IMO | AMO | TGE | E2H
_NO_LINES: Final = (0, 0, 0)


def _gic_class(config: GicConfig | Gicv2Config) -> Callable[..., Any]:
    """`Gic` or `Gicv2` as irqpath has it now: inside `faults.injected`, the one with the bug."""
    name, module = ("Gicv2", "irqpath.gic.gicv2.gic") if isinstance(config, Gicv2Config) else ("Gic", "irqpath.gic.system")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


class ModelMachine:
    """A GIC of `config`. What the PE does beside it is modelled here: ISR_EL1, HCR_EL2, interrupts that are taken to EL2, and the
    wire of the maintenance interrupt. `gic`: the models; `reports`: errors (`ArchError`) that they found, by name, counted."""

    def __init__(self, config: GicConfig | Gicv2Config, policy: Policy) -> None:
        self._config = config
        self._policy = policy
        self._make = _gic_class(config)
        self._gicv2 = isinstance(config, Gicv2Config)
        self._two_states = isinstance(config, GicConfig) and config.security
        self._ppi = [Link.gicv2_ppi(pe) if self._gicv2 else Link.gicr(pe, "ppi") for pe in range(config.pes)]
        self.reset()

    def reset(self) -> None:
        """A new GIC."""
        self.gic: Any = self._make(self._config, self._policy)
        self.queue = CommandQueue()
        self.hcr = [0] * self._config.pes
        self._told: dict[int, PeState] = {}
        self.reports: Counter[str] = Counter()

    def lines(self) -> list[int]:
        """nIRQ (bit 0) and nFIQ (bit 1) of every PE."""
        return [gicc.lines[0] | gicc.lines[1] << 1 for gicc in self.gic.gicc]

    def _virtual_lines(self, pe: int) -> list[int] | tuple[int, int, int]:
        return _NO_LINES if self._config.virtual is None else self.gic.gicc[pe].virtual_lines

    def virtual_lines(self) -> list[int]:
        """vIRQ (bit 0) and vFIQ (bit 1) of every PE."""
        return [(lines := self._virtual_lines(pe))[0] | lines[1] << 1 for pe in range(self._config.pes)]

    def isr(self, pe: int, level: int) -> int:
        """ISR_EL1 of a PE, read at exception level `level`: EL1 sees the virtual interrupts where HCR_EL2 sends the physical ones
        to EL2."""
        irq, fiq = self.gic.gicc[pe].lines
        if level == 1 and self._config.virtual is not None:
            virtual, hcr = self._virtual_lines(pe), self.hcr[pe]
            irq = virtual[0] if hcr & IMO else irq
            fiq = virtual[1] if hcr & FMO else fiq
        return int(irq) * IRQ_BIT | int(fiq) * FIQ_BIT

    def taken(self, pe: int, level: int) -> bool:
        """Whether a PE that runs at EL1 takes an interrupt to EL2 now."""
        irq, fiq = self.gic.gicc[pe].lines
        return level == 1 and bool((irq and self.hcr[pe] & IMO) or (fiq and self.hcr[pe] & FMO))

    def run(self, ops: list[Op]) -> list[Outcome]:
        """Execute."""
        return [self.one(op) for op in ops]

    def one(self, op: Op) -> Outcome:
        """Execute one operation."""
        pe, level = op.pe, op.state & 3
        if op.kind not in _WIRES and self.taken(pe, level):
            isr = self.isr(pe, 2)
            return Outcome(0, Fault.INTERRUPTED, isr, isr)
        if self._two_states:
            self._apply_state(op)
        before = self.isr(pe, level)
        value, fault = 0, Fault.NONE
        for access in self.queue.lower(op):
            value, fault = self._access(access)
        # what is asserted now is taken before the PE can look
        return Outcome(value, fault, before, self.isr(pe, 2 if self.taken(pe, level) else level))

    def _send(self, link: str, transaction: Transaction) -> list[Out]:
        """Into the GIC; the maintenance interrupts come back as PPIs."""
        out: list[Out] = self.gic.send(link, transaction)
        for source, t in out:
            if isinstance(t, Report):
                self.reports[t.error.name] += 1
            elif isinstance(t, LineChange) and t.line == OutLine.MAINTENANCE:
                assert self._config.virtual is not None  # it has such a line
                self.gic.send(self._ppi[source.pe], LineChange(self._config.virtual.maintenance_ppi, t.level))
        return out

    def _access(self, op: Op) -> tuple[int, Fault]:
        match op.kind:
            case "sr" | "sw":
                return self._sysreg(op)
            case "mr" | "mw":
                return self._register(op)
            case "m":
                self.gic.memory.write(op.at, op.size, op.value)
            case "l":
                return self.gic.memory.read(op.at, op.size), Fault.NONE
            case "spi":
                self._send("gicd.spi", LineChange(op.at, op.value))
            case "ppi":
                self._send(self._ppi[op.pe], LineChange(op.at, op.value))
            case "msi":
                self._send("its0.msi", Msi(op.at, op.value, op.size))
            case "cmd":
                raise CheckError("a command was not lowered")
        return 0, Fault.NONE

    def _register(self, op: Op) -> tuple[int, Fault]:
        secure = not self._two_states or op.state & 3 == 3 or not op.state & NON_SECURE
        link = "gicd.reg" if op.what == GICD2 else Link.of(op.what, "reg")
        if op.kind == "mw":
            self._send(link, RegWrite(op.at, op.size, op.value, op.pe, secure))
            return 0, Fault.NONE
        response = next(t for _, t in self._send(link, RegRead(op.at, op.size, op.pe, secure)) if isinstance(t, RegReadData))
        return response.value, Fault.NONE if response.ok else Fault.ABORT

    def _sysreg(self, op: Op) -> tuple[int, Fault]:
        if op.what == "ISR_EL1":
            return self.isr(op.pe, op.state & 3), Fault.NONE
        if op.what == "HCR_EL2":
            if op.kind == "sw":
                self.hcr[op.pe] = op.value
            return (self.hcr[op.pe] if op.kind == "sr" else 0), Fault.NONE
        encoding = _ENCODING[op.what]
        self._apply_state(op)
        out = self._send(Link.gicc(op.pe, "sys"), SysWrite(encoding, op.value) if op.kind == "sw" else SysRead(encoding))
        for _, t in out:
            if isinstance(t, SysTrap):
                return 0, Fault.TRAP_EL2 if t.el == 2 else Fault.TRAP_EL3
            if isinstance(t, SysReadData):
                return t.value, Fault.NONE if t.ok else Fault.UNDEFINED
            if isinstance(t, SysWriteAck):
                return 0, Fault.NONE if t.ok else Fault.UNDEFINED
        raise CheckError(f"the models do not answer {op}")

    def _apply_state(self, op: Op) -> None:
        """PeState, where the CPU interface wants it and it has changed."""
        if self._two_states:
            state = PeState(op.state & 3, 0, op.state >> 4 & 1)
        elif self._config.virtual is not None and not self._gicv2:
            state = PeState(op.state & 3, self.hcr[op.pe] & _HCR)
        else:
            return
        if self._told.get(op.pe) != state:
            self._told[op.pe] = state
            self._send(Link.gicc(op.pe, "sys"), state)
