"""The timer of GICD (hdl/gicv3/gicd.v, gicd_spis.v, spi_winners.v): an input, the best SPI of each queue, offers, wake requests.

What goes at once is `taken`, an SGI `sgi`. Whatever may change an offer is followed by a `scan`, in which offers and recalls go
out and then wake requests, one a cycle ("told", "woken"), and a change of an SPI by a refresh of its word before: in it, for each
queue that something of the word is or was in ("queues"), the best of the word is sought, and where that is another ("winners")
the best of the queue. Each 1-of-N interrupt that a PE is chosen for ("assigned") refreshes its word again. A PE that takes fewer
groups than before gives such interrupts back ("loses"): words that may have one ("given"), those that do ("stale").
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Final, TypeAlias

from irqpath.core.link import Link
from irqpath.core.transactions import (
    LineChange,
    Out,
    PeStatus,
    RegWrite,
    Reset,
    SgiDeliver,
    SgiRequest,
    SpiActivate,
    SpiDeactivate,
    SpiOffer,
    SpiRecall,
    SpiRecallAck,
    SpiRelease,
    Transaction,
    WakeRequest,
)
from irqpath.gic.gicd.distributor import IRM, Distributor
from irqpath.gic.gicd.spis import POOL, Entry
from irqpath.regs import GICD
from irqpath.sim.timing.term import RESET, Term, counted

_TAKEN: Final = Term("taken")
_SGI: Final = Term("sgi")
_GIVES_BACK: Final = frozenset((SpiActivate, SpiRelease, SpiRecallAck))
_OFFERS: Final = frozenset((SpiOffer, SpiRecall))
#: GICD_SETSPI_NSR, GICD_CLRSPI_NSR.
_MESSAGES: Final = frozenset((0x40, 0x48))
#: GICD_IROUTER.
_ROUTES: Final = 0x6000
_GROUP1: Final = ("group1", 1)
_NONE: Final = (None, None)
#: SPIs of a word.
_BITS: Final = 32
#: The best of each queue and group, (priority, INTID) by 4 * queue + group.
Winners: TypeAlias = dict[int, tuple[int, int]]
_PAIR: Final = 4
#: What a PE says of one SPI. A tuple, not a union: that would be made anew for each input.
_OF_ONE: Final = (SpiActivate, SpiRelease, SpiRecallAck, SpiDeactivate)


def _word_of(offset: int) -> int:
    """The word of SPIs that a register's offset is about; 0 for none."""
    if 0x80 <= offset < 0x400:
        return offset >> 2 & 31
    if 0x400 <= offset < 0x800:
        return offset - 0x400 >> 5
    if 0xC00 <= offset < 0xD00:
        return offset - 0xC00 >> 3
    if _ROUTES <= offset < 0x8000:
        return (offset - _ROUTES >> 3) // _BITS
    return 0


def _winners(entries: Iterable[tuple[int, Entry]]) -> Winners:
    found: Winners = {}
    for intid, (queue, priority, group) in entries:
        key, rank = _PAIR * queue + group, (priority, intid)
        if key not in found or rank < found[key]:
            found[key] = rank
    return found


class Mode(enum.Enum):
    """What an input is followed by."""

    NOTHING = 0
    SGI = 1
    SCAN = 2
    RESET = 3


#: Where no scan follows.
_ENDS_OF: Final = {Mode.NOTHING: Term("ends"), Mode.SGI: Term("sgi.ends"), Mode.RESET: RESET}


