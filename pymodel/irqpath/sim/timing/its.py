"""The timer of an ITS (hdl/gicv3/its*.v): a command is fetched, tables are walked, Redistributors are told.

Costs are named by what came before and what comes next: "fetch", a word of a command; "page", an entry of a level 1 table;
"device", "collection" and "ite", entries; "stored", an entry that was written; "ack", of a Redistributor. Where two kinds of
commands go another way from the one to the other, the name begins with the kind: those that follow an event all the way
("find"), those that map one ("map"), "movall", and the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from irqpath.core.link import Link
from irqpath.core.transactions import CommandStep, LpiTake, LpiTakeAny, MemRead, MemReadData, Msi, Out, Reset, Transaction
from irqpath.gic.its.its import Its
from irqpath.sim.timing.term import RESET, Term, counted

_TAKEN: Final = Term("taken")
_MOVALL: Final = 0x0E
_INVALL: Final = 0x0D
#: MAPD, MAPC, INVALL: a place in a table is sought first.
_PLACES: Final = frozenset((0x08, 0x09, _INVALL))
_KINDS: Final = {
    **dict.fromkeys((0x01, 0x03, 0x04, 0x0C, 0x0F), "find"),
    **dict.fromkeys((0x0A, 0x0B), "map"),
    _MOVALL: "movall",
}
#: Between these the way is another for each kind of command.
_OF_KIND: Final = frozenset(
    ("fetch.page", "page.device", "page.stored", "fetch.command", "stored.ends", "fetch.fault", "page.fault")
)
_FETCHED: Final = 4


class ItsTimer:
    """See the head of the file."""

    def __init__(self, block: Its) -> None:
        self._block = block
        self._last = ""
        self._kind = "find"
        self._responses = 0
        self._words: list[int] = []
        self._entry = 0
        self._in_page = "device"
        self._terms: dict[tuple[str, int, int], Term] = {}

    def enters(self, link: Link, transaction: Transaction) -> None:
        """See `Timer`."""
        kind = type(transaction)
        self._responses = 0
        self._words = []
        self._kind = "find"
        if kind is CommandStep:
            self._last = "step"
        elif kind is Msi:
            self._last = "message" if self._block.enabled else ""
        else:
            self._last = "reset" if kind is Reset else ""

    def asks(self, link: Link, request: Transaction) -> Term:
        """See `Timer`."""
        last, self._last = self._last, self._what(link, request)
        return self._term(f"{last}.{'command' if link.end == 'cmd' else self._last}")

    def responded(self, response: Transaction) -> None:
        """See `Timer`."""
        self._responses += 1
        if type(response) is MemReadData:
            self._entry = response.value
            if self._last == "fetch":
                self._words.append(response.value)
                if self._responses == 1:
                    self._kind = _KINDS.get(response.value & 0xFF, "rest")

    def leaves(self, link: Link, transaction: Transaction) -> Term | None:
        """See `Timer`."""
        return RESET if self._last == "reset" else _TAKEN

    def predicted(self, outputs: Sequence[Out] = ()) -> None:
        """See `Timer`."""

    def ends(self) -> Term:
        """See `Timer`."""
        last = self._last
        if not last:
            return _TAKEN
        if last == "reset":
            return RESET
        if last == "stored" or last in ("ack", "taken"):
            return self._term(f"{last}.ends")
        if last == "fetch" and self._kind == "movall" and not self._block.stalled:
            return self._term("fetch.ends")
        # a fault: skipped, it takes one step more than where it stalls the queue
        return self._term(f"{last}.fault", int(not self._block.stalled), int(self._located(last)), int(self._sought(last)))

    def _located(self, last: str) -> bool:
        """A place in a table was sought without an access before the fault."""
        if last == "fetch":
            return self._words[0] & 0xFF in _PLACES
        return last == "device" and self._kind == "map" and self._has_event()

    def _has_event(self) -> bool:
        """The device that was read has the event of the command."""
        return bool(self._entry >> 63) and self._words[1] & 0xFFFF_FFFF < 2 << (self._entry & 0x1F)

    def _sought(self, last: str) -> bool:
        """An entry was to be read there, too."""
        return last == "fetch" and self._words[0] & 0xFF == _INVALL

    def _what(self, link: Link, request: Transaction) -> str:
        """What it asks for."""
        if link.end == "cmd":
            return "taken" if type(request) in (LpiTake, LpiTakeAny) else "ack"
        if self._last in ("step", "fetch") and self._responses < _FETCHED:
            return "fetch"
        if type(request) is not MemRead:
            return "stored"
        block, address = self._block, request.address
        for table, entry in zip(block.tables, ("device", "collection"), strict=False):
            if 0 <= address - table.base < table.pages * table.page_bytes:
                if not table.indirect:
                    return entry
                self._in_page = entry
                return "page"
        return self._in_page if self._last == "page" else "ite"

    def _term(self, name: str, skipped: int = 0, located: int = 0, sought: int = 0) -> Term:
        if name in _OF_KIND:
            name = f"{self._kind}.{name}"
        key = (name, self._responses, skipped | located << 1 | sought << 2)
        term = self._terms.get(key)
        if term is None:
            counts = counted(skipped=skipped, located=located, sought=sought)
            term = self._terms[key] = Term(name, counts, self._responses)
        return term
