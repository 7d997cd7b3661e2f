"""The device's side of a virtqueue: what is common to split and packed rings (virtio 1.2, 2.7 and 2.8).

A device calls `pop` for the next buffer, works on it, and returns it with `fill` and `flush` (or both at once: `push`); then
`should_notify` says whether the driver is to be interrupted. It tells the driver by `set_notification` whether it wants to
hear of new buffers. Indices are free-running modulo 2^16 on a split ring, slots and wrap counters on a packed ring.

Whatever a driver does wrong raises `RingFault` before anything is written; the queue is then broken until it is made anew.
Once its `tenure` has ended, by a reset of the queue or of the device, or because the device needs a reset, a queue takes no
buffers and touches memory no more, whoever still holds it or buffers of it (2.4.1, 2.6.1.1.1).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final

from irqpath.core.transactions import BarrierKind
from irqpath.virtio.chain import Chain, Tenure, Walk
from irqpath.virtio.faults import Fault, QueueFault, RingFault, StateError
from irqpath.virtio.policy import IRQPATH, VirtioPolicy
from irqpath.virtio.port import RingPort
from irqpath.virtio.state import restore, save, within
from irqpath.virtio.wire import VIRTIO_F_IN_ORDER, VIRTIO_RING_F_EVENT_IDX, Vring

READ, WRITE, FULL = BarrierKind.READ, BarrierKind.WRITE, BarrierKind.FULL


@dataclass(slots=True)
class DeviceQueueState:
    """Where the device is. `next_avail`, `next_used`: the next entry to take and to return (split: free-running; packed: slot,
    with `avail_wrap` and `used_wrap`); `seen_avail`: available index as last read (split); `fresh`: entries returned since the
    last decision to notify; `decided`: such a decision was made; `inflight`: id -> (ring slots, writable bytes) of buffers that
    were popped and not yet filled; `order`: with IN_ORDER their ids, oldest first; `filled`: (id, length, ring slots, writable
    bytes) not yet flushed; `out`: ring slots of all these."""

    next_avail: int = 0
    next_used: int = 0
    seen_avail: int = 0
    avail_wrap: bool = True
    used_wrap: bool = True
    fresh: int = 0
    decided: bool = False
    notification: bool = True
    inflight: dict[int, tuple[int, int]] = field(default_factory=dict)
    order: deque[int] = field(default_factory=deque)
    filled: list[tuple[int, int, int, int]] = field(default_factory=list)
    out: int = 0


class DeviceQueue(ABC):
    """Base of `SplitDeviceQueue` and `PackedDeviceQueue`. `features`: those negotiated; `index`: number of the queue."""

    __slots__ = ("_event_idx", "_in_order", "_port", "broken", "features", "index", "policy", "state", "tenure", "vring")

    packed: ClassVar[bool]

    def __init__(
        self, vring: Vring, port: RingPort, features: int = 0, *, index: int = 0, policy: VirtioPolicy = IRQPATH
    ) -> None:
        """Raises `RingFault` for a ring that cannot be: size, alignment, outside memory."""
        vring.check(port, index)
        self.vring: Final = vring
        self.features: Final = features
        self.index: Final = index
        self.policy: Final = policy
        self.state = DeviceQueueState()
        self.broken: QueueFault | None = None
        self.tenure: Final = Tenure()
        self._port = port
        self._event_idx = bool(features >> VIRTIO_RING_F_EVENT_IDX & 1)
        self._in_order = bool(features >> VIRTIO_F_IN_ORDER & 1)

    # --- what a device calls --------------------------------------------------------------------------------------------

    def pop(self) -> Chain | None:
        """Take the next available buffer; None if there is none. Raises `RingFault`; nothing is written then."""
        if self.broken is not None:
            raise RingFault(self.broken)
        if self.tenure.ended:
            return None
        try:
            chain = self._pop()
        except RingFault as fault:
            self.broken = fault.fault
            raise
        if chain is not None:
            s = self.state
            s.inflight[chain.id] = chain.ring_slots, chain.writable_bytes
            s.out += chain.ring_slots
            if self._in_order:
                s.order.append(chain.id)
        return chain

    def fill(self, buffer: int | Chain, length: int) -> None:
        """Return a popped buffer, or the one of this id, of which `length` bytes were written; the driver sees it at the next
        `flush`. Has no effect when the queue's tenure or that of the buffer has ended, whose id may be another's by now.

        Raises `StateError` when no such buffer is out, when `length` is more than it can take, or out of order with IN_ORDER.
        """
        s = self.state
        if self.tenure.ended:
            return
        if isinstance(buffer, Chain):
            if buffer.tenure.ended:
                return
            id_ = buffer.id
        else:
            id_ = buffer
        if id_ not in s.inflight:
            raise StateError(f"queue {self.index}: buffer {id_} is not out")
        slots, room = s.inflight[id_]
        if length > room:
            raise StateError(f"queue {self.index}: {length} bytes returned in buffer {id_}, which has room for {room}")
        if self._in_order:
            if s.order[0] != id_:
                raise StateError(f"queue {self.index}: buffer {id_} returned before {s.order[0]}, which IN_ORDER forbids")
            s.order.popleft()
        del s.inflight[id_]
        s.filled.append((id_, length, slots, room))
        if not self._in_order:
            self._filled(len(s.filled) - 1)

    def flush(self) -> int:
        """Make the filled buffers visible to the driver; how many they were."""
        s = self.state
        count = 0 if self.tenure.ended else len(s.filled)
        if count:
            self._flush()
            s.out -= sum(slots for _, _, slots, _ in s.filled)
            s.filled.clear()
        return count

    def push(self, buffer: int | Chain, length: int) -> None:
        """`fill` and `flush` one buffer."""
        self.fill(buffer, length)
        self.flush()

    def unpop(self, id_: int) -> None:
        """Put the buffer that was popped last back, as if it had never been popped. Raises `StateError` if it is another one."""
        s = self.state
        if self.tenure.ended:
            return
        if next(reversed(s.inflight), -1) != id_:
            raise StateError(f"queue {self.index}: buffer {id_} is not the one that was popped last")
        slots, _ = s.inflight.pop(id_)
        if self._in_order:
            s.order.pop()
        s.out -= slots
        self._unpop(slots)

    def reclaim(self, chain: Chain) -> Chain:
        """A buffer of this queue that is out, as a function that kept it through a save and restore goes on with it: until this
        queue's tenure ends. Raises `StateError` when no such buffer is out."""
        if chain.id not in self.state.inflight:
            raise StateError(f"queue {self.index}: buffer {chain.id} is not out")
        return replace(chain, tenure=self.tenure)

    @abstractmethod
    def should_notify(self) -> bool:
        """Whether the driver wants an interrupt for what was flushed since the last call (R63 to R65, R70).

        Never once the queue's tenure has ended.
        """

    @abstractmethod
    def set_notification(self, wanted: bool) -> None:
        """Tell the driver whether new buffers are to be notified; after True, look once more.

        With EVENT_IDX that is the next one after all that were popped (packed) or are available (split).
        """

    @abstractmethod
    def empty(self) -> bool:
        """Whether no buffer is available now."""

    # --- state ----------------------------------------------------------------------------------------------------------

    def save(self) -> dict[str, Any]:
        """The state as plain data; the ring's own bytes lie in memory and are not part of it."""
        return save(self.state)

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Go on from a saved state. Raises `StateError` for one that this queue cannot be in; nothing changes then."""
        state = restore(DeviceQueueState, saved)
        num = self.vring.num
        top = num - 1 if self.packed else 0xFFFF
        within("next_avail", state.next_avail, 0, top)
        within("next_used", state.next_used, 0, top)
        within("seen_avail", state.seen_avail, 0, 0xFFFF)
        within("fresh", state.fresh, 0, 0xFFFF)
        out = [*((id_, 0, *entry) for id_, entry in state.inflight.items()), *state.filled]
        for id_, length, slots, room in out:
            within("inflight, filled: id of a buffer", id_, 0, 0xFFFF if self.packed else num - 1)
            within("inflight, filled: ring slots of a buffer", slots, 1, num)
            within("filled: length of a buffer", length, 0, room)
        within("out", state.out, 0, num)
        if state.out != sum(entry[2] for entry in out) or list(state.order) != (list(state.inflight) if self._in_order else []):
            raise StateError("inflight, filled, order and out do not belong together")
        if len({entry[0] for entry in out}) != len(out):
            raise StateError("inflight and filled: two buffers have the same id")
        self._consistent(state)
        self.state = state

    # --- what a kind of ring adds ---------------------------------------------------------------------------------------

    @abstractmethod
    def _pop(self) -> Chain | None: ...

    @abstractmethod
    def _unpop(self, slots: int) -> None: ...

    @abstractmethod
    def _filled(self, number: int) -> None:
        """Entry `number` of `filled` may be written now; the driver does not see it before `_flush`."""

    @abstractmethod
    def _flush(self) -> None: ...

    @abstractmethod
    def _consistent(self, state: DeviceQueueState) -> None:
        """Raise `StateError` unless the indices are as many ring slots apart as are out."""

    def _batches(self) -> list[tuple[int, int, int]]:
        """(id, length, ring slots) of the used entries that close the filled buffers: one each, or with IN_ORDER one for
        a batch whose other buffers were used completely (R71)."""
        found = []
        slots = 0
        filled = self.state.filled
        for n, (id_, length, own, room) in enumerate(filled):
            slots += own
            skipped = self._in_order and self.policy.in_order_batches and length == room and n + 1 < len(filled)
            if not skipped:
                found.append((id_, length, slots))
                slots = 0
        return found

    def _fault(self, error: Fault, descriptor: int = -1, detail: str = "") -> RingFault:
        return RingFault(QueueFault(error, self.index, descriptor, detail))

    def _walk(self) -> Walk:
        return Walk(self.index, self._port, self.policy)
