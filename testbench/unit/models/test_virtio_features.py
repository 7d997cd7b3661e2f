"""Features that need others: a table written anew from virtio 1.2 (5.1.3.1, 5.2.5.2) and 1.3, tested pair by pair against drivers
that accept and devices that offer, in all transports."""

from __future__ import annotations

from typing import Final

import pytest

from irqpath.core.errors import ConfigError
from irqpath.core.transactions import RegWrite, Report
from irqpath.virtio import features as table
from irqpath.virtio.blk import Blk, MemoryDisk
from irqpath.virtio.core import FEATURES_OK, Function
from irqpath.virtio.faults import Fault
from irqpath.virtio.mmio import VirtioMmio
from irqpath.virtio.net import Net
from irqpath.virtio.pci import VirtioPci
from irqpath.virtio.policy import QEMU, VirtioPolicy
from irqpath.virtio.port import GuestMemory
from unit.models.virtio_guest import Guest, Reporting

#: bit -> sets of bits, one of each of which must be there; "bit: a|b, c" means (a or b) and c.
NET_NEEDS: Final = {
    7: [{1}], 8: [{1}], 9: [{7, 8}], 10: [{1}], 54: [{1}], 55: [{1}],
    11: [{0}], 12: [{0}], 13: [{11, 12}], 14: [{0}], 56: [{0}],
    18: [{17}], 19: [{17}], 21: [{17}], 22: [{17}], 23: [{17}], 53: [{17}], 52: [{17}], 60: [{17}],
    61: [{11, 12}], 51: [{17}, {60, 57}],
}  # fmt: skip
NET_BITS: Final = [0, 1, 2, 3, 5, *range(7, 24), *range(50, 58), *range(59, 64)]
#: A device that offers 11 offers 9, too; a driver need not accept it (5.2.5.2).
BLK_OFFERS: Final = {11: [{9}]}
#: A legacy device does not offer 17, which cannot be negotiated without FEATURES_OK (5.2.5.2).
BLK_NEEDS: Final = {17: [{32}]}
BLK_BITS: Final = [1, 2, 4, 5, 6, 9, *range(10, 18)]
RING_BITS: Final = [28, 29, 33, 34, 35, 36, 38, 39, 40]
VERSION_1: Final = 1 << 32

KINDS = pytest.mark.parametrize("kind", ["pci", "mmio"])


class Bare(Function):
    """A device of a type that offers what it is told to, be it right or not."""

    checked_offer = False
    queue_sizes = (8,) * 3

    def __init__(self, device_id: int, features: int) -> None:
        self.device_id = device_id
        self.features = features

    def config(self) -> bytes:
        """The function has no configuration space."""
        return bytes(64)

    def notified(self, core: object, queue: int) -> None:
        """The function does no work."""


class Checked(Bare):
    """One whose offer is looked at."""

    checked_offer = True


def word(bits: set[int] | list[int]) -> int:
    """As a feature word."""
    return sum(1 << bit for bit in bits)


def complete(bit: int, needs: dict[int, list[set[int]]]) -> set[int]:
    """The bit with all that it needs, of alternatives the first."""
    found = {bit}
    for alternatives in needs.get(bit, []):
        found |= complete(min(alternatives), needs)
    return found


def right(bits: set[int], needs: dict[int, list[set[int]]]) -> bool:
    """Whether nothing lacks."""
    return all(any(other in bits for other in one) for bit in bits for one in needs.get(bit, []))


def granted(guest: Guest, features: int) -> bool:
    """Whether FEATURES_OK stays."""
    guest.set_status(0)
    guest.set_status(1)
    guest.set_status(3)
    guest.accept(features)
    guest.set_status(11)
    return bool(guest.status & FEATURES_OK)


@KINDS
def test_every_pair_of_net(kind: str) -> None:
    """Each two bits, and each bit with all it needs, with and without each of these: by the table alone."""
    guest = Guest(Bare(1, word(NET_BITS + RING_BITS)), kind)
    for bit in NET_BITS:
        whole = complete(bit, NET_NEEDS)
        assert granted(guest, VERSION_1 | word(whole)), bit
        for other in NET_BITS:
            for chosen in ({bit, other}, whole - {other} | {bit}, whole | {other}):
                assert granted(guest, VERSION_1 | word(chosen)) == right(chosen, NET_NEEDS), chosen


@KINDS
def test_every_pair_of_blk_and_of_the_ring(kind: str) -> None:
    """A driver may accept these one by one."""
    guest = Guest(Bare(2, word(BLK_BITS + RING_BITS)), kind)
    for bit in BLK_BITS + RING_BITS:
        for other in BLK_BITS + RING_BITS:
            assert granted(guest, VERSION_1 | word({bit, other})), (bit, other)
            assert not granted(guest, word({bit, other})), "VERSION_1 must be accepted"


def test_alternatives() -> None:
    """Either will do."""
    guest = Guest(Bare(1, word(NET_BITS)))
    for bit, base, one, other in ((9, 1, 7, 8), (13, 0, 11, 12), (61, 0, 11, 12)):
        assert granted(guest, VERSION_1 | word({bit, base, one}))
        assert granted(guest, VERSION_1 | word({bit, base, other}))
        assert not granted(guest, VERSION_1 | word({bit, base}))


