"""What a Redistributor keeps of its link to GICD: the SPI that is offered, requests under way, the PE's status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from irqpath.core.link import Link
from irqpath.core.state import Flag, Int, OneOf, Record, Schema, Stateful, Table
from irqpath.core.transactions import (
    ActivateAck,
    DeactivateAck,
    GenerateSgiAck,
    PeStatus,
    PeStatusAck,
    SgiAck,
    SgiRequest,
    SpiActivate,
    SpiActivateAck,
    SpiDeactivate,
    SpiDeactivateAck,
    SpiDeactivateNs,
    SpiOffer,
    SpiRecall,
    SpiRecallAck,
    SpiRelease,
    Transaction,
)
from irqpath.gic.common.offer import Candidate
from irqpath.gic.common.shapes import GROUPS, INTID_OR_NONE, MAYBE_CANDIDATE


class DistributorLinkHost(Protocol):
    """The Redistributor around it."""

    @property
    def pe(self) -> int:
        """The number of its PE."""

    def emit(self, link: Link, transaction: Transaction) -> None:
        """Put something out."""

    def send_status(self) -> None:
        """Tell GICD what it must know of this PE."""

    def update(self) -> None:
        """Move the CPU interface nearer to the best candidate."""


class DistributorLink(Stateful):
    """`spi`: the SPI that GICD offers; `spi_old`: INTID of one that GICD has replaced while GICC may hold it; `recalling`: one
    that GICD recalled likewise (-1: none). `outstanding` and `flushed`: acknowledgements of GICD outstanding for GICC, and how
    many of them a reset of the PE flushed. `dpg`: GICR_CTLR.DPG*, of which `dpg_outstanding` says that GICD has not acknowledged
    it. `holds(intid)` tells what the CPU interface may hold."""

    __slots__ = (
        "_down",
        "_holds",
        "_host",
        "_status_outstanding",
        "_status_sent",
        "_up",
        "dpg",
        "dpg_outstanding",
        "flushed",
        "outstanding",
        "recalling",
        "spi",
        "spi_old",
    )

    def __init__(self, host: DistributorLinkHost, holds: Callable[[int], bool]) -> None:
        self._host = host
        self._holds = holds
        self._up, self._down = Link.dist(host.pe, "up"), Link.stream(host.pe, "down")
        self.reset(PeStatus(0, 0, 0))

    def reset(self, status: PeStatus) -> None:
        """As after a reset of the Redistributor; `status`: what GICD takes its PE for."""
        self.spi: Candidate | None = None
        self.spi_old = self.recalling = -1
        self.dpg = 0
        self.dpg_outstanding = False
        self._status_sent = status
        self._status_outstanding = False
        self.outstanding: dict[type, int] = {SpiActivateAck: 0, SpiDeactivateAck: 0, SgiAck: 0}
        self.flushed: dict[type, int] = dict(self.outstanding)

    def schema(self) -> Schema:
        """All of it."""
        acks = OneOf({ack.__name__: ack for ack in (SpiActivateAck, SpiDeactivateAck, SgiAck)})
        counts = Table(acks, Int(1 << 20))
        return {
            "spi": MAYBE_CANDIDATE,
            "spi_old": INTID_OR_NONE,
            "recalling": INTID_OR_NONE,
            "dpg": GROUPS,
            "dpg_outstanding": Flag(),
            "_status_sent": Record(PeStatus, {"enables": GROUPS, "awake": Int(1), "dpg": GROUPS}),
            "_status_outstanding": Flag(),
            "outstanding": counts,
            "flushed": counts,
        }

    # --- SPIs -----------------------------------------------------------------------------------------------------------

    def offered(self, t: SpiOffer) -> None:
        """GICD offers an SPI, in the place of the one before."""
        if self.spi is not None:
            old = self.spi[1]
            if self._holds(old):
                self.spi_old = old
            else:
                self._host.emit(self._up, SpiRelease(old))
        self.spi = (t.priority, t.intid, t.group)
        self._host.update()

    def recalled(self, t: SpiRecall) -> None:
        """GICD wants an SPI back."""
        self._drop(t.intid)
        if self._holds(t.intid):
            self.recalling = t.intid
        else:
            self._host.emit(self._up, SpiRecallAck(t.intid))
        self._host.update()  # GICC may hold one that this one had replaced

    def activate(self, intid: int) -> None:
        """GICC acknowledged an SPI."""
        self.request(SpiActivateAck, SpiActivate(intid))
        self._drop(intid)
        self.returned(intid, released=False)

    def _drop(self, intid: int) -> None:
        if self.spi is not None and self.spi[1] == intid:
            self.spi = None

    def returned(self, intid: int, *, released: bool) -> None:
        """GICC holds `intid` no more: tell GICD what it waits for."""
        if self.spi_old == intid:
            self.spi_old = -1
            if released:
                self._host.emit(self._up, SpiRelease(intid))
        if self.recalling == intid:
            self.recalling = -1
            self._host.emit(self._up, SpiRecallAck(intid))

    # --- requests of the CPU interface ----------------------------------------------------------------------------------

    def request(self, ack: type, request: SpiActivate | SpiDeactivate | SpiDeactivateNs | SgiRequest) -> None:
        """Send to GICD what it acknowledges by an `ack` for GICC."""
        self.outstanding[ack] += 1
        self._host.emit(self._up, request)

    def spi_activate_ack(self, t: SpiActivateAck) -> None:
        """GICD acknowledged `SpiActivate`."""
        if self._for_gicc(SpiActivateAck):
            self._host.emit(self._down, ActivateAck(t.intid))

    def spi_deactivate_ack(self, t: SpiDeactivateAck) -> None:
        """GICD acknowledged `SpiDeactivate` or `SpiDeactivateNs`."""
        if self._for_gicc(SpiDeactivateAck):
            self._host.emit(self._down, DeactivateAck(t.intid))

    def sgi_ack(self, _: SgiAck) -> None:
        """GICD acknowledged `SgiRequest`."""
        if self._for_gicc(SgiAck):
            self._host.emit(self._down, GenerateSgiAck())

    def _for_gicc(self, ack: type) -> bool:
        """GICD acknowledged a request; whether GICC still waits for it."""
        self.outstanding[ack] -= 1
        if self.flushed[ack]:
            self.flushed[ack] -= 1
            return False
        return True

    def forget(self) -> None:
        """The CPU interface was reset: it waits for nothing."""
        self.flushed = dict(self.outstanding)

    # --- status of the PE -----------------------------------------------------------------------------------------------

    def write_dpg(self, dpg: int) -> None:
        """GICR_CTLR.DPG*: steer 1-of-N interrupts away; RWP covers it until GICD has acknowledged (R21)."""
        if dpg != self.dpg:
            self.dpg = dpg
            self.dpg_outstanding = True
            self._host.send_status()

    def tell(self, status: PeStatus) -> None:
        """Tell GICD what it must know of this PE; one message at a time, always the latest."""
        if status != self._status_sent and not self._status_outstanding:
            self._status_sent = status
            self._status_outstanding = True
            self._host.emit(self._up, status)

    def told(self, _: PeStatusAck) -> None:
        """GICD knows what it was told."""
        self._status_outstanding = False
        self._host.send_status()
        if not self._status_outstanding:
            self.dpg_outstanding = False
