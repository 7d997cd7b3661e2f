"""Rows of a scenario: what its scoreboards noted (`scoreboards/timed.py`), put together with its records.

The n-th thing that a block announced on a link is the n-th that was seen there; where a reset flushed something, what was seen
until then belongs to what was announced until then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from irqpath.core.link import Link, block_kind
from irqpath.core.links import CHANNELS
from irqpath.core.links.messages import KIND_BITS
from irqpath.core.transactions import SgiRequest
from irqpath.sim.timing.rooms import SGI_ROOM
from irqpath.sim.timing.rows import ALWAYS, Column, Rows, columns
from irqpath.sim.timing.term import RESET, Term
from irqpath_testbench.dut.recorder import RECORD_BYTES, decoded_columns, link_numbers, numbers_in
from irqpath_testbench.env.scoreboards.timed import TimedBlock

_THINGS: Final = ("block", "link", "term", "start", "base", "offer", "floor")
_INPUTS: Final = ("block", "link", "ready", "accept", "term", "base")
#: Beats less one of a message on a stream, by its kind.
_BEATS: Final = {
    end: np.array([next((m.beats - 1 for m in CHANNELS[f"stream_{end}"] if m.kind == kind), 0) for kind in range(1 << KIND_BITS)])
    for end in ("down", "up")
}
_SGI_REQUEST: Final = next(m.kind for m in CHANNELS["dist_up"] if m.type is SgiRequest)
#: Requests that wait until the response to the last has gone.
_ONE_AT_A_TIME: Final = frozenset(("reg", "sys", "msi"))
#: Wires: what is offered there waits for nothing.
_WIRES: Final = frozenset(("irq", "wake"))


class _Seen:
    """What was seen on one link, in the order of acceptance. `at`: places among all records."""

    def __init__(self, offer: Column, accept: Column, kind: Column, at: Column) -> None:
        self.offer, self.accept, self.kind, self.at = offer, accept, kind, at


class Recorded:
    """The records of a scenario as columns, by link."""

    def __init__(self, path: Path, first: int, count: int, pes: int) -> None:
        """Raises `OSError`."""
        with path.open("rb") as file:
            file.seek(first * RECORD_BYTES)
            data = file.read(count * RECORD_BYTES)
        offer, accept, code, number, kind = decoded_columns(data)
        good = code == 0
        offer, accept, number, kind = (column[good] for column in (offer, accept, number, kind))
        names = link_numbers(pes)
        self.links: dict[Link, _Seen] = {}
        for n in numbers_in(number):
            if n in names:
                at = np.flatnonzero(number == n)
                self.links[names[n]] = _Seen(offer[at], accept[at], kind[at] & ((1 << KIND_BITS) - 1), at)


def timing_rows(
    recorded: Recorded, blocks: Sequence[TimedBlock], about: Mapping[str, Any], pressure: Sequence[tuple[int, int]] = ()
) -> Rows:
    """Of all blocks that were timed. `pressure`: see `Rows`."""
    return replace(_Maker(recorded, blocks).rows(about), pressure=tuple(pressure))


class _Maker:
    def __init__(self, recorded: Recorded, blocks: Sequence[TimedBlock]) -> None:
        self._recorded = recorded
        self._blocks = blocks
        self._terms: dict[tuple[str, Term], int] = {}
        self._links = tuple(sorted(recorded.links))
        self._number = {link: n for n, link in enumerate(self._links)}
        self._things: list[list[Column]] = []
        self._inputs: list[list[Column]] = []
        self._before = 0

    def rows(self, about: Mapping[str, Any]) -> Rows:
        for n, block in enumerate(self._blocks):
            self._block(n, block)
        names = tuple(block.block.name for block in self._blocks)
        kinds = tuple(block_kind(name) for name in names)
        things, inputs = columns(_THINGS, self._things), columns(_INPUTS, self._inputs)
        return Rows(names, kinds, self._links, tuple(self._terms), things, inputs, about)

    def _block(self, number: int, timed: TimedBlock) -> None:
        timed.finish()
        kind = block_kind(timed.block.name)
        known = [self._terms.setdefault((kind, term._replace(since=0)), len(self._terms)) for term in timed.terms]
        terms = np.array(known or [0], np.int64)
        seen = self._recorded.links
        links = [link for link in sorted(timed.block.inputs()) if link in seen]
        at = np.concatenate([seen[link].at for link in links]) if links else np.empty(0, np.int64)
        order = np.argsort(at, kind="stable")
        count = len(timed.ends)
        order = order[:count]
        which = np.concatenate([np.full(len(seen[link].at), self._number[link]) for link in links])[order] if links else at
        accept = np.concatenate([seen[link].accept for link in links])[order] if links else at
        ready = np.concatenate([self._ready(link) for link in links])[order] if links else at
        if kind == "gicd":
            ready = self._room(timed, order, links, ready)
        ends = terms[np.array(timed.ends, np.int64)][: len(order)] if count else at
        if kind == "gicc":  # its reset waits for nothing
            resets = np.flatnonzero(np.isin(which, [self._number[link] for link in links if link.end == "reset"]))
            ends[resets[resets > 0] - 1] = self._terms.setdefault((kind, RESET), len(self._terms))
        bases = np.array(timed.bases, np.int64)[: len(order)]
        self._inputs.append([np.full(len(order), number), which, ready, accept, ends, np.where(bases < 0, -1, bases)])
        for link, announced in timed.links.items():
            self._link(number, timed, link, terms[np.array(announced.term, np.int64)], np.array(announced.base, np.int64))
        self._before += len(order)

    def _ready(self, link: Link) -> Column:
        """When each input of a link could be taken if the block is idle."""
        seen = self._recorded.links[link]
        if link.end == "step":
            return np.full(len(seen.offer), ALWAYS)
        ready = seen.offer
        if link.unit == "stream":
            ready = ready + _BEATS[link.end][seen.kind]
        response = link.response
        if link.end in _ONE_AT_A_TIME and response in self._recorded.links:
            gone = self._recorded.links[response].accept
            last = np.searchsorted(gone, seen.accept, side="left") - 1
            ready = np.where(last >= 0, np.maximum(ready, gone[np.maximum(last, 0)] + 1), ready)
        return ready

    def _room(self, timed: TimedBlock, order: Column, links: Sequence[Link], ready: Column) -> Column:
        """SGIs wait until every queue to a Redistributor has room."""
        seen = self._recorded.links
        sgis = np.concatenate([(seen[link].kind == _SGI_REQUEST) & (link.unit == "dist") for link in links])[order]
        numbers = np.flatnonzero(sgis)
        gate = np.full(len(numbers), -1)
        for link in timed.links:
            if link.unit != "dist" or link not in seen:
                continue
            start, accept = self._paired(timed, link)
            outstanding = np.searchsorted(start, numbers)  # announced before
            at = outstanding - SGI_ROOM
            gate = np.maximum(
                gate, np.where(at >= 0, accept[np.clip(at, 0, max(len(accept) - 1, 0))] + 1 if len(accept) else -1, -1)
            )
        ready = ready.copy()
        ready[numbers] = np.maximum(ready[numbers], gate)
        return ready

    def _pairs(self, timed: TimedBlock, link: Link, count: int) -> tuple[Column, Column]:
        """Which of `count` announced is which of those seen."""
        seen = self._recorded.links.get(link)
        if seen is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        announced, observed, a, o = [], [], 0, 0
        for until, cycle in (*timed.cuts.get(link, ()), (count, 1 << 62)):
            last = int(np.searchsorted(seen.accept, cycle, side="right"))
            n = min(until - a, last - o)
            announced.append(np.arange(a, a + n))
            observed.append(np.arange(o, o + n))
            a, o = until, last
            if link.end in _WIRES:  # a reset lets what is high fall
                while o < len(seen.accept) and seen.accept[o] <= cycle + _FALLS:
                    o += 1
        return np.concatenate(announced), np.concatenate(observed)

    def _paired(self, timed: TimedBlock, link: Link) -> tuple[Column, Column]:
        base = np.array(timed.links[link].base, np.int64)
        announced, observed = self._pairs(timed, link, len(base))
        return -1 - base[announced], self._recorded.links[link].accept[observed]

    def _link(self, number: int, timed: TimedBlock, link: Link, term: Column, base: Column) -> None:
        announced, observed = self._pairs(timed, link, len(term))
        if not len(announced):
            return
        seen = self._recorded.links[link]
        term, base, offer = term[announced], base[announced], seen.offer[observed]
        before = np.r_[-1, seen.accept[:-1]][observed]
        floor = np.full(len(offer), -1) if link.end in _WIRES else before + 1
        start = np.where(base < 0, -1 - base + self._before, -1)
        base = np.where(base < 0, -1, base)
        self._things.append([np.full(len(term), number), np.full(len(term), self._number[link]), term, start, base, offer, floor])


#: Cycles after a reset in which wires fall.
_FALLS: Final = 2
