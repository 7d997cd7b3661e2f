"""Buffers a second through virtqueues, CPU time: both sides of ours in one process, and Linux's driver with our device."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from ctypes import c_uint64
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from rich.console import Console

from irqpath.cli.table import Figures
from irqpath.core.errors import CheckError
from irqpath.virtio.driver_queue import IndirectArea
from irqpath.virtio.port import GuestMemory
from irqpath.virtio.virtqueue import device_queue, vring_create_virtqueue
from irqpath.virtio.wire import (
    VIRTIO_F_IN_ORDER,
    VIRTIO_F_RING_PACKED,
    VIRTIO_F_VERSION_1,
    VIRTIO_RING_F_EVENT_IDX,
    VIRTIO_RING_F_INDIRECT_DESC,
    Sg,
    bits,
    packed_init,
    vring_init,
)

SIZES: Final = (16, 256, 4096, 32768)
QUEUES: Final = (1, 8, 64)
_EXTRAS: Final[dict[str, tuple[int, ...]]] = {
    "": (),
    "event-idx": (VIRTIO_RING_F_EVENT_IDX,),
    "indirect": (VIRTIO_RING_F_INDIRECT_DESC,),
    "in-order": (VIRTIO_F_IN_ORDER,),
}
#: One element to read, one to write: a chain of two, or an indirect table.
_READABLE: Final[list[Sg]] = [(0x800_0000, 64)]
_WRITABLE: Final[list[Sg]] = [(0x801_0000, 64)]
#: Buffers that are out at once, a queue: half the ring, so that its size is used.
_RING_AT, _RING_STRIDE, _TABLES_AT = 0x1000_0000, 0x40_0000, 0x4000_0000


@dataclass(frozen=True, slots=True)
class Speed:
    """CPU microseconds a buffer of one kind of ring: by ring size, and by number of queues of 256 entries."""

    ring: str
    by_size: dict[int, float]
    by_queues: dict[int, float]


class Pairs:
    """Several queues with both their sides over one memory."""

    def __init__(self, packed: bool, num: int, features: int, queues: int) -> None:
        memory = GuestMemory()
        features |= bits(VIRTIO_F_VERSION_1) | (bits(VIRTIO_F_RING_PACKED) if packed else 0)
        make = packed_init if packed else vring_init
        self.pairs = []
        for n in range(queues):
            vring = make(num, _RING_AT + n * _RING_STRIDE)
            area = IndirectArea(_TABLES_AT + n * _RING_STRIDE, 2)
            vq = vring_create_virtqueue(vring, memory, features, index=n, indirect=area)
            self.pairs.append((vq, device_queue(vring, memory, features, index=n)))
        self.batch = max(1, num // 4)

    def go(self, buffers: int) -> int:
        """At least so many buffers there and back, a batch for each queue in turn; how many they were."""
        done = 0
        while done < buffers:
            for vq, device in self.pairs:
                for _ in range(self.batch):
                    vq.virtqueue_add(_READABLE, _WRITABLE, 0)
                vq.virtqueue_kick()
                while (chain := device.pop()) is not None:
                    device.fill(chain.id, 64)
                device.flush()
                device.should_notify()
                while vq.virtqueue_get_buf() is not None:
                    done += 1
        return done


def cost(make: Callable[[], Any], buffers: int, repeat: int = 3) -> float:
    """CPU microseconds a buffer, the least of `repeat` runs of at least `buffers` buffers."""
    best = float("inf")
    for _ in range(repeat):
        subject = make()
        started = time.process_time()
        done = subject.go(buffers)
        best = min(best, (time.process_time() - started) / done * 1e6)
    return best


def speeds(buffers: int, repeat: int) -> list[Speed]:
    """Every kind of ring."""
    found = []
    for packed in (False, True):
        for name, extra in _EXTRAS.items():
            features = bits(*extra)
            by_size = {size: cost(partial(Pairs, packed, size, features, 1), max(buffers, size), repeat) for size in SIZES}
            by_queues = {queues: cost(partial(Pairs, packed, 256, features, queues), buffers, repeat) for queues in QUEUES}
            found.append(Speed(f"{'packed' if packed else 'split'} {name}".strip(), by_size, by_queues))
    return found


class WithLinux:
    """Linux's driver, compiled, and our device."""

    def __init__(self, driver: Any, packed: bool, extra: tuple[int, ...]) -> None:
        features = bits(VIRTIO_F_VERSION_1, *extra) | (bits(VIRTIO_F_RING_PACKED) if packed else 0)
        self.driver = driver
        self.queue = driver.queue(256, features)
        self.device = device_queue(self.queue.vring, driver.arena, features)

    def go(self, buffers: int) -> int:
        """As `Pairs.go`: the same buffers, the same batches."""
        done = 0
        queue, device, at = self.queue, self.device, self.driver.buffers
        while done < buffers:
            queue.lib.shim_add_many(queue.handle, 64, c_uint64(at), 64)
            queue.virtqueue_kick_prepare()
            while (chain := device.pop()) is not None:
                device.fill(chain.id, 64)
            device.flush()
            device.should_notify()
            done += queue.lib.shim_get_many(queue.handle)
        queue.close()
        return done


def with_linux(buffers: int, repeat: int) -> dict[str, float]:
    """CPU microseconds a buffer by kind of ring, with 256 entries. Linux's driver has no IN_ORDER. Raises `CheckError` where
    Linux's source cannot be had."""
    from irqpath_testbench.tools.interop.linux import LinuxDriver

    driver = LinuxDriver()
    found = {}
    for packed in (False, True):
        for name in ("", "event-idx", "indirect"):
            ring = f"{'packed' if packed else 'split'} {name}".strip()
            found[ring] = cost(partial(WithLinux, driver, packed, _EXTRAS[name]), buffers, repeat)
    return found


def _table(rings: Sequence[Speed]) -> Figures:
    headings = (*(f"{size:,} entries" for size in SIZES), *(f"{queues} × 256" for queues in QUEUES), "buffers/s")
    table = Figures("virtqueues, both sides in one process: CPU microseconds a buffer of two elements", ("ring",), headings)
    for s in rings:
        costs = [*s.by_size.values(), *s.by_queues.values()]
        table.add(s.ring, *(f"{micro:.1f}" for micro in costs), f"{1e6 / s.by_size[256]:,.0f}")
    return table


def measure(console: Console, repeat: int, buffers: int = 20_000) -> dict[str, Any]:
    """Measure and print; plain data for the report."""
    rings = speeds(buffers, repeat)
    _table(rings).print(console)
    for what, costs in (
        (f"{SIZES[-1]:,} entries beside {SIZES[0]}", [s.by_size[SIZES[-1]] / s.by_size[SIZES[0]] for s in rings]),
        (f"{QUEUES[-1]} queues beside one", [s.by_queues[QUEUES[-1]] / s.by_queues[QUEUES[0]] for s in rings]),
    ):
        console.print(f"cost of a buffer, {what}: {min(costs):.2f} to {max(costs):.2f} times", highlight=False)
    result: dict[str, Any] = {"rings": [{"ring": s.ring, "by_size": s.by_size, "by_queues": s.by_queues} for s in rings]}
    try:
        result["linux"] = with_linux(buffers, repeat)
        for ring, micro in result["linux"].items():
            console.print(f"Linux's driver, our device, {ring}: {1e6 / micro:,.0f} buffers per CPU second", highlight=False)
    except CheckError as error:
        console.print(f"Linux's driver was not measured: {error}", highlight=False, soft_wrap=True)
    return result
