"""GICH and GICV: the memory-mapped faces of the virtual CPU interface in a GICv2 (IHI 0048 5.3, 5.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from irqpath.config.policy import Policy
from irqpath.config.sizes import FIRST_SPECIAL, SPURIOUS, VirtualConfig
from irqpath.core.errors import ArchError
from irqpath.core.transactions import RegRead, RegWrite
from irqpath.gic.common.frame import FrameBlock, Read, Write
from irqpath.gic.gicc.virtual_interface import LR_EOI, LR_HW, Pick, VirtualInterface
from irqpath.gic.gicv2.cpu_interface import OTHER_GROUP, Gicv2Cpu
from irqpath.regs import GICH, GICV

_WORD: Final = 0xFFFF_FFFF


def unpack_lr(value: int) -> int:
    """GICH_LR<n> in the layout of ICH_LR<n>_EL2; the source of an SGI goes to vINTID [12:10], as IHI 0069 has it for guests
    that use GICV."""
    hw, physical, virtual = value >> 31 & 1, value >> 10 & 0x3FF, value & 0x3FF
    state, group, priority = value >> 28 & 3, value >> 30 & 1, (value >> 23 & 0x1F) << 3
    common = state << 62 | hw << 61 | group << 60 | priority << 48
    if hw:
        return common | physical << 32 | virtual
    source = physical & 7 if virtual < 16 else 0
    return common | (physical >> 9) * LR_EOI | source << 10 | virtual


def pack_lr(lr: int) -> int:
    """The opposite of `unpack_lr`."""
    physical = lr >> 32 & 0x3FF if lr & LR_HW else lr >> 10 & 7 | bool(lr & LR_EOI) << 9
    head = (lr >> 61 & 1) << 31 | (lr >> 60 & 1) << 30 | lr >> 62 << 28
    return head | (lr >> 51 & 0x1F) << 23 | physical << 10 | lr & 0x3FF


def _of(cpus: Sequence[Gicv2Cpu], request: RegRead | RegWrite) -> VirtualInterface:
    """The virtual interface of the accessing PE."""
    virtual = cpus[request.pe].virtual
    assert virtual is not None  # the frames are there only where it is
    return virtual


class GichFrame(FrameBlock):
    """GICH_*: the hypervisor's."""

    def __init__(self, config: VirtualConfig, policy: Policy, cpus: Sequence[Gicv2Cpu]) -> None:
        super().__init__("gich", GICH, policy, ())
        self._cpus = cpus
        count = config.list_registers
        reads: dict[str, Read] = {
            "GICH_HCR": lambda _: self._virtual.hcr,
            "GICH_VMCR": lambda _: self._virtual.vmcr(),
            "GICH_MISR": lambda _: self._virtual.misr(),
            "GICH_EISR": lambda n: self._virtual.eisr() >> 32 * n & _WORD,
            "GICH_ELSR": lambda n: self._virtual.elrsr() >> 32 * n & _WORD,
            "GICH_APR": lambda _: self._virtual.ap[0] & _WORD,
            "GICH_LR": lambda n: pack_lr(self._virtual.lr[n]) if n < count else 0,
        }
        writes: dict[str, Write] = {
            "GICH_HCR": lambda _, value, mask: self._virtual.write_hcr(value),
            "GICH_VMCR": lambda _, value, mask: self._virtual.write_vmcr(value & ~(7 << 24)),
            "GICH_APR": lambda _, value, mask: self._virtual.write_ap(0, 0, value),
            "GICH_LR": lambda n, value, mask: self._virtual.write_lr(n, unpack_lr(value)) if n < count else None,
        }
        self._bind(reads, writes, {"GICH_VTR": config.vtr}, frozenset())

    @property
    def _virtual(self) -> VirtualInterface:
        return _of(self._cpus, self.request)


