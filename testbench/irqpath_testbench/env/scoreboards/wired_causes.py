"""Journeys of PPIs, SPIs and message-based SPIs, and of SGIs that a register made pending: wires, GICD_SETSPI_*, ISPENDR, and
what takes the pending state away again.

A level-sensitive interrupt is pending as long as its wire, or a message, asserts it; it begins another journey when it is
deactivated while that still holds. An edge is kept until the interrupt becomes active (IHI 0069 4.1, GICD_SETSPI_NSR).
"""

from __future__ import annotations

from irqpath.config.sizes import FIRST_SPECIAL, GicConfig
from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, Observed, RegWrite
from irqpath.regs import GICD, GICR
from irqpath_testbench.env.scoreboards.journey import ANYWHERE, Handler, Journey, JourneyBoard, Key, key_of

#: name of the register array -> first offset of the 32 interrupts from 0 on: in GICD, in GICR
_ARRAYS = {
    what: (GICD.register(f"GICD_{what}").offset, GICR.register(f"GICR_{what}0").offset)
    for what in ("ISPENDR", "ICPENDR", "ICACTIVER")
}
_ICFGR = (GICD.register("GICD_ICFGR").offset, GICR.register("GICR_ICFGR0").offset)
_SETSPI, _CLRSPI = (GICD.element(name).offset for name in ("GICD_SETSPI_NSR", "GICD_CLRSPI_NSR"))


class WiredCauses:
    """What asserts each interrupt, by key."""

    def __init__(self, board: JourneyBoard, config: GicConfig) -> None:
        self._board = board
        self._pes = config.pes
        self._last_spi = config.last_spi
        self._messages = config.message_spis
        self._level: set[Key] = set()
        self._message: set[Key] = set()
        self._latch: set[Key] = set()
        self._edge: set[Key] = {(pe, sgi) for pe in range(config.pes) for sgi in range(16)}

    def needs(self) -> dict[str, frozenset[Link]]:
        """Wires, registers, and what an SPI goes over."""
        pes = range(self._pes)
        dist = (Link.dist(pe, way) for pe in pes for way in ("down", "up"))
        spis = {"SPI": frozenset([Link("gicd.spi"), Link("gicd.reg"), *dist])} if self._last_spi >= 32 else {}
        return {"PPI": frozenset(Link.gicr(pe, end) for pe in pes for end in ("ppi", "reg"))} | spis

    def handlers(self) -> dict[str, Handler]:
        """Wires and registers."""
        found: dict[str, Handler] = {"gicd.spi": self._wire, "gicd.reg": self._distributor}
        for pe in range(self._pes):
            found[Link.gicr(pe, "ppi")] = self._wire
            found[Link.gicr(pe, "reg")] = self._redistributor
        return found

    def activated(self, key: Key) -> None:
        """An edge is used up."""
        self._latch.discard(key)

    def deactivated(self, key: Key, o: Observed) -> None:
        """What is still asserted comes again."""
        if self._asserted(key) and not self._board.is_pending(key):
            self._begins(key, o)

    def reset(self, pe: int) -> None:
        """Wires and their latches belong to the interrupt controller."""

    def under_way(self) -> list[Journey]:
        """A wire has no way."""
        return []

    def finish(self, cycle: int) -> None:
        """Nothing can be left over."""

    def _asserted(self, key: Key) -> bool:
        return key not in self._edge and (key in self._level or key in self._message)

    def _begins(self, key: Key, o: Observed) -> None:
        pe, intid = key
        path = "sgi" if intid < 16 else "ppi" if intid < 32 else "mbi" if key in self._message else "spi"
        if isinstance(o.transaction, RegWrite) and o.transaction.offset == _SETSPI and o.link == "gicd.reg":
            path = "mbi"
        self._board.begins(Journey(path, intid, pe, o), key)

    def _wire(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not isinstance(t, LineChange):
            return
        key = key_of(pe, t.line)
        (self._level.add if t.level else self._level.discard)(key)
        self._driven(key, o, asserted=bool(t.level), reason="its wire fell")

    def _driven(self, key: Key, o: Observed, *, asserted: bool, reason: str) -> None:
        """A wire or a message changed."""
        if asserted and key in self._edge:
            self._latch.add(key)
            self._begins(key, o)
        elif asserted and key not in self._board.active:
            self._begins(key, o)
        elif not asserted and key not in self._edge:
            self._released(key, o, reason)

    def _released(self, key: Key, o: Observed, reason: str) -> None:
        if key not in self._latch and not self._asserted(key):
            self._board.cleared(key, o.accept, reason)

    def _distributor(self, _: int, o: Observed) -> None:
        t = o.transaction
        if not isinstance(t, RegWrite):
            return
        if t.offset in (_SETSPI, _CLRSPI):
            self._by_message(t, o)
        else:
            self._register(0, ANYWHERE, 32, self._last_spi, t, o)

    def _redistributor(self, pe: int, o: Observed) -> None:
        if isinstance(o.transaction, RegWrite):
            self._register(1, pe, 0, 31, o.transaction, o)

    def _by_message(self, t: RegWrite, o: Observed) -> None:
        intid = t.value & 0x1FFF
        if not self._messages or t.size != 4 or not 32 <= intid <= self._last_spi or intid >= FIRST_SPECIAL:
            return
        key = (ANYWHERE, intid)
        if t.offset == _SETSPI:
            if key not in self._edge:
                self._message.add(key)
            self._driven(key, o, asserted=True, reason="")
        else:
            self._message.discard(key)
            self._latch.discard(key)
            self._released(key, o, "cleared by GICD_CLRSPI_NSR")

    def _register(self, frame: int, pe: int, first: int, last: int, t: RegWrite, o: Observed) -> None:
        """A write of an array of bits (32 interrupts a register) or of ICFGR (16 a register), with INTIDs from `first` on."""
        if t.size != 4 or t.offset & 3:
            return
        for what, offsets in _ARRAYS.items():
            word = (t.offset - offsets[frame]) // 4
            if 0 <= t.offset - offsets[frame] < 128:
                for bit in range(32):
                    intid = 32 * word + bit
                    if t.value >> bit & 1 and first <= intid <= last:
                        self._written(what, (pe, intid), o)
        word = (t.offset - _ICFGR[frame]) // 4
        if 0 <= t.offset - _ICFGR[frame] < 256:
            for n in range(16):
                intid = 16 * word + n
                if max(first, 16) <= intid <= last:
                    self._trigger((pe, intid), edge=bool(t.value >> 2 * n + 1 & 1), o=o)

    def _written(self, what: str, key: Key, o: Observed) -> None:
        match what:
            case "ISPENDR":
                self._latch.add(key)
                self._begins(key, o)
            case "ICPENDR":
                self._latch.discard(key)
                self._released(key, o, "cleared by ICPENDR")
            case _:
                self._board.ended_by_software(key, "deactivated by ICACTIVER", o)

    def _trigger(self, key: Key, *, edge: bool, o: Observed) -> None:
        if edge == (key in self._edge):
            return
        if edge:
            self._edge.add(key)
            self._released(key, o, "made edge-triggered while its level was high")
        else:
            self._edge.discard(key)
            if self._asserted(key) and not self._board.is_pending(key) and key not in self._board.active:
                self._begins(key, o)