def test_the_table_of_the_models_is_this_one() -> None:
    """Row by row, the other way round."""
    held: dict[tuple[int, str], dict[int, list[set[int]]]] = {}
    for need in table.NEEDS:
        held.setdefault((need.device_id, need.kind.name), {}).setdefault(need.feature, []).append(set(need.any_of))
    net = {(1, "BOTH"): NET_NEEDS, (1, "ADVICE"): {57: [{17}], 20: [{17}]}}
    assert held == net | {(2, "OFFER"): BLK_OFFERS, (2, "BOTH"): BLK_NEEDS}
    for number, bits in ((1, NET_BITS), (2, BLK_BITS)):
        assert set(bits) <= table.NAMES[number].keys()
    assert all(need.section for need in table.NEEDS)


@pytest.mark.parametrize("bit", sorted(NET_NEEDS))
def test_a_device_that_offers_without(bit: int) -> None:
    """One clear error, of the device or where it is put behind a transport."""
    whole = complete(bit, NET_NEEDS)
    memory = GuestMemory()
    VirtioPci("x", Checked(1, word(whole)), memory)
    for alternatives in NET_NEEDS[bit]:
        lacking = word(whole - alternatives)
        with pytest.raises(ConfigError, match=rf"{table.name_of(1, bit)} needs .*5\.1\.3\.1"):
            VirtioPci("x", Checked(1, lacking), memory)
        if bit < 32 and not any(b > 31 for b in whole):
            with pytest.raises(ConfigError, match=table.name_of(1, bit)):
                VirtioMmio("x", Checked(1, lacking), memory, version=1)
        else:
            VirtioMmio("x", Checked(1, 0), memory, version=1)


def test_the_devices_own_offers() -> None:
    """`features` of net and blk."""
    for make, says in (
        (lambda: Net(features=word({7})), "VIRTIO_NET_F_GUEST_TSO4 needs VIRTIO_NET_F_GUEST_CSUM"),
        (lambda: Net(features=word({13})), "HOST_ECN needs VIRTIO_NET_F_HOST_TSO4 or VIRTIO_NET_F_HOST_TSO6"),
        (lambda: Net(features=word({37})), "VIRTIO_F_SR_IOV cannot be"),
        (lambda: Blk(MemoryDisk(8), features=word({41})), "VIRTIO_F_ADMIN_VQ cannot be"),
        (
            lambda: VirtioMmio("x", Blk(MemoryDisk(8), features=word({17})), GuestMemory(), version=1),
            "VIRTIO_BLK_F_ZONED needs VIRTIO_F_VERSION_1",
        ),
        (lambda: VirtioPci("x", Net(features=word({38})), GuestMemory(), notify_multiplier=2), "notify_multiplier 2"),
    ):
        with pytest.raises(ConfigError, match=says):
            make()
    Net(features=word({7, 1, 0, 11, 12, 13, 61}))
    blk = Blk(MemoryDisk(8), features=word({11}))
    assert granted(Guest(blk), VERSION_1 | word({11})), "CONFIG_WCE without FLUSH (5.2.5.2)"
    with pytest.raises(ConfigError, match="VIRTIO_BLK_F_CONFIG_WCE needs VIRTIO_BLK_F_FLUSH"):
        VirtioPci("x", Checked(2, word({11})), GuestMemory())


@pytest.mark.parametrize("bit", [18, 19, 22, 23])
@KINDS
def test_net_without_its_control_queue(bit: int, kind: str) -> None:
    """MQ, CTRL_RX, CTRL_VLAN, CTRL_MAC_ADDR without CTRL_VQ: each is named in a report."""
    guest = Reporting(Net(pairs=2), kind)
    offered = guest.offered()
    assert granted(guest, offered)
    assert guest.reports == []
    assert not granted(guest, offered & ~word({18, 19, 22, 23, 17}) | word({bit}))
    (report,) = guest.reports
    assert report.error is Fault.FEATURE_NEEDS_ANOTHER
    assert f"{table.name_of(1, bit)} needs VIRTIO_NET_F_CTRL_VQ" in report.detail
    assert granted(guest, offered & ~word({18, 19, 22, 23, 17}))


def test_policies() -> None:
    """QEMU grants what lacks, and yet it is reported; advice may be taken for a rule."""
    lacking = VERSION_1 | word({18})
    guest = Reporting(Bare(1, word(NET_BITS)), "pci", QEMU)
    assert granted(guest, lacking)
    assert [report.error for report in guest.reports] == [Fault.FEATURE_NEEDS_ANOTHER]
    assert not granted(guest, lacking | 1 << 4), "what was not offered is not granted"
    for bit in (20, 57):
        advised = VERSION_1 | word({bit})
        assert granted(Guest(Bare(1, word(NET_BITS))), advised)
        strict = VirtioPolicy(refuse_discouraged=True)
        assert not granted(Guest(Bare(1, word(NET_BITS)), policy=strict), advised)
        assert granted(Guest(Bare(1, word(NET_BITS)), policy=strict), advised | word({17}))


def test_a_legacy_driver_is_told_at_driver_ok() -> None:
    """It has no FEATURES_OK that could be refused."""
    guest = Guest(Net(), "legacy")
    guest.set_status(0)
    guest.set_status(3)
    guest.accept(word({18}))
    out = guest.device.predict("virtq0.reg", RegWrite(0x70, 4, 7))
    assert [t.error for _, t in out if isinstance(t, Report)] == [Fault.FEATURE_NEEDS_ANOTHER]
    assert guest.status == 7


def test_no_bit_is_without_a_name() -> None:
    """Of those that a report may name."""
    assert table.name_of(1, 18) == "VIRTIO_NET_F_CTRL_RX"
    assert table.name_of(2, 34) == "VIRTIO_F_RING_PACKED"
    assert table.name_of(77, 3) == "feature 3"
    assert table.unmet(1, 1 << 34) == ["VIRTIO_F_RING_PACKED needs VIRTIO_F_VERSION_1 (2.2.3)"]
