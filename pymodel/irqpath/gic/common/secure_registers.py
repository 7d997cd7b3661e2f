"""GICD and GICR registers of a GIC with two Security states (DS = 0), with extended SPIs and PPIs, or with superpriority: the
arrays of `distributor_registers` and `redistributor_registers` again, as the access's Security state sees them (IHI 0069 4.6,
4.8, 12; R2 to R6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from irqpath.config.sizes import FIRST_EPPI, FIRST_ESPI, GicConfig
from irqpath.gic.common import security
from irqpath.gic.common.bank import Bank
from irqpath.gic.common.bits import icfgr_from_edges
from irqpath.gic.common.frame import FrameBlock, Read, Write, merge

if TYPE_CHECKING:
    from irqpath.gic.gicd.distributor import Distributor
    from irqpath.gic.gicr.redistributor import Redistributor

_WORD: Final = 0xFFFF_FFFF
_ARE_NS, _ARE_BOTH = 1 << 4, 3 << 4
_NASSGIREQ = 1 << 8

#: (word, level of NSACR) -> interrupts of the word that the access may touch.
Allowed: TypeAlias = Callable[[int, int], int]
Changed: TypeAlias = Callable[[int], None]


class _Arrays:
    """The arrays over one bank. `first`: word of the array's element 0; `suffix`: "E" for extended ranges."""

    def __init__(
        self, block: FrameBlock, prefix: str, suffix: str, first: int, bank: Bank, allowed: Allowed, changed: Changed
    ) -> None:
        self._block = block
        self._prefix, self._suffix, self._first = prefix, suffix, first
        self._bank, self._allowed, self._changed = bank, allowed, changed
        self.reads: dict[str, Read] = {}
        self.writes: dict[str, Write] = {}

    def _name(self, name: str) -> str:
        return f"{self._prefix}_{name}{self._suffix}"

    def state(self, names: tuple[str, ...], state: str, level: int = 0) -> None:
        """Registers that show one bit an interrupt; `level` of NSACR that lets Non-secure software see hidden ones."""

        def read(n: int) -> int:
            word = self._first + n
            return self._bank.word(getattr(self._bank, state), word) & self._allowed(word, level)

        for name in names:
            self.reads[self._name(name)] = read

    def change(self, name: str, method: str, level: int = 0, then: Changed | None = None) -> None:
        """A register that sets or clears bits."""

        def write(n: int, value: int, mask: int) -> None:
            word = self._first + n
            bits = getattr(self._bank, method)(word, value & mask & self._allowed(word, level))
            if bits:
                (then or self._changed)(bits)

        self.writes[self._name(name)] = write

    def secure_only(self, name: str, state: str) -> None:
        """IGROUPR and IGRPMODR: Secure software's."""

        def read(n: int) -> int:
            word = self._first + n
            return self._bank.word(getattr(self._bank, state), word) if self._allowed(word, -1) else 0

        def write(n: int, value: int, mask: int) -> None:
            word = self._first + n
            if self._allowed(word, -1):
                self._changed(self._bank.write_bits(state, word, value, mask))

        self.reads[self._name(name)], self.writes[self._name(name)] = read, write

    def superpriority(self, name: str) -> None:
        """INMIR: as other state, hidden interrupts RAZ/WI; those of Group 0 are RES0."""
        self.state((name,), "superior")

        def write(n: int, value: int, mask: int) -> None:
            word = self._first + n
            bank = self._bank
            group1 = bank.word(bank.group | bank.grpmod, word)
            self._changed(bank.write_bits("nmi", word, value, mask & self._allowed(word, 0) & group1))

        self.writes[self._name(name)] = write

    def priorities(self) -> None:
        """IPRIORITYR (R2)."""

        def read(n: int) -> int:
            at = 8 * self._first + n
            if self._allowed(at // 8, -1):
                return self._bank.read_priority(at)
            return security.read_priorities(self._bank, at)

        def write(n: int, value: int, mask: int) -> None:
            at = 8 * self._first + n
            if self._allowed(at // 8, -1):
                self._changed(self._bank.write_priority(at, value, mask))
            else:
                self._changed(security.write_priorities(self._bank, at, value, mask))

        self.reads[self._name("IPRIORITYR")], self.writes[self._name("IPRIORITYR")] = read, write

    def triggers(self, names: tuple[str, ...] = ("ICFGR",), first: int = 0, *, whole: bool = False) -> None:
        """ICFGR, two bits an interrupt. `whole`: registers of one element each, from word `first` on."""

        def mask_of(at: int) -> int:
            allowed = self._allowed(at // 2, 0) >> 16 * (at % 2)
            return _WORD if allowed & 0xFFFF == 0xFFFF else sum(3 << 2 * k for k in range(16) if allowed >> k & 1)

        for offset, name in enumerate(names):
            base = 2 * self._first + (first + offset if whole else 0)

            def read(n: int, base: int = base) -> int:
                return self._bank.read_config(base + n) & mask_of(base + n)

            def write(n: int, value: int, mask: int, base: int = base) -> None:
                self._changed(self._block.configure(self._bank, base + n, value, mask & mask_of(base + n)))

            self.reads[self._name(name)], self.writes[self._name(name)] = read, write

    def all(self, disabled: Changed, suffix: str = "") -> None:
        """Every array with one bit an interrupt; `disabled` is told what ICENABLER disabled; `suffix`: "0" in a Redistributor."""
        e = suffix
        self.state((f"ISENABLER{e}", f"ICENABLER{e}"), "enable")
        self.change(f"ISENABLER{e}", "enable_bits")
        self.change(f"ICENABLER{e}", "disable_bits", then=disabled)
        self.state((f"ISPENDR{e}",), "pending", security.SET_PENDING)
        self.state((f"ICPENDR{e}",), "pending", security.CLEAR_PENDING)
        self.change(f"ISPENDR{e}", "pend_bits", security.SET_PENDING)
        self.change(f"ICPENDR{e}", "unpend_bits", security.CLEAR_PENDING)
        self.state((f"ISACTIVER{e}", f"ICACTIVER{e}"), "active", security.CLEAR_PENDING)
        self.change(f"ISACTIVER{e}", "activate_bits")
        self.change(f"ICACTIVER{e}", "deactivate_bits")
        self.secure_only(f"IGROUPR{e}", "group")


def distributor(d: Distributor, config: GicConfig, reads: dict[str, Read], writes: dict[str, Write]) -> None:
    """Replace the handlers of GICD's arrays, and add those of extended SPIs and superpriority."""
    bank = d.bank

    def is_secure() -> bool:
        return not config.security or d.request.secure

    def allowed(n: int, level: int) -> int:
        if is_secure():
            return _WORD
        if level < 0:
            return 0
        return security.visible(bank, n) | (security.granted(d.nsacr, n, level) if level else 0)

    def disabled(bits: int) -> None:
        d.rwp = True
        d.changed(bits)

    for suffix, first in (("", 0), *([("E", FIRST_ESPI // 32)] if config.espis else [])):
        arrays = _Arrays(d, "GICD", suffix, first, bank, allowed, d.changed)
        arrays.all(disabled)
        arrays.priorities()
        arrays.triggers()
        if config.security:
            arrays.secure_only("IGRPMODR", "grpmod")
        if config.nmi:
            arrays.superpriority("INMIR")
        reads.update(arrays.reads)
        writes.update(arrays.writes)
        _routes(d, config, f"GICD_IROUTER{suffix}", FIRST_ESPI if suffix else 0, allowed, reads, writes)
        if config.security:
            _access_control(d, f"GICD_NSACR{suffix}", 2 * first, is_secure, reads, writes)
    if config.security:
        _control(d, config, is_secure, reads, writes)
        _messages(d, config, is_secure, allowed, writes)


def _routes(
    d: Distributor,
    config: GicConfig,
    name: str,
    base: int,
    allowed: Allowed,
    reads: dict[str, Read],
    writes: dict[str, Write],
) -> None:
    kept = 0xFF_FFFF | config.aff3_valid * 0xFF << 32 | config.one_of_n << 31

    def may(intid: int) -> bool:
        return intid < len(d.route) and bool(allowed(intid // 32, security.ROUTE) >> intid % 32 & 1)

    def read(n: int) -> int:
        return d.route[base + n] if may(base + n) else 0

    def write(n: int, value: int, mask: int) -> None:
        intid = base + n
        if may(intid) and d.bank.valid >> intid & 1:
            d.route[intid] = merge(d.route[intid], value, mask & kept)
            d.chosen.pop(intid, None)
            d.changed(1 << intid)

    reads[name], writes[name] = read, write


def _access_control(
    d: Distributor, name: str, first: int, is_secure: Callable[[], bool], reads: dict[str, Read], writes: dict[str, Write]
) -> None:
    """GICD_NSACR: Secure software's; SGIs and PPIs have theirs in GICR."""

    def write(n: int, value: int, mask: int) -> None:
        if is_secure() and first + n > 1:
            # fields of SPIs that do not exist are RES0
            there = icfgr_from_edges(d.bank.valid >> 16 * (first + n) & 0xFFFF)
            d.nsacr[first + n] = merge(d.nsacr[first + n], value, mask & (there | there >> 1))

    reads[name] = lambda n: d.nsacr[first + n] if is_secure() else 0
    writes[name] = write


def _control(
    d: Distributor, config: GicConfig, is_secure: Callable[[], bool], reads: dict[str, Read], writes: dict[str, Write]
) -> None:
    """GICD_CTLR: EnableGrp0, EnableGrp1NS, EnableGrp1S, or what Non-secure software has of it; affinity routing is fixed."""

    def read(_: int) -> int:
        if not is_secure():
            return d.enables & 2 | _ARE_NS | d.rwp << 31
        return d.enables | _ARE_BOTH | d.e1nwf << 7 | d.nassgi << 8 | d.rwp << 31

    def write(_: int, value: int, mask: int) -> None:
        if not is_secure():
            d.write_enables(d.enables & ~2 | value & 2)
            return
        if d.nassgicap and not d.enables:
            d.write_nassgi(bool(value & _NASSGIREQ))
        if config.one_of_n and d.e1nwf != value >> 7 & 1:
            d.e1nwf = value >> 7 & 1
            d.update()
        d.write_enables(value & 7)

    reads["GICD_CTLR"], writes["GICD_CTLR"] = read, write


def _messages(
    d: Distributor, config: GicConfig, is_secure: Callable[[], bool], allowed: Allowed, writes: dict[str, Write]
) -> None:
    """GICD_SETSPI_NSR and its like: a Non-secure one reaches Secure SPIs where NSACR grants it; the Secure ones are Secure's."""
    if not config.message_spis:
        return
    bank = d.bank

    def spi(value: int, level: int) -> int:
        intid = value & 0x1FFF
        return 1 << intid & bank.valid if allowed(intid // 32, level) >> intid % 32 & 1 else 0

    def set_spi(bit: int) -> None:
        if bank.edge & bit:
            bank.latch |= bit
        else:
            bank.message |= bit
        d.changed(bit)

    def clear_spi(bit: int) -> None:
        bank.latch &= ~bit
        bank.message &= ~bit
        d.changed(bit)

    def bind(name: str, action: Changed, level: int, secure: bool) -> None:
        def write(_: int, value: int, mask: int) -> None:
            if not secure or is_secure():
                action(spi(value, level))

        writes[name] = write

    for secure, end in ((False, "NSR"), (True, "SR")):
        bind(f"GICD_SETSPI_{end}", set_spi, security.SET_PENDING, secure)
        bind(f"GICD_CLRSPI_{end}", clear_spi, security.CLEAR_PENDING, secure)


def redistributor(r: Redistributor, config: GicConfig, reads: dict[str, Read], writes: dict[str, Write]) -> None:
    """Replace the handlers of GICR's arrays, and add those of extended PPIs and superpriority. NSACR grants nothing here (R4)."""
    bank = r.bank

    def is_secure() -> bool:
        return not config.security or r.request.secure

    def allowed(n: int, level: int) -> int:
        if is_secure():
            return _WORD
        return 0 if level < 0 else security.visible(bank, n)

    def changed(bits: int) -> None:
        if bits:
            r.update()

    def disabled(bits: int) -> None:
        r.rwp = True
        changed(bits)

    parts = [(_Arrays(r, "GICR", "", 0, bank, allowed, changed), "0")]
    if config.eppis:
        parts.append((_Arrays(r, "GICR", "E", FIRST_EPPI // 32, bank, allowed, changed), ""))
    for part, digit in parts:
        part.all(disabled, digit)
        part.priorities()
        part.triggers(("ICFGR0", "ICFGR1") if digit else ("ICFGR",), whole=bool(digit))
        if config.security:
            part.secure_only(f"IGRPMODR{digit}", "grpmod")
        if config.nmi:
            part.superpriority(f"INMIR{digit}")
        reads.update(part.reads)
        writes.update(part.writes)
    if config.security:
        _redistributor_control(r, config, is_secure, reads, writes)


def _redistributor_control(
    r: Redistributor, config: GicConfig, is_secure: Callable[[], bool], reads: dict[str, Read], writes: dict[str, Write]
) -> None:
    """GICR_WAKER and GICR_NSACR are Secure software's; of GICR_CTLR's DPG bits Non-secure software has DPG1NS."""
    read_ctlr, write_ctlr = reads["GICR_CTLR"], writes["GICR_CTLR"]
    read_waker, write_waker = reads["GICR_WAKER"], writes["GICR_WAKER"]
    hidden = (1 << 24 | 1 << 26) if config.one_of_n else 0

    def ctlr(n: int) -> int:
        value = read_ctlr(n) | (r.dpg >> 2 & 1) << 26
        return value if is_secure() else value & ~hidden

    def set_ctlr(n: int, value: int, mask: int) -> None:
        if config.one_of_n:
            covered = mask >> 24 & (7 if is_secure() else 2)
            r.write_dpg(merge(r.dpg, value >> 24, covered))
        write_ctlr(n, value & ~(7 << 24) | (r.dpg & 3) << 24, mask)

    def set_waker(n: int, value: int, mask: int) -> None:
        if is_secure():
            write_waker(n, value, mask)

    def set_nsacr(_: int, value: int, mask: int) -> None:
        if is_secure():
            r.nsacr = merge(r.nsacr, value, mask)

    reads["GICR_CTLR"], writes["GICR_CTLR"] = ctlr, set_ctlr
    reads["GICR_WAKER"], writes["GICR_WAKER"] = (lambda n: read_waker(n) if is_secure() else 0), set_waker
    reads["GICR_NSACR"], writes["GICR_NSACR"] = (lambda _: r.nsacr if is_secure() else 0), set_nsacr
