"""What QEMU's GICv3 does otherwise than the models (see `deviations`)."""

from __future__ import annotations

from typing import Final

from irqpath.config.sizes import FIRST_SPECIAL
from irqpath.gic.gicc.virtual_interface import IDLE_PRIORITY
from irqpath.regs import GICD, GICR, GITS
from irqpath_testbench.tools.oracle.deviations import Avoidance, Deviations, Exemption, Situation
from irqpath_testbench.tools.oracle.generator.ops import NON_SECURE
from irqpath_testbench.tools.oracle.outcome import Fault

_ALL: Final = (1 << 64) - 1


def _res0(name: str) -> int:
    """The bits of a register that belong to no field."""
    frame = GICD if name.startswith("GICD") else GICR if name.startswith("GICR") else GITS
    return _ALL & ~sum(field.mask for field in frame.register(name).fields)


def _last_level(s: Situation) -> bool:
    op, known = s.op, s.known
    if known.config.priority_bits < 6 or op.kind not in ("mw", "m"):
        return False
    priority = op.kind == "m" or (op.what != "its0" and 0x400 <= (op.at & 0xFFFF) < 0x800)
    return priority and any(op.value >> 8 * n & 0x3E == 0x3E for n in range(op.size))


def _moves_to_disabled(s: Situation) -> bool:
    op, known = s.op, s.known
    if op.kind != "cmd" or op.words[0] & 0xFF not in (0x01, 0x0E):
        return False
    if op.words[0] & 0xFF == 0x0E:
        pes = [known.config.rdbase_to_pe(word >> 16 & 0xF_FFFF_FFFF, 0) for word in op.words[2:]]
    else:
        source = known.its.target(op.words[0] >> 32, op.words[1] & 0xFFFF_FFFF)
        pes = [source, known.its.collections.get(op.words[2] & 0xFFFF)]
    return not all(pe is None or known.pes[pe].lpis for pe in pes)


def _nonsecure(s: Situation) -> bool:
    """A Non-secure access of a GIC with two Security states."""
    return bool(s.known.config.security and s.op.state & NON_SECURE and s.op.state & 3 != 3)


def _ends_absent(s: Situation) -> bool:
    op, known = s.op, s.known
    if op.kind != "sw" or not op.what.startswith("ICC_EOIR") or known.virtual(op):
        return False
    return bool(known.config.last_spi < op.value & 0xFF_FFFF < FIRST_SPECIAL)


def _ends_what_is_secure_now(s: Situation) -> bool:
    """Non-secure software may end its highest priority, and names an interrupt that is active and was put into a Secure group."""
    intid = s.op.value & 0xFF_FFFF
    if s.op.kind != "sw" or not s.op.what.startswith("ICC_EOIR") or not _nonsecure(s) or intid >= FIRST_SPECIAL:
        return False
    gic = s.models.gic
    bank = gic.gicr[s.op.pe].bank if intid < 32 else gic.gicd.bank
    levels = gic.gicc[s.op.pe].ap
    active = levels[0] | levels[1] | levels[2]
    return bool(levels[1] & active & -active and bank.active >> intid & 1 and bank.group_of(intid) != 1)


def _ends_idle_guest(s: Situation) -> bool:
    if s.op.kind != "sw" or not s.op.what.startswith("ICC_EOIR") or not s.known.virtual(s.op):
        return False
    return bool(s.models.gic.gicc[s.op.pe].virtual.running == IDLE_PRIORITY)


def _idle_priority_held(s: Situation) -> bool:
    held = s.models.gic.gicc[s.op.pe].held
    return held is not None and held[0] == 0xFF


def _identification() -> tuple[Exemption, ...]:
    reason = "identification registers are IMPLEMENTATION DEFINED: QEMU has its own, the models only the architecture's part"
    names = (f"{frame}_PIDR{n}" for frame in ("GICD", "GICR", "GITS") for n in (0, 1, 3, 4, 5, 6, 7))
    return tuple(Exemption("identification", name, reason, 0xFF) for name in names)


