"""What ends something ends it whole, and nothing besides: resets of device, queue and function, vectors taken away, MSI-X off, a
device that needs a reset; each while all that can be pending is pending, in all transports and both kinds of rings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import pytest

from irqpath.core.transactions import Reset
from irqpath.virtio.blk import Blk, MemoryDisk
from irqpath.virtio.chain import Chain
from irqpath.virtio.core import DEVICE_NEEDS_RESET, NO_VECTOR, Function, VirtioCore
from irqpath.virtio.device_queue import DeviceQueue
from irqpath.virtio.faults import Fault, QueueFault, RingFault, StateError
from irqpath.virtio.function import Core
from irqpath.virtio.net import Net
from irqpath.virtio.pci_config import COMMAND, MSIX_CONTROL
from irqpath.virtio.policy import IRQPATH, QEMU
from irqpath.virtio.wire import VIRTIO_F_RING_PACKED, VIRTIO_F_RING_RESET, bits
from unit.models.test_virtio_devices import add_receive
from unit.models.virtio_guest import BUFFERS_AT, QUEUE_STRIDE, QUEUES_AT, TABLES_AT, Guest

SIZE: Final = 8
#: pci: with MSI-X; intx: without.
KINDS: Final = ("pci", "intx", "mmio", "legacy")
CONFIG, QUEUE0, QUEUE1, SPARE = 0, 1, 2, 3
PAGE: Final = 0x10_0000


class Slow(Blk):
    """Takes buffers, and returns them when it is told to, from whatever it has kept: the ring and the buffer."""

    def __init__(self, features: int) -> None:
        super().__init__(MemoryDisk(8), queues=2, size=SIZE, features=features | bits(VIRTIO_F_RING_RESET))
        self.held: list[tuple[int, DeviceQueue, Chain]] = []

    def notified(self, core: Core, queue: int) -> None:
        """Take all."""
        ring = core.queues[queue]
        while ring is not None and (chain := ring.pop()) is not None:
            self.held.append((queue, ring, chain))


@dataclass
class Busy:
    """A guest whose two queues, and whose device, have one of everything pending that there is."""

    guest: Guest
    function: Slow
    rings: list[DeviceQueue] = field(default_factory=list)

    @property
    def core(self) -> VirtioCore:
        """The device."""
        return self.guest.device.core

    def note(self) -> None:
        """What the device put out on its own."""
        self.guest.note(self.guest.device.take())

    def offer(self, queue: int, *, elements: int = 1) -> tuple[int, DeviceQueue, Chain]:
        """The device gets a buffer; with more than one element in an indirect table."""
        at = BUFFERS_AT + queue * PAGE
        self.guest.queues[queue].virtqueue_add([], [(at + 64 * n, 16) for n in range(elements)])
        self.guest.kick(queue, always=True)
        return self.function.held.pop()

    def messages(self) -> set[int]:
        """The vectors whose messages went out since the last call."""
        self.note()
        found = {message.event for message in self.guest.messages}
        self.guest.messages.clear()
        return found

    def stores(self) -> set[int | str]:
        """The queues in whose rings or buffers the device stored since the last call."""
        found: set[int | str] = set()
        for address, _ in self.guest.stores():
            base, stride = (BUFFERS_AT, PAGE) if address >= TABLES_AT else (QUEUES_AT, QUEUE_STRIDE)
            found.add((address - base) // stride)
        return found

    def finish(self) -> None:
        """The function completes, late, all that it has kept: stores data, flushes, returns, notifies."""
        for queue, ring in enumerate(self.rings):
            ring.flush()
            self.core.interrupt(queue)
        for queue, ring, chain in self.function.held:
            chain.read(self.guest.port)
            chain.write(self.guest.port, b"\xaa" * 16)
            ring.set_notification(True)
            ring.fill(chain.id, 16) if ring is self.rings[queue] else None
            ring.flush()
            ring.should_notify()
            now = self.core.queues[queue]
            if now is not None and now is not ring:
                now.push(chain, 16)
            self.core.interrupt(queue)
        self.note()

    def mask(self, masked: int) -> None:
        """All vectors."""
        for vector in range(5):
            assert self.guest.write_at("msix", 16 * vector + 12, 4, masked)


def busy(kind: str, features: int, *, vectors: tuple[int, int, int] = (CONFIG, QUEUE0, QUEUE1)) -> Busy:
    """Everything pending: an interrupt of each queue and of the configuration (masked with MSI-X), a used element that was not
    flushed, one that was and is not notified, buffers in flight, one of them indirect, wrap counters and indices on their second
    lap, notifications suppressed, a changed configuration, selectors that do not stand on zero."""
    function = Slow(features)
    pci = kind in ("pci", "intx")
    guest = Guest(function, vectors=5) if pci else Guest(function, kind)
    guest.start(msix=kind == "pci")
    made = Busy(guest, function)
    if kind == "pci":
        guest.msix(5)
        guest.write("config_msix_vector", vectors[0])
        for queue in range(2):
            guest.write("queue_select", queue)
            guest.write("queue_msix_vector", vectors[queue + 1])
    for queue, vq in enumerate(guest.queues):
        for _ in range(SIZE + 3):
            _, ring, chain = made.offer(queue)
            ring.push(chain.id, 1)
            made.core.interrupt(queue)
            assert vq.virtqueue_get_buf() is not None
        made.rings.append(ring)
    if kind == "pci":
        made.mask(1)
    made.note()
    if kind != "pci":
        guest.read_at("isr", 0, 1) if pci else guest.write("InterruptACK", 3)
    for queue, vq in enumerate(guest.queues):
        pending, delayed, unflushed = (made.offer(queue) for _ in range(3))
        ring = made.rings[queue]
        ring.push(pending[2].id, 1)
        assert made.core.interrupt(queue)
        assert vq.virtqueue_get_buf() is not None
        ring.push(delayed[2].id, 1)
        ring.fill(unflushed[2].id, 1)
        made.function.held += [made.offer(queue), made.offer(queue, elements=3)]
        ring.set_notification(False)
    made.core.config_changed()
    made.note()
    guest.write("queue_select" if pci else "QueueSel", 1)
    guest.write("driver_feature_select" if pci else "DriverFeaturesSel", 1)
    guest.messages.clear()
    guest.levels.clear()
    guest.port.take()
    return made


def _select(made: Busy, queue: int) -> None:
    made.guest.write("queue_select" if made.guest.kind == "pci" else "QueueSel", queue)


def _device_reset(made: Busy) -> None:
    made.guest.set_status(0)


def _function_reset(made: Busy) -> None:
    made.guest.note(made.guest.device.predict("virtq0.reset", Reset()))


def _queue_reset(made: Busy) -> None:
    _select(made, 0)
    made.guest.write("queue_reset" if made.guest.kind == "pci" else "QueueReset", 1)


def _queue_stopped(made: Busy) -> None:
    _select(made, 0)
    made.guest.write("QueuePFN" if made.guest.kind == "legacy" else "QueueReady", 0)


def _queue_vector(vector: int) -> Callable[[Busy], None]:
    def act(made: Busy) -> None:
        _select(made, 0)
        made.guest.write("queue_msix_vector", vector)

    return act


def _config_vector(vector: int) -> Callable[[Busy], None]:
    return lambda made: made.guest.write("config_msix_vector", vector)


def _control(*values: int) -> Callable[[Busy], None]:
    def act(made: Busy) -> None:
        for value in values:
            made.guest.write_at("config", MSIX_CONTROL, 2, value)

    return act


def _needs_reset(made: Busy) -> None:
    made.core.fail(QueueFault(Fault.REQUEST_FORMAT, 1, 0))
    made.note()


@dataclass(frozen=True)
class Row:
    """What an event leaves. `section`: of virtio 1.2, or PCI Express; `kinds`: where there is such an event; `pending`: vectors
    whose message goes out once it may; `works`: queues whose buffers the function may still store into; `notifies`: vectors
    by which these are notified then; `isr`: the ISR status or InterruptStatus, with the wire."""

    act: Callable[[Busy], None]
    section: str
    kinds: tuple[str, ...]
    pending: set[int]
    works: set[int]
    notifies: set[int]
    isr: int = 3


ALL = {CONFIG, QUEUE0, QUEUE1}
BOTH, OTHER = {0, 1}, {1}
ROWS: Final = {
    "the device is reset": Row(_device_reset, "2.4.1, 4.1.5.1.2.1, 4.2.2.1", KINDS, set(), set(), set(), 0),
    "the function is reset": Row(_function_reset, "PCI Express 6.6.2", KINDS, set(), set(), set(), 0),
    "queue 0 is reset": Row(_queue_reset, "2.6.1.1.1", ("pci", "intx", "mmio"), {CONFIG, QUEUE1}, OTHER, {QUEUE1}),
    "queue 0 is stopped": Row(_queue_stopped, "4.2.2.1, 4.2.4", ("mmio", "legacy"), ALL, OTHER, {QUEUE1}),
    "queue 0 has no vector": Row(_queue_vector(NO_VECTOR), "4.1.5.3.1", ("pci",), {CONFIG, QUEUE1}, BOTH, {QUEUE1}),
    "queue 0 has a vector that is none": Row(_queue_vector(77), "4.1.5.1.2.1", ("pci",), {CONFIG, QUEUE1}, BOTH, {QUEUE1}),
    "queue 0 has another vector": Row(
        _queue_vector(SPARE), "4.1.5.1.2", ("pci",), {CONFIG, SPARE, QUEUE1}, BOTH, {SPARE, QUEUE1}
    ),
    "queue 0 gets its vector again": Row(_queue_vector(QUEUE0), "4.1.5.1.2", ("pci",), ALL, BOTH, {QUEUE0, QUEUE1}),
    "the configuration has no vector": Row(
        _config_vector(NO_VECTOR), "4.1.5.4.1", ("pci",), {QUEUE0, QUEUE1}, BOTH, {QUEUE0, QUEUE1}
    ),
    "the configuration has another vector": Row(
        _config_vector(SPARE), "4.1.5.1.2", ("pci",), {SPARE, QUEUE0, QUEUE1}, BOTH, {QUEUE0, QUEUE1}
    ),
    "MSI-X is disabled for a while": Row(
        _control(0, 0x8000), "PCI Express 7.7.2.2", ("pci",), ALL, BOTH, {QUEUE0, QUEUE1}
    ),
    "the function is masked for a while": Row(
        _control(0xC000, 0x8000), "PCI Express 6.1.4.5", ("pci",), ALL, BOTH, {QUEUE0, QUEUE1}
    ),
    "the device needs a reset": Row(_needs_reset, "2.1.2", KINDS, ALL, set(), set()),
}  # fmt: skip
RINGS: Final = {"split": 0, "packed": bits(VIRTIO_F_RING_PACKED)}


def _cells() -> Iterator[tuple[str, str, str]]:
    """(event, transport, ring) of each cell of the table."""
    for what, row in ROWS.items():
        for kind in row.kinds:
            for ring in RINGS if kind != "legacy" else ("split",):
                yield what, kind, ring


CELLS: Final = tuple(_cells())


@pytest.mark.parametrize(("what", "kind", "ring"), CELLS)
def test_what_ends_and_what_survives(what: str, kind: str, ring: str) -> None:
    """First what was pending, then what the function completes late: only what the table leaves is sent or stored."""
    row = ROWS[what]
    made = busy(kind, RINGS[ring])
    before = made.guest.read("config_generation") if kind in ("pci", "intx") else 0
    row.act(made)
    assert made.messages() == set(), "all vectors are masked"
    assert made.stores() == set()
    if kind == "pci":
        made.mask(0)
        if what == "the function is reset":
            made.guest.msix(5)
        assert made.messages() == row.pending
        assert made.messages() == set()
        assert made.guest.read_at("msix", 0x800, 8).value == 0
        notified = made.core.status & DEVICE_NEEDS_RESET or row.works != set()
        assert made.guest.read_at("isr", 0, 1).value == (2 if notified else 0)
    else:
        assert made.guest.device.line == (row.isr != 0)
        isr = made.guest.read_at("isr", 0, 1).value if kind == "intx" else made.guest.read("InterruptStatus")
        assert isr == row.isr
        if kind != "intx":
            made.guest.write("InterruptACK", 3)
        made.guest.levels.clear()
    made.finish()
    assert made.stores() == row.works
    if kind == "pci":
        assert made.messages() == row.notifies
    else:
        assert (1 in made.guest.levels) == bool(row.works)
    if kind in ("pci", "intx"):
        assert made.guest.read("config_generation") == before, "it does not go back"


#: What a driver finds after its reset of the device: as after power-on; what is PCI's, or the platform's, stays.
AFTER_RESET: Final = {
    "pci": {"config_msix_vector": NO_VECTOR, "queue_msix_vector": NO_VECTOR, "queue_enable": 0,
            "queue_size": SIZE, "queue_desc_low": 0, "queue_driver_low": 0, "queue_device_low": 0, "driver_feature": 0,
            "driver_feature_select": 0, "device_status": 0, "queue_reset": 0},
    "mmio": {"QueueReady": 0, "Status": 0, "InterruptStatus": 0, "QueueReset": 0},
    "legacy": {"QueuePFN": 0, "Status": 0, "InterruptStatus": 0},
}  # fmt: skip


@pytest.mark.parametrize("kind", AFTER_RESET)
def test_registers_after_a_reset(kind: str) -> None:
    """For each queue."""
    made = busy(kind, 0)
    if kind == "legacy":
        made.guest.device.align = [64, 64]  # type: ignore[attr-defined]  # a legacy device
    made.guest.set_status(0)
    select = "queue_select" if kind == "pci" else "QueueSel"
    if kind == "pci":
        assert made.guest.read(select) == 0
        assert made.guest.read_at("config", MSIX_CONTROL, 2).value == 0x8004
        assert made.guest.read_at("msix", 16 + 8, 8).value == 1 << 32 | QUEUE0
    for queue in (1, 0):
        made.guest.write(select, queue)
        for name, value in AFTER_RESET[kind].items():
            assert made.guest.read(name) == value, name
    if kind == "legacy":
        assert (made.guest.device.page_size, made.guest.device.align) == (4096, [4096, 4096])  # type: ignore[attr-defined]  # the same


@pytest.mark.parametrize("late", ["before", "after"])
@pytest.mark.parametrize(("kind", "ring"), [(k, r) for w, k, r in CELLS if w == "the device is reset" and k != "intx"])
def test_a_new_start_knows_nothing_of_before(kind: str, ring: str, late: str) -> None:
    """What the function kept comes back before the new driver is ready, or after: nothing of the new driver's is touched."""
    made = busy(kind, RINGS[ring])
    made.guest.set_status(0)
    if late == "before":
        made.finish()
    made.guest.start(msix=kind == "pci")
    new = [made.offer(queue) for queue in range(2)]
    made.guest.stores()
    made.messages()
    made.guest.levels.clear()
    if late == "after":
        made.finish()
    assert (made.stores(), made.messages(), made.guest.levels) == (set(), set(), [])
    made.guest.messages.clear()
    for queue, ring_, chain in new:
        assert made.core.queues[queue] is ring_
        ring_.push(chain, 1)
        assert made.core.interrupt(queue)
        assert made.guest.queues[queue].virtqueue_get_buf() == (0, 1)


