"""A driver or a device that misbehaves: one typed error that names rule and descriptor, no stray write, and recovery by reset."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from irqpath.virtio.blk import VIRTIO_BLK_T_FLUSH, Blk, MemoryDisk
from irqpath.virtio.core import ACKNOWLEDGE, DEVICE_NEEDS_RESET, DRIVER, DRIVER_OK, FEATURES_OK
from irqpath.virtio.driver_queue import to_vvq
from irqpath.virtio.faults import Fault, RingFault
from irqpath.virtio.net import Net
from irqpath.virtio.policy import QEMU
from irqpath.virtio.wire import (
    VIRTIO_F_IN_ORDER,
    VIRTIO_F_RING_PACKED,
    VIRTIO_RING_F_EVENT_IDX,
    VIRTIO_RING_F_INDIRECT_DESC,
    VIRTQ_DESC_F_AVAIL,
    VIRTQ_DESC_F_INDIRECT,
    VIRTQ_DESC_F_NEXT,
    VIRTQ_DESC_F_USED,
    VIRTQ_DESC_F_WRITE,
    Vring,
    bits,
)
from unit.models.test_virtio_devices import request
from unit.models.virtio_drive import BUFFERS, INDIRECT, Pair, pair, write_desc
from unit.models.virtio_guest import BUFFERS_AT, MEMORY_BYTES, TABLES_AT, Guest

NEXT, WRITE, TABLE, AVAIL = VIRTQ_DESC_F_NEXT, VIRTQ_DESC_F_WRITE, VIRTQ_DESC_F_INDIRECT, VIRTQ_DESC_F_AVAIL
PACKED = bits(VIRTIO_F_RING_PACKED)
SIZE = 8

#: A descriptor or an entry of an indirect table: (address, bytes, flags, next).
Desc = tuple[int, int, int, int]


def offer(guest: Guest, chain: list[Desc], table: list[Desc] = (), *, head: int = 0, jump: int = 1) -> None:  # type: ignore[assignment]  # never changed
    """Write descriptors 0 on as given, an indirect table, and make `head` available; the index moves by `jump`."""
    vring, memory = guest.vring(0), guest.memory
    for n, (address, size, flags, following) in enumerate(chain):
        if vring.packed:
            write_desc(memory, vring, n, address, size, flags | AVAIL, 5)
        else:
            write_desc(memory, vring, n, address, size, flags, following)
    for n, (address, size, flags, following) in enumerate(table):
        split = Vring(SIZE, TABLES_AT, 0, 0, vring.packed)
        write_desc(memory, split, n, address, size, flags, following)
    if not vring.packed:
        memory.write(vring.driver + 4, 2, head)
        memory.write(vring.driver + 2, 2, jump)


GOOD: Desc = (BUFFERS_AT, 16, 0, 0)
#: name -> (chain, indirect table, options of `offer`, the fault, the descriptor that it names; None: another one on this ring)
Case = tuple[list[Desc], list[Desc], dict[str, int], Fault, int]
BOTH: dict[str, Case] = {
    "length past the end of memory": ([(MEMORY_BYTES - 8, 16, 0, 0)], [], {}, Fault.BUFFER_OUTSIDE_MEMORY, 0),
    "address beyond memory": ([(*GOOD[:2], NEXT, 1), (1 << 63, 16, WRITE, 0)], [], {}, Fault.BUFFER_OUTSIDE_MEMORY, 1),
    "address that wraps": ([((1 << 64) - 8, 16, 0, 0)], [], {}, Fault.BUFFER_OUTSIDE_MEMORY, 0),
    "INDIRECT with NEXT": ([(TABLES_AT, 32, TABLE | NEXT, 1), GOOD], [GOOD, GOOD], {}, Fault.INDIRECT_WITH_NEXT, 0),
    "odd indirect table": ([(TABLES_AT, 24, TABLE, 0)], [GOOD], {}, Fault.INDIRECT_LENGTH, 0),
    "empty indirect table": ([(TABLES_AT, 0, TABLE, 0)], [], {}, Fault.INDIRECT_LENGTH, 0),
    "indirect table outside memory": ([(MEMORY_BYTES - 16, 32, TABLE, 0)], [], {}, Fault.BUFFER_OUTSIDE_MEMORY, 0),
    "long indirect table": ([(TABLES_AT, 16 * 9, TABLE, 0)], [], {}, Fault.CHAIN_TOO_LONG, 0),
    "INDIRECT in INDIRECT": ([(TABLES_AT, 32, TABLE, 0)], [(TABLES_AT, 16, TABLE, 0)], {}, Fault.INDIRECT_NESTED, 0),
    "writable before readable": (
        [(BUFFERS_AT, 16, WRITE | NEXT, 1), GOOD], [], {}, Fault.WRITABLE_BEFORE_READABLE, 1,
    ),
    "writable before readable in a table": (
        [(TABLES_AT, 32, TABLE, 0)], [(BUFFERS_AT, 16, WRITE | NEXT, 1), GOOD], {}, Fault.WRITABLE_BEFORE_READABLE, 1,
    ),
    "more than 2^32 bytes": (
        [(0, MEMORY_BYTES, NEXT, 1), (0, MEMORY_BYTES, NEXT, 2), (0, 1, 0, 0)], [], {}, Fault.BUFFER_TOO_LONG, 2,
    ),
    "no room for the status": ([GOOD], [], {}, Fault.REQUEST_FORMAT, -2),
    "no header": ([(BUFFERS_AT, 15, NEXT, 1), (BUFFERS_AT, 1, WRITE, 0)], [], {}, Fault.REQUEST_FORMAT, -2),
}  # fmt: skip
SPLIT: dict[str, Case] = {
    "loop of descriptors": ([(*GOOD[:2], NEXT, 1), (*GOOD[:2], NEXT, 0)], [], {}, Fault.CHAIN_TOO_LONG, 0),
    "next beyond the table": ([(*GOOD[:2], NEXT, SIZE)], [], {}, Fault.NEXT_OUT_OF_RANGE, 0),
    "head beyond the table": ([], [], {"head": SIZE}, Fault.HEAD_OUT_OF_RANGE, SIZE),
    "index that jumps": ([GOOD], [], {"jump": SIZE + 1}, Fault.AVAIL_INDEX_JUMP, -1),
    "index that goes back": ([GOOD], [], {"jump": 0xFFFF}, Fault.AVAIL_INDEX_JUMP, -1),
    "loop in a table": (
        [(TABLES_AT, 32, TABLE, 0)], [(*GOOD[:2], NEXT, 1), (*GOOD[:2], NEXT, 0)], {}, Fault.CHAIN_TOO_LONG, 0,
    ),
    "next beyond an indirect table": (
        [(TABLES_AT, 32, TABLE, 0)], [(*GOOD[:2], NEXT, 2)], {}, Fault.NEXT_OUT_OF_RANGE, 0,
    ),
    "direct, then a bad table": (
        [(*GOOD[:2], NEXT, 1), (TABLES_AT, 17, TABLE, 0)], [], {}, Fault.INDIRECT_LENGTH, 1,
    ),
}  # fmt: skip
RING: dict[str, Case] = {
    "chain without an end": ([(*GOOD[:2], NEXT, 0)] * SIZE, [], {}, Fault.CHAIN_TOO_LONG, 0),
    "chain into what is not available": ([(*GOOD[:2], NEXT, 0)], [], {}, Fault.CHAIN_INCOMPLETE, 0),
}
CASES = (
    [(f"split: {name}", 0, case) for name, case in (BOTH | SPLIT).items()]
    + [(f"packed: {name}", PACKED, case) for name, case in (BOTH | RING).items()]
)  # fmt: skip


#: The legacy interface has no packed rings.
RUNS = [(kind, *c) for kind in ("pci", "mmio", "legacy") for c in CASES if kind != "legacy" or not c[1]]


@pytest.mark.parametrize(("kind", "features", "case"), [(r[0], *r[2:]) for r in RUNS], ids=[f"{r[0]}, {r[1]}" for r in RUNS])
def test_a_driver_that_misbehaves(kind: str, features: int, case: Case) -> None:
    """DEVICE_NEEDS_RESET, one fault, nothing written, a notification; and all is well after a reset."""
    chain, table, options, fault, descriptor = case
    guest = Guest(Blk(MemoryDisk(8), size=SIZE, features=features), kind).start()
    assert request(guest, VIRTIO_BLK_T_FLUSH, 0)[0] == 0
    guest.start()
    offer(guest, chain, table, **options)
    guest.port.take()
    guest.messages.clear()
    guest.levels.clear()
    guest.notify(0)
    wrote = guest.stores()
    negotiated = 0 if kind == "legacy" else FEATURES_OK
    assert guest.status == ACKNOWLEDGE | DRIVER | negotiated | DRIVER_OK | DEVICE_NEEDS_RESET
    (found,) = guest.faults
    assert found.error is fault
    assert found.queue == 0
    if descriptor != -2:  # a request's format is the whole buffer's
        assert found.descriptor == descriptor, found
    assert fault.name in str(found)
    assert "virtio 1.2" in str(found)
    event_fields = {guest.vring(0).avail_event, guest.vring(0).device, guest.vring(0).device + 2}
    assert {address for address, _ in wrote} <= event_fields, "only the wish for no notifications, from before the fault"
    assert len(guest.messages) + sum(guest.levels) == 1, "the driver is told once"
    for _ in range(3):
        guest.notify(0)
    assert guest.stores() == []
    assert len(guest.faults) == 1
    guest.start()
    assert request(guest, VIRTIO_BLK_T_FLUSH, 0)[0] == 0
    assert not guest.broken


def test_a_legacy_driver_that_accepts_what_was_not_offered() -> None:
    """There is no FEATURES_OK to refuse it by: what was not offered does not count (2.2)."""
    guest = Guest(Blk(MemoryDisk(8), size=SIZE), "legacy")
    guest.device.core.function.features &= ~bits(VIRTIO_RING_F_INDIRECT_DESC)
    guest = Guest(guest.device.core.function, "legacy")
    guest.negotiate()
    for word in (0, 1):
        guest.write("DriverFeaturesSel", word)
        guest.write("DriverFeatures", 0xFFFF_FFFF)
    assert guest.device.core.features == guest.features
    vring = guest.ring_of(0, SIZE)
    guest.set_up(0, vring)
    guest.set_status(guest.status | DRIVER_OK)
    queue = guest.device.core.queues[0]
    assert queue is not None
    assert not queue.packed
    write_desc(guest.memory, vring, 0, TABLES_AT, 32, TABLE, 0)
    guest.memory.write(vring.driver + 2, 2, 1)
    guest.notify(0)
    (found,) = guest.faults
    assert found.error is Fault.FEATURE_NOT_NEGOTIATED


def test_a_chain_that_is_too_long_in_fact() -> None:
    """Longer than 8 with one more buffer out: the ring has not that many descriptors (packed)."""
    target = pair(True, 4)
    target.vq.virtqueue_add([(BUFFERS, 4)] * 2)
    assert target.device.pop() is not None
    for slot in range(4):
        write_desc(target.memory, target.vring, (2 + slot) % 4, BUFFERS, 4, NEXT | (AVAIL if slot < 2 else VIRTQ_DESC_F_USED), 3)
    with pytest.raises(RingFault, match="CHAIN_TOO_LONG"):
        target.device.pop()


@pytest.mark.parametrize("look", ["empty", "set_notification", "should_notify"])
@pytest.mark.parametrize("jump", [SIZE + 1, 0xFFFF])
def test_an_index_that_jumps_while_the_device_looks(look: str, jump: int) -> None:
    """Whoever reads the index first, `pop` finds that it jumped; the state can be saved and restored all the same."""
    target = pair(False, SIZE, bits(VIRTIO_RING_F_EVENT_IDX))
    target.memory.write(target.vring.driver + 2, 2, jump)
    {
        "empty": target.device.empty,
        "set_notification": lambda: target.device.set_notification(True),
        "should_notify": target.device.should_notify,
    }[look]()
    with pytest.raises(RingFault) as caught:
        target.device.pop()
    assert caught.value.fault.error is Fault.AVAIL_INDEX_JUMP
    assert f"from 0 to {jump}" in str(caught.value)
    saved = target.device.save()
    target.device.restore(saved)
    assert target.device.save() == saved


def test_a_buffer_made_available_twice() -> None:
    """A head or an id that the device still has."""
    split, packed = pair(False, 4), pair(True, 4)
    for target in (split, packed):
        target.vq.virtqueue_add([(BUFFERS, 4)])
        assert target.device.pop() is not None
    split.offer(0)
    write_desc(packed.memory, packed.vring, 1, BUFFERS, 4, AVAIL, 0)
    for target in (split, packed):
        with pytest.raises(RingFault, match="HEAD_OUT_OF_RANGE"):
            target.device.pop()


@pytest.mark.parametrize("packed", [False, True])
def test_zero_lengths_are_a_policy(packed: bool) -> None:
    """QEMU refuses an element of no bytes; the specification does not."""
    for policy, fails in ((QEMU, True), (None, False)):
        target = pair(packed, 4) if policy is None else pair(packed, 4, policy=policy)
        target.vq.virtqueue_add([(BUFFERS, 4), (BUFFERS, 0)])
        if fails:
            with pytest.raises(RingFault, match="CHAIN_EMPTY"):
                target.device.pop()
        else:
            assert target.device.pop() is not None


@pytest.mark.parametrize("packed", [False, True])
def test_indirect_without_negotiation(packed: bool) -> None:
    """A feature that was not negotiated."""
    target = pair(packed, 4)
    write_desc(target.memory, target.vring, 0, BUFFERS, 16, TABLE | (AVAIL if packed else 0), 0)
    if not packed:
        target.offer(0)
    target.device_log.take()
    for _ in range(2):
        with pytest.raises(RingFault, match=r"descriptor 0.*FEATURE_NOT_NEGOTIATED"):
            target.device.pop()
    assert target.device.broken is not None


@pytest.mark.parametrize("kind", ["pci", "mmio"])
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"desc": 8}, Fault.RING_ALIGNMENT),
        ({"driver": 1}, Fault.RING_ALIGNMENT),
        ({"device": 2}, Fault.RING_ALIGNMENT),
        ({"desc": MEMORY_BYTES}, Fault.RING_OUTSIDE_MEMORY),
        ({"device": 1 << 60}, Fault.RING_OUTSIDE_MEMORY),
        ({"num": 6}, Fault.RING_SIZE),
        ({"num": 512}, Fault.RING_SIZE),
        ({"num": 0}, Fault.RING_SIZE),
    ],
)
def test_a_ring_that_cannot_be(kind: str, change: dict[str, int], fault: Fault) -> None:
    """Found when the queue is enabled; DRIVER_OK is not set, so no notification."""
    guest = Guest(Blk(MemoryDisk(8)), kind)
    guest.negotiate()
    good = guest.ring_of(0, 16)
    names = {"num": good.num, "desc": good.desc, "driver": good.driver, "device": good.device}
    moved = {name: value if name == "num" else names[name] + value for name, value in change.items()}
    guest.set_up(0, Vring(**(names | moved)))  # type: ignore[arg-type]  # packed is left out
    assert [f.error for f in guest.faults] == [fault]
    assert guest.broken
    assert not guest.messages
    assert guest.read("queue_enable" if kind == "pci" else "QueueReady") == 0
    assert guest.stores() == []
    guest.start()
    assert not guest.broken


def _without_features_ok(guest: Guest) -> None:
    guest.set_status(0)
    guest.set_status(3)
    guest.set_status(7)


def _bit_cleared(guest: Guest) -> None:
    guest.start()
    guest.set_status(3)


def _queue_too_early(guest: Guest) -> None:
    guest.set_status(0)
    guest.set_status(3)
    guest.set_up(0, guest.ring_of(0, 16))


def _features_too_late(guest: Guest) -> None:
    guest.start()
    guest.accept(guest.features)


@pytest.mark.parametrize(
    ("mischief", "fault"),
    [
        (_without_features_ok, Fault.STATUS_ORDER),
        (_bit_cleared, Fault.STATUS_BIT_CLEARED),
        (_queue_too_early, Fault.STATUS_ORDER),
        (_features_too_late, Fault.STATUS_ORDER),
    ],
)
def test_an_initialization_out_of_order(mischief: Callable[[Guest], None], fault: Fault) -> None:
    """One fault for the device as a whole; a reset helps."""
    guest = Guest(Blk(MemoryDisk(8)))
    mischief(guest)
    assert [f.error for f in guest.faults] == [fault]
    assert guest.broken
    guest.start()
    assert request(guest, VIRTIO_BLK_T_FLUSH, 0)[0] == 0


def test_malformed_packets() -> None:
    """A frame without its header, a receive buffer without room for one, a command without an acknowledgement."""
    for queue, out, into in ((1, 11, 0), (0, 0, 11), (2, 2, 0), (2, 1, 1)):
        net = Net()
        guest = Guest(net).start()
        guest.queues[queue].virtqueue_add(
            [(BUFFERS_AT, out)] if out else [], [(BUFFERS_AT + 64, into)] if into else []
        )  # fmt: skip
        guest.kick(queue, always=True)
        if queue == 0:
            net.receive(b"x" * 60)
            guest.note(guest.device.take())
        assert [(f.error, f.queue) for f in guest.faults] == [(Fault.REQUEST_FORMAT, queue)]
        assert guest.broken


# --- devices that misbehave ---------------------------------------------------------------------------------------------


def ready(packed: bool, features: int = 0) -> Pair:
    """Two buffers are out, with 8 and 0 writable bytes."""
    target = pair(packed, 4, features)
    target.vq.virtqueue_add([(BUFFERS, 4)], [(BUFFERS + 8, 8)], 1)
    target.vq.virtqueue_add([(BUFFERS, 4)], (), 2)
    return target


def used(target: Pair, id_: int, length: int, index: int = 1) -> None:
    """The device returns something, without regard to what it may return."""
    vring, memory = target.vring, target.memory
    if vring.packed:
        memory.write(vring.desc + 8, 4, length)
        memory.write(vring.desc + 12, 2, id_)
        memory.write(vring.desc + 14, 2, AVAIL | VIRTQ_DESC_F_USED | WRITE)
    else:
        memory.write(vring.device + 4, 4, id_)
        memory.write(vring.device + 8, 4, length)
        memory.write(vring.device + 2, 2, index)


@pytest.mark.parametrize("packed", [False, True], ids=["split", "packed"])
@pytest.mark.parametrize(
    ("id_", "length", "index", "fault"),
    [
        (77, 0, 1, Fault.USED_ID_UNKNOWN),
        (1 << 15, 0, 1, Fault.USED_ID_UNKNOWN),
        (3, 0, 1, Fault.USED_ID_UNKNOWN),
        (0, 9, 1, Fault.USED_TOO_LONG),
        (0, 0xFFFF_FFFF, 1, Fault.USED_TOO_LONG),
        (0, 0, 3, Fault.USED_INDEX_JUMP),
        (0, 0, 0xFFFF, Fault.USED_INDEX_JUMP),
    ],
)
def test_a_device_that_misbehaves(packed: bool, id_: int, length: int, index: int, fault: Fault) -> None:
    """The same error from then on; the driver writes nothing more; after a reset of the queue all is well."""
    if packed and fault is Fault.USED_INDEX_JUMP:
        return
    target = ready(packed)
    used(target, id_, length, index)
    target.driver_log.take()
    for _ in range(2):
        with pytest.raises(RingFault) as error:
            target.vq.virtqueue_get_buf()
        assert error.value.fault.error is fault
    with pytest.raises(RingFault, match=fault.name):
        target.vq.virtqueue_add([(BUFFERS, 4)])
    with pytest.raises(RingFault, match=fault.name):
        target.vq.virtqueue_kick()
    assert target.vq.virtqueue_is_broken()
    assert not [t for t in target.driver_log.take() if type(t).__name__ == "MemWrite"]
    assert sorted(iter(target.vq.virtqueue_detach_unused_buf, None)) == [1, 2]
    target.vq.virtqueue_reset()
    assert not to_vvq(target.vq).vq.virtqueue_is_broken()


def test_a_used_element_too_many() -> None:
    """Packed: a used descriptor where no buffer is outstanding; split: an IN_ORDER batch beyond the index."""
    target = pair(True, 4)
    used(target, 0, 0)
    with pytest.raises(RingFault, match="USED_INDEX_JUMP"):
        target.vq.virtqueue_get_buf()
    target = ready(False, bits(VIRTIO_F_IN_ORDER))
    used(target, 2, 0, 1)
    with pytest.raises(RingFault, match=r"USED_INDEX_JUMP.*2\.7\.8\.2"):
        target.vq.virtqueue_get_buf()


def test_a_reserved_length_is_ignored() -> None:
    """Packed: without WRITE a used length that cannot be one means nothing (2.8.4)."""
    target = ready(True)
    used(target, 0, 9)
    target.memory.write(target.vring.desc + 14, 2, AVAIL | VIRTQ_DESC_F_USED)
    assert target.vq.virtqueue_get_buf() == (1, 0)


def test_long_tables_are_a_policy() -> None:
    """Linux makes indirect tables longer than the queue, and QEMU takes them."""
    for policy, fails in ((QEMU, False), (None, True)):
        target = pair(False, 2, INDIRECT) if policy is None else pair(False, 2, INDIRECT, policy=policy)
        table = Vring(8, BUFFERS + 0x1000, 0, 0)
        for n in range(4):
            write_desc(target.memory, table, n, BUFFERS, 4, NEXT if n < 3 else 0, n + 1)
        target.desc(0, BUFFERS + 0x1000, 64, TABLE)
        target.offer(0)
        if fails:
            with pytest.raises(RingFault, match="CHAIN_TOO_LONG"):
                target.device.pop()
        else:
            chain = target.device.pop()
            assert chain is not None
            assert len(chain.readable) == 4
    assert bits(VIRTIO_RING_F_INDIRECT_DESC) == INDIRECT
