"""reg: accesses to memory-mapped registers, one frame a block, and messages to an ITS."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RegRead:
    """Software on PE `pe` reads `size` bytes at `offset` of the block's frame. `secure`: AxPROT[1] is 0; with one Security
    state it has no meaning."""

    offset: int
    size: int
    pe: int = 0
    secure: bool = True


@dataclass(frozen=True, slots=True)
class RegWrite:
    """Software on PE `pe` writes the low `size` bytes of `value` at `offset` of the block's frame; `secure` as in `RegRead`."""

    offset: int
    size: int
    value: int
    pe: int = 0
    secure: bool = True


@dataclass(frozen=True, slots=True)
class RegReadData:
    """Response to a `RegRead`; `ok` is False for an error response (AXI SLVERR)."""

    value: int
    ok: bool = True


@dataclass(frozen=True, slots=True)
class RegWriteAck:
    """Response to a `RegWrite`; `ok` is False for an error response (AXI SLVERR)."""

    ok: bool = True


@dataclass(frozen=True, slots=True)
class Msi:
    """A device writes EventID `event` to GITS_TRANSLATER with DeviceID `device`; `size` is 2 or 4 bytes."""

    device: int
    event: int
    size: int = 4


@dataclass(frozen=True, slots=True)
class MsiAck:
    """Response to an `Msi`."""

    ok: bool = True