@pytest.mark.parametrize("kind", ["pci", "mmio"])
@pytest.mark.parametrize("ring", RINGS)
def test_a_queue_that_starts_anew(kind: str, ring: str) -> None:
    """After a reset of the queue: state of both sides is that of a new ring; the other queue's is as it was."""
    made = busy(kind, RINGS[ring])
    other = made.rings[1].save()
    _queue_reset(made)
    while made.guest.queues[0].virtqueue_detach_unused_buf() is not None:
        pass
    made.guest.queues[0].virtqueue_reset()
    made.guest.set_up(0, made.guest.vring(0), QUEUE0 if kind == "pci" else None)
    fresh = made.core.queues[0]
    assert fresh is not None
    assert fresh is not made.rings[0]
    assert (fresh.state.next_avail, fresh.state.next_used, fresh.state.avail_wrap, fresh.state.used_wrap) == (0, 0, True, True)
    assert (fresh.state.inflight, fresh.state.filled, fresh.state.fresh, fresh.state.notification) == ({}, [], 0, True)
    assert made.rings[1].save() == other
    assert not made.core.interrupt(0), "nothing was returned since"
    _, ring_, chain = made.offer(0)
    made.stores()
    made.finish()
    assert made.stores() == OTHER
    ring_.push(chain.id, 1)
    assert made.core.interrupt(0)
    assert made.guest.queues[0].virtqueue_get_buf() == (0, 1)


