"""Which SPI is the best for which PE: queues that are touched only where something changed.

`ready` holds every SPI that may be delivered, under its queue: a PE, or the pool of 1-of-N interrupts that no PE has been
chosen for. Heaps keep stale entries and drop them when they surface.
"""

from __future__ import annotations

import heapq
from typing import Final, TypeAlias

from irqpath.core.state import Int, Schema, Stateful, Table, Tuple
from irqpath.gic.common.offer import Candidate
from irqpath.gic.common.shapes import GROUP, INTID, PRIORITY

#: Queue of the 1-of-N interrupts that wait for a PE.
POOL: Final = -1
#: Not deliverable anywhere: no such PE (R19).
NOWHERE: Final = -2


#: The groups of a bit mask of them.
_GROUPS: Final = tuple(tuple(group for group in range(3) if mask >> group & 1) for mask in range(8))

#: Where a deliverable SPI is: (queue, priority, group).
Entry: TypeAlias = tuple[int, int, int]
#: Of one queue and group, a heap of (priority, INTID, ticket). It is stale if the INTID has another ticket by now.
_Heap: TypeAlias = list[tuple[int, int, int]]


class SpiQueues(Stateful):
    """Priority queues by (PE or `POOL`, group)."""

    __slots__ = ("_heaps", "_last", "_tickets", "pooled", "ready")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing is deliverable."""
        self.ready: dict[int, Entry] = {}  # by INTID
        #: how many wait for a PE
        self.pooled = 0
        self._heaps: dict[int, tuple[_Heap, _Heap, _Heap]] = {}  # by queue, one a group
        self._tickets: dict[int, int] = {}  # of what is in `ready`
        self._last = 0

    def schema(self) -> Schema:
        """What is deliverable where; the heaps follow from it."""
        return {"ready": Table(INTID, Tuple((Int(1023, POOL), PRIORITY, GROUP)))}

    def restored(self) -> None:
        """Build the heaps."""
        self._heaps, self._tickets, self.pooled = {}, {}, 0
        for intid, entry in self.ready.items():
            self._push(intid, entry)

    def _push(self, intid: int, entry: Entry) -> None:
        queue, priority, group = entry
        self.pooled += queue == POOL
        heaps = self._heaps.get(queue)
        if heaps is None:
            heaps = self._heaps[queue] = ([], [], [])
        self._last += 1
        self._tickets[intid] = self._last
        heapq.heappush(heaps[group], (priority, intid, self._last))

    def place(self, intid: int, entry: Entry | None) -> tuple[int, int] | None:
        """`intid` belongs to (queue, priority, group) now, or nowhere. Returns (old queue, new queue) if that is a change."""
        old = self.ready.get(intid)
        if entry == old:
            return None
        if old is not None:
            self.pooled -= old[0] == POOL
        if entry is None:
            del self.ready[intid], self._tickets[intid]
        else:
            self.ready[intid] = entry
            self._push(intid, entry)
        return (NOWHERE if old is None else old[0], NOWHERE if entry is None else entry[0])

    def best(self, queue: int, groups: int) -> Candidate | None:
        """The best-ranked of `queue` in the groups of the bit mask `groups`."""
        heaps = self._heaps.get(queue)
        if heaps is None:
            return None
        best: Candidate | None = None
        tickets = self._tickets
        for group in _GROUPS[groups]:
            heap = heaps[group]
            while heap:
                priority, intid, ticket = heap[0]
                if tickets.get(intid) == ticket:
                    top = (priority, intid, group)
                    if best is None or top < best:
                        best = top
                    break
                heapq.heappop(heap)
        return best
