"""The driver's side of a packed virtqueue (virtio 1.2, 2.8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from irqpath.virtio.driver_queue import FULL, READ, WRITE, DriverQueueState, IndirectArea, VringVirtqueue
from irqpath.virtio.faults import Fault, StateError
from irqpath.virtio.packed_device import event_index
from irqpath.virtio.wire import (
    DESC_BYTES,
    EVENT_FLAGS,
    EVENT_WRAP_BIT,
    PACKED_FLAGS,
    PACKED_ID,
    PACKED_LEN,
    RING_EVENT_FLAGS_DESC,
    RING_EVENT_FLAGS_DISABLE,
    RING_EVENT_FLAGS_ENABLE,
    VIRTIO_F_NOTIFICATION_DATA,
    VIRTQ_DESC_F_AVAIL,
    VIRTQ_DESC_F_INDIRECT,
    VIRTQ_DESC_F_NEXT,
    VIRTQ_DESC_F_USED,
    VIRTQ_DESC_F_WRITE,
    Sg,
    need_event,
)


class PackedVringVirtqueue(VringVirtqueue):
    """Descriptor ring, driver event suppression (`vring.driver`), device event suppression (`vring.device`)."""

    __slots__ = ()

    packed: ClassVar[bool] = True

    def _take_id(self) -> int:
        return self.state.free.popleft()

    def _add_direct(self, readable: Sequence[Sg], writable: Sequence[Sg]) -> int:
        id_ = self._take_id()
        count = len(readable) + len(writable)
        entries = []
        for n, (address, size) in enumerate((*readable, *writable)):
            more = VIRTQ_DESC_F_NEXT if n + 1 < count else 0
            entries.append((address, size, more | (0 if n < len(readable) else VIRTQ_DESC_F_WRITE)))
        self._make_available(id_, entries)
        return id_

    def _add_indirect(self, readable: Sequence[Sg], writable: Sequence[Sg], area: IndirectArea) -> int:
        id_ = self._take_id()
        table, write = area.table(id_), self._port.write
        for n, (address, size) in enumerate((*readable, *writable)):
            flags = 0 if n < len(readable) else VIRTQ_DESC_F_WRITE
            write(table + DESC_BYTES * n, 8, address)
            write(table + DESC_BYTES * n + 8, 8, size | flags << 48)
        size = DESC_BYTES * (len(readable) + len(writable))
        self._make_available(id_, [(table, size, VIRTQ_DESC_F_INDIRECT)])
        return id_

    def _make_available(self, id_: int, entries: Sequence[tuple[int, int, int]]) -> None:
        """Write the descriptors; the flags of the first one come last, behind a barrier (2.8.21, R66, R69)."""
        s, num, port = self.state, self.vring.num, self._port
        slot, wrap = s.next_avail, s.avail_wrap
        first = 0, 0
        for n, (address, size, flags) in enumerate(entries):
            flags |= VIRTQ_DESC_F_AVAIL if wrap else VIRTQ_DESC_F_USED
            at = self.vring.desc + DESC_BYTES * slot
            port.write(at, 8, address)
            port.write(at + PACKED_LEN, 4, size)
            port.write(at + PACKED_ID, 2, id_)
            if n:
                port.write(at + PACKED_FLAGS, 2, flags)
            else:
                first = at + PACKED_FLAGS, flags
            slot += 1
            if slot == num:
                slot, wrap = 0, not wrap
        port.barrier(WRITE)
        port.write(first[0], 2, first[1])
        s.next_avail, s.avail_wrap = slot, wrap

    def _advance(self, descriptors: int) -> int:
        return descriptors

    # --- used buffers ---------------------------------------------------------------------------------------------------

    def _is_used(self, slot: int, wrap: bool) -> bool:
        flags = self._port.read(self.vring.desc + DESC_BYTES * slot + PACKED_FLAGS, 2)
        avail, used = bool(flags & VIRTQ_DESC_F_AVAIL), bool(flags & VIRTQ_DESC_F_USED)
        return avail == used == wrap

    def more_used(self) -> bool:
        """Whether the next descriptor is a used one, or an IN_ORDER batch is under way."""
        s = self.state
        return s.batch >= 0 or self._is_used(s.last_used, s.used_wrap)

    def _read_used(self) -> tuple[int, int] | None:
        s = self.state
        if not self._is_used(s.last_used, s.used_wrap):
            return None
        if not s.buffers:
            raise self._fault(Fault.USED_INDEX_JUMP, s.last_used, "no buffer is outstanding")
        self._port.barrier(READ)
        at = self.vring.desc + DESC_BYTES * s.last_used
        id_, length = self._port.read(at + PACKED_ID, 2), self._port.read(at + PACKED_LEN, 4)
        # Without WRITE the length is reserved (2.8.4). QEMU never sets WRITE and gives the length all the same, DPDK leaves in
        # it what the driver had put there: take it only where it can be one.
        written = self._port.read(at + PACKED_FLAGS, 2) & VIRTQ_DESC_F_WRITE
        if not written and id_ in s.buffers and length > s.buffers[id_][2]:
            length = 0
        return id_, length

    def _check_batch(self, id_: int) -> None:
        """Nothing: a batch has no index of its own, and it ends with a buffer that is outstanding."""

    def _used_up(self, descriptors: int) -> None:
        s = self.state
        s.last_used += descriptors
        if s.last_used >= self.vring.num:
            s.last_used -= self.vring.num
            s.used_wrap = not s.used_wrap

    def _free(self, id_: int) -> None:
        if self._in_order:
            self.state.free.append(id_)
        else:
            self.state.free.appendleft(id_)

    # --- notifications --------------------------------------------------------------------------------------------------

    def kick_prepare(self) -> bool:
        """By the device event suppression structure (2.8.21)."""
        self._check_works()
        s, vring, port = self.state, self.vring, self._port
        port.barrier(FULL)
        added, s.num_added = s.num_added, 0
        event = port.read(vring.device, 4)
        flags = event >> 8 * EVENT_FLAGS & 3
        if flags != RING_EVENT_FLAGS_DESC or not self._event_idx:
            return flags != RING_EVENT_FLAGS_DISABLE
        index = event_index(event & 0xFFFF, vring.num, s.avail_wrap)
        return need_event(index, s.next_avail, s.next_avail - added)

    def disable_cb(self) -> None:
        """By the driver event suppression structure."""
        self.state.callbacks = False
        self._port.write(self.vring.driver + EVENT_FLAGS, 2, RING_EVENT_FLAGS_DISABLE)

    def enable_cb_prepare(self, ahead: int = 0) -> int:
        """By the driver event suppression structure; with EVENT_IDX for the descriptor that lies `ahead` further on.

        The mark is the slot with the wrap counter in bit 15.
        """
        s = self.state
        s.callbacks = True
        slot, wrap = s.last_used, s.used_wrap
        mark = slot | (EVENT_WRAP_BIT if wrap else 0)
        if self._event_idx:
            slot += ahead
            if slot >= self.vring.num:
                slot, wrap = slot - self.vring.num, not wrap
            self._port.write(self.vring.driver, 2, slot | (EVENT_WRAP_BIT if wrap else 0))
            self._port.barrier(WRITE)
        flags = RING_EVENT_FLAGS_DESC if self._event_idx else RING_EVENT_FLAGS_ENABLE
        self._port.write(self.vring.driver + EVENT_FLAGS, 2, flags)
        self._port.barrier(FULL)
        return mark

    @property
    def outstanding(self) -> int:
        """Descriptors that the device has."""
        return self.vring.num - self.state.num_free

    def poll(self, mark: int) -> bool:
        """Whether the descriptor at the mark is a used one, or an IN_ORDER batch is under way, which has no other mark."""
        return self.state.batch >= 0 or self._is_used(mark & ~EVENT_WRAP_BIT, bool(mark & EVENT_WRAP_BIT))

    def _move_used_event(self) -> None:
        """Keep a wish for one descriptor pointing at the next; Linux, too, leaves any other wish as it is."""
        if self._event_idx:
            s = self.state
            self._port.write(self.vring.driver, 2, s.last_used | (EVENT_WRAP_BIT if s.used_wrap else 0))
            self._port.barrier(FULL)

    def notification_data(self) -> int:
        """Queue number; with NOTIFICATION_DATA next slot and wrap counter above it (2.9)."""
        if self.features >> VIRTIO_F_NOTIFICATION_DATA & 1:
            s = self.state
            return self.vq.index | (s.next_avail | (EVENT_WRAP_BIT if s.avail_wrap else 0)) << 16
        return self.vq.index

    def _consistent(self, state: DriverQueueState) -> None:
        num = self.vring.num
        if sorted([*state.buffers, *state.free]) != list(range(num)) or state.chains:
            raise StateError("free and buffers: the ids are not all ids, each once")
        lap = 0 if state.avail_wrap == state.used_wrap else num
        if state.next_avail + lap - state.last_used != num - state.num_free:
            raise StateError(
                f"next_avail: slot {state.next_avail} is not {num - state.num_free} slots ahead of slot {state.last_used}"
            )
