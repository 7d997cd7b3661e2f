# Generated from pymodel/irqpath/regs/eppi.rdl: do not edit; regenerate with "irqpath regs generate".
# fmt: off
# ruff: noqa
"""Registers of EPPI."""

from typing import Final

from irqpath.regs.types import Field, Register

REGISTERS: Final[tuple[Register, ...]] = (
    Register("GICR_IGROUPRE", 0x10084, 32, 0, 2, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "rw", 0x0, "spec", "One bit an interrupt, from INTID 1056 on."),
    ), "Group of extended PPIs.",
    "DDI 0601, GICR_IGROUPRE"),
    Register("GICR_ISENABLERE", 0x10104, 32, 0, 2, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "w1s", 0x0, "spec", "One bit an interrupt, from INTID 1056 on."),
    ), "Enables extended PPIs.",
    "DDI 0601, GICR_ISENABLERE", same_state="GICR_ICENABLERE"),
    Register("GICR_ICENABLERE", 0x10184, 32, 0, 2, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "w1c", 0x0, "spec", "One bit an interrupt, from INTID 1056 on."),
    ), "Disables extended PPIs.",
    "DDI 0601, GICR_ICENABLERE", same_state="GICR_ISENABLERE"),
    Register("GICR_ISPENDRE", 0x10204, 32, 0, 2, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "w1s", 0x0, "spec", "One bit an interrupt, from INTID 1056 on."),
    ), "Makes extended PPIs pending.",
    "DDI 0601, GICR_ISPENDRE", same_state="GICR_ICPENDRE"),
    Register("GICR_ICPENDRE", 0x10284, 32, 0, 2, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "w1c", 0x0, "spec", "One bit an interrupt, from INTID 1056 on."),
    ), "Makes extended PPIs not pending.",
    "DDI 0601, GICR_ICPENDRE", same_state="GICR_ISPENDRE"),
    Register("GICR_ISACTIVERE", 0x10304, 32, 0, 2, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "w1s", 0x0, "spec", "One bit an interrupt, from INTID 1056 on."),
    ), "Makes extended PPIs active.",
    "DDI 0601, GICR_ISACTIVERE", same_state="GICR_ICACTIVERE"),
    Register("GICR_ICACTIVERE", 0x10384, 32, 0, 2, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "w1c", 0x0, "spec", "One bit an interrupt, from INTID 1056 on."),
    ), "Makes extended PPIs inactive.",
    "DDI 0601, GICR_ICACTIVERE", same_state="GICR_ISACTIVERE"),
    Register("GICR_IPRIORITYRE", 0x10420, 32, 0, 16, 4, (1, 4), 0x0, False, (
        Field("Priority_offset_0B", 0, 8, "rw", 0x0, "unknown", "Priority."),
        Field("Priority_offset_1B", 8, 8, "rw", 0x0, "unknown", "Priority."),
        Field("Priority_offset_2B", 16, 8, "rw", 0x0, "unknown", "Priority."),
        Field("Priority_offset_3B", 24, 8, "rw", 0x0, "unknown", "Priority."),
    ), "Priorities of four extended PPIs.",
    "DDI 0601, GICR_IPRIORITYR<n>E"),
    Register("GICR_ICFGRE", 0x10c08, 32, 0, 4, 4, (4,), 0x0, False, (
        Field("Int_config", 0, 32, "rw", 0x0, "unknown", "Two bits an interrupt, the upper one set where it is edge-triggered."),
    ), "Trigger of 16 extended PPIs.",
    "DDI 0601, GICR_ICFGR<n>E"),
    Register("GICR_IGRPMODRE", 0x10d04, 32, 0, 2, 4, (4,), 0x0, False, (
        Field("bits", 0, 32, "rw", 0x0, "spec", "One bit an interrupt, from INTID 1056 on."),
    ), "With IGROUPR, the group of extended PPIs; RAZ/WI with one Security state.",
    "DDI 0601, GICR_IGRPMODRE"),
    Register("GICR_INMIR0", 0x10f80, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("nmi", 0, 32, "rw", 0x0, "spec", "One bit an interrupt."),
    ), "Superpriority of SGIs and PPIs (FEAT_GICv3_NMI).",
    "DDI 0601, GICR_INMIR0"),
    Register("GICR_INMIRE", 0x10f84, 32, 0, 2, 4, (4,), 0x0, False, (
        Field("nmi", 0, 32, "rw", 0x0, "spec", "One bit an interrupt."),
    ), "Superpriority of extended PPIs (FEAT_GICv3_NMI).",
    "DDI 0601, GICR_INMIR<n>E"),
)