_EXEMPTIONS: Final[tuple[Exemption, ...]] = (
    *_identification(),
    Exemption(
        "ITLinesNumber",
        "GICD_TYPER",
        "QEMU before 8.1 states one block of 32 SPIs less than it has",
        0x1F,
    ),
    Exemption(
        "IROUTER-IRM",
        "GICD_IROUTER",
        "Interrupt_Routing_Mode is RAZ/WI where GICD_TYPER.No1N is 1 (IHI 0069 GICD_IROUTER<n>); QEMU keeps it, without effect",
        1 << 31 | _res0("GICD_IROUTER"),
    ),
    *(
        Exemption("RES0-kept", name, "QEMU keeps RES0 bits that software writes; they have no effect", _res0(name))
        for name in ("GICR_PROPBASER", "GITS_CBASER", "GITS_BASER")
    ),
    Exemption(
        "PENDBASER-PTZ",
        "GICR_PENDBASER",
        "PTZ reads as 0 (IHI 0069 GICR_PENDBASER, R28); QEMU gives back what was written, and RES0 bits too",
        1 << 62 | _res0("GICR_PENDBASER"),
    ),
    Exemption(
        "PMHE",
        "ICC_CTLR_EL1",
        "QEMU has no priority mask hint, and takes ICC_CTLR_EL1.PMHE for RES0",
        1 << 6,
        when=lambda s: bool(s.models.gic.gicc[s.op.pe].pmhe),
    ),
    *(
        Exemption(
            "idle-priority",
            f"ICC_HPPIR{group}_EL1",
            "an interrupt of priority 0xFF is never signalled; QEMU takes that priority for 'none pending' and says 1023",
            _ALL,
            when=_idle_priority_held,
        )
        for group in (0, 1)
    ),
    Exemption(
        "ITS-narrow-access",
        "",
        "QEMU aborts accesses of the ITS of less than 4 bytes, and those of the frame of GITS_TRANSLATER other than of 2 or 4"
        " bytes;"
        " they are CONSTRAINED UNPREDICTABLE or to reserved space, so RAZ/WI",
        fault=Fault.ABORT,
        when=lambda s: s.op.what == "its0" and (s.op.size < 4 if s.op.at < 0x1_0000 else s.op.size in (1, 8)),
    ),
    Exemption(
        "WAKER-view",
        "GICR_WAKER",
        "GICR_WAKER is RAZ/WI to Non-secure accesses (DDI 0601 GICR_WAKER); QEMU shows it",
        6,
        when=_nonsecure,
    ),
    Exemption(
        "CTLR-EL3-Secure",
        "ICC_CTLR_EL3",
        "QEMU shows the Non-secure copies of EOImode and CBPR in the fields of the Secure ones too",
        1 << 3 | 1 << 0,
    ),
    Exemption(
        "INVALL-everywhere",
        "",
        "a changed LPI configuration may take effect at any time until the INV or INVALL that covers it (R30); QEMU's INVALL"
        " covers every"
        " Redistributor, the models' that of its collection",
        lines=True,
        when=lambda s: s.known.its.scattered and bool(s.known.its.stale),
    ),
    *(
        Exemption(
            "AP-sign",
            f"{prefix}_AP{group}R{n}_EL{level}",
            "QEMU 7.2 extends bit 31 of an active priorities register over its upper half when the interrupt of that level is"
            " acknowledged",
            0xFFFF_FFFF << 32,
        )
        for prefix, level in (("ICC", 1), ("ICH", 2))
        for group in (0, 1)
        for n in range(4)
    ),
)

_NOT_DRIVEN: Final[dict[str, str]] = {
    "LPI_TABLE_WHILE_ENABLED": "QEMU takes a new GICR_PROPBASER or PENDBASER at once, and half of what hangs on it later; the"
    " models"
    " ignore the write, as IHI 0069 permits",
}

