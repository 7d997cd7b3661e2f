"""net and blk behind PCI, MMIO and legacy MMIO: initialization, traffic, interrupts, configuration changes, reset."""

from __future__ import annotations

import struct

import pytest

from irqpath.core.errors import ConfigError
from irqpath.core.transactions import Msi, Reset
from irqpath.virtio.blk import (
    VIRTIO_BLK_S_IOERR,
    VIRTIO_BLK_S_OK,
    VIRTIO_BLK_S_UNSUPP,
    VIRTIO_BLK_T_FLUSH,
    VIRTIO_BLK_T_GET_ID,
    VIRTIO_BLK_T_IN,
    VIRTIO_BLK_T_OUT,
    Blk,
    MemoryDisk,
)
from irqpath.virtio.core import DRIVER_OK, FEATURES_OK, NO_VECTOR
from irqpath.virtio.mmio import VirtioMmio
from irqpath.virtio.net import (
    BACKLOG,
    CTRL_MAC_ADDR_SET,
    CTRL_MAC_TABLE_SET,
    CTRL_MQ_VQ_PAIRS_SET,
    CTRL_RX_ALLMULTI,
    CTRL_RX_PROMISC,
    CTRL_VLAN_ADD,
    CTRL_VLAN_DEL,
    VIRTIO_NET_F_MRG_RXBUF,
    LoopbackWire,
    Net,
)
from irqpath.virtio.pci_config import COMMAND, MSIX_CONTROL
from irqpath.virtio.port import GuestMemory
from irqpath.virtio.wire import (
    VIRTIO_F_IN_ORDER,
    VIRTIO_F_RING_PACKED,
    VIRTIO_F_RING_RESET,
    VIRTIO_RING_F_EVENT_IDX,
    VIRTIO_RING_F_INDIRECT_DESC,
    bits,
)
from unit.models.virtio_guest import BUFFERS_AT, Guest

KINDS = pytest.mark.parametrize("kind", ["pci", "mmio", "legacy"])
PACKED = bits(VIRTIO_F_RING_PACKED)
HEADER = bytes(12)


def request(guest: Guest, kind: int, sector: int, data: bytes = b"", room: int = 0, queue: int = 0) -> tuple[int, bytes, int]:
    """One block request: (status, bytes read, used length)."""
    header = struct.pack("<IIQ", kind, 0, sector)
    guest.memory.load(BUFFERS_AT, header + data)
    response = BUFFERS_AT + 0x10_0000
    guest.memory.load(response, b"\xee" * (room + 1))
    out = [(BUFFERS_AT, 16)] + ([(BUFFERS_AT + 16, len(data))] if data else [])
    into = ([(response, room)] if room else []) + [(response + room, 1)]
    guest.queues[queue].virtqueue_add(out, into, sector)
    assert guest.kick(queue)
    got = guest.queues[queue].virtqueue_get_buf()
    assert got is not None
    assert got[0] == sector
    return guest.memory.read(response + room, 1), guest.memory.dump(response, room), got[1]


@KINDS
@pytest.mark.parametrize("unwanted", [0, bits(VIRTIO_RING_F_INDIRECT_DESC), bits(VIRTIO_RING_F_EVENT_IDX)])
def test_block_requests(kind: str, unwanted: int) -> None:
    """Write, read back, flush, get-id, what is out of range, what is unknown."""
    disk = MemoryDisk(64, serial=b"a serial")
    guest = Guest(Blk(disk), kind).start(unwanted=unwanted)
    data = bytes(range(256)) * 4
    assert request(guest, VIRTIO_BLK_T_OUT, 3, data) == (VIRTIO_BLK_S_OK, b"", 1)
    assert disk.read(3, 1024) == data
    assert request(guest, VIRTIO_BLK_T_IN, 3, room=1024) == (VIRTIO_BLK_S_OK, data, 1025)
    assert request(guest, VIRTIO_BLK_T_FLUSH, 0) == (VIRTIO_BLK_S_OK, b"", 1)
    assert disk.flushed == 1
    assert request(guest, VIRTIO_BLK_T_GET_ID, 0, room=20)[:2] == (VIRTIO_BLK_S_OK, b"a serial".ljust(20, b"\0"))
    assert request(guest, VIRTIO_BLK_T_IN, 63, room=1024)[0] == VIRTIO_BLK_S_IOERR
    assert request(guest, VIRTIO_BLK_T_OUT, 64, data)[0] == VIRTIO_BLK_S_IOERR
    assert request(guest, 77, 0)[0] == VIRTIO_BLK_S_UNSUPP
    assert not guest.faults
    assert not guest.broken


