"""The timer of an ITS (hdl/gicv3/its*.v): a command is fetched, tables are walked, Redistributors are told.

Costs are named by what comes next: `fetch`, a word of a command; `find`, an entry of a table that is sought first; `page`, an
entry of a level 1 table, and `walk`, the one that it leads to; `entry`, one whose place is known; `next`, what follows without a
look at what was read; `command`, to a Redistributor; `ends`, or `fault` first. What was read before is looked at first ("read"),
and a step of the executor or the walker that reaches nothing takes a cycle ("steps").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from irqpath.core.link import Link
from irqpath.core.transactions import CommandStep, LpiTake, LpiTakeAny, MemRead, MemReadData, Msi, Out, Reset, Transaction
from irqpath.gic.its.its import Its
from irqpath.sim.timing.term import LAST, RESET, Term, counted

_TAKEN: Final = Term("taken")
_FIRST: Final = Term("step.fetch")
_MOVI: Final = 0x01
_MAPD, _MAPC, _INVALL, _MOVALL = 0x08, 0x09, 0x0D, 0x0E
#: Commands that follow an event all the way, and those that map one.
_FIND: Final = frozenset((_MOVI, 0x03, 0x04, 0x0C, 0x0F))
_MAP: Final = frozenset((0x0A, 0x0B))
_FETCHED: Final = 4
#: A place is sought in a table, and no entry read.
_PLACE: Final = 2
#: Commands that look for a collection first.
_OF_COLLECTION: Final = (_MAPC, _INVALL, _MOVALL)
#: Bytes, at most, from one part of an entry to the next.
_PART: Final = 8
#: What was read, and is looked at in the next step.
_READ: Final = frozenset(("fetch", "device", "collection", "ite"))


class ItsTimer:
    """See the head of the file."""

    def __init__(self, block: Its) -> None:
        self._block = block
        self._in_page = "device"
        self._terms: dict[tuple[str, bool, int], Term] = {}
        self._begin("reset")

    def _begin(self, last: str) -> None:
        #: what it reached last
        self._last = last
        self._finds, self._maps = True, False
        self._responses = 0
        self._words: list[int] = []
        self._entry = 0
        #: of the last entry
        self._address = -1

    def enters(self, link: Link, transaction: Transaction) -> None:
        """See `Timer`."""
        kind = type(transaction)
        if kind == CommandStep:
            self._begin("step")
        elif kind == Msi:
            self._begin("message" if self._block.enabled else "")
        else:
            self._begin("reset" if kind == Reset else "")

    def asks(self, link: Link, request: Transaction) -> Term:
        """See `Timer`."""
        last = self._last
        this = self._last = self._what(link, request)
        if this == "fetch":
            return _FIRST if last == "step" else self._term("fetch")
        if this in ("ack", "taken"):
            return self._term("command", last, int(last == "fetch" and self._is(_MOVALL)))
        if this == "page":
            return self._term("page", last, int(last == "fetch" and self._finds))
        if this == last and this != "collection":  # the other half of an entry
            return self._term("next")
        if this == "stored":
            return self._stores(last)
        if last == "page":
            return self._term("entry", "", 1) if self._maps else self._term("walk")
        if this == "ite" or self._maps:
            return self._term("entry", last, _PLACE * (this == "device"))
        return self._term("find", last, int(last == "fetch" and self._finds))

    def _stores(self, last: str) -> Term:
        """An entry of an ITT goes by the walker, one of the other tables does not."""
        name = "entry" if self._finds or self._maps else "next"
        if last == "page":
            return self._term(name, "", 1)
        return self._term(name, last, 0 if self._finds else _PLACE)

    def responded(self, response: Transaction) -> None:
        """See `Timer`."""
        self._responses += 1
        if type(response) is MemReadData:
            self._entry = response.value
            if self._last == "fetch":
                self._words.append(response.value)
                if self._responses == 1:
                    command = response.value & 0xFF
                    self._finds, self._maps = command in _FIND, command in _MAP

    def _is(self, command: int) -> bool:
        return bool(self._words) and self._words[0] & 0xFF == command

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
        if last in ("stored", "ack", "taken"):
            return self._term("ends", last, int(last == "taken" or (last == "stored" and self._finds)))
        if last == "fetch" and self._is(_MOVALL) and not self._block.stalled:
            return self._term("ends", last, 1)
        # skipped, it takes one step more than where it stalls the queue
        return self._term("fault", last, self._before_fault(last) + (not self._block.stalled))

    def _before_fault(self, last: str) -> int:
        """Steps that reach nothing before a fault is found."""
        if last == "message":  # an entry is sought, and to be read
            return _PLACE + 1
        if last == "page":
            return 2 if self._finds else 1
        if last == "device":
            return _PLACE if self._maps and self._has_event() else 0
        if last != "fetch":
            return 0
        if self._finds or self._is(_INVALL):
            return _PLACE + 1 + self._finds
        return _PLACE if self._maps or self._is(_MAPD) or self._is(_MAPC) else 0

    def _has_event(self) -> bool:
        """The device that was read has the event of the command."""
        return bool(self._entry >> 63) and self._words[1] & 0xFFFF_FFFF < 2 << (self._entry & 0x1F)

    def _what(self, link: Link, request: Transaction) -> str:
        """What it asks for."""
        if link.end == "cmd":
            return "taken" if type(request) in (LpiTake, LpiTakeAny) else "ack"
        if self._last in ("step", "fetch") and self._responses < _FETCHED:
            return "fetch"
        if type(request) is not MemRead:
            return "stored"
        return self._read(request.address)

    def _read(self, address: int) -> str:
        """Which entry is read: tables may overlap, so that its address alone does not say."""
        last, before, self._address = self._last, self._address, address
        if last == "page":
            return self._in_page
        if last in ("device", "ite") and 0 < address - before <= _PART:
            return last
        if last == "device":
            return "ite"
        in_device = last == "message" or (last == "fetch" and not any(map(self._is, _OF_COLLECTION)))
        self._in_page = "device" if in_device else "collection"
        return "page" if self._block.tables[not in_device].indirect else self._in_page

    def _term(self, name: str, last: str = "", steps: int = 0) -> Term:
        """`last`: what was reached before, where it is to be looked at."""
        read = last in _READ
        key = (name, read, steps)
        term = self._terms.get(key)
        if term is None:
            term = self._terms[key] = Term(name, counted(read=int(read), steps=steps), LAST)
        return term
