# Generated from pymodel/irqpath/regs/gits.rdl: do not edit; regenerate with "irqpath regs generate".
# fmt: off
# ruff: noqa
"""Registers of GITS."""

from typing import Final

from irqpath.regs.types import Field, Register

REGISTERS: Final[tuple[Register, ...]] = (
    Register("GITS_CTLR", 0x0000, 32, 0, 1, 4, (4,), 0x80000000, False, (
        Field("Enabled", 0, 1, "rw", 0x0, "spec", "The ITS takes MSIs and commands."),
        Field("ImDe", 1, 1, "raz", 0x0, "spec", "IMPLEMENTATION DEFINED in GICv4; RES0 in GICv3."),
        Field("ITS_Number", 4, 4, "raz", 0x0, "spec", "Number of the ITS for VMOVP in GICv4; RES0 in GICv3."),
        Field("UMSIirq", 8, 1, "raz", 0x0, "spec", "Interrupt on an unmapped MSI; RES0 where GITS_TYPER.UMSIirq is 0."),
        Field("Quiescent", 31, 1, "ro", 0x1, "spec", "Enabled is 0, and no translation, command or table access is under way."),
    ), "Enables the ITS and shows when it has come to rest.",
    "DDI 0601, GITS_CTLR"),
    Register("GITS_IIDR", 0x0004, 32, 0, 1, 4, (4,), 0x0, True, (
        Field("Implementer", 0, 12, "ro", 0x0, "instance", "JEP106 code of the company that made it: bits 11:8 continuation code, bits 6:0 identity."),
        Field("Revision", 12, 4, "ro", 0x0, "instance", "Minor revision of the product; IMPLEMENTATION DEFINED."),
        Field("Variant", 16, 4, "ro", 0x0, "instance", "Major revision or variant of the product; IMPLEMENTATION DEFINED."),
        Field("ProductID", 24, 8, "ro", 0x0, "instance", "Product; IMPLEMENTATION DEFINED."),
    ), "Says who made this part of the GIC, and which product and revision it is.",
    "DDI 0601, GITS_IIDR"),
    Register("GITS_TYPER", 0x0008, 64, 0, 1, 8, (4, 8), 0x0, True, (
        Field("Physical", 0, 1, "ro", 0x0, "instance", "Physical LPIs are supported."),
        Field("Virtual", 1, 1, "ro", 0x0, "instance", "Virtual LPIs are supported (GICv4)."),
        Field("CCT", 2, 1, "ro", 0x0, "instance", "1: collections in memory come on top of the HCC ones in hardware; 0: they take their place."),
        Field("ITT_entry_size", 4, 4, "ro", 0x0, "instance", "Bytes of one entry of an interrupt translation table, minus one."),
        Field("ID_bits", 8, 5, "ro", 0x0, "instance", "Bits of an EventID, minus one."),
        Field("Devbits", 13, 5, "ro", 0x0, "instance", "Bits of a DeviceID, minus one."),
        Field("SEIS", 18, 1, "ro", 0x0, "instance", "System errors are reported locally."),
        Field("PTA", 19, 1, "ro", 0x0, "instance", "Form of RDbase in commands: 1 bits 51:16 of a Redistributor's address, 0 GICR_TYPER.Processor_Number."),
        Field("HCC", 24, 8, "ro", 0x0, "instance", "Collections that the ITS holds without memory."),
        Field("CIDbits", 32, 4, "ro", 0x0, "instance", "Bits of a collection ID, minus one, where CIL is set."),
        Field("CIL", 36, 1, "ro", 0x0, "instance", "CIDbits limits the collection ID; otherwise it has 16 bits."),
        Field("VMOVP", 37, 1, "ro", 0x0, "instance", "VMOVP goes to one ITS only (GICv4)."),
        Field("MPAM", 38, 1, "ro", 0x0, "instance", "MPAM is supported (GICv3.1)."),
        Field("VSGI", 39, 1, "ro", 0x0, "instance", "Virtual SGIs can be injected (GICv4.1)."),
        Field("VMAPP", 40, 1, "ro", 0x0, "instance", "VMAPP has the layout of GICv4.1."),
        Field("SVPET", 41, 2, "ro", 0x0, "instance", "Which Redistributors share the vPE table (GICv4.1)."),
        Field("nID", 43, 1, "ro", 0x0, "instance", "There are no doorbells of individual interrupts (GICv4.1)."),
        Field("UMSI", 44, 1, "ro", 0x0, "instance", "Unmapped MSIs are reported in GITS_STATUSR."),
        Field("UMSIirq", 45, 1, "ro", 0x0, "instance", "An unmapped MSI can raise an interrupt."),
        Field("INV", 46, 1, "ro", 0x0, "instance", "Clearing GITS_CTLR.Enabled and GITS_BASER.Valid invalidates what the ITS cached."),
    ), "What this ITS implements: sizes of DeviceID, EventID and collection ID, of table entries, and the form of RDbase.",
    "DDI 0601, GITS_TYPER"),
    Register("GITS_STATUSR", 0x0040, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("RRD", 0, 1, "w1c", 0x0, "spec", "A reserved location was read."),
        Field("WRD", 1, 1, "w1c", 0x0, "spec", "A reserved location was written."),
        Field("RWOD", 2, 1, "w1c", 0x0, "spec", "A write-only location was read."),
        Field("WROD", 3, 1, "w1c", 0x0, "spec", "A read-only location was written."),
        Field("UMSI", 4, 1, "raz", 0x0, "spec", "An unmapped MSI arrived; RES0 where GITS_TYPER.UMSI is 0."),
        Field("Overflow", 5, 1, "raz", 0x0, "spec", "Another unmapped MSI arrived while UMSI was set; RES0 where GITS_TYPER.UMSI is 0."),
        Field("Syndrome", 6, 4, "raz", 0x0, "spec", "Why the MSI that set UMSI had no mapping; RES0 where GITS_TYPER.UMSI is 0."),
    ), "Optional record of accesses that make no sense and of unmapped MSIs; writing 1 clears a bit. Not implemented, it is RAZ/WI.",
    "DDI 0601, GITS_STATUSR"),
    Register("GITS_UMSIR", 0x0048, 64, 0, 1, 8, (4, 8), 0x0, False, (
        Field("EventID", 0, 32, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("DeviceID", 32, 32, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
    ), "DeviceID and EventID of the MSI that set GITS_STATUSR.UMSI; RES0 where GITS_TYPER.UMSI is 0.",
    "DDI 0601, GITS_UMSIR"),
    Register("GITS_CBASER", 0x0080, 64, 0, 1, 8, (4, 8), 0x0, False, (
        Field("Size", 0, 8, "rw", 0x0, "unknown", "4 KB pages of the queue, minus one."),
        Field("Shareability", 10, 2, "rw", 0x0, "unknown", "Shareability of accesses to the table: 0 non-shareable, 1 inner, 2 outer; 3 is reserved."),
        Field("Physical_Address", 12, 40, "rw", 0x0, "unknown", "Bits 51:12 of the queue's address; bits 15:12 are zero, for 64 KB alignment."),
        Field("OuterCache", 53, 3, "rw", 0x0, "unknown", "Outer cacheability of accesses to the table; 0 means the same as InnerCache."),
        Field("InnerCache", 59, 3, "rw", 0x0, "unknown", "Inner cacheability of accesses to the table; 0 is Device-nGnRnE, 1 Normal Non-cacheable."),
        Field("Valid", 63, 1, "rw", 0x0, "spec", "Memory is allocated for the queue."),
    ), "Where the command queue lies and how large it is. A write sets GITS_CREADR to zero; not to be written while the ITS is enabled.",
    "DDI 0601, GITS_CBASER"),
    Register("GITS_CWRITER", 0x0088, 64, 0, 1, 8, (4, 8), 0x0, False, (
        Field("Retry", 0, 1, "wo", 0x0, "spec", "Writing 1 restarts a queue that stalled on a faulty command; reads as 0."),
        Field("Offset", 5, 15, "rw", 0x0, "unknown", "Bits 19:5 of the offset; commands have 32 bytes."),
    ), "Offset in the queue at which software writes the next command; a write starts the ITS.",
    "DDI 0601, GITS_CWRITER"),
    Register("GITS_CREADR", 0x0090, 64, 0, 1, 8, (4, 8), 0x0, False, (
        Field("Stalled", 0, 1, "ro", 0x0, "spec", "The ITS stopped on a faulty command."),
        Field("Offset", 5, 15, "ro", 0x0, "unknown", "Bits 19:5 of the offset; commands have 32 bytes."),
    ), "Offset in the queue from which the ITS reads the next command; equal to GITS_CWRITER when the queue is empty.",
    "DDI 0601, GITS_CREADR"),
    Register("GITS_BASER", 0x0100, 64, 0, 8, 8, (4, 8), 0x0, True, (
        Field("Size", 0, 8, "rw", 0x0, "unknown", "Pages of the table, minus one."),
        Field("Page_Size", 8, 2, "rw", 0x0, "unknown", "Size of a page: 0 is 4 KB, 1 is 16 KB, 2 is 64 KB; IMPLEMENTATION DEFINED which can be chosen."),
        Field("Shareability", 10, 2, "rw", 0x0, "unknown", "Shareability of accesses to the table: 0 non-shareable, 1 inner, 2 outer; 3 is reserved."),
        Field("Physical_Address", 12, 36, "rw", 0x0, "unknown", "Bits 47:12 of the table's address; with 64 KB pages bits 15:12 of the field hold address bits 51:48."),
        Field("Entry_Size", 48, 5, "ro", 0x0, "instance", "Bytes of an entry, minus one."),
        Field("OuterCache", 53, 3, "rw", 0x0, "unknown", "Outer cacheability of accesses to the table; 0 means the same as InnerCache."),
        Field("Type", 56, 3, "ro", 0x0, "instance", "Table: 0 none, 1 devices, 2 vPEs, 4 collections; others are reserved."),
        Field("InnerCache", 59, 3, "rw", 0x0, "unknown", "Inner cacheability of accesses to the table; 0 is Device-nGnRnE, 1 Normal Non-cacheable."),
        Field("Indirect", 62, 1, "rw", 0x0, "unknown", "The table has two levels; RAZ/WI where only flat tables are supported."),
        Field("Valid", 63, 1, "rw", 0x0, "spec", "Memory is allocated for the table."),
    ), "Where one of the ITS's tables lies and how large it is. Not to be written while the ITS is enabled; all zero where the table is not needed.",
    "DDI 0601, GITS_BASER<n>"),
    Register("GITS_PIDR4", 0xffd0, 32, 0, 1, 4, (4,), 0x0, True, (
        Field("DES_2", 0, 4, "ro", 0x0, "instance", "Number of JEP106 continuation codes."),
        Field("SIZE", 4, 4, "ro", 0x0, "instance", "Log2 of the number of 4 KB blocks that the component takes."),
    ), "JEP106 continuation code; IMPLEMENTATION DEFINED, here in the layout that Arm recommends.",
    "IHI 0069, identification registers"),
    Register("GITS_PIDR5", 0xffd4, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("RES0", 0, 8, "raz", 0x0, "spec", "Reads as zero."),
    ), "Reserved identification register.",
    "IHI 0069, identification registers"),
    Register("GITS_PIDR6", 0xffd8, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("RES0", 0, 8, "raz", 0x0, "spec", "Reads as zero."),
    ), "Reserved identification register.",
    "IHI 0069, identification registers"),
    Register("GITS_PIDR7", 0xffdc, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("RES0", 0, 8, "raz", 0x0, "spec", "Reads as zero."),
    ), "Reserved identification register.",
    "IHI 0069, identification registers"),
    Register("GITS_PIDR0", 0xffe0, 32, 0, 1, 4, (4,), 0x0, True, (
        Field("PART_0", 0, 8, "ro", 0x0, "instance", "Part number, bits 7:0."),
    ), "Low byte of the part number; IMPLEMENTATION DEFINED, here in the layout that Arm recommends.",
    "IHI 0069, identification registers"),
    Register("GITS_PIDR1", 0xffe4, 32, 0, 1, 4, (4,), 0x0, True, (
        Field("PART_1", 0, 4, "ro", 0x0, "instance", "Part number, bits 11:8."),
        Field("DES_0", 4, 4, "ro", 0x0, "instance", "JEP106 identity, bits 3:0."),
    ), "Rest of the part number and low half of the JEP106 identity; IMPLEMENTATION DEFINED, here in the layout that Arm recommends.",
    "IHI 0069, identification registers"),
    Register("GITS_PIDR2", 0xffe8, 32, 0, 1, 4, (4,), 0x30, True, (
        Field("DES_1", 0, 3, "ro", 0x0, "instance", "JEP106 identity, bits 6:4."),
        Field("JEDEC", 3, 1, "ro", 0x0, "instance", "1 where DES_0, DES_1 and DES_2 hold a JEP106 identity."),
        Field("ArchRev", 4, 4, "ro", 0x3, "instance", "Revision of the GIC architecture: 1 GICv1, 2 GICv2, 3 GICv3, 4 GICv4."),
    ), "Tells software which GIC architecture this frame belongs to; the other bits are IMPLEMENTATION DEFINED.",
    "DDI 0601, GICD_PIDR2, GICR_PIDR2 and GITS_PIDR2"),
    Register("GITS_PIDR3", 0xffec, 32, 0, 1, 4, (4,), 0x0, True, (
        Field("CMOD", 0, 4, "ro", 0x0, "instance", "Not zero where the customer modified the part."),
        Field("REVAND", 4, 4, "ro", 0x0, "instance", "Manufacturer's revision number."),
    ), "Revision of the part; IMPLEMENTATION DEFINED, here in the layout that Arm recommends.",
    "IHI 0069, identification registers"),
    Register("GITS_CIDR0", 0xfff0, 32, 0, 1, 4, (4,), 0xd, False, (
        Field("PRMBL_0", 0, 8, "ro", 0xd, "spec", "Part of the preamble that marks a CoreSight component."),
    ), "Preamble of the component identification.",
    "IHI 0069, identification registers"),
    Register("GITS_CIDR1", 0xfff4, 32, 0, 1, 4, (4,), 0xf0, False, (
        Field("PRMBL_1", 0, 4, "ro", 0x0, "spec", "Part of the preamble that marks a CoreSight component."),
        Field("CLASS", 4, 4, "ro", 0xf, "spec", "Class of the component: 0xF is a component without a class of its own."),
    ), "Class of the component and a part of the preamble.",
    "IHI 0069, identification registers"),
    Register("GITS_CIDR2", 0xfff8, 32, 0, 1, 4, (4,), 0x5, False, (
        Field("PRMBL_2", 0, 8, "ro", 0x5, "spec", "Part of the preamble that marks a CoreSight component."),
    ), "Preamble of the component identification.",
    "IHI 0069, identification registers"),
    Register("GITS_CIDR3", 0xfffc, 32, 0, 1, 4, (4,), 0xb1, False, (
        Field("PRMBL_3", 0, 8, "ro", 0xb1, "spec", "Part of the preamble that marks a CoreSight component."),
    ), "Preamble of the component identification.",
    "IHI 0069, identification registers"),
    Register("GITS_TRANSLATER", 0x10040, 32, 0, 1, 4, (2, 4), 0x0, False, (
        Field("EventID", 0, 32, "wo", 0x0, "spec", "Event of the device that writes."),
    ), "Devices write their EventID here; the DeviceID comes beside it on the bus. A 16-bit write is extended by zeros.",
    "DDI 0601, GITS_TRANSLATER", low_part_only=True),
)
