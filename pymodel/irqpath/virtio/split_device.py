"""The device's side of a split virtqueue (virtio 1.2, 2.7)."""

from __future__ import annotations

from typing import ClassVar

from irqpath.virtio.chain import Chain, Walk
from irqpath.virtio.device_queue import FULL, READ, WRITE, DeviceQueue, DeviceQueueState
from irqpath.virtio.faults import Fault, StateError
from irqpath.virtio.wire import (
    DESC_BYTES,
    VIRTIO_F_NOTIFY_ON_EMPTY,
    VIRTIO_F_VERSION_1,
    VIRTQ_AVAIL_F_NO_INTERRUPT,
    VIRTQ_DESC_F_INDIRECT,
    VIRTQ_DESC_F_NEXT,
    VIRTQ_USED_F_NO_NOTIFY,
    need_event,
)


class SplitDeviceQueue(DeviceQueue):
    """Table, available ring (`vring.driver`), used ring (`vring.device`)."""

    __slots__ = ()

    packed: ClassVar[bool] = False

    def empty(self) -> bool:
        """Whether avail.idx has not moved on."""
        return self.tenure.ended or self._read_avail_index() == self.state.next_avail

    def _read_avail_index(self) -> int:
        """avail.idx; remembered unless it jumps, which the next `pop` will find."""
        s = self.state
        index = self._port.read(self.vring.driver + 2, 2)
        if (index - s.next_avail) & 0xFFFF <= self.vring.num:
            s.seen_avail = index
        return index

    def _pop(self) -> Chain | None:
        s, vring, read = self.state, self.vring, self._port.read
        if s.seen_avail == s.next_avail:
            index = self._read_avail_index()
            ahead = (index - s.next_avail) & 0xFFFF
            if not ahead:
                return None
            if ahead > vring.num:
                raise self._fault(Fault.AVAIL_INDEX_JUMP, -1, f"from {s.next_avail} to {index}")
            self._port.barrier(READ)
        head = read(vring.driver + 4 + 2 * (s.next_avail & vring.num - 1), 2)
        if head >= vring.num:
            raise self._fault(Fault.HEAD_OUT_OF_RANGE, head)
        if head in s.inflight:
            raise self._fault(Fault.HEAD_OUT_OF_RANGE, head, "still in use by the device")
        walk = self._walk()
        self._table(walk, head)
        s.next_avail = s.next_avail + 1 & 0xFFFF
        if self._event_idx and s.notification:
            self._port.write(vring.avail_event, 2, s.next_avail)
        return Chain(head, 1, tuple(walk.readable), tuple(walk.writable), self.tenure)

    def _table(self, walk: Walk, head: int) -> None:
        """Collect the elements of the chain that starts at `head` of the descriptor table (2.7.5)."""
        desc, num, read = self.vring.desc, self.vring.num, self._port.read
        at = head
        for _ in range(num):
            place = desc + DESC_BYTES * at
            address, word = read(place, 8), read(place + 8, 8)
            size, flags = word & 0xFFFF_FFFF, word >> 32 & 0xFFFF
            if flags & VIRTQ_DESC_F_INDIRECT:
                entries = walk.indirect(num, self.features, at, address, size, flags)
                self._indirect(walk, at, address, entries)
                return
            walk.add(at, address, size, flags)
            if not flags & VIRTQ_DESC_F_NEXT:
                return
            following = word >> 48
            if following >= num:
                raise walk.fault(Fault.NEXT_OUT_OF_RANGE, at, f"next is {following}")
            at = following
        raise walk.fault(Fault.CHAIN_TOO_LONG, at, f"more than {num}, from descriptor {head} on")

    @staticmethod
    def _indirect(walk: Walk, descriptor: int, table: int, entries: int) -> None:
        """Collect the elements of the chain in an indirect table, which starts at its entry 0 (2.7.5.3)."""
        at = 0
        where = f"; of the indirect table of descriptor {descriptor}"
        for _ in range(entries):
            address, size, flags, following = walk.entry(table + DESC_BYTES * at)
            walk.nested(at, flags)
            walk.add(at, address, size, flags, where)
            if not flags & VIRTQ_DESC_F_NEXT:
                return
            if following >= entries:
                raise walk.fault(Fault.NEXT_OUT_OF_RANGE, at, f"next is {following}{where}")
            at = following
        raise walk.fault(Fault.CHAIN_TOO_LONG, at, f"more than {entries}{where}")

    def _unpop(self, slots: int) -> None:
        self.state.next_avail = self.state.next_avail - slots & 0xFFFF

    # --- used ring ------------------------------------------------------------------------------------------------------

    def _filled(self, number: int) -> None:
        id_, length, _, _ = self.state.filled[number]
        self._write_entry(self.state.next_used + number, id_, length)

    def _write_entry(self, index: int, id_: int, length: int) -> None:
        at = self.vring.device + 4 + 8 * (index & self.vring.num - 1)
        self._port.write(at, 4, id_)
        self._port.write(at + 4, 4, length)

    def _flush(self) -> None:
        s = self.state
        count = len(s.filled)
        if self._in_order:
            index = s.next_used
            for id_, length, slots in self._batches():
                self._write_entry(index, id_, length)
                index += slots
        self._port.barrier(WRITE)
        s.next_used = s.next_used + count & 0xFFFF
        s.fresh = min(s.fresh + count, 0xFFFF)
        self._port.write(self.vring.device + 2, 2, s.next_used)

    # --- notifications --------------------------------------------------------------------------------------------------

    def should_notify(self) -> bool:
        """By used_event with EVENT_IDX, else by avail.flags (2.7.7)."""
        s, vring = self.state, self.vring
        if self.tenure.ended:
            return False
        self._port.barrier(FULL)
        fresh, first = s.fresh, not s.decided
        s.fresh, s.decided = 0, True
        legacy = not self.features >> VIRTIO_F_VERSION_1 & 1
        if legacy and self.features >> VIRTIO_F_NOTIFY_ON_EMPTY & 1 and not s.inflight and self.empty():
            return True
        if not self._event_idx:
            return not self._port.read(vring.driver, 2) & VIRTQ_AVAIL_F_NO_INTERRUPT
        if first and self.policy.first_interrupt:
            return True
        return need_event(self._port.read(vring.used_event, 2), s.next_used, s.next_used - fresh)

    def set_notification(self, wanted: bool) -> None:
        """By avail_event with EVENT_IDX, else by used.flags (2.7.10)."""
        s, vring, port = self.state, self.vring, self._port
        if self.tenure.ended:
            return
        s.notification = wanted
        if self._event_idx:
            if wanted:
                port.write(vring.avail_event, 2, self._read_avail_index())
        else:
            flags = port.read(vring.device, 2)
            port.write(vring.device, 2, flags & ~VIRTQ_USED_F_NO_NOTIFY if wanted else flags | VIRTQ_USED_F_NO_NOTIFY)
        if wanted:
            port.barrier(FULL)

    def _consistent(self, state: DeviceQueueState) -> None:
        if (state.next_avail - state.next_used) & 0xFFFF != state.out:
            raise StateError(f"next_avail {state.next_avail} is not {state.out} buffers ahead of next_used {state.next_used}")
        if (state.seen_avail - state.next_avail) & 0xFFFF > self.vring.num:
            raise StateError(f"seen_avail {state.seen_avail} is more than the queue size ahead of {state.next_avail}")
