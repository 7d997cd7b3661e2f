"""GICv4 in one Redistributor: the resident vPE's virtual LPIs and SGIs, residency, doorbells (IHI 0069 6, GICR_VPROPBASER,
GICR_VPENDBASER).

What is pending for a vPE that is not resident lies in its virtual pending table in memory. When it becomes resident, the table
is read in steps (the Redistributor tells itself `ScanStep`), and GICR_VPENDBASER.Dirty is 1 until that is done; then the best
virtual interrupt is presented to the CPU interface, as physical ones are. When it leaves, Dirty is 1 until the CPU interface has
given back what it held and the pending state is written back.
"""

from __future__ import annotations

from typing import Final

from irqpath.config.policy import Policy
from irqpath.config.sizes import FIRST_LPI, SPURIOUS, GicConfig, Gicv4Config
from irqpath.core.errors import ArchError
from irqpath.core.link import Link
from irqpath.core.memory import MemPort
from irqpath.core.state import Flag, Int, Many, Part, Schema, Stateful, bits
from irqpath.core.transactions import ScanStep, Transaction, VClear, VSet, VsgiQuery
from irqpath.gic.common.frame import merge
from irqpath.gic.common.offer import Candidate, Move, Offer
from irqpath.gic.common.shapes import REGISTER64
from irqpath.gic.common.vpe_table import NOTHING_PENDING, SUMMARY
from irqpath.gic.gicr.doorbells import Doorbells
from irqpath.gic.gicr.host import VlpiHost
from irqpath.gic.gicr.vlpi_store import VlpiStore
from irqpath.gic.gicr.vpe_entries import VpeTable
from irqpath.gic.gicr.vsgi import NO_VPE, VsgiUnit

_VALID: Final = 1 << 63
_DOORBELL_IDAI: Final = 1 << 62
_PENDING_LAST: Final = 1 << 61
_DIRTY: Final = 1 << 60
_VGRP0EN, _VGRP1EN = 1 << 59, 1 << 58
_ADDRESS: Final = 0x000F_FFFF_FFFF_0000
#: Writable bits of GICR_VPENDBASER
_PEND_V40: Final = 7 << 7 | 3 << 10 | _ADDRESS | 7 << 56 | _DOORBELL_IDAI | _PENDING_LAST | _VALID
_PEND_V41: Final = 0xFFFF | _VGRP0EN | _VGRP1EN | _DOORBELL_IDAI | _PENDING_LAST | _VALID


