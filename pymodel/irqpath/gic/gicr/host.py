"""What the parts of GICR use of their Redistributor: its registers, and the part that is GICv4's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from irqpath.config.policy import Policy
from irqpath.core.errors import ArchError
from irqpath.core.link import Link
from irqpath.core.transactions import RegRead, RegWrite, Transaction
from irqpath.gic.common.bank import Bank
from irqpath.gic.common.inputs import Limit
from irqpath.gic.gicr.distributor_link import DistributorLink
from irqpath.gic.gicr.lpi import LpiUnit
from irqpath.gic.gicr.waker import Waker
from irqpath.regs import Frame


class RedistributorHost(Protocol):
    """The Redistributor around its registers: SGIs and PPIs in `bank`, LPIs in `lpi`, fields of GICR_CTLR and of others."""

    rwp: bool
    direct_busy: bool
    nsacr: int

    @property
    def pe(self) -> int:
        """The number of its PE."""

    @property
    def bank(self) -> Bank:
        """State of SGIs and PPIs."""

    @property
    def lpi(self) -> LpiUnit:
        """Physical LPIs."""

    @property
    def frame(self) -> Frame:
        """The registers."""

    @property
    def policy(self) -> Policy:
        """What the architecture leaves open."""

    @property
    def request(self) -> RegRead | RegWrite:
        """The access that is being handled."""

    @property
    def dist(self) -> DistributorLink:
        """The link to GICD, with GICR_CTLR.DPG*."""

    @property
    def waker(self) -> Waker:
        """GICR_WAKER and GICR_PWRR."""

    def configure(self, bank: Bank, n: int, value: int, mask: int) -> int:
        """ICFGR<n>; returns the interrupts that changed."""

    def report(self, error: ArchError, detail: str = "") -> None:
        """Announce a finding."""

    def update(self) -> None:
        """Move the CPU interface nearer to the best candidate."""


class VlpiHost(Protocol):
    """The Redistributor around its GICv4 part."""

    direct_busy: bool

    @property
    def pe(self) -> int:
        """The number of its PE."""

    @property
    def name(self) -> str:
        """Its name in links."""

    @property
    def pes(self) -> int:
        """PEs of the whole GIC."""

    @property
    def lpi(self) -> LpiUnit:
        """Physical LPIs: doorbells."""

    @property
    def priority_mask(self) -> int:
        """The bits of a priority that are kept."""

    @property
    def awake(self) -> bool:
        """The CPU interface takes messages."""

    def emit(self, link: Link, transaction: Transaction) -> None:
        """Put something out."""

    def listen(self, link: Link, kind: type, handler: Callable[..., None], *limits: Limit) -> None:
        """Register an input."""

    def lpi_ack(self, its: int, *, pending: int = 0, intid: int = 0) -> None:
        """Answer ITS `its`."""

    def report(self, error: ArchError, detail: str = "") -> None:
        """Announce a finding."""

    def shares_table_with_its(self) -> bool:
        """The vPE table of the ITSs is this Redistributor's (GITS_TYPER.SVPET, GITS_MPIDR)."""

    def shares_vpe_table(self, other: int) -> bool:
        """The Redistributor of PE `other` uses the same vPE table (GICR_TYPER.CommonLPIAff)."""

    def update(self) -> None:
        """Move the CPU interface nearer to the best candidate."""
