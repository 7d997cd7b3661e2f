"""Both sides of split and packed rings against each other: contents, lengths, order, notifications, accesses, saved state."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irqpath.core.errors import ConfigError
from irqpath.core.transactions import BarrierKind, MemBarrier, MemRead, MemWrite
from irqpath.virtio.driver_queue import IndirectArea, to_vvq
from irqpath.virtio.faults import Fault, QueueFull, RingFault, StateError
from irqpath.virtio.port import GuestMemory
from irqpath.virtio.virtqueue import vring_create_virtqueue
from irqpath.virtio.wire import Vring, vring_init, vring_size
from unit.models.virtio_drive import BUFFERS, EVENT_IDX, IN_ORDER, INDIRECT, TABLES, Pair, Traffic, pair, ring

FEATURES = {
    "plain": 0,
    "indirect": INDIRECT,
    "event": EVENT_IDX,
    "both": INDIRECT | EVENT_IDX,
    "order": IN_ORDER,
    "all": IN_ORDER | INDIRECT | EVENT_IDX,
}
KINDS = pytest.mark.parametrize("packed", [False, True], ids=["split", "packed"])


@KINDS
@pytest.mark.parametrize("features", FEATURES.values(), ids=FEATURES)
@pytest.mark.parametrize("num", [1, 2, 4, 5, 16, 100, 256])
def test_traffic(packed: bool, features: int, num: int) -> None:
    """Both sides sleep unless notified, and yet every buffer comes through."""
    if num & (num - 1) and not packed:
        with pytest.raises(RingFault, match="RING_SIZE"):
            pair(packed, num)
        return
    traffic = Traffic(pair(packed, num, features), num)
    traffic.run(200)
    assert traffic.done >= 200
    assert traffic.kicks > 0
    assert traffic.interrupts > 0


@KINDS
def test_event_index_saves_notifications(packed: bool) -> None:
    """That is what it is for."""
    counts = {}
    for features in (0, EVENT_IDX):
        traffic = Traffic(pair(packed, 64, features), 7)
        traffic.run(500)
        counts[features] = traffic.interrupts
    assert counts[EVENT_IDX] < counts[0]


@pytest.mark.parametrize("features", [0, EVENT_IDX, IN_ORDER | EVENT_IDX])
def test_free_running_indices_wrap(features: int) -> None:
    """Traffic over the end of the 16-bit indices; a packed ring has none, and its wrap counters turn all the time."""
    target = pair(False, 8, features)
    start = 0xFFC0
    for side, names in ((target.vvq, ("next_avail", "last_used")), (target.device, ("next_avail", "next_used", "seen_avail"))):
        side.restore(side.save() | dict.fromkeys(names, start))
    for address in (target.vring.driver + 2, target.vring.device + 2, target.vring.used_event, target.vring.avail_event):
        target.memory.write(address, 2, start)
    Traffic(target, 5).run(500)
    assert target.vvq.save()["last_used"] < start


@KINDS
def test_the_largest_ring(packed: bool) -> None:
    """32,768 entries, filled to the last and emptied, and a little more."""
    target = pair(packed, 1 << 15)
    for buffers in (1 << 15, 10):
        for n in range(buffers):
            target.vq.virtqueue_add([(BUFFERS + n, 1)], (), n)
        if buffers == 1 << 15:
            with pytest.raises(QueueFull):
                target.vq.virtqueue_add([(BUFFERS, 1)])
        while (chain := target.device.pop()) is not None:
            target.device.fill(chain.id, 0)
        assert target.device.flush() == buffers
        for n in range(buffers):
            assert target.vq.virtqueue_get_buf() == (n, 0)


@settings(max_examples=25)
@given(
    packed=st.booleans(),
    power=st.integers(0, 6),
    features=st.sampled_from(list(FEATURES.values())),
    seed=st.integers(0, 1 << 20),
)
def test_saved_and_restored_in_the_middle(packed: bool, power: int, features: int, seed: int) -> None:
    """Both sides go through JSON at random moments, into new objects; the traffic does not notice."""
    traffic = Traffic(pair(packed, 1 << power, features), seed)
    for _ in range(30):
        traffic.add()
        if traffic.rng.random() < 0.5:
            traffic.pop()
        if traffic.rng.random() < 0.5:
            traffic.use(2)
        if traffic.rng.random() < 0.5:
            traffic.get()
        target = traffic.pair
        driver = json.loads(json.dumps(to_vvq(target.vq).save()))
        device = json.loads(json.dumps(target.device.save()))
        memory = [(address, page.tobytes()) for address, page in target.memory.memory.pages()]
        fresh = pair(packed, 1 << power, features)
        for address, page in memory:
            fresh.memory.load(address, page)
        fresh.vvq.restore(driver)
        fresh.device.restore(device)
        assert (fresh.vvq.save(), fresh.device.save()) == (driver, device)
        traffic.pair = fresh


@KINDS
def test_a_state_that_cannot_be_is_refused(packed: bool) -> None:
    """Each field of either side, out of range, of a wrong type, missing, or at odds with the others; the state stays."""
    target = pair(packed, 4)
    target.vq.virtqueue_add([(BUFFERS, 4)], [(BUFFERS + 8, 4)], 1)
    target.vq.virtqueue_add([(BUFFERS, 4)], (), 2)
    assert target.device.pop() is not None
    for side in (target.vvq, target.device):
        good = side.save()
        wrong = [good | {"next_avail": good["next_avail"] + 1}, good | {"next_avail": -1}, good | {"next_avail": 1 << 16}]
        wrong += [good | {"next_avail": "1"}, good | {"more": 1}, {k: v for k, v in good.items() if k != "next_avail"}]
        wrong += [good | {"inflight" if "inflight" in good else "buffers": [[9, 1, 1]]}]
        wrong += [good | {"order": [3]}]
        if "free" in good:
            wrong += [good | {"free": good["free"][1:]}, good | {"num_free": 4}, good | {"batch": 3}, good | {"chains": [[0]]}]
            wrong += [good | {"batch_length": -1}, good | {"buffers": good["buffers"] * 2}]
            wrong += [good | {"buffers": [[id_, [token, 0, room]] for id_, (token, _, room) in good["buffers"]]}]
        else:
            wrong += [good | {"filled": [[0, 9, 1, 4]]}, good | {"out": 9}]
        for state in wrong:
            changed = [name for name in {**good, **state} if good.get(name) != state.get(name)]
            with pytest.raises(StateError) as caught:
                side.restore(state)
            assert any(name in str(caught.value) for name in changed), (changed, caught.value)
            assert side.save() == good


# --- accesses -----------------------------------------------------------------------------------------------------------


def order_of(log: list[object], *wanted: object) -> None:
    """Assert that these appear in the log in this order."""
    places = [log.index(entry) for entry in wanted]
    assert all(a < b for a, b in pairwise(places)), log


def test_accesses_of_a_split_ring() -> None:
    """What lies where, byte by byte, and in which order it is written and read (2.7.13, 2.7.14)."""
    target = pair(False, 4, EVENT_IDX)
    v = target.vring
    target.vq.virtqueue_add([(0x1234, 16)], [(0x5678, 32)], 9)
    assert target.vq.virtqueue_kick() == 0
    log = target.driver_log.take()
    assert log == [
        MemWrite(v.desc, 8, 0x1234),
        MemWrite(v.desc + 8, 8, 16 | 1 << 32 | 1 << 48),
        MemWrite(v.desc + 16, 8, 0x5678),
        MemWrite(v.desc + 24, 8, 32 | 2 << 32),
        MemWrite(v.driver + 4, 2, 0),
        MemBarrier(BarrierKind.WRITE),
        MemWrite(v.driver + 2, 2, 1),
        MemBarrier(BarrierKind.FULL),
        MemRead(v.device + 4 + 32, 2),
        *log[-1:],
    ]
    chain = target.device.pop()
    assert chain is not None
    reads = [entry for entry in target.device_log.take() if isinstance(entry, MemRead | MemBarrier)]
    assert reads == [
        MemRead(v.driver + 2, 2),
        MemBarrier(BarrierKind.READ),
        MemRead(v.driver + 4, 2),
        MemRead(v.desc, 8),
        MemRead(v.desc + 8, 8),
        MemRead(v.desc + 16, 8),
        MemRead(v.desc + 24, 8),
    ]
    target.device.push(chain.id, 7)
    assert target.device_log.take() == [
        MemWrite(v.device + 4, 4, 0),
        MemWrite(v.device + 8, 4, 7),
        MemBarrier(BarrierKind.WRITE),
        MemWrite(v.device + 2, 2, 1),
    ]
    assert target.device.should_notify()
    order_of(list(target.device_log.take()), MemBarrier(BarrierKind.FULL), MemRead(v.driver + 4 + 8, 2))
    assert target.vq.virtqueue_get_buf() == (9, 7)
    reads = [entry for entry in target.driver_log.take() if isinstance(entry, MemRead | MemBarrier)]
    assert reads[:3] == [MemRead(v.device + 2, 2), MemBarrier(BarrierKind.READ), MemRead(v.device + 4, 4)]


def test_accesses_of_a_packed_ring() -> None:
    """The same for a packed ring (2.8.21, 2.8.22)."""
    target = pair(True, 4, EVENT_IDX)
    v = target.vring
    target.vq.virtqueue_add([(0x1234, 16)], [(0x5678, 32)], 9)
    target.vq.virtqueue_kick()
    log = target.driver_log.take()
    assert log[:-1] == [
        MemWrite(v.desc, 8, 0x1234),
        MemWrite(v.desc + 8, 4, 16),
        MemWrite(v.desc + 12, 2, 0),
        MemWrite(v.desc + 16, 8, 0x5678),
        MemWrite(v.desc + 24, 4, 32),
        MemWrite(v.desc + 28, 2, 0),
        MemWrite(v.desc + 30, 2, 0x82),
        MemBarrier(BarrierKind.WRITE),
        MemWrite(v.desc + 14, 2, 0x81),
        MemBarrier(BarrierKind.FULL),
        MemRead(v.device, 4),
    ]
    chain = target.device.pop()
    assert chain is not None
    reads = [entry for entry in target.device_log.take() if isinstance(entry, MemRead | MemBarrier)]
    assert reads[:3] == [MemRead(v.desc + 14, 2), MemBarrier(BarrierKind.READ), MemRead(v.desc, 8)]
    target.device.push(chain.id, 7)
    assert target.device_log.take() == [
        MemWrite(v.desc + 8, 4, 7),
        MemWrite(v.desc + 12, 2, 0),
        MemBarrier(BarrierKind.WRITE),
        MemWrite(v.desc + 14, 2, 0x8082),
    ]


def test_runs_of_bytes_are_aligned_accesses() -> None:
    """A buffer's bytes cross the mem link like everything else."""
    target = pair(False, 4)
    target.memory.load(BUFFERS + 3, b"hello, world")
    assert target.device_log.dump(BUFFERS + 3, 12) == b"hello, world"
    reads = [(e.address - BUFFERS, e.size) for e in target.device_log.take() if isinstance(e, MemRead)]
    assert reads == [(3, 1), (4, 4), (8, 4), (12, 2), (14, 1)]
    target.device_log.load(BUFFERS, b"12345678")
    assert target.device_log.take() == [MemWrite(BUFFERS, 8, int.from_bytes(b"12345678", "little"))]


