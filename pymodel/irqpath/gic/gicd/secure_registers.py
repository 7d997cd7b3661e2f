"""The registers of GICD in a GIC with two Security states (DS = 0), with extended SPIs, or with superpriority: those of
`registers` again, as the access's Security state sees them, and those that are only there (IHI 0069 4.6, 4.8, 12; R2 to R6)."""

from __future__ import annotations

from collections.abc import Callable

from irqpath.config.sizes import FIRST_ESPI, GicConfig
from irqpath.gic.common import security
from irqpath.gic.common.bits import icfgr_from_edges
from irqpath.gic.common.frame import Read, Write, merge
from irqpath.gic.common.secure_arrays import WORD, Allowed, Changed, SecureArrays
from irqpath.gic.gicd.host import DistributorHost

_ARE_NS, _ARE_BOTH = 1 << 4, 3 << 4
_NASSGIREQ = 1 << 8


def secure_registers(d: DistributorHost, config: GicConfig, reads: dict[str, Read], writes: dict[str, Write]) -> None:
    """Replace the handlers of GICD's arrays, and add those of extended SPIs and superpriority."""
    bank = d.bank

    def is_secure() -> bool:
        return not config.security or d.request.secure

    def allowed(n: int, level: int) -> int:
        if is_secure():
            return WORD
        if level < 0:
            return 0
        return security.visible(bank, n) | (security.granted(d.nsacr, n, level) if level else 0)

    def disabled(bits: int) -> None:
        d.rwp = True
        d.changed(bits)

    for suffix, first in (("", 0), *([("E", FIRST_ESPI // 32)] if config.espis else [])):
        arrays = SecureArrays("GICD", suffix, first, bank, allowed, d.changed, d.configure)
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
    d: DistributorHost,
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
    d: DistributorHost, name: str, first: int, is_secure: Callable[[], bool], reads: dict[str, Read], writes: dict[str, Write]
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
    d: DistributorHost, config: GicConfig, is_secure: Callable[[], bool], reads: dict[str, Read], writes: dict[str, Write]
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
    d: DistributorHost, config: GicConfig, is_secure: Callable[[], bool], allowed: Allowed, writes: dict[str, Write]
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
