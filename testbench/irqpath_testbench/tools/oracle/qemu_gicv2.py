"""What QEMU's GICv2 does otherwise than the models (see `deviations`)."""

from __future__ import annotations

from typing import Final

from irqpath.gic.gicc.virtual_interface import EN, LR_ACTIVE, LR_HW, Pick, VirtualInterface
from irqpath.gic.gicv2.cpu_interface import ACKCTL
from irqpath.gic.gicv2.gic import Gicv2
from irqpath_testbench.tools.oracle.deviations import Avoidance, Deviations, Exemption, Situation
from irqpath_testbench.tools.oracle.generator.frames import frame_of
from irqpath_testbench.tools.oracle.generator.ops import Op

_ALL: Final = (1 << 64) - 1
_ALIASES: Final = frozenset(f"{frame}_{name}" for frame in ("GICC", "GICV") for name in ("AIAR", "AEOIR", "AHPPIR"))


def register_of(op: Op) -> str:
    """Name of the register that a memory-mapped access reaches, "" if none."""
    if op.kind not in ("mr", "mw"):
        return ""
    frame = frame_of(op.what)
    access = frame.lookup(op.at, op.size)
    return "" if access is None else frame.registers[access.register].name


def _virtual_pick(s: Situation) -> tuple[VirtualInterface, Pick | None]:
    virtual = _gic(s).gicc[s.op.pe].virtual
    assert virtual is not None  # its registers are there
    return virtual, virtual.pick()


def _virtual_masked(s: Situation) -> bool:
    """As `_masked`, of the virtual interface."""
    virtual, pick = _virtual_pick(s)
    return pick is not None and (pick.priority >= virtual.pmr or not virtual.enables or not virtual.hcr & EN)


def _virtual_other_group(s: Situation) -> bool:
    """As `_other_group`, of the virtual interface."""
    virtual, pick = _virtual_pick(s)
    return pick is not None and pick.group == 1 and not virtual.ackctl


def _acknowledges_virtual_disabled(s: Situation) -> bool:
    if register_of(s.op) != "GICV_IAR":
        return False
    virtual, pick = _virtual_pick(s)
    return pick is not None and (not virtual.enables >> pick.group & 1 or not virtual.hcr & EN)


def _ends_pending_hardware(s: Situation) -> bool:
    if s.op.kind != "mw" or register_of(s.op) not in ("GICV_EOIR", "GICV_DIR"):
        return False
    dist, pe = _gic(s).gicd, s.op.pe
    physical = [lr >> 32 & 0x3FF for lr in _virtual_pick(s)[0].lr if lr & LR_HW and lr & 0x3FF == s.op.value & 0x3FF]
    return any(n < 1020 and dist.bank_of(n, pe).pending >> n & 1 for n in physical)


def _other_source(s: Situation) -> bool:
    if s.op.kind != "mw" or register_of(s.op) not in ("GICV_EOIR", "GICV_AEOIR", "GICV_DIR"):
        return False
    value = s.op.value & 0x1FFF
    active = [lr & 0x1FFF for lr in _virtual_pick(s)[0].lr if lr & LR_ACTIVE]
    return value not in active and value & 0x3FF in {lr & 0x3FF for lr in active}


def _gic(s: Situation) -> Gicv2:
    gic: Gicv2 = s.models.gic
    return gic


def _masked(s: Situation) -> bool:
    """The highest priority pending interrupt is not above the mask, or no group is enabled."""
    gic = _gic(s)
    cpu = gic.gicc[s.op.pe]
    best = cpu.best()
    return best is not None and (best[0] >= cpu.pmr or not gic.gicd.enables & cpu.ctlr & 3)


def _acknowledges_disabled(s: Situation) -> bool:
    if register_of(s.op) != "GICC_IAR":
        return False
    gic = _gic(s)
    cpu = gic.gicc[s.op.pe]
    best = cpu.best()
    return best is not None and not (gic.gicd.enables & cpu.ctlr) >> best[2] & 1


def _other_group(s: Situation) -> bool:
    """What is pending is of Group 1, and GICC_IAR does not acknowledge that."""
    gic = _gic(s)
    cpu = gic.gicc[s.op.pe]
    best = cpu.best()
    return best is not None and best[2] == 1 and not cpu.ctlr & ACKCTL


