# Generated from pymodel/irqpath/regs/icc.rdl: do not edit; regenerate with "irqpath regs generate".
# fmt: off
# ruff: noqa
"""Registers of ICC."""

from typing import Final

from irqpath.regs.types import Field, Register

REGISTERS: Final[tuple[Register, ...]] = (
    Register("ICC_PMR_EL1", 0xc230, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("Priority", 0, 8, "rw", 0x0, "spec", "Mask; priority bits that are not implemented are RAZ/WI."),
    ), "Only interrupts of a higher priority (a lower value) than this are signalled.",
    "DDI 0601, ICC_PMR_EL1"),
    Register("ICC_IAR0_EL1", 0xc640, 64, 0, 1, 1, (8,), 0x3ff, False, (
        Field("INTID", 0, 24, "ro", 0x3ff, "spec", "INTID that was acknowledged; 1023 where there is none."),
    ), "A read acknowledges the signalled Group 0 interrupt and makes it active.",
    "DDI 0601, ICC_IAR0_EL1"),
    Register("ICC_EOIR0_EL1", 0xc641, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("INTID", 0, 24, "wo", 0x0, "spec", "INTID from ICC_IAR0_EL1."),
    ), "A write drops the priority of a Group 0 interrupt, and deactivates it where ICC_CTLR_EL1.EOImode is 0.",
    "DDI 0601, ICC_EOIR0_EL1"),
    Register("ICC_HPPIR0_EL1", 0xc642, 64, 0, 1, 1, (8,), 0x3ff, False, (
        Field("INTID", 0, 24, "ro", 0x3ff, "spec", "INTID of it; 1023 where there is none."),
    ), "Shows which Group 0 interrupt is pending with the highest priority, without acknowledging it.",
    "DDI 0601, ICC_HPPIR0_EL1"),
    Register("ICC_BPR0_EL1", 0xc643, 64, 0, 1, 1, (8,), 0x0, True, (
        Field("BinaryPoint", 0, 3, "rw", 0x0, "instance", "Subpriority bits, minus one; a value below the least implemented one becomes that."),
    ), "Splits a priority into group priority and subpriority for Group 0 interrupts, and for Group 1 ones where CBPR is set.",
    "DDI 0601, ICC_BPR0_EL1"),
    Register("ICC_AP0R0_EL1", 0xc644, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("P", 0, 32, "rw", 0x0, "spec", "One bit a group priority, the highest priority first; only zero has an architected meaning."),
    ), "Which group priorities are active in Group 0. Exists where the priority bits need it: 0 always, 1 with 6 bits or more, 2 and 3 with 7 or more.",
    "DDI 0601, ICC_AP0R<n>_EL1"),
    Register("ICC_AP0R1_EL1", 0xc645, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("P", 0, 32, "rw", 0x0, "spec", "One bit a group priority, the highest priority first; only zero has an architected meaning."),
    ), "Which group priorities are active in Group 0. Exists where the priority bits need it: 0 always, 1 with 6 bits or more, 2 and 3 with 7 or more.",
    "DDI 0601, ICC_AP0R<n>_EL1"),
    Register("ICC_AP0R2_EL1", 0xc646, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("P", 0, 32, "rw", 0x0, "spec", "One bit a group priority, the highest priority first; only zero has an architected meaning."),
    ), "Which group priorities are active in Group 0. Exists where the priority bits need it: 0 always, 1 with 6 bits or more, 2 and 3 with 7 or more.",
    "DDI 0601, ICC_AP0R<n>_EL1"),
    Register("ICC_AP0R3_EL1", 0xc647, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("P", 0, 32, "rw", 0x0, "spec", "One bit a group priority, the highest priority first; only zero has an architected meaning."),
    ), "Which group priorities are active in Group 0. Exists where the priority bits need it: 0 always, 1 with 6 bits or more, 2 and 3 with 7 or more.",
    "DDI 0601, ICC_AP0R<n>_EL1"),
    Register("ICC_AP1R0_EL1", 0xc648, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("P", 0, 32, "rw", 0x0, "spec", "One bit a group priority, the highest priority first; only zero has an architected meaning."),
        Field("NMI", 63, 1, "rw", 0x0, "spec", "An interrupt with superpriority is active (FEAT_GICv3_NMI)."),
    ), "Which group priorities are active in Group 1. Exists where the priority bits need it: 0 always, 1 with 6 bits or more, 2 and 3 with 7 or more.",
    "DDI 0601, ICC_AP1R<n>_EL1"),
    Register("ICC_AP1R1_EL1", 0xc649, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("P", 0, 32, "rw", 0x0, "spec", "One bit a group priority, the highest priority first; only zero has an architected meaning."),
    ), "Which group priorities are active in Group 1. Exists where the priority bits need it: 0 always, 1 with 6 bits or more, 2 and 3 with 7 or more.",
    "DDI 0601, ICC_AP1R<n>_EL1"),
    Register("ICC_AP1R2_EL1", 0xc64a, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("P", 0, 32, "rw", 0x0, "spec", "One bit a group priority, the highest priority first; only zero has an architected meaning."),
    ), "Which group priorities are active in Group 1. Exists where the priority bits need it: 0 always, 1 with 6 bits or more, 2 and 3 with 7 or more.",
    "DDI 0601, ICC_AP1R<n>_EL1"),
    Register("ICC_AP1R3_EL1", 0xc64b, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("P", 0, 32, "rw", 0x0, "spec", "One bit a group priority, the highest priority first; only zero has an architected meaning."),
    ), "Which group priorities are active in Group 1. Exists where the priority bits need it: 0 always, 1 with 6 bits or more, 2 and 3 with 7 or more.",
    "DDI 0601, ICC_AP1R<n>_EL1"),
    Register("ICC_DIR_EL1", 0xc659, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("INTID", 0, 24, "wo", 0x0, "spec", "INTID to deactivate."),
    ), "A write deactivates an interrupt where ICC_CTLR_EL1.EOImode is 1.",
    "DDI 0601, ICC_DIR_EL1"),
    Register("ICC_RPR_EL1", 0xc65b, 64, 0, 1, 1, (8,), 0xff, False, (
        Field("Priority", 0, 8, "ro", 0xff, "spec", "The running priority."),
        Field("NMI_NS", 62, 1, "ro", 0x0, "spec", "To Secure software: a Non-secure interrupt with superpriority is active (FEAT_GICv3_NMI)."),
        Field("NMI", 63, 1, "ro", 0x0, "spec", "An interrupt with superpriority of the reader's Security state is active (FEAT_GICv3_NMI)."),
    ), "Group priority of the highest active priority; 0xFF where nothing is active.",
    "DDI 0601, ICC_RPR_EL1"),
    Register("ICC_SGI1R_EL1", 0xc65d, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("TargetList", 0, 16, "wo", 0x0, "spec", "PEs of the cluster: bit n is the PE with affinity level 0 equal to 16 * RS + n."),
        Field("Aff1", 16, 8, "wo", 0x0, "spec", "Affinity level 1 of the cluster."),
        Field("INTID", 24, 4, "wo", 0x0, "spec", "SGI to make, 0 to 15."),
        Field("Aff2", 32, 8, "wo", 0x0, "spec", "Affinity level 2 of the cluster."),
        Field("IRM", 40, 1, "wo", 0x0, "spec", "1: all PEs but this one, whatever the affinity; 0: those that the affinity and TargetList name."),
        Field("RS", 44, 4, "wo", 0x0, "spec", "Range of affinity level 0 that TargetList covers; RES0 where ICC_CTLR_EL1.RSS is 0."),
        Field("Aff3", 48, 8, "wo", 0x0, "spec", "Affinity level 3 of the cluster."),
    ), "A write makes Group 1 SGIs of the current Security state.",
    "DDI 0601, ICC_SGI1R_EL1"),
    Register("ICC_ASGI1R_EL1", 0xc65e, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("TargetList", 0, 16, "wo", 0x0, "spec", "PEs of the cluster: bit n is the PE with affinity level 0 equal to 16 * RS + n."),
        Field("Aff1", 16, 8, "wo", 0x0, "spec", "Affinity level 1 of the cluster."),
        Field("INTID", 24, 4, "wo", 0x0, "spec", "SGI to make, 0 to 15."),
        Field("Aff2", 32, 8, "wo", 0x0, "spec", "Affinity level 2 of the cluster."),
        Field("IRM", 40, 1, "wo", 0x0, "spec", "1: all PEs but this one, whatever the affinity; 0: those that the affinity and TargetList name."),
        Field("RS", 44, 4, "wo", 0x0, "spec", "Range of affinity level 0 that TargetList covers; RES0 where ICC_CTLR_EL1.RSS is 0."),
        Field("Aff3", 48, 8, "wo", 0x0, "spec", "Affinity level 3 of the cluster."),
    ), "A write makes Group 1 SGIs of the other Security state.",
    "DDI 0601, ICC_ASGI1R_EL1"),
    Register("ICC_SGI0R_EL1", 0xc65f, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("TargetList", 0, 16, "wo", 0x0, "spec", "PEs of the cluster: bit n is the PE with affinity level 0 equal to 16 * RS + n."),
        Field("Aff1", 16, 8, "wo", 0x0, "spec", "Affinity level 1 of the cluster."),
        Field("INTID", 24, 4, "wo", 0x0, "spec", "SGI to make, 0 to 15."),
        Field("Aff2", 32, 8, "wo", 0x0, "spec", "Affinity level 2 of the cluster."),
        Field("IRM", 40, 1, "wo", 0x0, "spec", "1: all PEs but this one, whatever the affinity; 0: those that the affinity and TargetList name."),
        Field("RS", 44, 4, "wo", 0x0, "spec", "Range of affinity level 0 that TargetList covers; RES0 where ICC_CTLR_EL1.RSS is 0."),
        Field("Aff3", 48, 8, "wo", 0x0, "spec", "Affinity level 3 of the cluster."),
    ), "A write makes Group 0 SGIs.",
    "DDI 0601, ICC_SGI0R_EL1"),
    Register("ICC_IAR1_EL1", 0xc660, 64, 0, 1, 1, (8,), 0x3ff, False, (
        Field("INTID", 0, 24, "ro", 0x3ff, "spec", "INTID that was acknowledged; 1023 where there is none."),
    ), "A read acknowledges the signalled Group 1 interrupt and makes it active.",
    "DDI 0601, ICC_IAR1_EL1"),
    Register("ICC_EOIR1_EL1", 0xc661, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("INTID", 0, 24, "wo", 0x0, "spec", "INTID from ICC_IAR1_EL1."),
    ), "A write drops the priority of a Group 1 interrupt, and deactivates it where ICC_CTLR_EL1.EOImode is 0.",
    "DDI 0601, ICC_EOIR1_EL1"),
    Register("ICC_HPPIR1_EL1", 0xc662, 64, 0, 1, 1, (8,), 0x3ff, False, (
        Field("INTID", 0, 24, "ro", 0x3ff, "spec", "INTID of it; 1023 where there is none."),
    ), "Shows which Group 1 interrupt is pending with the highest priority, without acknowledging it.",
    "DDI 0601, ICC_HPPIR1_EL1"),
    Register("ICC_BPR1_EL1", 0xc663, 64, 0, 1, 1, (8,), 0x0, True, (
        Field("BinaryPoint", 0, 3, "rw", 0x0, "instance", "Subpriority bits in the view of the copy; a value below the least implemented one becomes that."),
    ), "Splits a priority into group priority and subpriority for Group 1 interrupts; where CBPR is set it shows ICC_BPR0_EL1 instead.",
    "DDI 0601, ICC_BPR1_EL1"),
    Register("ICC_CTLR_EL1", 0xc664, 64, 0, 1, 1, (8,), 0x0, True, (
        Field("CBPR", 0, 1, "rw", 0x0, "unknown", "ICC_BPR0_EL1 serves both groups."),
        Field("EOImode", 1, 1, "rw", 0x0, "unknown", "EOIR only drops the priority; ICC_DIR_EL1 deactivates."),
        Field("PMHE", 6, 1, "rw", 0x0, "spec", "ICC_PMR_EL1 is a hint for the distribution of interrupts; IMPLEMENTATION DEFINED whether it can be written."),
        Field("PRIbits", 8, 3, "ro", 0x0, "instance", "Priority bits, minus one."),
        Field("IDbits", 11, 3, "ro", 0x0, "instance", "INTID bits: 0 is 16, 1 is 24."),
        Field("SEIS", 14, 1, "ro", 0x0, "instance", "System errors are generated locally."),
        Field("A3V", 15, 1, "ro", 0x0, "instance", "Affinity level 3 may be other than zero in SGIs."),
        Field("RSS", 18, 1, "ro", 0x0, "instance", "TargetList reaches affinity level 0 up to 255."),
        Field("ExtRange", 19, 1, "ro", 0x0, "instance", "INTIDs 1024 to 8191 exist (extended PPIs and SPIs, GICv3.1)."),
    ), "How interrupts are ended, and what the CPU interface implements.",
    "DDI 0601, ICC_CTLR_EL1"),
    Register("ICC_SRE_EL1", 0xc665, 64, 0, 1, 1, (8,), 0x7, False, (
        Field("SRE", 0, 1, "rao", 0x1, "spec", "System register access is enabled; RAO/WI."),
        Field("DFB", 1, 1, "rao", 0x1, "spec", "FIQ bypass is disabled; RAO/WI."),
        Field("DIB", 2, 1, "rao", 0x1, "spec", "IRQ bypass is disabled; RAO/WI."),
    ), "System registers are the only interface to this CPU interface: neither memory-mapped access nor bypass exists.",
    "DDI 0601, ICC_SRE_EL1"),
    Register("ICC_IGRPEN0_EL1", 0xc666, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("Enable", 0, 1, "rw", 0x0, "spec", "Group 0 is enabled."),
    ), "Whether Group 0 interrupts are signalled.",
    "DDI 0601, ICC_IGRPEN0_EL1"),
    Register("ICC_IGRPEN1_EL1", 0xc667, 64, 0, 1, 1, (8,), 0x0, False, (
        Field("Enable", 0, 1, "rw", 0x0, "spec", "Group 1 is enabled."),
    ), "Whether Group 1 interrupts of the current Security state are signalled.",
    "DDI 0601, ICC_IGRPEN1_EL1"),
)
