"""What the architecture leaves to the implementation, each choice a named field.

The same names are parameters of the Verilog where it has the function. A preset is a known implementation's set of choices;
`irqpath` is what this project's own Verilog does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from irqpath.config.rules import POLICY_RULES
from irqpath.config.sizes import GicConfig
from irqpath.core.checked import check
from irqpath.core.errors import ConfigError

LpiConfigFetch = Literal["pending", "cached", "use"]
CommandError = Literal["stall", "skip"]
Remap = Literal["overwrite", "ignore"]
BadAccess = Literal["slverr", "razwi"]
SgiRange = Literal["zero", "ignore"]
PageSize = Literal["4K", "16K", "64K"]


@dataclass(frozen=True, slots=True)
class Policy:
    """The choices of one implementation. Defaults are those of `irqpath`; the section says where the freedom comes from."""

    name: str = "irqpath"

    #: An access that a register does not permit gets an error response, or reads as zero and is ignored (IHI 0069 12.1).
    bad_access: BadAccess = "slverr"

    #: Priority bits that IPRIORITYR and the LPI configuration table keep; None: those of the CPU interface (IHI 0069 4.8).
    #: QEMU keeps all eight though its CPU interface compares five.
    stored_priority_bits: int | None = None

    #: A pending interrupt whose group is disabled at the CPU interface (ICC_IGRPEN*) stays the candidate and hides others
    #: (QEMU), or is handed back so that the next one gets its turn (IHI 0069 ICC_IGRPEN1_EL1 requires it for 1-of-N).
    disabled_group_blocks: bool = False

    #: For preemption, the running priority is cut to the group priority bits of the pending interrupt's group (QEMU, gem5), or
    #: compared as ICC_RPR_EL1 shows it (IHI 0069 4.8; KVM). It matters only where the groups' binary points differ.
    running_priority_masked: bool = False

    #: A vPE becomes resident at a Redistributor that does not share the vPE table with the one that it is mapped to (GICv4.1,
    #: UNPREDICTABLE): it is resident, and the ITSs go on sending to the other one; or no vPE is.
    foreign_vpe: Literal["resident", "ignore"] = "resident"

    #: A GICv2 compares the whole priority of the pending interrupt with the running one (QEMU), not its group priority (IHI 0048
    #: 3.3.3). It matters only where a binary point was changed while something was active, or those of the groups differ.
    gicv2_compares_whole_priority: bool = False

    #: SGIs of a GICv2 are always enabled, or can be disabled (IMPLEMENTATION DEFINED, IHI 0048 4.3.5).
    sgis_always_enabled: bool = False

    #: GICR_WAKER.ProcessorSleep stops forwarding and ChildrenAsleep follows a Quiesce (IHI 0069 11.1); QEMU only mirrors the bit.
    waker_gates: bool = True

    #: GICR_WAKER is RAZ/WI (KVM), so that it can gate nothing.
    waker_razwi: bool = False

    #: After a reset every interrupt is in Group 1 (KVM's GICv3), or in Group 0 (IHI 0069 GICD_IGROUPR: UNKNOWN at SPIs).
    resets_to_group1: bool = False

    #: SGIs are enabled after a reset and can be disabled (KVM); IHI 0069 GICR_ISENABLER0 leaves it to the implementation.
    sgis_enabled_at_reset: bool = False

    #: GICD_CTLR has one enable, for both groups: EnableGrp1, in a GICv2 bit 0 (KVM). Only with one Security state.
    one_group_enable: bool = False

    #: Triggers of PPIs are fixed, level-sensitive (KVM); IHI 0069 GICR_ICFGR1 leaves it to the implementation.
    ppi_triggers_fixed: bool = False

    #: Int_config of an interrupt that is enabled changes all the same (QEMU, KVM), or not (UNPREDICTABLE, DDI 0601 GICD_ICFGR).
    icfgr_while_enabled: Literal["change", "ignore"] = "change"

    #: ICC_SGI1R_EL1 with DS=1 reaches an SGI that its target holds in Group 0 (IHI 0069 12.1, SGI forwarding; KVM and
    #: gem5 do it, QEMU does not).
    sgi1r_reaches_group0: bool = True

    #: An SGI with a range selector (ICC_CTLR_EL1.RSS = 1, RS not 0) at a Distributor that takes none (GICD_TYPER.RSS = 0): RS is
    #: treated as 0, or the write is ignored (CONSTRAINED UNPREDICTABLE, DDI 0601 ICC_SGI1R_EL1 and its like; R81).
    sgi_range: SgiRange = "zero"

    #: When the configuration byte of an LPI is read (IHI 0069 5.1, R30). "pending": when it becomes pending, and again on
    #: INV or INVALL; "cached": at its first use, and again after INV or INVALL only (GIC-600); "use": whenever it is
    #: looked at (QEMU).
    lpi_config: LpiConfigFetch = "pending"

    #: Pending LPIs that a Redistributor holds itself; further ones lie in the pending table (IHI 0069 5.1). 0: no limit.
    lpi_store: int = 32

    #: What an ITS does with a faulty command: GITS_CREADR.Stalled, or go on with the next (IHI 0069 5.2, R47).
    its_command_error: CommandError = "stall"

    #: MAPTI, MAPI, VMAPTI, VMAPI on an event that is mapped already, UNPREDICTABLE (R37): KVM ignores, QEMU and gem5 overwrite.
    its_remap: Remap = "overwrite"

    #: An ITS may keep what MAPTI, MAPI, VMAPTI and VMAPI say to itself until a SYNC or VSYNC, by which commands before it are
    #: observed (IHI 0069 5.3): a message that comes before is not translated.
    its_maps_at_sync: bool = False

    #: GITS_BASER<n>.Page_Size after a reset, which the architecture leaves UNKNOWN (QEMU, KVM: 64 KB), and whether it is fixed
    #: there (KVM; IHI 0069 GITS_BASER permits a read-only field).
    its_page_size: PageSize = "4K"
    its_page_size_fixed: bool = False

    #: GITS_CTLR.Enabled is set while GITS_CBASER, or GITS_BASER<n> of devices or collections, is not valid (UNPREDICTABLE): the
    #: ITS is enabled, or not (KVM).
    its_enable_without_tables: Literal["enable", "ignore"] = "enable"

    #: ICH_LR<n>_EL2 keeps its RES0 bits, ICH_VMCR_EL2.VPMR its unimplemented low bits (both RES0, IHI 0069 12.4; QEMU).
    lr_keeps_res0: bool = False
    vmcr_keeps_low_pmr: bool = False

    #: A virtual EOIR without a List register counts in EOIcount with EOImode 1 too (QEMU); IHI 0069 ICH_HCR_EL2 counts what
    #: would have deactivated, which is EOIR with EOImode 0 and DIR with EOImode 1.
    eoir_always_counts: bool = False

    #: At equal priority a direct virtual interrupt (virtual LPI or SGI) beats a List register; the architecture leaves it
    #: open, QEMU asks for strictly better priority (R58).
    vlpi_wins_ties: bool = False

    #: A doorbell rings for every virtual LPI that is sent while its vPE is not resident, also if it was pending already (QEMU;
    #: IHI 0069 6 asks for one when it becomes pending).
    doorbell_when_pending: bool = False

    #: The virtual pending table is read in steps, and GICR_VPENDBASER.Dirty holds meanwhile, or at once (QEMU, whose Dirty is 0).
    vpt_scan: Literal["steps", "at once"] = "steps"

    #: A Redistributor notes in the IMPLEMENTATION DEFINED first 1 KB of a virtual pending table that nothing is pending, and
    #: skips the scan at the next residency, unless GICR_VPENDBASER.IDAI forbids to trust it (R57).
    vpt_summary: bool = True

    #: Where the configuration of virtual SGIs lives while their vPE is not resident (GICv4.1, IMPLEMENTATION DEFINED): the first
    #: 1 KB of the virtual pending table, or the vPE table.
    vsgi_config: Literal["vpt", "table"] = "vpt"

    #: How software acknowledges interrupts with superpriority (FEAT_GICv3_NMI): by ICC_NMIAR1_EL1 (with SCTLR_EL1.NMI set;
    #: ICC_IAR1_EL1 reads 1022 then), or by ICC_IAR1_EL1 as others.
    nmi_acknowledge: Literal["nmiar", "iar"] = "nmiar"

    #: Redistributors have GICR_PWRR and are powered off after a reset: until software turns them on, GICR_WAKER ignores writes
    #: (IMPLEMENTATION DEFINED; GIC-600).
    power_register: bool = False

    #: GICv2: bits of GICD_ITARGETSR of PEs that do not exist can be set (IHI 0048 4.3.12 has them RAZ/WI; QEMU).
    itargets_keep_absent: bool = False

    #: GICv2 with one PE: GICD_ITARGETSR keeps what is written, or is RAZ/WI (IHI 0048 4.3.12; KVM keeps it).
    itargets_of_one_pe: bool = False

    #: GICv2: an SPI with several targets goes to the lowest-numbered one alone, and to PE 0 without any (KVM).
    spi_to_lowest_target: bool = False

    def __post_init__(self) -> None:
        check(self, POLICY_RULES)


def kept_bits(compared: int, policy: Policy) -> int:
    """Priority bits that are kept where the CPU interfaces compare so many.

    Raises `ConfigError` where the Policy keeps fewer.
    """
    bits = policy.stored_priority_bits or compared
    if bits < compared:
        raise ConfigError(f"Policy.stored_priority_bits is {bits}: the CPU interfaces compare {compared}; keep as many, or None")
    return bits


def stored_mask(config: GicConfig, policy: Policy) -> int:
    """Bits of an 8-bit priority that IPRIORITYR keeps; with superpriority in two Security states at most seven, whatever the
    Policy says, since Non-secure superpriority ranks between the halves (`GicConfig.nmi`).

    Raises `ConfigError` as `kept_bits`.
    """
    bits = kept_bits(config.priority_bits, policy)
    if config.nmi and config.security:
        bits = min(bits, 7)
    return 0xFF & ~((1 << (8 - bits)) - 1)


IRQPATH: Final = Policy()
QEMU: Final = Policy(
    name="qemu",
    bad_access="razwi",
    stored_priority_bits=8,
    disabled_group_blocks=True,
    running_priority_masked=True,
    gicv2_compares_whole_priority=True,
    sgis_always_enabled=True,
    waker_gates=False,
    sgi1r_reaches_group0=False,
    lpi_config="use",
    lpi_store=0,
    its_command_error="skip",
    lr_keeps_res0=True,
    vmcr_keeps_low_pmr=True,
    eoir_always_counts=True,
    doorbell_when_pending=True,
    vpt_scan="at once",
    vpt_summary=False,
    itargets_keep_absent=True,
    its_page_size="64K",
)
KVM: Final = Policy(
    name="kvm",
    bad_access="razwi",
    waker_gates=False,
    waker_razwi=True,
    resets_to_group1=True,
    sgis_enabled_at_reset=True,
    ppi_triggers_fixed=True,
    one_group_enable=True,
    lpi_config="cached",
    lpi_store=0,
    its_command_error="skip",
    its_remap="ignore",
    its_page_size="64K",
    its_page_size_fixed=True,
    its_enable_without_tables="ignore",
    itargets_of_one_pe=True,
    spi_to_lowest_target=True,
)
GIC600: Final = Policy(name="gic600", bad_access="slverr", lpi_config="cached", power_register=True)

PRESETS: Final[dict[str, Policy]] = {p.name: p for p in (IRQPATH, QEMU, KVM, GIC600)}


def preset(name: str) -> Policy:
    """The preset called `name`. Raises `ConfigError` naming those that exist."""
    if name not in PRESETS:
        raise ConfigError(f"no policy is called {name!r}; there are {', '.join(PRESETS)}")
    return PRESETS[name]
