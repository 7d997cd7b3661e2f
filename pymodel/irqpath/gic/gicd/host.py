"""What the registers of GICD use of their Distributor."""

from __future__ import annotations

from typing import Protocol

from irqpath.config.policy import Policy
from irqpath.core.transactions import RegRead, RegWrite
from irqpath.gic.common.bank import Bank
from irqpath.regs import Frame


class DistributorHost(Protocol):
    """The Distributor around its registers: SPIs in `bank`, `route` (GICD_IROUTER) and `nsacr` by INTID, `chosen`: PE picked for
    a 1-of-N interrupt, fields of GICD_CTLR."""

    route: list[int]
    nsacr: list[int]
    chosen: dict[int, int]
    rwp: bool
    e1nwf: int

    @property
    def bank(self) -> Bank:
        """State of the SPIs."""

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
    def enables(self) -> int:
        """GICD_CTLR.EnableGrp*, bit n: group n."""

    @property
    def nassgi(self) -> bool:
        """GICD_CTLR.nASSGIreq."""

    @property
    def nassgicap(self) -> bool:
        """GICD_TYPER2.nASSGIcap."""

    def changed(self, bits: int) -> None:
        """SPIs of the bit vector `bits` changed."""

    def configure(self, bank: Bank, n: int, value: int, mask: int) -> int:
        """ICFGR<n>; returns the interrupts that changed."""

    def update(self) -> None:
        """Offer and recall wherever something changed."""

    def write_enables(self, enables: int) -> None:
        """GICD_CTLR.EnableGrp*."""

    def write_nassgi(self, wanted: bool) -> None:
        """GICD_CTLR.nASSGIreq."""
