"""A whole virtio device, saved and restored in the middle of traffic: it goes on as one that never was; a corrupt state is
refused by the name of the field, and changes nothing."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irqpath.core.state import StateError
from irqpath.core.transactions import Out
from irqpath.virtio.blk import VIRTIO_BLK_T_FLUSH, VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT, Blk, MemoryDisk
from irqpath.virtio.chain import Chain
from irqpath.virtio.core import DRIVER_OK, Function, VirtioCore
from irqpath.virtio.driver_queue import to_vvq
from irqpath.virtio.faults import QueueFull
from irqpath.virtio.function import Core
from irqpath.virtio.mmio import VirtioMmio
from irqpath.virtio.net import CTRL_MAC_ADDR_SET, CTRL_MQ_VQ_PAIRS_SET, CTRL_RX_PROMISC, CTRL_VLAN_ADD, Net
from irqpath.virtio.pci import VirtioPci
from irqpath.virtio.pci_config import MSIX_CONTROL
from irqpath.virtio.transport import Transport
from irqpath.virtio.wire import VIRTIO_F_IN_ORDER, VIRTIO_F_RING_PACKED, VIRTIO_F_RING_RESET, VIRTIO_RING_F_EVENT_IDX, bits
from unit.models.virtio_guest import BUFFERS_AT, Guest

PACKED: Final = bits(VIRTIO_F_RING_PACKED)
RINGS: Final = (0, PACKED, bits(VIRTIO_F_IN_ORDER), PACKED | bits(VIRTIO_F_IN_ORDER))


class Slow(Blk):
    """A disk that works on requests later, `finish` by `finish`: between, their chains are in flight."""

    def __init__(self, features: int) -> None:
        super().__init__(MemoryDisk(16), queues=2, size=8, features=features)
        self.held: list[tuple[int, Chain]] = []

    def notified(self, core: Core, queue: int) -> None:
        """Take all."""
        ring = core.queues[queue]
        while ring is not None and (chain := ring.pop()) is not None:
            self.held.append((queue, chain))

    def reset(self) -> None:
        """What was taken is the driver's again."""
        self.held = []

    def finish(self, core: VirtioCore, number: int) -> None:
        """One of the requests that are held."""
        if not core.works or not self.held:
            return
        in_order = core.features >> VIRTIO_F_IN_ORDER & 1
        queue, chain = self.held.pop(0 if in_order else number % len(self.held))
        ring = core.queues[queue]
        if ring is not None:
            ring.push(chain.id, self._serve(core, queue, chain))
            core.interrupt(queue)


class Watched(Guest):
    """A guest that remembers everything that leaves its device, and that can have its device replaced."""

    def __init__(self, make: Callable[[], Function], kind: str) -> None:
        self.log: list[Out] = []
        self.make = make
        super().__init__(make(), kind)
        self.started = False

    def note(self, out: Iterable[Out]) -> None:
        """Keep every event, whatever it is."""
        out = list(out)
        self.log += out
        super().note(out)

    def fresh(self) -> Transport:
        """Another device like this one, as it is after power-on."""
        if self.kind == "pci":
            return VirtioPci("virtq0", self.make(), self.port)
        return VirtioMmio("virtq0", self.make(), self.port, version=1 if self.kind == "legacy" else 2)

    def through_json(self) -> None:
        """The device goes through JSON into a new one, and the back-end with it."""
        old, new = self.device, self.fresh()
        saved = json.loads(json.dumps(old.state()))
        new.restore(saved)
        assert new.state() == saved
        was, now = old.core.function, new.core.function
        if isinstance(was, Slow) and isinstance(now, Slow):
            now.held = was.held
        assert remembered(was) == remembered(now)
        assert remembered(old) == remembered(new)
        if isinstance(was, Blk) and isinstance(now, Blk):
            assert isinstance(was.disk, MemoryDisk)
            assert isinstance(now.disk, MemoryDisk)
            now.disk.restore(json.loads(json.dumps(was.disk.state())))
        self.device = new


def remembered(thing: object) -> dict[str, Any]:
    """What an object holds that is no other object of the device."""
    names = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())] + list(
        getattr(thing, "__dict__", ())
    )
    values = {name: getattr(thing, name) for name in names if hasattr(thing, name)}
    return {name: value for name, value in values.items() if isinstance(value, (int, bytes, tuple, list, set, str))}