#: Vectors of configuration, queue 0, queue 1; whose events happen; whose vector goes; what is sent after all is unmasked.
SHARED: Final[tuple[tuple[tuple[int, int, int], str, str, set[int]], ...]] = (
    ((3, 1, 1), "01", "0", {1}),
    ((3, 1, 1), "0", "0", set()),
    ((3, 1, 1), "1", "0", {1}),
    ((3, 1, 1), "01", "01", set()),
    ((1, 1, 1), "c01", "01", {1}),
    ((1, 1, 1), "c01", "c0", {1}),
    ((1, 1, 1), "c01", "c01", set()),
    ((1, 1, 2), "c1", "c", {2}),
    ((1, 1, 2), "01", "c", {1, 2}),
)


@pytest.mark.parametrize("how", ["NO_VECTOR", "reset"])
@pytest.mark.parametrize(("vectors", "happens", "goes", "sent"), SHARED)
def test_a_vector_that_events_share(vectors: tuple[int, int, int], happens: str, goes: str, sent: set[int], how: str) -> None:
    """It stays pending as long as one of them is why."""
    guest = Guest(Slow(0), vectors=5).start()
    guest.msix(5, masked=True)
    guest.write("config_msix_vector", vectors[0])
    for queue in range(2):
        guest.write("queue_select", queue)
        guest.write("queue_msix_vector", vectors[queue + 1])
    for event in happens:
        if event == "c":
            guest.device.core.config_changed()
        else:
            guest.device.queue_interrupt(int(event))
    for event in goes:
        if event == "c":
            guest.write("config_msix_vector", NO_VECTOR)
            continue
        guest.write("queue_select", int(event))
        if how == "reset":
            guest.write("queue_reset", 1)
        else:
            guest.write("queue_msix_vector", NO_VECTOR)
    for vector in range(5):
        guest.write_at("msix", 16 * vector + 12, 4, 0)
    guest.note(guest.device.take())
    assert {message.event for message in guest.messages} == sent
    assert len(guest.messages) == len(sent)