@KINDS
def test_read_only_disk(kind: str) -> None:
    disk = MemoryDisk(8, read_only=True)
    guest = Guest(Blk(disk), kind).start()
    assert request(guest, VIRTIO_BLK_T_OUT, 0, bytes(512))[0] == VIRTIO_BLK_S_IOERR
    assert disk.read(0, 512) == bytes(512)


@pytest.mark.parametrize("features", [0, PACKED, bits(VIRTIO_F_IN_ORDER), PACKED | bits(VIRTIO_F_IN_ORDER)])
def test_block_queues(features: int) -> None:
    """Two queues, each with its vector; packed and in order, too."""
    guest = Guest(Blk(MemoryDisk(64), queues=2, features=features)).start()
    for n in range(20):
        guest.messages.clear()
        assert request(guest, VIRTIO_BLK_T_OUT, n, bytes([n]) * 512, queue=n & 1)[0] == VIRTIO_BLK_S_OK
        assert guest.messages == [Msi(0, 1 + (n & 1))]
        assert request(guest, VIRTIO_BLK_T_IN, n, room=512, queue=n & 1)[1] == bytes([n]) * 512


# --- net ----------------------------------------------------------------------------------------------------------------


def add_receive(guest: Guest, count: int, size: int, queue: int = 0, first: int = 0) -> None:
    """Give the device receive buffers."""
    for n in range(first, first + count):
        guest.queues[queue].virtqueue_add([], [(BUFFERS_AT + 0x20_0000 + queue * 0x10_0000 + n * size, size)], n)
    guest.kick(queue)


def send(guest: Guest, frame: bytes, queue: int = 1, header: int = 12) -> None:
    """Transmit one frame."""
    guest.memory.load(BUFFERS_AT, bytes(header) + frame)
    guest.queues[queue].virtqueue_add([(BUFFERS_AT, header), (BUFFERS_AT + header, len(frame))])
    guest.kick(queue)
    assert guest.queues[queue].virtqueue_get_buf() == (0, 0)


@KINDS
@pytest.mark.parametrize("unwanted", [0, bits(VIRTIO_NET_F_MRG_RXBUF)])
def test_a_frame_comes_back(kind: str, unwanted: int) -> None:
    """Transmit, loop, receive: the same bytes, the header's length by the interface."""
    wire = LoopbackWire()
    guest = Guest(Net(wire), kind).start(unwanted=unwanted)
    header = 10 if kind == "legacy" and unwanted else 12
    add_receive(guest, 4, 2048)
    for n in range(4):
        frame = bytes([n]) * (60 + n)
        send(guest, frame, header=header)
        assert guest.queues[0].virtqueue_get_buf() == (n, header + 60 + n)
        got = guest.memory.dump(BUFFERS_AT + 0x20_0000 + n * 2048, header + 60 + n)
        assert got == bytes(10) + (b"\x01\0" if header == 12 else b"") + frame
    assert wire.frames == 4
    assert not guest.faults


@pytest.mark.parametrize("features", [0, PACKED, bits(VIRTIO_F_IN_ORDER)])
def test_mergeable_receive_buffers(features: int) -> None:
    """A frame that is longer than a buffer takes several; num_buffers says how many; with too few it waits."""
    guest = Guest(Net(features=features)).start()
    add_receive(guest, 2, 1000)
    frame = bytes(n % 251 for n in range(2500))
    send(guest, frame)
    assert guest.queues[0].virtqueue_get_buf() is None
    add_receive(guest, 1, 1000, first=2)
    got = [guest.queues[0].virtqueue_get_buf() for _ in range(3)]
    assert got == [(0, 1000), (1, 1000), (2, 512)]
    base = BUFFERS_AT + 0x20_0000
    data = guest.memory.dump(base, 2512)
    assert data[:12] == bytes(10) + b"\x03\0"
    assert data[12:] == frame


