"""How both sides of a virtqueue reach memory: single accesses in order, barriers as events of their own, buffers as runs of
bytes. `GuestMemory` is memory with its extents; `RecordingPort` keeps every access as the transaction it is on the mem link.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from irqpath.core.errors import AccessError
from irqpath.core.memory import ADDRESS_BITS, Memory
from irqpath.core.transactions import BarrierKind, MemBarrier, MemRead, MemReadData, MemWrite

#: [base, base + bytes)
Extent = tuple[int, int]
_ALL: Final[tuple[Extent, ...]] = ((0, 1 << ADDRESS_BITS),)


class RingPort(Protocol):
    """What a side of a queue needs of memory. A `memory.MemPort` with barriers, runs of bytes and extents."""

    def read(self, address: int, size: int, /) -> int:
        """The little-endian value of `size` (1, 2, 4, 8) bytes, aligned."""

    def write(self, address: int, size: int, value: int, /) -> None:
        """Store the low `size` bytes of `value`, aligned."""

    def barrier(self, kind: BarrierKind, /) -> None:
        """Accesses before it are seen before accesses after it (R66)."""

    def dump(self, address: int, count: int, /) -> bytes:
        """The `count` bytes of a buffer, any alignment."""

    def load(self, address: int, data: bytes, /) -> None:
        """Store a run of bytes into a buffer, any alignment."""

    def contains(self, address: int, count: int, /) -> bool:
        """Whether [address, address + count) lies in memory."""


class GuestMemory:
    """A `RingPort` over a `Memory` of which only `extents` exist (all of it by default). Barriers have no effect here."""

    def __init__(self, memory: Memory | None = None, extents: Sequence[Extent] = _ALL) -> None:
        self.memory = memory = Memory() if memory is None else memory
        self.extents = tuple(extents)
        self.read: Callable[[int, int], int] = memory.read
        self.write: Callable[[int, int, int], None] = memory.write
        self.dump: Callable[[int, int], bytes] = memory.dump
        self.load: Callable[[int, bytes], None] = memory.load

    def barrier(self, kind: BarrierKind, /) -> None:
        """Nothing to do: accesses happen in order."""

    def contains(self, address: int, count: int, /) -> bool:
        """Whether [address, address + count) lies in one extent."""
        end = address + count
        return any(base <= address and end <= base + size for base, size in self.extents)


class RecordingPort:
    """A `RingPort` that lists every access in `log`, in order; runs of bytes as aligned accesses of at most 8 bytes."""

    def __init__(self, port: RingPort) -> None:
        self.port = port
        self.log: list[MemRead | MemReadData | MemWrite | MemBarrier] = []

    def read(self, address: int, size: int, /) -> int:
        """Read, and log request and response."""
        value = self.port.read(address, size)
        self.log += (MemRead(address, size), MemReadData(value))
        return value

    def write(self, address: int, size: int, value: int, /) -> None:
        """Write and log."""
        self.port.write(address, size, value)
        self.log.append(MemWrite(address, size, value & ((1 << 8 * size) - 1)))

    def barrier(self, kind: BarrierKind, /) -> None:
        """Log the barrier."""
        self.port.barrier(kind)
        self.log.append(MemBarrier(kind))

    def dump(self, address: int, count: int, /) -> bytes:
        """Read a run of bytes in aligned pieces."""
        return b"".join(self.read(at, size).to_bytes(size, "little") for at, size in pieces(address, count))

    def load(self, address: int, data: bytes, /) -> None:
        """Write a run of bytes in aligned pieces."""
        for at, size in pieces(address, len(data)):
            self.write(at, size, int.from_bytes(data[at - address : at - address + size], "little"))

    def contains(self, address: int, count: int, /) -> bool:
        """As the port below says."""
        return self.port.contains(address, count)

    def take(self) -> list[MemRead | MemReadData | MemWrite | MemBarrier]:
        """What was logged since the last call."""
        log, self.log = self.log, []
        return log


def pieces(address: int, count: int) -> list[tuple[int, int]]:
    """Split a run of bytes into naturally aligned accesses of 1, 2, 4, 8 bytes: (address, size). Raises `AccessError`."""
    if count < 0 or address < 0:
        raise AccessError(f"a run of {count} bytes at {address:#x}")
    found = []
    end = address + count
    while address < end:
        size = 8
        while address & (size - 1) or address + size > end:
            size >>= 1
        found.append((address, size))
        address += size
    return found
