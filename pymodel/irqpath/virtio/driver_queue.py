"""The driver's side of a virtqueue: what is common to split and packed rings (virtio 1.2, 2.7 and 2.8).

The functions have Linux's names of today; the docstrings give those that the literature uses (add_buf, kick, get_buf of
`virtqueue_ops`, which Linux dropped after 2.6). A `Virtqueue` is what the driver of a device knows; the `VringVirtqueue`
wraps it together with the `Vring`, and `to_vvq` leads from the one to the other, as container_of does in Linux.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from irqpath.core.errors import ConfigError
from irqpath.core.transactions import BarrierKind
from irqpath.virtio.faults import Fault, QueueFault, QueueFull, RingFault, StateError
from irqpath.virtio.port import RingPort
from irqpath.virtio.state import restore, save, within
from irqpath.virtio.wire import (
    DESC_BYTES,
    VIRTIO_F_IN_ORDER,
    VIRTIO_RING_F_EVENT_IDX,
    VIRTIO_RING_F_INDIRECT_DESC,
    Sg,
    Vring,
    writable_bytes,
)

READ, WRITE, FULL = BarrierKind.READ, BarrierKind.WRITE, BarrierKind.FULL


@dataclass(frozen=True, slots=True)
class IndirectArea:
    """Memory for indirect tables: one table of `entries` entries for each descriptor of the ring, 16 bytes an entry."""

    address: int
    entries: int

    def table(self, id_: int) -> int:
        """Address of the table that buffer `id_` uses."""
        return self.address + id_ * self.entries * DESC_BYTES


@dataclass(slots=True)
class DriverQueueState:
    """Where the driver is.

    `next_avail`, `last_used`: the next entry to make available and to look at (split: free-running; packed: slot, with
    `avail_wrap` and `used_wrap`); `num_added`: entries made available since the last decision to kick; `callbacks`: interrupts
    are wanted; `free`: free ids (split: descriptors), the next to use first; `num_free`: free descriptors; `buffers`: id ->
    (token, descriptors, writable bytes) of buffers that the device has; `order`: with IN_ORDER their ids, oldest first;
    `chains`: of a split ring, the descriptors of each such buffer; `batch`: last id of an IN_ORDER batch under way, -1 without
    one, and `batch_length` its used length.
    """

    next_avail: int = 0
    last_used: int = 0
    avail_wrap: bool = True
    used_wrap: bool = True
    num_added: int = 0
    callbacks: bool = True
    num_free: int = 0
    free: deque[int] = field(default_factory=deque)
    buffers: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    order: deque[int] = field(default_factory=deque)
    chains: dict[int, list[int]] = field(default_factory=dict)
    batch: int = -1
    batch_length: int = 0


class VringVirtqueue(ABC):
    """Base of `SplitVringVirtqueue` and `PackedVringVirtqueue`: `vq` and `vring` side by side, and the driver's state.

    `indirect`: memory for indirect tables; without it, or without VIRTIO_RING_F_INDIRECT_DESC, buffers are chained.
    """

    __slots__ = ("_event_idx", "_in_order", "_port", "broken", "features", "indirect", "state", "vq", "vring")

    packed: ClassVar[bool]

    def __init__(
        self, vring: Vring, port: RingPort, features: int = 0, *, index: int = 0, indirect: IndirectArea | None = None
    ) -> None:
        """An empty ring: writes its parts to zero, as a driver does before it enables the queue. Raises `RingFault`."""
        vring.check(port, index)
        if indirect and (indirect.address % DESC_BYTES or indirect.entries < 1):
            raise ConfigError(
                f"queue {index}: indirect tables of {indirect.entries} entries at {indirect.address:#x}; they need one or more, "
                f"and an address that is a multiple of {DESC_BYTES}"
            )
        if indirect and not port.contains(indirect.address, DESC_BYTES * indirect.entries * vring.num):
            raise ConfigError(f"queue {index}: the indirect tables at {indirect.address:#x} do not lie in memory")
        self.vring: Final = vring
        self.features: Final = features
        self.indirect: Final = indirect if features >> VIRTIO_RING_F_INDIRECT_DESC & 1 else None
        self.broken: QueueFault | None = None
        self._port = port
        self._event_idx = bool(features >> VIRTIO_RING_F_EVENT_IDX & 1)
        self._in_order = bool(features >> VIRTIO_F_IN_ORDER & 1)
        self.state = DriverQueueState(num_free=vring.num, free=deque(range(vring.num)))
        self.vq: Final = Virtqueue(self, index)
        for _, address, size, _ in vring.parts:
            port.load(address, bytes(size))

    # --- what Virtqueue offers ------------------------------------------------------------------------------------------

    def add(self, readable: Sequence[Sg], writable: Sequence[Sg], token: int) -> int:
        """See `Virtqueue.virtqueue_add`."""
        self._check_works()
        total = len(readable) + len(writable)
        if not 1 <= total <= self.vring.num:
            raise ConfigError(
                f"queue {self.vq.index}: a buffer of {total} elements; a driver may use 1 to {self.vring.num} (2.7.5.2)"
            )
        room = writable_bytes(self.vq.index, readable, writable)
        s = self.state
        area = self.indirect
        use_table = area is not None and 1 < total <= area.entries and s.num_free > 0
        needed = 1 if use_table else total
        if needed > s.num_free:
            raise QueueFull(f"queue {self.vq.index}: {needed} descriptors wanted, {s.num_free} free")
        if use_table and area is not None:
            id_ = self._add_indirect(readable, writable, area)
        else:
            id_ = self._add_direct(readable, writable)
        s.num_free -= needed
        s.num_added += self._advance(needed)
        s.buffers[id_] = (token, needed, room)
        if self._in_order:
            s.order.append(id_)
        return id_

    def get_buf(self) -> tuple[int, int] | None:
        """See `Virtqueue.virtqueue_get_buf`."""
        self._check_works()
        try:
            taken = self._next_of_batch() if self.state.batch >= 0 else self._take_used()
        except RingFault as fault:
            self.broken = fault.fault
            raise
        if taken is None:
            return None
        token, length = taken
        if self.state.callbacks:
            self._move_used_event()
        return token, length

    def _take_used(self) -> tuple[int, int] | None:
        """The next used element, validated; with IN_ORDER it may close a batch of several buffers (R71)."""
        found = self._read_used()
        if found is None:
            return None
        id_, length = found
        s = self.state
        if id_ not in s.buffers:
            raise self._fault(Fault.USED_ID_UNKNOWN, id_)
        room = s.buffers[id_][2]
        if length > room:
            raise self._fault(Fault.USED_TOO_LONG, id_, f"{length} bytes of {room}")
        if self._in_order:
            self._check_batch(id_)
            s.batch, s.batch_length = id_, length
            return self._next_of_batch()
        return self._release(id_), length

    def _next_of_batch(self) -> tuple[int, int]:
        """The oldest buffer, which belongs to the batch under way: skipped ones were used completely (2.7.9, 2.8.8)."""
        s = self.state
        id_ = s.order[0]
        length = s.buffers[id_][2]
        if id_ == s.batch:
            length, s.batch = s.batch_length, -1
        return self._release(id_), length

    def _release(self, id_: int) -> int:
        """Buffer `id_` comes back; its token."""
        s = self.state
        token, descriptors, _ = s.buffers.pop(id_)
        if self._in_order:
            s.order.popleft()
        self._free(id_)
        s.num_free += descriptors
        self._used_up(descriptors)
        return token

    def detach_unused(self) -> int | None:
        """See `Virtqueue.virtqueue_detach_unused_buf`."""
        s = self.state
        if not s.buffers:
            return None
        id_, (token, descriptors, _) = s.buffers.popitem()
        if self._in_order:
            s.order.pop()
        self._free(id_)
        s.num_free += descriptors
        return token

    def reset(self) -> None:
        """See `Virtqueue.virtqueue_reset`. Raises `StateError` while the device has buffers."""
        if self.state.buffers:
            raise StateError(f"queue {self.vq.index} is reset with {len(self.state.buffers)} buffers in it; detach them first")
        self.__init__(self.vring, self._port, self.features, index=self.vq.index, indirect=self.indirect)  # type: ignore[misc]  # as it was made

    # --- state ----------------------------------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """The state as plain data, fit for JSON; the ring's own bytes lie in memory and are not part of it."""
        return save(self.state)

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on from a saved state. Raises `StateError` for one that this queue cannot be in; nothing changes then."""
        state = restore(DriverQueueState, saved)
        num = self.vring.num
        top = num - 1 if self.packed else 0xFFFF
        within("next_avail", state.next_avail, 0, top)
        within("last_used", state.last_used, 0, top)
        within("num_added", state.num_added, 0, 0xFFFF)
        for id_ in [*state.free, *state.buffers, *(n for chain in state.chains.values() for n in chain)]:
            within("free, buffers, chains: id of a buffer", id_, 0, num - 1)
        for _, count, room in state.buffers.values():
            within("buffers: descriptors of one", count, 1, num)
            within("buffers: writable bytes of one", room, 0, 1 << 32)
        within("num_free", state.num_free, 0, num)
        within("batch_length", state.batch_length, 0, 1 << 32)
        if state.num_free + sum(count for _, count, _ in state.buffers.values()) != num:
            raise StateError(f"num_free is {state.num_free}: with the descriptors of the buffers it does not make {num}")
        if list(state.order) != (list(state.buffers) if self._in_order else []):
            raise StateError("order: the order of the buffers and the buffers do not belong together")
        if state.batch != -1 and not (self._in_order and state.batch in state.buffers):
            raise StateError(f"batch: it ends with buffer {state.batch}, which the device does not have, or without IN_ORDER")
        self._consistent(state)
        self.state = state

    # --- what a kind of ring adds ---------------------------------------------------------------------------------------

    @abstractmethod
    def _add_direct(self, readable: Sequence[Sg], writable: Sequence[Sg]) -> int:
        """Write a chain of descriptors and make it available; its id."""

    @abstractmethod
    def _add_indirect(self, readable: Sequence[Sg], writable: Sequence[Sg], area: IndirectArea) -> int:
        """Write an indirect table and its descriptor and make it available; its id."""

    @abstractmethod
    def _advance(self, descriptors: int) -> int:
        """A buffer of so many descriptors was made available: by how much the index of notifications moved."""

    @abstractmethod
    def _read_used(self) -> tuple[int, int] | None:
        """(id, length) of the next used element, or None. Raises `RingFault` where the device's index cannot be."""

    @abstractmethod
    def _check_batch(self, id_: int) -> None:
        """Raise `RingFault` if a batch that ends with `id_` goes further than the device's index."""

    @abstractmethod
    def _free(self, id_: int) -> None: ...

    @abstractmethod
    def _used_up(self, descriptors: int) -> None:
        """Move on over a used buffer of so many descriptors."""

    @abstractmethod
    def _consistent(self, state: DriverQueueState) -> None:
        """Raise `StateError` unless free ids and indices fit together."""

    @abstractmethod
    def _move_used_event(self) -> None:
        """With EVENT_IDX: ask for an interrupt at the next used buffer."""

    @abstractmethod
    def kick_prepare(self) -> bool:
        """See `Virtqueue.virtqueue_kick_prepare`."""

    @abstractmethod
    def disable_cb(self) -> None:
        """See `Virtqueue.virtqueue_disable_cb`."""

    @abstractmethod
    def enable_cb_prepare(self, ahead: int = 0) -> int:
        """See `Virtqueue.virtqueue_enable_cb_prepare`; the interrupt is wanted `ahead` entries later."""

    @property
    @abstractmethod
    def outstanding(self) -> int:
        """Entries of the ring (split: buffers; packed: descriptors) that the device has."""

    @abstractmethod
    def poll(self, mark: int) -> bool:
        """See `Virtqueue.virtqueue_poll`."""

    @abstractmethod
    def more_used(self) -> bool:
        """Whether a used element can be read now."""

    @abstractmethod
    def notification_data(self) -> int:
        """What the driver writes with VIRTIO_F_NOTIFICATION_DATA (2.9): queue, next offset, wrap counter."""

    def _check_works(self) -> None:
        if self.broken is not None:
            raise RingFault(self.broken)

    def _fault(self, error: Fault, descriptor: int, detail: str = "") -> RingFault:
        return RingFault(QueueFault(error, self.vq.index, descriptor, detail))


