"""Linux's driver against our device side, with our own driver in lockstep: contents, lengths, order, notifications."""

from __future__ import annotations

import random
import time
from collections import deque
from dataclasses import dataclass
from itertools import product
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.virtio.chain import Chain
from irqpath.virtio.device_queue import DeviceQueue
from irqpath.virtio.driver_queue import IndirectArea, Virtqueue
from irqpath.virtio.faults import QueueFull
from irqpath.virtio.policy import VirtioPolicy
from irqpath.virtio.port import GuestMemory
from irqpath.virtio.virtqueue import device_queue, vring_create_virtqueue
from irqpath.virtio.wire import (
    VIRTIO_F_RING_PACKED,
    VIRTIO_F_VERSION_1,
    VIRTIO_RING_F_EVENT_IDX,
    VIRTIO_RING_F_INDIRECT_DESC,
    Sg,
    bits,
    packed_init,
    vring_init,
)
from irqpath_testbench.tools.interop.linux import LinuxDriver, LinuxQueue

SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
#: Linux checks no limit of its own for indirect tables, and its tables are as long as the buffer has elements.
POLICY: Final = VirtioPolicy("irqpath, long tables", max_indirect=64)
_MOST: Final = 4
_SLOT: Final = 64


@dataclass(frozen=True, slots=True)
class Variant:
    """One kind of ring."""

    packed: bool
    indirect: bool
    event_idx: bool
    num: int

    @property
    def features(self) -> int:
        """The features negotiated."""
        chosen = [VIRTIO_F_VERSION_1]
        chosen += [VIRTIO_F_RING_PACKED] if self.packed else []
        chosen += [VIRTIO_RING_F_INDIRECT_DESC] if self.indirect else []
        chosen += [VIRTIO_RING_F_EVENT_IDX] if self.event_idx else []
        return bits(*chosen)

    def __str__(self) -> str:
        kind = "packed" if self.packed else "split"
        return f"{kind} {self.num}{' indirect' if self.indirect else ''}{' event-idx' if self.event_idx else ''}"


@dataclass(slots=True)
class Result:
    """What a run did. `kicks`, `interrupts`: notifications of driver and device."""

    variant: Variant
    buffers: int = 0
    kicks: int = 0
    interrupts: int = 0
    seconds: float = 0.0


def variants(sizes: tuple[int, ...] = SIZES) -> list[Variant]:
    """Split (powers of two only) and packed, with and without indirect tables and event index, of all sizes."""
    kinds = product((False, True), (False, True), (False, True), sizes)
    return [Variant(packed, indirect, event, num) for packed, indirect, event, num in kinds if packed or not num & (num - 1)]


