"""The registers of VLPI_base, and those that GICv4.1 has for invalidation (IHI 0069 12, GICR_V*)."""

from __future__ import annotations

from irqpath.gic.common.frame import Read, Write
from irqpath.gic.gicr.host import VlpiHost
from irqpath.gic.gicr.vlpi import VlpiUnit


def vlpi_registers(r: VlpiHost, unit: VlpiUnit, reads: dict[str, Read], writes: dict[str, Write]) -> None:
    """Tie the registers of `r` that are GICv4's to `unit`."""
    table, sgis, gicv4 = unit.table, unit.sgis, unit.gicv4
    reads["GICR_VPROPBASER"] = lambda _: table.vpropbaser
    reads["GICR_VPENDBASER"] = lambda _: unit.read_vpendbaser()
    writes["GICR_VPROPBASER"] = lambda _, value, mask: unit.write_vpropbaser(value, mask)
    writes["GICR_VPENDBASER"] = lambda _, value, mask: unit.write_vpendbaser(value, mask)
    if gicv4.v41:
        _invalidate(r, unit, reads, writes)
    if gicv4.sgis:
        reads["GICR_VSGIPENDR"] = lambda _: sgis.query_response | (sgis.query >= 0) << 31
        writes["GICR_VSGIR"] = lambda _, value, mask: unit.ask_sgis(value & 0xFFFF)


def _invalidate(r: VlpiHost, unit: VlpiUnit, reads: dict[str, Read], writes: dict[str, Write]) -> None:
    """GICR_INVLPIR and GICR_INVALLR, which GICv4.1 always has: with V = 1 they are about a vPE's virtual LPIs."""

    def invalidate(_: int, value: int, mask: int) -> None:
        value &= mask
        if value >> 63:
            unit.invalidate(value >> 32 & 0xFFFF, 0, value & 0xFFFF_FFFF)
        else:
            r.lpi.invalidate(value & 0xFFFF_FFFF)
        r.direct_busy = True
        r.update()

    def invalidate_all(_: int, value: int, mask: int) -> None:
        value &= mask
        if value >> 63:
            unit.invalidate(value >> 32 & 0xFFFF, 0, None)
        else:
            r.lpi.invalidate_all()
        r.direct_busy = True
        r.update()

    writes["GICR_INVLPIR"], writes["GICR_INVALLR"] = invalidate, invalidate_all
    reads["GICR_SYNCR"] = lambda _: r.direct_busy