class Virtqueue:
    """A virtqueue in the hand of a driver: the functions of Linux's `<linux/virtio.h>`."""

    __slots__ = ("_vvq", "index")

    def __init__(self, vvq: VringVirtqueue, index: int) -> None:
        self._vvq = vvq
        self.index: Final = index

    @property
    def num_free(self) -> int:
        """Free descriptors."""
        return self._vvq.state.num_free

    @property
    def num_max(self) -> int:
        """The queue size."""
        return self._vvq.vring.num

    def virtqueue_is_broken(self) -> bool:
        """Whether the device broke the rules; every call below then raises the same `RingFault`."""
        return self._vvq.broken is not None

    def virtqueue_add(self, readable: Sequence[Sg], writable: Sequence[Sg] = (), token: int = 0) -> int:
        """Make one buffer available (add_buf): elements for the device to read, then elements for it to write, each (address,
        bytes). `token` comes back from `virtqueue_get_buf`. Returns the buffer's id.

        Raises `QueueFull`, `RingFault` on a broken queue, `ConfigError` for a buffer without elements, of more than the
        queue size, of more than 2^32 bytes, or with an element that no descriptor can describe.
        """
        return self._vvq.add(readable, writable, token)

    def virtqueue_kick_prepare(self) -> bool:
        """Whether the device wants to be notified of what was added since the last call (2.7.13.4, 2.8.21; R63)."""
        return self._vvq.kick_prepare()

    def virtqueue_kick(self) -> int | None:
        """The value for the notification register if the device wants one, else None (kick, the first half; the second is
        the write to the register, `Kick`)."""
        return self.virtqueue_notify() if self._vvq.kick_prepare() else None

    def virtqueue_notify(self) -> int:
        """The value for the notification register, wanted or not (2.9)."""
        return self._vvq.notification_data()

    def virtqueue_get_buf(self) -> tuple[int, int] | None:
        """The next buffer that the device has used, as (token, used length in bytes), or None (get_buf).

        Raises `RingFault`, now and ever after, when the device returned what it cannot return.
        """
        return self._vvq.get_buf()

    def virtqueue_disable_cb(self) -> None:
        """Ask for no interrupts; a hint only (R67)."""
        self._vvq.disable_cb()

    def virtqueue_enable_cb_prepare(self) -> int:
        """Ask for interrupts again; the mark for `virtqueue_poll`."""
        return self._vvq.enable_cb_prepare()

    def virtqueue_poll(self, mark: int) -> bool:
        """Whether a buffer was used since `virtqueue_enable_cb_prepare` gave `mark`."""
        return self._vvq.poll(mark)

    def virtqueue_enable_cb(self) -> bool:
        """Ask for interrupts again; False if a used buffer waits already, which may not cause one."""
        return not self.virtqueue_poll(self.virtqueue_enable_cb_prepare())

    def virtqueue_enable_cb_delayed(self) -> bool:
        """As `virtqueue_enable_cb`, for an interrupt when three quarters of the outstanding buffers were used."""
        self._vvq.enable_cb_prepare(self._vvq.outstanding * 3 // 4)
        return not self._vvq.more_used()

    def virtqueue_detach_unused_buf(self) -> int | None:
        """Token of a buffer that the device never used, which it must not touch any more (after a reset); None at the end."""
        return self._vvq.detach_unused()

    def virtqueue_reset(self) -> None:
        """An empty ring again, after the device has reset the queue (VIRTIO_F_RING_RESET, 2.6.1). Raises `StateError` while
        buffers are in it."""
        self._vvq.reset()


def to_vvq(vq: Virtqueue) -> VringVirtqueue:
    """The `VringVirtqueue` around a `Virtqueue` (container_of)."""
    return vq._vvq
