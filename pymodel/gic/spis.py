"""Which SPI is the best for which PE: queues that are touched only where something changed.

`ready` holds every SPI that may be delivered, under its queue: a PE, or the pool of 1-of-N interrupts that no PE has been
chosen for. Heaps keep stale entries and drop them when they surface.
"""

from __future__ import annotations

import heapq
from typing import Final

from pymodel.gic.offer import Candidate
from pymodel.gic.shapes import GROUP, INTID, PRIORITY
from pymodel.state import Int, Schema, Stateful, Table, Tuple

#: Queue of the 1-of-N interrupts that wait for a PE.
POOL: Final = -1
#: Not deliverable anywhere: no such PE (R19).
NOWHERE: Final = -2


class SpiQueues(Stateful):
    """Priority queues by (PE or `POOL`, group)."""

    __slots__ = ("_heaps", "ready")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing is deliverable."""
        self.ready: dict[int, tuple[int, int, int]] = {}  # INTID -> (queue, priority, group)
        self._heaps: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def schema(self) -> Schema:
        """What is deliverable where; the heaps follow from it."""
        return {"ready": Table(INTID, Tuple((Int(1023, POOL), PRIORITY, GROUP)))}

    def restored(self) -> None:
        """Build the heaps."""
        self._heaps = {}
        for intid, (queue, priority, group) in self.ready.items():
            heapq.heappush(self._heaps.setdefault((queue, group), []), (priority, intid))

    def place(self, intid: int, entry: tuple[int, int, int] | None) -> tuple[int, int] | None:
        """`intid` belongs to (queue, priority, group) now, or nowhere. Returns (old queue, new queue) if that is a change."""
        old = self.ready.get(intid)
        if entry == old:
            return None
        if entry is None:
            del self.ready[intid]
        else:
            queue, priority, group = entry
            self.ready[intid] = entry
            heapq.heappush(self._heaps.setdefault((queue, group), []), (priority, intid))
        return (NOWHERE if old is None else old[0], NOWHERE if entry is None else entry[0])

    def best(self, queue: int, groups: int) -> Candidate | None:
        """The best-ranked of `queue` in the groups of the bit mask `groups`."""
        best: Candidate | None = None
        for group in (0, 1, 2):
            if not groups >> group & 1:
                continue
            top = self._top(queue, group)
            if top is not None and (best is None or top < best):
                best = top
        return best

    def _top(self, queue: int, group: int) -> Candidate | None:
        heap = self._heaps.get((queue, group))
        while heap:
            priority, intid = heap[0]
            if self.ready.get(intid) == (queue, priority, group):
                return priority, intid, group
            heapq.heappop(heap)
        return None
