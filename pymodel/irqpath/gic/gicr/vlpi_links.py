"""What a Redistributor of a GICv4 listens to beside the rest: virtual interrupts on the stream, the ITS's commands for vPEs, and
what it tells itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from irqpath.core.link import Link
from irqpath.core.transactions import (
    ScanStep,
    VActivate,
    VActivateAck,
    VClearAck,
    VlpiClear,
    VlpiInv,
    VlpiInvall,
    VlpiSet,
    VlpiTake,
    VpeArrive,
    VpeElsewhere,
    VpeInvdb,
    VpeMapping,
    VpeMove,
    VpeSync,
    VRelease,
    VsgiConfig,
    VsgiQuery,
    VsgiSet,
)
from irqpath.gic.common.inputs import Limit, there
from irqpath.gic.gicr.host import VlpiHost
from irqpath.gic.gicr.vlpi import VlpiUnit

#: What concerns a Redistributor wherever the vPE is.
_WHEREVER: Final = (VpeArrive, VpeMapping)


def listen(r: VlpiHost, unit: VlpiUnit, number_of_its: int) -> None:
    """Tie the inputs of `r` that are GICv4's to `unit`."""
    up, down, loop = Link.stream(r.pe, "up"), Link.stream(r.pe, "down"), Link.gicr(r.pe, "scan")

    def activate(t: VActivate) -> None:
        unit.activate(t.intid)
        r.emit(down, VActivateAck(t.intid))
        unit.update()

    def release(t: VRelease) -> None:
        unit.release(t.intid)
        unit.update()

    def cleared(t: VClearAck) -> None:
        unit.cleared(t.intid)
        unit.update()

    r.listen(up, VActivate, activate)
    r.listen(up, VRelease, release)
    r.listen(up, VClearAck, cleared)
    r.listen(loop, ScanStep, lambda t: unit.scan())
    r.listen(loop, VsgiQuery, lambda t: unit.respond_sgis(t.vpe))
    for its in range(number_of_its):
        _commands(r, unit, its)


def _commands(r: VlpiHost, unit: VlpiUnit, its: int) -> None:
    link, ack = Link.its_gicr(its, r.pe, "cmd"), Link.its_gicr(its, r.pe, "ack")

    def elsewhere(t: Any) -> bool:
        """Send the ITS on to where the vPE is."""
        pe = None if type(t) in _WHEREVER else unit.elsewhere(t.vpe)
        if pe is not None:
            r.emit(ack, VpeElsewhere(pe=pe))
        return pe is not None

    def acknowledged(kind: type, action: Callable[..., object], *limits: Limit) -> None:
        """A command that is acknowledged at once, with whether something was pending where `action` tells."""

        def handle(t: Any) -> None:
            if elsewhere(t):
                return
            result = action(t)
            r.lpi_ack(its, pending=result if type(result) is int else 0)
            r.update()

        r.listen(link, kind, handle, *limits)

    acknowledged(VlpiSet, lambda t: unit.set_lpi(t.vpe, t.vpt, t.intid, t.doorbell))
    acknowledged(VlpiClear, lambda t: unit.clear_lpi(t.vpe, t.vpt, t.intid))
    acknowledged(VlpiInv, lambda t: unit.invalidate(t.vpe, t.vpt, t.intid))
    acknowledged(VlpiInvall, lambda t: unit.invalidate(t.vpe, t.vpt, None))
    acknowledged(VpeMove, lambda t: unit.move_out(t.vpe))
    acknowledged(VpeArrive, lambda t: unit.doorbells.move_in(t.vpe, t.groups))
    acknowledged(VpeMapping, unit.table.learn, there("pe", r.pes))
    acknowledged(VsgiSet, lambda t: unit.set_sgi(t.vpe, t.vpt, t.intid))
    acknowledged(VsgiConfig, lambda t: unit.configure_sgi(t.vpe, t.vpt, t.intid, _packed(t), bool(t.clear)))
    acknowledged(VpeInvdb, lambda t: unit.doorbells.invalidate(t.vpe))

    def take(t: VlpiTake) -> None:
        if elsewhere(t):
            return
        unit.take(its, t.vpe, t.vpt, t.intid)
        r.update()

    def sync(t: VpeSync) -> None:
        if elsewhere(t):
            return
        unit.syncing.append(its)
        r.update()

    r.listen(link, VlpiTake, take)
    r.listen(link, VpeSync, sync)


def _packed(t: VsgiConfig) -> int:
    """Configuration of a virtual SGI as it is kept: bit 0 enable, bit 1 group, bits [7:4] priority."""
    return t.priority << 4 | t.group << 1 | t.enable