def test_a_message_sent_is_nobody_s_any_more() -> None:
    """Two laps: what was sent on the first is no cause on the second, of which the queue is reset."""
    guest = Guest(Slow(0), vectors=5).start()
    guest.msix(5, masked=True)
    guest.write("queue_select", 1)
    guest.write("queue_msix_vector", QUEUE0)
    guest.device.queue_interrupt(0)
    guest.write_at("msix", 16 + 12, 4, 0)
    guest.write_at("msix", 16 + 12, 4, 1)
    assert len(guest.messages) == 1
    guest.device.queue_interrupt(1)
    guest.write("queue_reset", 1)
    guest.write_at("msix", 16 + 12, 4, 0)
    assert len(guest.messages) == 1


def test_another_vector_is_a_policy() -> None:
    """QEMU forgets what was pending at the old one."""
    for policy, sent in ((IRQPATH, [SPARE]), (QEMU, [])):
        guest = Guest(Slow(0), vectors=5, policy=policy).start()
        guest.msix(5, masked=True)
        guest.device.queue_interrupt(0)
        guest.write_at("config", MSIX_CONTROL, 2, 0)
        guest.write("queue_select", 0)
        guest.write("queue_msix_vector", SPARE)
        guest.write_at("config", MSIX_CONTROL, 2, 0x8000)
        assert guest.messages == []
        for vector in range(5):
            guest.write_at("msix", 16 * vector + 12, 4, 0)
        assert [message.event for message in guest.messages] == sent


