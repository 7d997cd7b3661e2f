"""The system registers of a virtual CPU interface: the hypervisor's ICH_*_EL2, and ICV_*_EL1, which a guest reaches by the
encodings of ICC_*_EL1 (IHI 0069 12.3, 12.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

from irqpath.config.sizes import FIRST_LPI, FIRST_SPECIAL, IS_NMI, SPURIOUS
from irqpath.core.errors import ArchError
from irqpath.gic.gicc.virtual_interface import NMI_BIT, VirtualInterface

Reader: TypeAlias = Callable[[], int]
Writer: TypeAlias = Callable[[int], None]
#: Handlers by register name; what is in neither is UNDEFINED.
Registers: TypeAlias = tuple[Mapping[str, Reader], Mapping[str, Writer]]


def active_registers(preemption_bits: int) -> int:
    """How many AP<x>R<n> registers a group has."""
    return max(1, (1 << preemption_bits) // 32)


def hypervisor(v: VirtualInterface) -> Registers:
    """ICH_*_EL2."""
    reads: dict[str, Reader] = {
        "ICH_HCR_EL2": lambda: v.hcr,
        "ICH_VTR_EL2": lambda: v.config.vtr,
        "ICH_MISR_EL2": v.misr,
        "ICH_EISR_EL2": v.eisr,
        "ICH_ELRSR_EL2": v.elrsr,
        "ICH_VMCR_EL2": v.vmcr,
    }
    writes: dict[str, Writer] = {"ICH_HCR_EL2": v.write_hcr, "ICH_VMCR_EL2": v.write_vmcr}
    for n in range(v.config.list_registers):
        reads[f"ICH_LR{n}_EL2"] = partial(_read_lr, v, n)
        writes[f"ICH_LR{n}_EL2"] = partial(v.write_lr, n)
    for group in (0, 1):
        for n in range(active_registers(v.config.preemption_bits)):
            reads[f"ICH_AP{group}R{n}_EL2"] = partial(read_ap, v, group, n)
            writes[f"ICH_AP{group}R{n}_EL2"] = partial(v.write_ap, group, n)
    return reads, writes


def guest(v: VirtualInterface) -> Registers:
    """ICV_*_EL1, by the names of the ICC registers whose encodings they share."""
    reads: dict[str, Reader] = {
        "ICC_PMR_EL1": lambda: v.pmr,
        "ICC_RPR_EL1": lambda: v.running | v.nmi_active << NMI_BIT,
        "ICC_CTLR_EL1": partial(read_ctlr, v),
        "ICC_BPR0_EL1": lambda: v.bpr[0],
        "ICC_BPR1_EL1": partial(read_bpr1, v),
    }
    writes: dict[str, Writer] = {
        "ICC_PMR_EL1": v.write_pmr,
        "ICC_CTLR_EL1": partial(write_ctlr, v),
        "ICC_DIR_EL1": partial(write_dir, v),
        "ICC_BPR0_EL1": partial(v.write_bpr, 0),
        "ICC_BPR1_EL1": partial(write_bpr1, v),
    }
    if v.config.nmi:
        reads["ICC_NMIAR1_EL1"] = partial(read_nmiar, v)
    for group in (0, 1):
        reads[f"ICC_IAR{group}_EL1"] = partial(read_iar, v, group)
        reads[f"ICC_HPPIR{group}_EL1"] = partial(read_hppir, v, group)
        reads[f"ICC_IGRPEN{group}_EL1"] = partial(_read_igrpen, v, group)
        writes[f"ICC_IGRPEN{group}_EL1"] = partial(write_igrpen, v, group)
        writes[f"ICC_EOIR{group}_EL1"] = partial(write_eoir, v, group)
        for n in range(active_registers(v.config.preemption_bits)):
            reads[f"ICC_AP{group}R{n}_EL1"] = partial(read_ap, v, group, n)
            writes[f"ICC_AP{group}R{n}_EL1"] = partial(v.write_ap, group, n)
    return reads, writes


def read_ap(v: VirtualInterface, group: int, n: int) -> int:
    """32 of the active priorities of a group, and whether superpriority is active (ICH_AP1R0_EL2.NMI)."""
    flag = v.nmi_active << NMI_BIT if (group, n) == (1, 0) else 0
    return flag | v.ap[group] >> 32 * n & 0xFFFF_FFFF


def read_iar(v: VirtualInterface, group: int) -> int:
    """ICV_IAR<group>_EL1: acknowledge what is signalled if it is of this group, else 1023."""
    pick = v.pick()
    if pick is None or pick.group != group or not v.signalled(pick):
        return SPURIOUS
    return IS_NMI if v.only_by_nmiar(pick) else v.acknowledge(pick)


def read_nmiar(v: VirtualInterface) -> int:
    """ICV_NMIAR1_EL1: acknowledge what is signalled if it has superpriority, else 1023."""
    pick = v.pick()
    return v.acknowledge(pick) if pick is not None and pick.nmi and v.signalled(pick) else SPURIOUS


def read_hppir(v: VirtualInterface, group: int) -> int:
    """ICV_HPPIR<group>_EL1."""
    pick = v.pick()
    return pick.intid if pick is not None and pick.group == group else SPURIOUS


def write_eoir(v: VirtualInterface, group: int, value: int) -> None:
    """ICV_EOIR<group>_EL1; special INTIDs are ignored (R16)."""
    intid = value & 0xFF_FFFF
    if not FIRST_SPECIAL <= intid <= SPURIOUS:
        v.end(intid, group)


def write_dir(v: VirtualInterface, value: int) -> None:
    """ICV_DIR_EL1: only with EOImode 1 (R15), only of what has an active state of its own."""
    intid = value & 0xFF_FFFF
    if not v.eoimode:
        v.report(ArchError.DIR_WITHOUT_EOIMODE, f"virtual INTID {intid}")
    elif intid >= FIRST_LPI:
        v.report(ArchError.DIR_OF_LPI, f"virtual INTID {intid}")
    elif intid < FIRST_SPECIAL:
        v.deactivate_intid(intid)


def read_bpr1(v: VirtualInterface) -> int:
    """ICV_BPR1_EL1; with VCBPR it reads ICV_BPR0_EL1 + 1, at most 7 (R12)."""
    return min(v.bpr[0] + 1, 7) if v.cbpr else v.bpr[1]


def write_bpr1(v: VirtualInterface, value: int) -> None:
    """ICV_BPR1_EL1; ignored with VCBPR (R12)."""
    if not v.cbpr:
        v.write_bpr(1, value)


def read_ctlr(v: VirtualInterface) -> int:
    """ICV_CTLR_EL1: A3V, IDbits, PRIbits, EOImode, CBPR."""
    c = v.config
    fixed = c.aff3_valid << 15 | (c.id_bits == 24) << 11 | (c.priority_bits - 1) << 8
    return fixed | v.eoimode << 1 | v.cbpr


def write_ctlr(v: VirtualInterface, value: int) -> None:
    """ICV_CTLR_EL1: CBPR, EOImode."""
    v.cbpr, v.eoimode = value & 1, value >> 1 & 1


def _read_lr(v: VirtualInterface, n: int) -> int:
    return v.lr[n]


def _read_igrpen(v: VirtualInterface, group: int) -> int:
    return v.enables >> group & 1


def write_igrpen(v: VirtualInterface, group: int, value: int) -> None:
    """ICV_IGRPEN<group>_EL1."""
    v.enables = v.enables & ~(1 << group) | (value & 1) << group
