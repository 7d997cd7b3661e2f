"""Commands of the ITSs to a Redistributor that concern physical LPIs, and their acknowledgements."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from irqpath.core.link import Link
from irqpath.core.state import Flag, Int, Many, Maybe, Schema, Stateful, Tuple
from irqpath.core.transactions import LpiClear, LpiInv, LpiInvall, LpiSet, LpiSync, LpiTake, LpiTakeAny
from irqpath.gic.common.inputs import Limit
from irqpath.gic.gicr.lpi import LpiUnit


class LpiCommandsHost(Protocol):
    """The Redistributor around it."""

    @property
    def pe(self) -> int:
        """The number of its PE."""

    def listen(self, link: Link, kind: type, handler: Callable[..., None], *limits: Limit) -> None:
        """Register an input."""

    def lpi_ack(self, its: int, *, pending: int = 0, intid: int = 0) -> None:
        """Answer ITS `its`."""

    def update(self) -> None:
        """Move the CPU interface nearer to the best candidate."""


class LpiCommands(Stateful):
    """`syncing`: ITSs that wait until the CPU interface holds what it should; `moving`: (ITS, any) while an LPI that GICC may
    hold is being handed over, None otherwise. `holds(intid)` tells what the CPU interface may hold."""

    __slots__ = ("_holds", "_host", "_lpi", "_number_of_its", "moving", "syncing")

    def __init__(self, host: LpiCommandsHost, lpi: LpiUnit, holds: Callable[[int], bool], number_of_its: int) -> None:
        self._host = host
        self._lpi = lpi
        self._holds = holds
        self._number_of_its = number_of_its
        self.reset()

    def reset(self) -> None:
        """No ITS waits."""
        self.syncing: list[int] = []
        self.moving: tuple[int, bool] | None = None

    def schema(self) -> Schema:
        """Who waits."""
        its = Int(max(0, self._number_of_its - 1))
        return {"syncing": Many(its), "moving": Maybe(Tuple((its, Flag())))}

    def listen(self) -> None:
        """Register the inputs."""
        for its in range(self._number_of_its):
            link = Link.its_gicr(its, self._host.pe, "cmd")
            for command in (LpiSet, LpiClear, LpiInv, LpiInvall):
                self._host.listen(link, command, partial(self._command, its))
            self._host.listen(link, LpiTake, partial(self._take, its))
            self._host.listen(link, LpiTakeAny, partial(self._take, its))
            self._host.listen(link, LpiSync, partial(self._sync, its))

    def _command(self, its: int, t: LpiSet | LpiClear | LpiInv | LpiInvall) -> None:
        match t:
            case LpiSet(intid):
                self._lpi.set_pending(intid)
            case LpiClear(intid):
                self._lpi.clear_pending(intid)
            case LpiInv(intid):
                self._lpi.invalidate(intid)
            case LpiInvall():
                self._lpi.invalidate_all()
        self._host.lpi_ack(its)
        self._host.update()

    def _take(self, its: int, t: LpiTake | LpiTakeAny) -> None:
        if isinstance(t, LpiTakeAny):
            self._give(its, self._lpi.any_pending(), any_=True)
        else:
            self._give(its, t.intid, any_=False)
        self._host.update()

    def _give(self, its: int, intid: int, *, any_: bool) -> None:
        """Give a pending LPI away; one that GICC may hold is withdrawn first, and software may be faster."""
        if intid >= 0 and self._holds(intid):
            self.moving = (its, any_)
            self._lpi.moving = intid
            return
        pending = intid >= 0 and self._lpi.clear_pending(intid)
        self._acknowledge(its, intid if pending else None)

    def moved(self, intid: int) -> None:
        """GICC holds `intid` no more: go on handing it over, if that was wanted."""
        if self.moving is None or intid != self._lpi.moving:
            return
        its, any_ = self.moving
        self.moving, self._lpi.moving = None, -1
        if self._lpi.clear_pending(intid):
            self._acknowledge(its, intid)
        elif any_:
            self._give(its, self._lpi.any_pending(), any_=True)
        else:
            self._acknowledge(its, None)

    def _acknowledge(self, its: int, taken: int | None) -> None:
        if taken is None:
            self._host.lpi_ack(its)
        else:
            self._host.lpi_ack(its, pending=1, intid=taken)

    def _sync(self, its: int, _: LpiSync) -> None:
        self.syncing.append(its)
        self._host.update()

    def synchronized(self) -> None:
        """The CPU interface holds what it should: answer whoever waits for that."""
        for its in self.syncing:
            self._host.lpi_ack(its)
        self.syncing.clear()
