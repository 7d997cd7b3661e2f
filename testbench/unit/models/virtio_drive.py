"""Both sides of a virtqueue in one memory, with buffers whose contents are known, and random traffic over them."""

from __future__ import annotations

import importlib
import random
from collections import deque
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from irqpath.core.memory import Memory
from irqpath.virtio.device_queue import DeviceQueue
from irqpath.virtio.driver_queue import IndirectArea, Virtqueue, VringVirtqueue, to_vvq
from irqpath.virtio.faults import QueueFull
from irqpath.virtio.policy import IRQPATH, VirtioPolicy
from irqpath.virtio.port import GuestMemory, RecordingPort, RingPort
from irqpath.virtio.wire import (
    VIRTIO_F_IN_ORDER,
    VIRTIO_F_VERSION_1,
    VIRTIO_RING_F_EVENT_IDX,
    VIRTIO_RING_F_INDIRECT_DESC,
    Sg,
    Vring,
    bits,
    packed_init,
    vring_init,
)

RING: Final = 0x10_0000
TABLES: Final = 0x200_0000
BUFFERS: Final = 0x800_0000
BUFFER_BYTES: Final = 0x100_0000
TABLE_ENTRIES: Final = 8

INDIRECT: Final = bits(VIRTIO_RING_F_INDIRECT_DESC)
EVENT_IDX: Final = bits(VIRTIO_RING_F_EVENT_IDX)
IN_ORDER: Final = bits(VIRTIO_F_IN_ORDER)
MODERN: Final = bits(VIRTIO_F_VERSION_1)


def virtqueue() -> ModuleType:
    """`irqpath.virtio.virtqueue` as it is imported now: inside `injected` the copy with the bug."""
    return importlib.import_module("irqpath.virtio.virtqueue")


def ring(packed: bool, num: int, at: int = RING) -> Vring:
    """A ring of either kind."""
    return packed_init(num, at) if packed else vring_init(num, at)


@dataclass(slots=True)
class Pair:
    """Driver and device of one ring, each with its own recording of what it does in memory."""

    memory: GuestMemory
    vq: Virtqueue
    device: DeviceQueue
    driver_log: RecordingPort
    device_log: RecordingPort

    @property
    def vvq(self) -> VringVirtqueue:
        """The driver's whole queue."""
        return to_vvq(self.vq)

    @property
    def vring(self) -> Vring:
        """The ring."""
        return self.vvq.vring

    def desc(self, index: int, address: int, size: int, flags: int, last: int = 0) -> None:
        """Write a descriptor as a driver gone wrong might: `last` is next (split) or the buffer id (packed)."""
        write_desc(self.memory, self.vring, index, address, size, flags, last)

    def offer(self, *heads: int) -> None:
        """Make heads available on a split ring."""
        for head in heads:
            index = self.memory.read(self.vring.driver + 2, 2)
            self.memory.write(self.vring.driver + 4 + 2 * (index % self.vring.num), 2, head)
            self.memory.write(self.vring.driver + 2, 2, index + 1)


def write_desc(memory: RingPort, vring: Vring, index: int, address: int, size: int, flags: int, last: int = 0) -> None:
    """Write one descriptor of the ring."""
    at = vring.desc + 16 * index
    memory.write(at, 8, address)
    memory.write(at + 8, 4, size)
    memory.write(at + 12, 2, last if vring.packed else flags)
    memory.write(at + 14, 2, flags if vring.packed else last)


def pair(packed: bool, num: int, features: int = 0, *, policy: VirtioPolicy = IRQPATH, index: int = 0) -> Pair:
    """A fresh ring with both its sides."""
    memory = GuestMemory(Memory(), ((0, 1 << 32),))
    driver_log, device_log = RecordingPort(memory), RecordingPort(memory)
    vring = ring(packed, num)
    lib = virtqueue()
    area = IndirectArea(TABLES, TABLE_ENTRIES)
    vq = lib.vring_create_virtqueue(vring, driver_log, features, index=index, indirect=area)
    device = lib.device_queue(vring, device_log, features, index=index, policy=policy)
    driver_log.take()
    return Pair(memory, vq, device, driver_log, device_log)


