"""Where rings lie: what overlaps is found as by looking at all, and a device with many queues starts as quickly as others."""

from __future__ import annotations

import random
from typing import Final

import pytest

from irqpath.virtio.blk import Blk, MemoryDisk
from irqpath.virtio.core import VirtioCore
from irqpath.virtio.places import Places
from irqpath.virtio.wire import Vring
from unit.models.virtio_guest import QUEUES_AT, Guest

QUEUES: Final = 600


def _overlap(one: Vring, other: Vring) -> bool:
    return any(a < b + m and b < a + n for _, a, n, _ in one.parts for _, b, m, _ in other.parts)


def _within(ring: Vring) -> bool:
    parts = ring.parts
    return any(a < b + m and b < a + n for k, (_, a, n, _) in enumerate(parts) for _, b, m, _ in parts[k + 1 :])


@pytest.mark.parametrize("seed", range(4))
def test_as_by_looking_at_all(seed: int) -> None:
    """Rings of all sizes, some over others, taken away in any order."""
    rng = random.Random(seed)
    places = Places()
    used: list[Vring] = []
    found = 0
    for _ in range(1500):
        desc, driver, device = (16 * rng.randrange(1 << 14) for _ in range(3))
        ring = Vring(1 << rng.randrange(8), desc, driver, device, rng.random() < 0.5)
        says = places.overlap(ring)
        assert bool(says) == (_within(ring) or any(_overlap(ring, other) for other in used)), (ring, says)
        found += bool(says)
        if not says or rng.random() < 0.1:
            places.add(ring)
            used.append(ring)
        while used and rng.random() < (0.3 if len(used) < 40 else 0.9):
            places.remove(used.pop(rng.randrange(len(used))))
    assert 100 < found < 1400


def test_many_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enabling one looks at its own parts and at few others; counted, not timed. So it is after a save and restore, a stop of a
    queue and a reset of the device."""
    looked = [0]
    parts: property = vars(Vring)["parts"]

    def counted(ring: Vring) -> object:
        looked[0] += 1
        return parts.__get__(ring)

    guest = Guest(Blk(MemoryDisk(8), queues=QUEUES, size=8), "mmio")
    guest.negotiate()
    monkeypatch.setattr(Vring, "parts", property(counted))
    rings = [Vring(8, at, at + 0x400, at + 0x800) for at in range(QUEUES_AT, QUEUES_AT + QUEUES * 0x1000, 0x1000)]
    for number, ring in enumerate(rings):
        guest.set_up(number, ring)
    assert looked[0] < 10 * QUEUES
    core = guest.device.core
    assert all(queue is not None for queue in core.queues)
    guest.device.restore(guest.device.state())
    assert _enabled(guest, core, 5, stopped=(), ring=rings[7]) is True, "it was enabled before"
    assert _enabled(guest, core, 5, stopped=(5,), ring=rings[7]) is False
    assert _enabled(guest, core, 5, stopped=(7,), ring=rings[7]) is True
    guest.negotiate()
    assert _enabled(guest, core, 0, stopped=(), ring=rings[9]) is True


def _enabled(guest: Guest, core: VirtioCore, queue: int, *, stopped: tuple[int, ...], ring: Vring) -> bool:
    """Whether a queue is in use after it was set up so, and others were stopped."""
    for number in stopped:
        guest.write("QueueSel", number)
        guest.write("QueueReady", 0)
    guest.set_up(queue, ring)
    return core.queues[queue] is not None
