"""Which feature needs which others (virtio 1.2, 2.2.1, 2.2.2): data, and what follows from it.

A driver that accepts a feature without what it needs gets no FEATURES_OK; a device that offers one so is no device. Bits without
a row need nothing: VIRTIO_NET_F_STANDBY or _CTRL_GUEST_OFFLOADS, and the ring's features, which may be accepted one by one.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from irqpath.core.errors import ConfigError
from irqpath.virtio.wire import VIRTIO_F_VERSION_1

NET, BLK = 1, 2

#: Names by device type and bit (5.1.3, 5.2.3; 6 for those of every device, under 0).
NAMES: Final[dict[int, dict[int, str]]] = {
    0: {
        24: "VIRTIO_F_NOTIFY_ON_EMPTY", 27: "VIRTIO_F_ANY_LAYOUT", 28: "VIRTIO_F_INDIRECT_DESC", 29: "VIRTIO_F_EVENT_IDX",
        32: "VIRTIO_F_VERSION_1", 33: "VIRTIO_F_ACCESS_PLATFORM", 34: "VIRTIO_F_RING_PACKED", 35: "VIRTIO_F_IN_ORDER",
        36: "VIRTIO_F_ORDER_PLATFORM", 37: "VIRTIO_F_SR_IOV", 38: "VIRTIO_F_NOTIFICATION_DATA",
        39: "VIRTIO_F_NOTIF_CONFIG_DATA", 40: "VIRTIO_F_RING_RESET", 41: "VIRTIO_F_ADMIN_VQ",
    },
    NET: {
        0: "VIRTIO_NET_F_CSUM", 1: "VIRTIO_NET_F_GUEST_CSUM", 2: "VIRTIO_NET_F_CTRL_GUEST_OFFLOADS", 3: "VIRTIO_NET_F_MTU",
        5: "VIRTIO_NET_F_MAC", 6: "VIRTIO_NET_F_GSO", 7: "VIRTIO_NET_F_GUEST_TSO4", 8: "VIRTIO_NET_F_GUEST_TSO6",
        9: "VIRTIO_NET_F_GUEST_ECN", 10: "VIRTIO_NET_F_GUEST_UFO", 11: "VIRTIO_NET_F_HOST_TSO4", 12: "VIRTIO_NET_F_HOST_TSO6",
        13: "VIRTIO_NET_F_HOST_ECN", 14: "VIRTIO_NET_F_HOST_UFO", 15: "VIRTIO_NET_F_MRG_RXBUF", 16: "VIRTIO_NET_F_STATUS",
        17: "VIRTIO_NET_F_CTRL_VQ", 18: "VIRTIO_NET_F_CTRL_RX", 19: "VIRTIO_NET_F_CTRL_VLAN", 20: "VIRTIO_NET_F_CTRL_RX_EXTRA",
        21: "VIRTIO_NET_F_GUEST_ANNOUNCE", 22: "VIRTIO_NET_F_MQ", 23: "VIRTIO_NET_F_CTRL_MAC_ADDR",
        50: "VIRTIO_NET_F_DEVICE_STATS", 51: "VIRTIO_NET_F_HASH_TUNNEL", 52: "VIRTIO_NET_F_VQ_NOTF_COAL",
        53: "VIRTIO_NET_F_NOTF_COAL", 54: "VIRTIO_NET_F_GUEST_USO4", 55: "VIRTIO_NET_F_GUEST_USO6", 56: "VIRTIO_NET_F_HOST_USO",
        57: "VIRTIO_NET_F_HASH_REPORT", 59: "VIRTIO_NET_F_GUEST_HDRLEN", 60: "VIRTIO_NET_F_RSS", 61: "VIRTIO_NET_F_RSC_EXT",
        62: "VIRTIO_NET_F_STANDBY", 63: "VIRTIO_NET_F_SPEED_DUPLEX",
    },
    BLK: {
        0: "VIRTIO_BLK_F_BARRIER", 1: "VIRTIO_BLK_F_SIZE_MAX", 2: "VIRTIO_BLK_F_SEG_MAX", 4: "VIRTIO_BLK_F_GEOMETRY",
        5: "VIRTIO_BLK_F_RO", 6: "VIRTIO_BLK_F_BLK_SIZE", 7: "VIRTIO_BLK_F_SCSI", 9: "VIRTIO_BLK_F_FLUSH",
        10: "VIRTIO_BLK_F_TOPOLOGY", 11: "VIRTIO_BLK_F_CONFIG_WCE", 12: "VIRTIO_BLK_F_MQ", 13: "VIRTIO_BLK_F_DISCARD",
        14: "VIRTIO_BLK_F_WRITE_ZEROES", 15: "VIRTIO_BLK_F_LIFETIME", 16: "VIRTIO_BLK_F_SECURE_ERASE", 17: "VIRTIO_BLK_F_ZONED",
    },
}  # fmt: skip
_BITS: Final = {name: bit for names in NAMES.values() for bit, name in names.items()}


class Kind(enum.Enum):
    """What a row of `NEEDS` binds."""

    BOTH = "the driver that accepts and the device that offers"
    OFFER = "the device that offers; a driver may accept the one without the other"
    ADVICE = "neither, for the specification says SHOULD NOT; `VirtioPolicy.refuse_discouraged` makes it BOTH"


@dataclass(frozen=True, slots=True)
class Need:
    """`feature` of a device of type `device_id` needs one of `any_of`. `section` of virtio 1.2 or later says so."""

    device_id: int
    feature: int
    any_of: tuple[int, ...]
    section: str
    kind: Kind


def _rows(device_id: int, section: str, text: str, kind: Kind = Kind.BOTH) -> tuple[Need, ...]:
    """One row a line: features, ":", and what each of them needs, alternatives separated by "|"."""
    prefix = {NET: "VIRTIO_NET_F_", BLK: "VIRTIO_BLK_F_"}[device_id]
    found = []
    for line in text.split(";"):
        features, needs = line.split(":")
        any_of = tuple(_BITS[prefix + name] for name in needs.replace("|", " ").split())
        found += [Need(device_id, _BITS[prefix + name], any_of, section, kind) for name in features.split()]
    return tuple(found)


#: 5.1.3.1 and 5.2.5.2, in the order of the specification. HASH_TUNNEL (1.3) needs two things, and so has two rows.
NEEDS: Final = (
    *_rows(
        NET,
        "5.1.3.1",
        """GUEST_TSO4 GUEST_TSO6: GUEST_CSUM; GUEST_ECN: GUEST_TSO4|GUEST_TSO6; GUEST_UFO GUEST_USO4 GUEST_USO6: GUEST_CSUM;
        HOST_TSO4 HOST_TSO6: CSUM; HOST_ECN: HOST_TSO4|HOST_TSO6; HOST_UFO HOST_USO: CSUM;
        CTRL_RX CTRL_VLAN GUEST_ANNOUNCE MQ CTRL_MAC_ADDR NOTF_COAL: CTRL_VQ; RSC_EXT: HOST_TSO4|HOST_TSO6;
        RSS VQ_NOTF_COAL HASH_TUNNEL: CTRL_VQ; HASH_TUNNEL: RSS|HASH_REPORT""",
    ),
    *_rows(NET, "5.1.4.1, 5.1.4.2", "HASH_REPORT CTRL_RX_EXTRA: CTRL_VQ", Kind.ADVICE),
    *_rows(BLK, "5.2.5.2", "CONFIG_WCE: FLUSH", Kind.OFFER),
    Need(BLK, _BITS["VIRTIO_BLK_F_ZONED"], (VIRTIO_F_VERSION_1,), "5.2.5.2", Kind.BOTH),
)
#: Features that a device must not offer unless its transport has what they are about; no transport here has (6.2, 4.2.5).
UNSUPPORTED: Final = {
    _BITS["VIRTIO_F_SR_IOV"]: "the device presents no SR-IOV capability (6.2)",
    _BITS["VIRTIO_F_ADMIN_VQ"]: "the device has no administration virtqueue (2.12, 4.2.5)",
}
#: Bits of every device that the legacy interface cannot carry: they need VERSION_1 (2.2.3, 4.1.4.10).
MODERN_ONLY: Final = tuple(bit for bit in NAMES[0] if bit > VIRTIO_F_VERSION_1)


def name_of(device_id: int, feature: int) -> str:
    """The specification's name of a bit, as far as it is known here."""
    common, own = NAMES[0].get(feature), NAMES.get(device_id, {}).get(feature)
    return common or own or f"feature {feature}"