def _made_pending(s: Situation) -> list[int]:
    """SPIs that an operation may make pending by an edge, a message or a write."""
    op = s.op
    if op.kind == "spi":
        return [op.at] if op.value else []
    name = register_of(op) if op.kind == "mw" else ""
    if name == "V2M_MSI_SETSPI_NS":
        return [op.value & 0x3FF]
    if name == "GICD_ISPENDR":
        first = 8 * (op.at - 0x200)
        return [first + n for n in range(32) if op.value >> n & 1 and first + n >= 32]
    return []


def _pends_nowhere(s: Situation) -> bool:
    gic = _gic(s)
    return gic.config.pes > 1 and any(32 <= n <= gic.config.last_spi and not gic.gicd.targets[n] for n in _made_pending(s))


def _ppi_bits(s: Situation) -> bool:
    if s.op.kind != "mw" or register_of(s.op) not in ("GICD_ISPENDR", "GICD_ICPENDR") or _gic(s).config.pes == 1:
        return False
    return s.op.at & 0x7C == 0 and bool(s.op.value & 0xFFFF_0000)


def _targets_badly(s: Situation) -> bool:
    gic = _gic(s)
    if s.op.kind != "mw" or register_of(s.op) != "GICD_ITARGETSR" or gic.config.pes == 1:
        return False
    first = s.op.at - 0x800
    for k in range(s.op.size):
        intid, mask = first + k, s.op.value >> 8 * k & 0xFF
        if not 32 <= intid <= gic.config.last_spi or mask == gic.gicd.targets[intid]:
            continue
        one = mask.bit_count() == 1 and mask < 1 << gic.config.pes
        if not one or gic.gicd.shared.latch >> intid & 1 or gic.gicd.is_active(intid, 0):
            return True
    return False


def _spendsgir_zero(s: Situation) -> bool:
    op = s.op
    return register_of(op) == "GICD_SPENDSGIR" and op.kind == "mw" and any(not op.value >> 8 * n & 0xFF for n in range(op.size))


_EXEMPTIONS: Final[tuple[Exemption, ...]] = (
    Exemption(
        "HPPIR-masked",
        "GICC_HPPIR",
        "GICC_HPPIR shows the highest priority pending interrupt whatever the mask is (IHI 0048 4.4.6); QEMU says 1023 of one"
        " that"
        " GICC_PMR masks, or while no group is enabled",
        _ALL,
        when=_masked,
    ),
    Exemption(
        "IAR-1022",
        "GICC_IAR",
        "GICC_IAR gives 1022 for a Group 1 interrupt that could be signalled (IHI 0048 3.2.5); QEMU also for one whose"
        " priority is too low,"
        " where 1023 is expected",
        1,
        when=_other_group,
    ),
    Exemption(
        "HPPIR-masked",
        "GICV_HPPIR",
        "as of GICC_HPPIR",
        _ALL,
        when=_virtual_masked,
    ),
    Exemption(
        "HPPIR-source",
        "GICV_HPPIR",
        "as of GICC_HPPIR",
        7 << 10,
        when=lambda s: (pick := _virtual_pick(s)[1]) is not None and pick.intid & 0x3FF < 16,
    ),
    Exemption(
        "IAR-1022",
        "GICV_IAR",
        "as of GICC_IAR",
        1,
        when=_virtual_other_group,
    ),
    Exemption(
        "HPPIR-source",
        "GICC_HPPIR",
        "GICC_HPPIR shows the source of an SGI in CPUID (IHI 0048 4.4.6); QEMU says 0",
        7 << 10,
        when=lambda s: (best := _gic(s).gicc[s.op.pe].best()) is not None and best[1] < 16,
    ),
    *(
        Exemption("identification", f"GICD_PIDR{n}", "identification registers are IMPLEMENTATION DEFINED", 0xFF)
        for n in (0, 1, 3, 4, 5, 6, 7)
    ),
)

