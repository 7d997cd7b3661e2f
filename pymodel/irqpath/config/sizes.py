"""What one GIC has: its size and identity. What it does where the architecture leaves a choice is `policy.Policy`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from irqpath.config.rules import AFFINITY_RULES, GIC_RULES, GICV4_RULES, ITS_RULES, VIRTUAL_RULES
from irqpath.core.checked import check

#: INTIDs 8192 and up are LPIs (IHI 0069 2.2).
FIRST_LPI = 8192
#: Extended PPIs and SPIs (GICv3.1; IHI 0069 2.2).
FIRST_EPPI = 1056
FIRST_ESPI = 4096
#: INTIDs 1020 to 1023 are special (IHI 0069 2.2, special INTIDs).
FIRST_SPECIAL = 1020
SPURIOUS = 1023
#: A read of IAR1 while the interrupt has superpriority: NMIAR1 is to be used.
IS_NMI = 1022


def linear_affinities(pes: int) -> tuple[int, ...]:
    """Affinities of `pes` PEs in clusters of 16: Aff1 is the cluster, Aff0 the PE in it (Aff3.Aff2.Aff1.Aff0, 8 bits each)."""
    return tuple((n // 16) << 8 | (n % 16) for n in range(pes))


@dataclass(frozen=True, slots=True)
class ItsConfig:
    """One ITS: widths in bits, entry sizes in bytes (IHI 0069 GITS_TYPER). Raises `ConfigError` (`rules.ITS_RULES`)."""

    device_bits: int = 16
    event_bits: int = 16
    collection_bits: int = 16
    device_entry_bytes: int = 8
    collection_entry_bytes: int = 8
    itt_entry_bytes: int = 8
    #: GICv4: width of vPEIDs, and the size of an entry of the vPE table; 8 bytes suffice for GICv4.0, GICv4.1 needs 32
    vpe_bits: int = 16
    vpe_entry_bytes: int = 8
    #: GITS_TYPER.PTA: RDbase is an address (bits [51:16] of RD_base) instead of a processor number (R35).
    pta: bool = False

    def __post_init__(self) -> None:
        check(self, ITS_RULES)


@dataclass(frozen=True, slots=True)
class Gicv4Config:
    """GICv4: direct injection of virtual LPIs, and with `v41` of virtual SGIs (GICv4.1: residency by vPEID, the vPE table).

    ITSs need translation entries of 12 bytes or more, and with `v41` vPE table entries of 32 bytes.
    """

    v41: bool = False
    #: virtual SGIs (GICR_TYPER.VSGI, GITS_TYPER.VSGI)
    sgis: bool = False
    #: GICR_TYPER.Dirty: software may rely on GICR_VPENDBASER.Dirty
    dirty: bool = True
    #: GITS_TYPER.VMOVP: one ITS suffices for VMOVP (R62)
    vmovp: bool = True
    #: GITS_TYPER.nID is 0: VMAPTI has a doorbell of its own for each virtual LPI
    individual_doorbells: bool = True
    #: GITS_TYPER.SVPET: which Redistributors share the vPE table with GITS_BASER2, as GICR_TYPER.CommonLPIAff
    shared_table: int = 0
    #: GICD_TYPER2.nASSGIcap: SGIs can be had without an active state
    sgis_without_active_state: bool = False

    def __post_init__(self) -> None:
        check(self, GICV4_RULES)


@dataclass(frozen=True, slots=True)
class VirtualConfig:
    """The virtual CPU interfaces of a GIC: ICH_VTR_EL2, or GICH_VTR where `gicv2` (GICv2).

    `list_registers`: 1 to 16 (GICv2: 64); `priority_bits`: 5 to 8; `preemption_bits`: 5 to 7, at most the priority bits;
    `id_bits`: 16 or 24 (GICv2: 10). Raises `ConfigError`.
    """

    list_registers: int = 4
    priority_bits: int = 5
    preemption_bits: int = 5
    id_bits: int = 16
    gicv2: bool = False
    #: GICv4: the Redistributor may present virtual LPIs (ICH_VTR_EL2.nV4 = 0)
    gicv4: bool = False
    #: GICv4: ICH_HCR_EL2.DVIM is there (ICH_VTR_EL2.DVIM)
    dvim: bool = False
    #: GICv4.1: ICH_HCR_EL2.vSGIEOICount
    vsgi_eoi_count: bool = False
    nmi: bool = False
    #: ICH_HCR_EL2.TDIR is there (ICH_VTR_EL2.TDS)
    separate_trap_of_dir: bool = True
    aff3_valid: bool = False
    #: PPI of the maintenance interrupt; it is wired outside the GIC
    maintenance_ppi: int = 25

    def __post_init__(self) -> None:
        check(self, VIRTUAL_RULES)

    @property
    def split_groups(self) -> bool:
        """Active priorities are kept by group (ICH_AP0R, ICH_AP1R); GICv2 has one GICH_APR."""
        return not self.gicv2

    @property
    def vtr(self) -> int:
        """ICH_VTR_EL2 or GICH_VTR."""
        shape = (self.priority_bits - 1) << 29 | (self.preemption_bits - 1) << 26 | (self.list_registers - 1)
        if self.gicv2:
            return shape
        flags = self.aff3_valid << 21 | (not self.gicv4) << 20 | self.separate_trap_of_dir << 19 | self.dvim << 18
        return shape | (self.id_bits == 24) << 23 | flags

    @property
    def hcr_mask(self) -> int:
        """Bits of ICH_HCR_EL2 or GICH_HCR that can be written."""
        common = 0xFF | 0x1F << 27
        if self.gicv2:
            return common
        return common | self.vsgi_eoi_count << 8 | 0xF << 10 | self.separate_trap_of_dir << 14 | self.dvim << 15


@dataclass(frozen=True, slots=True)
class GicConfig:
    """The size and identity of one physical GICv3 with a single Security state (GICD_CTLR.DS = 1, ARE = 1).

    `spis`: number of SPIs, 0 or a multiple of 32 up to 960; `intid_bits`: GICD_TYPER.IDbits + 1, 10 to 24;
    `priority_bits`: implemented priority bits, 4 to 8 (ICC_CTLR_EL1.PRIbits + 1).
    Raises `ConfigError` when the architecture does not permit the combination.
    """

    pes: int = 1
    spis: int = 32
    intid_bits: int = 16
    priority_bits: int = 5
    lpis: bool = True
    its: tuple[ItsConfig, ...] = (ItsConfig(),)
    direct_lpi: bool = False
    message_spis: bool = True
    one_of_n: bool = True
    affinities: tuple[int, ...] = ()
    #: ICC_CTLR_EL1.IDbits: 16 or 24 bits of INTID at the CPU interface.
    cpu_intid_bits: int = 16
    aff3_valid: bool = False
    #: GICD_TYPER.RSS: SGIs reach affinities whose level 0 is above 15
    range_selector: bool = False
    #: ICC_CTLR_EL1.RSS: the CPU interfaces send a range selector with an SGI; None: they do where GICD takes it
    cpu_range_selector: bool | None = None
    common_lpi_aff: int = 0
    lpi_disable: bool = True  # GICR_CTLR.CES: EnableLPIs can be cleared again (R32)
    invlpir_without_rvpeid: bool = False  # GICR_CTLR.IR (R32)
    #: physical address of the first Redistributor's RD_base and the distance to the next; used with GITS_TYPER.PTA = 1.
    gicr_base: int = 0x080A_0000
    gicr_stride: int = 0x2_0000
    iidr: int = 0x0000_0000
    #: GICD_PIDR2 and its like; 0: 0x3B, in a GICv4 0x4B
    pidr2: int = 0
    sre_reset: int = 0b111
    #: two Security states (GICD_CTLR.DS = 0, not to be changed: ICC_CTLR_EL3.nDS = 1)
    security: bool = False
    #: extended SPIs, a multiple of 32 up to 1024, and extended PPIs, 0, 32 or 64
    espis: int = 0
    eppis: int = 0
    #: FEAT_GICv3_NMI: superpriority; with two Security states priorities then have at most 7 bits in these models
    nmi: bool = False
    #: virtual CPU interfaces (EL2); None: there are none
    virtual: VirtualConfig | None = None
    #: GICv4; needs virtual CPU interfaces with `gicv4`
    gicv4: Gicv4Config | None = None

    def __post_init__(self) -> None:
        if self.pidr2 == 0:
            object.__setattr__(self, "pidr2", 0x3B if self.gicv4 is None else 0x4B)
        check(self, GIC_RULES)
        if not self.affinities:
            object.__setattr__(self, "affinities", linear_affinities(self.pes))
        check(self, AFFINITY_RULES)

    @property
    def last_spi(self) -> int:
        """The highest SPI INTID; 31 when there are none."""
        return min(31 + self.spis, FIRST_SPECIAL - 1)

    @property
    def spi_bits(self) -> int:
        """One bit for each SPI that there is, extended ones too, by INTID."""
        return (1 << (self.last_spi + 1)) - (1 << 32) | (1 << self.espis) - 1 << FIRST_ESPI

    @property
    def extended(self) -> bool:
        """There are extended INTIDs."""
        return self.espis > 0 or self.eppis > 0

    @property
    def security_or_extended(self) -> bool:
        """More than a GICv3.0 with one Security state."""
        return self.security or self.extended or self.nmi

    @property
    def priority_mask(self) -> int:
        """Implemented bits of an 8-bit priority (R1)."""
        return 0xFF & ~((1 << (8 - self.priority_bits)) - 1)

    @property
    def gicd_typer(self) -> int:
        """GICD_TYPER (IHI 0069 GICD_TYPER)."""
        return (
            self.spis // 32
            | self.message_spis << 16
            | self.lpis << 17
            | (self.gicv4 is not None) << 18
            | (self.intid_bits - 1) << 19
            | self.aff3_valid << 24
            | (not self.one_of_n) << 25
            | self.range_selector << 26
            | self.security << 10
            | self.nmi << 9
            | ((self.espis // 32 - 1) << 27 | 1 << 8 if self.espis else 0)
        )

    def gicr_typer(self, pe: int) -> int:
        """GICR_TYPER of the Redistributor of `pe` (IHI 0069 GICR_TYPER)."""
        return (
            int(self.lpis)
            | (self.direct_lpi and self.lpis) << 3
            | (pe == self.pes - 1) << 4
            | self.one_of_n << 5  # DPGS: the DPG bits exist to steer 1-of-N interrupts
            | pe << 8
            | self.common_lpi_aff << 24
            | self.eppis // 32 << 27
            | self.affinities[pe] << 32
        ) | self._gicv4_gicr_typer()

    def _gicv4_gicr_typer(self) -> int:
        d = self.gicv4
        return 0 if d is None else 1 << 1 | d.dirty << 2 | d.v41 << 7 | d.sgis << 26

    def gits_typer(self, its: int) -> int:
        """GITS_TYPER of ITS number `its` (IHI 0069 GITS_TYPER); no hardware collections, CIDbits always stated."""
        c = self.its[its]
        return (
            1
            | (c.itt_entry_bytes - 1) << 4
            | (c.event_bits - 1) << 8
            | (c.device_bits - 1) << 13
            | c.pta << 19
            | (c.collection_bits - 1) << 32
            | 1 << 36
        ) | self._gicv4_gits_typer()

    def _gicv4_gits_typer(self) -> int:
        d = self.gicv4
        if d is None:
            return 0
        v41 = d.sgis << 39 | d.v41 << 40 | d.shared_table << 41 | (not d.individual_doorbells) << 43
        return 1 << 1 | d.vmovp << 37 | v41

    @property
    def selects_range(self) -> bool:
        """ICC_CTLR_EL1.RSS; where it is 0, RS of ICC_SGI*R_EL1 is RES0 (R81)."""
        return self.range_selector if self.cpu_range_selector is None else self.cpu_range_selector

    @property
    def icc_ctlr_ro(self) -> int:
        """The read-only part of ICC_CTLR_EL1 (IHI 0069 ICC_CTLR_EL1): PRIbits, IDbits, A3V, RSS."""
        return (
            (self.priority_bits - 1) << 8
            | (self.cpu_intid_bits == 24) << 11
            | self.aff3_valid << 15
            | self.selects_range << 18
            | self.extended << 19
        )

    @property
    def gicd_typer2(self) -> int:
        """GICD_TYPER2: nASSGIcap; VIL and VID where vPEIDs have less than 16 bits. RES0 before GICv4.1."""
        d = self.gicv4
        if d is None or not d.v41:
            return 0
        bits = self.its[0].vpe_bits if self.its else 16
        return d.sgis_without_active_state << 8 | (1 << 7 | bits - 1 if bits < 16 else 0)

    @property
    def gits_mpidr(self) -> int:
        """GITS_MPIDR: affinity of the Redistributors whose vPE table an ITS shares (GICv4.1); that of the first PE."""
        return self.affinities[0] >> 8 << 8

    def shares_lpi_tables(self, one: int, other: int) -> bool:
        """Whether the Redistributors of two PEs have one LPI configuration table, and in GICv4.1 one vPE table: their affinities
        agree down to the level that GICR_TYPER.CommonLPIAff says (0: all do; 1: Aff3; 2: Aff3.Aff2; 3: Aff3.Aff2.Aff1)."""
        shift = 32 - 8 * self.common_lpi_aff
        return self.affinities[one] >> shift == self.affinities[other] >> shift

    def its_shares_vpe_table(self, pe: int) -> bool:
        """Whether GITS_BASER2 of the ITSs is the vPE table of the Redistributor of `pe` (GITS_TYPER.SVPET, GITS_MPIDR)."""
        return self.gicv4 is not None and self.gicv4.shared_table > 0 and self.shares_lpi_tables(0, pe)

    def rdbase_to_pe(self, rdbase: int, its: int) -> int | None:
        """PE that an ITS command's RDbase (bits [51:16]) names, or None (R35)."""
        if not self.its[its].pta:
            return rdbase if rdbase < self.pes else None
        offset = (rdbase << 16) - self.gicr_base
        pe, rest = divmod(offset, self.gicr_stride)
        return pe if rest == 0 and 0 <= pe < self.pes else None


