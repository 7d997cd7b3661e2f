"""What the fields of a configuration must be together, as data: a table for each class of `sizes` and `gicv2`, and of `Policy`.
Each rule's text says what to do; the section is the specification's. The classes import their tables, and no table a class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from irqpath.core.checked import Rule, needs, within

#: Frames of 64 KB that a Redistributor has: RD_base, SGI_base; GICv4: VLPI_base and a reserved one (IHI 0069 12.1).
_FRAME: Final = 0x1_0000
#: GICR_TYPER.Processor_Number, ITSList and GITS_CTLR.ITS_Number are so wide.
_MOST_ITS: Final = 16


def _arch_rev(pidr2: int) -> int:
    return pidr2 >> 4 & 0xF


def _whole_words(field: str, most: int, name: str, says: str = "") -> Rule:
    """The rule of a number of interrupts whose registers have a bit each, as text of 32."""
    return Rule(
        name,
        field,
        lambda c: getattr(c, field) % 32 == 0 and 0 <= getattr(c, field) <= most,
        f"use 0 or a multiple of 32 up to {most}{says}",
    )


def _priorities_of_two_states(says: str) -> Rule:
    return Rule("priorities of two Security states", "priority_bits", lambda c: not c.security or c.priority_bits >= 5, says)


ITS_RULES: Final = (
    within("device_bits", 1, 32, "1 to 32 (GITS_TYPER.Devbits)"),
    within("event_bits", 1, 32, "1 to 32 (GITS_TYPER.ID_bits)"),
    within("collection_bits", 1, 16, "1 to 16 (GITS_TYPER.CIDbits)"),
    within("vpe_bits", 1, 16, "1 to 16 (GICD_TYPER2.VID)"),
    Rule(
        "device entries hold an address",
        "device_entry_bytes",
        lambda c: c.device_entry_bytes == 8,
        "entries of these models' device table have 8 bytes (GITS_BASER0.Entry_Size)",
    ),
    Rule(
        "collection entries hold an RDbase",
        "collection_entry_bytes",
        lambda c: c.collection_entry_bytes == 8,
        "entries of these models' collection table have 8 bytes (GITS_BASER1.Entry_Size)",
    ),
    Rule(
        "translation entries hold a mapping",
        "itt_entry_bytes",
        lambda c: c.itt_entry_bytes in (8, 12, 16),
        "8, 12 or 16 (GITS_TYPER.ITT_entry_size: at most 16; these models write words of 4 or 8 bytes)",
    ),
    Rule(
        "vPE entries hold a mapping",
        "vpe_entry_bytes",
        lambda c: c.vpe_entry_bytes in (8, 16, 24, 32),
        "8, 16, 24 or 32 (GITS_BASER2.Entry_Size: at most 32)",
    ),
)

GICV4_RULES: Final = (
    needs("sgis", "v41", "v41=True: virtual SGIs are GICv4.1"),
    within("shared_table", 0, 3, "0 to 3 (GITS_TYPER.SVPET)"),
    needs("shared_table", "v41", "v41=True: GITS_TYPER.SVPET is GICv4.1"),
    Rule(
        "individual_doorbells needs v41",
        "individual_doorbells",
        lambda c: c.individual_doorbells or c.v41,
        "to leave them out needs v41=True: GITS_TYPER.nID is GICv4.1",
    ),
    needs("sgis_without_active_state", "v41", "v41=True: GICD_TYPER2 is GICv4.1"),
)


def _not_gicv2(name: str) -> Rule:
    return Rule(
        f"{name} is not GICv2's",
        name,
        lambda c: not (c.gicv2 and getattr(c, name)),
        "a GICv2 has none; leave it out where gicv2=True (IHI 0048)",
    )


VIRTUAL_RULES: Final = (
    Rule(
        "number of List registers",
        "list_registers",
        lambda c: 1 <= c.list_registers <= (64 if c.gicv2 else 16),
        "1 to 16 (ICH_VTR_EL2.ListRegs), in a GICv2 to 64 (GICH_VTR.ListRegs)",
    ),
    within("priority_bits", 5, 8, "5 to 8 (ICH_VTR_EL2.PRIbits)"),
    Rule(
        "priorities of a GICv2's List registers",
        "priority_bits",
        lambda c: not c.gicv2 or c.priority_bits == 5,
        "5 where gicv2=True: GICH_LR<n>.Priority has 5 bits (IHI 0048 5.3.8)",
    ),
    Rule(
        "preemption within priority",
        "preemption_bits",
        lambda c: 5 <= c.preemption_bits <= min(7, c.priority_bits),
        "5 to 7, at most priority_bits, which is {c.priority_bits} (ICH_VTR_EL2.PREbits)",
    ),
    Rule(
        "virtual INTID bits",
        "id_bits",
        lambda c: c.id_bits in ((10,) if c.gicv2 else (16, 24)),
        "16 or 24 (ICH_VTR_EL2.IDbits), 10 in a GICv2",
    ),
    *(_not_gicv2(name) for name in ("gicv4", "dvim", "vsgi_eoi_count", "nmi", "aff3_valid")),
    needs("dvim", "gicv4", "gicv4=True: ICH_HCR_EL2.DVIM masks direct virtual interrupts"),
    needs("vsgi_eoi_count", "gicv4", "gicv4=True: virtual SGIs are GICv4.1"),
    Rule(
        "the maintenance interrupt is a PPI",
        "maintenance_ppi",
        lambda c: 16 <= c.maintenance_ppi <= 31 or (not c.gicv2 and 1056 <= c.maintenance_ppi <= 1119),
        "a PPI is wanted: 16 to 31, or an extended one, 1056 to 1119",
    ),
)


def _distinct(affinities: tuple[int, ...], pes: int) -> bool:
    return len(set(affinities)) == len(affinities) == pes


def _same_group(c: Any) -> bool:
    """Whether GITS_TYPER.SVPET and GICR_TYPER.CommonLPIAff say the same of who shares a vPE table with PE 0."""
    level = c.gicv4.shared_table
    with_its = {pe for pe in range(c.pes) if c.affinities[pe] >> 32 - 8 * level == c.affinities[0] >> 32 - 8 * level}
    return with_its == {pe for pe in range(c.pes) if c.shares_lpi_tables(0, pe)}


def _all(values: Iterable[object]) -> bool:
    return all(values)


#: Of the numbers by themselves, then of what they are together.
GIC_RULES: Final = (
    within("pes", 1, 1024, "a GIC of this kit has 1 to 1024 PEs"),
    _whole_words("spis", 960, "whole words of SPIs", " (GICD_TYPER.ITLinesNumber)"),
    within("priority_bits", 4, 8, "4 to 8 with one Security state (IHI 0069 4.8)"),
    within("intid_bits", 10, 24, "10 to 24 (GICD_TYPER.IDbits)"),
    Rule(
        "INTID bits of the CPU interface",
        "cpu_intid_bits",
        lambda c: c.cpu_intid_bits in (16, 24),
        "16 or 24 (ICC_CTLR_EL1.IDbits)",
    ),
    Rule(
        "the CPU interface takes every INTID",
        "intid_bits",
        lambda c: c.intid_bits <= c.cpu_intid_bits,
        "the CPU interfaces take {c.cpu_intid_bits} bits, and no INTID may be presented that has more; set cpu_intid_bits=24",
    ),
    _whole_words("espis", 1024, "extended SPIs as whole words", " (GICD_TYPER.ESPI_range)"),
    Rule("extended PPIs", "eppis", lambda c: c.eppis in (0, 32, 64), "0, 32 or 64 (GICR_TYPER.PPInum)"),
    Rule(
        "INTIDs of extended SPIs",
        "intid_bits",
        lambda c: not c.espis or c.intid_bits >= 13,
        "13 or more with espis={c.espis}: extended SPIs begin at 4096",
    ),
    Rule(
        "INTIDs of extended PPIs",
        "intid_bits",
        lambda c: not c.eppis or c.intid_bits >= 11,
        "11 or more with eppis={c.eppis}: extended PPIs begin at 1056",
    ),
    Rule(
        "INTIDs of LPIs",
        "intid_bits",
        lambda c: not c.lpis or c.intid_bits >= 14,
        "LPIs start at 8192, so 14 or more are needed",
    ),
    _priorities_of_two_states("5 or more with two Security states (IHI 0069 4.8)"),
    Rule(
        "place for Non-secure superpriority",
        "priority_bits",
        lambda c: not (c.security and c.nmi) or c.priority_bits <= 7,
        "at most 7 with nmi and two Security states, so that Non-secure superpriority has its place between the halves",
    ),
    Rule(
        "an ITS makes LPIs",
        "its",
        lambda c: not c.its or c.lpis,
        "its given with lpis=False: an ITS makes LPIs; set its=() or lpis=True",
    ),
    needs("direct_lpi", "lpis", "lpis=True: GICR_SETLPIR makes LPIs (GICR_TYPER.DirectLPI, PLPIS)"),
    needs("invlpir_without_rvpeid", "lpis", "lpis=True: GICR_INVLPIR is about LPIs (GICR_CTLR.IR)"),
    Rule(
        "number of ITSs",
        "its",
        lambda c: len(c.its) <= _MOST_ITS,
        f"at most {_MOST_ITS} ITSs: ITSList and GITS_CTLR.ITS_Number can't name more",
    ),
    within("common_lpi_aff", 0, 3, "0 to 3 (GICR_TYPER.CommonLPIAff)"),
    within("iidr", 0, 0xFFFF_FFFF, "32 bits (GICD_IIDR)"),
    within("pidr2", 0, 0xFF, "8 bits (GICD_PIDR2)"),
    Rule(
        "architecture revision",
        "pidr2",
        lambda c: _arch_rev(c.pidr2) in (3, 4),
        "ArchRev, bits [7:4], is 3 (GICv3) or 4 (GICv4)",
    ),
    Rule(
        "SRE_EL1 is RAO/WI",
        "sre_reset",
        lambda c: c.sre_reset in (0b001, 0b011, 0b101, 0b111),
        "bit 0 is 1, and there are three: without legacy operation ICC_SRE_EL1.SRE is RAO/WI; for that there is Gicv2Config",
    ),
    Rule(
        "frames of 64 KB",
        "gicr_base",
        lambda c: 0 <= c.gicr_base < 1 << 52 and c.gicr_base % _FRAME == 0,
        "an address of up to 52 bits that 64 KB divide (GICR frames)",
    ),
    Rule(
        "a Redistributor's frames",
        "gicr_stride",
        lambda c: c.gicr_stride % _FRAME == 0 and c.gicr_stride >= 2 * _FRAME,
        "a multiple of 64 KB, and two frames at least: RD_base and SGI_base",
    ),
    Rule(
        "a GICv4 Redistributor's frames",
        "gicr_stride",
        lambda c: c.gicv4 is None or c.gicr_stride >= 4 * _FRAME or not any(its.pta for its in c.its),
        "a Redistributor of a GICv4 has four frames; set 0x40000 where RDbase is an address (ItsConfig.pta)",
    ),
    Rule(
        "the last Redistributor's address",
        "gicr_base",
        lambda c: c.gicr_base + c.pes * c.gicr_stride <= 1 << 52,
        "the Redistributors of {c.pes} PEs do not fit below 2^52; move gicr_base down",
    ),
    Rule(
        "GICv3's virtual interface",
        "virtual",
        lambda c: c.virtual is None or not c.virtual.gicv2,
        "it is a GICv2's (gicv2=True); use VirtualConfig() here, or Gicv2Config",
    ),
    Rule(
        "the maintenance interrupt is there",
        "virtual",
        lambda c: c.virtual is None or c.virtual.maintenance_ppi < 1056 + c.eppis,
        "maintenance_ppi is an extended PPI that eppis={c.eppis} does not have",
    ),
    Rule(
        "GICv4 needs LPIs and virtual interfaces",
        "gicv4",
        lambda c: c.gicv4 is None or (c.virtual is not None and c.virtual.gicv4 and c.lpis),
        "GICv4 needs lpis=True and virtual=VirtualConfig(gicv4=True)",
    ),
    Rule(
        "entries that hold virtual LPIs and vPEs",
        "its",
        lambda c: (
            c.gicv4 is None
            or _all(its.itt_entry_bytes >= 12 and its.vpe_entry_bytes >= (32 if c.gicv4.v41 else 8) for its in c.its)
        ),
        "GICv4 needs ItsConfig.itt_entry_bytes of 12 or more, and vpe_entry_bytes of 8, GICv4.1 of 32",
    ),
    Rule(
        "one width of vPEIDs",
        "its",
        lambda c: c.gicv4 is None or len({its.vpe_bits for its in c.its}) <= 1,
        "all ITSs have one ItsConfig.vpe_bits: GICD_TYPER2.VID says it for the whole GIC",
    ),
    Rule(
        "vPEIDs of a GICv4.0",
        "its",
        lambda c: c.gicv4 is None or c.gicv4.v41 or _all(its.vpe_bits == 16 for its in c.its),
        "ItsConfig.vpe_bits is 16 in a GICv4.0, which has no GICD_TYPER2 to say less",
    ),
    Rule(
        "SGIs without active state",
        "gicv4",
        lambda c: c.gicv4 is None or not (c.security and c.gicv4.sgis_without_active_state),
        "sgis_without_active_state with security=True: GICD_TYPER2.nASSGIcap is RES0 with two Security states",
    ),
    Rule(
        "the virtual CPU interface takes every virtual LPI",
        "intid_bits",
        lambda c: c.gicv4 is None or c.intid_bits <= c.virtual.id_bits,
        "virtual LPIs have as many bits, and VirtualConfig.id_bits={c.virtual.id_bits} takes fewer; set it to 24 (R82)",
    ),
    Rule(
        "virtual SGIs at both ends",
        "gicv4",
        lambda c: c.gicv4 is None or not c.gicv4.sgis or c.virtual.vsgi_eoi_count,
        "sgis needs VirtualConfig(vsgi_eoi_count=True): a CPU interface of GICv4.1 has ICH_HCR_EL2.vSGIEOICount",
    ),
    Rule(
        "superpriority of virtual interrupts",
        "virtual",
        lambda c: c.virtual is None or c.virtual.nmi or not c.nmi,
        "nmi=True needs VirtualConfig(nmi=True): FEAT_GICv3_NMI gives ICC_NMIAR1_EL1 and ICH_LR<n>_EL2.NMI both",
    ),
    Rule(
        "revision of a GICv4",
        "pidr2",
        lambda c: c.gicv4 is None or _arch_rev(c.pidr2) == 4,
        "ArchRev, bits [7:4], is 4 in a GICv4; set pidr2=0x4B",
    ),
)

#: Of the affinities, once they are filled in.
AFFINITY_RULES: Final = (
    Rule(
        "one affinity a PE",
        "affinities",
        lambda c: _distinct(c.affinities, c.pes),
        "{c.pes} distinct values are needed, one a PE",
    ),
    Rule(
        "affinities of four levels",
        "affinities",
        lambda c: _all(0 <= affinity < 1 << 32 for affinity in c.affinities),
        "Aff3.Aff2.Aff1.Aff0 has 8 bits each, 32 in all",
    ),
    Rule(
        "Aff3 without A3V",
        "affinities",
        lambda c: c.aff3_valid or _all(affinity < 1 << 24 for affinity in c.affinities),
        "one has an Aff3 other than 0, which GICD_TYPER.A3V = 0 denies; set aff3_valid=True",
    ),
    Rule(
        "Aff0 above 15 without RSS",
        "affinities",
        lambda c: (c.range_selector and c.selects_range) or _all(affinity & 0xF0 == 0 for affinity in c.affinities),
        "one has an Aff0 above 15, which no SGI reaches without RSS; set range_selector=True (and leave cpu_range_selector out)",
    ),
    Rule(
        "who shares the vPE table",
        "gicv4",
        lambda c: c.gicv4 is None or not c.gicv4.shared_table or _same_group(c),
        "shared_table names other Redistributors than common_lpi_aff={c.common_lpi_aff} does; give both the same level",
    ),
)

V2M_RULES: Final = (
    within("first_spi", 32, 1019, "an SPI, 32 to 1019 (MSI_TYPER)"),
    within("spis", 1, 988, "1 to 988 (MSI_TYPER)"),
    Rule(
        "the frame's last SPI",
        "spis",
        lambda c: c.first_spi + c.spis <= 1020,
        "from first_spi={c.first_spi} on they go beyond INTID 1019",
    ),
    within("iidr", 0, 0xFFFF_FFFF, "32 bits (MSI_IIDR)"),
)


def _gicc_version(iidr: int) -> int:
    return iidr >> 16 & 0xF


GICV2_RULES: Final = (
    within("pes", 1, 8, "a GICv2 has 1 to 8 PEs"),
    _whole_words("spis", 960, "whole words of SPIs"),
    within("priority_bits", 4, 8, "4 to 8"),
    _priorities_of_two_states("5 to 8 with security=True"),
    Rule(
        "a GICv2's virtual interface",
        "virtual",
        lambda c: c.virtual is None or c.virtual.gicv2,
        "it is not a VirtualConfig(gicv2=True, id_bits=10)",
    ),
    Rule(
        "no lockable SPIs in a GICv3",
        "lockable_spis",
        lambda c: not (c.v3 and c.lockable_spis),
        "GICD_TYPER.LSPI is RES0 in a GICv3 (R80)",
    ),
    within("lockable_spis", 0, 31, "0 to 31 (GICD_TYPER.LSPI)"),
    Rule(
        "lockable SPIs that exist",
        "lockable_spis",
        lambda c: c.lockable_spis <= c.spis,
        "there are only {c.spis} SPIs",
    ),
    needs("lockable_spis", "security", "security=True: they are locked against Non-secure writes (IHI 0048 4.3.2)"),
    needs("security", "groups", "groups=True"),
    Rule("groups of a GICv3", "groups", lambda c: c.groups or not c.v3, "a GICv3 has groups; set groups=True or v3=False"),
    within("gicd_iidr", 0, 0xFFFF_FFFF, "32 bits (GICD_IIDR)"),
    within("gicc_iidr", 0, 0xFFFF_FFFF, "32 bits (GICC_IIDR)"),
    within("pidr2", 0, 0xFF, "8 bits (GICD_PIDR2)"),
    Rule(
        "architecture revision",
        "pidr2",
        lambda c: _arch_rev(c.pidr2) in ((3, 4) if c.v3 else (1, 2)),
        "ArchRev, bits [7:4], is 2 in a GICv2, and 3 or 4 where v3=True",
    ),
    Rule(
        "architecture of the CPU interface",
        "gicc_iidr",
        lambda c: _gicc_version(c.gicc_iidr) in ((3, 4) if c.v3 else (1, 2)),
        "Architecture_version, bits [19:16], is 2 in a GICv2, and 3 or 4 where v3=True",
    ),
    Rule(
        "SPIs of the message frame",
        "v2m",
        lambda c: c.v2m is None or c.v2m.first_spi + c.v2m.spis - 1 <= c.last_spi,
        "it sends SPIs up to first_spi + spis - 1, and the last of this GIC is {c.last_spi}",
    ),
)

POLICY_RULES: Final = (
    Rule(
        "stored priority bits",
        "stored_priority_bits",
        lambda c: c.stored_priority_bits is None or 4 <= c.stored_priority_bits <= 8,
        "4 to 8, or None for those of the CPU interface",
    ),
    Rule("room for LPIs", "lpi_store", lambda c: c.lpi_store >= 0, "0 (no limit) or a number of LPIs"),
    Rule(
        "a GICR_WAKER that can't be written gates nothing",
        "waker_razwi",
        lambda c: not (c.waker_razwi and c.waker_gates),
        "waker_razwi needs waker_gates=False: nothing would ever be forwarded",
    ),
    Rule(
        "a Redistributor that is off and forwards",
        "power_register",
        lambda c: not c.power_register or c.waker_gates,
        "power_register needs waker_gates=True: what GICR_PWRR turned off can't forward interrupts",
    ),
)
