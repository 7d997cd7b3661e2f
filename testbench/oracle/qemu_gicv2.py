"""What QEMU's GICv2 does otherwise than the models (see `deviations`)."""

from __future__ import annotations

from typing import Final

from pymodel.gic.legacy import LegacyGic
from pymodel.gic.legacy_cpu import ACKCTL
from testbench.oracle.deviations import Avoidance, Deviations, Exemption, Situation
from testbench.sequences.generator.frames import frame_of
from testbench.sequences.generator.ops import Op

_ALL: Final = (1 << 64) - 1
_ALIASES: Final = frozenset(f"{frame}_{name}" for frame in ("GICC", "GICV") for name in ("AIAR", "AEOIR", "AHPPIR"))


def register_of(op: Op) -> str:
    """Name of the register that a memory-mapped access reaches, "" if none."""
    if op.kind not in ("mr", "mw"):
        return ""
    frame = frame_of(op.what)
    access = frame.lookup(op.at, op.size)
    return "" if access is None else frame.registers[access.register].name


def _masked(s: Situation) -> bool:
    """The highest priority pending interrupt is not above the mask, or no group is enabled."""
    gic = s.models.gic
    assert isinstance(gic, LegacyGic)  # that is the machine
    cpu = gic.gicc[s.op.pe]
    best = cpu.best()
    return best is not None and (best[0] >= cpu.pmr or not gic.gicd.enables & cpu.ctlr & 3)


def _acknowledges_disabled(s: Situation) -> bool:
    if register_of(s.op) != "GICC_IAR":
        return False
    gic = s.models.gic
    assert isinstance(gic, LegacyGic)  # that is the machine
    cpu = gic.gicc[s.op.pe]
    best = cpu.best()
    return best is not None and not (gic.gicd.enables & cpu.ctlr) >> best[2] & 1


def _other_group(s: Situation) -> bool:
    """What is pending is of Group 1, and GICC_IAR does not acknowledge that."""
    gic = s.models.gic
    assert isinstance(gic, LegacyGic)  # that is the machine
    cpu = gic.gicc[s.op.pe]
    best = cpu.best()
    return best is not None and best[2] == 1 and not cpu.ctlr & ACKCTL


def _regroups_active(s: Situation) -> bool:
    if s.op.kind != "mw" or register_of(s.op) != "GICD_IGROUPR":
        return False
    gic, n = s.models.gic, (s.op.at - 0x80) // 4
    assert isinstance(gic, LegacyGic)  # that is the machine
    bank = gic.gicd.private[s.op.pe] if n == 0 else gic.gicd.shared
    handled = {value & 0x3FF for known in s.known.physical for _, value in known.handling}
    busy = bank.active >> 32 * n | sum(1 << intid % 32 for intid in handled if intid // 32 == n)
    return bool((bank.group >> 32 * n ^ s.op.value) & busy & 0xFFFF_FFFF)


def _spendsgir_zero(s: Situation) -> bool:
    op = s.op
    return register_of(op) == "GICD_SPENDSGIR" and op.kind == "mw" and any(not op.value >> 8 * n & 0xFF for n in range(op.size))


_EXEMPTIONS: Final[tuple[Exemption, ...]] = (
    Exemption(
        "HPPIR-masked",
        "GICC_HPPIR",
        "GICC_HPPIR shows the highest priority pending interrupt whatever the mask is (IHI 0048 4.4.6); QEMU says 1023 of one that"
        " GICC_PMR masks, or while no group is enabled",
        _ALL,
        when=_masked,
    ),
    Exemption(
        "IAR-1022",
        "GICC_IAR",
        "GICC_IAR gives 1022 for a Group 1 interrupt that could be signalled (IHI 0048 3.2.5); QEMU also for one whose priority is too low,"
        " where 1023 is due",
        1,
        when=_other_group,
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
        "IGROUPR-active",
        "QEMU ends an interrupt in the group that it is in then, not the one that it was acknowledged in: the group of an active interrupt"
        " is not changed",
        _regroups_active,
    ),
    Avoidance(
        "APR-write",
        "QEMU takes writes of GICC_APR<n> and GICC_NSAPR<n>, but not the running priority from them",
        lambda s: s.op.kind == "mw" and register_of(s.op) in ("GICC_APR", "GICC_NSAPR"),
    ),
    Avoidance(
        "SPENDSGIR-zero",
        "QEMU 7.2 makes an SGI pending from nobody when GICD_SPENDSGIR<n> is written with a zero byte, and stops by an assertion when it is"
        " acknowledged",
        _spendsgir_zero,
    ),
)

_NOT_DRIVEN: Final[dict[str, str]] = {
    "ACCESS_SIZE": "QEMU takes accesses of any size to every register of its GICv2",
}

QEMU_GICV2: Final = Deviations(_EXEMPTIONS, _AVOIDANCES, _NOT_DRIVEN)

