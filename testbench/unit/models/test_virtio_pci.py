"""virtio over PCI: MSI-X of any size, notification places, the window of configuration space, and what cannot be made."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from irqpath.core.errors import ConfigError
from irqpath.core.transactions import Msi
from irqpath.virtio.blk import VIRTIO_BLK_T_FLUSH, Blk, MemoryDisk
from irqpath.virtio.net import (
    CTRL_MAC_ADDR_SET,
    CTRL_RX_PROMISC,
    CTRL_VLAN_ADD,
    VIRTIO_NET_F_CTRL_MAC_ADDR,
    VIRTIO_NET_F_CTRL_RX,
    VIRTIO_NET_F_CTRL_VLAN,
    Net,
)
from irqpath.virtio.pci import VirtioPci
from irqpath.virtio.pci_config import MSIX_CAPABILITY, MSIX_CONTROL, PCI_CFG, PCI_CFG_DATA
from irqpath.virtio.port import GuestMemory
from irqpath.virtio.wire import bits
from unit.models.test_virtio_devices import control, request, send
from unit.models.virtio_guest import BUFFERS_AT, Guest


def offer_flush(guest: Guest, queue: int) -> None:
    """Make a flush request available in a queue, without a notification."""
    guest.memory.load(BUFFERS_AT, VIRTIO_BLK_T_FLUSH.to_bytes(16, "little"))
    guest.queues[queue].virtqueue_add([(BUFFERS_AT, 16)], [(BUFFERS_AT + 16, 1)], queue)


def test_many_vectors_and_their_pending_bits() -> None:
    """The pending bit array lies behind the table, however long that is, and the BAR has room for both."""
    guest = Guest(Net(pairs=100, size=16)).start()
    assert guest.read_at("config", MSIX_CONTROL, 2).value == 0x8000 | 201
    place = guest.read_at("config", MSIX_CONTROL + 6, 4).value
    assert place == 202 * 16 | 1
    guest.write_at("config", 0x14, 4, 0xFFFF_FFFF)
    assert guest.read_at("config", 0x14, 4).value == 0xFFFF_F000
    assert guest.write_at("msix", 16 * 200 + 12, 4, 1)
    send(guest, bytes(60), queue=199)
    assert guest.messages == []
    words = [guest.read_at("msix", place - 1 + at, 8).value for at in range(0, 32, 8)]
    assert words == [0, 0, 0, 1 << 200 - 192]
    assert [guest.read_at("msix", 16 * n + 8, 4).value for n in (127, 128, 201)] == [127, 128, 201]


def test_without_vectors() -> None:
    """No MSI-X capability, and nothing that enables it: the wire works."""
    guest = Guest(Blk(MemoryDisk(8)), vectors=0)
    assert guest.read_at("config", 0x34, 1).value != MSIX_CAPABILITY
    guest.write_at("config", MSIX_CONTROL, 2, 0x8000)
    guest.start(msix=False)
    request(guest, VIRTIO_BLK_T_FLUSH, 0)
    assert guest.levels == [1]


@pytest.mark.parametrize("multiplier", [0, 2, 4, 4096])
def test_notification_places(multiplier: int) -> None:
    """queue_notify_off times the multiplier, inside a region that the capability describes; with 0 the value tells the queue."""
    guest = Guest(Blk(MemoryDisk(8), queues=3), notify_multiplier=multiplier).start()
    assert guest.read_at("config", 0x70 + 16, 4).value == multiplier
    assert guest.read_at("config", 0x70 + 12, 4).value >= 3 * multiplier + 2
    for queue in range(3):
        guest.write("queue_select", queue)
        place = guest.read("queue_notify_off") * multiplier
        offer_flush(guest, queue)
        assert guest.write_at("notify", place, 2, queue)
        assert guest.queues[queue].virtqueue_get_buf() is not None
        assert guest.messages.pop() == Msi(0, queue + 1)


def test_an_access_over_two_bars() -> None:
    """Each BAR keeps the bits that it has; where there is none, nothing stays."""
    guest = Guest(Blk(MemoryDisk(8)))
    guest.write_at("config", 0x14, 8, (1 << 64) - 1)
    assert guest.read_at("config", 0x14, 8).value == 0xFFFF_F000
    guest.write_at("config", 0x1E, 8, (1 << 64) - 1)
    assert guest.read_at("config", 0x1C, 8).value == 0xFFFF_C00C << 32
    assert guest.read_at("config", 0x24, 4).value == 0xFFFF


def window(guest: Guest, offset: int, size: int, bar: int = 4) -> None:
    """Point the PCI configuration access capability somewhere."""
    for at, value, width in ((4, bar, 1), (8, offset, 4), (12, size, 4)):
        guest.write_at("config", PCI_CFG + at, width, value)
        assert guest.read_at("config", PCI_CFG + at, width).value == value


def test_a_window_into_the_regions() -> None:
    """Common configuration, notification, ISR, device configuration and MSI-X table through configuration space (4.1.4.9)."""
    guest = Guest(Blk(MemoryDisk(5))).start(msix=False)
    window(guest, 20, 1)
    assert guest.read_at("config", PCI_CFG_DATA, 1).value == 15
    window(guest, 22, 2)
    assert guest.write_at("config", PCI_CFG_DATA, 2, 7)
    assert guest.read("queue_select") == 7
    assert guest.read_at("config", PCI_CFG_DATA, 2).value == 7
    window(guest, 0x2000, 4)
    assert guest.read_at("config", PCI_CFG_DATA, 4).value == 5
    offer_flush(guest, 0)
    window(guest, 0x3000, 2)
    assert guest.write_at("config", PCI_CFG_DATA, 2, 0)
    assert guest.levels == [1]
    window(guest, 0x1000, 1)
    assert guest.read_at("config", PCI_CFG_DATA, 1).value == 1
    assert guest.levels == [1, 0]
    window(guest, 8, 4, bar=1)
    assert guest.write_at("config", PCI_CFG_DATA, 4, 0x1234)
    assert guest.read_at("msix", 8, 4).value == 0x1234
    window(guest, 20, 1)
    assert guest.write_at("config", PCI_CFG_DATA, 1, 0)
    assert guest.status == 0


@pytest.mark.parametrize(
    ("offset", "size", "bar"), [(20, 0, 4), (20, 3, 4), (21, 2, 4), (0x3000, 8, 4), (1 << 31, 4, 4), (20, 1, 0)]
)
def test_a_window_to_nowhere(offset: int, size: int, bar: int) -> None:
    """What a driver must not ask for has no effect (4.1.4.9.2): pci_cfg_data keeps what was written."""
    guest = Guest(Blk(MemoryDisk(5))).start()
    window(guest, offset, size, bar)
    assert guest.write_at("config", PCI_CFG_DATA, 4, 0)
    assert guest.read_at("config", PCI_CFG_DATA, 4).value == 0
    assert guest.status == 15


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: VirtioPci("x", Net(), GuestMemory(), vectors=2049), "2049 MSI-X vectors"),
        (lambda: VirtioPci("x", Net(), GuestMemory(), vectors=-1), "-1 MSI-X vectors"),
        (lambda: VirtioPci("x", Net(), GuestMemory(), notify_multiplier=3), "notify_multiplier 3"),
        (lambda: Net(pairs=0), "queue pairs of a network device is 0"),
        (lambda: Net(size=1 << 16), "size of a queue is 65536"),
        (lambda: Net(mac=bytes(5)), "MAC address of 5 bytes"),
        (lambda: Net(mtu=0), "MTU is 0"),
        (lambda: Blk(MemoryDisk(8), queues=0), "queues of a block device is 0"),
        (lambda: Blk(MemoryDisk(8), size=0), "size of a queue is 0"),
        (lambda: MemoryDisk(-1), "sectors of a disk is -1"),
        (lambda: MemoryDisk(8, serial=bytes(21)), "serial number is 21"),
    ],
)
def test_devices_that_cannot_be(make: Callable[[], object], says: str) -> None:
    """One clear error when they are made."""
    with pytest.raises(ConfigError, match=says):
        make()


def test_every_change_of_the_configuration_is_a_new_generation() -> None:
    """Also one before DRIVER_OK, by the driver's own command, and by a reset that takes it back (4.1.4.3.1)."""
    net = Net()
    guest = Guest(net)
    seen = [guest.read("config_generation")]

    def again() -> bool:
        seen.append(guest.read("config_generation"))
        return seen[-1] != seen[-2]

    net.set_link(False)
    assert again()
    assert guest.device.take() == [], "no interrupt before DRIVER_OK"
    guest.start()
    assert not again()
    assert control(guest, CTRL_MAC_ADDR_SET, bytes(6), 2) == 0
    assert again()
    assert control(guest, CTRL_MAC_ADDR_SET, bytes(6), 2) == 0
    assert not again()
    guest.set_status(0)
    assert again()


@pytest.mark.parametrize(
    ("command", "data", "feature"),
    [
        (CTRL_RX_PROMISC, b"\1", VIRTIO_NET_F_CTRL_RX),
        (CTRL_MAC_ADDR_SET, bytes(6), VIRTIO_NET_F_CTRL_MAC_ADDR),
        (CTRL_VLAN_ADD, b"\1\0", VIRTIO_NET_F_CTRL_VLAN),
    ],
)
def test_a_command_without_its_feature(command: tuple[int, int], data: bytes, feature: int) -> None:
    """It fails, and nothing is set (5.1.6.5)."""
    net = Net()
    guest = Guest(net).start(unwanted=bits(feature))
    before = net.state()
    assert control(guest, command, data, 2) == 1
    assert net.state() == before
    assert control(guest.start(), command, data, 2) == 0
    assert net.state() != before
