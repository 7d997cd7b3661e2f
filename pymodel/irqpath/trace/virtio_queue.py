"""One recorded virtqueue against the golden device side: pops, used elements, notifications both ways, loads by the driver.

The recorded device runs beside the recorded CPUs, each in a thread of its own. A fill or flush is logged just before its store;
a load is logged after it was made, but before the next event of a CPU. So a load may see the ring as it was before stores of
which it is not certain that they were made when the event before the load's was logged (`Store.done`), and nothing older.
What a device does to its event suppression field is not logged: a load may see what the device can have put there by then, by
its role (`Role`), and the model takes over which of these it was.
"""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass
from typing import Final, Protocol

from irqpath.core.transactions import BarrierKind
from irqpath.trace.virtio_late import LateStores
from irqpath.virtio.chain import Chain
from irqpath.virtio.device_queue import DeviceQueue
from irqpath.virtio.faults import RingFault, StateError
from irqpath.virtio.packed_device import event_index
from irqpath.virtio.port import GuestMemory
from irqpath.virtio.wire import (
    DESC_BYTES,
    EVENT_WRAP_BIT,
    PACKED_FLAGS,
    RING_EVENT_FLAGS_DESC,
    RING_EVENT_FLAGS_DISABLE,
    RING_EVENT_FLAGS_ENABLE,
    VIRTIO_RING_F_EVENT_IDX,
    VIRTQ_DESC_F_AVAIL,
    VIRTQ_USED_F_NO_NOTIFY,
    need_event,
)

_DISABLE: Final = RING_EVENT_FLAGS_DISABLE << 16


class Tell(Protocol):
    """How a deviation is reported."""

    def __call__(self, kind: str, what: str, expected: int | str, seen: int | str, detail: str = "") -> None: ...


class Role(enum.Enum):
    """When the reference device (QEMU) wants to be notified of new buffers."""

    ALWAYS = "net's control queue, most devices: always"
    SERVE = "net's transmit queues, blk, scsi's request queues: not while it serves the queue; again when nothing is left"
    RECEIVE = "net's receive queues: only when the buffers do not suffice for a packet"


@dataclass(slots=True)
class Store:
    """What a store of the device overwrote. `done`: how many events of CPUs had been logged when it was certain to be made; -1
    while it is not."""

    address: int
    old: bytes
    done: int = -1


class Journal(GuestMemory):
    """Memory that remembers what a device's stores overwrote, oldest first. `cpu_events`: how many were logged so far."""

    def __init__(self) -> None:
        super().__init__()
        self.stores: list[Store] = []
        self.cpu_events = 0
        self.write = self._write
        self.load = self._load

    def _write(self, address: int, size: int, value: int, /) -> None:
        self._load(address, (value & ((1 << 8 * size) - 1)).to_bytes(size, "little"))

    def _load(self, address: int, data: bytes, /) -> None:
        self.stores.append(Store(address, self.memory.dump(address, len(data))))
        self.memory.load(address, data)

    def barrier(self, kind: BarrierKind, /) -> None:
        """Nothing to do: the model's accesses happen in order."""

    def take(self) -> list[Store]:
        """The stores since the last call."""
        stores, self.stores = self.stores, []
        return stores


