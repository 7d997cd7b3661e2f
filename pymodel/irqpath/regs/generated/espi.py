# Generated from pymodel/irqpath/regs/espi.rdl: do not edit; regenerate with "irqpath regs generate".
# fmt: off
# ruff: noqa
"""Registers of ESPI."""

from typing import Final

from irqpath.regs.types import Field, Register

REGISTERS: Final[tuple[Register, ...]] = (
    Register("GICD_INMIR", 0x0f80, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("nmi", 0, 32, "rw", 0x0, "spec", "One bit an interrupt."),
    ), "Superpriority of SPIs (FEAT_GICv3_NMI).",
    "DDI 0601, GICD_INMIR<n>"),
    Register("GICD_IGROUPRE", 0x1000, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "rw", 0x0, "spec", "One bit an interrupt, from INTID 4096 on."),
    ), "Group of extended SPIs.",
    "DDI 0601, GICD_IGROUPRE"),
    Register("GICD_ISENABLERE", 0x1200, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "w1s", 0x0, "spec", "One bit an interrupt, from INTID 4096 on."),
    ), "Enables extended SPIs.",
    "DDI 0601, GICD_ISENABLERE", same_state="GICD_ICENABLERE"),
    Register("GICD_ICENABLERE", 0x1400, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "w1c", 0x0, "spec", "One bit an interrupt, from INTID 4096 on."),
    ), "Disables extended SPIs.",
    "DDI 0601, GICD_ICENABLERE", same_state="GICD_ISENABLERE"),
    Register("GICD_ISPENDRE", 0x1600, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "w1s", 0x0, "spec", "One bit an interrupt, from INTID 4096 on."),
    ), "Makes extended SPIs pending.",
    "DDI 0601, GICD_ISPENDRE", same_state="GICD_ICPENDRE"),
    Register("GICD_ICPENDRE", 0x1800, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "w1c", 0x0, "spec", "One bit an interrupt, from INTID 4096 on."),
    ), "Makes extended SPIs not pending.",
    "DDI 0601, GICD_ICPENDRE", same_state="GICD_ISPENDRE"),
    Register("GICD_ISACTIVERE", 0x1a00, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "w1s", 0x0, "spec", "One bit an interrupt, from INTID 4096 on."),
    ), "Makes extended SPIs active.",
    "DDI 0601, GICD_ISACTIVERE", same_state="GICD_ICACTIVERE"),
    Register("GICD_ICACTIVERE", 0x1c00, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "w1c", 0x0, "spec", "One bit an interrupt, from INTID 4096 on."),
    ), "Makes extended SPIs inactive.",
    "DDI 0601, GICD_ICACTIVERE", same_state="GICD_ISACTIVERE"),
    Register("GICD_IPRIORITYRE", 0x2000, 32, 0, 256, 4, (1, 4), 0x0, False, (
        Field("Priority_offset_0B", 0, 8, "rw", 0x0, "unknown", "Priority."),
        Field("Priority_offset_1B", 8, 8, "rw", 0x0, "unknown", "Priority."),
        Field("Priority_offset_2B", 16, 8, "rw", 0x0, "unknown", "Priority."),
        Field("Priority_offset_3B", 24, 8, "rw", 0x0, "unknown", "Priority."),
    ), "Priorities of four extended SPIs.",
    "DDI 0601, GICD_IPRIORITYR<n>E"),
    Register("GICD_ICFGRE", 0x3000, 32, 0, 64, 4, (4,), 0x0, False, (
        Field("Int_config", 0, 32, "rw", 0x0, "unknown", "Two bits an interrupt, the upper one set where it is edge-triggered."),
    ), "Trigger of 16 extended SPIs.",
    "DDI 0601, GICD_ICFGR<n>E"),
    Register("GICD_IGRPMODRE", 0x3400, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "rw", 0x0, "spec", "One bit an interrupt."),
    ), "With IGROUPR, the group of extended SPIs; RAZ/WI with one Security state.",
    "DDI 0601, GICD_IGRPMODR<n>E"),
    Register("GICD_NSACRE", 0x3600, 32, 0, 64, 4, (4,), 0x0, False, (
        Field("NS_access", 0, 32, "rw", 0x0, "spec", "Two bits an interrupt."),
    ), "What Non-secure software may do to Secure extended SPIs; RAZ/WI with one Security state.",
    "DDI 0601, GICD_NSACR<n>E"),
    Register("GICD_INMIRE", 0x3b00, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("nmi", 0, 32, "rw", 0x0, "spec", "One bit an interrupt."),
    ), "Superpriority of extended SPIs (FEAT_GICv3_NMI).",
    "DDI 0601, GICD_INMIR<n>E"),
    Register("GICD_IROUTERE", 0x8000, 64, 0, 1024, 8, (4, 8), 0x0, False, (
        Field("Aff0", 0, 8, "rw", 0x0, "unknown", "Affinity level 0."),
        Field("Aff1", 8, 8, "rw", 0x0, "unknown", "Affinity level 1."),
        Field("Aff2", 16, 8, "rw", 0x0, "unknown", "Affinity level 2."),
        Field("Interrupt_Routing_Mode", 31, 1, "rw", 0x0, "unknown", "Any participating PE."),
        Field("Aff3", 32, 8, "rw", 0x0, "unknown", "Affinity level 3."),
    ), "Affinity of an extended SPI.",
    "DDI 0601, GICD_IROUTER<n>E"),
)
