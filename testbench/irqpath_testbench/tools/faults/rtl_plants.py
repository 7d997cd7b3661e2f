"""Bugs planted in the Verilog, and how each must be found: the proof that the checks see.

A number is that of a `PLANTED(number)` in hdl/. `scenario` of `path` must fail by a mismatch of `check` on a link whose name ends
with `link`; or, where `check` is `SOFTWARE`, the scenario itself must find it and say `link`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from irqpath_testbench.dut.device import Device

#: The scenario's own check: of what monitors see only as far as the device took it in.
SOFTWARE: Final = "software"


@dataclass(frozen=True, slots=True)
class RtlPlant:
    """One planted bug. `device`: the device that has what it breaks, where the usual one has not."""

    number: int
    file: str
    what: str
    scenario: str
    check: str
    link: str
    path: str = "sgi"
    device: Device = field(default_factory=Device)


_SGI_PLANTS: Final = (
    RtlPlant(1, "gicc.v", "an interrupt of the mask's own priority is signalled", "Preemption", "nothing due", "gicc0.irq"),
    RtlPlant(2, "gicc.v", "the running priority does not hold back", "Preemption", "nothing due", "gicc0.irq"),
    RtlPlant(3, "gicc.v", "ICC_EOIR does not deactivate", "EverySgi", "differs", "stream0.up"),
    RtlPlant(4, "gicc.v", "Clear is acknowledged but ignored", "Crossings", "differs", "gicc0.sys_rsp"),
    RtlPlant(5, "gicc.v", "ICC_BPR1_EL1 takes values below its least", "Preemption", "differs", "sys_rsp"),
    RtlPlant(6, "gicc.v", "ICC_EOIR1 drops all active priorities of Group 1", "Preemption", "differs", "stream0.up"),
    RtlPlant(9, "gicc.v", "ICC_AP1R<n>_EL1 can't be written", "Preemption", "differs", "gicc0.sys_rsp"),
    RtlPlant(10, "gicr_bank.v", "at equal priority the higher INTID wins", "RandomTraffic", "differs", ".down"),
    RtlPlant(11, "gicr.v", "SGI0R reaches SGIs of Group 1", "RandomTraffic", "spurious interrupt", ".down"),
    RtlPlant(12, "gicr.v", "Control is never acknowledged", "EverySgi", "differs", "dist0.up"),
    RtlPlant(13, "gicr_bank.v", "activation does not clear the pending state", "EverySgi", "nothing due", "stream0.down"),
    RtlPlant(14, "gicr_bank.v", "GICR_ISENABLER0 disables what is written 0", "RandomTraffic", "differs", ".down"),
    RtlPlant(15, "gicr.v", "GICR_CTLR.RWP does not cover GICR_ICENABLER0", "Crossings", "differs", "gicr0.rsp"),
    RtlPlant(38, "gicr.v", "a reset forgets that GICR_WAKER went back on a sleep", "Resets", SOFTWARE, "PE 0 was to wake"),
    RtlPlant(41, "gicc.v", "an SGI's RS is sent on though it is RES0", "Ranges", "differs", ".up"),
    RtlPlant(
        42,
        "gicd.v",
        "an SGI's RS counts without GICD_TYPER.RSS",
        "Ranges",
        "differs",
        ".down",
        device=Device(cpu_rss=True),
    ),
    RtlPlant(20, "gicd.v", "IRM=1 reaches the sender too", "RandomTraffic", "spurious delivery", ".down"),
    RtlPlant(21, "gicd.v", "GICD_CTLR.RWP does not cover the group enables", "GroupsWhileBusy", "differs", "gicd.rsp", "lpi"),
    RtlPlant(22, "gicd.v", "an SGI request is never acknowledged", "EverySgi", "differs", "dist0.down"),
    RtlPlant(40, "offer.v", "a third candidate is offered while one is on its way back", "RandomTraffic", "differs", ".down"),
)
_WIRED_PLANTS: Final = (
    RtlPlant(16, "gicr_bank.v", "the wire of a PPI is never seen to fall", "EveryPpi", "nothing due", "stream0.down", "ppi"),
    RtlPlant(18, "gicr.v", "a recall is acknowledged though GICC holds the SPI", "SpiLevels", "nothing due", "dist3.up", "spi"),
    RtlPlant(
        23, "gicd.v", "a 1-of-N interrupt goes to a PE that GICR_CTLR.DPG* excludes", "OneOfN", "nothing due", ".down", "spi"
    ),
    RtlPlant(24, "gicd.v", "GICD_CTLR.E1NWF wakes nobody", "OneOfN", "differs", "dist0.down", "spi"),
    RtlPlant(25, "gicd.v", "a sleeping PE is not woken for its SPI", "OneOfN", "differs", ".down", "spi"),
    RtlPlant(26, "gicd.v", "GICD_CTLR.RWP does not wait for a recalled SPI", "SpiLevels", "differs", "gicd.rsp", "spi"),
    RtlPlant(36, "gicd_spis.v", "a PE that gives an SPI back keeps it as its best", "OneOfN", "differs", ".down", "spi"),
    RtlPlant(27, "gicd.v", "GICD_CTLR.RWP does not cover GICD_ICENABLER", "SpiLevels", "differs", "gicd.rsp", "spi"),
    RtlPlant(
        30, "gicd_spis.v", "activation does not clear an SPI's pending state", "EverySpi", "spurious interrupt", ".down", "spi"
    ),
    RtlPlant(31, "gicd_spis.v", "a PE keeps 1-of-N interrupts that it takes no more", "OneOfN", "differs", ".down", "spi"),
    RtlPlant(
        29,
        "gicd_spis.v",
        "a word is left out when a PE gives 1-of-N interrupts back",
        "OneOfN",
        "differs",
        ".down",
        "spi",
    ),
    RtlPlant(
        33, "gicd_spis.v", "an SPI is offered to its new PE while the old holds it", "SpiLevels", "nothing due", ".down", "spi"
    ),
    RtlPlant(39, "gicd_spis.v", "a level that fell for a moment stays high", "SpiLevels", SOFTWARE, "wires fell", "spi"),
    RtlPlant(35, "gicd_spis.v", "a pulse of one cycle is lost", "SpiLevels", SOFTWARE, "high for 1 cycles", "spi"),
    RtlPlant(90, "gicr.v", "a PPI's pulse of one cycle is lost", "PpiLevels", SOFTWARE, "high for 1 cycles", "ppi"),
    RtlPlant(91, "gicr.v", "an SPI that GICC held at its reset is not given back", "SpiResets", "differs", "dist0.up", "spi"),
    RtlPlant(
        106,
        "gicr.v",
        "an SPI given back that was replaced and recalled is not said to be recalled",
        "SpisGivenBack",
        "differs",
        "dist0.up",
        "spi",
    ),
    RtlPlant(
        107,
        "gicr.v",
        "at a reset, of SPIs replaced and recalled only one is given back",
        "SpisGivenBack",
        "differs",
        "dist0.up",
        "spi",
    ),
    RtlPlant(93, "gicr.v", "GICR_CTLR.RWP does not cover a second change of DPG*", "OneOfN", "differs", "gicr3.rsp", "spi"),
    RtlPlant(34, "gicd_spis.v", "at equal priority the higher INTID wins", "OneOfN", "differs", ".down", "spi"),
    RtlPlant(28, "gicd.v", "registers go before messages of Redistributors", "RandomSpis", "out of turn", "gicd.reg", "spi"),
    RtlPlant(94, "gicr.v", "wires of PPIs always go before registers", "RandomPpis", "out of turn", ".ppi", "ppi"),
)
_LPI_PLANTS: Final = (
    RtlPlant(17, "gicr.v", "GICR_CTLR.RWP does not wait for the CPU interface", "Crossings", "differs", "gicr0.rsp", "sgi"),
    RtlPlant(19, "gicr.v", "EnableLPIs is cleared while GICC holds an LPI", "LpiCrossings", "nothing due", "gicr0.mem", "lpi"),
    RtlPlant(50, "gicr_lpi.v", "CLEAR leaves the LPI in the store", "Commands", "spurious interrupt", ".down", "lpi"),
    RtlPlant(51, "gicr_lpi.v", "INV reads the configuration but does not use it", "Commands", "late", "its0.gicr1.ack", "lpi"),
    RtlPlant(52, "gicr_lpi.v", "the pending table is not read again", "Spill", "missing access", "gicr0.mem", "lpi"),
    RtlPlant(53, "gicr_lpi.v", "GICR_PROPBASER.IDbits counts one bit too many", "Spill", "nothing due", "gicr0.mem", "lpi"),
    RtlPlant(
        54,
        "gicr_lpi.v",
        "one that makes room is forgotten if it lies in the word at hand",
        "Spill",
        "differs",
        "gicr0.mem",
        "lpi",
    ),
    RtlPlant(55, "gicr_lpi.v", "INTIDs of 17 bits in the configuration table", "WidthsAnywhere", "differs", ".mem", "lpi"),
    RtlPlant(56, "gicr_lpi.v", "no carry in the address of a pending table's byte", "WidthsAnywhere", "differs", ".mem", "lpi"),
    RtlPlant(57, "lpi_store.v", "the INTID of all ones counts as none", "WidthsAtTheTop", "late", ".down", "lpi"),
    RtlPlant(59, "gicr_lpi.v", "INV of an LPI that lies in the pending table is lost", "Spill", "missing access", ".mem", "lpi"),
    RtlPlant(95, "gicr_lpi.v", "CLEAR of an LPI beyond GICR_PROPBASER.IDbits", "Spill", "nothing due", "gicr0.mem", "lpi"),
    RtlPlant(58, "gicr_lpi.v", "INVALL leaves out what lies in the pending table", "Spill", "missing access", "gicr0.mem", "lpi"),
    RtlPlant(92, "gicr.v", "GICR_PROPBASER changes while LPIs are being disabled", "Spill", "differs", "gicr0.rsp", "lpi"),
    RtlPlant(60, "mem.v", "writes are lost", "EveryLpi", "differs", "its0.mem_rsp", "lpi"),
    RtlPlant(61, "mem.v", "a byte's write takes its neighbours along", "Spill", "differs", "gicr0.mem_rsp", "lpi"),
    RtlPlant(62, "mem.v", "a word that was never written is not zero", "EveryLpi", "differs", "its0.mem_rsp", "lpi"),
    RtlPlant(63, "mem.v", "masters are not served in turn", "RandomLpis", "out of turn", ".mem", "lpi"),
    RtlPlant(64, "mem.v", "a write that finds no page is not refused", "MemoryFull", "differs", "sw.mem_rsp", "lpi"),
    RtlPlant(70, "its.v", "one EventID too many", "Tables", "nothing due", "its0.mem", "lpi"),
    RtlPlant(71, "its.v", "GITS_CBASER does not zero GITS_CREADR", "Tables", "differs", "its0.rsp", "lpi"),
    RtlPlant(72, "its.v", "INV is carried out as INT", "Commands", "differs", "its0.gicr1.cmd", "lpi"),
    RtlPlant(73, "its.v", "MOVI loses the pending state", "Commands", "missing access", "its0.gicr3.cmd", "lpi"),
    RtlPlant(74, "its.v", "the valid bit of a collection is not looked at", "Tables", "nothing due", "its0.mem", "lpi"),
    RtlPlant(75, "its.v", "MOVALL stops after the first", "Commands", "missing access", ".cmd", "lpi"),
    RtlPlant(76, "its.v", "the command queue does not wrap", "Tables", "differs", "its0.rsp", "lpi"),
    RtlPlant(37, "its.v", "GITS_CREADR has 16 bits", "LongQueue", "nothing due", "its0.mem", "lpi"),
    RtlPlant(77, "its.v", "second-level tables are twice as long", "Tables", "differs", "its0.mem", "lpi"),
    RtlPlant(78, "its.v", "the width of a DeviceID is not looked at", "Tables", "nothing due", "its0.mem", "lpi"),
    RtlPlant(79, "its.v", "an ITT lies below 256 TB", "WidthsAtTheTop", "differs", "its0.mem", "lpi"),
    RtlPlant(80, "its.v", "a table with pages of 64 KB lies below 256 TB", "WidthsAtTheTop", "differs", "its0.mem", "lpi"),
    RtlPlant(81, "its.v", "15 bits of an EventID find its entry", "WidthsAnywhere", "differs", "its0.mem", "lpi"),
    RtlPlant(82, "its.v", "the command queue lies below 256 TB", "WidthsAtTheTop", "differs", "its0.mem", "lpi"),
    RtlPlant(84, "its.v", "messages always go before commands and registers", "RandomLpis", "out of turn", "its0.msi", "lpi"),
    RtlPlant(83, "its.v", "a write of a register's upper half goes to the lower", "ItsAccesses", "differs", "its0.rsp", "lpi"),
)
PLANTS: Final = (*_SGI_PLANTS, *_WIRED_PLANTS, *_LPI_PLANTS)
#: GICC takes no system register access: nothing moves any more.
HANG: Final = 7
#: The answer of a system register read is X.
UNKNOWN: Final = 8
