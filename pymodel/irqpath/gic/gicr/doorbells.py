"""Doorbells: physical LPIs that tell a hypervisor of what is pending for a vPE that is not resident (IHI 0069 6; R59)."""

from __future__ import annotations

from irqpath.config.sizes import FIRST_LPI, SPURIOUS
from irqpath.core.memory import MemPort
from irqpath.core.state import Schema, Stateful, Table, bits
from irqpath.gic.common.shapes import GROUPS
from irqpath.gic.common.vpe_table import Vpe
from irqpath.gic.gicr.lpi import LpiUnit
from irqpath.gic.gicr.vpe_entries import VpeTable


class Doorbells(Stateful):
    """`armed`: vPEs that await their default doorbell (GICv4.1), with their group enables."""

    __slots__ = ("_lpi", "_mem", "_table", "armed")

    def __init__(self, table: VpeTable, lpi: LpiUnit, mem: MemPort) -> None:
        self._table = table
        self._lpi = lpi
        self._mem = mem
        self.reset()

    def reset(self) -> None:
        """No vPE awaits its doorbell."""
        self.armed: dict[int, int] = {}

    def schema(self) -> Schema:
        """Who awaits it."""
        return {
            "armed": Table(bits(16), GROUPS),
        }

    def ring(self, doorbell: int) -> None:
        """A physical LPI becomes pending."""
        self._lpi.set_pending(doorbell)

    def default(self, vpe: int, *, intid: int = 0, enabled: bool = False, group: int = 1) -> None:
        """GICv4.1: the default doorbell, for the first enabled interrupt since the vPE left (R59)."""
        groups = self.armed.get(vpe)
        if groups is None or not groups >> group & 1:
            return
        found = self._table.lookup(vpe)
        if found is None:
            return
        if intid:
            enabled = bool(self._mem.read(found.vconf + intid - FIRST_LPI, 1) & 1)
        if enabled and found.doorbell != SPURIOUS:
            del self.armed[vpe]
            self.ring(found.doorbell)

    def ring_for_pending(self, vpe: int, entry: Vpe, intid: int | None) -> None:
        """What was pending all along may be enabled now: virtual LPI `intid` of a vPE that awaits its doorbell, or any."""
        if intid is not None:
            if self._mem.read(entry.vpt + intid // 8, 1) >> (intid & 7) & 1:
                self.default(vpe, intid=intid)
            return
        for word in range(FIRST_LPI // 8, (1 << entry.bits) // 8, 8):
            data = self._mem.read(entry.vpt + word, 8)
            while data and vpe in self.armed:
                bit = data & -data
                data ^= bit
                self.default(vpe, intid=word * 8 + bit.bit_length() - 1)

    def invalidate(self, vpe: int) -> None:
        """INVDB: the default doorbell's configuration, a physical LPI's, is read again."""
        found = self._table.lookup(vpe)
        if found is not None and found.doorbell != SPURIOUS:
            self._lpi.invalidate(found.doorbell)

    def move_in(self, vpe: int, groups: int) -> None:
        """VMOVP: the vPE belongs here now, and its default doorbell is awaited as it was there."""
        self.armed.pop(vpe, None)
        if groups:
            self.armed[vpe] = groups
