"""What a guest sends: how much of it, how fast, by which rings."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from irqpath.core.errors import ConfigError
from irqpath.software.packets import NUMBER_BYTES
from irqpath.virtio.wire import (
    VIRTIO_F_RING_PACKED,
    VIRTIO_F_VERSION_1,
    VIRTIO_RING_F_EVENT_IDX,
    bits,
)

#: Bytes of content after a packet's number, at most.
_MOST_BYTES = 64
#: What `Workload.rate` counts packets in, and the most that it may be: a packet a cycle.
PER_CYCLES = 1_000_000
#: Cycles between two ticks.
_SHORTEST_TICK = 5_000


@dataclass(frozen=True, slots=True)
class Workload:
    """`packets` in bursts of `burst`, up to `interval` cycles of other work after each; `size`: of the rings; `suppress`: no
    interrupts while the guest polls; `event_idx`: the device and the driver say from when on they want to be notified; `idle`:
    the guest waits for each burst's packets before it sends the next; `spurious`: after every so many packets both sides notify
    the other for nothing, 0: never; `tick`: cycles between two interrupts of each vCPU's timer, 0: none; `seed`: of the packets'
    content; `disk`: requests to the guest's disk after each burst, 0: it has none; `rate`: packets offered in a million cycles,
    0: as many as `interval` makes."""

    packets: int = 100
    burst: int = 1
    interval: int = 2000
    size: int = 64
    packed: bool = False
    suppress: bool = True
    event_idx: bool = True
    idle: bool = False
    spurious: int = 0
    tick: int = 100_000
    disk: int = 0
    seed: int = 1
    rate: int = 0

    def __post_init__(self) -> None:
        if self.packets < 1 or self.burst < 1 or self.interval < 0 or self.spurious < 0 or self.disk < 0:
            raise ConfigError(
                f"a workload of {self.packets} packets in bursts of {self.burst}, {self.interval} cycles between them"
            )
        if not 0 <= self.rate <= PER_CYCLES:
            raise ConfigError(f"a rate of {self.rate}: 1 to {PER_CYCLES:,} packets in a million cycles")
        if self.tick and self.tick < _SHORTEST_TICK:
            raise ConfigError(f"a tick every {self.tick} cycles: 0, or at least {_SHORTEST_TICK}, so that other work is done")
        if not 4 <= self.size <= 256 or self.size & self.size - 1:
            raise ConfigError(f"rings of {self.size} entries: 4 to 256, a power of two")

    @property
    def features(self) -> int:
        """Those that the guest's driver wants."""
        wanted = bits(VIRTIO_F_VERSION_1)
        wanted |= bits(VIRTIO_F_RING_PACKED) if self.packed else 0
        return wanted | (bits(VIRTIO_RING_F_EVENT_IDX) if self.event_idx else 0)

    def pauses(self) -> Iterator[int]:
        """Cycles of other work after each burst."""
        rng = random.Random(self.seed)
        while True:
            yield rng.randint(self.interval // 2, self.interval)

    def starts(self) -> Iterator[int]:
        """With a rate: after each burst, the cycle since the start in which the next is to be sent, whenever this one was."""
        rng, mean, at = random.Random(self.seed), PER_CYCLES * self.burst // self.rate, 0
        while True:
            at += rng.randint(mean // 2, mean + mean // 2)
            yield at

    def contents(self) -> Iterator[bytes]:
        """Each packet's content: its number, and some bytes."""
        rng = random.Random(self.seed)
        for number in range(self.packets):
            yield number.to_bytes(NUMBER_BYTES, "little") + rng.randbytes(rng.randrange(_MOST_BYTES))
