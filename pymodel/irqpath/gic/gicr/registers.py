"""The registers of GICR (RD_base and SGI_base) tied to the state of a `Redistributor` (IHI 0069 12, GICR_*)."""

from __future__ import annotations

from collections.abc import Mapping

from irqpath.config.sizes import GicConfig
from irqpath.core.errors import ArchError
from irqpath.gic.common.frame import Bindings, Read, Write, component_id, merge
from irqpath.gic.gicr.host import RedistributorHost
from irqpath.gic.gicr.lpi import PTZ
from irqpath.gic.gicr.secure_registers import secure_registers
from irqpath.regs import GICR

_DPG = 0b11 << 24  # DPG0, DPG1NS; DPG1S has no meaning with one Security state


def registers(
    r: RedistributorHost, config: GicConfig, more_reads: Mapping[str, Read], more_writes: Mapping[str, Write]
) -> Bindings:
    """Readers, writers, constants and RAZ/WI registers of `r`; `more_reads`, `more_writes`: those that its GICv4 part has."""
    reads: dict[str, Read] = {}
    writes: dict[str, Write] = {}
    fixed = {"GICR_IIDR": config.iidr, "GICR_TYPER": config.gicr_typer(r.pe), "GICR_PIDR2": config.pidr2, **component_id(GICR)}
    _control(r, config, reads, writes)
    _private(r, reads, writes)
    if config.lpis:
        _lpi_tables(r, reads, writes)
    if config.lpis and (config.direct_lpi or config.invlpir_without_rvpeid):
        _invalidate(r, writes)
        reads["GICR_SYNCR"] = lambda _: r.direct_busy
    if config.lpis and config.direct_lpi:
        _direct(r, writes)
    if r.policy.power_register:
        _power(r, reads, writes)
    if config.security_or_extended:
        secure_registers(r, config, reads, writes)
    reads.update(more_reads)
    writes.update(more_writes)
    zero = {register.name for register in r.frame.registers} - reads.keys() - writes.keys() - fixed.keys()
    return reads, writes, fixed, frozenset(zero)


def _control(r: RedistributorHost, config: GicConfig, reads: dict[str, Read], writes: dict[str, Write]) -> None:
    constant = config.lpis * (config.lpi_disable << 1 | config.invlpir_without_rvpeid << 2)

    def read_ctlr(_: int) -> int:
        rwp = r.rwp or r.dist.dpg_outstanding or r.lpi.flushing
        return r.lpi.enabled | constant | rwp << 3 | (r.dist.dpg & 1) << 24 | (r.dist.dpg >> 1 & 1) << 25

    def write_ctlr(_: int, value: int, mask: int) -> None:
        if config.one_of_n:
            r.dist.write_dpg(merge(r.dist.dpg << 24, value, mask) >> 24 & 3 | r.dist.dpg & 4)
        if config.lpis and mask & 1:
            _enable_lpis(r, bool(value & 1), config)
        r.update()

    reads["GICR_CTLR"], writes["GICR_CTLR"] = read_ctlr, write_ctlr
    razwi = r.policy.waker_razwi
    reads["GICR_WAKER"] = lambda _: 0 if razwi else r.waker.processor_sleep << 1 | r.waker.children_asleep() << 2
    writes["GICR_WAKER"] = lambda _, value, mask: None if razwi else r.waker.write(bool(value & 2))


def _power(r: RedistributorHost, reads: dict[str, Read], writes: dict[str, Write]) -> None:
    """GICR_PWRR of a GIC-600: a group is one Redistributor here, so its state follows at once. Powering down is for a PE that
    sleeps; otherwise it is ignored."""

    def write(_: int, value: int, mask: int) -> None:
        if not value & 1:
            r.waker.powered_off = False
        elif r.waker.children_asleep() and r.waker.processor_sleep:
            r.waker.powered_off = True

    reads["GICR_PWRR"] = lambda _: 0b1101 * r.waker.powered_off
    writes["GICR_PWRR"] = write


def _enable_lpis(r: RedistributorHost, enable: bool, config: GicConfig) -> None:
    if enable and r.lpi.flushing:  # UNPREDICTABLE until RWP reads 0 (R31): reported and ignored
        r.report(ArchError.LPI_REG_WHILE_ENABLED, "GICR_CTLR.EnableLPIs set again")
    elif enable and not r.lpi.enabled:
        r.lpi.enable()
    elif not enable and r.lpi.enabled and config.lpi_disable:
        r.lpi.disable()


