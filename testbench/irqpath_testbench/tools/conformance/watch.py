"""Watches golden models from outside: every access of a register, every command that an ITS carried out, every path that an
interrupt took to its acknowledgement.

`ModelWatch.installed` replaces `Block.predict` and `Block.port` for as long as it lasts; models are as they were before and
after. Models with an injected fault are copies of their modules, and are not watched.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from irqpath.core.transactions import (
    CommandDone,
    Out,
    RegRead,
    RegReadData,
    RegWrite,
    RegWriteAck,
    SysRead,
    SysReadData,
    SysWrite,
    SysWriteAck,
    Transaction,
)
from irqpath.gic import system
from irqpath.gic.common.block import Block, Take
from irqpath.gic.common.frame import FrameBlock
from irqpath.gic.gicc.pe_state import Route
from irqpath.gic.gicc.virtualization import Virtualization
from irqpath.gic.gicv2 import gic as gicv2
from irqpath.regs import BLOCKS, ICC, ICH, Register
from irqpath_testbench.tools.conformance.evidence import Seen
from irqpath_testbench.tools.conformance.paths import Paths
from irqpath_testbench.tools.conformance.touches import Bits

_Predict = Callable[[Block, str, Transaction], list[Out]]
#: The set of descriptions that a register belongs to, by the register's name.
SET_OF: Final = {register.name: name for name, block in reversed(BLOCKS.items()) for register in block.registers}
#: A guest's registers have the encodings and fields of ICC_*_EL1.
VIRTUAL: Final = "ICV"
_SYSTEM: Final = {register.offset: register for registers in (ICC, ICH) for register in registers.registers}
_ACCESSES: Final = frozenset({RegRead, RegWrite, SysRead, SysWrite})
#: The true modules of the two kinds of GIC: while others stand in their place, faults are injected.
_TRUE: Final = {module.__name__: module for module in (system, gicv2)}


def key_of(register: Register, *, virtual: bool = False) -> str:
    """How evidence names a register: "GICR/GICR_WAKER", "ICV/ICV_IAR1_EL1"."""
    if virtual:
        return f"{VIRTUAL}/{register.name.replace('ICC_', 'ICV_')}"
    return f"{SET_OF[register.name]}/{register.name}"


class ModelWatch:
    """Notes what passes into `seen`, unless it is None."""

    def __init__(self) -> None:
        self.seen: Seen | None = None
        self._paths = Paths()

    def start(self) -> None:
        """From here on into a new `Seen`."""
        self.seen = Seen()
        self._paths = Paths()

    def take(self) -> Seen:
        """What was seen since `start` or the last `take`."""
        seen, self.seen = self.seen or Seen(), Seen()
        return seen

    def stop(self) -> Seen:
        """What was seen, and no more from here on."""
        seen, self.seen = self.seen or Seen(), None
        return seen

    @contextmanager
    def installed(self) -> Iterator[None]:
        """ModelWatch every block while this lasts, those that are made meanwhile."""
        predict, port = Block.predict, Block.port

        def watched_port(block: Block, link: str, *, checked: bool = False) -> Take:
            take = port(block, link, checked=checked)
            watched = self._watched(lambda _block, _link, transaction: take(transaction))
            return lambda transaction: watched(block, link, transaction)

        _set_method("predict", self._watched(predict))
        _set_method("port", watched_port)
        try:
            yield
        finally:
            _set_method("predict", predict)
            _set_method("port", port)

    def _watched(self, original: _Predict) -> _Predict:
        def take(block: Block, link: str, transaction: Transaction) -> list[Out]:
            if self.seen is None or not _without_fault():
                return original(block, link, transaction)
            virtual = type(transaction) in _ACCESSES and _is_virtual(block, transaction)
            out = original(block, link, transaction)
            self._note(block, transaction, out, virtual=virtual)
            return out

        return take

    def _note(self, block: Block, t: Transaction, out: list[Out], *, virtual: bool) -> None:
        assert self.seen is not None  # `predict` has looked
        if isinstance(t, RegRead | RegWrite):
            if isinstance(block, FrameBlock):
                self._frame_access(block, t, out)
        elif isinstance(t, SysRead | SysWrite):
            self._system_access(t, out, virtual=virtual)
        self._paths.see(self.seen.paths, block, t, out, virtual=virtual)
        for _, result in out:
            if isinstance(result, CommandDone):
                self.seen.commands.add(result.name)

    def _bits(self, key: str) -> Bits:
        assert self.seen is not None
        return self.seen.registers.setdefault(key, Bits())

    def _frame_access(self, block: FrameBlock, t: RegRead | RegWrite, out: list[Out]) -> None:
        access = block.frame.lookup(t.offset, t.size)
        if access is None:
            return
        bits, mask = self._bits(key_of(block.frame.registers[access.register])), (1 << 8 * t.size) - 1
        for _, response in out:
            if isinstance(response, RegReadData) and response.ok:
                bits.read((response.value & mask) << access.shift, mask << access.shift)
            elif isinstance(response, RegWriteAck) and response.ok and isinstance(t, RegWrite):
                bits.write((t.value & mask) << access.shift, mask << access.shift)

    def _system_access(self, t: SysRead | SysWrite, out: list[Out], *, virtual: bool) -> None:
        register = _SYSTEM.get(t.reg)
        if register is None:
            return
        mask = (1 << register.width_bits) - 1
        for _, response in out:
            if isinstance(response, SysReadData) and response.ok:
                self._bits(key_of(register, virtual=virtual)).read(response.value, mask)
            elif isinstance(response, SysWriteAck) and response.ok and isinstance(t, SysWrite):
                self._bits(key_of(register, virtual=virtual)).write(t.value & mask, mask)


def _without_fault() -> bool:
    return all(sys.modules.get(name) is module for name, module in _TRUE.items())


def _is_virtual(block: Block, t: Transaction) -> bool:
    """Whether an access of a system register reaches the virtual interface."""
    part: Virtualization | None = getattr(block, "virtualization", None)
    return part is not None and isinstance(t, SysRead | SysWrite) and part.destination(t.reg) is Route.VIRTUAL


def _set_method(name: str, method: Callable[..., object]) -> None:
    setattr(Block, name, method)
