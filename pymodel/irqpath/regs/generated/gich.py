# Generated from pymodel/irqpath/regs/gich.rdl: do not edit; regenerate with "irqpath regs generate".
# fmt: off
# ruff: noqa
"""Registers of GICH."""

from typing import Final

from irqpath.regs.types import Field, Register

REGISTERS: Final[tuple[Register, ...]] = (
    Register("GICH_HCR", 0x0000, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("En", 0, 1, "rw", 0x0, "spec", "The virtual interface is enabled."),
        Field("UIE", 1, 1, "rw", 0x0, "spec", "Underflow: maintenance while at most one List register is valid."),
        Field("LRENPIE", 2, 1, "rw", 0x0, "spec", "Maintenance while EOICount is not zero."),
        Field("NPIE", 3, 1, "rw", 0x0, "spec", "Maintenance while no List register is pending."),
        Field("VGrp0EIE", 4, 1, "rw", 0x0, "spec", "Maintenance while Group 0 is enabled."),
        Field("VGrp0DIE", 5, 1, "rw", 0x0, "spec", "Maintenance while Group 0 is disabled."),
        Field("VGrp1EIE", 6, 1, "rw", 0x0, "spec", "Maintenance while Group 1 is enabled."),
        Field("VGrp1DIE", 7, 1, "rw", 0x0, "spec", "Maintenance while Group 1 is disabled."),
        Field("EOICount", 27, 5, "rw", 0x0, "spec", "Ends of interrupt that no List register had."),
    ), "Enables the virtual interface and its maintenance interrupts.",
    "IHI 0048, GICH_HCR"),
    Register("GICH_VTR", 0x0004, 32, 0, 1, 4, (4,), 0x90000000, True, (
        Field("ListRegs", 0, 6, "ro", 0x0, "instance", "List registers, minus one."),
        Field("PREbits", 26, 3, "ro", 0x4, "instance", "Preemption bits, minus one."),
        Field("PRIbits", 29, 3, "ro", 0x4, "instance", "Priority bits, minus one."),
    ), "What the virtual interface implements.",
    "IHI 0048, GICH_VTR"),
    Register("GICH_VMCR", 0x0008, 32, 0, 1, 4, (4,), 0x4c0000, True, (
        Field("VMGrp0En", 0, 1, "rw", 0x0, "spec", "Group 0 is enabled."),
        Field("VMGrp1En", 1, 1, "rw", 0x0, "spec", "Group 1 is enabled."),
        Field("VMAckCtl", 2, 1, "rw", 0x0, "spec", "AckCtl."),
        Field("VMFIQEn", 3, 1, "rw", 0x0, "spec", "FIQEn."),
        Field("VMCBPR", 4, 1, "rw", 0x0, "spec", "CBPR."),
        Field("VEM", 9, 1, "rw", 0x0, "spec", "EOImode."),
        Field("VMABP", 18, 3, "rw", 0x3, "instance", "Binary point of Group 1."),
        Field("VMBP", 21, 3, "rw", 0x2, "instance", "Binary point of Group 0."),
        Field("VMPriMask", 27, 5, "rw", 0x0, "spec", "Priority mask, upper five bits."),
    ), "The guest's settings, for saving and restoring.",
    "IHI 0048, GICH_VMCR"),
    Register("GICH_MISR", 0x0010, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("EOI", 0, 1, "ro", 0x0, "spec", "A List register's end of interrupt."),
        Field("U", 1, 1, "ro", 0x0, "spec", "Underflow."),
        Field("LRENP", 2, 1, "ro", 0x0, "spec", "List register entry not present."),
        Field("NP", 3, 1, "ro", 0x0, "spec", "No pending interrupt."),
        Field("VGrp0E", 4, 1, "ro", 0x0, "spec", "Group 0 is enabled."),
        Field("VGrp0D", 5, 1, "ro", 0x0, "spec", "Group 0 is disabled."),
        Field("VGrp1E", 6, 1, "ro", 0x0, "spec", "Group 1 is enabled."),
        Field("VGrp1D", 7, 1, "ro", 0x0, "spec", "Group 1 is disabled."),
    ), "Which maintenance interrupts are asserted.",
    "IHI 0048, GICH_MISR"),
    Register("GICH_EISR", 0x0020, 32, 0, 2, 4, (4,), 0x0, False, (
        Field("Status", 0, 32, "ro", 0x0, "spec", "One bit a List register."),
    ), "List registers whose interrupt ended and that ask for maintenance.",
    "IHI 0048, GICH_EISR"),
    Register("GICH_ELSR", 0x0030, 32, 0, 2, 4, (4,), 0x0, False, (
        Field("Status", 0, 32, "ro", 0x0, "spec", "One bit a List register."),
    ), "List registers that are free.",
    "IHI 0048, GICH_ELSR"),
    Register("GICH_APR", 0x00f0, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("P", 0, 32, "rw", 0x0, "spec", "One bit a group priority, the highest priority first; only zero has an architected meaning."),
    ), "Which virtual group priorities are active.",
    "IHI 0048, GICH_APR"),
    Register("GICH_LR", 0x0100, 32, 0, 64, 4, (4,), 0x0, False, (
        Field("VirtualID", 0, 10, "rw", 0x0, "spec", "Virtual INTID."),
        Field("PhysicalID", 10, 10, "rw", 0x0, "spec", "Physical INTID where HW is 1; else bits 2:0 CPUID of an SGI, bit 9 maintenance at the end of interrupt."),
        Field("Priority", 23, 5, "rw", 0x0, "spec", "Priority, upper five bits."),
        Field("State", 28, 2, "rw", 0x0, "spec", "0 invalid, 1 pending, 2 active, 3 pending and active."),
        Field("Grp1", 30, 1, "rw", 0x0, "spec", "Group."),
        Field("HW", 31, 1, "rw", 0x0, "spec", "Deactivation is passed on to the physical interrupt."),
    ), "One virtual interrupt of the scheduled guest.",
    "IHI 0048, GICH_LR"),
)
