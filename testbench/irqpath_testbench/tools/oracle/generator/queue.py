"""Where the next ITS command goes: turns a "cmd" operation into stores and a write of GITS_CWRITER."""

from __future__ import annotations

from typing import Final

from irqpath_testbench.tools.oracle.generator.ops import Op, store, write

_CTLR, _CBASER, _CWRITER = 0x00, 0x80, 0x88
_ADDRESS: Final = 0x000F_FFFF_FFFF_F000


class CommandQueue:
    """The queue as software keeps it; told of every operation, so that it knows when GITS_CBASER moved it."""

    def __init__(self) -> None:
        self._enabled = False
        self._base = 0
        self._bytes = 0x1000
        self._next = 0

    def lower(self, op: Op) -> tuple[Op, ...]:
        """The accesses that make up `op`; the last one is the one whose effects matter."""
        if op.kind != "cmd":
            if op.kind == "mw" and op.what == "its0":
                self._wrote(op)
            return (op,)
        at = self._base + self._next
        self._next = (self._next + 32) % self._bytes
        stores = tuple(store(at + 8 * n, word, 8, op.pe, op.state) for n, word in enumerate(op.words))
        return (*stores, write("its0", _CWRITER, self._next, 8, op.pe, op.state))

    def _wrote(self, op: Op) -> None:
        if op.at == _CTLR:
            self._enabled = bool(op.value & 1)
        elif op.at == _CBASER and op.size == 8 and not self._enabled:
            self._base = op.value & _ADDRESS
            self._bytes = ((op.value & 0xFF) + 1) << 12
            self._next = 0
