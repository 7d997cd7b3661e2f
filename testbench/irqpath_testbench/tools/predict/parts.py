"""Where a journey's time goes: its way in parts, one behind the other, each a block's work or a message's way.

A part ends where a monitor saw something: a message ends its block's part when it is offered, and its own when it is accepted.
An LPI's translation is told apart by the accesses that the ITS makes for it: the device table, the ITT and the collection table,
in that order, whatever it reads before (the command queue).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from irqpath.core.link import Link
from irqpath.core.transactions import (
    Deactivate,
    GenerateSgi,
    LineChange,
    LpiSet,
    MemRead,
    MemWrite,
    Msi,
    Observed,
    OutLine,
    RegWrite,
    Set,
    SgiDeliver,
    SgiRequest,
    SpiOffer,
    SysReadData,
    SysWrite,
    Transaction,
)
from irqpath.regs import ICH
from irqpath_testbench.env.scoreboards.journey import VIRTUAL, Journey

#: Parts, in the order in which a journey has them, each with the kinds of the blocks whose costs it depends on.
PARTS: Final = {
    "wire": "",
    "register": "",
    "message": "its",
    "command queue": "its",
    "device table": "its",
    "ITT": "its",
    "collection": "its",
    "ITS": "its",
    "command": "",
    "sender's CPU interface": "gicc",
    "stream up": "",
    "sender's Redistributor": "gicr",
    "dist up": "",
    "Distributor": "gicd",
    "dist down": "",
    "Redistributor": "gicr",
    "stream": "",
    "CPU interface": "gicc",
    "GICv2": "gicv2",
    "line": "gicc gicv2",
    "software": "pe",
    "physical interrupt": "its gicd gicr gicc",
    "host's acknowledgement": "pe",
    "hypervisor": "pe",
    "virtual CPU interface": "gicc",
    "guest's acknowledgement": "pe",
    "guest's handler": "pe",
    "deactivation": "gicc",
}


#: Parts in which memory is read or written.
OF_MEMORY: Final = frozenset({"command queue", "device table", "ITT", "collection", "Redistributor", "physical interrupt"})
#: By message: the part that ends where it is offered, and the one in which it travels.
_WAYS: Final[dict[type[Transaction], tuple[str, str]]] = {
    GenerateSgi: ("sender's CPU interface", "stream up"),
    SgiRequest: ("sender's Redistributor", "dist up"),
    SgiDeliver: ("Distributor", "dist down"),
    SpiOffer: ("Distributor", "dist down"),
    LpiSet: ("ITS", "command"),
    Set: ("Redistributor", "stream"),
}
_LRS: Final = frozenset(ICH.by_name(f"ICH_LR{n}_EL2").offset for n in range(16))
#: Output wires are registers: the last cycle before a line changes.
_REGISTER: Final = 1

#: A piece of a journey: (part, the cycle in which it ends).
Piece = tuple[str, int]


class Translations:
    """What the ITS reads for each LPI: the cycles of its accesses, by its command to a Redistributor."""

    def __init__(self, its: int, entry_bytes: int) -> None:
        """`entry_bytes`: of an ITT entry."""
        self._mem, self._inputs = Link.its(its, "mem"), {Link.its(its, end) for end in ("msi", "step", "reg")}
        self._its = its
        self._entry_reads = -(-entry_bytes // 8)
        self._offers: list[int] = []
        self._addresses: list[int] = []
        self._kept: dict[Observed, list[Piece]] = {}
        #: of the device table and of the collection table: reads of an entry, 2 where a table has two levels
        self.levels = (1, 1)

    def saw(self, o: Observed) -> None:
        """A transaction on any link."""
        if o.link in self._inputs:
            self._offers = []
        elif o.link == self._mem and isinstance(o.transaction, MemRead | MemWrite):
            self._offers.append(o.offer)
        elif isinstance(o.transaction, LpiSet) and o.link.kind == "its_cmd" and o.link.number == self._its:
            self._kept[o] = self._pieces(o.offer)

    def of(self, command: Observed) -> list[Piece]:
        """The pieces up to a command's offer; none where the ITS read nothing for it."""
        return self._kept.get(command, [])

    def _pieces(self, end: int) -> list[Piece]:
        devices, collections = self.levels
        counts = {"device table": devices, "ITT": self._entry_reads, "collection": collections}
        first = len(self._offers) - sum(counts.values())
        if first < 0:
            return []
        found: list[Piece] = [("message", self._offers[0])]
        at = 0
        for name, reads in {"command queue": first, **counts}.items():
            at += reads
            if reads:
                found.append((name, self._offers[at] if at < len(self._offers) else end))
        return found


def pieces(journey: Journey, translations: Translations | None = None) -> Iterator[Piece]:
    """The parts of a journey's way, as far as it is known, and the cycle in which each ends; one may come several times."""
    cause = journey.cause
    if isinstance(cause.transaction, LineChange):
        yield "wire", cause.accept
    elif isinstance(cause.transaction, RegWrite | SysWrite):
        yield "register", cause.accept
    elif isinstance(cause.transaction, Msi):
        yield "message", cause.accept
    decides = "GICv2"  # which is one block; of any other the Redistributor tells the CPU interface
    for o in journey.hops:
        if 0 <= journey.asserted < o.offer:
            break  # the line is high: from here on it is software's time
        if isinstance(o.transaction, LpiSet) and translations is not None:
            yield from translations.of(o)
        if type(o.transaction) in _WAYS:
            block, way = _WAYS[type(o.transaction)]
            yield block, o.offer
            yield way, o.accept
            decides = "CPU interface"
        elif isinstance(o.transaction, LineChange):
            yield decides, o.accept - _REGISTER
            yield "line", o.accept
    if journey.acknowledged >= 0:
        yield "software", journey.acknowledged


def guest_pieces(journey: Journey) -> Iterator[Piece]:
    """The parts of the way of a guest's interrupt: what a guest has ended, and with HW = 1 from its physical cause on."""
    if isinstance(journey.cause.transaction, SysWrite) and journey.cause.transaction.reg in _LRS:
        yield "register", journey.cause.accept
    listed = journey.path == "virq"
    for o in journey.hops:
        t = o.transaction
        if isinstance(t, LineChange):
            yield ("virtual CPU interface" if t.line >= OutLine.VIRQ else "physical interrupt"), o.accept
        elif isinstance(t, SysReadData):
            yield ("guest's acknowledgement" if listed else "host's acknowledgement"), o.accept
        elif isinstance(t, SysWrite):
            listed = listed or t.reg in _LRS
            yield ("hypervisor" if t.reg in _LRS else "guest's handler"), o.accept
        elif isinstance(t, Deactivate):
            yield "deactivation", o.accept
        if o is journey.ended:
            return


def parts(journey: Journey, translations: Translations | None = None) -> dict[str, int]:
    """Cycles by part, from the offer of the cause to the acknowledgement, of a guest's to its end; together they are all that
    time."""
    at, found = journey.cause.offer, dict[str, int]()
    for part, end in guest_pieces(journey) if journey.path in VIRTUAL else pieces(journey, translations):
        if end > at or part not in found:
            found[part] = found.get(part, 0) + max(0, end - at)
        at = max(at, end)
    return found