# --- the driver's hand --------------------------------------------------------------------------------------------------


@KINDS
def test_ring_reset(packed: bool) -> None:
    """Buffers are detached, then both sides start over and agree."""
    target = pair(packed, 4, EVENT_IDX)
    for n in range(3):
        target.vq.virtqueue_add([(BUFFERS, 4)], (), n)
    assert target.device.pop() is not None
    with pytest.raises(StateError, match="detach them first"):
        target.vq.virtqueue_reset()
    assert sorted(iter(target.vq.virtqueue_detach_unused_buf, None)) == [0, 1, 2]
    target.vq.virtqueue_reset()
    fresh = type(target.device)(target.vring, target.device_log, EVENT_IDX)
    Traffic(Pair(target.memory, to_vvq(target.vq).vq, fresh, target.driver_log, target.device_log), 3).run(100)


@KINDS
def test_what_a_driver_cannot_ask(packed: bool) -> None:
    """No element, more elements than the queue has, a full queue: one clear error, nothing changed."""
    target = pair(packed, 2)
    with pytest.raises(ConfigError, match="0 elements"):
        target.vq.virtqueue_add([], [])
    with pytest.raises(ConfigError, match="3 elements"):
        target.vq.virtqueue_add([(BUFFERS, 1)] * 3)
    target.vq.virtqueue_add([(BUFFERS, 1)])
    before = target.vvq.save()
    with pytest.raises(QueueFull, match="2 descriptors wanted, 1 free"):
        target.vq.virtqueue_add([(BUFFERS, 1)] * 2)
    assert target.vvq.save() == before


