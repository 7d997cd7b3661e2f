"""A buffer as the device sees it: the elements of a descriptor chain, checked while they are walked (virtio 1.2, 2.6, 2.7.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from irqpath.virtio.faults import Fault, QueueFault, RingFault
from irqpath.virtio.policy import VirtioPolicy
from irqpath.virtio.port import RingPort
from irqpath.virtio.wire import (
    DESC_BYTES,
    VIRTIO_RING_F_INDIRECT_DESC,
    VIRTQ_DESC_F_INDIRECT,
    VIRTQ_DESC_F_NEXT,
    VIRTQ_DESC_F_WRITE,
)

#: (address, bytes) of one element.
Element = tuple[int, int]
_MOST_BYTES: Final = 1 << 32


class Tenure:
    """How long the device may use the buffers that it took from a queue. `ended`: the queue or the device was reset, or needs a
    reset: their memory is the driver's again, and is neither written nor read (2.4.1, 2.6.1.1.1)."""

    __slots__ = ("ended",)

    def __init__(self) -> None:
        self.ended = False


@dataclass(frozen=True, slots=True)
class Chain:
    """One buffer. `id`: head index (split) or buffer id (packed); `ring_slots`: entries of the ring that it takes (1 of the
    available ring of a split ring); `readable` and `writable`: elements for the device to read and to write; `tenure`: while
    it may do so, for ever by default."""

    id: int
    ring_slots: int
    readable: tuple[Element, ...]
    writable: tuple[Element, ...]
    tenure: Tenure = field(default_factory=Tenure, compare=False, repr=False)

    @property
    def readable_bytes(self) -> int:
        """Bytes of the device-readable part."""
        return sum(size for _, size in self.readable)

    @property
    def writable_bytes(self) -> int:
        """Bytes of the device-writable part."""
        return sum(size for _, size in self.writable)

    def read(self, port: RingPort) -> bytes:
        """The whole device-readable part; zeros once the buffer is the driver's again."""
        if self.tenure.ended:
            return bytes(self.readable_bytes)
        return b"".join(port.dump(address, size) for address, size in self.readable)

    def write(self, port: RingPort, data: bytes, offset: int = 0) -> int:
        """Store `data` from byte `offset` of the device-writable part on; how many bytes found room.

        Nothing is stored once the buffer is the driver's again.
        """
        if self.tenure.ended:
            return 0
        at = 0
        for address, size in self.writable:
            if offset >= size:
                offset -= size
                continue
            run = data[at : at + size - offset]
            if not run:
                break
            port.load(address + offset, run)
            at += len(run)
            offset = 0
        return at


class Walk:
    """Collects the elements of one chain of queue `queue`, and raises `RingFault` at the first that may not be."""

    __slots__ = ("_policy", "_port", "_queue", "_total", "readable", "writable")

    def __init__(self, queue: int, port: RingPort, policy: VirtioPolicy) -> None:
        self._queue = queue
        self._port = port
        self._policy = policy
        self._total = 0
        self.readable: list[Element] = []
        self.writable: list[Element] = []

    def fault(self, error: Fault, descriptor: int, detail: str = "") -> RingFault:
        """The exception for a fault at one descriptor of this queue."""
        return RingFault(QueueFault(error, self._queue, descriptor, detail))

    def add(self, descriptor: int, address: int, size: int, flags: int, where: str = "") -> None:
        """One element. Raises `RingFault`."""
        if size == 0 and self._policy.zero_length_faults:
            raise self.fault(Fault.CHAIN_EMPTY, descriptor, where)
        if not self._port.contains(address, size):
            raise self.fault(Fault.BUFFER_OUTSIDE_MEMORY, descriptor, f"{size} bytes at {address:#x}{where}")
        self._total += size
        if self._total > _MOST_BYTES:
            raise self.fault(Fault.BUFFER_TOO_LONG, descriptor, where)
        if flags & VIRTQ_DESC_F_WRITE:
            self.writable.append((address, size))
        elif self.writable:
            raise self.fault(Fault.WRITABLE_BEFORE_READABLE, descriptor, where)
        else:
            self.readable.append((address, size))

    def indirect(self, num: int, features: int, descriptor: int, address: int, size: int, flags: int) -> int:
        """Check a descriptor that is INDIRECT; the number of entries of its table. WRITE on it means nothing (R72)."""
        if not features >> VIRTIO_RING_F_INDIRECT_DESC & 1:
            raise self.fault(Fault.FEATURE_NOT_NEGOTIATED, descriptor, "INDIRECT")
        if flags & VIRTQ_DESC_F_NEXT:
            raise self.fault(Fault.INDIRECT_WITH_NEXT, descriptor)
        entries, rest = divmod(size, DESC_BYTES)
        if rest or not entries:
            raise self.fault(Fault.INDIRECT_LENGTH, descriptor, f"{size} bytes")
        if entries > (self._policy.max_indirect or num):
            raise self.fault(Fault.CHAIN_TOO_LONG, descriptor, f"indirect table of {entries} entries")
        if not self._port.contains(address, size):
            raise self.fault(Fault.BUFFER_OUTSIDE_MEMORY, descriptor, f"indirect table, {size} bytes at {address:#x}")
        return entries

    def entry(self, address: int) -> tuple[int, int, int, int]:
        """(address, bytes, flags, last 16 bits) of the indirect entry at `address`, of any alignment (split: flags, next)."""
        if not address & 7:
            read = self._port.read
            word = read(address + 8, 8)
            return read(address, 8), word & 0xFFFF_FFFF, word >> 32 & 0xFFFF, word >> 48
        raw = self._port.dump(address, DESC_BYTES)
        number = int.from_bytes(raw, "little")
        return number & (1 << 64) - 1, number >> 64 & 0xFFFF_FFFF, number >> 96 & 0xFFFF, number >> 112

    def nested(self, descriptor: int, flags: int) -> None:
        """Raise `RingFault` if an entry of an indirect table is INDIRECT itself."""
        if flags & VIRTQ_DESC_F_INDIRECT:
            raise self.fault(Fault.INDIRECT_NESTED, descriptor, "in the indirect table")