def _private(r: RedistributorHost, reads: dict[str, Read], writes: dict[str, Write]) -> None:
    """SGIs and PPIs: the SGI_base frame."""
    bank = r.bank

    def after(changed: int) -> None:
        if changed:
            r.update()

    def disable(_: int, value: int, mask: int) -> None:
        if bank.disable_bits(0, value & mask):
            r.rwp = True  # R21: until nothing disabled is held or on its way
            r.update()

    reads["GICR_IGROUPR0"] = lambda _: bank.group
    writes["GICR_IGROUPR0"] = lambda _, value, mask: after(bank.write_group(0, value, mask))
    reads["GICR_ISENABLER0"] = reads["GICR_ICENABLER0"] = lambda _: bank.enable
    writes["GICR_ISENABLER0"] = lambda _, value, mask: after(bank.enable_bits(0, value & mask))
    writes["GICR_ICENABLER0"] = disable
    reads["GICR_ISPENDR0"] = reads["GICR_ICPENDR0"] = lambda _: bank.pending
    writes["GICR_ISPENDR0"] = lambda _, value, mask: after(bank.pend_bits(0, value & mask))
    writes["GICR_ICPENDR0"] = lambda _, value, mask: after(bank.unpend_bits(0, value & mask))
    reads["GICR_ISACTIVER0"] = reads["GICR_ICACTIVER0"] = lambda _: bank.active
    writes["GICR_ISACTIVER0"] = lambda _, value, mask: after(bank.activate_bits(0, value & mask))
    writes["GICR_ICACTIVER0"] = lambda _, value, mask: after(bank.deactivate_bits(0, value & mask))
    reads["GICR_IPRIORITYR"] = bank.read_priority
    writes["GICR_IPRIORITYR"] = lambda n, value, mask: after(bank.write_priority(n, value, mask))
    reads["GICR_ICFGR0"] = lambda _: bank.read_config(0)
    reads["GICR_ICFGR1"] = lambda _: bank.read_config(1)
    writes["GICR_ICFGR1"] = lambda _, value, mask: after(r.configure(bank, 1, value, mask))


def _lpi_tables(r: RedistributorHost, reads: dict[str, Read], writes: dict[str, Write]) -> None:
    prop_bits = GICR.register("GICR_PROPBASER").write_mask
    pend_bits = GICR.register("GICR_PENDBASER").write_mask
    lpi = r.lpi

    def changeable(name: str) -> bool:
        """UNPREDICTABLE while LPIs are enabled or on their way out (R31): reported and ignored."""
        if lpi.enabled or lpi.flushing:
            r.report(ArchError.LPI_REG_WHILE_ENABLED, name)
            return False
        return True

    def write_prop(_: int, value: int, mask: int) -> None:
        if changeable("GICR_PROPBASER"):
            lpi.propbaser = merge(lpi.propbaser, value, mask & prop_bits)

    def write_pend(_: int, value: int, mask: int) -> None:
        if changeable("GICR_PENDBASER"):
            lpi.pendbaser = merge(lpi.pendbaser, value, mask & (pend_bits | PTZ))

    reads["GICR_PROPBASER"], writes["GICR_PROPBASER"] = lambda _: lpi.propbaser, write_prop
    reads["GICR_PENDBASER"], writes["GICR_PENDBASER"] = lambda _: lpi.pendbaser & ~PTZ, write_pend  # R28


def _direct(r: RedistributorHost, writes: dict[str, Write]) -> None:
    """LPIs without an ITS. A write is carried out at once; GICR_SYNCR.Busy holds until the CPU interface follows."""

    def set_lpi(_: int, value: int, mask: int) -> None:
        r.lpi.set_pending(value & mask & 0xFFFF_FFFF)
        r.update()

    def clear_lpi(_: int, value: int, mask: int) -> None:
        r.lpi.clear_pending(value & mask & 0xFFFF_FFFF)
        r.direct_busy = True
        r.update()

    writes["GICR_SETLPIR"], writes["GICR_CLRLPIR"] = set_lpi, clear_lpi


def _invalidate(r: RedistributorHost, writes: dict[str, Write]) -> None:
    """GICR_INVLPIR and GICR_INVALLR, with direct LPIs or GICR_CTLR.IR (R32)."""

    def invalidate(_: int, value: int, mask: int) -> None:
        r.lpi.invalidate(value & mask & 0xFFFF_FFFF)
        r.direct_busy = True
        r.update()

    def invalidate_all(_: int, value: int, mask: int) -> None:
        r.lpi.invalidate_all()
        r.direct_busy = True
        r.update()

    writes["GICR_INVLPIR"], writes["GICR_INVALLR"] = invalidate, invalidate_all