def test_without_mergeable_buffers_a_long_frame_is_dropped() -> None:
    """And its buffer serves the next."""
    net = Net()
    guest = Guest(net).start(unwanted=bits(VIRTIO_NET_F_MRG_RXBUF))
    add_receive(guest, 1, 100)
    send(guest, bytes(200))
    assert net.dropped == 1
    send(guest, b"short")
    assert guest.queues[0].virtqueue_get_buf() == (0, 17)


def test_frames_wait_for_buffers_up_to_a_limit() -> None:
    net = Net()
    guest = Guest(net).start()
    for n in range(BACKLOG + 3):
        net.receive(bytes([n & 0xFF]) * 60)
    assert net.dropped == 3
    add_receive(guest, 8, 128)
    assert [guest.queues[0].virtqueue_get_buf() for _ in range(9)] == [*((n, 72) for n in range(8)), None]


def control(guest: Guest, command: tuple[int, int], data: bytes, queue: int = 2) -> int:
    """A command on the control queue; its acknowledgement."""
    guest.memory.load(BUFFERS_AT, bytes(command) + data)
    out = [(BUFFERS_AT, 2)] + ([(BUFFERS_AT + 2, len(data))] if data else [])
    guest.queues[queue].virtqueue_add(out, [(BUFFERS_AT + 0x1000, 1)])
    guest.kick(queue)
    assert guest.queues[queue].virtqueue_get_buf() == (0, 1)
    return guest.memory.read(BUFFERS_AT + 0x1000, 1)


def test_control_queue() -> None:
    """Every command, and what is malformed about each."""
    net = Net(pairs=4)
    guest = Guest(net).start()
    control_queue = 8
    mac = bytes.fromhex("020304050607")
    table = struct.pack("<I", 1) + mac + struct.pack("<I", 2) + mac * 2
    good = [
        (CTRL_RX_PROMISC, b"\1"), (CTRL_RX_ALLMULTI, b"\1"), (CTRL_MAC_ADDR_SET, mac), (CTRL_MAC_TABLE_SET, table),
        (CTRL_VLAN_ADD, b"\7\0"), (CTRL_VLAN_ADD, b"\x08\0"), (CTRL_VLAN_DEL, b"\7\0"), (CTRL_MQ_VQ_PAIRS_SET, b"\3\0"),
    ]  # fmt: skip
    for command, data in good:
        assert control(guest, command, data, control_queue) == 0
    assert (net.promiscuous, net.all_multicast, net.mac, net.vlans, net.active_pairs) == (True, True, mac, {8}, 3)
    assert net.mac_table == ((mac,), (mac, mac))
    bad = [
        (CTRL_RX_PROMISC, b""), (CTRL_RX_ALLMULTI, b"\2"), (CTRL_MAC_ADDR_SET, mac[1:]), (CTRL_MAC_TABLE_SET, table[:-1]),
        (CTRL_MAC_TABLE_SET, table + b"x"), (CTRL_VLAN_ADD, b"\0\x10"), (CTRL_MQ_VQ_PAIRS_SET, b"\5\0"), ((9, 9), b"x"),
        (CTRL_MQ_VQ_PAIRS_SET, b"\0\0"), (CTRL_MAC_TABLE_SET, b"\xff\xff\xff\xff"), (CTRL_VLAN_DEL, b""),
    ]  # fmt: skip
    for command, data in bad:
        assert control(guest, command, data, control_queue) == 1
    guest.set_status(0)
    assert (net.promiscuous, net.mac, net.vlans, net.active_pairs) == (False, bytes.fromhex("525400123456"), set(), 1)


def test_multi_queue() -> None:
    """Each pair's frames come back on it, by its vector; a pair that is not active falls back to the first."""
    guest = Guest(Net(pairs=3, size=16)).start()
    assert control(guest, CTRL_MQ_VQ_PAIRS_SET, b"\2\0", 6) == 0
    for pair in range(3):
        add_receive(guest, 4, 256, queue=2 * pair)
    for pair, lands in ((0, 0), (1, 1), (2, 0)):
        guest.messages.clear()
        send(guest, bytes([pair]) * 64, queue=2 * pair + 1)
        assert Msi(0, 2 * lands + 1) in guest.messages
        assert guest.queues[2 * lands].virtqueue_get_buf() is not None


