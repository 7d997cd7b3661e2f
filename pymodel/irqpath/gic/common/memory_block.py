"""MEM: the memory behind the `mem` links, as a block with its own scoreboard.

Inputs: `<master>.mem` (MemRead, MemWrite) for each master, `mem.reset`. Outputs: `<master>.mem_rsp`. Unlike the memory that a
model platform shares, nothing but monitored accesses ever reaches it, so a table that a device corrupts is corrupt here only
if an access of the device wrote it so.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from irqpath.core.link import Link
from irqpath.core.memory import PAGE_BITS, Memory
from irqpath.core.transactions import MemRead, MemReadData, MemWrite, MemWriteAck, Reset
from irqpath.gic.common.block import Block


class MemBlock(Block):
    """Sparse memory of at most `pages` pages of 4096 bytes; None: without limit. A write that needs one more is refused."""

    __slots__ = ("_limit", "_taken", "memory")

    def __init__(self, masters: Iterable[str], pages: int | None = None) -> None:
        masters = tuple(masters)
        super().__init__("mem", [Link.of(master, "mem_rsp") for master in masters])
        self._limit = pages
        self._reset(Reset())
        for master in masters:
            request, response = Link.of(master, "mem"), Link.of(master, "mem_rsp")
            self._on(request, MemRead, partial(self._read, response))
            self._on(request, MemWrite, partial(self._write, response))
        self._on("mem.reset", Reset, self._reset)

    def _reset(self, _: Reset) -> None:
        self.memory = Memory()
        self._taken: set[int] = set()

    def _read(self, response: Link, t: MemRead) -> None:
        self._out.append((response, MemReadData(self.memory.read(t.address, t.size))))

    def _write(self, response: Link, t: MemWrite) -> None:
        page = t.address >> PAGE_BITS
        if page not in self._taken and len(self._taken) == self._limit:
            self._out.append((response, MemWriteAck(False)))
            return
        self._taken.add(page)
        self.memory.write(t.address, t.size, t.value)
        self._out.append((response, MemWriteAck()))
