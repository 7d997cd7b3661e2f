"""The driver's side of a split virtqueue (virtio 1.2, 2.7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from irqpath.virtio.driver_queue import FULL, READ, WRITE, DriverQueueState, IndirectArea, VringVirtqueue
from irqpath.virtio.faults import Fault, StateError
from irqpath.virtio.wire import (
    DESC_BYTES,
    VIRTIO_F_NOTIFICATION_DATA,
    VIRTQ_AVAIL_F_NO_INTERRUPT,
    VIRTQ_DESC_F_INDIRECT,
    VIRTQ_DESC_F_NEXT,
    VIRTQ_DESC_F_WRITE,
    VIRTQ_USED_F_NO_NOTIFY,
    Sg,
    need_event,
)


class SplitVringVirtqueue(VringVirtqueue):
    """Table, available ring (`vring.driver`), used ring (`vring.device`)."""

    __slots__ = ()

    packed: ClassVar[bool] = False

    def _allocate(self, count: int) -> list[int]:
        """Free descriptors: in ring order with IN_ORDER (2.7.9), else those that came back last."""
        free = self.state.free
        return [free.popleft() for _ in range(count)]

    def _add_direct(self, readable: Sequence[Sg], writable: Sequence[Sg]) -> int:
        chain = self._allocate(len(readable) + len(writable))
        desc, write = self.vring.desc, self._port.write
        last = len(chain) - 1
        for n, (address, size) in enumerate((*readable, *writable)):
            flags = (VIRTQ_DESC_F_NEXT if n < last else 0) | (0 if n < len(readable) else VIRTQ_DESC_F_WRITE)
            at = desc + DESC_BYTES * chain[n]
            write(at, 8, address)
            write(at + 8, 8, size | flags << 32 | (chain[n + 1] if n < last else 0) << 48)
        self.state.chains[chain[0]] = chain
        self._make_available(chain[0])
        return chain[0]

    def _add_indirect(self, readable: Sequence[Sg], writable: Sequence[Sg], area: IndirectArea) -> int:
        (head,) = self._allocate(1)
        table, write = area.table(head), self._port.write
        count = len(readable) + len(writable)
        for n, (address, size) in enumerate((*readable, *writable)):
            more = n + 1 < count
            flags = (VIRTQ_DESC_F_NEXT if more else 0) | (0 if n < len(readable) else VIRTQ_DESC_F_WRITE)
            write(table + DESC_BYTES * n, 8, address)
            write(table + DESC_BYTES * n + 8, 8, size | flags << 32 | (n + 1 if more else 0) << 48)
        at = self.vring.desc + DESC_BYTES * head
        write(at, 8, table)
        write(at + 8, 8, DESC_BYTES * count | VIRTQ_DESC_F_INDIRECT << 32)
        self.state.chains[head] = [head]
        self._make_available(head)
        return head

    def _make_available(self, head: int) -> None:
        """Ring entry, barrier, index (2.7.13, R66)."""
        s, vring, port = self.state, self.vring, self._port
        port.write(vring.driver + 4 + 2 * (s.next_avail & vring.num - 1), 2, head)
        port.barrier(WRITE)
        s.next_avail = s.next_avail + 1 & 0xFFFF
        port.write(vring.driver + 2, 2, s.next_avail)

    def _advance(self, descriptors: int) -> int:
        return 1

    # --- used buffers ---------------------------------------------------------------------------------------------------

    def _used_ahead(self) -> int:
        return (self._port.read(self.vring.device + 2, 2) - self.state.last_used) & 0xFFFF

    def more_used(self) -> bool:
        """Whether used.idx has moved on, or an IN_ORDER batch is under way."""
        return self.state.batch >= 0 or self._used_ahead() != 0

    def _read_used(self) -> tuple[int, int] | None:
        s = self.state
        ahead = self._used_ahead()
        if not ahead:
            return None
        if ahead > len(s.buffers):
            raise self._fault(Fault.USED_INDEX_JUMP, -1, f"by {ahead}, {len(s.buffers)} buffers are outstanding")
        self._port.barrier(READ)
        at = self.vring.device + 4 + 8 * (s.last_used & self.vring.num - 1)
        return self._port.read(at, 4), self._port.read(at + 4, 4)

    def _check_batch(self, id_: int) -> None:
        length = self.state.order.index(id_) + 1
        if length > self._used_ahead():
            raise self._fault(Fault.USED_INDEX_JUMP, id_, f"a batch of {length} buffers ends beyond used.idx")

    def _used_up(self, descriptors: int) -> None:
        self.state.last_used = self.state.last_used + 1 & 0xFFFF

    def _free(self, id_: int) -> None:
        chain = self.state.chains.pop(id_)
        if self._in_order:
            self.state.free.extend(chain)
        else:
            self.state.free.extendleft(reversed(chain))

    # --- notifications --------------------------------------------------------------------------------------------------

    def kick_prepare(self) -> bool:
        """By avail_event with EVENT_IDX, else by used.flags (2.7.13.4)."""
        self._check_works()
        s, vring, port = self.state, self.vring, self._port
        port.barrier(FULL)
        added, s.num_added = s.num_added, 0
        if self._event_idx:
            return need_event(port.read(vring.avail_event, 2), s.next_avail, s.next_avail - added)
        return not port.read(vring.device, 2) & VIRTQ_USED_F_NO_NOTIFY

    def disable_cb(self) -> None:
        """By avail.flags; with EVENT_IDX used_event just stays behind (2.7.7.1)."""
        self.state.callbacks = False
        if not self._event_idx:
            self._port.write(self.vring.driver, 2, VIRTQ_AVAIL_F_NO_INTERRUPT)

    def enable_cb_prepare(self, ahead: int = 0) -> int:
        """By used_event with EVENT_IDX, else by avail.flags (2.7.7.1)."""
        s = self.state
        s.callbacks = True
        if self._event_idx:
            self._port.write(self.vring.used_event, 2, s.last_used + ahead & 0xFFFF)
        else:
            self._port.write(self.vring.driver, 2, 0)
        self._port.barrier(FULL)
        return s.last_used

    @property
    def outstanding(self) -> int:
        """Buffers that the device has."""
        return len(self.state.buffers)

    def poll(self, mark: int) -> bool:
        """Whether used.idx is not at the mark."""
        return self._port.read(self.vring.device + 2, 2) != mark & 0xFFFF

    def _move_used_event(self) -> None:
        if self._event_idx:
            self._port.write(self.vring.used_event, 2, self.state.last_used)
            self._port.barrier(FULL)

    def notification_data(self) -> int:
        """Queue number, with NOTIFICATION_DATA the available index above it (2.9)."""
        if self.features >> VIRTIO_F_NOTIFICATION_DATA & 1:
            return self.vq.index | self.state.next_avail << 16
        return self.vq.index

    def _consistent(self, state: DriverQueueState) -> None:
        held = [n for chain in state.chains.values() for n in chain]
        if sorted([*held, *state.free]) != list(range(self.vring.num)):
            raise StateError("free and chains: these are not all descriptors, each once")
        if state.chains.keys() != state.buffers.keys():
            raise StateError("buffers and chains do not belong together")
        if any(count != len(state.chains[id_]) for id_, (_, count, _) in state.buffers.items()):
            raise StateError("chains: a buffer's chain has another length than the buffer")
        if (state.next_avail - state.last_used) & 0xFFFF != len(state.buffers):
            raise StateError(f"next_avail {state.next_avail} is not {len(state.buffers)} ahead of last_used {state.last_used}")
