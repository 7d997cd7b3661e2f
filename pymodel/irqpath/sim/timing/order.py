"""Which of the inputs that are ready at once a block takes: one statement for each kind of block, from the heads of hdl/gicv3.

An order is ranks, the first goes first. Links of one rank take turns, as `Turn` says: the one after the last that was taken
(round robin), or wires and registers by turns. Beside the order there are gates, which keep an input waiting though the block is
idle: `SGI_ROOM`, `CREDITS`, `REQUESTS`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Final, NamedTuple

from irqpath.core.link import Link


class Turn(enum.Enum):
    """How links of one rank take turns."""

    ROBIN = 1
    """After a link comes the next one that is ready, of any number (rr_arbiter.v)."""
    WIRES = 2
    """A wire, but for a register that waits when a wire was taken last; then the other way round."""


class Rank(NamedTuple):
    """Links that go before those of the ranks below it."""

    links: tuple[Link, ...]
    turn: Turn = Turn.ROBIN


#: GICD takes an SgiRequest while each queue to a Redistributor holds fewer messages than this.
SGI_ROOM: Final = 2
#: GICC takes accesses to system registers while fewer requests are not acknowledged, and the last response has gone.
CREDITS: Final = 4
#: GICR takes requests of GICC while GICD has acknowledged all but fewer than these.
REQUESTS: Final = 8


def _gicc(pe: int, _: int) -> tuple[Rank, ...]:
    return (Rank((Link.gicc(pe, "reset"),)), Rank((Link.stream(pe, "down"),)), Rank((Link.gicc(pe, "sys"),)))


def _gicr(pe: int, its: int) -> tuple[Rank, ...]:
    commands = tuple(Link.its_gicr(n, pe, "cmd") for n in range(its))
    return (
        Rank((Link.gicr(pe, "reset"),)),
        Rank((Link.dist(pe, "down"),)),
        Rank((Link.stream(pe, "up"),)),
        Rank(commands),
        Rank((Link.gicr(pe, "ppi"), Link.gicr(pe, "reg")), Turn.WIRES),
    )


def _gicd(_: int, pes: int) -> tuple[Rank, ...]:
    messages = tuple(Link.dist(pe, "up") for pe in range(pes))
    return (Rank((Link("gicd.reset"),)), Rank(messages), Rank((Link("gicd.spi"), Link("gicd.reg")), Turn.WIRES))


def _its(number: int, _: int) -> tuple[Rank, ...]:
    return (
        Rank((Link.its(number, "reset"),)),
        Rank(tuple(Link.its(number, end) for end in ("reg", "msi", "step"))),
    )


#: By kind of block: the ranks, from the block's number and how many there are of the blocks beside it (PEs for "gicd", ITSs for
#: "gicr").
ORDERS: Final[dict[str, Callable[[int, int], tuple[Rank, ...]]]] = {"gicc": _gicc, "gicr": _gicr, "gicd": _gicd, "its": _its}
