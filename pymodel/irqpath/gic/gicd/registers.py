"""The registers of GICD tied to the state of a `Distributor` (IHI 0069 12, GICD_*; one Security state, affinity routing on)."""

from __future__ import annotations

from irqpath.config.sizes import GicConfig
from irqpath.gic.common.frame import Bindings, Read, Write, component_id, merge
from irqpath.gic.gicd.host import DistributorHost
from irqpath.gic.gicd.secure_registers import secure_registers
from irqpath.regs import GICD

_ARE_DS = 1 << 4 | 1 << 6  # RAO/WI: no legacy operation, one Security state
_NASSGIREQ = 1 << 8
_RWP = 1 << 31


def registers(d: DistributorHost, config: GicConfig) -> Bindings:
    """Readers, writers, constants and RAZ/WI registers of `d`."""
    reads: dict[str, Read] = {}
    writes: dict[str, Write] = {}
    fixed = {
        "GICD_TYPER": config.gicd_typer,
        "GICD_IIDR": config.iidr,
        "GICD_TYPER2": config.gicd_typer2,
        "GICD_PIDR2": config.pidr2,
        **component_id(GICD),
    }
    _control(d, config, reads, writes)
    _bits(d, reads, writes)
    _route(d, config, reads, writes)
    if config.message_spis:
        _messages(d, writes)
    if config.security_or_extended:
        secure_registers(d, config, reads, writes)
    zero = {register.name for register in d.frame.registers} - reads.keys() - writes.keys() - fixed.keys()
    return reads, writes, fixed, frozenset(zero)


def _control(d: DistributorHost, config: GicConfig, reads: dict[str, Read], writes: dict[str, Write]) -> None:
    def write_ctlr(_: int, value: int, mask: int) -> None:
        if d.nassgicap and not d.enables:
            d.write_nassgi(bool(value & _NASSGIREQ))  # R61: only while the groups are disabled
        if config.one_of_n and d.e1nwf != value >> 7 & 1:
            d.e1nwf = value >> 7 & 1
            d.update()
        d.write_enables(value & 3 if not one_enable else 3 if value & 2 else 0)

    one_enable = d.policy.one_group_enable
    shown = 2 if one_enable else 3
    reads["GICD_CTLR"] = lambda _: d.enables & shown | _ARE_DS | d.e1nwf << 7 | d.nassgi << 8 | d.rwp << 31
    writes["GICD_CTLR"] = write_ctlr


def _bits(d: DistributorHost, reads: dict[str, Read], writes: dict[str, Write]) -> None:
    """The arrays with one, two or eight bits an SPI; their first 32 interrupts live in GICR and are RAZ/WI here."""
    bank = d.bank

    def disable(n: int, value: int, mask: int) -> None:
        changed = bank.disable_bits(n, value & mask)
        if changed:
            d.rwp = True  # R21: until nothing disabled is held or on its way
            d.changed(changed)

    reads["GICD_IGROUPR"] = lambda n: bank.word(bank.group, n)
    writes["GICD_IGROUPR"] = lambda n, value, mask: d.changed(bank.write_group(n, value, mask))
    reads["GICD_ISENABLER"] = reads["GICD_ICENABLER"] = lambda n: bank.word(bank.enable, n)
    writes["GICD_ISENABLER"] = lambda n, value, mask: d.changed(bank.enable_bits(n, value & mask))
    writes["GICD_ICENABLER"] = disable
    reads["GICD_ISPENDR"] = reads["GICD_ICPENDR"] = lambda n: bank.word(bank.pending, n)
    writes["GICD_ISPENDR"] = lambda n, value, mask: d.changed(bank.pend_bits(n, value & mask))
    writes["GICD_ICPENDR"] = lambda n, value, mask: d.changed(bank.unpend_bits(n, value & mask))
    reads["GICD_ISACTIVER"] = reads["GICD_ICACTIVER"] = lambda n: bank.word(bank.active, n)
    writes["GICD_ISACTIVER"] = lambda n, value, mask: d.changed(bank.activate_bits(n, value & mask))
    writes["GICD_ICACTIVER"] = lambda n, value, mask: d.changed(bank.deactivate_bits(n, value & mask))
    reads["GICD_IPRIORITYR"] = bank.read_priority
    writes["GICD_IPRIORITYR"] = lambda n, value, mask: d.changed(bank.write_priority(n, value, mask))
    reads["GICD_ICFGR"] = bank.read_config
    writes["GICD_ICFGR"] = lambda n, value, mask: d.changed(d.configure(bank, n, value, mask))


def _route(d: DistributorHost, config: GicConfig, reads: dict[str, Read], writes: dict[str, Write]) -> None:
    """GICD_IROUTER<n>: Aff3, Interrupt_Routing_Mode, Aff2, Aff1, Aff0 (R20)."""
    kept = 0xFF_FFFF | config.aff3_valid * 0xFF << 32 | config.one_of_n << 31

    def read(n: int) -> int:
        return d.route[n] if n < len(d.route) else 0

    def write(n: int, value: int, mask: int) -> None:
        if n < len(d.route):
            d.route[n] = merge(d.route[n], value, mask & kept)
            d.chosen.pop(n, None)
            d.changed(1 << n)

    reads["GICD_IROUTER"], writes["GICD_IROUTER"] = read, write


def _messages(d: DistributorHost, writes: dict[str, Write]) -> None:
    """Message-based SPIs; with one Security state the Secure aliases are WI (IHI 0069 GICD_SETSPI_SR)."""
    bank = d.bank

    def spi(value: int) -> int:
        """The SPI or extended SPI that a message names, as a bit; 0 if this GIC has no such."""
        return 1 << (value & 0x1FFF) & bank.valid

    def set_spi(_: int, value: int, mask: int) -> None:
        bit = spi(value)
        if bank.edge & bit:
            bank.latch |= bit
        else:
            bank.message |= bit
        d.changed(bit)

    def clear_spi(_: int, value: int, mask: int) -> None:
        bit = spi(value)
        bank.latch &= ~bit
        bank.message &= ~bit
        d.changed(bit)

    writes["GICD_SETSPI_NSR"], writes["GICD_CLRSPI_NSR"] = set_spi, clear_spi