class GicvFrame(FrameBlock):
    """GICV_*: the guest's. GICV_ABPR is an alias of GICH_VMCR.VBPR1 whatever GICV_CTLR.CBPR says (IHI 0048 and DDI 0595,
    GICV_ABPR): the virtual interface knows no Security states, so nothing stands for GICC_BPR's Non-secure view (R12)."""

    def __init__(self, iidr: int, policy: Policy, cpus: Sequence[Gicv2Cpu]) -> None:
        super().__init__("gicv", GICV, policy, ())
        self._cpus = cpus
        reads: dict[str, Read] = {
            "GICV_CTLR": self._read_ctlr,
            "GICV_PMR": lambda _: self._virtual.pmr,
            "GICV_BPR": lambda _: self._virtual.bpr[0],
            "GICV_ABPR": lambda _: self._virtual.bpr[1],
            "GICV_IAR": lambda _: self._acknowledge(aliased=False),
            "GICV_AIAR": lambda _: self._acknowledge(aliased=True),
            "GICV_RPR": lambda _: self._virtual.running,
            "GICV_HPPIR": lambda _: self._told(self._virtual.pick(), aliased=False),
            "GICV_AHPPIR": lambda _: self._told(self._virtual.pick(), aliased=True),
            "GICV_APR": lambda n: self._virtual.ap[0] if n == 0 else 0,
        }
        writes: dict[str, Write] = {
            "GICV_CTLR": self._write_ctlr,
            "GICV_PMR": lambda _, value, mask: self._virtual.write_pmr(value),
            "GICV_BPR": lambda _, value, mask: self._virtual.write_bpr(0, value),
            "GICV_ABPR": lambda _, value, mask: self._virtual.write_bpr(1, value),
            "GICV_EOIR": lambda _, value, mask: self._end(value, 0),
            "GICV_AEOIR": lambda _, value, mask: self._end(value, 1),
            "GICV_DIR": self._write_dir,
            "GICV_APR": lambda n, value, mask: self._virtual.write_ap(0, 0, value) if n == 0 else None,
        }
        self._bind(reads, writes, {"GICV_IIDR": iidr}, frozenset())

    @property
    def _virtual(self) -> VirtualInterface:
        return _of(self._cpus, self.request)

    def _read_ctlr(self, _: int) -> int:
        v = self._virtual
        return v.enables | v.ackctl << 2 | v.fiqen << 3 | v.cbpr << 4 | v.eoimode << 9

    def _write_ctlr(self, _: int, value: int, mask: int) -> None:
        v = self._virtual
        v.enables, v.ackctl, v.fiqen = value & 3, value >> 2 & 1, value >> 3 & 1
        v.cbpr, v.eoimode = value >> 4 & 1, value >> 9 & 1

    def _shown(self, pick: Pick, *, aliased: bool) -> bool:
        """Whether a read tells the INTID of `pick`: GICV_AIAR only that of Group 1, GICV_IAR that of Group 1 only with
        AckCtl. A question of its own: a List register may hold 1022 or 1023 (as the pseudocode of ICV_IAR1_EL1 has it)."""
        if pick.group == 0:
            return not aliased
        return aliased or bool(self._virtual.ackctl)

    def _told(self, pick: Pick | None, *, aliased: bool) -> int:
        """The INTID that a read of GICV_(A)IAR or GICV_(A)HPPIR returns."""
        if pick is not None and self._shown(pick, aliased=aliased):
            return pick.intid
        return OTHER_GROUP if pick is not None and not aliased else SPURIOUS

    def _acknowledge(self, *, aliased: bool) -> int:
        virtual = self._virtual
        pick = virtual.pick()
        if not virtual.signalled(pick):
            return SPURIOUS
        assert pick is not None  # signalled
        told = self._told(pick, aliased=aliased)
        if self._shown(pick, aliased=aliased):
            virtual.acknowledge(pick)
        return told

    def _end(self, value: int, group: int) -> None:
        intid = value & 0x1FFF
        if not FIRST_SPECIAL <= intid & 0x3FF <= SPURIOUS:
            self._virtual.end(intid, group)

    def _write_dir(self, _: int, value: int, mask: int) -> None:
        intid = value & 0x1FFF
        if not self._virtual.eoimode:
            self._virtual.report(ArchError.DIR_WITHOUT_EOIMODE, f"virtual INTID {intid}")
        elif intid & 0x3FF < FIRST_SPECIAL:
            self._virtual.deactivate_intid(intid)
