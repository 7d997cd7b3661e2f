# Generated from pymodel/irqpath/regs/gicv.rdl: do not edit; regenerate with "irqpath regs generate".
# fmt: off
# ruff: noqa
"""Registers of GICV."""

from typing import Final

from irqpath.regs.types import Field, Register

REGISTERS: Final[tuple[Register, ...]] = (
    Register("GICV_CTLR", 0x0000, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("EnableGrp0", 0, 1, "rw", 0x0, "spec", "Group 0 is enabled."),
        Field("EnableGrp1", 1, 1, "rw", 0x0, "spec", "Group 1 is enabled."),
        Field("AckCtl", 2, 1, "rw", 0x0, "spec", "A read of the acknowledge register takes Group 1 interrupts too; RAZ/WI in GICv3."),
        Field("FIQEn", 3, 1, "rw", 0x0, "spec", "Group 0 signals FIQ."),
        Field("CBPR", 4, 1, "rw", 0x0, "spec", "One binary point for both groups."),
        Field("EOImode", 9, 1, "rw", 0x0, "spec", "End of interrupt drops the priority only."),
    ), "Enables the groups and says how acknowledge and end work. This is the view with all bits; Non-secure software sees its own. It is the state that GICH_VMCR shows.",
    "IHI 0048, GICV_CTLR"),
    Register("GICV_PMR", 0x0004, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("Priority", 0, 8, "rw", 0x0, "spec", "Mask; bits that are not implemented are RAZ/WI."),
    ), "Only virtual interrupts of a higher priority (a lower value) are signalled.",
    "IHI 0048, GICV_PMR"),
    Register("GICV_BPR", 0x0008, 32, 0, 1, 4, (4,), 0x2, True, (
        Field("Binary_Point", 0, 3, "rw", 0x2, "instance", "Subpriority bits, minus one."),
    ), "Splits a priority into group priority and subpriority.",
    "IHI 0048, GICV_BPR"),
    Register("GICV_IAR", 0x000c, 32, 0, 1, 4, (4,), 0x3ff, False, (
        Field("Interrupt_ID", 0, 10, "ro", 0x3ff, "spec", "INTID; 1023 where there is none, 1022 where it is for the other register."),
        Field("CPUID", 10, 3, "ro", 0x0, "spec", "Source of an SGI; zero otherwise."),
    ), "A read acknowledges the signalled virtual interrupt.",
    "IHI 0048, GICV_IAR"),
    Register("GICV_EOIR", 0x0010, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("Interrupt_ID", 0, 10, "wo", 0x0, "spec", "INTID that was acknowledged."),
        Field("CPUID", 10, 3, "wo", 0x0, "spec", "Source of an SGI, as it was acknowledged."),
    ), "Priority drop, and deactivation where EOImode is 0.",
    "IHI 0048, GICV_EOIR"),
    Register("GICV_RPR", 0x0014, 32, 0, 1, 4, (4,), 0xff, False, (
        Field("Priority", 0, 8, "ro", 0xff, "spec", "Priority; 255 when idle."),
    ), "Group priority of the active interrupt.",
    "IHI 0048, GICV_RPR"),
    Register("GICV_HPPIR", 0x0018, 32, 0, 1, 4, (4,), 0x3ff, False, (
        Field("Interrupt_ID", 0, 10, "ro", 0x3ff, "spec", "INTID; 1023 where there is none."),
        Field("CPUID", 10, 3, "ro", 0x0, "spec", "Source of an SGI; zero otherwise."),
    ), "What is pending with the highest priority, not acknowledged by this.",
    "IHI 0048, GICV_HPPIR"),
    Register("GICV_ABPR", 0x001c, 32, 0, 1, 4, (4,), 0x3, True, (
        Field("Binary_Point", 0, 3, "rw", 0x3, "instance", "Subpriority bits."),
    ), "Binary point of Group 1.",
    "IHI 0048, GICV_ABPR"),
    Register("GICV_AIAR", 0x0020, 32, 0, 1, 4, (4,), 0x3ff, False, (
        Field("Interrupt_ID", 0, 10, "ro", 0x3ff, "spec", "INTID; 1023 where there is none."),
        Field("CPUID", 10, 3, "ro", 0x0, "spec", "Source of an SGI; zero otherwise."),
    ), "Acknowledges a Group 1 interrupt.",
    "IHI 0048, GICV_AIAR"),
    Register("GICV_AEOIR", 0x0024, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("Interrupt_ID", 0, 10, "wo", 0x0, "spec", "INTID that was acknowledged."),
        Field("CPUID", 10, 3, "wo", 0x0, "spec", "Source of an SGI, as it was acknowledged."),
    ), "Ends a Group 1 interrupt.",
    "IHI 0048, GICV_AEOIR"),
    Register("GICV_AHPPIR", 0x0028, 32, 0, 1, 4, (4,), 0x3ff, False, (
        Field("Interrupt_ID", 0, 10, "ro", 0x3ff, "spec", "INTID; 1023 where there is none."),
        Field("CPUID", 10, 3, "ro", 0x0, "spec", "Source of an SGI; zero otherwise."),
    ), "Shows a pending Group 1 interrupt.",
    "IHI 0048, GICV_AHPPIR"),
    Register("GICV_APR", 0x00d0, 32, 0, 4, 4, (4,), 0x0, False, (
        Field("P", 0, 32, "rw", 0x0, "spec", "One bit a group priority, the highest priority first; only zero has an architected meaning."),
    ), "Which group priorities are active; IMPLEMENTATION DEFINED but for zero.",
    "IHI 0048, GICV_APR<n>"),
    Register("GICV_IIDR", 0x00fc, 32, 0, 1, 4, (4,), 0x20000, True, (
        Field("Implementer", 0, 12, "ro", 0x0, "instance", "JEP106 code."),
        Field("Revision", 12, 4, "ro", 0x0, "instance", "Revision; IMPLEMENTATION DEFINED."),
        Field("Architecture_version", 16, 4, "ro", 0x2, "instance", "2 for GICv2."),
        Field("ProductID", 20, 12, "ro", 0x0, "instance", "Product; IMPLEMENTATION DEFINED."),
    ), "Who made it, and which architecture it is.",
    "IHI 0048, GICV_IIDR"),
    Register("GICV_DIR", 0x1000, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("Interrupt_ID", 0, 10, "wo", 0x0, "spec", "INTID to deactivate."),
        Field("CPUID", 10, 3, "wo", 0x0, "spec", "Source of an SGI, as it was acknowledged."),
    ), "Deactivates an interrupt whose priority was dropped before (EOImode 1).",
    "IHI 0048, GICV_DIR"),
)
