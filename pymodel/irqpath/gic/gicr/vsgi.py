"""Virtual SGIs at one Redistributor (GICv4.1; IHI 0069 6, GICR_VSGIR)."""

from __future__ import annotations

from typing import Final

from irqpath.config.policy import Policy
from irqpath.core.memory import MemPort
from irqpath.core.state import Bytes, Int, Schema, Stateful, bits
from irqpath.gic.common.offer import Candidate
from irqpath.gic.common.vpe_table import SGI_CONFIG, SGI_PENDING, read_sgi, write_sgi
from irqpath.gic.gicr.doorbells import Doorbells
from irqpath.gic.gicr.vpe_entries import VpeTable

NO_VPE: Final = -1


class VsgiUnit(Stateful):
    """`sgi_pending`, `sgi_config`: virtual SGIs of the resident vPE; `query`: the vPE that GICR_VSGIR asks about, -1 when it is
    answered; `query_response`: the response."""

    __slots__ = (
        "_doorbells",
        "_mem",
        "_policy",
        "_priority_mask",
        "_table",
        "query",
        "query_response",
        "sgi_config",
        "sgi_pending",
    )

    def __init__(self, table: VpeTable, doorbells: Doorbells, mem: MemPort, policy: Policy, priority_mask: int) -> None:
        self._table = table
        self._doorbells = doorbells
        self._mem = mem
        self._policy = policy
        self._priority_mask = priority_mask
        self.reset()

    def reset(self) -> None:
        """As after a reset of the Redistributor."""
        self.sgi_pending = 0
        self.sgi_config = bytearray(16)
        self.query, self.query_response = NO_VPE, 0

    def schema(self) -> Schema:
        """All of it."""
        query = Int(0xFFFF, NO_VPE)
        return {"sgi_pending": bits(16), "sgi_config": Bytes(16), "query": query, "query_response": bits(16)}

    def better(self, best: Candidate | None, groups: int) -> Candidate | None:
        """The best of `best` and the virtual SGIs of the resident vPE in the groups of the bit mask."""
        if self.sgi_pending:
            for intid in range(16):
                config = self.sgi_config[intid]
                if self.sgi_pending >> intid & config & 1 and groups >> (config >> 1 & 1) & 1:
                    candidate = (config & 0xF0 & self._priority_mask, intid, config >> 1 & 1)
                    best = candidate if best is None or candidate < best else best
        return best

    def set(self, intid: int) -> None:
        """A virtual SGI of the resident vPE becomes pending."""
        self.sgi_pending |= 1 << intid

    def clear(self, intid: int) -> None:
        """A virtual SGI of the resident vPE is not pending any more."""
        self.sgi_pending &= ~(1 << intid)

    def configure(self, intid: int, config: int, clear: bool) -> None:
        """VSGI of the resident vPE."""
        self.sgi_config[intid] = config
        if clear:
            self.sgi_pending &= ~(1 << intid)

    # --- in memory ------------------------------------------------------------------------------------------------------

    def load(self, vpe: int, vpt: int) -> None:
        """A vPE becomes resident."""
        self.sgi_pending = self._mem.read(vpt + SGI_PENDING, 2)
        for intid in range(16):
            self.sgi_config[intid] = self._read(vpe, vpt, intid)

    def _read(self, vpe: int, vpt: int, intid: int) -> int:
        """Configuration of a virtual SGI of a vPE that is not resident."""
        if self._policy.vsgi_config == "vpt":
            return self._mem.read(vpt + SGI_CONFIG + intid, 1)
        at = self._table.entry_address(vpe)
        return 0 if at is None else read_sgi(at, intid, self._mem)

    def _write(self, vpe: int, vpt: int, intid: int, config: int) -> None:
        if self._policy.vsgi_config == "vpt":
            self._mem.write(vpt + SGI_CONFIG + intid, 1, config)
            return
        at = self._table.entry_address(vpe)
        if at is not None:
            write_sgi(at, intid, config, self._mem)

    def store(self, vpe: int, vpt: int) -> None:
        """The vPE has left."""
        self._mem.write(vpt + SGI_PENDING, 2, self.sgi_pending)
        for intid in range(16):
            self._write(vpe, vpt, intid, self.sgi_config[intid])

    def set_in_table(self, vpe: int, vpt: int, intid: int) -> None:
        """A virtual SGI of a vPE that is not resident becomes pending."""
        pending = self.pending_in_table(vpt)
        if pending >> intid & 1:
            return
        self._mem.write(vpt + SGI_PENDING, 2, pending | 1 << intid)
        self._table.not_empty(vpt)
        config = self._read(vpe, vpt, intid)
        self._doorbells.default(vpe, enabled=bool(config & 1), group=config >> 1 & 1)

    def configure_in_table(self, vpe: int, vpt: int, intid: int, config: int, clear: bool) -> None:
        """VSGI of a vPE that is not resident."""
        self._write(vpe, vpt, intid, config)
        pending = self.pending_in_table(vpt)
        if clear and pending >> intid & 1:
            self._mem.write(vpt + SGI_PENDING, 2, pending & ~(1 << intid))
        elif pending >> intid & 1:
            self._doorbells.default(vpe, enabled=bool(config & 1), group=config >> 1 & 1)

    def pending_in_table(self, vpt: int) -> int:
        """Pending virtual SGIs of a vPE that is not resident."""
        return self._mem.read(vpt + SGI_PENDING, 2)