def unmet(device_id: int, features: int, *, offer: bool = False, discouraged: bool = False) -> list[str]:
    """What `features` of a device of this type lack, one sentence each; `offer`: a device offers them, else a driver accepts
    them; `discouraged`: what the specification only advises against counts, too."""
    kinds = {Kind.BOTH} | ({Kind.OFFER} if offer else set()) | ({Kind.ADVICE} if discouraged else set())
    found = []
    for need in NEEDS:
        concerned = need.device_id == device_id and need.kind in kinds and features >> need.feature & 1
        if concerned and not any(features >> other & 1 for other in need.any_of):
            names = " or ".join(name_of(device_id, other) for other in need.any_of)
            found.append(f"{name_of(device_id, need.feature)} needs {names} ({need.section})")
    if not features >> VIRTIO_F_VERSION_1 & 1:
        found += [f"{name_of(0, bit)} needs VIRTIO_F_VERSION_1 (2.2.3)" for bit in MODERN_ONLY if features >> bit & 1]
    return found


def check_offer(where: str, device_id: int, features: int) -> None:
    """Raise `ConfigError` if a device must not offer these together (2.2.2)."""
    problems = unmet(device_id, features, offer=True)
    problems += [f"{name_of(0, bit)} cannot be: {why}" for bit, why in UNSUPPORTED.items() if features >> bit & 1]
    if problems:
        raise ConfigError(f"{where} offers features that cannot be offered so: {'; '.join(problems)}; correct its `features`")