class GicdTimer:
    """See the head of the file."""

    def __init__(self, block: Distributor) -> None:
        self._block = block
        config = block._config
        self._words = config.spis // _BITS
        self._message_spis = config.message_spis
        self._one_of_n = config.one_of_n
        #: by word, as they were after its last refresh: whatever changes them refreshes it
        self._winners: dict[int, Winners] = defaultdict(dict)
        #: scans, by what is counted in them: few, and made for each input
        self._scans: dict[tuple[int, ...], Term] = {}
        self._scan = Term("scan")
        self._begin()

    def _begin(self) -> None:
        self._mode = Mode.NOTHING
        self._intid = self._word = self._pe = self._routed = -1
        #: offers and recalls of the input, and those that were told; wake requests
        self._offers = self._told = self._wakes = 0
        self._loses = self._pool_wake = self._nobody = False
        #: of one SPI that changes, as it was
        self._entry: Entry | None = None
        self._queues = self._others = 0

    # --- before ---------------------------------------------------------------------------------------------------------

    def enters(self, link: Link, transaction: Transaction) -> None:
        """See `Timer`."""
        self._begin()
        kind = type(transaction)
        if kind == SgiRequest:
            self._mode = Mode.SGI
        elif kind == Reset:
            self._mode = Mode.RESET
            self._winners.clear()
        elif isinstance(transaction, RegWrite):
            self._written(transaction)
        elif isinstance(transaction, LineChange):
            self._changes(transaction.line)
        elif link.unit == "dist":
            self._mode, self._pe = Mode.SCAN, link.number
            if isinstance(transaction, _OF_ONE):
                self._changes(transaction.intid)
            elif isinstance(transaction, PeStatus):
                self._loses = self._one_of_n and self._takes_less(self._block.status[link.number], transaction)
        if self._mode is Mode.SCAN:
            self._remember(kind)

    def _written(self, t: RegWrite) -> None:
        """A register: what it changes of SPIs, or of what is enabled."""
        if GICD.lookup(t.offset, t.size) is None:
            return
        block = self._block
        if t.offset == 0:
            if t.value & 3 != block.enables or (self._one_of_n and t.value >> 7 & 1 != block.e1nwf):
                self._mode = Mode.SCAN
        elif t.offset in _MESSAGES:
            intid = t.value & 0x1FFF
            if self._message_spis and 1 <= intid // _BITS <= self._words:
                self._changes(intid)
        elif 1 <= (word := _word_of(t.offset)) <= self._words:
            self._mode, self._word = Mode.SCAN, word
            if t.offset >= _ROUTES:
                self._routed = t.offset - _ROUTES >> 3

    def _changes(self, intid: int) -> None:
        """Something of one SPI."""
        self._mode, self._intid, self._word = Mode.SCAN, intid, intid // _BITS

    @staticmethod
    def _takes_less(before: PeStatus, after: PeStatus) -> bool:
        """A PE that took part in 1-of-N does not in both groups any more."""
        took = before.enables & ~before.dpg & 3 if before.awake else 0
        takes = after.enables & ~after.dpg & 3 if after.awake else 0
        return took != 0 and takes != 3

    def _remember(self, kind: type) -> None:
        """What the scan will find changed."""
        block = self._block
        chosen = block.chosen
        self._chosen = dict(chosen) if chosen else {}
        self._from = kind in _GIVES_BACK
        self._entry = block.queues.ready.get(self._intid)
        if chosen and self._from and block.located.get(self._intid) == self._pe:
            self._chosen.pop(self._intid, None)
        self._chosen.pop(self._routed, None)  # a PE is chosen again, be it the same
        self._nobody = self._one_of_n and True not in block.waking

    def _of_word(self, word: int) -> list[tuple[int, Entry]]:
        ready = self._block.queues.ready
        if len(ready) < _BITS:
            return [(intid, entry) for intid, entry in ready.items() if intid // _BITS == word]
        return [(intid, ready[intid]) for intid in range(word * _BITS, word * _BITS + _BITS) if intid in ready]

    # --- after ----------------------------------------------------------------------------------------------------------

    def predicted(self, outputs: Sequence[Out] = ()) -> None:
        """See `Timer`."""
        if self._mode is not Mode.SCAN:
            return
        block = self._block
        if self._loses or block.chosen != self._chosen:
            self._with_chosen()
        else:
            word = self._word
            if self._intid >= 0:
                self._of_one()
            elif word >= 0:
                self._looks(word, _winners(self._of_word(word)), None)
            group1 = self._group1(()) if block.queues.pooled else 0
            key = (word >= 0, self._queues, self._others, group1)
            scan = self._scans.get(key)
            if scan is None:
                counts = counted(refresh=int(word >= 0), queues=self._queues, winners=self._others, group1=group1)
                scan = self._scans[key] = Term("scan", counts)
            self._scan = scan
        for _, transaction in outputs:
            self._offers += type(transaction) in _OFFERS
        if self._nobody and block.e1nwf and block.waking[0] and block.queues.pooled:
            self._pool_wake = not any(status.awake for status in block.status) and bool(self._pooled())

    def _of_one(self) -> None:
        """The word of the one SPI that has changed is refreshed."""
        intid, was, now = self._intid, self._entry, self._block.queues.ready.get(self._intid)
        winners, queues = self._winners[self._word], self._concerned()
        if was == now:
            for queue in queues:
                self._queues += _PAIR * queue in winners or _PAIR * queue + 1 in winners
            return
        before = [(winners.get(_PAIR * queue), winners.get(_PAIR * queue + 1)) for queue in queues]
        if was is not None and winners.get(key := _PAIR * was[0] + was[2]) == (was[1], intid):
            rest = [(e[1], i) for i, e in self._of_word(self._word) if e[0] == was[0] and e[2] == was[2]]
            if rest:
                winners[key] = min(rest)
            else:
                del winners[key]
        if now is not None:
            key, rank = _PAIR * now[0] + now[2], (now[1], intid)
            best = winners.get(key)
            if best is None or rank < best:
                winners[key] = rank
        for queue, first in zip(queues, before, strict=True):
            after = (winners.get(_PAIR * queue), winners.get(_PAIR * queue + 1))
            if first != after:
                self._queues += 1
                self._others += 1
            else:
                self._queues += first != _NONE

    def _looks(self, word: int, after: Winners, concerned: Collection[int] | None) -> None:
        """A word is refreshed, after which these are the winners. `concerned`: queues that are looked at, None for all."""
        before = self._winners[word]
        self._winners[word] = after
        for queue in {key // _PAIR for key in (*before, *after)}:
            if concerned is None or queue in concerned:
                self._queues += 1
                first, second = _PAIR * queue, _PAIR * queue + 1
                self._others += before.get(first) != after.get(first) or before.get(second) != after.get(second)

    def _pooled(self) -> set[int]:
        """The enabled groups of the 1-of-N interrupts that wait for a PE."""
        block = self._block
        return {g for queue, _, g in block.queues.ready.values() if queue == POOL and block.enables >> g & 1}

    def _with_chosen(self) -> None:
        """PEs are or were chosen for 1-of-N interrupts."""
        block, before = self._block, self._chosen
        stale: list[int] = []
        given = 0
        if self._loses:
            given = len({intid // _BITS for intid in before})
            stale = [i for i, pe in before.items() if pe == self._pe and not block._takes(pe, block.bank.group_of(i))]
            for intid in stale:
                del before[intid]
        assigned = [(i, pe) for i, pe in block.chosen.items() if before.get(i) != pe]
        if self._word >= 0:
            concerned = self._concerned() if self._intid >= 0 else None
            self._looks(self._word, _winners(self._middle(self._word, assigned).items()), concerned)
        words = sorted({intid // _BITS for intid in stale})
        for word in words:
            self._looks(word, _winners(self._middle(word, assigned).items()), None)
        self._assign(assigned)
        counts = counted(
            refresh=int(self._word >= 0),
            queues=self._queues,
            winners=self._others,
            group1=self._group1(assigned),
            assigned=len(assigned),
            loses=int(self._loses),
            given=given,
            stale=len(words),
        )
        self._scan = Term("scan", counts)

    def _middle(self, word: int, assigned: list[tuple[int, int]]) -> dict[int, Entry]:
        """What was ready of a word after the change, before PEs were chosen."""
        entries = dict(self._of_word(word))
        for intid, _ in assigned:
            if intid in entries:
                entries[intid] = (POOL, *entries[intid][1:])
        return entries

    def _concerned(self) -> Collection[int]:
        """Queues that a change of one SPI concerns."""
        intid, block = self._intid, self._block
        if intid >= len(block.route):
            return ()  # there is no such SPI
        if block.route[intid] & IRM:
            return {self._chosen.get(intid, POOL), POOL, self._pe if self._from else POOL}
        queue = block._queue(intid)
        return (queue, self._pe) if self._from and self._pe != queue else (queue,)

    def _assign(self, assigned: list[tuple[int, int]]) -> None:
        """PEs are chosen one after the other."""
        words: dict[int, dict[int, Entry]] = {}
        for intid, pe in assigned:
            word = intid // _BITS
            entries = words.get(word)
            if entries is None:
                entries = words[word] = self._middle(word, assigned)
            if intid in entries:
                entries[intid] = (pe, *entries[intid][1:])
            self._looks(word, _winners(entries.items()), (pe, POOL))

    def _group1(self, assigned: Iterable[tuple[int, int]]) -> int:
        """Whether 1-of-N interrupts of Group 1 wait, which are looked at after those of Group 0."""
        block = self._block
        if not self._one_of_n or not block.enables & 2:
            return 0
        if any(block.bank.group_of(intid) == 1 for intid, _ in assigned):
            return 1
        return int(block.queues.pooled > 0 and block.queues.best(POOL, 0b10) is not None)

    def leaves(self, link: Link, transaction: Transaction) -> Term | None:
        """See `Timer`."""
        mode, kind = self._mode, type(transaction)
        if mode is Mode.SGI:
            return _SGI if kind == SgiDeliver else _TAKEN
        if mode is Mode.RESET:
            return RESET
        if kind in _OFFERS:
            told = self._told
            self._told += 1
            return self._more(told, 0, 0) if told else self._scan
        if kind == WakeRequest:
            if self._pool_wake:
                self._pool_wake = False
                first = 0 in self._pooled()  # seen before Group 1 is looked at
                return Term("wake.pool", tuple([c for c in self._scan.counts if not (first and c == _GROUP1)]))
            self._wakes += 1
            return self._more(self._offers, 0, self._wakes)
        return _TAKEN

    def _more(self, told: int, wakes: int, woken: int) -> Term:
        """The scan, and in it so many offers and recalls that were told, and PEs that were woken."""
        return Term("scan", (*self._scan.counts, *counted(told=told, wakes=wakes, woken=woken)))

    def ends(self) -> Term:
        """See `Timer`."""
        if self._mode is not Mode.SCAN:
            return _ENDS_OF[self._mode]
        if not self._offers and not self._wakes:
            return self._scan
        return self._more(self._offers, int(self._wakes > 0), self._wakes)

    def asks(self, link: Link, request: Transaction) -> Term:
        """It asks nobody."""
        raise NotImplementedError

    def responded(self, response: Transaction) -> None:
        """Nobody responds."""
