"""The registers of GICR in a GIC with two Security states (DS = 0), with extended PPIs, or with superpriority: those of
`registers` again, as the access's Security state sees them, and those that are only there (IHI 0069 4.6, 4.8, 12; R2 to R6)."""

from __future__ import annotations

from collections.abc import Callable

from irqpath.config.sizes import FIRST_EPPI, GicConfig
from irqpath.gic.common import security
from irqpath.gic.common.frame import Read, Write, merge
from irqpath.gic.common.secure_arrays import WORD, SecureArrays
from irqpath.gic.gicr.host import RedistributorHost


def secure_registers(r: RedistributorHost, config: GicConfig, reads: dict[str, Read], writes: dict[str, Write]) -> None:
    """Replace the handlers of GICR's arrays, and add those of extended PPIs and superpriority. NSACR grants nothing here (R4)."""
    bank = r.bank

    def is_secure() -> bool:
        return not config.security or r.request.secure

    def allowed(n: int, level: int) -> int:
        if is_secure():
            return WORD
        return 0 if level < 0 else security.visible(bank, n)

    def changed(bits: int) -> None:
        if bits:
            r.update()

    def disabled(bits: int) -> None:
        r.rwp = True
        changed(bits)

    parts = [(SecureArrays("GICR", "", 0, bank, allowed, changed, r.configure), "0")]
    if config.eppis:
        parts.append((SecureArrays("GICR", "E", FIRST_EPPI // 32, bank, allowed, changed, r.configure), ""))
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
        _control(r, config, is_secure, reads, writes)


def _control(
    r: RedistributorHost, config: GicConfig, is_secure: Callable[[], bool], reads: dict[str, Read], writes: dict[str, Write]
) -> None:
    """GICR_WAKER and GICR_NSACR are Secure software's; of GICR_CTLR's DPG bits Non-secure software has DPG1NS."""
    read_ctlr, write_ctlr = reads["GICR_CTLR"], writes["GICR_CTLR"]
    read_waker, write_waker = reads["GICR_WAKER"], writes["GICR_WAKER"]
    hidden = (1 << 24 | 1 << 26) if config.one_of_n else 0

    def ctlr(n: int) -> int:
        value = read_ctlr(n) | (r.dist.dpg >> 2 & 1) << 26
        return value if is_secure() else value & ~hidden

    def set_ctlr(n: int, value: int, mask: int) -> None:
        if config.one_of_n:
            covered = mask >> 24 & (7 if is_secure() else 2)
            r.dist.write_dpg(merge(r.dist.dpg, value >> 24, covered))
        write_ctlr(n, value & ~(7 << 24) | (r.dist.dpg & 3) << 24, mask)

    def set_waker(n: int, value: int, mask: int) -> None:
        if is_secure():
            write_waker(n, value, mask)

    def set_nsacr(_: int, value: int, mask: int) -> None:
        if is_secure():
            r.nsacr = merge(r.nsacr, value, mask)

    reads["GICR_CTLR"], writes["GICR_CTLR"] = ctlr, set_ctlr
    reads["GICR_WAKER"], writes["GICR_WAKER"] = (lambda n: read_waker(n) if is_secure() else 0), set_waker
    reads["GICR_NSACR"], writes["GICR_NSACR"] = (lambda _: r.nsacr if is_secure() else 0), set_nsacr
