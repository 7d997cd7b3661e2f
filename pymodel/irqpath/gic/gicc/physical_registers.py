"""The system registers of a physical CPU interface, ICC_*_EL1, tied to its state (IHI 0069 12.2)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from irqpath.core.transactions import SgiKind
from irqpath.gic.gicc.virtual_registers import Reader, Registers, Writer, active_registers


class PhysicalHost(Protocol):
    """The CPU interface around its registers."""

    @property
    def ap(self) -> Sequence[int]:
        """Active priorities by group, a bit a level."""

    @property
    def bpr(self) -> Sequence[int]:
        """Binary points by group."""

    @property
    def pmr(self) -> int:
        """The priority mask."""

    @property
    def prebits(self) -> int:
        """Preemption bits."""

    @property
    def running(self) -> int:
        """The running priority."""

    def read_bpr1(self) -> int:
        """ICC_BPR1_EL1."""

    def read_ctlr(self) -> int:
        """ICC_CTLR_EL1."""

    def read_hppir(self, group: int) -> int:
        """ICC_HPPIR<group>_EL1."""

    def read_iar(self, group: int) -> int:
        """ICC_IAR<group>_EL1."""

    def read_igrpen(self, group: int) -> int:
        """ICC_IGRPEN<group>_EL1."""

    def write_ap(self, group: int, n: int, value: int) -> None:
        """ICC_AP<group>R<n>_EL1."""

    def write_bpr(self, group: int, value: int) -> None:
        """ICC_BPR<group>_EL1."""

    def write_ctlr(self, value: int) -> None:
        """ICC_CTLR_EL1."""

    def write_dir(self, value: int) -> None:
        """ICC_DIR_EL1."""

    def write_eoir(self, group: int, value: int) -> None:
        """ICC_EOIR<group>_EL1."""

    def write_igrpen(self, group: int, value: int) -> None:
        """ICC_IGRPEN<group>_EL1."""

    def write_pmr(self, value: int) -> None:
        """ICC_PMR_EL1."""

    def write_sgir(self, kind: SgiKind, value: int) -> None:
        """ICC_SGI0R_EL1, ICC_SGI1R_EL1, ICC_ASGI1R_EL1."""


def physical(c: PhysicalHost, sre: int) -> Registers:
    """ICC_*_EL1 of `c`; `sre`: what ICC_SRE_EL1 reads."""
    reads: dict[str, Reader] = {
        "ICC_PMR_EL1": lambda: c.pmr,
        "ICC_BPR0_EL1": lambda: c.bpr[0],
        "ICC_BPR1_EL1": c.read_bpr1,
        "ICC_CTLR_EL1": c.read_ctlr,
        "ICC_SRE_EL1": lambda: sre,
        "ICC_RPR_EL1": lambda: c.running,
    }
    writes: dict[str, Writer] = {
        "ICC_PMR_EL1": c.write_pmr,
        "ICC_CTLR_EL1": c.write_ctlr,
        "ICC_SRE_EL1": lambda value: None,  # SRE, DFB and DIB are RAO/WI without legacy support
        "ICC_DIR_EL1": c.write_dir,
    }
    for kind in SgiKind:
        writes[f"ICC_{kind.name}_EL1"] = partial(c.write_sgir, kind)
    for group in (0, 1):
        reads[f"ICC_IAR{group}_EL1"] = partial(c.read_iar, group)
        reads[f"ICC_HPPIR{group}_EL1"] = partial(c.read_hppir, group)
        reads[f"ICC_IGRPEN{group}_EL1"] = partial(c.read_igrpen, group)
        writes[f"ICC_EOIR{group}_EL1"] = partial(c.write_eoir, group)
        writes[f"ICC_BPR{group}_EL1"] = partial(c.write_bpr, group)
        writes[f"ICC_IGRPEN{group}_EL1"] = partial(c.write_igrpen, group)
        for n in range(active_registers(c.prebits)):
            reads[f"ICC_AP{group}R{n}_EL1"] = partial(_read_ap, c, group, n)
            writes[f"ICC_AP{group}R{n}_EL1"] = partial(c.write_ap, group, n)
    return reads, writes


def _read_ap(c: PhysicalHost, group: int, n: int) -> int:
    return c.ap[group] >> 32 * n & 0xFFFF_FFFF
