"""What is fuzzed: each target takes bytes, makes a misbehaving partner of them, and raises `Finding` for what must not happen.

`device`: a driver that writes whatever it likes against net and blk devices behind PCI and MMIO. `driver`: a device that writes
whatever it likes against our driver side. `registers`: accesses of any kind to the transports. `state`: saved states of queues,
`device_state`: of whole devices, of any kind.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from irqpath.core.errors import IrqpathError
from irqpath.core.memory import Memory
from irqpath.core.transactions import RegRead, RegReadData, RegWrite, RegWriteAck
from irqpath.virtio.blk import Blk, MemoryDisk
from irqpath.virtio.core import DEVICE_NEEDS_RESET, Function
from irqpath.virtio.driver_queue import IndirectArea, to_vvq
from irqpath.virtio.mmio import VirtioMmio
from irqpath.virtio.net import Net
from irqpath.virtio.pci import VirtioPci
from irqpath.virtio.port import Extent, GuestMemory
from irqpath.virtio.transport import Transport
from irqpath.virtio.virtqueue import device_queue, vring_create_virtqueue
from irqpath.virtio.wire import (
    VIRTIO_F_IN_ORDER,
    VIRTIO_F_RING_PACKED,
    VIRTIO_RING_F_EVENT_IDX,
    VIRTIO_RING_F_INDIRECT_DESC,
    VIRTQ_DESC_F_NEXT,
    VIRTQ_DESC_F_WRITE,
    Vring,
    bits,
    packed_init,
    vring_init,
)

NEXT: Final = VIRTQ_DESC_F_NEXT
#: Guest memory: a ring a queue, then indirect tables, then buffers.
RINGS, RING_STRIDE, TABLES, BUFFERS, END = 0x1_0000, 0x1_0000, 0x8_0000, 0x9_0000, 0xA_0000
_TABLE_BYTES: Final = 0x400
_ACCESSES: Final = 2_000_000
_OPS: Final = 120


class Finding(Exception):
    """Something that must not happen."""


class Bytes:
    """Numbers out of the fuzzer's bytes; zero when they have run out."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, size: int = 1) -> int:
        """The next `size` bytes as a number."""
        piece = self._data[self._at : self._at + size]
        self._at += size
        return int.from_bytes(piece, "little")

    def pick(self, *choices: int) -> int:
        """One of these."""
        return choices[self.take() % len(choices)]


class Watched(GuestMemory):
    """Memory that counts accesses and refuses stores outside `allowed()`; after `freeze` it refuses all."""

    def __init__(self, allowed: Callable[[], list[Extent]]) -> None:
        super().__init__(Memory(), ((0x1000, END - 0x1000),))
        self._allowed = allowed
        self._accesses = 0
        self.frozen = False
        self._plain_read, self._plain_write = self.memory.read, self.memory.write
        self._plain_dump, self._plain_load = self.memory.dump, self.memory.load
        self.read, self.write, self.dump, self.load = self._read, self._write, self._dump, self._load

    def _count(self, address: int, count: int) -> None:
        self._accesses += 1
        if self._accesses > _ACCESSES:
            raise Finding(f"hang: more than {_ACCESSES} accesses")
        if count and not self.contains(address, count):
            raise Finding(f"access of {count} bytes at {address:#x}, outside memory")

    def _check(self, address: int, count: int) -> None:
        self._count(address, count)
        if self.frozen:
            raise Finding(f"store of {count} bytes at {address:#x} after a fault")
        if count and not any(base <= address and address + count <= base + size for base, size in self._allowed()):
            raise Finding(f"stray store of {count} bytes at {address:#x}")

    def _read(self, address: int, size: int, /) -> int:
        self._count(address, size)
        return self._plain_read(address, size)

    def _dump(self, address: int, count: int, /) -> bytes:
        self._count(address, count)
        return self._plain_dump(address, count)

    def _write(self, address: int, size: int, value: int, /) -> None:
        self._check(address, size)
        self._plain_write(address, size, value)

    def _load(self, address: int, data: bytes, /) -> None:
        self._check(address, len(data))
        self._plain_load(address, data)