_AVOIDANCES: Final[tuple[Avoidance, ...]] = (
    Avoidance(
        "aliases",
        "QEMU has no GICC_AIAR, GICC_AEOIR, GICC_AHPPIR, nor those of GICV",
        lambda s: register_of(s.op) in _ALIASES,
    ),
    Avoidance(
        "IAR-disabled",
        "GICC_IAR gives 1023 where the pending interrupt's group is disabled (IHI 0048 4.4.4); QEMU acknowledges it",
        _acknowledges_disabled,
    ),
    Avoidance(
        "IAR-disabled",
        "as of GICC_IAR",
        _acknowledges_virtual_disabled,
    ),
    Avoidance(
        "SPI-targets",
        "QEMU keeps an SPI pending for each target by itself and lets each acknowledge it (no 1-N model, IHI 0048 3.2.3), and"
        " leaves it"
        " pending where it was when the targets change: with several PEs an SPI has one target, which changes while it is idle",
        _targets_badly,
    ),
    Avoidance(
        "SPI-nowhere",
        "an edge, message or GICD_ISPENDR<n> write for an SPI without target is lost in QEMU; it stays pending (IHI 0048 4.3.7)",
        _pends_nowhere,
    ),
    Avoidance(
        "PPI-pending",
        "with several PEs QEMU does not set a PPI pending by GICD_ISPENDR0, and clears it for all PEs by GICD_ICPENDR0",
        _ppi_bits,
    ),
    Avoidance(
        "SPI-active",
        "QEMU makes an SPI active for eight PEs by GICD_ISACTIVER<n>, and inactive for the one that ends it",
        lambda s: register_of(s.op) == "GICD_ISACTIVER" and s.op.kind == "mw" and s.op.at > 0x300,
    ),
    Avoidance(
        "HW-stale",
        "when a guest's end deactivates a physical interrupt that is pending again, QEMU does not look at the physical lines"
        " before"
        " something else changes",
        _ends_pending_hardware,
    ),
    Avoidance(
        "SGI-source",
        "a guest ends an SGI by INTID and source (IHI 0048 5.5, GICV_EOIR); QEMU looks for the INTID alone",
        _other_source,
    ),
    Avoidance(
        "ABPR-least",
        "QEMU lets GICV_ABPR go down to 1, the least value of the physical GICC_ABPR with 8 priority bits",
        lambda s: s.op.kind == "mw" and register_of(s.op) == "GICV_ABPR" and s.op.value < 3,
    ),
    Avoidance(
        "ICFGR1",
        "whether the trigger of a PPI can be changed is IMPLEMENTATION DEFINED (IHI 0048 4.3.13): in QEMU it can, in the"
        " models not",
        lambda s: s.op.kind == "mw" and register_of(s.op) == "GICD_ICFGR" and s.op.at == 0xC04,
    ),
    Avoidance(
        "APR-write",
        "QEMU takes writes of GICC_APR<n> and GICC_NSAPR<n>, but not the running priority from them",
        lambda s: s.op.kind == "mw" and register_of(s.op) in ("GICC_APR", "GICC_NSAPR"),
    ),
    Avoidance(
        "SPENDSGIR-zero",
        "QEMU 7.2 makes an SGI pending from nobody when GICD_SPENDSGIR<n> is written with a zero byte, and stops by an"
        " assertion when it is"
        " acknowledged",
        _spendsgir_zero,
    ),
)

_NOT_DRIVEN: Final[dict[str, str]] = {
    "ACCESS_SIZE": "QEMU takes accesses of any size to every register of its GICv2",
    "GROUP_WHILE_ACTIVE": "QEMU ends an interrupt in the group that it is in then, the models in the one it was acknowledged in",
    "EOIR_ORDER": "QEMU drops the priority in the group of the interrupt that is named; the models drop the highest active one",
    "DIR_NOT_ACTIVE": "QEMU deactivates an SPI for the PE that writes GICC_DIR, whichever acknowledged it",
    "VIRTUAL_EOIR_ORDER": "QEMU looks for the named interrupt in the List registers before it drops the priority",
    "VIRTUAL_DIR_NOT_ACTIVE": "QEMU looks for the named interrupt in any List register, valid or not",
    "VIRTUAL_AP_WRITE": "QEMU takes GICH_APR, but not the running priority from it",
    "LR_DUPLICATE": "QEMU takes the first List register with the INTID for the one that is meant",
    "LR_SPECIAL_INTID": "QEMU makes a special INTID in a List register active; the models as the pseudocode of ICV_IAR1_EL1",
}

QEMU_GICV2: Final = Deviations(_EXEMPTIONS, _AVOIDANCES, _NOT_DRIVEN)