Step = Callable[[Watched, random.Random], object]


def _add(guest: Watched, queue: int, out: bytes, into: int) -> None:
    """One buffer, and a notification if it is wanted."""
    at = BUFFERS_AT + 0x1000 * queue
    guest.memory.load(at, out)
    elements = [(at, len(out))] if out else []
    try:
        guest.queues[queue].virtqueue_add(elements, [(at + 0x800, into)] if into else [], queue)
    except QueueFull:
        return
    guest.kick(queue)


def _collect(guest: Watched, rng: random.Random) -> None:
    for vq in guest.queues:
        while rng.random() < 0.8 and vq.virtqueue_get_buf() is not None:
            pass


def _net_step(guest: Watched, rng: random.Random) -> None:
    """Transmit, offer a receive buffer, receive, command."""
    net = guest.device.core.function
    assert isinstance(net, Net)
    pair = rng.randrange(2)
    choice = rng.randrange(5)
    if choice == 0:
        _add(guest, 2 * pair + 1, bytes(12) + rng.randbytes(rng.randint(1, 90)), 0)
    elif choice == 1:
        _add(guest, 2 * pair, b"", rng.choice((13, 40, 200)))
    elif choice == 2:
        net.receive(rng.randbytes(rng.randint(1, 90)), pair)
    elif choice == 3:
        net.set_link(rng.random() < 0.5)
    else:
        command, data = rng.choice(
            [(CTRL_MQ_VQ_PAIRS_SET, b"\2\0"), (CTRL_MQ_VQ_PAIRS_SET, b"\1\0"), (CTRL_RX_PROMISC, b"\1"),
             (CTRL_VLAN_ADD, b"\7\0"), (CTRL_MAC_ADDR_SET, rng.randbytes(6))]
        )  # fmt: skip
        _add(guest, 4, bytes(command) + data, 1)


def _blk_step(guest: Watched, rng: random.Random) -> None:
    """A request, or one is finished."""
    slow = guest.device.core.function
    assert isinstance(slow, Slow)
    if rng.random() < 0.5:
        slow.finish(guest.device.core, rng.randrange(8))
        return
    kind = rng.choice((VIRTIO_BLK_T_FLUSH, VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT))
    header = kind.to_bytes(8, "little") + rng.randrange(16).to_bytes(8, "little")
    data = rng.randbytes(512) if kind == VIRTIO_BLK_T_OUT else b""
    _add(guest, rng.randrange(2), header + data, 513 if kind == VIRTIO_BLK_T_IN else 1)


def _registers(guest: Watched, rng: random.Random) -> None:
    """What a driver reads and writes besides."""
    pci = guest.kind == "pci"
    what = rng.randrange(6)
    if what == 0:
        guest.write("queue_select" if pci else "QueueSel", rng.randrange(7))
    elif what == 1:
        guest.write("device_feature_select" if pci else "DeviceFeaturesSel", rng.randrange(3))
        guest.write("driver_feature_select" if pci else "DriverFeaturesSel", rng.randrange(3))
    elif what == 2:
        guest.read_at("isr", 0, 1) if pci else guest.write("InterruptACK", guest.read("InterruptStatus"))
    elif what == 3 and pci:
        guest.write_at("config", MSIX_CONTROL, 2, rng.choice((0, 0x8000, 0x8000, 0xC000)))
    elif what == 4 and pci:
        guest.write_at("msix", 16 * rng.randrange(3) + 12, 4, rng.randrange(2))
    else:
        for name in ("queue_size", "queue_enable", "device_feature", "config_generation", "queue_desc_low") if pci else (
            "QueueNumMax", "DeviceFeatures", "Status", "InterruptStatus"
        ):  # fmt: skip
            guest.read(name)
        guest.read_at("device" if pci else "reg", 0 if pci else 0x100, 4)


def _start(guest: Watched, rng: random.Random) -> None:
    """Initialization, now and then left off in the middle."""
    if rng.random() < 0.2:
        guest.set_status(0)
        guest.set_status(1)
        guest.set_status(3)
        guest.accept(guest.offered() & 0xFFFF)
        return
    guest.start(unwanted=0 if rng.random() < 0.5 else bits(VIRTIO_RING_F_EVENT_IDX), msix=rng.random() < 0.7)


