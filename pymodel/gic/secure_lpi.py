"""Physical LPIs of a GIC with two Security states."""

from __future__ import annotations

from pymodel.gic.lpi import LpiUnit, Rank


class SecureLpiUnit(LpiUnit):
    """LPIs are Non-secure (R26): the priority of the configuration table lies in the Non-secure half (R2, D6)."""

    __slots__ = ()

    def _rank(self, intid: int, config: int) -> Rank:
        return (not config & 1, (0x80 | (config & 0xFC) >> 1) & (self._mask | 0x80), intid)