def test_a_fault_of_one_queue_ends_work_on_another() -> None:
    """A frame comes back while it is transmitted, and the receive buffer is bad: nothing more is stored, on no queue."""
    guest = Guest(Net()).start()
    guest.queues[0].virtqueue_add([], [(1 << 62, 64)])
    guest.memory.load(BUFFERS_AT, bytes(80))
    guest.queues[1].virtqueue_add([(BUFFERS_AT, 80)])
    guest.port.take()
    used = guest.vring(1).device + 2
    guest.kick(1, always=True)
    assert guest.broken
    assert guest.memory.read(used, 2) == 0, "the transmitted buffer is not returned any more"
    guest.start()
    add_receive(guest, 1, 100)
    assert not guest.broken


@pytest.mark.parametrize("act", [_device_reset, _queue_reset])
def test_a_fault_that_is_found_late(act: Callable[[Busy], None]) -> None:
    """In a buffer of before the reset: no fault of the new driver, who has not even started."""
    made = busy("pci", 0)
    _, _, chain = made.function.held[0]
    act(made)

    def work() -> None:
        raise RingFault(QueueFault(Fault.REQUEST_FORMAT, 0, chain.id))

    made.core.guard(work)
    assert not made.guest.broken
    made.guest.start()
    made.core.guard(work)
    assert made.guest.broken, "of a queue that is in use it is one"


@pytest.mark.parametrize("kind", KINDS)
def test_a_notification_by_the_transport_itself(kind: str) -> None:
    """Whoever asks for it when the device was reset: neither message nor wire, and nothing pending."""
    made = busy(kind, 0)
    made.guest.set_status(0)
    made.guest.levels.clear()
    made.guest.device.queue_interrupt(0)
    made.guest.device.config_interrupt()
    if kind == "pci":
        made.mask(0)
    assert (made.messages(), made.guest.levels, made.guest.device.isr) == (set(), [], 0)


