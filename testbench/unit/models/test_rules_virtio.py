"""Rules of virtqueues, of the virtio PCI transport and of MSI-X (R63 to R75, R83 to R85, R89), each proved by bugs that
break it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest

from irqpath.core.transactions import BarrierKind, MemBarrier, MemRead, MemWrite, Msi
from irqpath.rules import load
from irqpath.virtio.blk import VIRTIO_BLK_T_FLUSH, Blk, MemoryDisk
from irqpath.virtio.core import ACKNOWLEDGE, DRIVER, FEATURES_OK, NO_VECTOR
from irqpath.virtio.faults import Fault, RingFault
from irqpath.virtio.net import Net
from irqpath.virtio.policy import IRQPATH, QEMU
from irqpath.virtio.wire import Vring
from irqpath_testbench.tools.faults.injection import InjectedFault, injected, registry
from unit.models.rule_tests import RuleTest, rule
from unit.models.test_virtio_devices import request, send
from unit.models.test_virtio_resets import busy
from unit.models.virtio_drive import BUFFERS, EVENT_IDX, IN_ORDER, INDIRECT, TABLES, Pair, pair, write_desc
from unit.models.virtio_guest import Guest

if TYPE_CHECKING:
    from irqpath_testbench.tools.faults.injection import Lib

WRITE, NEXT, TABLE, AVAIL, USED = 2, 1, 4, 1 << 7, 1 << 15


def one(target: Pair, token: int = 0, room: int = 0) -> Any:
    """One buffer from the driver to the device; the chain as the device popped it."""
    target.vq.virtqueue_add([(BUFFERS, 4)], [(BUFFERS + 64, room)] if room else (), token)
    return target.device.pop()


def at_index(target: Pair, index: int) -> None:
    """Both sides of a split ring as they are after `index` buffers."""
    for side in (target.vvq, target.device):
        moved = {"next_avail": index, "last_used": index, "next_used": index, "seen_avail": index}
        saved = side.save()
        side.restore(saved | {name: value for name, value in moved.items() if name in saved})
    target.memory.write(target.vring.driver + 2, 2, index)
    target.memory.write(target.vring.device + 2, 2, index)


@rule("R63", faults=("need-event-off-by-one", "need-event-without-wrap"))
def test_an_event_is_passed_once(lib: Lib) -> None:
    need_event = importlib.import_module("irqpath.virtio.wire").need_event
    for old in (0, 5, 0x7FFF, 0xFFFE):
        for steps in (0, 1, 3):
            passed = {(old + n) & 0xFFFF for n in range(steps)}
            for distance in range(-3, 6):
                event = (old + distance) & 0xFFFF
                assert need_event(event, old + steps & 0xFFFF, old) == (event in passed)


@rule("R63", faults=("need-event-without-wrap", "device-forgets-old-index", "driver-forgets-old-index"))
def test_both_sides_notify_by_the_event_index(lib: Lib) -> None:
    for wanted in range(6):
        target = pair(False, 8, EVENT_IDX)
        at_index(target, 0xFFFE)
        target.memory.write(target.vring.used_event, 2, 0xFFFE + wanted)
        target.memory.write(target.vring.avail_event, 2, 0xFFFE + wanted)
        kicks, interrupts = [], []
        for batch in (1, 2, 3):
            chains = []
            for n in range(batch):
                target.vq.virtqueue_add([(BUFFERS, 4)], (), n)
            target.device.state.notification = False
            kicks.append(target.vq.virtqueue_kick() is not None)
            while (chain := target.device.pop()) is not None:
                chains.append(chain)
            for chain in chains:
                target.device.fill(chain.id, 0)
            target.device.flush()
            interrupts.append(target.device.should_notify())
        expected = [wanted == 0, wanted in (1, 2), wanted in (3, 4, 5)]
        assert (kicks, interrupts) == (expected, expected), wanted


@rule("R64", faults=("event-without-modulo", "need-event-off-by-one"))
def test_used_event_zero_fires_every_65536_buffers(lib: Lib) -> None:
    target = pair(False, 4, EVENT_IDX)
    fired = []
    for start in (0, 3, 0x7FFF, 0xFFFD):
        at_index(target, start)
        for n in range(5):
            target.memory.write(target.vring.used_event, 2, 0)
            chain = one(target)
            target.device.push(chain.id, 0)
            if target.device.should_notify():
                fired.append(start + n + 1)
            target.vq.virtqueue_get_buf()
    assert fired == [1, 0x1_0001], "after the first, then after 65,536 more"


@rule("R65", faults=("device-heeds-flag", "driver-heeds-flag"))
def test_flags_are_ignored_with_event_index(lib: Lib) -> None:
    target = pair(False, 4, EVENT_IDX)
    target.memory.write(target.vring.driver, 2, 1)
    target.memory.write(target.vring.device, 2, 1)
    target.vq.virtqueue_add([(BUFFERS, 4)])
    assert target.vq.virtqueue_kick() is not None
    chain = target.device.pop()
    assert chain is not None
    target.device.push(chain.id, 0)
    assert target.device.should_notify()


def between(log: list[Any], first: object, kind: BarrierKind, last: object) -> bool:
    """Whether a barrier of that kind, or a full one, stands between two accesses of a log."""
    assert first in log, "it did not happen"
    assert last in log, "it did not happen"
    start, end = log.index(first), len(log) - 1 - log[::-1].index(last)
    return any(entry in (MemBarrier(kind), MemBarrier(BarrierKind.FULL)) for entry in log[start + 1 : end])


@rule(
    "R66",
    "R89",
    faults=("driver-index-unordered", "driver-looks-too-early", "device-index-unordered", "device-looks-too-early"),
)
def test_barriers_of_a_split_ring(lib: Lib) -> None:
    target = pair(False, 4, EVENT_IDX)
    v = target.vring
    target.vq.virtqueue_add([(BUFFERS, 4)])
    target.vq.virtqueue_kick()
    log = target.driver_log.take()
    assert between(log, MemWrite(v.driver + 4, 2, 0), BarrierKind.WRITE, MemWrite(v.driver + 2, 2, 1))
    assert between(log, MemWrite(v.driver + 2, 2, 1), BarrierKind.FULL, MemRead(v.avail_event, 2))
    chain = target.device.pop()
    assert chain is not None
    target.device.push(chain.id, 0)
    target.device.should_notify()
    log = target.device_log.take()
    assert between(log, MemWrite(v.device + 4, 4, 0), BarrierKind.WRITE, MemWrite(v.device + 2, 2, 1))
    assert between(log, MemWrite(v.device + 2, 2, 1), BarrierKind.FULL, MemRead(v.used_event, 2))


@rule("R66", "R89", faults=("packed-flags-unordered", "packed-used-unordered", "packed-looks-too-early"))
def test_barriers_of_a_packed_ring(lib: Lib) -> None:
    target = pair(True, 4, EVENT_IDX)
    v = target.vring
    target.vq.virtqueue_add([(BUFFERS, 4)])
    target.vq.virtqueue_kick()
    log = target.driver_log.take()
    assert between(log, MemWrite(v.desc, 8, BUFFERS), BarrierKind.WRITE, MemWrite(v.desc + 14, 2, AVAIL))
    assert between(log, MemWrite(v.desc + 14, 2, AVAIL), BarrierKind.FULL, MemRead(v.device, 4))
    chain = target.device.pop()
    assert chain is not None
    target.device.push(chain.id, 0)
    target.device.should_notify()
    log = target.device_log.take()
    assert between(log, MemWrite(v.desc + 8, 4, 0), BarrierKind.WRITE, MemWrite(v.desc + 14, 2, AVAIL | USED))
    assert between(log, MemWrite(v.desc + 14, 2, AVAIL | USED), BarrierKind.FULL, MemRead(v.driver, 4))


@rule("R67", faults=("empty-pop-faults", "empty-get-faults"))
def test_spurious_notifications_do_no_harm(lib: Lib) -> None:
    target = pair(False, 4)
    assert target.device.pop() is None
    assert target.vq.virtqueue_get_buf() is None
    chain = one(target, 5)
    assert target.device.pop() is None
    target.device.push(chain.id, 0)
    assert target.vq.virtqueue_get_buf() == (5, 0)
    assert target.vq.virtqueue_get_buf() is None


@rule("R68", faults=("wrap-starts-at-zero", "available-without-wrap", "driver-wrap-not-turned"))
def test_wrap_counters(lib: Lib) -> None:
    target = pair(True, 3)
    assert target.device.pop() is None
    for n in range(10):
        assert target.device.pop() is None, "what is used, or of the lap before, is not available"
        chain = one(target, n)
        assert chain is not None
        flags = target.memory.read(target.vring.desc + 16 * (n % 3) + 14, 2)
        assert bool(flags & AVAIL) == (n // 3 % 2 == 0)
        target.device.push(chain.id, 0)
        assert target.vq.virtqueue_get_buf() == (n, 0)


@rule(
    "R69",
    faults=("first-descriptor-first",),
)
def test_the_first_descriptor_is_made_available_last(lib: Lib) -> None:
    target = pair(True, 4)
    target.vq.virtqueue_add([(BUFFERS, 4), (BUFFERS + 8, 4)], [(BUFFERS + 16, 4)])
    writes = [t for t in target.driver_log.take() if isinstance(t, MemWrite)]
    assert writes[-1] == MemWrite(target.vring.desc + 14, 2, AVAIL | NEXT)
    assert [t.address for t in writes].count(target.vring.desc + 14) == 1


@rule(
    "R70",
    faults=("event-offset-without-wrap",),
)
def test_an_event_offset_of_the_lap_before(lib: Lib) -> None:
    for num, wanted in ((4, 3), (5, 4), (5, 2)):
        target = pair(True, num, EVENT_IDX)
        target.memory.write(target.vring.driver, 4, wanted | 1 << 15 | 2 << 16)
        target.memory.write(target.vring.device, 4, wanted | 1 << 15 | 2 << 16)
        kicks, interrupts = [], []
        for _ in range(num):
            target.vq.virtqueue_add([(BUFFERS, 4)])
            kicks.append(target.vq.virtqueue_kick() is not None)
            chain = target.device.pop()
            assert chain is not None
            target.device.push(chain.id, 0)
            interrupts.append(target.device.should_notify())
        expected = [n == wanted for n in range(num)]
        assert (kicks, interrupts) == (expected, expected)


@rule("R71", faults=("batch-counts-as-one", "batch-returns-one", "batch-skips-short-buffers"))
def test_one_entry_closes_a_batch(lib: Lib) -> None:
    for packed in (False, True):
        target = pair(packed, 16, IN_ORDER)
        for n in range(5):
            assert one(target, n, 16) is not None
        target.device_log.take()
        for length in (16, 16, 7, 16, 3):
            target.device.fill(next(iter(target.device.state.inflight)), length)
        assert target.device.flush() == 5
        writes = [t for t in target.device_log.take() if isinstance(t, MemWrite) and t.size == 4]
        assert len(writes) == (2 if packed else 4), "two batches: 0 to 2 and 3 to 4"
        assert [target.vq.virtqueue_get_buf() for _ in range(6)] == [(0, 16), (1, 16), (2, 7), (3, 16), (4, 3), None]
        assert one(target, 9, 16) is not None


@rule("R72", faults=("write-on-indirect-faults", "indirect-with-next-accepted", "write-on-indirect-counts"))
def test_indirect_descriptors(lib: Lib) -> None:
    for packed in (False, True):
        target = pair(packed, 4, INDIRECT)
        table = Vring(4, BUFFERS + 0x1000, 0, 0, packed)
        write_desc(target.memory, table, 0, BUFFERS, 8, NEXT * (not packed), 1)
        write_desc(target.memory, table, 1, BUFFERS + 8, 8, WRITE, 0)
        avail = AVAIL if packed else 0
        target.desc(0, BUFFERS + 0x1000, 32, TABLE | WRITE | avail)
        target.desc(1, BUFFERS + 0x1000, 32, TABLE | NEXT | avail)
        target.desc(2, BUFFERS, 8, avail)
        if not packed:
            target.offer(0)
        chain = target.device.pop()
        assert chain is not None
        assert (chain.readable, chain.writable) == (((BUFFERS, 8),), ((BUFFERS + 8, 8),))
        if not packed:
            target.offer(1)
        with pytest.raises(RingFault) as error:
            target.device.pop()
        assert error.value.fault.error is Fault.INDIRECT_WITH_NEXT


@rule("R73", faults=("any-vector-mapped", "config-vector-survives-reset", "queue-vector-survives-reset"))
def test_vectors_that_cannot_be_mapped(lib: Lib) -> None:
    guest = Guest(Blk(MemoryDisk(8), queues=2)).start()
    for name in ("config_msix_vector", "queue_msix_vector"):
        for vector, reads in ((2, 2), (3, NO_VECTOR), (0x7FF, NO_VECTOR), (0, 0)):
            guest.write("queue_select", 1)
            guest.write(name, vector)
            assert guest.read(name) == reads
    guest.set_status(0)
    assert guest.read("config_msix_vector") == NO_VECTOR
    for queue in range(2):
        guest.write("queue_select", queue)
        assert guest.read("queue_msix_vector") == NO_VECTOR


@rule("R74", faults=("isr-set-with-msix", "isr-not-cleared", "config-change-without-isr"))
def test_isr_status(lib: Lib) -> None:
    net = Net()
    guest = Guest(net).start()
    send(guest, b"x" * 60)
    assert guest.messages == [Msi(0, 2)]
    assert guest.read_at("isr", 0, 1).value == 0, "a queue's event skips it with MSI-X"
    net.set_link(False)
    guest.note(guest.device.take())
    assert [guest.read_at("isr", 0, 1).value for _ in range(2)] == [2, 0]
    guest = Guest(Net()).start(msix=False)
    send(guest, b"x" * 60)
    assert [guest.read_at("isr", 0, 1).value for _ in range(2)] == [1, 0]
    assert guest.levels == [1, 0]


@rule("R75", faults=("mask-ignored", "pending-bit-lost", "pending-bit-stays", "function-mask-ignored"))
def test_a_masked_vector_sets_its_pending_bit(lib: Lib) -> None:
    for mask, unmask in (((0x9A, "config", 0xC000), (0x9A, "config", 0x8000)), ((28, "msix", 1), (28, "msix", 0))):
        guest = Guest(Blk(MemoryDisk(8))).start()
        size = {"config": 2, "msix": 4}
        guest.write_at(mask[1], mask[0], size[mask[1]], mask[2])
        for _ in range(3):
            request(guest, VIRTIO_BLK_T_FLUSH, 0)
        assert guest.messages == []
        assert guest.read_at("msix", 0x800, 4).value == 0b10
        for _ in range(2):
            guest.write_at(unmask[1], unmask[0], size[unmask[1]], unmask[2])
        assert guest.messages == [Msi(0, 1)]
        assert guest.read_at("msix", 0x800, 4).value == 0
        request(guest, VIRTIO_BLK_T_FLUSH, 0)
        assert guest.messages == [Msi(0, 1)] * 2


@rule("R83", faults=("needs-of-features-ignored", "control-queue-not-needed"))
def test_a_feature_comes_with_what_it_needs(lib: Lib) -> None:
    """Net: CTRL_RX, CTRL_VLAN, MQ and CTRL_MAC_ADDR need CTRL_VQ."""
    guest = Guest(Net(pairs=2))
    needing = (18, 19, 22, 23)
    none = guest.offered() & ~sum(1 << bit for bit in (17, *needing))
    for bit in needing:
        for control in (0, 1 << 17):
            guest.set_status(0)
            guest.set_status(ACKNOWLEDGE)
            guest.set_status(ACKNOWLEDGE | DRIVER)
            guest.accept(none | 1 << bit | control)
            guest.set_status(ACKNOWLEDGE | DRIVER | FEATURES_OK)
            assert bool(guest.status & FEATURES_OK) == bool(control)


@rule("R84", faults=("indirect-of-any-length", "indirect-length-no-policy"))
def test_a_table_longer_than_the_queue(lib: Lib) -> None:
    """Reported, and refused or taken as the Policy says; as long as the queue is good."""
    for packed in (False, True):
        for entries, policy, taken in ((4, IRQPATH, True), (5, IRQPATH, False), (5, QEMU, True)):
            target = pair(packed, 4, INDIRECT, policy=policy)
            for n in range(entries):
                at, last = TABLES + 16 * n, n + 1 == entries
                target.memory.write(at, 8, BUFFERS + 64 * n)
                target.memory.write(at + 8, 4, 16)
                target.memory.write(at + 12, 4, 0 if packed or last else NEXT | n + 1 << 16)
            target.desc(0, TABLES, 16 * entries, TABLE | packed * AVAIL)
            if not packed:
                target.offer(0)
            if taken:
                chain = target.device.pop()
                assert chain is not None
                assert len(chain.readable) == entries
            else:
                with pytest.raises(RingFault) as error:
                    target.device.pop()
                assert error.value.fault.error is Fault.CHAIN_TOO_LONG


@rule(
    "R85",
    faults=(
        "messages-survive-a-reset",
        "messages-survive-a-queue-reset",
        "buffers-survive-a-reset",
        "buffers-survive-a-queue-reset",
    ),
)
def test_nothing_of_before_a_reset(lib: Lib) -> None:
    """A message that was masked and pending, buffers that the function completes late: of the device, or of one queue."""
    for queue_alone in (False, True):
        made = busy("pci", 0)
        if queue_alone:
            made.guest.write("queue_select", 0)
            made.guest.write("queue_reset", 1)
        else:
            made.guest.set_status(0)
        made.mask(0)
        assert made.messages() == ({0, 2} if queue_alone else set())
        made.finish()
        assert made.stores() == ({1} if queue_alone else set())


@rule("R89", faults=("interrupts-wanted-without-a-look", "interrupts-wanted-unordered", "kicks-wanted-unordered"))
def test_who_asks_for_notifications_looks_again(lib: Lib) -> None:
    """What came before the request was seen gives no notification: the ring is looked at once more, behind a full barrier."""
    target = pair(False, 4, EVENT_IDX)
    v = target.vring
    target.vq.virtqueue_disable_cb()
    chain = one(target)
    target.device.push(chain.id, 0)
    target.driver_log.take()
    assert not target.vq.virtqueue_enable_cb()
    log = target.driver_log.take()
    assert between(log, MemWrite(v.used_event, 2, 0), BarrierKind.FULL, MemRead(v.device + 2, 2))
    assert target.vq.virtqueue_get_buf() == (0, 0)
    assert target.vq.virtqueue_enable_cb()
    target.device.set_notification(False)
    target.vq.virtqueue_add([(BUFFERS, 4)])
    target.device_log.take()
    target.device.set_notification(True)
    assert not target.device.empty()
    log = target.device_log.take()
    assert between(log, MemWrite(v.avail_event, 2, 2), BarrierKind.FULL, MemRead(v.driver + 2, 2))


# --- that nothing is left out -------------------------------------------------------------------------------------------

TESTS: list[RuleTest] = [vars(thing)["rule_test"] for thing in list(vars().values()) if hasattr(thing, "rule_test")]


@pytest.mark.parametrize("id_", [f"R{n}" for n in (*range(63, 76), 83, 84, 85, 89)])
def test_a_fault_proves_the_tests_of(id_: str) -> None:
    """At least one test cites the rule and notices a fault that is injected to break just this rule."""
    assert load().rule(id_).blocks == ("virtio",)
    assert [t.name for t in TESTS if id_ in t.cites and any(id_ in fault.breaks for fault in t.faults)]


@pytest.mark.parametrize("fault", registry("virtio").values(), ids=lambda fault: fault.name)
def test_a_fault_is_used_and_described(fault: InjectedFault) -> None:
    assert fault.what
    for id_ in fault.breaks:
        users: list[RuleTest] = [t for t in TESTS if id_ in t.cites and fault in t.faults]
        assert users, f"no test of {id_} is run with {fault.name}"
    with injected(fault) as lib:
        assert lib.Gic
