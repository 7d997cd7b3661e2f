"""Physical LPIs of one Redistributor: configuration and pending tables in memory, and what is held of them (IHI 0069 5.1).

Pending LPIs live in a store of `Policy.lpi_store` slots, the rest in the pending table; what is in the store is clear in the
table. When the store is full the worst-ranked LPI spills into the table, and as soon as one that spilled may rank before the
best one held, the table is read again. So the highest priority pending LPI is always known, at a memory traffic that does
not depend on how many LPIs are mapped.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import TypeAlias

from irqpath.config.policy import Policy
from irqpath.config.sizes import FIRST_LPI
from irqpath.core.memory import MemPort
from irqpath.core.state import Flag, Many, Maybe, Schema, Stateful, Table, Tuple, bits
from irqpath.gic.common.offer import Candidate
from irqpath.gic.common.shapes import INTID, INTID_OR_NONE, REGISTER64

#: (disabled, priority, INTID): how pending LPIs rank; the least is the best. Disabled ones rank last.
Rank: TypeAlias = tuple[bool, int, int]

BEST_RANK: Rank = (False, 0, 0)
_ADDRESS_PROP = 0x000F_FFFF_FFFF_F000
_ADDRESS_PEND = 0x000F_FFFF_FFFF_0000
#: GICR_PENDBASER.PTZ: the pending table holds nothing (R28)
PTZ = 1 << 62
#: A pending table is looked at in runs of so many bytes; with 14 bits of INTID it has one.
_RUN_BYTES = 1024


class LpiUnit(Stateful):
    """LPI state of one Redistributor.

    `slots`: (INTID, configuration byte) or None; `spilled`: the pending table may hold more; `bound`: no spilled LPI ranks
    better than this. `in_flight(intid)` tells which LPIs the CPU interface may hold: those never spill.
    """

    __slots__ = (
        "_cache",
        "_capacity",
        "_fetch",
        "_free",
        "_heap",
        "_in_flight",
        "_mask",
        "_mem",
        "_slot",
        "_typer_bits",
        "bound",
        "enabled",
        "flushing",
        "moving",
        "pendbaser",
        "propbaser",
        "slots",
        "spilled",
    )

    def __init__(
        self, mem: MemPort, policy: Policy, priority_mask: int, intid_bits: int, in_flight: Callable[[int], bool]
    ) -> None:
        self._mem = mem
        self._capacity = policy.lpi_store
        self._fetch = policy.lpi_config
        self._mask = priority_mask & 0xFC
        self._typer_bits = intid_bits
        self._in_flight = in_flight
        self.reset()

    def reset(self) -> None:
        """Everything as after a reset: LPIs disabled, nothing pending."""
        self.enabled = self.flushing = False
        self.propbaser = self.pendbaser = 0
        #: LPI that is being handed to another Redistributor: no candidate any more; -1 for none
        self.moving = -1
        self._empty()

    def schema(self) -> Schema:
        """The registers, the store, and what is known of the table."""
        entry = Maybe(Tuple((INTID, bits(8))))
        return {
            "enabled": Flag(),
            "flushing": Flag(),
            "propbaser": REGISTER64,
            "pendbaser": REGISTER64,
            "moving": INTID_OR_NONE,
            "slots": Many(entry),
            "spilled": Flag(),
            "bound": Tuple((Flag(), bits(8), INTID)),
            "_cache": Table(INTID, bits(8)),
        }

    def restored(self) -> None:
        """Build what finds LPIs in the store."""
        self._slot: dict[int, int] = {entry[0]: slot for slot, entry in enumerate(self.slots) if entry is not None}
        self._free: list[int] = [slot for slot, entry in enumerate(self.slots) if entry is None]
        self._heap: list[Rank] = [self._rank(*entry) for entry in self.slots if entry is not None]
        heapq.heapify(self._heap)

    def _empty(self) -> None:
        self.slots: list[tuple[int, int] | None] = []
        self._slot = {}
        self._free = []
        self._heap = []
        self._cache: dict[int, int] = {}
        self.spilled = False
        self.bound: Rank = BEST_RANK

    # --- tables ---------------------------------------------------------------------------------------------------------

    @property
    def limit(self) -> int:
        """INTIDs from here on have no place in the tables (R29)."""
        return 1 << min((self.propbaser & 0x1F) + 1, self._typer_bits)

    def in_range(self, intid: int) -> bool:
        """Whether `intid` is an LPI that the tables hold."""
        return FIRST_LPI <= intid < self.limit

    def _config(self, intid: int) -> int:
        """The configuration byte: enable in bit 0, priority in bits [7:2] (R27)."""
        if self._fetch == "cached":
            cached = self._cache.get(intid)
            if cached is not None:
                return cached
        config = self._mem.read((self.propbaser & _ADDRESS_PROP) + intid - FIRST_LPI, 1)
        if self._fetch == "cached":
            self._cache[intid] = config
        return config

    def _pending_byte(self, intid: int) -> int:
        return (self.pendbaser & _ADDRESS_PEND) + intid // 8

    def _in_table(self, intid: int) -> bool:
        return bool(self._mem.read(self._pending_byte(intid), 1) >> (intid & 7) & 1)

    def _write_table(self, intid: int, pending: bool) -> None:
        at, bit = self._pending_byte(intid), 1 << (intid & 7)
        old = self._mem.read(at, 1)
        new = old | bit if pending else old & ~bit
        if new != old:
            self._mem.write(at, 1, new)

    def _rank(self, intid: int, config: int) -> Rank:
        return (not config & 1, config & self._mask, intid)

    # --- the store ------------------------------------------------------------------------------------------------------

    def _insert(self, intid: int, config: int) -> None:
        """Put a pending LPI into the lowest free slot; the caller has made sure that there is one."""
        if self._free:
            slot = heapq.heappop(self._free)
            self.slots[slot] = (intid, config)
        else:
            slot = len(self.slots)
            self.slots.append((intid, config))
        self._slot[intid] = slot
        heapq.heappush(self._heap, self._rank(intid, config))

    def _remove(self, intid: int) -> bool:
        slot = self._slot.pop(intid, None)
        if slot is None:
            return False
        self.slots[slot] = None
        heapq.heappush(self._free, slot)
        return True

    def _full(self) -> bool:
        return bool(self._capacity) and len(self._slot) >= self._capacity

    def _worst(self) -> Rank | None:
        """Rank of the worst LPI in the store that may spill; None if the CPU interface may hold them all."""
        ranks = (self._rank(*entry) for entry in self.slots if entry is not None and not self._in_flight(entry[0]))
        return max(ranks, default=None)

    def _spill(self, rank: Rank) -> None:
        self.bound = min(self.bound, rank) if self.spilled else rank
        self.spilled = True

    def best(self) -> Candidate | None:
        """The highest priority pending and enabled LPI as (priority, INTID, group 1), or None. Group: R26."""
        if not self.enabled:
            return None
        rank = self._top()
        if self.spilled and (rank is None or self.bound < rank):
            self._refill()
            rank = self._top()
        return None if rank is None or rank[0] else (rank[1], rank[2], 1)

    def _top(self) -> Rank | None:
        """Rank of the best LPI in the store that is not being moved away."""
        if self._fetch == "use":
            for intid in self._slot:
                self._refetch(intid)
        heap, parked = self._heap, None
        while heap:
            rank = heap[0]
            slot = self._slot.get(rank[2])
            entry = None if slot is None else self.slots[slot]
            if entry is None or self._rank(*entry) != rank:
                heapq.heappop(heap)
            elif rank[2] == self.moving:
                parked = heapq.heappop(heap)
            else:
                break
        top = heap[0] if heap else None
        if parked is not None:
            heapq.heappush(heap, parked)
        return top

    def _refill(self) -> None:
        """Read the pending table from the first LPI on; keep the best in the store, leave the rest in the table."""
        self.spilled = False
        base = self.pendbaser & _ADDRESS_PEND
        for first in range(FIRST_LPI // 8, self.limit // 8, _RUN_BYTES):
            if not self._mem.known_zero(base + first, _RUN_BYTES):
                self._refill_run(base, first)

    def _refill_run(self, base: int, first: int) -> None:
        for word in range(first, first + _RUN_BYTES, 8):
            data = self._mem.read(base + word, 8)
            rest, todo = data, data
            while todo:
                bit = todo & -todo
                todo ^= bit
                rest = self._take_in(word * 8 + bit.bit_length() - 1, word * 8, rest)
            if rest != data:
                self._mem.write(base + word, 8, rest)

    def _take_in(self, intid: int, first: int, word: int) -> int:
        """Consider the pending LPI `intid` of the table word that starts at INTID `first`; return what remains of the word."""
        config = self._config(intid)
        rank = self._rank(intid, config)
        bit = 1 << (intid - first)
        if not self._full():
            self._insert(intid, config)
            return word & ~bit
        worst = self._worst()
        if worst is None or worst < rank:
            self._spill(rank)
            return word
        victim = worst[2]
        self._remove(victim)
        self._spill(worst)
        self._insert(intid, config)
        if first <= victim < first + 64:
            return word & ~bit | 1 << (victim - first)
        self._write_table(victim, True)
        return word & ~bit

    def _refetch(self, intid: int) -> None:
        slot = self._slot[intid]
        entry = (intid, self._config(intid))
        if self.slots[slot] != entry:
            self.slots[slot] = entry
            heapq.heappush(self._heap, self._rank(*entry))

    # --- what changes it ------------------------------------------------------------------------------------------------

    def set_pending(self, intid: int) -> None:
        """Make an LPI pending; without effect while LPIs are disabled, out of range, or if it is pending already."""
        if not self.enabled or not self.in_range(intid) or intid in self._slot:
            return
        if self.spilled and self._in_table(intid):
            return
        config = self._config(intid)
        if not self._full():
            self._insert(intid, config)
            return
        rank = self._rank(intid, config)
        worst = self._worst()
        if worst is None or worst < rank:
            self._write_table(intid, True)
            self._spill(rank)
        else:
            self._remove(worst[2])
            self._write_table(worst[2], True)
            self._spill(worst)
            self._insert(intid, config)

    def clear_pending(self, intid: int) -> bool:
        """Make an LPI not pending; tells whether it was (R23: this is also what activation does)."""
        if self._remove(intid):
            return True
        if not self.enabled or not self.spilled or not self.in_range(intid):
            return False
        at, bit = self._pending_byte(intid), 1 << (intid & 7)
        old = self._mem.read(at, 1)
        if not old & bit:
            return False
        self._mem.write(at, 1, old & ~bit)
        return True

    def any_pending(self) -> int:
        """A pending LPI to give away, the one in the lowest slot; -1 if there is none."""
        if self.enabled and not self._slot and self.spilled:
            self._refill()
        return next((entry[0] for entry in self.slots if entry is not None), -1)

    def invalidate(self, intid: int) -> None:
        """INV: read the configuration of one LPI again (R30)."""
        self._cache.pop(intid, None)
        if intid in self._slot:
            self._refetch(intid)
        elif self.enabled and self.spilled and self.in_range(intid) and self._in_table(intid):
            self.bound = min(self.bound, self._rank(intid, self._config(intid)))

    def invalidate_all(self) -> None:
        """INVALL: read the configuration of every LPI held here again; those in the table may rank anywhere now."""
        self._cache.clear()
        for entry in self.slots:
            if entry is not None:
                self._refetch(entry[0])
        self.bound = BEST_RANK

    def enable(self) -> None:
        """EnableLPIs 0 to 1: read the pending table, unless software vouched with PTZ that it is zero (R28)."""
        self._empty()
        self.enabled = True
        if not self.pendbaser & PTZ:
            self._refill()
        # said of the table as it was then: what a later disabling writes into it counts at the next enabling
        self.pendbaser &= ~PTZ

    def disable(self) -> None:
        """EnableLPIs 1 to 0: no candidates from here on; `flush` follows when the CPU interface holds none (R31)."""
        self.enabled = False
        self.flushing = True

    def flush(self) -> None:
        """Write what is pending back into the pending table: it survives (R33)."""
        for entry in self.slots:
            if entry is not None:
                self._write_table(entry[0], True)
        self._empty()
        self.flushing = False