_AVOIDANCES: Final[tuple[Avoidance, ...]] = (
    Avoidance(
        "BPR-RES0",
        "QEMU compares ICC_BPR<n>_EL1 with its least value before it drops RES0 bits, so a write with RES0 bits set goes"
        " below it",
        lambda s: s.op.kind == "sw" and s.op.what.startswith("ICC_BPR") and s.op.value > 7,
    ),
    Avoidance(
        "PMR-RES0",
        "QEMU 7.2 keeps RES0 bits of ICC_PMR_EL1 and compares priorities with them",
        lambda s: s.op.kind == "sw" and s.op.what == "ICC_PMR_EL1" and s.op.value > 0xFF,
    ),
    Avoidance(
        "LPI-to-disabled",
        "a Redistributor with LPIs disabled ignores commands (IHI 0069 GICR_CTLR.EnableLPIs), so MOVI and MOVALL to it lose"
        " the pending"
        " state and from it find none; QEMU leaves it where it is, and finds it in the table of a disabled one",
        _moves_to_disabled,
    ),
    Avoidance(
        "ICFGR-stale",
        "after a write of GICD_ICFGR<n> QEMU looks at nothing until something else changes; with the interrupt enabled, when"
        " the write is"
        " UNPREDICTABLE, its lines show that",
        lambda s: s.op.what == "gicd" and s.known.judge(s.op) == "CONFIG_WHILE_ENABLED",
    ),
    Avoidance(
        "EOIR-absent",
        "QEMU ignores ICC_EOIR<n>_EL1 of an INTID that it does not have; for the models it drops the priority as any wrong one",
        _ends_absent,
    ),
    Avoidance(
        "EOIR-regrouped",
        "a Non-secure ICC_EOIR1_EL1 does not deactivate what was put into a Secure group since it was acknowledged, as"
        " ICC_DIR_EL1 does not (IHI 0069 ICC_DIR_EL1, and Deactivate on the stream); QEMU looks at the group for the latter only",
        _ends_what_is_secure_now,
    ),
    Avoidance(
        "AP-sign-idle",
        "what QEMU 7.2 leaves in the upper half of ICH_AP<m>R<n>_EL2 (see AP-sign) passes for an active priority when a guest"
        " ends an"
        " interrupt while none is active",
        _ends_idle_guest,
    ),
    Avoidance(
        "WAKER-write",
        "GICR_WAKER is RAZ/WI to Non-secure accesses (DDI 0601 GICR_WAKER); QEMU takes them",
        lambda s: s.op.kind == "mw" and s.op.what.startswith("gicr") and s.op.at == 0x14 and _nonsecure(s),
    ),
    Avoidance(
        "AP1-nonsecure",
        "QEMU ignores writes of the Non-secure ICC_AP1R0_EL1 with two Security states",
        lambda s: bool(s.op.state & NON_SECURE) and s.op.what.startswith("ICC_AP1R") and s.known.judge(s.op) == "AP_WRITE",
    ),
    Avoidance(
        "AP-overlap",
        "with forged active priorities the same level may be active in both groups; QEMU ends Group 0 first whatever is"
        " written, the models"
        " end the group that is written",
        lambda s: s.known.judge(s.op) == "EOIR_ORDER" and s.known.pes[s.op.pe].forged,
    ),
    Avoidance(
        "VGrp0D",
        "QEMU's ICH_MISR_EL2.VGrp0D tests VENG1 instead of VENG0 (DDI 0595 ICH_MISR_EL2), and the maintenance interrupt follows",
        lambda s: s.op.kind == "sw" and s.op.what == "ICH_HCR_EL2" and bool(s.op.value & 1 << 5),
    ),
    Avoidance(
        "AP-sign",
        "with several active priorities registers, what QEMU 7.2 leaves in the upper half of one (see the exemption) keeps it"
        " from"
        " dropping the levels of the next: no interrupt gets a priority that is the last level of a register",
        _last_level,
    ),
)

QEMU_GICV3: Final = Deviations(_EXEMPTIONS, _AVOIDANCES, _NOT_DRIVEN)
