"""The golden models as a machine that executes operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pymodel.errors import CheckError
from pymodel.gic.system import Gic
from pymodel.regs import ICC
from pymodel.transactions import LineChange, Msi, RegRead, RegReadData, RegWrite, SysRead, SysReadData, SysWrite, SysWriteAck
from testbench.oracle.outcome import FIQ_BIT, IRQ_BIT, Fault, Outcome
from testbench.sequences.generator.ops import Op
from testbench.sequences.generator.queue import CommandQueue

_ENCODING: Final = {register.name: register.offset for register in ICC.registers}


class ModelMachine:
    """`make`: gives a GIC as after a reset. Registers of the PE itself (ISR_EL1) are modelled here."""

    def __init__(self, make: Callable[[], Gic]) -> None:
        self._make = make
        self.reset()

    def reset(self) -> None:
        """A new GIC."""
        self.gic = self._make()
        self.queue = CommandQueue()
        self._reached = {link.removesuffix(".reg"): link for block in self.gic.blocks() for link in block.inputs() if ".reg" in link}

    def lines(self) -> list[int]:
        """nIRQ (bit 0) and nFIQ (bit 1) of every PE."""
        return [gicc.lines[0] | gicc.lines[1] << 1 for gicc in self.gic.gicc]

    def isr(self, pe: int) -> int:
        """ISR_EL1 of a PE."""
        irq, fiq = self.gic.gicc[pe].lines
        return irq * IRQ_BIT | fiq * FIQ_BIT

    def run(self, ops: list[Op]) -> list[Outcome]:
        """Execute."""
        return [self.one(op) for op in ops]

    def one(self, op: Op) -> Outcome:
        """Execute one operation."""
        before = self.isr(op.pe)
        value, fault = 0, Fault.NONE
        for access in self.queue.lower(op):
            value, fault = self._access(access)
        return Outcome(value, fault, before, self.isr(op.pe))

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
                self.gic.send("gicd.spi", LineChange(op.at, op.value))
            case "ppi":
                self.gic.send(f"gicr{op.pe}.ppi", LineChange(op.at, op.value))
            case "msi":
                self.gic.send("its0.msi", Msi(op.at, op.value, op.size))
            case "cmd":
                raise CheckError("a command was not lowered")
        return 0, Fault.NONE

    def _register(self, op: Op) -> tuple[int, Fault]:
        link = self._reached.get(op.what)
        if link is None:
            raise CheckError(f"this machine has no {op.what}")
        if op.kind == "mw":
            self.gic.send(link, RegWrite(op.at, op.size, op.value, op.pe))
            return 0, Fault.NONE
        answer = next(t for _, t in self.gic.send(link, RegRead(op.at, op.size, op.pe)) if isinstance(t, RegReadData))
        return answer.value, Fault.NONE if answer.ok else Fault.ABORT

    def _sysreg(self, op: Op) -> tuple[int, Fault]:
        if op.what == "ISR_EL1":
            return self.isr(op.pe), Fault.NONE
        encoding = _ENCODING[op.what]
        if op.kind == "sw":
            written = self.gic.send(f"gicc{op.pe}.sys", SysWrite(encoding, op.value))
            ok = next(t.ok for _, t in written if isinstance(t, SysWriteAck))
            return 0, Fault.NONE if ok else Fault.UNDEFINED
        read = self.gic.send(f"gicc{op.pe}.sys", SysRead(encoding))
        answer = next(t for _, t in read if isinstance(t, SysReadData))
        return answer.value, Fault.NONE if answer.ok else Fault.UNDEFINED