class VlpiUnit(Stateful):
    """The GICv4 part of Redistributor `r`. `vpendbaser`: as written; `resident`: a vPE is, or is leaving; `vpe`: which (GICv4.1),
    `vpt`: its table; `offer`: what the CPU interface may hold; `store`, `sgis`: its virtual LPIs and SGIs; `table`: the vPEs;
    `doorbells`: who awaits one."""

    __slots__ = (
        "_down",
        "_loop",
        "_mem",
        "_policy",
        "_r",
        "doorbells",
        "gicv4",
        "leaving",
        "moving",
        "offer",
        "resident",
        "sgis",
        "store",
        "syncing",
        "table",
        "vpe",
        "vpendbaser",
        "vpt",
    )

    def __init__(self, r: VlpiHost, config: GicConfig, gicv4: Gicv4Config, mem: MemPort, policy: Policy) -> None:
        self._r = r
        self.gicv4 = gicv4
        self._mem = mem
        self._policy = policy
        self._down, self._loop = Link.stream(r.pe, "down"), Link.gicr(r.pe, "scan")
        self.offer = Offer()
        self.store = VlpiStore(mem, policy, r.priority_mask, config.intid_bits, self.offer.holds)
        self.table = VpeTable(r, gicv4, mem, policy)
        self.doorbells = Doorbells(self.table, r.lpi, mem)
        self.sgis = VsgiUnit(self.table, self.doorbells, mem, policy, r.priority_mask)
        self.reset()

    def reset(self) -> None:
        """As after a reset of the Redistributor."""
        for part in (self.table, self.doorbells, self.sgis):
            part.reset()
        self.vpendbaser = 0
        self.resident = self.leaving = False
        self.vpe, self.vpt = NO_VPE, 0
        self.offer.reset()
        self.store.reset()
        self.syncing: list[int] = []
        #: ITS that waits while a virtual LPI that the CPU interface may hold is handed over; -1 for none
        self.moving = -1

    def _emit(self, link: Link, t: Transaction) -> None:
        self._r.emit(link, t)

    def schema(self) -> Schema:
        """Registers, the resident vPE, doorbells awaited."""
        inline = Part(inline=True)
        return {
            "table": inline,
            "vpendbaser": REGISTER64,
            "resident": Flag(),
            "leaving": Flag(),
            "vpe": Int(0xFFFF, NO_VPE),
            "vpt": bits(52),
            "offer": Part(),
            "store": Part(),
            "doorbells": inline,
            "sgis": inline,
            "syncing": Many(Int(1023)),
            "moving": Int(1023, -1),
        }

    # --- candidates -----------------------------------------------------------------------------------------------------

    @property
    def dirty(self) -> bool:
        """GICR_VPENDBASER.Dirty."""
        return self.leaving or self.store.scanned >= 0

    def best(self) -> Candidate | None:
        """The resident vPE's highest priority pending virtual interrupt; none while it comes or goes."""
        if not self.resident or self.dirty:
            return None
        return self._best(self._groups())

    def _groups(self) -> int:
        """Groups of the resident vPE that are enabled: GICv4.1 says so in GICR_VPENDBASER."""
        if not self.gicv4.v41:
            return 3
        return (self.vpendbaser >> 59 & 1) | (self.vpendbaser >> 58 & 1) << 1

    def _best(self, groups: int) -> Candidate | None:
        return self.sgis.better(self.store.best() if groups & 2 else None, groups)

    def update(self) -> None:
        """Move the CPU interface one message nearer to the best virtual interrupt, and finish what waited for that."""
        best = None  # a CPU interface that sleeps holds nothing, and nothing waits for it
        if self._r.awake:
            best = self.best()
            decided = self.offer.decide(best)
            if decided is not None:
                move, (priority, intid, group) = decided
                self._emit(self._down, VSet(intid, priority, group) if move is Move.SET else VClear(intid))
        if not self.offer.settled(best):
            return
        if self.leaving:
            self._left()
        for its in self.syncing:
            self._r.lpi_ack(its)
        self.syncing.clear()

    # --- the CPU interface ----------------------------------------------------------------------------------------------

    def activate(self, intid: int) -> None:
        """The guest took it: not pending any more; neither a virtual LPI nor a virtual SGI has an active state (R23, R60)."""
        self.offer.retire(intid)
        self._clear(intid)
        self._moved(intid)

    def release(self, intid: int) -> None:
        """It comes back unacknowledged."""
        self.offer.retire(intid)
        self._moved(intid)

    def cleared(self, intid: int) -> None:
        """The withdrawal was acknowledged."""
        self.offer.cleared()
        self._moved(intid)

    def forget(self) -> None:
        """The CPU interface was reset: it holds nothing."""
        held = self.offer.held
        self.offer.reset()
        if held is not None:
            self._moved(held[1])

    # --- residency ------------------------------------------------------------------------------------------------------

    def write_vpendbaser(self, value: int, mask: int) -> None:
        """GICR_VPENDBASER: a vPE becomes resident, or leaves."""
        new = merge(self.vpendbaser, value, mask & (_PEND_V41 if self.gicv4.v41 else _PEND_V40))
        if self.dirty:
            self._r.report(ArchError.VPENDBASER_WHILE_DIRTY, f"value {new:#x}")  # R55
            return
        was, becomes = bool(self.vpendbaser & _VALID), bool(new & _VALID)
        if was and becomes:
            if new != self.vpendbaser:
                self._r.report(ArchError.VPE_REG_WHILE_RESIDENT, "GICR_VPENDBASER")  # R54
            return
        self.vpendbaser = new
        if becomes:
            self._enter()
        elif was:
            self.leaving = True
            self.update()

    def _enter(self) -> None:
        # RES1 when Valid goes from 0 to 1; it means something only after it went back (R56)
        self.vpendbaser |= _PENDING_LAST
        if self.gicv4.v41:
            vpe = self.vpendbaser & 0xFFFF
            found = self.table.lookup(vpe)
            if found is None:
                error = ArchError.VPE_NOT_IN_TABLE if self.table.vpropbaser & _VALID else ArchError.VPROPBASER_INVALID
                self._r.report(error, f"vPEID {vpe}")
                return
            if found.pe != self._r.pe and not self._r.shares_vpe_table(found.pe):
                self._r.report(ArchError.VPE_ELSEWHERE, f"vPEID {vpe}, mapped to PE {found.pe}, resident at PE {self._r.pe}")
                if self._policy.foreign_vpe == "ignore":
                    return
            self.table.settle(vpe, found)
            self.vpe, self.vpt = vpe, found.vpt
            self.doorbells.armed.pop(vpe, None)
            self.store.propbaser = found.vconf | (found.bits - 1)
            self.sgis.load(vpe, found.vpt)
        else:
            self.vpt = self.vpendbaser & _ADDRESS
            self.store.propbaser = self.table.vpropbaser
        self.store.pendbaser = self.vpt
        self.resident = True
        self.store.begin()
        if self._nothing_pending():
            self.store.scanned = -1
        elif self._policy.vpt_scan == "at once":
            self.store.to_the_end()
        else:
            self._emit(self._loop, ScanStep())
        self.update()

    def elsewhere(self, vpe: int) -> int | None:
        """GICv4.1: the PE where the vPE is by this Redistributor's table, if an ITS that does not share it thinks it here."""
        return None if self._is_resident(vpe, 0) else self.table.elsewhere(vpe)

    def _nothing_pending(self) -> bool:
        """The table's summary says so and may be trusted: in GICv4.0 unless IDAI is 1 (R57)."""
        if not self._policy.vpt_summary or (not self.gicv4.v41 and self.vpendbaser & _DOORBELL_IDAI):
            return False
        return self._mem.read(self.vpt + SUMMARY, 1) == NOTHING_PENDING

    def scan(self) -> None:
        """`ScanStep`."""
        if self.store.scanned < 0:
            return
        if not self.store.step():
            self._emit(self._loop, ScanStep())
        self.update()

    def _left(self) -> None:
        """The vPE has left the CPU interface: write its state back, say what is pending, ask for the doorbell."""
        groups = self._groups()
        pending = self._best(groups) is not None
        told = bool(self.vpendbaser & _PENDING_LAST) and self.gicv4.v41
        self.store.disable()
        self.store.flush()
        self.leaving = self.resident = False
        if self.gicv4.v41:
            self.sgis.store(self.vpe, self.vpt)
            # R78: Doorbell counts only if nothing enabled is pending and software does not take it for granted
            if self.vpendbaser & _DOORBELL_IDAI and not pending and not told:
                self.doorbells.armed[self.vpe] = groups
        if self._policy.vpt_summary:
            self._write_summary()
        self.vpendbaser = merge(self.vpendbaser, _PENDING_LAST if pending or told else 0, _PENDING_LAST)
        self.vpe = NO_VPE

    def _write_summary(self) -> None:
        """Note whether the table is empty."""
        first, end = FIRST_LPI // 8, self.store.limit // 8
        known = self._mem.known_zero(self.vpt + first, end - first)
        empty = not self.sgis.sgi_pending and (known or not any(self._mem.read(self.vpt + at, 8) for at in range(first, end, 8)))
        self._mem.write(self.vpt + SUMMARY, 1, NOTHING_PENDING if empty else 0)

    def _is_resident(self, vpe: int, vpt: int) -> bool:
        if not self.resident:
            return False
        return vpe == self.vpe if self.gicv4.v41 else vpt == self.vpt

    # --- virtual SGIs ---------------------------------------------------------------------------------------------------

    def set_sgi(self, vpe: int, vpt: int, intid: int) -> None:
        """A virtual SGI becomes pending."""
        if self._is_resident(vpe, vpt):
            self.sgis.set(intid)
        else:
            self.sgis.set_in_table(vpe, vpt, intid)

    def configure_sgi(self, vpe: int, vpt: int, intid: int, config: int, clear: bool) -> None:
        """VSGI: enable, priority and group of a virtual SGI; `clear` removes its pending state."""
        if self._is_resident(vpe, vpt):
            self.sgis.configure(intid, config, clear)
        else:
            self.sgis.configure_in_table(vpe, vpt, intid, config, clear)

    def ask_sgis(self, vpe: int) -> None:
        """GICR_VSGIR: the response comes a step later, GICR_VSGIPENDR.Busy holds until then."""
        self.sgis.query = vpe
        self._emit(self._loop, VsgiQuery(vpe))

    def respond_sgis(self, vpe: int) -> None:
        """`VsgiQuery`."""
        sgis = self.sgis
        found = None if self._is_resident(vpe, 0) else self.table.lookup(vpe)
        if self._is_resident(vpe, 0):
            sgis.query_response = sgis.sgi_pending
        else:
            sgis.query_response = 0 if found is None else sgis.pending_in_table(found.vpt)
        if sgis.query == vpe:
            sgis.query = NO_VPE

    # --- virtual LPIs ---------------------------------------------------------------------------------------------------

    def set_lpi(self, vpe: int, vpt: int, intid: int, doorbell: int) -> None:
        """A virtual LPI becomes pending: in the store of the resident vPE, else in its table, and the doorbell rings (R59)."""
        if self._is_resident(vpe, vpt):
            self.store.set_pending(intid)
            return
        at, bit = vpt + intid // 8, 1 << (intid & 7)
        old = self._mem.read(at, 1)
        if not old & bit:
            self._mem.write(at, 1, old | bit)
            self.table.not_empty(vpt)
        elif not self._policy.doorbell_when_pending:
            return
        if doorbell != SPURIOUS:
            self.doorbells.ring(doorbell)
        self.doorbells.default(vpe, intid=intid)

    def clear_lpi(self, vpe: int, vpt: int, intid: int) -> bool:
        """A virtual LPI is not pending any more; tells whether it was."""
        if self._is_resident(vpe, vpt):
            return self.store.clear_pending(intid)
        at, bit = vpt + intid // 8, 1 << (intid & 7)
        old = self._mem.read(at, 1)
        if old & bit:
            self._mem.write(at, 1, old & ~bit)
        return bool(old & bit)

    def _clear(self, intid: int) -> None:
        if intid < 16:
            self.sgis.clear(intid)
        else:
            self.store.clear_pending(intid)

    def invalidate(self, vpe: int, vpt: int, intid: int | None) -> None:
        """VINVALL, INV of a virtual LPI, GICR_INVLPIR with V: a vPE that is not resident has nothing cached here."""
        if self._is_resident(vpe, vpt):
            if intid is None:
                self.store.invalidate_all()
            else:
                self.store.invalidate(intid)
        elif vpe in self.doorbells.armed:
            found = self.table.lookup(vpe)
            if found is not None:
                self.doorbells.ring_for_pending(vpe, found, intid)

    def take(self, its: int, vpe: int, vpt: int, intid: int) -> None:
        """VMOVI: give a virtual LPI's pending state away; one that the CPU interface may hold is withdrawn first."""
        if self._is_resident(vpe, vpt) and self.offer.holds(intid):
            self.moving = its
            self.store.moving = intid
            return
        self._r.lpi_ack(its, pending=int(self.clear_lpi(vpe, vpt, intid)), intid=intid)

    def _moved(self, intid: int) -> None:
        if self.moving >= 0 and intid == self.store.moving:
            its, self.moving, self.store.moving = self.moving, -1, -1
            self._r.lpi_ack(its, pending=int(self.store.clear_pending(intid)), intid=intid)

    def move_out(self, vpe: int) -> int:
        """VMOVP: the vPE belongs elsewhere now; the groups for which its default doorbell was awaited."""
        if self.resident and self.vpe == vpe:
            self._r.report(ArchError.VPE_REG_WHILE_RESIDENT, f"VMOVP of the resident vPE {vpe}")
        return self.doorbells.armed.pop(vpe, 0)

    # --- registers ------------------------------------------------------------------------------------------------------

    def read_vpendbaser(self) -> int:
        """GICR_VPENDBASER."""
        return self.vpendbaser | (_DIRTY if self.dirty else 0)

    def write_vpropbaser(self, value: int, mask: int) -> None:
        """GICR_VPROPBASER: not while a vPE is resident (R54)."""
        if self.vpendbaser & _VALID or self.leaving:
            self._r.report(ArchError.VPE_REG_WHILE_RESIDENT, "GICR_VPROPBASER")
            return
        self.table.write_vpropbaser(value, mask)