class Traffic:
    """Random buffers through a pair: what the device reads is what the driver wrote, and the other way round, in length, order
    and contents; nobody is told less than is needed to go on.

    With `polite` sides neither looks at the ring unless it was notified or knows that something is there.
    """

    def __init__(self, target: Pair, seed: int, *, most: int = 4) -> None:
        self.pair = target
        self.rng = random.Random(seed)
        self.most = min(most, target.vring.num)
        self.in_order = bool(target.device.features & IN_ORDER)
        self.sent: dict[int, tuple[bytes, list[Sg], list[Sg]]] = {}
        self.returned: dict[int, tuple[int, bytes]] = {}
        self.held: deque[Any] = deque()
        self.order: deque[int] = deque()
        self.tokens: dict[int, int] = {}
        self.done = self.kicks = self.interrupts = 0
        self._token = 0
        self._at = 0

    def elements(self, count: int) -> list[Sg]:
        """Fresh places for `count` elements."""
        found = []
        for _ in range(count):
            size = self.rng.randrange(1, 40)
            if self._at + size > BUFFER_BYTES:
                self._at = 0
            found.append((BUFFERS + self._at, size))
            self._at += size
        return found

    def add(self) -> bool:
        """One more buffer; False if there is no room."""
        total = self.rng.randint(1, self.most)
        writable = self.rng.randint(0, total)
        out, in_ = self.elements(total - writable), self.elements(writable)
        token = self._token
        try:
            id_ = self.pair.vq.virtqueue_add(out, in_, token)
        except QueueFull:
            return False
        self._token += 1
        data = b""
        for address, size in out:
            run = self.rng.randbytes(size)
            self.pair.memory.load(address, run)
            data += run
        self.sent[token] = data, out, in_
        self.tokens[id_] = token
        self.order.append(token)
        return True

    def pop(self) -> bool:
        """The device takes one and looks at it."""
        chain = self.pair.device.pop()
        if chain is None:
            return False
        token = self.tokens[chain.id]
        data, out, in_ = self.sent[token]
        assert token == self.order.popleft(), "buffers become available in order"
        assert (list(chain.readable), list(chain.writable)) == (out, in_)
        assert chain.read(self.pair.memory) == data
        self.held.append((token, chain))
        return True

    def use(self, count: int) -> int:
        """The device returns up to `count` of those it holds; any of them unless IN_ORDER. How many."""
        count = min(count, len(self.held))
        if not self.in_order:
            mixed = list(self.held)
            self.rng.shuffle(mixed)
            self.held = deque(mixed)
        for _ in range(count):
            token, chain = self.held.popleft()
            room = chain.writable_bytes
            response = self.rng.randbytes(self.rng.choice((room, self.rng.randint(0, room))))
            assert chain.write(self.pair.memory, response) == len(response)
            self.pair.device.fill(chain.id, len(response))
            self.returned[token] = len(response), response
        self.pair.device.flush()
        return count

    def get(self) -> bool:
        """The driver takes one back and looks at it."""
        got = self.pair.vq.virtqueue_get_buf()
        if got is None:
            return False
        token, length = got
        wanted, response = self.returned.pop(token)
        _, _, in_ = self.sent.pop(token)
        assert length == wanted
        assert b"".join(self.pair.memory.dump(*element) for element in in_)[:length] == response
        if self.in_order:
            assert token == self.done
        self.done += 1
        return True

    def run(self, buffers: int) -> None:
        """At least so many buffers there and back; a side sleeps until it is notified."""
        device_awake = driver_awake = False
        while self.done < buffers:
            added = 0
            while added < self.rng.randint(0, 6) and self.add():
                added += 1
            if self.pair.vq.virtqueue_kick() is not None:
                self.kicks += 1
                device_awake = True
            if device_awake:
                device_awake = self.serve()
            if self.pair.device.should_notify():
                self.interrupts += 1
                driver_awake = True
            if driver_awake:
                driver_awake = self.handle()
            assert added or device_awake or driver_awake or self.room(), "both sides sleep though the ring is full"

    def room(self) -> bool:
        """Whether the driver could add a buffer of any size."""
        return self.pair.vq.num_free >= self.most

    def serve(self) -> bool:
        """The device at work: True if it stays awake, else it asked to be woken and nothing was there."""
        self.pair.device.set_notification(False)
        while self.rng.random() < 0.8 and self.pop():
            pass
        self.use(self.rng.randint(0, 5))
        if self.held:
            return True
        self.pair.device.set_notification(True)
        return not self.pair.device.empty()

    def handle(self) -> bool:
        """The driver's interrupt handler, as Linux's: True if it stays awake."""
        self.pair.vq.virtqueue_disable_cb()
        while self.rng.random() < 0.9 and self.get():
            pass
        return not self.pair.vq.virtqueue_enable_cb()