# --- transports ---------------------------------------------------------------------------------------------------------


def test_identity_and_capabilities() -> None:
    """A driver finds every region by the capability list (4.1.4)."""
    guest = Guest(Net())
    assert guest.read_at("config", 0, 4).value == 0x1041_1AF4
    at, found = guest.read_at("config", 0x34, 1).value, {}
    while at:
        head = guest.read_at("config", at, 4).value
        found[head >> 24 if head & 0xFF == 9 else "msix"] = at
        at = head >> 8 & 0xFF
    assert sorted(map(str, found)) == ["1", "2", "3", "4", "5", "msix"]
    assert guest.read_at("config", MSIX_CONTROL, 2).value == 3
    guest.write_at("config", 0x20, 4, 0xFFFF_FFFF)
    guest.write_at("config", 0x24, 4, 0xFFFF_FFFF)
    assert guest.read_at("config", 0x20, 8).value == 0xFFFF_FFFF_FFFF_C00C
    assert Guest(Net(), "mmio").read("MagicValue") == 0x7472_6976
    assert Guest(Net(), "legacy").read("Version") == 1
    with pytest.raises(ConfigError, match="version 3"):
        VirtioMmio("x", Net(), GuestMemory(), version=3)


@KINDS
def test_features_that_were_not_offered_are_refused(kind: str) -> None:
    """FEATURES_OK does not stick; a device without VERSION_1 accepted neither."""
    if kind == "legacy":
        return
    guest = Guest(Net(), kind)
    for features in (guest.offered() | 1 << 50, guest.offered() & ~(1 << 32)):
        guest.set_status(0)
        guest.set_status(3)
        guest.accept(features)
        guest.set_status(11)
        assert not guest.status & FEATURES_OK


@KINDS
def test_accesses_that_no_register_permits(kind: str) -> None:
    """An error response, no effect; read-only registers ignore writes."""
    guest = Guest(Net(), kind)
    region = "common" if kind == "pci" else "reg"
    for offset, size in ((1, 1), (0, 2), (2, 4), (0x3C if kind == "pci" else 0x0E, 4)):
        assert not guest.read_at(region, offset, size).ok
        assert not guest.write_at(region, offset, size, 0)
    if kind == "pci":
        assert guest.write_at("common", 18, 2, 77)
        assert guest.read("num_queues") == 3
        assert not guest.read_at("msix", 2, 2).ok
        assert not guest.write_at("msix", 4, 8, 0)
    foreign = {"mmio": "QueuePFN", "legacy": "QueueReady"}.get(kind)
    if foreign:
        assert not guest.read_at(*guest._place(foreign)).ok


def test_intx_and_interrupt_disable() -> None:
    """Without MSI-X the wire follows the ISR status, unless Interrupt Disable holds it."""
    guest = Guest(Blk(MemoryDisk(8))).start(msix=False)
    request(guest, VIRTIO_BLK_T_FLUSH, 0)
    assert guest.levels == [1]
    assert guest.read_at("config", COMMAND, 4).value >> 16 == 0x18
    guest.write_at("config", COMMAND, 2, 1 << 10)
    assert guest.levels == [1, 0]
    assert guest.read_at("config", COMMAND + 2, 2).value == 0x18, "Interrupt Status does not heed Interrupt Disable"
    guest.write_at("config", COMMAND, 2, 0)
    assert guest.levels == [1, 0, 1]
    assert guest.read_at("isr", 0, 1).value == 1
    assert guest.levels == [1, 0, 1, 0]
    assert guest.read_at("config", COMMAND + 2, 1).value == 0x10
    assert guest.read_at("isr", 0, 1).value == 0


@pytest.mark.parametrize("kind", ["mmio", "legacy"])
def test_mmio_interrupts(kind: str) -> None:
    """InterruptACK clears bits; the wire falls with the last."""
    net = Net()
    guest = Guest(net, kind).start()
    send(guest, b"x" * 60)
    net.set_link(False)
    guest.note(guest.device.take())
    assert guest.read("InterruptStatus") == 3
    guest.write("InterruptACK", 1)
    assert guest.levels == [1]
    guest.write("InterruptACK", 2)
    assert (guest.levels, guest.read("InterruptStatus")) == ([1, 0], 0)