def test_a_device_that_needs_a_reset_stays_so_through_a_saved_state() -> None:
    """Its queues are ended there, too."""
    made = busy("pci", 0)
    _needs_reset(made)
    saved = made.guest.device.state()
    fresh = Guest(Slow(0), vectors=5)
    fresh.device.restore(saved)
    ring = fresh.device.core.queues[0]
    assert ring is not None
    assert ring.pop() is None
    ring.flush()
    assert fresh.stores() == []


def test_a_function_is_told() -> None:
    """Of its queue, after which it may forget the buffers; of a device reset by `reset`."""
    told: list[int] = []

    class Told(Slow):
        def queue_reset(self, core: Core, queue: int) -> None:
            told.append(queue)

    function: Function = Told(0)
    guest = Guest(function).start()
    guest.write("queue_select", 1)
    guest.write("queue_reset", 1)
    assert told == [1]


@pytest.mark.parametrize(("kind", "ring"), [(k, r) for w, k, r in CELLS if w == "the device is reset" and k != "intx"])
def test_a_restore_ends_what_it_replaces(kind: str, ring: str) -> None:
    """Queues and buffers of before are those of another state: what is done with them then, reset or not, reaches no memory."""
    made = busy(kind, RINGS[ring])
    made.guest.device.restore(made.guest.device.state())
    made.stores()
    for _, queue, chain in made.function.held:
        chain.write(made.guest.port, b"\xaa" * 16)
        queue.push(chain.id, 16)
        queue.set_notification(True)
        assert queue.pop() is None
    assert made.stores() == set()
    made.guest.set_status(0)
    made.finish()
    assert made.stores() == set()


@pytest.mark.parametrize("ring", RINGS)
def test_a_buffer_kept_through_a_restore(ring: str) -> None:
    """A function goes on with it as a buffer of the new queue, until that is reset."""
    made = busy("pci", RINGS[ring])
    device = made.guest.device
    held = made.function.held
    device.restore(device.state())
    for number, (queue, _, chain) in enumerate(held):
        now = made.core.queues[queue]
        assert now is not None
        held[number] = queue, now, now.reclaim(chain)
        assert held[number][2] == chain
    made.stores()
    queue, now, chain = held[0]
    assert chain.write(made.guest.port, b"\xaa") == 1
    assert made.stores() == {queue}
    with pytest.raises(StateError, match="is not out"):
        now.reclaim(replace(chain, id=7777))
    made.guest.set_status(0)
    assert [kept.write(made.guest.port, b"\xaa") for _, _, kept in held] == [0] * len(held)
    assert made.stores() == set()


@pytest.mark.parametrize(("queues", "config", "left"), [((0,), False, 0), ((0, 1), False, 1), ((0,), True, 2), ((1,), False, 1)])
@pytest.mark.parametrize("hidden", ["Interrupt Disable", "MSI-X"])
def test_a_masked_intx_of_a_queue_that_is_reset(hidden: str, queues: tuple[int, ...], config: bool, left: int) -> None:
    """It never comes, unless another queue or the configuration wants it, too; nor after a save and restore (2.6.1.1.1)."""
    guest = Guest(Slow(0)).start(msix=False)
    offset, on, off = (COMMAND, 0x406, 0x006) if hidden == "Interrupt Disable" else (MSIX_CONTROL, 0x8000, 0)
    guest.write_at("config", COMMAND, 2, 0x406 if hidden == "Interrupt Disable" else 0x006)
    for queue in queues:
        guest.device.queue_interrupt(queue)
    if config:
        guest.device.config_interrupt()
    guest.write_at("config", offset, 2, on)
    guest.note(guest.device.take())
    guest.device.restore(guest.device.state())
    guest.levels.clear()
    guest.write("queue_select", 0)
    guest.write("queue_reset", 1)
    assert guest.levels == []
    guest.write_at("config", offset, 2, off)
    assert guest.levels == ([1] if left else [])
    assert guest.read_at("isr", 0, 1).value == left


def test_an_intx_that_is_asserted_stays() -> None:
    """The driver has been notified: reading the ISR status ends it, as ever (4.1.4.5.1)."""
    guest = Guest(Slow(0)).start(msix=False)
    guest.device.queue_interrupt(0)
    guest.note(guest.device.take())
    assert guest.levels == [1]
    guest.write("queue_select", 0)
    guest.write("queue_reset", 1)
    assert guest.levels == [1]
    assert guest.read_at("isr", 0, 1).value == 1
    assert guest.levels == [1, 0]