def _features(choice: int) -> int:
    """Ring features from four bits."""
    names = (VIRTIO_F_RING_PACKED, VIRTIO_RING_F_EVENT_IDX, VIRTIO_RING_F_INDIRECT_DESC, VIRTIO_F_IN_ORDER)
    return bits(*(name for n, name in enumerate(names) if choice >> n & 1))


def _address(data: Bytes) -> int:
    """An address that is likely to be interesting."""
    base = data.pick(BUFFERS, BUFFERS, TABLES, RINGS, RINGS + RING_STRIDE, END, 0, 1 << 51)
    return (base + data.take() * data.pick(1, 8, 16, 512) - data.pick(0, 0, 0, 1, 16)) & ((1 << 64) - 1)


def _length(data: Bytes) -> int:
    return data.pick(0, 1, 12, 15, 16, 17, 32, 48, 64, 512, 4096, 0xFFFF_FFFF, data.take(), data.take(4))


# --- a driver that misbehaves ------------------------------------------------------------------------------------------


class HostileDriver:
    """Brings a device up properly, then does what the bytes say."""

    def __init__(self, data: Bytes) -> None:
        self.data = data
        self.features = _features(data.take())
        self.size = data.pick(1, 2, 4, 8, 16)
        self.memory = Watched(self._writable)
        choice = data.take()
        self.net = Net(size=16) if choice & 1 else None
        function: Function = self.net or Blk(MemoryDisk(8), size=16)
        function.features |= bits(VIRTIO_F_RING_PACKED, VIRTIO_F_IN_ORDER)
        self.device: Transport
        if choice & 2:
            self.device = VirtioMmio("d", function, self.memory)
        else:
            self.device = VirtioPci("d", function, self.memory)
        self.rings: list[Vring] = []
        self.placed: list[int] = []

    def _writable(self) -> list[Extent]:
        """Where the device may write: its parts of the rings, and whatever a record with WRITE in a table names."""
        found: list[Extent] = []
        read = self.memory._plain_read
        for vring in self.rings:
            parts = vring.parts if vring.packed else vring.parts[2:]
            found += [(address, size) for _, address, size, _ in parts]
            places = [*range(vring.desc, vring.desc + 16 * vring.num, 16), *range(TABLES, TABLES + _TABLE_BYTES, 16)]
            for at in places:
                if read(at + (14 if vring.packed else 12), 2) & VIRTQ_DESC_F_WRITE:
                    found.append((read(at, 8), read(at + 8, 4)))
        return found

    def go(self) -> None:
        """Misbehave until the bytes run out; then a reset must help."""
        self.start()
        for _ in range(_OPS):
            if not self.data:
                break
            self.step()
            self.memory.frozen = bool(self.device.core.status & DEVICE_NEEDS_RESET)
        same_again(self.device)
        self.start()
        if self.device.core.status & DEVICE_NEEDS_RESET:
            raise Finding("the device does not recover by a reset")

    def start(self) -> None:
        """Reset and bring up all queues."""
        core = self.device.core
        self.memory.frozen = False
        core.set_status(0)
        core.set_status(1)
        core.set_status(3)
        ring = bits(VIRTIO_F_RING_PACKED, VIRTIO_RING_F_EVENT_IDX, VIRTIO_RING_F_INDIRECT_DESC, VIRTIO_F_IN_ORDER)
        accepted = core.offered & ~ring | self.features
        core.write_features(0, accepted & 0xFFFF_FFFF)
        core.write_features(1, accepted >> 32)
        core.set_status(11)
        self.rings = []
        self.placed = [0] * len(core.setup)
        for n, setup in enumerate(core.setup):
            make = packed_init if self.features >> VIRTIO_F_RING_PACKED & 1 else vring_init
            vring = make(min(self.size, setup.size_max), RINGS + n * RING_STRIDE)
            for _, address, size, _ in vring.parts:
                self.memory._plain_load(address, bytes(size))
            for at in range(vring.num):
                # Good requests to begin with: a readable element, then a writable one.
                writable = VIRTQ_DESC_F_WRITE if at & 1 else NEXT * (at + 1 < vring.num)
                self.memory._plain_write(vring.desc + 16 * at, 8, BUFFERS + 64 * at)
                self.memory._plain_write(
                    vring.desc + 16 * at + 8, 8, 64 | (at << 32 if vring.packed else writable << 32 | at + 1 << 48)
                )
            setup.size, setup.desc, setup.driver, setup.device = vring.num, vring.desc, vring.driver, vring.device
            core.enable(n)
            self.rings.append(vring)
        core.set_status(15)
        self.device.take()
        if core.fault is not None:
            raise Finding(f"a proper initialization failed: {core.fault}")

    def step(self) -> None:
        """One misdeed."""
        data = self.data
        queue = data.take() % len(self.rings)
        vring = self.rings[queue]
        match data.take() % 8:
            case 0 | 1:
                table = data.take() & 1
                base = TABLES if table else vring.desc
                self.descriptor(base + 16 * (data.take() % (_TABLE_BYTES // 16 if table else vring.num)), vring.packed)
            case 2 | 3:
                if vring.packed:
                    self.offer_packed(queue, data)
                else:
                    self.offer_split(vring, data)
                self.kick(queue)
            case 4:
                self.memory._plain_write(_address(data) % (END - 8) & ~7, 8, data.take(8))
            case 5:
                if self.net is not None:
                    self.net.receive(bytes(data.take() * data.pick(1, 8)), data.take() & 1)
                    self.device.take()
            case 6:
                self.memory._plain_load(BUFFERS, data.take(16).to_bytes(16, "little"))
            case _:
                self.kick(queue)

    def offer_split(self, vring: Vring, data: Bytes) -> None:
        """The next entry of the available ring: mostly a head that exists, mostly one step on."""
        index = self.memory._plain_read(vring.driver + 2, 2)
        head = data.pick(0, 1, 2, 3, 4, 8, vring.num, data.take())
        self.memory._plain_write(vring.driver + 4 + 2 * (index % vring.num), 2, head)
        self.memory._plain_write(vring.driver + 2, 2, index + data.pick(1, 1, 1, 1, 1, 2, 0, 0xFFFF))

    def offer_packed(self, queue: int, data: Bytes) -> None:
        """Flags of the next descriptors, as of the right lap, so that they are available."""
        vring = self.rings[queue]
        for _ in range(data.pick(1, 2, 2, 3)):
            slot = self.placed[queue] % vring.num
            lap = 0x8000 if self.placed[queue] // vring.num & 1 else 0x80
            flags = data.pick(0, NEXT, NEXT, VIRTQ_DESC_F_WRITE, VIRTQ_DESC_F_WRITE, data.take() & 7)
            self.memory._plain_write(vring.desc + 16 * slot + 14, 2, flags | lap)
            self.placed[queue] += 1

    def descriptor(self, at: int, packed: bool) -> None:
        """Write a record of a table."""
        data = self.data
        address, length = _address(data), _length(data)
        flags = data.take() & 7
        if packed:
            flags |= data.pick(0x80, 0x80, 0x8000, 0, 0x8080)
        last = data.take()
        self.memory._plain_write(at, 8, address)
        self.memory._plain_write(at + 8, 4, length)
        self.memory._plain_write(at + 12, 2, last if packed else flags)
        self.memory._plain_write(at + 14, 2, flags if packed else last)

    def kick(self, queue: int) -> None:
        """Notify."""
        self.device.core.kick(queue)
        self.device.take()


def device(data: bytes) -> None:
    """A driver that misbehaves. Raises `Finding`, or whatever the models let through."""
    HostileDriver(Bytes(data)).go()


# --- a device that misbehaves ------------------------------------------------------------------------------------------


class HostileDevice:
    """Our driver side, whose partner is now a good device, now one that writes what the bytes say."""

    def __init__(self, data: Bytes) -> None:
        self.data = data
        features = _features(data.take())
        packed = bool(features >> VIRTIO_F_RING_PACKED & 1)
        num = data.pick(1, 2, 3, 7) if packed else data.pick(1, 2, 4, 8)
        self.vring = (packed_init if packed else vring_init)(num, RINGS)
        own = [*((address, size) for _, address, size, _ in self.vring.parts), (TABLES, _TABLE_BYTES)]
        self.memory = Watched(lambda: own)
        self.vq = vring_create_virtqueue(self.vring, self.memory, features, indirect=IndirectArea(TABLES, 4))
        self.partner = device_queue(self.vring, GuestMemory(self.memory.memory), features)
        self.token = 0
        self.out: set[int] = set()
        self.steps: tuple[Callable[[], None], ...] = (
            self.add, self.add, self.get, self.serve, self.scribble, self.kick, self.callbacks, self.save,
        )  # fmt: skip

    def go(self) -> None:
        """Until the bytes run out or the driver has noticed."""
        for _ in range(_OPS):
            if not self.data:
                break
            try:
                self.steps[self.data.take() % len(self.steps)]()
            except IrqpathError:
                if self.vq.virtqueue_is_broken():
                    self.memory.frozen = True
                    self.stays_broken()
                    break
        while self.vq.virtqueue_detach_unused_buf() is not None:
            pass

    def add(self) -> None:
        """A buffer."""
        elements = [(BUFFERS, 8)] * (self.data.take() % 4)
        self.vq.virtqueue_add(elements, [(BUFFERS + 64, 16)] * (self.data.take() % 3), self.token)
        self.out.add(self.token)
        self.token += 1

    def get(self) -> None:
        """A used buffer, which must be one that is out."""
        got = self.vq.virtqueue_get_buf()
        if got is not None:
            if got[0] not in self.out:
                raise Finding(f"token {got[0]} came back, which is not out")
            self.out.discard(got[0])

    def serve(self) -> None:
        """The good device returns one."""
        chain = self.partner.pop()
        if chain is not None:
            self.partner.push(chain.id, self.data.take() % (chain.writable_bytes + 1))

    def scribble(self) -> None:
        """The bad device writes somewhere into what it may write."""
        _, address, size, _ = self.vring.parts[self.data.pick(0, 2)]
        self.memory._plain_write(address + self.data.take(2) % size & ~1, 2, self.data.take(2))

    def kick(self) -> None:
        """Look at the device's wish."""
        self.vq.virtqueue_kick()
        self.vq.virtqueue_enable_cb_delayed()

    def callbacks(self) -> None:
        """Off and on."""
        self.vq.virtqueue_disable_cb()
        self.vq.virtqueue_enable_cb()

    def save(self) -> None:
        """Through a saved state."""
        to_vvq(self.vq).restore(to_vvq(self.vq).save())

    def stays_broken(self) -> None:
        """Every call fails now."""
        for call in (self.vq.virtqueue_get_buf, self.vq.virtqueue_kick, lambda: self.vq.virtqueue_add([(BUFFERS, 8)])):
            try:
                call()
            except IrqpathError:
                continue
            raise Finding("a broken queue goes on")


def driver(data: bytes) -> None:
    """A device that misbehaves: the driver raises an error of irqpath's, stays broken, and writes only its own."""
    HostileDevice(Bytes(data)).go()


# --- registers and states ----------------------------------------------------------------------------------------------

_REGIONS: Final = ("config", "common", "isr", "device", "notify", "msix")


def registers(data: bytes) -> None:
    """Accesses of any size, anywhere: each is answered, once."""
    source = Bytes(data)
    function: Function = Net(pairs=2) if source.take() & 1 else Blk(MemoryDisk(8))
    kind = source.take() % 3
    memory = GuestMemory(Memory(), ((0x1000, END - 0x1000),))
    device_: Transport = VirtioPci("d", function, memory) if kind == 0 else VirtioMmio("d", function, memory, version=kind)
    for _ in range(4 * _OPS):
        if not source:
            break
        region = _REGIONS[source.take() % 6] if kind == 0 else "reg"
        offset = source.take() if source.take() & 3 else source.take(2)
        size = source.pick(1, 2, 4, 4, 4, 8)
        if source.take() & 1:
            out = device_.predict(f"d.{region}", RegRead(offset, size))
            responses = [t for _, t in out if isinstance(t, RegReadData)]
            if len(responses) != 1 or responses[0].value >> 8 * size:
                raise Finding(f"read of {size} bytes at {region}+{offset:#x}: answered {responses}")
        else:
            value = source.pick(0, 1, 3, 11, 15, 0x8000, 0xC000, source.take(), source.take(4), BUFFERS)
            out = device_.predict(f"d.{region}", RegWrite(offset, size, value & ((1 << 8 * size) - 1)))
            if len([t for _, t in out if isinstance(t, RegWriteAck)]) != 1:
                raise Finding(f"write of {size} bytes at {region}+{offset:#x} is not answered once")
    same_again(device_)


def same_again(device_: Transport) -> None:
    """Whatever happened to it: a device can be saved, and restored to the same."""
    device_.take()
    saved = device_.state()
    device_.restore(saved)
    if device_.state() != saved:
        raise Finding("a restored device is not as it was saved")


def device_state(data: bytes) -> None:
    """A whole device's state with anything changed is refused, or is one that the device can go on from."""
    source = Bytes(data)
    hostile = HostileDriver(source)
    hostile.start()
    for _ in range(source.take() % 16):
        hostile.step()
    device_ = hostile.device
    device_.take()
    saved = device_.state()
    changed = _mangled_inside(saved, source)
    try:
        device_.restore(changed)
    except IrqpathError:
        if device_.state() != saved:
            raise Finding("a state was refused, and yet something has changed") from None
        return
    hostile.memory = Watched(lambda: [(0, END)])  # what the changed rings name may be written
    device_.core.port = hostile.memory  # type: ignore[misc]  # not the rings', which keep theirs
    for queue in range(len(device_.core.setup)):
        with suppress(Finding):
            device_.core.kick(queue)
        device_.take()
    device_.core.set_status(0)
    same_again(device_)


def _mangled_inside(plain: Any, source: Bytes) -> Any:
    """A copy of nested plain data with one value changed, somewhere inside."""
    if isinstance(plain, dict) and plain and source.take() & 15:
        name = list(plain)[source.take() % len(plain)]
        return plain | {name: _mangled_inside(plain[name], source)}
    if isinstance(plain, list) and plain and source.take() & 3:
        at = source.take() % len(plain)
        return [*plain[:at], _mangled_inside(plain[at], source), *plain[at + 1 :]]
    return _mangled(plain, source)


def state(data: bytes) -> None:
    """A saved state with anything changed is refused, or is one that the queue can go on from."""
    source = Bytes(data)
    features = _features(source.take())
    packed = bool(features >> VIRTIO_F_RING_PACKED & 1)
    memory = GuestMemory()
    vring = (packed_init if packed else vring_init)(4, RINGS)
    vq = vring_create_virtqueue(vring, memory, features, indirect=IndirectArea(TABLES, 4))
    partner = device_queue(vring, memory, features)
    for n in range(source.take() % 4):
        vq.virtqueue_add([(BUFFERS, 8)], (), n)
        if source.take() & 1:
            partner.pop()
    for side in (to_vvq(vq), partner):
        saved = side.save()
        for _ in range(1 + source.take() % 3):
            name = list(saved)[source.take() % len(saved)]
            saved[name] = _mangled(saved[name], source)
        try:
            side.restore(saved)
        except IrqpathError:
            continue
        for call in (vq.virtqueue_get_buf, partner.pop, vq.virtqueue_kick, partner.should_notify):
            with suppress(IrqpathError):
                call()


def _mangled(value: Any, source: Bytes) -> Any:
    choice = source.take() % 6
    if choice == 0:
        return (None, "x", 1.5, {}, -1, True)[source.take() % 6]
    if isinstance(value, list):
        if value and choice < 3:
            at = source.take() % len(value)
            return [*value[:at], _mangled(value[at], source), *value[at + 1 :]]
        return value + value if choice == 3 else value[1:]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return (value + source.pick(1, 2, 4, 0xFFFF, 0x1_0000)) * source.pick(1, 1, -1)
    return value


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "device": device,
    "driver": driver,
    "registers": registers,
    "state": state,
    "device_state": device_state,
}
