# Generated from pymodel/irqpath/regs/vlpi.rdl: do not edit; regenerate with "irqpath regs generate".
# fmt: off
# ruff: noqa
"""Registers of VLPI."""

from typing import Final

from irqpath.regs.types import Field, Register

REGISTERS: Final[tuple[Register, ...]] = (
    Register("GICR_VPROPBASER", 0x20070, 64, 0, 1, 8, (4, 8), 0x0, True, (
        Field("IDbits_Size", 0, 7, "rw", 0x0, "unknown", "GICv4.0: INTID bits minus one [4:0]. GICv4.1: pages of the table, minus one."),
        Field("InnerCache", 7, 3, "rw", 0x0, "unknown", "Inner cacheability."),
        Field("Shareability", 10, 2, "rw", 0x0, "unknown", "Shareability."),
        Field("Physical_Address", 12, 40, "rw", 0x0, "unknown", "Bits 51:12 of the address."),
        Field("Z", 52, 1, "rw", 0x0, "unknown", "The table is zero (GICv4.1)."),
        Field("Page_Size", 53, 2, "rw", 0x0, "unknown", "0 4 KB, 1 16 KB, 2 64 KB (GICv4.1)."),
        Field("Indirect", 55, 1, "rw", 0x0, "unknown", "Two levels (GICv4.1)."),
        Field("OuterCache", 56, 3, "rw", 0x0, "unknown", "Outer cacheability."),
        Field("Entry_Size", 59, 3, "ro", 0x0, "instance", "Size of an entry in units of 8 bytes, minus one (GICv4.1)."),
        Field("Valid", 63, 1, "rw", 0x0, "spec", "The table is valid (GICv4.1)."),
    ), "GICv4.0: where the resident vPE's configuration table lies. GICv4.1: the vPE configuration table.",
    "DDI 0601, GICR_VPROPBASER"),
    Register("GICR_VPENDBASER", 0x20078, 64, 0, 1, 8, (4, 8), 0x0, False, (
        Field("vPEID", 0, 16, "rw", 0x0, "unknown", "GICv4.1: the vPE. GICv4.0: cacheability and shareability in bits 11:7."),
        Field("Physical_Address", 16, 36, "rw", 0x0, "unknown", "GICv4.0: bits 51:16 of the pending table's address."),
        Field("VGrp1En_OuterCache", 58, 1, "rw", 0x0, "unknown", "GICv4.1: Group 1 of the vPE is enabled; GICv4.0: OuterCache [58:56]."),
        Field("VGrp0En", 59, 1, "rw", 0x0, "unknown", "GICv4.1: Group 0 of the vPE is enabled."),
        Field("Dirty", 60, 1, "ro", 0x0, "spec", "The change of residency is under way."),
        Field("PendingLast", 61, 1, "rw", 0x0, "spec", "After Valid went from 1 to 0: an enabled interrupt of the vPE was pending."),
        Field("Doorbell_IDAI", 62, 1, "rw", 0x0, "spec", "GICv4.1: ask for the default doorbell when leaving. GICv4.0: IDAI, only the architected part of the table can be trusted."),
        Field("Valid", 63, 1, "rw", 0x0, "spec", "A vPE is resident."),
    ), "Which vPE is resident.",
    "DDI 0601, GICR_VPENDBASER"),
    Register("GICR_VSGIR", 0x20080, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("vPEID", 0, 16, "wo", 0x0, "spec", "The vPE."),
    ), "Asks which virtual SGIs of a vPE are pending.",
    "DDI 0601, GICR_VSGIR"),
    Register("GICR_VSGIPENDR", 0x20088, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("Pending", 0, 16, "ro", 0x0, "spec", "One bit a virtual SGI."),
        Field("Busy", 31, 1, "ro", 0x0, "spec", "The response is not there yet."),
    ), "The response.",
    "DDI 0601, GICR_VSGIPENDR"),
)
