"""The vPE table as one Redistributor sees it (GICR_VPROPBASER of GICv4.1), and the summary in a virtual pending table."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Protocol

from irqpath.config.policy import Policy
from irqpath.config.sizes import Gicv4Config
from irqpath.core.errors import ArchError
from irqpath.core.memory import MemPort
from irqpath.core.state import Schema, Stateful
from irqpath.core.transactions import VpeMapping
from irqpath.gic.common.frame import merge
from irqpath.gic.common.shapes import REGISTER64
from irqpath.gic.common.tables import Table as MemoryTable
from irqpath.gic.common.vpe_table import SUMMARY, Vpe, clear_sgis, read_vpe, write_vpe

_VALID: Final = 1 << 63
#: Writable bits of GICR_VPROPBASER
_PROP_V40: Final = 0x1F | 7 << 7 | 3 << 10 | 0x000F_FFFF_FFFF_F000 | 7 << 56
_PROP_V41: Final = 0x7F | 7 << 7 | 3 << 10 | 0x000F_FFFF_FFFF_F000 | 1 << 52 | 3 << 53 | 1 << 55 | 7 << 56 | _VALID
_ENTRY_UNITS: Final = 4  # of 8 bytes: GICR_VPROPBASER.Entry_Size reads 3


class VpeTableHost(Protocol):
    """The Redistributor around it."""

    @property
    def pe(self) -> int:
        """The number of its PE."""

    def report(self, error: ArchError, detail: str = "") -> None:
        """Announce a finding."""

    def shares_table_with_its(self) -> bool:
        """The vPE table of the ITSs is this Redistributor's (GITS_TYPER.SVPET, GITS_MPIDR)."""

    def shares_vpe_table(self, other: int) -> bool:
        """The Redistributor of PE `other` uses the same vPE table (GICR_TYPER.CommonLPIAff)."""


class VpeTable(Stateful):
    """`vpropbaser`: as written. In GICv4.0 it describes the configuration table, and there is no table of vPEs here."""

    __slots__ = ("_gicv4", "_mem", "_policy", "_r", "vpropbaser")

    def __init__(self, r: VpeTableHost, gicv4: Gicv4Config, mem: MemPort, policy: Policy) -> None:
        self._r = r
        self._gicv4 = gicv4
        self._mem = mem
        self._policy = policy
        self.reset()

    def reset(self) -> None:
        """As after a reset of the Redistributor."""
        self.vpropbaser = (_ENTRY_UNITS - 1) << 59 if self._gicv4.v41 else 0

    def schema(self) -> Schema:
        """The register."""
        return {"vpropbaser": REGISTER64}

    def write_vpropbaser(self, value: int, mask: int) -> None:
        """GICR_VPROPBASER, while no vPE is resident."""
        self.vpropbaser = merge(self.vpropbaser, value, mask & (_PROP_V41 if self._gicv4.v41 else _PROP_V40))

    def lookup(self, vpe: int) -> Vpe | None:
        """GICv4.1: the vPE's entry in the table that GICR_VPROPBASER describes."""
        at = self.entry_address(vpe)
        return None if at is None else read_vpe(at, True, self._mem)

    def entry_address(self, vpe: int) -> int | None:
        v = self.vpropbaser
        baser = v & 0x000F_FFFF_FFFF_F000 | v & _VALID | (v >> 55 & 1) << 62 | (v >> 53 & 3) << 8 | v & 0x7F
        return MemoryTable.of(baser | (8 * _ENTRY_UNITS - 1) << 48).entry_address(vpe, self._mem)

    def settle(self, vpe: int, entry: Vpe) -> None:
        """Between Redistributors that share a vPE table a vPE moves without VMOVP, by becoming resident: from here on the ITSs
        send to this one (GICv4.1, GICR_TYPER.CommonLPIAff)."""
        at = self.entry_address(vpe)
        if entry.pe != self._r.pe and at is not None and self._r.shares_vpe_table(entry.pe):
            write_vpe(at, replace(entry, pe=self._r.pe), True, self._mem)

    def elsewhere(self, vpe: int) -> int | None:
        """GICv4.1: the PE where the vPE is by this Redistributor's table, if an ITS that does not share it thinks it here."""
        if not self._gicv4.v41 or self._r.shares_table_with_its():
            return None
        found = self.lookup(vpe)
        if found is None or found.pe == self._r.pe or not self._r.shares_vpe_table(found.pe):
            return None
        return found.pe

    def learn(self, t: VpeMapping) -> None:
        """An ITS that does not share this Redistributor's vPE table tells of a vPE."""
        at = self.entry_address(t.vpe)
        if at is None:
            self._r.report(ArchError.VPE_NOT_IN_TABLE, f"vPEID {t.vpe}")
            return
        if t.alloc and self._policy.vsgi_config == "table":
            clear_sgis(at, self._mem)
        entry = Vpe(t.pe, t.vpt, t.bits, t.doorbell, t.its, t.vconf)
        write_vpe(at, entry if t.valid else None, True, self._mem)

    def not_empty(self, vpt: int) -> None:
        """Something is pending in the virtual pending table at `vpt`."""
        if self._policy.vpt_summary and self._mem.read(vpt + SUMMARY, 1):
            self._mem.write(vpt + SUMMARY, 1, 0)
