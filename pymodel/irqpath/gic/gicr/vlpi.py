"""GICv4 in one Redistributor: the resident vPE's virtual LPIs and SGIs, residency, doorbells (IHI 0069 6, GICR_VPROPBASER,
GICR_VPENDBASER).

What is pending for a vPE that is not resident lies in its virtual pending table in memory. When it becomes resident, the table
is read in steps (the Redistributor tells itself `ScanStep`), and GICR_VPENDBASER.Dirty is 1 until that is done; then the best
virtual interrupt is held out to the CPU interface, as physical ones are. When it leaves, Dirty is 1 until the CPU interface has
given back what it held and the pending state is written back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from irqpath.config.policy import Policy
from irqpath.config.sizes import FIRST_LPI, SPURIOUS, DirectConfig, GicConfig
from irqpath.core.errors import ArchError
from irqpath.core.memory import MemPort
from irqpath.core.state import Bytes, Flag, Int, Many, Part, Schema, Stateful, Table, bits
from irqpath.core.transactions import ScanStep, Transaction, VClear, VpeMapping, VSet, VsgiQuery
from irqpath.gic.common.frame import Read, Write, merge
from irqpath.gic.common.offer import Candidate, Move, Offer
from irqpath.gic.common.shapes import GROUPS, REGISTER64
from irqpath.gic.common.tables import Table as MemoryTable
from irqpath.gic.common.vpe_table import (
    NOTHING_PENDING,
    SGI_CONFIG,
    SGI_PENDING,
    SUMMARY,
    Vpe,
    clear_sgis,
    read_sgi,
    read_vpe,
    write_sgi,
    write_vpe,
)
from irqpath.gic.gicr.host import VlpiHost
from irqpath.gic.gicr.lpi import LpiUnit

_VALID: Final = 1 << 63
_DOORBELL_IDAI: Final = 1 << 62
_PENDING_LAST: Final = 1 << 61
_DIRTY: Final = 1 << 60
_VGRP0EN, _VGRP1EN = 1 << 59, 1 << 58
_ADDRESS: Final = 0x000F_FFFF_FFFF_0000
_STEP_BYTES: Final = 64
#: Writable bits of GICR_VPROPBASER and GICR_VPENDBASER
_PROP_V40: Final = 0x1F | 7 << 7 | 3 << 10 | 0x000F_FFFF_FFFF_F000 | 7 << 56
_PROP_V41: Final = 0x7F | 7 << 7 | 3 << 10 | 0x000F_FFFF_FFFF_F000 | 1 << 52 | 3 << 53 | 1 << 55 | 7 << 56 | _VALID
_PEND_V40: Final = 7 << 7 | 3 << 10 | _ADDRESS | 7 << 56 | _DOORBELL_IDAI | _PENDING_LAST | _VALID
_PEND_V41: Final = 0xFFFF | _VGRP0EN | _VGRP1EN | _DOORBELL_IDAI | _PENDING_LAST | _VALID
_ENTRY_UNITS: Final = 4  # of 8 bytes: GICR_VPROPBASER.Entry_Size reads 3
_NO_VPE: Final = -1


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


class VlpiUnit(Stateful):
    """The GICv4 part of Redistributor `r`. `vpropbaser`, `vpendbaser`: as written; `resident`: a vPE is, or is leaving; `vpe`:
    which (GICv4.1), `vpt`: its table; `offer`: what the CPU interface may hold; `armed`: vPEs that await their default doorbell
    (GICv4.1), with their group enables; `sgi_pending`, `sgi_config`: virtual SGIs of the resident vPE."""

    __slots__ = (
        "_direct",
        "_down",
        "_loop",
        "_mem",
        "_policy",
        "_r",
        "_typer_bits",
        "armed",
        "leaving",
        "moving",
        "offer",
        "query",
        "query_answer",
        "resident",
        "sgi_config",
        "sgi_pending",
        "store",
        "syncing",
        "vpe",
        "vpendbaser",
        "vpropbaser",
        "vpt",
    )

    def __init__(self, r: VlpiHost, config: GicConfig, direct: DirectConfig, mem: MemPort, policy: Policy) -> None:
        self._r = r
        self._direct = direct
        self._mem = mem
        self._policy = policy
        self._typer_bits = config.intid_bits
        self._down, self._loop = f"stream{r.pe}.down", f"{r.name}.scan"
        self.offer = Offer()
        self.store = VlpiStore(mem, policy, r.priority_mask, config.intid_bits, self.offer.holds)
        self.reset()

    def reset(self) -> None:
        """As after a reset of the Redistributor."""
        self.vpropbaser = (_ENTRY_UNITS - 1) << 59 if self._direct.v41 else 0
        self.vpendbaser = 0
        self.resident = self.leaving = False
        self.vpe, self.vpt = _NO_VPE, 0
        self.offer.reset()
        self.store.reset()
        self.armed: dict[int, int] = {}
        self.sgi_pending = 0
        self.sgi_config = bytearray(16)
        self.query, self.query_answer = _NO_VPE, 0
        self.syncing: list[int] = []
        #: ITS that waits while a virtual LPI that the CPU interface may hold is handed over; -1 for none
        self.moving = -1

    def _emit(self, link: str, t: Transaction) -> None:
        self._r.emit(link, t)

    def schema(self) -> Schema:
        """Registers, the resident vPE, doorbells awaited."""
        vpe, its = Int(0xFFFF, _NO_VPE), Int(1023)
        return {
            "vpropbaser": REGISTER64,
            "vpendbaser": REGISTER64,
            "resident": Flag(),
            "leaving": Flag(),
            "vpe": vpe,
            "vpt": bits(52),
            "offer": Part(),
            "store": Part(),
            "armed": Table(bits(16), GROUPS),
            "sgi_pending": bits(16),
            "sgi_config": Bytes(16),
            "query": vpe,
            "query_answer": bits(16),
            "syncing": Many(its),
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
        if not self._direct.v41:
            return 3
        return (self.vpendbaser >> 59 & 1) | (self.vpendbaser >> 58 & 1) << 1

    def _best(self, groups: int) -> Candidate | None:
        best = self.store.best() if groups & 2 else None
        if self.sgi_pending:
            for intid in range(16):
                config = self.sgi_config[intid]
                if self.sgi_pending >> intid & config & 1 and groups >> (config >> 1 & 1) & 1:
                    candidate = (config & 0xF0 & self._r.priority_mask, intid, config >> 1 & 1)
                    best = candidate if best is None or candidate < best else best
        return best

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
        new = merge(self.vpendbaser, value, mask & (_PEND_V41 if self._direct.v41 else _PEND_V40))
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
        if self._direct.v41:
            vpe = self.vpendbaser & 0xFFFF
            found = self._lookup(vpe)
            if found is None:
                error = ArchError.VPE_NOT_IN_TABLE if self.vpropbaser & _VALID else ArchError.VPROPBASER_INVALID
                self._r.report(error, f"vPEID {vpe}")
                return
            if found.pe != self._r.pe and not self._r.shares_vpe_table(found.pe):
                self._r.report(ArchError.VPE_ELSEWHERE, f"vPEID {vpe}, mapped to PE {found.pe}, resident at PE {self._r.pe}")
                if self._policy.foreign_vpe == "ignore":
                    return
            self._settle_here(vpe, found)
            self.vpe, self.vpt = vpe, found.vpt
            self.armed.pop(vpe, None)
            self.store.propbaser = found.vconf | (found.bits - 1)
            self._load_sgis()
        else:
            self.vpt = self.vpendbaser & _ADDRESS
            self.store.propbaser = self.vpropbaser
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

    def _settle_here(self, vpe: int, entry: Vpe) -> None:
        """Between Redistributors that share a vPE table a vPE moves without VMOVP, by becoming resident: from here on the ITSs
        send to this one (GICv4.1, GICR_TYPER.CommonLPIAff)."""
        at = self._entry_address(vpe)
        if entry.pe != self._r.pe and at is not None and self._r.shares_vpe_table(entry.pe):
            write_vpe(at, replace(entry, pe=self._r.pe), True, self._mem)

    def elsewhere(self, vpe: int) -> int | None:
        """GICv4.1: the PE where the vPE is by this Redistributor's table, if an ITS that does not share it thinks it here."""
        if not self._direct.v41 or self._r.shares_table_with_its() or self._is_resident(vpe, 0):
            return None
        found = self._lookup(vpe)
        if found is None or found.pe == self._r.pe or not self._r.shares_vpe_table(found.pe):
            return None
        return found.pe

    def learn(self, t: VpeMapping) -> None:
        """An ITS that does not share this Redistributor's vPE table tells of a vPE."""
        at = self._entry_address(t.vpe)
        if at is None:
            self._r.report(ArchError.VPE_NOT_IN_TABLE, f"vPEID {t.vpe}")
            return
        if t.alloc and self._policy.vsgi_config == "table":
            clear_sgis(at, self._mem)
        entry = Vpe(t.pe, t.vpt, t.bits, t.doorbell, t.its, t.vconf)
        write_vpe(at, entry if t.valid else None, True, self._mem)

    def _nothing_pending(self) -> bool:
        """The table's summary says so and may be trusted: in GICv4.0 unless IDAI is 1 (R57)."""
        if not self._policy.vpt_summary or (not self._direct.v41 and self.vpendbaser & _DOORBELL_IDAI):
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
        told = bool(self.vpendbaser & _PENDING_LAST) and self._direct.v41
        self.store.disable()
        self.store.flush()
        self.leaving = self.resident = False
        if self._direct.v41:
            self._store_sgis()
            # R78: Doorbell counts only if nothing enabled is pending and software does not take it for granted
            if self.vpendbaser & _DOORBELL_IDAI and not pending and not told:
                self.armed[self.vpe] = groups
        if self._policy.vpt_summary:
            self._write_summary()
        self.vpendbaser = merge(self.vpendbaser, _PENDING_LAST if pending or told else 0, _PENDING_LAST)
        self.vpe = _NO_VPE

    def _write_summary(self) -> None:
        """Note whether the table is empty."""
        first, end = FIRST_LPI // 8, self.store.limit // 8
        known = self._mem.known_zero(self.vpt + first, end - first)
        empty = not self.sgi_pending and (known or not any(self._mem.read(self.vpt + at, 8) for at in range(first, end, 8)))
        self._mem.write(self.vpt + SUMMARY, 1, NOTHING_PENDING if empty else 0)

    def _is_resident(self, vpe: int, vpt: int) -> bool:
        if not self.resident:
            return False
        return vpe == self.vpe if self._direct.v41 else vpt == self.vpt

    def _lookup(self, vpe: int) -> Vpe | None:
        """GICv4.1: the vPE's entry in the table that GICR_VPROPBASER describes."""
        at = self._entry_address(vpe)
        return None if at is None else read_vpe(at, True, self._mem)

    def _entry_address(self, vpe: int) -> int | None:
        v = self.vpropbaser
        baser = v & 0x000F_FFFF_FFFF_F000 | v & _VALID | (v >> 55 & 1) << 62 | (v >> 53 & 3) << 8 | v & 0x7F
        return MemoryTable.of(baser | (8 * _ENTRY_UNITS - 1) << 48).entry_address(vpe, self._mem)

    # --- virtual SGIs ---------------------------------------------------------------------------------------------------

    def _load_sgis(self) -> None:
        self.sgi_pending = self._mem.read(self.vpt + SGI_PENDING, 2)
        for intid in range(16):
            self.sgi_config[intid] = self._read_sgi(self.vpe, self.vpt, intid)

    def _read_sgi(self, vpe: int, vpt: int, intid: int) -> int:
        """Configuration of a virtual SGI of a vPE that is not resident."""
        if self._policy.vsgi_config == "vpt":
            return self._mem.read(vpt + SGI_CONFIG + intid, 1)
        at = self._entry_address(vpe)
        return 0 if at is None else read_sgi(at, intid, self._mem)

    def _write_sgi(self, vpe: int, vpt: int, intid: int, config: int) -> None:
        if self._policy.vsgi_config == "vpt":
            self._mem.write(vpt + SGI_CONFIG + intid, 1, config)
            return
        at = self._entry_address(vpe)
        if at is not None:
            write_sgi(at, intid, config, self._mem)

    def _store_sgis(self) -> None:
        self._mem.write(self.vpt + SGI_PENDING, 2, self.sgi_pending)
        for intid in range(16):
            self._write_sgi(self.vpe, self.vpt, intid, self.sgi_config[intid])

    def set_sgi(self, vpe: int, vpt: int, intid: int) -> None:
        """A virtual SGI becomes pending."""
        if self._is_resident(vpe, vpt):
            self.sgi_pending |= 1 << intid
            return
        pending = self._mem.read(vpt + SGI_PENDING, 2)
        if pending >> intid & 1:
            return
        self._mem.write(vpt + SGI_PENDING, 2, pending | 1 << intid)
        self._not_empty(vpt)
        config = self._read_sgi(vpe, vpt, intid)
        self._default_doorbell(vpe, enabled=bool(config & 1), group=config >> 1 & 1)

    def configure_sgi(self, vpe: int, vpt: int, intid: int, config: int, clear: bool) -> None:
        """VSGI: enable, priority and group of a virtual SGI; `clear` removes its pending state."""
        if self._is_resident(vpe, vpt):
            self.sgi_config[intid] = config
            if clear:
                self.sgi_pending &= ~(1 << intid)
            return
        self._write_sgi(vpe, vpt, intid, config)
        pending = self._mem.read(vpt + SGI_PENDING, 2)
        if clear and pending >> intid & 1:
            self._mem.write(vpt + SGI_PENDING, 2, pending & ~(1 << intid))
        elif pending >> intid & 1:
            self._default_doorbell(vpe, enabled=bool(config & 1), group=config >> 1 & 1)

    def ask_sgis(self, vpe: int) -> None:
        """GICR_VSGIR: the answer comes a step later, GICR_VSGIPENDR.Busy holds until then."""
        self.query = vpe
        self._emit(self._loop, VsgiQuery(vpe))

    def answer_sgis(self, vpe: int) -> None:
        """`VsgiQuery`."""
        found = None if self._is_resident(vpe, 0) else self._lookup(vpe)
        if self._is_resident(vpe, 0):
            self.query_answer = self.sgi_pending
        else:
            self.query_answer = 0 if found is None else self._mem.read(found.vpt + SGI_PENDING, 2)
        if self.query == vpe:
            self.query = _NO_VPE

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
            self._not_empty(vpt)
        elif not self._policy.doorbell_when_pending:
            return
        if doorbell != SPURIOUS:
            self._ring(doorbell)
        self._default_doorbell(vpe, intid=intid)

    def _not_empty(self, vpt: int) -> None:
        if self._policy.vpt_summary and self._mem.read(vpt + SUMMARY, 1):
            self._mem.write(vpt + SUMMARY, 1, 0)

    def _ring(self, doorbell: int) -> None:
        self._r.lpi.set_pending(doorbell)

    def _default_doorbell(self, vpe: int, *, intid: int = 0, enabled: bool = False, group: int = 1) -> None:
        """GICv4.1: the default doorbell, for the first enabled interrupt since the vPE left (R59)."""
        groups = self.armed.get(vpe)
        if groups is None or not groups >> group & 1:
            return
        found = self._lookup(vpe)
        if found is None:
            return
        if intid:
            enabled = bool(self._mem.read(found.vconf + intid - FIRST_LPI, 1) & 1)
        if enabled and found.doorbell != SPURIOUS:
            del self.armed[vpe]
            self._ring(found.doorbell)

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
            self.sgi_pending &= ~(1 << intid)
        else:
            self.store.clear_pending(intid)

    def invalidate(self, vpe: int, vpt: int, intid: int | None) -> None:
        """VINVALL, INV of a virtual LPI, GICR_INVLPIR with V: a vPE that is not resident has nothing cached here."""
        if self._is_resident(vpe, vpt):
            if intid is None:
                self.store.invalidate_all()
            else:
                self.store.invalidate(intid)
        elif vpe in self.armed:
            found = self._lookup(vpe)
            if found is not None:
                self._ring_for_pending(vpe, found, intid)

    def _ring_for_pending(self, vpe: int, entry: Vpe, intid: int | None) -> None:
        """What was pending all along may be enabled now: virtual LPI `intid` of a vPE that awaits its doorbell, or any."""
        if intid is not None:
            if self._mem.read(entry.vpt + intid // 8, 1) >> (intid & 7) & 1:
                self._default_doorbell(vpe, intid=intid)
            return
        for word in range(FIRST_LPI // 8, (1 << entry.bits) // 8, 8):
            data = self._mem.read(entry.vpt + word, 8)
            while data and vpe in self.armed:
                bit = data & -data
                data ^= bit
                self._default_doorbell(vpe, intid=word * 8 + bit.bit_length() - 1)

    def invalidate_doorbell(self, vpe: int) -> None:
        """INVDB: the default doorbell's configuration, a physical LPI's, is read again."""
        found = self._lookup(vpe)
        if found is not None and found.doorbell != SPURIOUS:
            self._r.lpi.invalidate(found.doorbell)

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
        return self.armed.pop(vpe, 0)

    def move_in(self, vpe: int, groups: int) -> None:
        """VMOVP: the vPE belongs here now, and its default doorbell is awaited as it was there."""
        self.armed.pop(vpe, None)
        if groups:
            self.armed[vpe] = groups

    # --- registers ------------------------------------------------------------------------------------------------------

    def read_vpendbaser(self) -> int:
        """GICR_VPENDBASER."""
        return self.vpendbaser | (_DIRTY if self.dirty else 0)

    def write_vpropbaser(self, value: int, mask: int) -> None:
        """GICR_VPROPBASER: not while a vPE is resident (R54)."""
        if self.vpendbaser & _VALID or self.leaving:
            self._r.report(ArchError.VPE_REG_WHILE_RESIDENT, "GICR_VPROPBASER")
            return
        self.vpropbaser = merge(self.vpropbaser, value, mask & (_PROP_V41 if self._direct.v41 else _PROP_V40))

    def bind(self, reads: dict[str, Read], writes: dict[str, Write]) -> None:
        """The registers of VLPI_base."""
        reads["GICR_VPROPBASER"] = lambda _: self.vpropbaser
        reads["GICR_VPENDBASER"] = lambda _: self.read_vpendbaser()
        writes["GICR_VPROPBASER"] = lambda _, value, mask: self.write_vpropbaser(value, mask)
        writes["GICR_VPENDBASER"] = lambda _, value, mask: self.write_vpendbaser(value, mask)
        if self._direct.v41:
            self._bind_invalidate(reads, writes)
        if self._direct.sgis:
            reads["GICR_VSGIPENDR"] = lambda _: self.query_answer | (self.query >= 0) << 31
            writes["GICR_VSGIR"] = lambda _, value, mask: self.ask_sgis(value & 0xFFFF)

    def _bind_invalidate(self, reads: dict[str, Read], writes: dict[str, Write]) -> None:
        """GICR_INVLPIR and GICR_INVALLR, which GICv4.1 always has: with V = 1 they are about a vPE's virtual LPIs."""
        r = self._r

        def invalidate(_: int, value: int, mask: int) -> None:
            value &= mask
            if value >> 63:
                self.invalidate(value >> 32 & 0xFFFF, 0, value & 0xFFFF_FFFF)
            else:
                r.lpi.invalidate(value & 0xFFFF_FFFF)
            r.direct_busy = True
            r.update()

        def invalidate_all(_: int, value: int, mask: int) -> None:
            value &= mask
            if value >> 63:
                self.invalidate(value >> 32 & 0xFFFF, 0, None)
            else:
                r.lpi.invalidate_all()
            r.direct_busy = True
            r.update()

        writes["GICR_INVLPIR"], writes["GICR_INVALLR"] = invalidate, invalidate_all
        reads["GICR_SYNCR"] = lambda _: r.direct_busy