class QueueChecks:
    """Compares the events of one queue. `compared`: one an event; `also`: checks that no event stands for."""

    def __init__(
        self,
        name: str,
        role: Role,
        queue: DeviceQueue,
        journal: Journal,
        compared: Counter[str],
        also: Counter[str],
        tell: Tell,
        late: LateStores,
    ) -> None:
        self.name: Final = name
        self.role: Final = role
        self.queue: Final = queue
        self._journal = journal
        self._compared = compared
        self._also = also
        self._tell = tell
        self._late = late
        self._event_idx = bool(queue.features >> VIRTIO_RING_F_EVENT_IDX & 1)
        self._chains: dict[int, Chain] = {}
        self._in_flight: list[Store] = []
        self._decisions: set[bool] | None = None
        self._expected_kicks: list[int] = []
        self._event_before = 0, -2
        self._credit = False
        self._handling = False
        self._driver_at = 0
        self._driver_wrap = True

    # --- what the device does -------------------------------------------------------------------------------------------

    def pop(self, id_: int, writable: int, readable: int) -> None:
        """`pop`: the recorded device took a buffer; `id_` is the recorder's name for it."""
        self._compared["virtio pop"] += 1
        self._next_event()
        if self.role is not Role.ALWAYS:
            self._quiet()
        try:
            chain = self.queue.pop()
        except RingFault as fault:
            self._tell("virtio pop", self.name, str(fault), f"buffer {id_}")
            return
        for store in self._journal.take():  # avail_event at most, made before the event was logged
            self._event_before = int.from_bytes(store.old, "little"), self._journal.cpu_events
        if chain is None:
            self._tell("virtio pop", self.name, "nothing available", f"buffer {id_}")
            return
        if (len(chain.writable), len(chain.readable)) != (writable, readable):
            expected = f"{len(chain.readable)} readable, {len(chain.writable)} writable"
            self._tell("virtio pop", self.name, expected, f"{readable} readable, {writable} writable")
        if id_ in self._chains:
            self._tell("virtio pop", self.name, "a new buffer", f"buffer {id_}, which is out already")
        self._chains[id_] = chain

    def fill(self, id_: int, length: int, index: int) -> None:
        """`fill`: a used element; `index` counts within a batch."""
        self._compared["virtio used element"] += 1
        if index == 0 or not self.queue.packed:
            self._next_event()
        chain = self._chains.pop(id_, None)
        if chain is None:
            self._tell("virtio used element", self.name, "a buffer that was popped", f"buffer {id_}")
            return
        if index != len(self.queue.state.filled):
            self._tell("virtio used element", self.name, len(self.queue.state.filled), index, "place in the batch")
        try:
            self.queue.fill(chain.id, length)
        except StateError as error:
            self._tell("virtio used element", self.name, str(error), f"{length} bytes in buffer {id_}")
        self._note_stores()

    def flush(self, count: int) -> None:
        """`flush`: the driver may see `count` used elements from now on (split rings only: of packed ones it is not logged)."""
        self._compared["virtio flush"] += 1
        self._stores_done()
        flushed = self.queue.flush()
        self._note_stores()
        if flushed != count:
            self._tell("virtio flush", self.name, flushed, count)
        self._decide()

    def interrupt(self) -> bool:
        """`intr`: the device interrupts. Whether the model agrees that it may."""
        self._compared["virtio interrupt"] += 1
        self._flush_packed()
        self._stores_done()
        legal = self._decisions is not None and True in self._decisions
        if not legal:
            if self._decisions is None:
                self._tell("virtio interrupt", self.name, "none: no new used element", "an interrupt")
            else:
                self._late.doubt(self._unwanted)
        self._decisions = None
        self.queue.should_notify()
        return legal

    def _unwanted(self) -> None:
        self._tell("virtio interrupt", self.name, "none: the driver does not want one", "an interrupt")

    def handled(self) -> None:
        """`notify`: the device handles a notification, which must have been sent."""
        self._compared["virtio notification handled"] += 1
        self._next_event()
        if not self._credit:
            self._tell("virtio notification handled", self.name, "none sent", "one handled")
        self._credit = False
        if self.role is Role.SERVE:
            self._quiet()

    def credit(self) -> None:
        """A notification was sent, or the device was started, which looks at all queues."""
        self._credit = True

    def end(self) -> None:
        """The queue goes away, or the recording ends: nothing may be outstanding."""
        self._next_event()
        for cpu in self._expected_kicks:
            self._tell("virtio notification", self.name, f"expected from CPU {cpu}", "never sent")
        self._expected_kicks.clear()

    def _next_event(self) -> None:
        """The device's next event: its stores before are done, and a decision not to interrupt was taken."""
        self._flush_packed()
        self._stores_done()
        if self._decisions is not None:
            self._also["virtio interrupt suppressed"] += 1
            if False not in self._decisions:
                self._tell("virtio interrupt", self.name, "expected", "none")
            self._decisions = None
            self.queue.should_notify()

    def _flush_packed(self) -> None:
        if self.queue.packed and self.queue.state.filled:
            self.queue.flush()
            self._note_stores()
            self._decide()

    def _decide(self) -> None:
        """What the device may decide now: its read of used_event may come at any time until its next event."""
        state = self.queue.state
        fresh, decided = state.fresh, state.decided
        decision = self.queue.should_notify()
        state.fresh, state.decided = fresh, decided
        self._decisions = {decision} | (self._decisions or set())

    def _quiet(self) -> None:
        """The device wants no notifications from now on, until the driver sees that it does."""
        self._handling = True
        if self.queue.state.notification:
            self.queue.set_notification(False)
            self._journal.take()

    def _note_stores(self) -> None:
        self._in_flight += self._journal.take()

    def _stores_done(self) -> None:
        """An event of the device: what it stored before is certain."""
        for store in self._in_flight:
            if store.done < 0:
                store.done = self._journal.cpu_events

    # --- what the driver does -------------------------------------------------------------------------------------------

    def stored(self, address: int, count: int) -> None:
        """The driver stored `count` bytes into the ring: a decision of the device may fall before or after it."""
        if self._decisions is not None:
            self._decide()
        self._late.stored(address, count)

    def load(self, cpu: int, address: int, size: int, seen: int) -> None:
        """`ml`: the driver looks at what the device writes."""
        self._compared["virtio ring load"] += 1
        self._flush_packed()
        vring = self.queue.vring
        place = vring.device if self.queue.packed or not self._event_idx else vring.avail_event
        if address == place:
            self._event_load(cpu, address, size, seen)
            return
        self._late.looked()
        value = self._journal.memory.dump(address, size)
        wanted = seen.to_bytes(size, "little")
        undone = bytearray(value)
        self._forget_seen()
        for store in reversed(self._in_flight):
            if undone == wanted:
                break
            for n, byte in enumerate(store.old):
                if 0 <= store.address + n - address < size:
                    undone[store.address + n - address] = byte
        if undone != wanted:
            self._tell("virtio ring load", self._field(address), int.from_bytes(value, "little"), seen, f"loaded by CPU {cpu}")
        elif value == wanted:
            self._seen(address, size)

    def _forget_seen(self) -> None:
        """Stores that were made before the event of a CPU that precedes this one: every load sees them."""
        last = self._journal.cpu_events - 1
        self._in_flight = [store for store in self._in_flight if store.done < 0 or store.done >= last]

    def _seen(self, address: int, size: int) -> None:
        """The newest value was seen: stores up to the last one there are done, for the device stores in order."""
        for number in range(len(self._in_flight) - 1, -1, -1):
            store = self._in_flight[number]
            if store.address < address + size and address < store.address + len(store.old):
                del self._in_flight[: number + 1]
                return

    def _field(self, address: int) -> str:
        """Name of the place in the ring."""
        vring = self.queue.vring
        if self.queue.packed:
            slot, offset = divmod(address - vring.desc, DESC_BYTES)
            return f"{self.name} desc[{slot}]+{offset}" if 0 <= slot < vring.num else f"{self.name} device event"
        if address == vring.device + 2:
            return f"{self.name} used.idx"
        slot, offset = divmod(address - vring.device - 4, 8)
        return f"{self.name} used.ring[{slot}]+{offset}" if address >= vring.device + 4 else f"{self.name} used.flags"

    # --- notifications of the driver ------------------------------------------------------------------------------------

    def _event_load(self, cpu: int, address: int, size: int, seen: int) -> None:
        """The driver looks whether the device wants a notification: what it may see, and what it must do then."""
        now = self._journal.read(address, size)
        wishes = self._wishes()
        legal = self._legal_events(now, wishes)
        if seen not in legal:
            expected = " or ".join(f"{value:#x}" for value in sorted(legal))
            self._tell("virtio ring load", f"{self.name} device's wish", expected, seen, f"loaded by CPU {cpu}")
        elif seen != now:
            self._also["virtio event field taken over"] += 1
            if seen in wishes and self.role is not Role.ALWAYS:
                self.queue.set_notification(True)
                self._handling = False
                self._journal.take()
        self._journal.memory.write(address, size, seen)
        if self._wants(seen):
            # It is sent when the queue's lock is free again: another CPU may decide on the next one before.
            self._expected_kicks.append(cpu)
            self._credit = True
        else:
            self._also["virtio notification suppressed"] += 1

    def _wishes(self) -> set[int]:
        """What the field can hold once the device wants notifications: with EVENT_IDX, the index behind what it has taken (then
        nothing was left), or behind what is available."""
        s, vring = self.queue.state, self.queue.vring
        if not self.queue.packed:
            if self._event_idx:
                return {s.next_avail, self._journal.read(vring.driver + 2, 2)}
            return {self._journal.read(vring.device, 2) & ~VIRTQ_USED_F_NO_NOTIFY}
        if self._event_idx:
            return {s.next_avail | (EVENT_WRAP_BIT if s.avail_wrap else 0) | RING_EVENT_FLAGS_DESC << 16}
        return {self._journal.read(vring.device, 2) | RING_EVENT_FLAGS_ENABLE << 16}

    def _legal_events(self, now: int, wishes: set[int]) -> set[int]:
        """What the field may hold by now: `now` as far as is known; a wish or none while the device is at work."""
        s = self.queue.state
        if self.role is Role.ALWAYS:
            legal = {now}
            if self._event_before[1] >= self._journal.cpu_events - 1:
                legal.add(self._event_before[0])  # the load may have been made before
            if not self.queue.packed and self._event_idx and wishes != {s.next_avail}:
                legal.add(s.next_avail + 1 & 0xFFFF)  # it may have taken one more, which is logged later
            return legal
        if not self._handling:
            return {now}
        if self.queue.packed:
            return {now, *wishes, now & 0xFFFF | _DISABLE}
        return {now, *wishes} if self._event_idx else {now, *wishes, now | VIRTQ_USED_F_NO_NOTIFY}

    def _wants(self, event: int) -> bool:
        """Whether the driver must notify, by what it saw (2.7.13.4, 2.8.21)."""
        vring = self.queue.vring
        if self.queue.packed:
            added = self._scan()
            flags = event >> 16 & 3
            if flags != RING_EVENT_FLAGS_DESC or not self._event_idx:
                return flags != RING_EVENT_FLAGS_DISABLE
            index = event_index(event & 0xFFFF, vring.num, self._driver_wrap)
            return need_event(index, self._driver_at, self._driver_at - added)
        before, self._driver_at = self._driver_at, self._journal.read(vring.driver + 2, 2)
        if not self._event_idx:
            return not event & VIRTQ_USED_F_NO_NOTIFY
        return need_event(event, self._driver_at, before)

    def _scan(self) -> int:
        """Packed: follow the driver over what it has made available since; how many descriptors."""
        vring, added = self.queue.vring, 0
        while added < vring.num:
            flags = self._journal.read(vring.desc + DESC_BYTES * self._driver_at + PACKED_FLAGS, 2)
            if bool(flags & VIRTQ_DESC_F_AVAIL) != self._driver_wrap:
                break
            added += 1
            self._driver_at += 1
            if self._driver_at == vring.num:
                self._driver_at, self._driver_wrap = 0, not self._driver_wrap
        return added

    def kicked(self) -> None:
        """`kick`: the driver notifies the device, which it does only when that is expected."""
        self._compared["virtio notification sent"] += 1
        if self._expected_kicks:
            self._expected_kicks.pop(0)
        else:
            self._tell("virtio notification", self.name, "not expected", "sent")
