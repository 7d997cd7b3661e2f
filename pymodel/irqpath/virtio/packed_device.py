"""The device's side of a packed virtqueue (virtio 1.2, 2.8)."""

from __future__ import annotations

from typing import ClassVar

from irqpath.virtio.chain import Chain, Walk
from irqpath.virtio.device_queue import FULL, READ, WRITE, DeviceQueue, DeviceQueueState
from irqpath.virtio.faults import Fault, StateError
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
    VIRTQ_DESC_F_AVAIL,
    VIRTQ_DESC_F_INDIRECT,
    VIRTQ_DESC_F_NEXT,
    VIRTQ_DESC_F_USED,
    VIRTQ_DESC_F_WRITE,
    need_event,
)


def available(flags: int, wrap: bool) -> bool:
    """AVAIL differs from USED and equals the wrap counter (2.8.1, R68)."""
    avail = bool(flags & VIRTQ_DESC_F_AVAIL)
    return avail != bool(flags & VIRTQ_DESC_F_USED) and avail == wrap


def event_index(event: int, num: int, wrap: bool) -> int:
    """A descriptor event offset as an index on the lap of `wrap`: one ring size back where its wrap bit differs (2.8.14, R70)."""
    offset = event & ~EVENT_WRAP_BIT
    return offset if bool(event & EVENT_WRAP_BIT) == wrap else offset - num


class PackedDeviceQueue(DeviceQueue):
    """Descriptor ring, driver event suppression (`vring.driver`), device event suppression (`vring.device`)."""

    __slots__ = ()

    packed: ClassVar[bool] = True

    def empty(self) -> bool:
        """Whether the next descriptor is not available."""
        s = self.state
        return self.tenure.ended or not available(self._flags(s.next_avail), s.avail_wrap)

    def _flags(self, slot: int) -> int:
        return self._port.read(self.vring.desc + DESC_BYTES * slot + PACKED_FLAGS, 2)

    def _pop(self) -> Chain | None:
        s, num, read = self.state, self.vring.num, self._port.read
        flags = self._flags(s.next_avail)
        if not available(flags, s.avail_wrap):
            return None
        self._port.barrier(READ)
        walk = self._walk()
        slot, wrap, count = s.next_avail, s.avail_wrap, 0
        while True:
            count += 1
            if count + s.out > num:
                raise walk.fault(Fault.CHAIN_TOO_LONG, slot, f"more than {num - s.out}")
            place = self.vring.desc + DESC_BYTES * slot
            address, size, id_ = read(place, 8), read(place + PACKED_LEN, 4), read(place + PACKED_ID, 2)
            if flags & VIRTQ_DESC_F_INDIRECT:
                entries = walk.indirect(num, self.features, slot, address, size, flags)
                self._indirect(walk, slot, address, entries)
            else:
                walk.add(slot, address, size, flags)
            here = slot
            slot += 1
            if slot == num:
                slot, wrap = 0, not wrap
            if not flags & VIRTQ_DESC_F_NEXT:
                break
            if count + s.out < num:
                flags = self._flags(slot)
                if not available(flags, wrap):
                    raise walk.fault(Fault.CHAIN_INCOMPLETE, here)
        if id_ in s.inflight:
            raise self._fault(Fault.HEAD_OUT_OF_RANGE, here, f"buffer id {id_} is still in use by the device")
        s.next_avail, s.avail_wrap = slot, wrap
        return Chain(id_, count, tuple(walk.readable), tuple(walk.writable), self.tenure)

    @staticmethod
    def _indirect(walk: Walk, descriptor: int, table: int, entries: int) -> None:
        """Collect all entries of an indirect table, in order; only WRITE means something there (2.8.7)."""
        where = f"; of the indirect table of descriptor {descriptor}"
        for at in range(entries):
            address, size, _, flags = walk.entry(table + DESC_BYTES * at)
            walk.nested(at, flags)
            walk.add(at, address, size, flags & VIRTQ_DESC_F_WRITE, where)

    def _unpop(self, slots: int) -> None:
        s = self.state
        s.next_avail -= slots
        if s.next_avail < 0:
            s.next_avail += self.vring.num
            s.avail_wrap = not s.avail_wrap

    # --- used descriptors -----------------------------------------------------------------------------------------------

    def _filled(self, number: int) -> None:
        """Nothing: a used descriptor overwrites an available one, so all is written at the flush."""

    def _flush(self) -> None:
        """Write the used descriptors, the flags of the first last, so that the driver sees all or none (2.8.22)."""
        s, num = self.state, self.vring.num
        entries = []
        slot, wrap = s.next_used, s.used_wrap
        for id_, length, slots in self._batches():
            entries.append((slot, id_, length, VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED if wrap else 0))
            slot += slots
            s.fresh = min(s.fresh + slots, 0xFFFF)
            if slot >= num:
                slot, wrap = slot - num, not wrap
                if self.policy.first_interrupt:
                    s.decided = False
        for slot_, id_, length, flags in (*entries[1:], entries[0]):
            place = self.vring.desc + DESC_BYTES * slot_
            if length and self.policy.used_write_flag:
                flags |= VIRTQ_DESC_F_WRITE
            self._port.write(place + PACKED_LEN, 4, length)
            self._port.write(place + PACKED_ID, 2, id_)
            self._port.barrier(WRITE)
            self._port.write(place + PACKED_FLAGS, 2, flags)
        s.next_used, s.used_wrap = slot, wrap

    # --- notifications --------------------------------------------------------------------------------------------------

    def should_notify(self) -> bool:
        """By the driver event suppression structure (2.8.10, 2.8.14)."""
        s, vring = self.state, self.vring
        if self.tenure.ended:
            return False
        self._port.barrier(FULL)
        fresh, first = s.fresh, not s.decided
        s.fresh, s.decided = 0, True
        event = self._port.read(vring.driver, 4)
        flags = event >> 8 * EVENT_FLAGS & 3
        if flags == RING_EVENT_FLAGS_DISABLE:
            return False
        if flags != RING_EVENT_FLAGS_DESC or not self._event_idx or (first and self.policy.first_interrupt):
            return True
        index = event_index(event & 0xFFFF, vring.num, s.used_wrap)
        return need_event(index, s.next_used, s.next_used - fresh)

    def set_notification(self, wanted: bool) -> None:
        """By the device event suppression structure; with EVENT_IDX for the next descriptor to come (2.8.14)."""
        s, vring, port = self.state, self.vring, self._port
        if self.tenure.ended:
            return
        s.notification = wanted
        if not wanted:
            flags = RING_EVENT_FLAGS_DISABLE
        elif self._event_idx:
            port.write(vring.device, 2, s.next_avail | (EVENT_WRAP_BIT if s.avail_wrap else 0))
            port.barrier(WRITE)
            flags = RING_EVENT_FLAGS_DESC
        else:
            flags = RING_EVENT_FLAGS_ENABLE
        port.write(vring.device + EVENT_FLAGS, 2, flags)
        if wanted:
            port.barrier(FULL)

    def _consistent(self, state: DeviceQueueState) -> None:
        num = self.vring.num
        lap = 0 if state.avail_wrap == state.used_wrap else num
        if state.next_avail + lap - state.next_used != state.out:
            raise StateError(f"next_avail: slot {state.next_avail} is not {state.out} slots ahead of slot {state.next_used}")
