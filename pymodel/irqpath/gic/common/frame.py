"""Blocks with a register frame: decoding, access checks and byte lanes, from the generated register tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from irqpath.config.policy import Policy
from irqpath.core.errors import ArchError, ConfigError
from irqpath.core.link import Link
from irqpath.core.transactions import RegRead, RegReadData, RegWrite, RegWriteAck
from irqpath.gic.common.bank import Bank
from irqpath.gic.common.bits import icfgr_from_edges
from irqpath.gic.common.block import Block
from irqpath.gic.common.inputs import accesses, as_text
from irqpath.regs import Frame

#: Read a whole register: (array element) -> value.
Read: TypeAlias = Callable[[int], int]
#: Write part of a register: (array element, value in place, mask of the bits that the access covers).
Write: TypeAlias = Callable[[int, int, int], None]
#: What `FrameBlock._bind` takes: readers, writers, constants, RAZ/WI.
Bindings: TypeAlias = tuple[Mapping[str, Read], Mapping[str, Write], Mapping[str, int], frozenset[str]]


class FrameBlock(Block):
    """A block that software reaches through one frame of memory-mapped registers.

    `_bind` ties every register of the frame to a handler; what has none must be named in `fixed`, or in `zero`: WI, and RAZ
    but for the bits that the architecture fixes (the CIDR registers).
    """

    __slots__ = ("_frame", "_reads", "_rsp", "_writes", "policy", "request")

    def __init__(self, name: str, frame: Frame, policy: Policy, emits: Iterable[str], pes: int = 1024) -> None:
        """`pes`: PEs that may access it."""
        super().__init__(name, [Link.of(name, "rsp"), *emits])
        self._frame = frame
        self.policy = policy
        self._rsp = Link.of(name, "rsp")
        #: the access that is being handled: who asks, and in which Security state
        self.request: RegRead | RegWrite = RegRead(0, 4)
        self._reads: list[Read | None] = [None] * len(frame.registers)
        self._writes: list[Write | None] = [None] * len(frame.registers)
        for kind, handler in ((RegRead, self._reg_read), (RegWrite, self._reg_write)):
            self._bounded(Link.of(name, "reg"), kind, handler, accesses(pes, kind))

    @property
    def frame(self) -> Frame:
        """The registers."""
        return self._frame

    def _bind(
        self, reads: Mapping[str, Read], writes: Mapping[str, Write], fixed: Mapping[str, int], zero: frozenset[str]
    ) -> None:
        """Tie registers, by name, to handlers. Raises `ConfigError` if one is forgotten or unknown."""
        names = {register.name for register in self._frame.registers}
        handled = {*reads, *writes, *fixed, *zero}
        if handled != names:
            raise ConfigError(
                f"{self.name}: registers without a model {sorted(names - handled)}, unknown {sorted(handled - names)}"
            )
        for position, register in enumerate(self._frame.registers):
            if register.name in fixed:
                self._reads[position] = _constant(fixed[register.name])
            elif register.name in zero:
                constant = sum(f.reset << f.lsb for f in register.fields if f.access == "ro" and f.reset_from == "spec")
                self._reads[position] = _constant(constant)
            else:
                self._reads[position] = reads.get(register.name)
            self._writes[position] = writes.get(register.name)

    def _reg_read(self, t: RegRead) -> None:
        self.request = t
        access = self._frame.lookup(t.offset, t.size)
        if access is None:
            self._out.append((self._rsp, RegReadData(0, self._refuse(t.offset, t.size))))
            return
        read = self._reads[access.register]
        value = 0 if read is None else read(access.index) >> access.shift & (1 << 8 * t.size) - 1
        self._out.append((self._rsp, RegReadData(value)))

    def _reg_write(self, t: RegWrite) -> None:
        self.request = t
        access = self._frame.lookup(t.offset, t.size)
        if access is None:
            self._out.append((self._rsp, RegWriteAck(self._refuse(t.offset, t.size))))
            return
        self._out.append((self._rsp, RegWriteAck()))
        write = self._writes[access.register]
        if write is not None:
            mask = (1 << 8 * t.size) - 1
            write(access.index, (t.value & mask) << access.shift, mask << access.shift)

    def configure(self, bank: Bank, n: int, value: int, mask: int) -> int:
        """ICFGR<n>; returns the interrupts that changed. While one is enabled that is UNPREDICTABLE (DDI 0601 GICD_ICFGR<n>)."""
        enabled = bank.config_changes(n, value, mask) & bank.enable
        if enabled:
            self.report(ArchError.ICFGR_WHILE_ENABLED, f"INTIDs {as_text(enabled)}")
            if self.policy.icfgr_while_enabled == "ignore":
                edges = icfgr_from_edges(enabled >> 16 * n & 0xFFFF)
                mask &= ~(edges | edges >> 1)
        return bank.write_config(n, value, mask)

    def _refuse(self, offset: int, size: int) -> bool:
        """An access that no register takes: reserved space is RAZ/WI, the rest as the Policy says. Returns the response's
        `ok`."""
        if self._frame.reserved(offset, size):
            return True
        self.report(ArchError.BAD_ACCESS, self._frame.explain(offset, size))
        return self.policy.bad_access == "razwi"


def _constant(value: int) -> Read:
    return lambda _: value


def component_id(frame: Frame) -> dict[str, int]:
    """The component identification registers <frame>_CIDR0 to 3, the same in every CoreSight component."""
    return {name: frame.register(name).reset for name in (f"{frame.name}_CIDR{n}" for n in range(4))}


def merge(old: int, value: int, mask: int) -> int:
    """`old` with the bits of `mask` taken from `value`."""
    return old & ~mask | value & mask
