# Generated from pymodel/irqpath/regs/gicd.rdl: do not edit; regenerate with "irqpath regs generate".
# fmt: off
# ruff: noqa
"""Registers of GICD."""

from typing import Final

from irqpath.regs.types import Field, Register

REGISTERS: Final[tuple[Register, ...]] = (
    Register("GICD_CTLR", 0x0000, 32, 0, 1, 4, (4,), 0x50, False, (
        Field("EnableGrp0", 0, 1, "rw", 0x0, "spec", "Group 0 interrupts are forwarded."),
        Field("EnableGrp1", 1, 1, "rw", 0x0, "spec", "Group 1 interrupts are forwarded."),
        Field("ARE", 4, 1, "rao", 0x1, "spec", "Affinity routing is enabled; RAO/WI, since legacy operation is not implemented."),
        Field("DS", 6, 1, "rao", 0x1, "spec", "Security is disabled; RAO/WI: there is one Security state."),
        Field("E1NWF", 7, 1, "rw", 0x0, "unknown", "A PE that is asleep may be woken for a 1-of-N interrupt. IMPLEMENTATION DEFINED whether it can be written."),
        Field("nASSGIreq", 8, 1, "raz", 0x0, "spec", "Asks that SGIs have no active state. Needs GICv4.1, so RES0 here."),
        Field("RWP", 31, 1, "ro", 0x0, "unknown", "The effect of an earlier write to the group enables (1 to 0), to E1NWF or to GICD_ICENABLER is not visible everywhere yet."),
    ), "Enables interrupt groups. As seen with one Security state; DS and ARE are fixed at one.",
    "DDI 0601, GICD_CTLR (DS == 1 view)"),
    Register("GICD_TYPER", 0x0004, 32, 0, 1, 4, (4,), 0x0, True, (
        Field("ITLinesNumber", 0, 5, "ro", 0x0, "instance", "SPIs exist up to INTID 32 * (ITLinesNumber + 1) - 1, at most 1019."),
        Field("CPUNumber", 5, 3, "ro", 0x0, "instance", "PEs that legacy operation can use, minus one; 0 where affinity routing is always enabled."),
        Field("ESPI", 8, 1, "ro", 0x0, "instance", "There are extended SPIs (GICv3.1)."),
        Field("NMI", 9, 1, "ro", 0x0, "instance", "There are non-maskable interrupts (GICv3.3)."),
        Field("SecurityExtn", 10, 1, "raz", 0x0, "spec", "There are two Security states; RAZ since DS is one."),
        Field("num_LPIs", 11, 5, "ro", 0x0, "instance", "0: GICD_TYPER.IDbits says how many LPIs there are; n: LPIs have INTIDs 8192 to 8192 + 2^(n+1) - 1."),
        Field("MBIS", 16, 1, "ro", 0x0, "instance", "There are message-based SPIs (GICD_SETSPI_NSR and its kin)."),
        Field("LPIS", 17, 1, "ro", 0x0, "instance", "There are LPIs."),
        Field("DVIS", 18, 1, "ro", 0x0, "instance", "Virtual LPIs can be injected directly (GICv4)."),
        Field("IDbits", 19, 5, "ro", 0x0, "instance", "Bits of an INTID, minus one."),
        Field("A3V", 24, 1, "ro", 0x0, "instance", "Affinity level 3 may be other than zero."),
        Field("No1N", 25, 1, "ro", 0x0, "instance", "1-of-N routing of SPIs is not supported."),
        Field("RSS", 26, 1, "ro", 0x0, "instance", "SGIs reach PEs whose affinity level 0 is above 15 (range selector)."),
        Field("ESPI_range", 27, 5, "ro", 0x0, "instance", "Extended SPIs exist up to INTID 32 * (ESPI_range + 1) + 4095."),
    ), "What this GIC implements: number of SPIs, INTID bits, LPIs, message-based SPIs, 1-of-N.",
    "DDI 0601, GICD_TYPER"),
    Register("GICD_IIDR", 0x0008, 32, 0, 1, 4, (4,), 0x0, True, (
        Field("Implementer", 0, 12, "ro", 0x0, "instance", "JEP106 code of the company that made it: bits 11:8 continuation code, bits 6:0 identity."),
        Field("Revision", 12, 4, "ro", 0x0, "instance", "Minor revision of the product; IMPLEMENTATION DEFINED."),
        Field("Variant", 16, 4, "ro", 0x0, "instance", "Major revision or variant of the product; IMPLEMENTATION DEFINED."),
        Field("ProductID", 24, 8, "ro", 0x0, "instance", "Product; IMPLEMENTATION DEFINED."),
    ), "Says who made this part of the GIC, and which product and revision it is.",
    "DDI 0601, GICD_IIDR"),
    Register("GICD_TYPER2", 0x000c, 32, 0, 1, 4, (4,), 0x0, True, (
        Field("VID", 0, 5, "ro", 0x0, "instance", "Bits of a vPEID, minus one, where VIL is set."),
        Field("VIL", 7, 1, "ro", 0x0, "instance", "VID limits the number of bits of a vPEID; otherwise there are 16."),
        Field("nASSGIcap", 8, 1, "ro", 0x0, "instance", "SGIs can be without an active state (GICD_CTLR.nASSGIreq)."),
    ), "What this GIC implements of GICv4.1; zero in GICv3.",
    "DDI 0601, GICD_TYPER2"),
    Register("GICD_STATUSR", 0x0010, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("RRD", 0, 1, "w1c", 0x0, "spec", "A reserved location was read."),
        Field("WRD", 1, 1, "w1c", 0x0, "spec", "A reserved location was written."),
        Field("RWOD", 2, 1, "w1c", 0x0, "spec", "A write-only location was read."),
        Field("WROD", 3, 1, "w1c", 0x0, "spec", "A read-only location was written."),
    ), "Optional record of accesses that make no sense; writing 1 clears a bit. Not implemented, it is RAZ/WI.",
    "DDI 0601, GICD_STATUSR"),
    Register("GICD_SETSPI_NSR", 0x0040, 32, 0, 1, 4, (2, 4), 0x0, False, (
        Field("INTID", 0, 13, "wo", 0x0, "spec", "SPI to make pending; INTIDs that are no SPI of this GIC are ignored."),
    ), "A write makes the SPI pending; with one Security state it reaches every SPI. RES0 where GICD_TYPER.MBIS is 0.",
    "DDI 0601, GICD_SETSPI_NSR", low_part_only=True),
    Register("GICD_CLRSPI_NSR", 0x0048, 32, 0, 1, 4, (2, 4), 0x0, False, (
        Field("INTID", 0, 13, "wo", 0x0, "spec", "SPI whose pending state is removed."),
    ), "A write removes the pending state of the SPI; with one Security state it reaches every SPI. RES0 where GICD_TYPER.MBIS is 0.",
    "DDI 0601, GICD_CLRSPI_NSR", low_part_only=True),
    Register("GICD_SETSPI_SR", 0x0050, 32, 0, 1, 4, (2, 4), 0x0, False, (
        Field("INTID", 0, 13, "raz", 0x0, "spec", "SPI to make pending; ignored with one Security state."),
    ), "Makes a Secure SPI pending where there are two Security states; writes are ignored with one.",
    "DDI 0601, GICD_SETSPI_SR", low_part_only=True),
    Register("GICD_CLRSPI_SR", 0x0058, 32, 0, 1, 4, (2, 4), 0x0, False, (
        Field("INTID", 0, 13, "raz", 0x0, "spec", "SPI whose pending state is removed; ignored with one Security state."),
    ), "Removes the pending state of a Secure SPI where there are two Security states; writes are ignored with one.",
    "DDI 0601, GICD_CLRSPI_SR", low_part_only=True),
    Register("GICD_IGROUPR", 0x0080, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("Group_status_bit", 0, 32, "rw", 0x0, "spec", "One bit an interrupt: 0 Group 0, 1 Group 1."),
    ), "Group of 32 interrupts: 0 is Group 0, 1 is Group 1.",
    "DDI 0601, GICD_IGROUPR<n>", raz_elements=1),
    Register("GICD_ISENABLER", 0x0100, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("Set_enable_bit", 0, 32, "w1s", 0x0, "unknown", "One bit an interrupt. Writing 1 sets the state, writing 0 changes nothing; a read shows the state."),
    ), "Enables forwarding of 32 interrupts; shows the same state as GICD_ICENABLER.",
    "DDI 0601, GICD_ISENABLER<n>", same_state="GICD_ICENABLER", raz_elements=1),
    Register("GICD_ICENABLER", 0x0180, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("Clear_enable_bit", 0, 32, "w1c", 0x0, "unknown", "One bit an interrupt. Writing 1 clears the state, writing 0 changes nothing; a read shows the state."),
    ), "Disables forwarding of 32 interrupts; shows the same state as GICD_ISENABLER. GICD_CTLR.RWP tracks its writes.",
    "DDI 0601, GICD_ICENABLER<n>", same_state="GICD_ISENABLER", raz_elements=1),
    Register("GICD_ISPENDR", 0x0200, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("Set_pending_bit", 0, 32, "w1s", 0x0, "spec", "One bit an interrupt. Writing 1 sets the state, writing 0 changes nothing; a read shows the state."),
    ), "Makes 32 interrupts pending; shows the same state as GICD_ICPENDR.",
    "DDI 0601, GICD_ISPENDR<n>", same_state="GICD_ICPENDR", raz_elements=1),
    Register("GICD_ICPENDR", 0x0280, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("Clear_pending_bit", 0, 32, "w1c", 0x0, "spec", "One bit an interrupt. Writing 1 clears the state, writing 0 changes nothing; a read shows the state."),
    ), "Removes the pending state that is not held by the line of a level-sensitive interrupt; shows the same state as GICD_ISPENDR.",
    "DDI 0601, GICD_ICPENDR<n>", same_state="GICD_ISPENDR", raz_elements=1),
    Register("GICD_ISACTIVER", 0x0300, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("Set_active_bit", 0, 32, "w1s", 0x0, "spec", "One bit an interrupt. Writing 1 sets the state, writing 0 changes nothing; a read shows the state."),
    ), "Activates 32 interrupts, to restore saved state; shows the same state as GICD_ICACTIVER.",
    "DDI 0601, GICD_ISACTIVER<n>", same_state="GICD_ICACTIVER", raz_elements=1),
    Register("GICD_ICACTIVER", 0x0380, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("Clear_active_bit", 0, 32, "w1c", 0x0, "spec", "One bit an interrupt. Writing 1 clears the state, writing 0 changes nothing; a read shows the state."),
    ), "Deactivates 32 interrupts; shows the same state as GICD_ISACTIVER.",
    "DDI 0601, GICD_ICACTIVER<n>", same_state="GICD_ISACTIVER", raz_elements=1),
    Register("GICD_IPRIORITYR", 0x0400, 32, 0, 255, 4, (1, 4), 0x0, False, (
        Field("Priority_offset_0B", 0, 8, "rw", 0x0, "unknown", "Priority of one interrupt; a lower value is a higher priority. Priority bits that are not implemented are RAZ/WI."),
        Field("Priority_offset_1B", 8, 8, "rw", 0x0, "unknown", "Priority of one interrupt; a lower value is a higher priority. Priority bits that are not implemented are RAZ/WI."),
        Field("Priority_offset_2B", 16, 8, "rw", 0x0, "unknown", "Priority of one interrupt; a lower value is a higher priority. Priority bits that are not implemented are RAZ/WI."),
        Field("Priority_offset_3B", 24, 8, "rw", 0x0, "unknown", "Priority of one interrupt; a lower value is a higher priority. Priority bits that are not implemented are RAZ/WI."),
    ), "Priorities of four interrupts, one byte each; may be accessed by bytes.",
    "DDI 0601, GICD_IPRIORITYR<n>", raz_elements=8),
    Register("GICD_ITARGETSR", 0x0800, 32, 0, 255, 4, (1, 4), 0x0, False, (
        Field("CPU_targets_offset_0B", 0, 8, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("CPU_targets_offset_1B", 8, 8, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("CPU_targets_offset_2B", 16, 8, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("CPU_targets_offset_3B", 24, 8, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
    ), "Legacy targets of four interrupts, one byte each; RAZ/WI with affinity routing, where GICD_IROUTER takes their place.",
    "DDI 0601, GICD_ITARGETSR<n>", raz_elements=8),
    Register("GICD_ICFGR", 0x0c00, 32, 0, 64, 4, (4,), 0x0, False, (
        Field("Int_config0", 1, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
        Field("Int_config1", 3, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
        Field("Int_config2", 5, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
        Field("Int_config3", 7, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
        Field("Int_config4", 9, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
        Field("Int_config5", 11, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
        Field("Int_config6", 13, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
        Field("Int_config7", 15, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
        Field("Int_config8", 17, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
        Field("Int_config9", 19, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
        Field("Int_config10", 21, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
        Field("Int_config11", 23, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
        Field("Int_config12", 25, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
        Field("Int_config13", 27, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
        Field("Int_config14", 29, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
        Field("Int_config15", 31, 1, "rw", 0x0, "unknown", "Upper bit of the two-bit field: 0 level-sensitive, 1 edge-triggered. The lower bit is RES0."),
    ), "Trigger of 16 interrupts, two bits each. An SPI is disabled before its trigger is changed.",
    "DDI 0601, GICD_ICFGR<n>", raz_elements=2),
    Register("GICD_IGRPMODR", 0x0d00, 32, 0, 32, 4, (4,), 0x0, False, (
        Field("Group_modifier_bit", 0, 32, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
    ), "With GICD_IGROUPR tells Secure Group 1 from Group 0; RAZ/WI with one Security state.",
    "DDI 0601, GICD_IGRPMODR<n>", raz_elements=1),
    Register("GICD_NSACR", 0x0e00, 32, 0, 64, 4, (4,), 0x0, False, (
        Field("NS_access0", 0, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NS_access1", 2, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NS_access2", 4, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NS_access3", 6, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NS_access4", 8, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NS_access5", 10, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NS_access6", 12, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NS_access7", 14, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NS_access8", 16, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NS_access9", 18, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NS_access10", 20, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NS_access11", 22, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NS_access12", 24, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NS_access13", 26, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NS_access14", 28, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NS_access15", 30, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
    ), "What Non-secure software may do to 16 Secure interrupts, two bits each; RAZ/WI with one Security state.",
    "DDI 0601, GICD_NSACR<n>", raz_elements=2),
    Register("GICD_SGIR", 0x0f00, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("INTID", 0, 4, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("NSATT", 15, 1, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("CPUTargetList", 16, 8, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("TargetListFilter", 24, 2, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
    ), "Makes SGIs in legacy operation; ignored with affinity routing, where ICC_SGI0R_EL1, ICC_SGI1R_EL1 and ICC_ASGI1R_EL1 do so.",
    "DDI 0601, GICD_SGIR"),
    Register("GICD_CPENDSGIR", 0x0f10, 32, 0, 4, 4, (1, 4), 0x0, False, (
        Field("SGI_clear_pending_bits0", 0, 8, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("SGI_clear_pending_bits1", 8, 8, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("SGI_clear_pending_bits2", 16, 8, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("SGI_clear_pending_bits3", 24, 8, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
    ), "Removes the pending state of four SGIs by source PE in legacy operation; RAZ/WI with affinity routing.",
    "DDI 0601, GICD_CPENDSGIR<n>", same_state="GICD_SPENDSGIR", raz_elements=4),
    Register("GICD_SPENDSGIR", 0x0f20, 32, 0, 4, 4, (1, 4), 0x0, False, (
        Field("SGI_set_pending_bits0", 0, 8, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("SGI_set_pending_bits1", 8, 8, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("SGI_set_pending_bits2", 16, 8, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
        Field("SGI_set_pending_bits3", 24, 8, "raz", 0x0, "spec", "RAZ/WI in this configuration."),
    ), "Makes four SGIs pending by source PE in legacy operation; RAZ/WI with affinity routing.",
    "DDI 0601, GICD_SPENDSGIR<n>", same_state="GICD_CPENDSGIR", raz_elements=4),
    Register("GICD_IROUTER", 0x6100, 64, 32, 988, 8, (4, 8), 0x0, False, (
        Field("Aff0", 0, 8, "rw", 0x0, "unknown", "Affinity level 0 of the target."),
        Field("Aff1", 8, 8, "rw", 0x0, "unknown", "Affinity level 1 of the target."),
        Field("Aff2", 16, 8, "rw", 0x0, "unknown", "Affinity level 2 of the target."),
        Field("Interrupt_Routing_Mode", 31, 1, "rw", 0x0, "unknown", "1: any PE that takes part (1-of-N); 0: the PE that the affinity names."),
        Field("Aff3", 32, 8, "rw", 0x0, "unknown", "Affinity level 3 of the target."),
    ), "Where the SPI goes: to the PE of the given affinity, or to any one that takes part in 1-of-N.",
    "DDI 0601, GICD_IROUTER<n>"),
    Register("GICD_PIDR4", 0xffd0, 32, 0, 1, 4, (4,), 0x0, True, (
        Field("DES_2", 0, 4, "ro", 0x0, "instance", "Number of JEP106 continuation codes."),
        Field("SIZE", 4, 4, "ro", 0x0, "instance", "Log2 of the number of 4 KB blocks that the component takes."),
    ), "JEP106 continuation code; IMPLEMENTATION DEFINED, here in the layout that Arm recommends.",
    "IHI 0069, identification registers"),
    Register("GICD_PIDR5", 0xffd4, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("RES0", 0, 8, "raz", 0x0, "spec", "Reads as zero."),
    ), "Reserved identification register.",
    "IHI 0069, identification registers"),
    Register("GICD_PIDR6", 0xffd8, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("RES0", 0, 8, "raz", 0x0, "spec", "Reads as zero."),
    ), "Reserved identification register.",
    "IHI 0069, identification registers"),
    Register("GICD_PIDR7", 0xffdc, 32, 0, 1, 4, (4,), 0x0, False, (
        Field("RES0", 0, 8, "raz", 0x0, "spec", "Reads as zero."),
    ), "Reserved identification register.",
    "IHI 0069, identification registers"),
    Register("GICD_PIDR0", 0xffe0, 32, 0, 1, 4, (4,), 0x0, True, (
        Field("PART_0", 0, 8, "ro", 0x0, "instance", "Part number, bits 7:0."),
    ), "Low byte of the part number; IMPLEMENTATION DEFINED, here in the layout that Arm recommends.",
    "IHI 0069, identification registers"),
    Register("GICD_PIDR1", 0xffe4, 32, 0, 1, 4, (4,), 0x0, True, (
        Field("PART_1", 0, 4, "ro", 0x0, "instance", "Part number, bits 11:8."),
        Field("DES_0", 4, 4, "ro", 0x0, "instance", "JEP106 identity, bits 3:0."),
    ), "Rest of the part number and low half of the JEP106 identity; IMPLEMENTATION DEFINED, here in the layout that Arm recommends.",
    "IHI 0069, identification registers"),
    Register("GICD_PIDR2", 0xffe8, 32, 0, 1, 4, (4,), 0x30, True, (
        Field("DES_1", 0, 3, "ro", 0x0, "instance", "JEP106 identity, bits 6:4."),
        Field("JEDEC", 3, 1, "ro", 0x0, "instance", "1 where DES_0, DES_1 and DES_2 hold a JEP106 identity."),
        Field("ArchRev", 4, 4, "ro", 0x3, "instance", "Revision of the GIC architecture: 1 GICv1, 2 GICv2, 3 GICv3, 4 GICv4."),
    ), "Tells software which GIC architecture this frame belongs to; the other bits are IMPLEMENTATION DEFINED.",
    "DDI 0601, GICD_PIDR2, GICR_PIDR2 and GITS_PIDR2"),
    Register("GICD_PIDR3", 0xffec, 32, 0, 1, 4, (4,), 0x0, True, (
        Field("CMOD", 0, 4, "ro", 0x0, "instance", "Not zero where the customer modified the part."),
        Field("REVAND", 4, 4, "ro", 0x0, "instance", "Manufacturer's revision number."),
    ), "Revision of the part; IMPLEMENTATION DEFINED, here in the layout that Arm recommends.",
    "IHI 0069, identification registers"),
    Register("GICD_CIDR0", 0xfff0, 32, 0, 1, 4, (4,), 0xd, False, (
        Field("PRMBL_0", 0, 8, "ro", 0xd, "spec", "Part of the preamble that marks a CoreSight component."),
    ), "Preamble of the component identification.",
    "IHI 0069, identification registers"),
    Register("GICD_CIDR1", 0xfff4, 32, 0, 1, 4, (4,), 0xf0, False, (
        Field("PRMBL_1", 0, 4, "ro", 0x0, "spec", "Part of the preamble that marks a CoreSight component."),
        Field("CLASS", 4, 4, "ro", 0xf, "spec", "Class of the component: 0xF is a component without a class of its own."),
    ), "Class of the component and a part of the preamble.",
    "IHI 0069, identification registers"),
    Register("GICD_CIDR2", 0xfff8, 32, 0, 1, 4, (4,), 0x5, False, (
        Field("PRMBL_2", 0, 8, "ro", 0x5, "spec", "Part of the preamble that marks a CoreSight component."),
    ), "Preamble of the component identification.",
    "IHI 0069, identification registers"),
    Register("GICD_CIDR3", 0xfffc, 32, 0, 1, 4, (4,), 0xb1, False, (
        Field("PRMBL_3", 0, 8, "ro", 0xb1, "spec", "Part of the preamble that marks a CoreSight component."),
    ), "Preamble of the component identification.",
    "IHI 0069, identification registers"),
)