@pytest.mark.parametrize("kind", ["pci", "mmio"])
def test_configuration_change(kind: str) -> None:
    """A new generation, a notification; without DRIVER_OK none."""
    net = Net()
    guest = Guest(net, kind)
    region, at, name = ("device", 0, "config_generation") if kind == "pci" else ("reg", 0x100, "ConfigGeneration")
    guest.start()
    before = guest.read(name)
    assert guest.read_at(region, at, 1).value == 0x52
    assert guest.read_at(region, at + 6, 2).value == 1
    net.set_link(False)
    guest.note(guest.device.take())
    assert guest.read(name) == before + 1
    assert guest.read_at(region, at + 6, 2).value == 0
    assert guest.messages == ([Msi(0, 0)] if kind == "pci" else [])
    assert guest.levels == ([] if kind == "pci" else [1])
    guest.set_status(0)
    net.set_link(True)
    assert guest.device.take() == []


def test_vectors_that_do_not_exist() -> None:
    """NO_VECTOR, and then no message; one vector for all queues is fine."""
    guest = Guest(Blk(MemoryDisk(8), queues=2)).start()
    guest.write("queue_select", 0)
    guest.write("queue_msix_vector", 3)
    assert guest.read("queue_msix_vector") == NO_VECTOR
    request(guest, VIRTIO_BLK_T_FLUSH, 0)
    assert guest.messages == []
    guest.write("queue_msix_vector", 2)
    request(guest, VIRTIO_BLK_T_FLUSH, 1)
    assert guest.messages == [Msi(0, 2)]


def test_function_mask_and_pending_bits() -> None:
    """Masked by the function or by the entry: pending, once, in the order of the vectors."""
    guest = Guest(Blk(MemoryDisk(8), queues=2)).start()
    guest.write_at("config", MSIX_CONTROL, 2, 0xC000)
    for queue in (1, 0, 1):
        request(guest, VIRTIO_BLK_T_FLUSH, 0, queue=queue)
    assert guest.messages == []
    assert guest.read_at("msix", 0x800, 8).value == 0b110
    assert guest.write_at("msix", 16 + 12, 4, 1)
    guest.write_at("config", MSIX_CONTROL, 2, 0x8000)
    assert guest.messages == [Msi(0, 2)]
    assert guest.read_at("msix", 0x800, 4).value == 0b010
    assert guest.write_at("msix", 16 + 12, 4, 0)
    assert guest.messages == [Msi(0, 2), Msi(0, 1)]


@pytest.mark.parametrize("packed", [0, PACKED])
def test_ring_reset(packed: int) -> None:
    """One queue is reset and set up anew while the device goes on (2.6.1)."""
    guest = Guest(Blk(MemoryDisk(8), features=packed | bits(VIRTIO_F_RING_RESET))).start()
    request(guest, VIRTIO_BLK_T_FLUSH, 0)
    guest.write("queue_select", 0)
    guest.write("queue_reset", 1)
    assert (guest.read("queue_reset"), guest.read("queue_enable")) == (0, 0)
    guest.notify(0)
    guest.queues[0].virtqueue_reset()
    guest.set_up(0, guest.vring(0), 1)
    assert request(guest, VIRTIO_BLK_T_FLUSH, 0)[0] == VIRTIO_BLK_S_OK
    assert guest.status & DRIVER_OK
    assert not guest.faults


@KINDS
def test_reset_and_again(kind: str) -> None:
    """A device reset forgets the queues; a second initialization works; so does one after a reset of the function."""
    guest = Guest(Blk(MemoryDisk(8)), kind)
    for _ in range(2):
        guest.start()
        assert request(guest, VIRTIO_BLK_T_FLUSH, 0)[0] == VIRTIO_BLK_S_OK
        guest.set_status(0)
        guest.notify(0)
        assert guest.stores()
    guest.note(guest.device.predict("virtq0.reset", Reset()))
    guest.start()
    assert request(guest, VIRTIO_BLK_T_FLUSH, 0)[0] == VIRTIO_BLK_S_OK


def test_spurious_notifications_and_unknown_queues() -> None:
    """Nothing happens (R67)."""
    guest = Guest(Net()).start()
    for queue in (0, 1, 2, 3, 900):
        guest.notify(queue)
    assert not guest.faults
    assert not guest.messages
