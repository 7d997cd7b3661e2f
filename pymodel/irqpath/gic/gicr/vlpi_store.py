"""The virtual LPIs of the vPE that is resident at one Redistributor (IHI 0069 6)."""

from __future__ import annotations

from typing import Final

from irqpath.config.sizes import FIRST_LPI
from irqpath.core.state import Int, Schema
from irqpath.gic.gicr.lpi import LpiUnit

_ADDRESS: Final = 0x000F_FFFF_FFFF_0000
_STEP_BYTES: Final = 64


class VlpiStore(LpiUnit):
    """The resident vPE's virtual LPIs. While `scanned` has not reached the end of the table, what lies beyond is not in the
    store: both are looked at."""

    __slots__ = ("scanned",)

    def reset(self) -> None:
        """No vPE."""
        super().reset()
        self.scanned = -1

    def schema(self) -> Schema:
        """And how far the scan is."""
        return {**super().schema(), "scanned": Int(1 << 24, -1)}

    def set_pending(self, intid: int) -> None:
        """As of a physical LPI; one that the scan has not come to yet stays where it is."""
        if self.scanned >= 0 and self.in_range(intid) and self._in_table(intid):
            return
        super().set_pending(intid)

    def clear_pending(self, intid: int) -> bool:
        """As of a physical LPI."""
        if super().clear_pending(intid):
            return True
        if self.scanned < 0 or not self.in_range(intid) or not self._in_table(intid):
            return False
        self._write_table(intid, False)
        return True

    def begin(self) -> None:
        """A vPE becomes resident: its table will be scanned."""
        self._empty()
        self.enabled = True
        self.scanned = FIRST_LPI // 8

    def step(self) -> bool:
        """Take in the next part of the table; True when the end is reached."""
        base, at, limit = self.pendbaser & _ADDRESS, self.scanned, self.limit // 8
        end = min(at + _STEP_BYTES, limit)
        for word in range(at, at if self._mem.known_zero(base + at, end - at) else end, 8):
            data = rest = self._mem.read(base + word, 8)
            todo = data
            while todo:
                bit = todo & -todo
                todo ^= bit
                rest = self._take_in(word * 8 + bit.bit_length() - 1, word * 8, rest)
            if rest != data:
                self._mem.write(base + word, 8, rest)
        self.scanned = end if end < limit else -1
        return self.scanned < 0

    def to_the_end(self) -> None:
        """Take in all of the table that is left."""
        if self._mem.known_zero((self.pendbaser & _ADDRESS) + self.scanned, self.limit // 8 - self.scanned):
            self.scanned = -1
        while self.scanned >= 0:
            self.step()