class Lockstep:
    """Two rings with the same traffic: Linux's driver and ours, each with a golden device of ours. They must agree in every
    decision; and the bytes that go through Linux's ring must arrive."""

    def __init__(self, linux: LinuxDriver, variant: Variant, seed: int) -> None:
        self.variant = variant
        self.rng = random.Random(seed)
        self.result = Result(variant)
        self.linux = linux
        self.theirs: LinuxQueue = linux.queue(variant.num, variant.features)
        self.device: DeviceQueue = device_queue(self.theirs.vring, linux.arena, variant.features, policy=POLICY)
        memory = GuestMemory()
        vring = (packed_init if variant.packed else vring_init)(variant.num, 0x10_0000)
        area = IndirectArea(0x200_0000, _MOST)
        self.ours: Virtqueue = vring_create_virtqueue(vring, memory, variant.features, indirect=area)
        self.shadow: DeviceQueue = device_queue(vring, memory, variant.features, policy=POLICY)
        self.most = min(_MOST, variant.num)
        self.held: deque[tuple[Chain, Chain, int]] = deque()
        self.out: dict[int, tuple[bytes, list[Sg], int, bytes]] = {}
        self.order: deque[int] = deque()
        self.slots = list(range(2 * variant.num + 8))
        self.token = 0

    def same(self, what: str, theirs: object, ours: object) -> None:
        """Raise `CheckError` unless both sides agree."""
        if theirs != ours:
            raise CheckError(f"{self.variant}, buffer {self.result.buffers}: {what}: Linux {theirs}, irqpath {ours}")

    def add(self) -> bool:
        """One more buffer through both drivers."""
        rng = self.rng
        total = rng.randint(1, self.most)
        readable = rng.randint(0, total)
        slot = self.slots[-1]
        base = self.linux.buffers + slot * _SLOT * _MOST
        sizes = [rng.randint(1, _SLOT) for _ in range(total)]
        elements = [(base + n * _SLOT, size) for n, size in enumerate(sizes)]
        token = self.token
        data = rng.randbytes(sum(sizes[:readable]))
        at = 0
        for address, size in elements[:readable]:
            self.linux.arena.load(address, data[at : at + size])
            at += size
        took = self.theirs.virtqueue_add(elements[:readable], elements[readable:], token)
        try:
            self.ours.virtqueue_add(elements[:readable], elements[readable:], token)
            mine = True
        except QueueFull:
            mine = False
        self.same("room for a buffer", took, mine)
        if took:
            self.slots.pop()
            self.out[token] = data, elements[readable:], slot, b""
            self.order.append(token)
            self.token += 1
        return took

    def kick(self) -> bool:
        """Does the driver notify?"""
        decision = self.theirs.virtqueue_kick_prepare()
        self.same("kick", decision, self.ours.virtqueue_kick() is not None)
        self.result.kicks += decision
        return decision

    def pop(self) -> bool:
        """The devices take one each."""
        chain, twin = self.device.pop(), self.shadow.pop()
        if chain is None or twin is None:
            self.same("available", chain is not None, twin is not None)
            return False
        token = self.order.popleft()
        data, writable, _, _ = self.out[token]
        self.same("descriptors", (chain.readable, chain.writable), (twin.readable, twin.writable))
        if chain.read(self.linux.arena) != data or list(chain.writable) != writable:
            raise CheckError(f"{self.variant}: buffer {token} arrived changed at the device")
        self.held.append((chain, twin, token))
        return True

    def use(self, count: int) -> None:
        """The devices return some, out of order."""
        count = min(count, len(self.held))
        for _ in range(count):
            self.held.rotate(self.rng.randint(0, 3))
            chain, twin, token = self.held.popleft()
            data, writable, slot, _ = self.out[token]
            room = chain.writable_bytes
            response = self.rng.randbytes(self.rng.choice((room, self.rng.randint(0, room))))
            chain.write(self.linux.arena, response)
            self.device.fill(chain.id, len(response))
            self.shadow.fill(twin.id, len(response))
            self.out[token] = data, writable, slot, response
        self.device.flush()
        self.shadow.flush()

    def interrupt(self, *, compare: bool) -> bool:
        """Do the devices interrupt?"""
        decision = self.device.should_notify()
        twin = self.shadow.should_notify()
        if compare:
            self.same("interrupt", decision, twin)
        self.result.interrupts += decision
        return decision

    def get(self) -> bool:
        """The drivers take one back each; its bytes are those that the device wrote."""
        got = self.theirs.virtqueue_get_buf()
        self.same("buffer returned", got, self.ours.virtqueue_get_buf())
        if got is None:
            return False
        token, length = got
        _, writable, slot, response = self.out.pop(token)
        run = b"".join(self.linux.arena.dump(address, size) for address, size in writable)[:length]
        if length != len(response) or run != response:
            raise CheckError(f"{self.variant}: buffer {token} came back with {length} bytes {run!r}, not {response!r}")
        self.slots.append(slot)
        self.result.buffers += 1
        return True

    def compared(self, buffers: int) -> None:
        """Traffic in which every decision of both sides is compared; interrupts are never switched off."""
        goal = self.result.buffers + buffers
        while self.result.buffers < goal:
            for _ in range(self.rng.randint(0, 5)):
                if not self.add():
                    break
            self.kick()
            self._toggle()
            while self.rng.random() < 0.8 and self.pop():
                pass
            self.use(self.rng.randint(0, 5))
            self.interrupt(compare=True)
            while self.rng.random() < 0.8 and self.get():
                pass
        self.drain()

    def _toggle(self) -> None:
        if self.rng.random() < 0.3:
            wanted = self.rng.random() < 0.5
            self.device.set_notification(wanted)
            self.shadow.set_notification(wanted)

    def drain(self) -> None:
        """Let everything come back."""
        while self.pop():
            pass
        self.use(len(self.held))
        self.interrupt(compare=False)
        while self.get():
            pass
        for device in (self.device, self.shadow):
            device.set_notification(True)

    def sleeping(self, buffers: int) -> None:
        """Traffic in which each side of Linux's ring works only when it was notified, as a guest and a device do; it must not
        stop. Linux switches interrupts off and on, which leaves other event indices than our driver's: not compared."""
        goal = self.result.buffers + buffers
        self.theirs.virtqueue_enable_cb()
        awake = handling = False
        while self.result.buffers < goal:
            added = 0
            while added < self.rng.randint(0, 6) and self.add():
                added += 1
            awake |= self.kick()
            if awake:
                awake = self._serve()
            if self.interrupt(compare=False):
                handling = self.theirs.interrupt() or handling
            if handling:
                handling = self._handle()
            if not (added or awake or handling) and self.theirs.num_free < self.most:
                raise CheckError(f"{self.variant}: after {self.result.buffers} buffers both sides sleep and the ring is full")
        self.drain()

    def _serve(self) -> bool:
        for device in (self.device, self.shadow):
            device.set_notification(False)
        while self.rng.random() < 0.8 and self.pop():
            pass
        self.use(self.rng.randint(0, 6))
        if self.held:
            return True
        for device in (self.device, self.shadow):
            device.set_notification(True)
        return not self.device.empty()

    def _handle(self) -> bool:
        self.theirs.virtqueue_disable_cb()
        while self.rng.random() < 0.9 and self.get():
            pass
        return not self.theirs.virtqueue_enable_cb()

    def finish(self) -> Result:
        """Nothing is left over."""
        if self.out or self.theirs.broken:
            raise CheckError(f"{self.variant}: {len(self.out)} buffers never came back; broken: {self.theirs.broken}")
        self.theirs.close()
        return self.result


def run(linux: LinuxDriver, variant: Variant, buffers: int, seed: int) -> Result:
    """`buffers` buffers through one variant: half compared decision by decision, half with sides that sleep."""
    started = time.perf_counter()
    lockstep = Lockstep(linux, variant, seed)
    lockstep.compared(buffers - buffers // 2)
    lockstep.sleeping(buffers // 2)
    result = lockstep.finish()
    result.seconds = time.perf_counter() - started
    return result