def _reset_queue(guest: Watched, rng: random.Random) -> None:
    """RING_RESET of one queue, which is then set up anew."""
    if guest.kind == "legacy":
        return
    queue = rng.randrange(2)
    pci = guest.kind == "pci"
    guest.write("queue_select" if pci else "QueueSel", queue)
    guest.write("queue_reset" if pci else "QueueReset", 1)
    function = guest.device.core.function
    if isinstance(function, Slow):
        function.held = [(number, chain) for number, chain in function.held if number != queue]
    while guest.queues[queue].virtqueue_detach_unused_buf() is not None:
        pass
    guest.queues[queue].virtqueue_reset()
    if rng.random() < 0.8:
        guest.set_up(queue, guest.vring(queue), queue + 1 if pci else None)


def _mischief(guest: Watched, rng: random.Random) -> None:
    """A buffer that does not lie in memory: the device fails."""
    queue = rng.randrange(2)
    vq = guest.queues[queue]
    if vq.num_free:
        vq.virtqueue_add([(1 << 62, 16)], [(BUFFERS_AT, 1)], 0)
        guest.kick(queue, always=True)


def step(guest: Watched, rng: random.Random) -> None:
    """Anything that may happen."""
    if not guest.device.core.works:
        if rng.random() < 0.4:
            _start(guest, rng)
        else:
            _registers(guest, rng)
    else:
        traffic = _net_step if isinstance(guest.device.core.function, Net) else _blk_step
        weights = {traffic: 60, _collect: 12, _registers: 14, _reset_queue: 3, _mischief: 1, _start: 1}
        rng.choices(list(weights), list(weights.values()))[0](guest, rng)
    guest.note(guest.device.take())


def functions(features: int) -> dict[str, Callable[[], Function]]:
    """What can lie behind a transport."""
    features |= bits(VIRTIO_F_RING_RESET)
    return {"net": lambda: Net(pairs=2, size=8, features=features), "blk": lambda: Slow(features)}


@pytest.mark.parametrize("kind", ["pci", "mmio", "legacy"])
@pytest.mark.parametrize("which", ["net", "blk"])
@settings(max_examples=15)
@given(features=st.sampled_from(RINGS), seed=st.integers(0, 1 << 30))
def test_a_saved_device_goes_on_as_one_that_never_was(kind: str, which: str, features: int, seed: int) -> None:
    """Two devices get the same traffic; one goes through JSON again and again. All that leaves them, what the driver reads
    and all of memory agree."""
    if kind == "legacy":
        features = 0
    make = functions(features)[which]
    one, other = Watched(make, kind), Watched(make, kind)
    when = random.Random(seed)
    for n in range(150):
        for guest in (one, other):
            step(guest, random.Random(f"{seed} {n}"))
        if when.random() < 0.3:
            other.through_json()
        assert one.log == other.log
        one.log.clear()
        other.log.clear()
    assert one.device.state() == other.device.state()
    assert one.memory.memory.contents == other.memory.memory.contents


# --- states that cannot be ----------------------------------------------------------------------------------------------


def busy(kind: str, which: str) -> Watched:
    """A guest in the middle of traffic, and of a fault for `net`."""
    guest = Watched(functions(0)[which], kind)
    guest.start()
    for n in range(60):
        rng = random.Random(n)
        (_net_step if which == "net" else _blk_step)(guest, rng)
    guest.note(guest.device.take())
    assert guest.device.core.status & DRIVER_OK
    return guest


