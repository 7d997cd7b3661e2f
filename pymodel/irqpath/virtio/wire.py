"""How a virtqueue lies in memory (virtio 1.2, 2.7 and 2.8): offsets, flags, sizes, alignment. Nothing here moves a buffer.

All fields are little-endian. A split ring has its descriptor table, available (driver) ring and used (device) ring; a packed
ring has its descriptor ring and one event suppression structure for each side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from irqpath.core.errors import ConfigError
from irqpath.virtio.faults import Fault, QueueFault, RingFault
from irqpath.virtio.port import RingPort

#: (address, bytes) of one element of a scatter-gather list.
Sg = tuple[int, int]

MAX_SIZE: Final = 1 << 15
DESC_BYTES: Final = 16

# What a descriptor can hold (2.7.5), and what a buffer may have in total (2.7.5.2)
_MOST_ELEMENT: Final = (1 << 32) - 1
_MOST_ADDRESS: Final = (1 << 64) - 1
_MOST_BYTES: Final = 1 << 32

# Flags of a descriptor (2.7.5, 2.8.13)
VIRTQ_DESC_F_NEXT: Final = 1
VIRTQ_DESC_F_WRITE: Final = 2
VIRTQ_DESC_F_INDIRECT: Final = 4
VIRTQ_DESC_F_AVAIL: Final = 1 << 7
VIRTQ_DESC_F_USED: Final = 1 << 15

# Flags that ask for no notification (2.7.6, 2.7.8)
VIRTQ_AVAIL_F_NO_INTERRUPT: Final = 1
VIRTQ_USED_F_NO_NOTIFY: Final = 1

# Flags of a packed ring's event suppression structure (2.8.14)
RING_EVENT_FLAGS_ENABLE: Final = 0
RING_EVENT_FLAGS_DISABLE: Final = 1
RING_EVENT_FLAGS_DESC: Final = 2
EVENT_WRAP_BIT: Final = 1 << 15

# Offsets within a packed descriptor (2.8.13) and within an event suppression structure (2.8.14)
PACKED_LEN: Final = 8
PACKED_ID: Final = 12
PACKED_FLAGS: Final = 14
EVENT_FLAGS: Final = 2

# Feature bits (6; 24 is the legacy interface's, 6.3)
VIRTIO_F_NOTIFY_ON_EMPTY: Final = 24
VIRTIO_RING_F_INDIRECT_DESC: Final = 28
VIRTIO_RING_F_EVENT_IDX: Final = 29
VIRTIO_F_VERSION_1: Final = 32
VIRTIO_F_ACCESS_PLATFORM: Final = 33
VIRTIO_F_RING_PACKED: Final = 34
VIRTIO_F_IN_ORDER: Final = 35
VIRTIO_F_ORDER_PLATFORM: Final = 36
VIRTIO_F_SR_IOV: Final = 37
VIRTIO_F_NOTIFICATION_DATA: Final = 38
VIRTIO_F_RING_RESET: Final = 40


def bits(*features: int) -> int:
    """A feature word with these bits set."""
    return sum(1 << feature for feature in set(features))


def need_event(event: int, new: int, old: int) -> bool:
    """Whether moving an index from `old` to `new` passes `event`: all free-running modulo 2^16 (2.7.7.2, R63)."""
    return (new - event - 1) & 0xFFFF < (new - old) & 0xFFFF


@dataclass(frozen=True, slots=True)
class Vring:
    """The memory that both sides share. `num`: the queue size in descriptors; `desc`, `driver`, `device`: guest-physical
    addresses of the Descriptor Area, Driver Area (avail) and Device Area (used) (2.6)."""

    num: int
    desc: int
    driver: int
    device: int
    packed: bool = False

    # --- split ring: offsets of what lies behind the entries (2.7.6, 2.7.8)

    @property
    def used_event(self) -> int:
        """Address of used_event, behind the available ring."""
        return self.driver + 4 + 2 * self.num

    @property
    def avail_event(self) -> int:
        """Address of avail_event, behind the used ring."""
        return self.device + 4 + 8 * self.num

    @property
    def parts(self) -> tuple[tuple[str, int, int, int], ...]:
        """(name, address, bytes, alignment) of each part (2.7, 2.8.12)."""
        if self.packed:
            return (
                ("descriptor ring", self.desc, DESC_BYTES * self.num, 16),
                ("driver event suppression structure", self.driver, 4, 4),
                ("device event suppression structure", self.device, 4, 4),
            )
        return (
            ("descriptor table", self.desc, DESC_BYTES * self.num, 16),
            ("available ring", self.driver, 6 + 2 * self.num, 2),
            ("used ring", self.device, 6 + 8 * self.num, 4),
        )

    def check(self, port: RingPort, queue: int = 0) -> None:
        """Raise `RingFault` unless such a ring may exist: its size, its alignment, all of it in memory."""
        if not 1 <= self.num <= MAX_SIZE or (not self.packed and self.num & (self.num - 1)):
            kind = "packed: 1 to 32,768" if self.packed else "split: a power of two up to 32,768"
            raise RingFault(QueueFault(Fault.RING_SIZE, queue, -1, f"{self.num}; {kind}"))
        for name, address, size, alignment in self.parts:
            if address & (alignment - 1):
                raise RingFault(QueueFault(Fault.RING_ALIGNMENT, queue, -1, f"{name} at {address:#x}, {alignment} bytes"))
            if not port.contains(address, size):
                raise RingFault(QueueFault(Fault.RING_OUTSIDE_MEMORY, queue, -1, f"{name} at {address:#x}, {size} bytes"))


def writable_bytes(queue: int, readable: Sequence[Sg], writable: Sequence[Sg]) -> int:
    """Bytes of a buffer's device-writable part. Raises `ConfigError` for elements that no descriptor can describe."""
    sizes = []
    for elements in (readable, writable):
        total = 0
        for address, size in elements:
            if not 0 <= size <= _MOST_ELEMENT or not 0 <= address <= _MOST_ADDRESS:
                raise ConfigError(
                    f"queue {queue}: an element of {size} bytes at {address:#x}; a descriptor has 32 bits for the length and 64 "
                    "for the address (2.7.5)"
                )
            total += size
        sizes.append(total)
    if sum(sizes) > _MOST_BYTES:
        raise ConfigError(f"queue {queue}: a buffer of {sum(sizes)} bytes; it may have 2^32 in total (2.7.5.2)")
    return sizes[1]


def vring_size(num: int, align: int = 4096) -> int:
    """Bytes of a split ring in the contiguous layout of the legacy interface (2.7.2)."""
    return -(-(DESC_BYTES * num + 6 + 2 * num) // align) * align + -(-(6 + 8 * num) // align) * align


def vring_init(num: int, address: int, align: int = 4096) -> Vring:
    """A split ring in the contiguous layout of the legacy interface: table, available ring, used ring aligned (2.7.2)."""
    driver = address + DESC_BYTES * num
    return Vring(num, address, driver, -(-(driver + 6 + 2 * num) // align) * align)


def packed_init(num: int, address: int) -> Vring:
    """A packed ring at `address` with both event suppression structures right behind the descriptors."""
    events = address + DESC_BYTES * num
    return Vring(num, address, events, events + 4, packed=True)