@KINDS
@pytest.mark.parametrize("side", ["readable", "writable"])
@pytest.mark.parametrize(
    ("element", "says"),
    [
        ((BUFFERS, 1 << 32), "32 bits for the length"),
        ((BUFFERS, -1), "32 bits for the length"),
        ((1 << 64, 4), "64 for the address"),
        ((-4, 4), "64 for the address"),
        ((BUFFERS, (1 << 32) - 1), "2\\^32 in total"),
    ],
)
def test_elements_that_no_descriptor_describes(packed: bool, side: str, element: tuple[int, int], says: str) -> None:
    """One clear error; nothing is written, nothing changed. Truncated, they would be other flags or another buffer."""
    target = pair(packed, 4)
    before, logged = target.vvq.save(), len(target.driver_log.log)
    elements = [(BUFFERS, 2), element]
    with pytest.raises(ConfigError, match=says):
        target.vq.virtqueue_add(elements, ()) if side == "readable" else target.vq.virtqueue_add((), elements)
    assert target.vvq.save() == before
    assert len(target.driver_log.log) == logged


@KINDS
@pytest.mark.parametrize("area", [IndirectArea(TABLES + 8, 4), IndirectArea(TABLES, 0)])
def test_indirect_tables_that_cannot_be(packed: bool, area: IndirectArea) -> None:
    """They are refused when the queue is made, not at the first buffer."""
    with pytest.raises(ConfigError, match="indirect tables of"):
        vring_create_virtqueue(pair(packed, 4).vring, GuestMemory(), INDIRECT, indirect=area)


