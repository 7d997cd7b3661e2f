"""Well-known registers of the architecture, written down by hand, against the generated tables.

Offsets, field positions, access and reset as IHI 0069 and the register pages of DDI 0601 give them, in the view of one
Security state with affinity routing.
"""

from __future__ import annotations

import pytest

from irqpath.regs import BLOCKS, GICD, GICR, GITS, ICC, sysreg_encoding

#: offset, bits, first element, elements, stride, sizes
SHAPES: dict[str, tuple[int, int, int, int, int, tuple[int, ...]]] = {
    "GICD_CTLR": (0x0000, 32, 0, 1, 4, (4,)),
    "GICD_TYPER": (0x0004, 32, 0, 1, 4, (4,)),
    "GICD_IIDR": (0x0008, 32, 0, 1, 4, (4,)),
    "GICD_TYPER2": (0x000C, 32, 0, 1, 4, (4,)),
    "GICD_STATUSR": (0x0010, 32, 0, 1, 4, (4,)),
    "GICD_SETSPI_NSR": (0x0040, 32, 0, 1, 4, (2, 4)),
    "GICD_CLRSPI_NSR": (0x0048, 32, 0, 1, 4, (2, 4)),
    "GICD_SETSPI_SR": (0x0050, 32, 0, 1, 4, (2, 4)),
    "GICD_CLRSPI_SR": (0x0058, 32, 0, 1, 4, (2, 4)),
    "GICD_IGROUPR": (0x0080, 32, 0, 32, 4, (4,)),
    "GICD_ISENABLER": (0x0100, 32, 0, 32, 4, (4,)),
    "GICD_ICENABLER": (0x0180, 32, 0, 32, 4, (4,)),
    "GICD_ISPENDR": (0x0200, 32, 0, 32, 4, (4,)),
    "GICD_ICPENDR": (0x0280, 32, 0, 32, 4, (4,)),
    "GICD_ISACTIVER": (0x0300, 32, 0, 32, 4, (4,)),
    "GICD_ICACTIVER": (0x0380, 32, 0, 32, 4, (4,)),
    "GICD_IPRIORITYR": (0x0400, 32, 0, 255, 4, (1, 4)),
    "GICD_ITARGETSR": (0x0800, 32, 0, 255, 4, (1, 4)),
    "GICD_ICFGR": (0x0C00, 32, 0, 64, 4, (4,)),
    "GICD_IGRPMODR": (0x0D00, 32, 0, 32, 4, (4,)),
    "GICD_NSACR": (0x0E00, 32, 0, 64, 4, (4,)),
    "GICD_SGIR": (0x0F00, 32, 0, 1, 4, (4,)),
    "GICD_CPENDSGIR": (0x0F10, 32, 0, 4, 4, (1, 4)),
    "GICD_SPENDSGIR": (0x0F20, 32, 0, 4, 4, (1, 4)),
    "GICD_IROUTER": (0x6100, 64, 32, 988, 8, (4, 8)),
    "GICD_PIDR2": (0xFFE8, 32, 0, 1, 4, (4,)),
    "GICR_CTLR": (0x0000, 32, 0, 1, 4, (4,)),
    "GICR_TYPER": (0x0008, 64, 0, 1, 8, (4, 8)),
    "GICR_WAKER": (0x0014, 32, 0, 1, 4, (4,)),
    "GICR_SETLPIR": (0x0040, 64, 0, 1, 8, (4, 8)),
    "GICR_CLRLPIR": (0x0048, 64, 0, 1, 8, (4, 8)),
    "GICR_PROPBASER": (0x0070, 64, 0, 1, 8, (4, 8)),
    "GICR_PENDBASER": (0x0078, 64, 0, 1, 8, (4, 8)),
    "GICR_INVLPIR": (0x00A0, 64, 0, 1, 8, (4, 8)),
    "GICR_INVALLR": (0x00B0, 64, 0, 1, 8, (4, 8)),
    "GICR_SYNCR": (0x00C0, 32, 0, 1, 4, (4,)),
    "GICR_PIDR2": (0xFFE8, 32, 0, 1, 4, (4,)),
    "GICR_IGROUPR0": (0x10080, 32, 0, 1, 4, (4,)),
    "GICR_ISENABLER0": (0x10100, 32, 0, 1, 4, (4,)),
    "GICR_ICACTIVER0": (0x10380, 32, 0, 1, 4, (4,)),
    "GICR_IPRIORITYR": (0x10400, 32, 0, 8, 4, (1, 4)),
    "GICR_ICFGR1": (0x10C04, 32, 0, 1, 4, (4,)),
    "GICR_NSACR": (0x10E00, 32, 0, 1, 4, (4,)),
    "GITS_CTLR": (0x0000, 32, 0, 1, 4, (4,)),
    "GITS_TYPER": (0x0008, 64, 0, 1, 8, (4, 8)),
    "GITS_CBASER": (0x0080, 64, 0, 1, 8, (4, 8)),
    "GITS_CWRITER": (0x0088, 64, 0, 1, 8, (4, 8)),
    "GITS_CREADR": (0x0090, 64, 0, 1, 8, (4, 8)),
    "GITS_BASER": (0x0100, 64, 0, 8, 8, (4, 8)),
    "GITS_PIDR2": (0xFFE8, 32, 0, 1, 4, (4,)),
    "GITS_TRANSLATER": (0x10040, 32, 0, 1, 4, (2, 4)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shape(name: str) -> None:
    r = BLOCKS[name.partition("_")[0]].register(name)
    assert (r.offset, r.width_bits, r.first, r.count, r.stride, r.sizes) == SHAPES[name]


#: CRn, CRm, op2; op0 is 3 and op1 is 0 in all
ENCODINGS = {
    "ICC_PMR_EL1": (4, 6, 0),
    "ICC_IAR0_EL1": (12, 8, 0),
    "ICC_EOIR0_EL1": (12, 8, 1),
    "ICC_HPPIR0_EL1": (12, 8, 2),
    "ICC_BPR0_EL1": (12, 8, 3),
    "ICC_AP0R0_EL1": (12, 8, 4),
    "ICC_AP0R3_EL1": (12, 8, 7),
    "ICC_AP1R0_EL1": (12, 9, 0),
    "ICC_AP1R3_EL1": (12, 9, 3),
    "ICC_DIR_EL1": (12, 11, 1),
    "ICC_RPR_EL1": (12, 11, 3),
    "ICC_SGI1R_EL1": (12, 11, 5),
    "ICC_ASGI1R_EL1": (12, 11, 6),
    "ICC_SGI0R_EL1": (12, 11, 7),
    "ICC_IAR1_EL1": (12, 12, 0),
    "ICC_EOIR1_EL1": (12, 12, 1),
    "ICC_HPPIR1_EL1": (12, 12, 2),
    "ICC_BPR1_EL1": (12, 12, 3),
    "ICC_CTLR_EL1": (12, 12, 4),
    "ICC_SRE_EL1": (12, 12, 5),
    "ICC_IGRPEN0_EL1": (12, 12, 6),
    "ICC_IGRPEN1_EL1": (12, 12, 7),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_encoding(name: str) -> None:
    crn, crm, op2 = ENCODINGS[name]
    encoding = sysreg_encoding(3, 0, crn, crm, op2)
    assert ICC.by_name(name).offset == encoding
    element = ICC.by_encoding(encoding)
    assert element is not None
    assert element.name == name
    assert ICC.name_at(encoding) == name
    assert element.register.sizes == (8,)


#: register: field -> (bits, access)
LAYOUTS = {
    "GICD_CTLR": {
        "EnableGrp0": ("0", "rw"),
        "EnableGrp1": ("1", "rw"),
        "ARE": ("4", "rao"),
        "DS": ("6", "rao"),
        "E1NWF": ("7", "rw"),
        "nASSGIreq": ("8", "raz"),
        "RWP": ("31", "ro"),
    },
    "GICD_TYPER": {
        "ITLinesNumber": ("4:0", "ro"),
        "CPUNumber": ("7:5", "ro"),
        "SecurityExtn": ("10", "raz"),
        "num_LPIs": ("15:11", "ro"),
        "MBIS": ("16", "ro"),
        "LPIS": ("17", "ro"),
        "DVIS": ("18", "ro"),
        "IDbits": ("23:19", "ro"),
        "A3V": ("24", "ro"),
        "No1N": ("25", "ro"),
        "RSS": ("26", "ro"),
    },
    "GICD_IROUTER": {
        "Aff0": ("7:0", "rw"),
        "Aff2": ("23:16", "rw"),
        "Interrupt_Routing_Mode": ("31", "rw"),
        "Aff3": ("39:32", "rw"),
    },
    "GICD_ISENABLER": {"Set_enable_bit": ("31:0", "w1s")},
    "GICD_ICENABLER": {"Clear_enable_bit": ("31:0", "w1c")},
    "GICD_ITARGETSR": {"CPU_targets_offset_3B": ("31:24", "raz")},
    "GICD_ICFGR": {"Int_config0": ("1", "rw"), "Int_config15": ("31", "rw")},
    "GICD_SETSPI_NSR": {"INTID": ("12:0", "wo")},
    "GICD_SETSPI_SR": {"INTID": ("12:0", "raz")},
    "GICD_PIDR2": {"ArchRev": ("7:4", "ro")},
    "GICR_CTLR": {
        "EnableLPIs": ("0", "rw"),
        "CES": ("1", "ro"),
        "IR": ("2", "ro"),
        "RWP": ("3", "ro"),
        "DPG0": ("24", "rw"),
        "DPG1NS": ("25", "rw"),
        "DPG1S": ("26", "raz"),
        "UWP": ("31", "ro"),
    },
    "GICR_TYPER": {
        "PLPIS": ("0", "ro"),
        "VLPIS": ("1", "ro"),
        "Dirty": ("2", "ro"),
        "DirectLPI": ("3", "ro"),
        "Last": ("4", "ro"),
        "DPGS": ("5", "ro"),
        "MPAM": ("6", "ro"),
        "RVPEID": ("7", "ro"),
        "Processor_Number": ("23:8", "ro"),
        "CommonLPIAff": ("25:24", "ro"),
        "VSGI": ("26", "ro"),
        "PPInum": ("31:27", "ro"),
        "Affinity_Value": ("63:32", "ro"),
    },
    "GICR_WAKER": {"ProcessorSleep": ("1", "rw"), "ChildrenAsleep": ("2", "ro")},
    "GICR_PROPBASER": {
        "IDbits": ("4:0", "rw"),
        "InnerCache": ("9:7", "rw"),
        "Shareability": ("11:10", "rw"),
        "Physical_Address": ("51:12", "rw"),
        "OuterCache": ("58:56", "rw"),
    },
    "GICR_PENDBASER": {
        "InnerCache": ("9:7", "rw"),
        "Shareability": ("11:10", "rw"),
        "Physical_Address": ("51:16", "rw"),
        "OuterCache": ("58:56", "rw"),
        "PTZ": ("62", "wo"),
    },
    "GICR_SYNCR": {"Busy": ("0", "ro")},
    "GICR_ICFGR0": {"Int_config0": ("1", "rao")},
    "GITS_CTLR": {
        "Enabled": ("0", "rw"),
        "ImDe": ("1", "raz"),
        "ITS_Number": ("7:4", "raz"),
        "Quiescent": ("31", "ro"),
    },
    "GITS_TYPER": {
        "Physical": ("0", "ro"),
        "Virtual": ("1", "ro"),
        "CCT": ("2", "ro"),
        "ITT_entry_size": ("7:4", "ro"),
        "ID_bits": ("12:8", "ro"),
        "Devbits": ("17:13", "ro"),
        "SEIS": ("18", "ro"),
        "PTA": ("19", "ro"),
        "HCC": ("31:24", "ro"),
        "CIDbits": ("35:32", "ro"),
        "CIL": ("36", "ro"),
        "VMOVP": ("37", "ro"),
    },
    "GITS_CBASER": {
        "Size": ("7:0", "rw"),
        "Shareability": ("11:10", "rw"),
        "Physical_Address": ("51:12", "rw"),
        "OuterCache": ("55:53", "rw"),
        "InnerCache": ("61:59", "rw"),
        "Valid": ("63", "rw"),
    },
    "GITS_CWRITER": {"Retry": ("0", "wo"), "Offset": ("19:5", "rw")},
    "GITS_CREADR": {"Stalled": ("0", "ro"), "Offset": ("19:5", "ro")},
    "GITS_BASER": {
        "Size": ("7:0", "rw"),
        "Page_Size": ("9:8", "rw"),
        "Shareability": ("11:10", "rw"),
        "Physical_Address": ("47:12", "rw"),
        "Entry_Size": ("52:48", "ro"),
        "OuterCache": ("55:53", "rw"),
        "Type": ("58:56", "ro"),
        "InnerCache": ("61:59", "rw"),
        "Indirect": ("62", "rw"),
        "Valid": ("63", "rw"),
    },
    "GITS_TRANSLATER": {"EventID": ("31:0", "wo")},
    "ICC_IAR1_EL1": {"INTID": ("23:0", "ro")},
    "ICC_EOIR1_EL1": {"INTID": ("23:0", "wo")},
    "ICC_BPR1_EL1": {"BinaryPoint": ("2:0", "rw")},
    "ICC_PMR_EL1": {"Priority": ("7:0", "rw")},
    "ICC_RPR_EL1": {"Priority": ("7:0", "ro")},
    "ICC_CTLR_EL1": {
        "CBPR": ("0", "rw"),
        "EOImode": ("1", "rw"),
        "PMHE": ("6", "rw"),
        "PRIbits": ("10:8", "ro"),
        "IDbits": ("13:11", "ro"),
        "SEIS": ("14", "ro"),
        "A3V": ("15", "ro"),
        "RSS": ("18", "ro"),
        "ExtRange": ("19", "ro"),
    },
    "ICC_SRE_EL1": {"SRE": ("0", "rao"), "DFB": ("1", "rao"), "DIB": ("2", "rao")},
    "ICC_SGI1R_EL1": {
        "TargetList": ("15:0", "wo"),
        "Aff1": ("23:16", "wo"),
        "INTID": ("27:24", "wo"),
        "Aff2": ("39:32", "wo"),
        "IRM": ("40", "wo"),
        "RS": ("47:44", "wo"),
        "Aff3": ("55:48", "wo"),
    },
    "ICC_IGRPEN1_EL1": {"Enable": ("0", "rw")},
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout(name: str) -> None:
    r = BLOCKS[name.partition("_")[0]].register(name)
    assert {f: (r.field(f).bits, r.field(f).access) for f in LAYOUTS[name]} == LAYOUTS[name]


@pytest.mark.parametrize(
    ("name", "reset"),
    [
        ("GICD_CTLR", 0x50),
        ("GICD_PIDR2", 0x30),
        ("GICD_CIDR0", 0x0D),
        ("GICD_CIDR1", 0xF0),
        ("GICD_CIDR2", 0x05),
        ("GICD_CIDR3", 0xB1),
        ("GICR_CTLR", 0),
        ("GICR_WAKER", 0x6),
        ("GICR_ISENABLER0", 0),
        ("GICR_ICFGR0", 0xAAAA_AAAA),
        ("GITS_CTLR", 0x8000_0000),
        ("GITS_CBASER", 0),
        ("ICC_PMR_EL1", 0),
        ("ICC_RPR_EL1", 0xFF),
        ("ICC_IAR1_EL1", 1023),
        ("ICC_SRE_EL1", 7),
        ("ICC_IGRPEN1_EL1", 0),
    ],
)
def test_reset(name: str, reset: int) -> None:
    assert BLOCKS[name.partition("_")[0]].register(name).reset == reset


def test_masks() -> None:
    ctlr = GICD.register("GICD_CTLR")
    assert ctlr.write_mask == 0x83
    assert ctlr.read_mask == 0x8000_00D3
    assert ctlr.unknown_mask == 0x8000_0080
    assert GICD.register("GICD_ICFGR").write_mask == 0xAAAA_AAAA
    assert GICD.register("GICD_ITARGETSR").write_mask == 0
    assert GICR.register("GICR_PENDBASER").write_mask >> 62 == 1
    assert GICR.register("GICR_PENDBASER").read_mask >> 62 == 0
    assert GITS.register("GITS_BASER").write_mask == 0xF8E0_FFFF_FFFF_FFFF
    assert GITS.register("GITS_CWRITER").write_mask == 0xFFFE1
    assert not GITS.register("GITS_CBASER").unknown_mask >> 63


def test_elements_of_sgis_and_ppis() -> None:
    zero = {r.name: r.raz_elements for r in GICD.registers if r.raz_elements}
    assert zero["GICD_ISENABLER"] == zero["GICD_IGROUPR"] == 1
    assert zero["GICD_ICFGR"] == zero["GICD_NSACR"] == 2
    assert zero["GICD_IPRIORITYR"] == zero["GICD_ITARGETSR"] == 8