@dataclass(frozen=True, slots=True)
class Machine:
    """A GIC as it stands in a reference machine; `name` is what reports print."""

    name: str
    config: GicConfig = field(default_factory=GicConfig)

    def __post_init__(self) -> None:
        check(self, ())


#: The virtual CPU interface of QEMU's `virt` machine: ICH_VTR_EL2 0x90b80003 with GICv3.
_QEMU_VIRTUAL = VirtualConfig(list_registers=4, priority_bits=5, preemption_bits=5, id_bits=24, aff3_valid=True)
_QEMU_VIRTUAL_V4 = replace(_QEMU_VIRTUAL, gicv4=True)


def qemu_virt_gicv4(pes: int) -> Machine:
    """The GICv4.0 of QEMU 10's `virt` machine: GITS_TYPER 0x3f0001efb3, ICH_VTR_EL2 0x90a80003, GICD_TYPER 0x37e0008."""
    config = qemu_virt_gicv3(pes, lpis=True, its=True).config
    return Machine(
        "qemu-virt-gicv4-its-el2",
        replace(config, gicv4=Gicv4Config(dirty=False), virtual=_QEMU_VIRTUAL_V4, gicr_stride=0x4_0000, pidr2=0x4B),
    )


def qemu_virt_gicv3(pes: int, *, lpis: bool, its: bool, el2: bool = False) -> Machine:
    """The GICv3 of QEMU 10's `virt` machine without EL3: 256 SPIs, 12-byte ITT entries, no 1-of-N, no message SPIs.

    Checked against recordings of that machine: GICD_TYPER 0x37a0008 (0x3780008 without LPIs), GITS_TYPER 0x1f0001efb1.
    """
    config = GicConfig(
        pes=pes,
        spis=256,
        lpis=lpis or its,
        its=(ItsConfig(itt_entry_bytes=12),) if its else (),
        message_spis=False,
        one_of_n=False,
        cpu_intid_bits=24,
        aff3_valid=True,
        common_lpi_aff=1,
        iidr=0x43B,
        pidr2=0x3B,
        virtual=_QEMU_VIRTUAL if el2 else None,
    )
    return Machine(f"qemu-virt-gicv3{'-its' if its else ''}{'-el2' if el2 else ''}", config)