@KINDS
@pytest.mark.parametrize("features", [0, EVENT_IDX])
def test_delayed_callbacks(packed: bool, features: int) -> None:
    """With EVENT_IDX the interrupt comes after three quarters; without, at the first."""
    target = pair(packed, 16, features)
    for n in range(8):
        target.vq.virtqueue_add([(BUFFERS, 4)], (), n)
    target.device.should_notify()
    assert target.vq.virtqueue_enable_cb_delayed()
    fired = []
    for _ in range(8):
        chain = target.device.pop()
        assert chain is not None
        target.device.push(chain.id, 0)
        fired.append(target.device.should_notify())
    assert fired.index(True) == (6 if features else 0)
    assert fired.count(True) == (1 if features else 8)


@pytest.mark.parametrize(("num", "packed"), [(0, False), (0, True), (3, False), (1 << 16, False), ((1 << 15) + 1, True)])
def test_sizes_that_cannot_be(num: int, packed: bool) -> None:
    """One typed error."""
    with pytest.raises(RingFault) as error:
        pair(packed, num)
    assert error.value.fault.error is Fault.RING_SIZE


@KINDS
@pytest.mark.parametrize("part", ["desc", "driver", "device"])
def test_alignment_and_place(packed: bool, part: str) -> None:
    """Every part has its alignment and must lie in memory."""
    good = ring(packed, 4)
    memory = pair(packed, 4).memory
    names = {"num": 4, "desc": good.desc, "driver": good.driver, "device": good.device, "packed": packed}
    for value, fault in ((int(names[part]) + 1, Fault.RING_ALIGNMENT), ((1 << 32) - 4, Fault.RING_OUTSIDE_MEMORY)):
        if part == "desc" and fault is Fault.RING_OUTSIDE_MEMORY:
            value -= 12
        if part != "desc" and packed and fault is Fault.RING_OUTSIDE_MEMORY:
            value += 4
        with pytest.raises(RingFault) as error:
            Vring(**(names | {part: value})).check(memory)  # type: ignore[arg-type]  # one value at a time
        assert error.value.fault.error is fault


def test_legacy_layout() -> None:
    """The contiguous layout of the legacy interface, as the specification's vring_size computes it (2.7.2)."""
    v = vring_init(256, 0x1000)
    assert (v.desc, v.driver, v.device) == (0x1000, 0x2000, 0x3000)
    assert vring_size(256) == 12288
    assert (v.used_event, v.avail_event) == (0x2000 + 4 + 512, 0x3000 + 4 + 2048)
