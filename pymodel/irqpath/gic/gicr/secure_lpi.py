"""Physical LPIs of a GIC with two Security states."""

from __future__ import annotations

from collections.abc import Callable

from irqpath.config.policy import Policy
from irqpath.core.memory import MemPort
from irqpath.gic.gicr.lpi import LpiUnit, Rank


class SecureLpiUnit(LpiUnit):
    """LPIs are Non-secure (R26): the priority of the configuration table lies in the Non-secure half (R2, D6)."""

    __slots__ = ("_implemented",)

    def __init__(
        self, mem: MemPort, policy: Policy, priority_mask: int, intid_bits: int, in_flight: Callable[[int], bool]
    ) -> None:
        super().__init__(mem, policy, priority_mask, intid_bits, in_flight)
        # the table has bits [7:2], which the view moves to [6:1]
        self._implemented = priority_mask

    def _rank(self, intid: int, config: int) -> Rank:
        return (not config & 1, (0x80 | (config & 0xFC) >> 1) & self._implemented, intid)