def leaves(plain: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """(path, value) of everything in a state that is no container."""
    if isinstance(plain, dict):
        for key, value in plain.items():
            yield from leaves(value, (*path, key))
    elif isinstance(plain, list):
        for n, value in enumerate(plain):
            yield from leaves(value, (*path, n))
    else:
        yield path, plain


def replaced(plain: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy in which one place differs."""
    changed = copy.deepcopy(plain)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


@pytest.mark.parametrize("kind", ["pci", "mmio", "legacy"])
@pytest.mark.parametrize("which", ["net", "blk"])
def test_a_corrupt_state_is_refused_by_name(kind: str, which: str) -> None:
    """Each single value of another type, and each missing; the error names the place, and nothing changes."""
    guest = busy(kind, which)
    good = guest.device.state()
    count = 0
    for path, _ in leaves(good):
        with pytest.raises(StateError) as caught:
            guest.device.restore(replaced(good, path, {"no": "such"}))
        assert str(next(key for key in reversed(path) if isinstance(key, str))) in str(caught.value)
        assert guest.device.state() == good
        count += 1
    for name in ("core", "isr", "queue_select", "selected_features"):
        with pytest.raises(StateError, match=name):
            guest.device.restore({key: value for key, value in good.items() if key != name})
    assert count > 40


BAD: dict[str, tuple[tuple[Any, ...], Any, str]] = {
    "reserved bit of an address": (("msix", "table", 1, 0), 0x8090041, r"msix\.table\[1\]"),
    "pending though not masked": (("msix", "pending"), "0x2", r"msix\.pending"),
    "pending for no event": (("msix", "causes", 1), "0x2", r"msix\.causes does not fit to msix\.pending"),
    "pending for an event that there is not": (("msix", "causes", 1), "0x100", r"msix\.causes\[1\]"),
    "two control words": (("msix", "control"), "0xc000", r"msix\.control"),
    "no such vector": (("config_vector",), 77, "config_vector is 77"),
    "no such vector of a queue": (("core", "setup", 1, "vector"), 77, r"core\.setup\[1\]\.vector is 77"),
    "another device": (("pci", "space"), "f41a4210" + "00" * 252, r"pci\.space: byte 0x2"),
    "a greater queue": (("core", "setup", 0, "size_max"), 512, r"core\.setup\[0\]\.size_max is 512"),
    "a ring too long": (("core", "setup", 0, "size"), 16, r"core\.setup\[0\]: queue 0"),
    "a ring outside memory": (("core", "setup", 0, "desc"), 1 << 60, r"core\.setup\[0\]: queue 0"),
    "a queue that is not enabled": (("core", "setup", 0, "enabled"), False, r"core\.queues\[0\]"),
    "no queue": (("core", "queues", 0), None, r"core\.queues\[0\]"),
    "a queue of another shape": (("core", "queues", 0, "ring"), 5, r"core\.queues\[0\]"),
    "indices apart": (("core", "queues", 0, "ring", "next_avail"), 9999, r"core\.queues\[0\]\.ring: .*next_avail"),
    "features without VERSION_1": (("core", "driver_features"), 0, r"core\.driver_features"),
    "no FEATURES_OK": (("core", "status"), 7, r"core\.status"),
    "a fault without a sign": (
        ("core", "fault"), {"error": "RING_SIZE", "queue": 0, "descriptor": -1, "detail": ""}, r"core\.fault",
    ),
    "a sign without a fault": (("core", "status"), 79, r"core\.fault"),
    "too many pairs": (("core", "function", "active_pairs"), 3, r"core\.function\.active_pairs"),
    "a long address": (("core", "function", "mac"), "00" * 7, r"core\.function\.mac"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_state_at_odds_with_itself_is_refused(what: str) -> None:
    """Each field is possible, but not beside the others."""
    guest = busy("pci", "net")
    good = guest.device.state()
    path, value, says = BAD[what]
    with pytest.raises(StateError, match=says):
        guest.device.restore(replaced(good, path, value))
    assert guest.device.state() == good


def test_a_state_with_outputs_that_nobody_took() -> None:
    """They would be lost."""
    guest = busy("pci", "net")
    net = guest.device.core.function
    assert isinstance(net, Net)
    net.set_link(False)
    with pytest.raises(StateError, match=r"call take\(\) first"):
        guest.device.state()


def test_a_broken_device_stays_broken() -> None:
    """The fault and the queue's part in it are state; a reset ends both."""
    guest = Watched(functions(0)["blk"], "pci")
    guest.start()
    guest.queues[0].virtqueue_add([(1 << 62, 16)], [(BUFFERS_AT, 1)], 0)
    guest.kick(0, always=True)
    fault = guest.device.core.fault
    assert fault is not None
    guest.through_json()
    assert guest.device.core.fault == fault
    assert guest.broken
    queue = guest.device.core.queues[0]
    assert queue is not None
    assert queue.broken == fault
    assert to_vvq(guest.queues[0]).broken is None
    guest.start()
    assert not guest.broken
