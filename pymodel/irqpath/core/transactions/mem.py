"""mem: blocks, devices and drivers at memory."""

from __future__ import annotations

import enum
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MemRead:
    """A block reads `size` (1, 2, 4, 8) bytes at a physical address."""

    address: int
    size: int


@dataclass(frozen=True, slots=True)
class MemWrite:
    """A block writes `size` (1, 2, 4, 8) bytes at a physical address."""

    address: int
    size: int
    value: int


@dataclass(frozen=True, slots=True)
class MemReadData:
    """Response to a `MemRead`."""

    value: int


@dataclass(frozen=True, slots=True)
class MemWriteAck:
    """Response to a `MemWrite`; not `ok` is an error response."""

    ok: bool = True


class BarrierKind(enum.IntEnum):
    """What a `MemBarrier` keeps in order: reads after reads, writes after writes, or all accesses."""

    READ = 0
    WRITE = 1
    FULL = 2


@dataclass(frozen=True, slots=True)
class MemBarrier:
    """One side of a virtqueue orders its accesses: those before are seen before those after (virtio 1.2, 2.7.13.3; R66)."""

    kind: BarrierKind
