"""The memory-mapped CPU interface of one PE (GICC_*; IHI 0048 4.4), with the virtual one inside where there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from irqpath.config.sizes import FIRST_SPECIAL, SPURIOUS
from irqpath.core.errors import ArchError
from irqpath.core.state import Int, Many, Part, Schema, Shape, Stateful, Tuple, Vector, bits
from irqpath.gic.common.bits import ones
from irqpath.gic.common.offer import Candidate
from irqpath.gic.gicc.virtual_interface import VirtualInterface
from irqpath.gic.gicv2.distributor import Gicv2Distributor

#: GICC_IAR when the interrupt belongs to the other register
OTHER_GROUP: Final = 1022
IDLE_PRIORITY: Final = 0xFF

#: GICC_CTLR as Secure software, or software without security, sees it
ACKCTL, FIQEN, CBPR, EOIMODE_S, EOIMODE_NS = 1 << 2, 1 << 3, 1 << 4, 1 << 9, 1 << 10
_BYPASS: Final = 0xF << 5


class Gicv2Cpu(Stateful):
    """GICC of PE `pe`. `ctlr`: GICC_CTLR with all bits; `ap` by group; `acked`: acknowledged (INTID, source), newest last, for
    findings. It is also the `VirtualHost` of its virtual interface."""

    __slots__ = (
        "_report",
        "acked",
        "ap",
        "bpr",
        "ctlr",
        "dist",
        "lines",
        "pe",
        "pmr",
        "prebits",
        "priority_mask",
        "running",
        "virtual",
        "virtual_lines",
    )

    def __init__(self, pe: int, dist: Gicv2Distributor, report: Callable[[ArchError, str], None]) -> None:
        config = dist.config
        self.pe = pe
        self.dist = dist
        self._report = report
        self.prebits = min(config.priority_bits, 7)
        self.priority_mask = 0xFF & ~((1 << (8 - config.priority_bits)) - 1)
        self.virtual = None if config.virtual is None else VirtualInterface(config.virtual, dist.policy, self)
        self.lines = [0, 0]
        self.virtual_lines = [0, 0, 0]
        self.reset()

    def reset(self) -> None:
        """As after a reset; the lines follow at the next update."""
        self.ctlr = 0
        self.pmr = 0
        self.bpr = [7 - self.prebits, 8 - self.prebits]
        self.ap = [0, 0]
        self.running = IDLE_PRIORITY
        self.acked: list[tuple[int, int]] = []
        if self.virtual is not None:
            self.virtual.reset()

    def schema(self) -> Schema:
        """The registers, and the virtual interface."""
        virtual: dict[str, Shape | Part] = {} if self.virtual is None else {"virtual": Part()}
        return virtual | {
            "ctlr": bits(11),
            "pmr": bits(8),
            "bpr": Many(Int(8), 2),
            "ap": Many(Vector((1 << (1 << self.prebits)) - 1), 2),
            "running": bits(8),
            "acked": Many(Tuple((bits(10), bits(3)))),
            "lines": Many(Int(1), 2),
            "virtual_lines": Many(Int(1), 3),
        }

    # --- VirtualHost ----------------------------------------------------------------------------------------------------

    def deactivate_physical(self, intid: int) -> None:
        """Of a List register with HW = 1 (R52)."""
        self.dist.deactivate(intid, self.pe)

    def activate_offered(self, intid: int) -> None:
        """A GICv2 is offered no virtual interrupts."""
        raise AssertionError(intid)

    def report(self, error: ArchError, detail: str = "") -> None:
        """Announce a finding."""
        self._report(error, f"PE {self.pe}, {detail}")

    # --- what the architecture derives ----------------------------------------------------------------------------------

    @property
    def ctlr_mask(self) -> int:
        """Writable bits of GICC_CTLR; AckCtl is RAZ/WI in GICv3's legacy operation (R80)."""
        config = self.dist.config
        mask = 3 | FIQEN | CBPR | _BYPASS | EOIMODE_S
        return mask | (not config.v3) * ACKCTL | config.security * EOIMODE_NS

    def group_mask(self, group: int) -> int:
        """Bits of a priority that make the group priority."""
        if group == 0 or self.ctlr & CBPR:
            return (0xFF << (self.bpr[0] + 1)) & 0xFF
        return (0xFF << self.bpr[1]) & 0xFF

    def best(self) -> Candidate | None:
        """The highest priority pending interrupt that the Distributor forwards. By the Policy, one of a disabled group hides
        others."""
        enables = self.dist.enables
        if self.dist.policy.disabled_group_blocks:
            return self.dist.best(self.pe, 3)
        return self.dist.best(self.pe, enables & self.ctlr & 3)

    def signalled(self, best: Candidate | None) -> bool:
        """Whether `best` is signalled to the PE (IHI 0048 3.3, 3.9)."""
        if best is None:
            return False
        priority, _, group = best
        if not (self.dist.enables & self.ctlr) >> group & 1 or priority >= self.pmr:
            return False
        mask = 0xFF if self.dist.policy.gicv2_compares_whole_priority else self.group_mask(group)
        return (priority & mask) < self.running

    def levels(self) -> list[int]:
        """nIRQ and nFIQ, 1 = asserted: Group 0 signals FIQ where FIQEn says so."""
        best = self.best()
        if not self.signalled(best):
            return [0, 0]
        assert best is not None  # signalled
        fiq = int(best[2] == 0 and bool(self.ctlr & FIQEN))
        return [1 - fiq, fiq]

    def _update_running(self) -> None:
        active = self.ap[0] | self.ap[1]
        self.running = ((active & -active).bit_length() - 1) << (8 - self.prebits) if active else IDLE_PRIORITY

    def write_ap(self, group: int, first: int, value: int) -> None:
        """32 of the active priorities, from level `first` on."""
        levels = (1 << (1 << self.prebits)) - 1
        self.ap[group] = (self.ap[group] & ~(0xFFFF_FFFF << first) | (value & 0xFFFF_FFFF) << first) & levels
        self._update_running()

    # --- acknowledge, end, deactivate -----------------------------------------------------------------------------------

    def peek(self, secure: bool) -> int:
        """What a read of GICC_HPPIR gives, without the source of an SGI."""
        best = self.best()
        if best is None:
            return SPURIOUS
        return self._visible(best, secure)

    def _visible(self, best: Candidate, secure: bool) -> int:
        """INTID of `best`, or the special one that a read of this Security state gets for an interrupt of the other group."""
        if best[2] == 0:
            return best[1] if secure else SPURIOUS
        return best[1] if not secure or self.ctlr & ACKCTL else OTHER_GROUP

    def read_hppir(self, secure: bool) -> int:
        """GICC_HPPIR, with an SGI's source."""
        best = self.best()
        intid = self.peek(secure)
        if best is not None and intid == best[1] and intid < 16:
            return next(ones(self.dist.sources[self.pe][intid]), 0) << 10 | intid
        return intid

    def read_iar(self, secure: bool) -> int:
        """GICC_IAR (`secure`: also of a GICv2 without security) or GICC_AIAR (not `secure`)."""
        best = self.best()
        if not self.signalled(best):
            return SPURIOUS
        assert best is not None  # signalled
        intid = self._visible(best, secure)
        if intid in (OTHER_GROUP, SPURIOUS):
            return intid
        group = best[2]
        self.ap[group] |= 1 << ((best[0] & self.group_mask(group)) >> (8 - self.prebits))
        self._update_running()
        source = self.dist.acknowledge(intid, self.pe)
        self.acked.append((intid, source))
        return source << 10 | intid

    def write_eoir(self, value: int, secure: bool, *, aliased: bool = False) -> None:
        """GICC_EOIR or GICC_AEOIR: priority drop, and deactivation where EOImode is 0 (R17: the value is what was read)."""
        intid, source = value & 0x3FF, value >> 10 & 7
        if intid >= FIRST_SPECIAL or intid > self.dist.config.last_spi:
            return
        active = self.ap[0] | self.ap[1]
        if not active:
            self.report(ArchError.EOIR_NOT_ACTIVE, f"INTID {intid}")
            return
        group = self.dist.bank_of(intid, self.pe).group >> intid & 1
        if group == 0 and not secure:
            self.report(ArchError.EOIR_WRONG_GROUP, f"INTID {intid}, {'GICC_AEOIR' if aliased else 'Non-secure GICC_EOIR'}")
            return
        if not self.acked or self.acked[-1] != (intid, source):
            self.report(ArchError.EOIR_WRONG_INTID, f"INTID {intid}, source {source}")
        self.acked = [entry for entry in self.acked if entry != (intid, source)]
        bit = active & -active
        self.ap[0 if self.ap[0] & bit else 1] &= ~bit
        self._update_running()
        if not self.ctlr & self._eoimode(secure):
            self.dist.deactivate(intid, self.pe)

    def _eoimode(self, secure: bool) -> int:
        return EOIMODE_S if secure or not self.dist.config.security else EOIMODE_NS

    def write_dir(self, value: int, secure: bool) -> None:
        """GICC_DIR: deactivate, only with EOImode 1 (R15)."""
        intid = value & 0x3FF
        if intid > self.dist.config.last_spi:
            return
        if not self.ctlr & self._eoimode(secure):
            self.report(ArchError.DIR_WITHOUT_EOIMODE, f"INTID {intid}")
        elif secure or self.dist.bank_of(intid, self.pe).group >> intid & 1:
            self.dist.deactivate(intid, self.pe)
