"""Bit vectors held in Python integers: one bit an interrupt."""

from __future__ import annotations

from collections.abc import Iterator

_SPREAD = tuple(sum((byte >> k & 1) << (2 * k + 1) for k in range(8)) for byte in range(256))
_GATHER = tuple(sum((byte >> (2 * k + 1) & 1) << k for k in range(4)) for byte in range(256))


def ones(word: int) -> Iterator[int]:
    """Positions of the set bits, lowest first."""
    while word:
        low = word & -word
        yield low.bit_length() - 1
        word ^= low


def icfgr_from_edges(edges: int) -> int:
    """The 32-bit ICFGR of 16 interrupts: bit 2n+1 is set where bit n of `edges` is (edge-triggered)."""
    return _SPREAD[edges & 0xFF] | _SPREAD[edges >> 8 & 0xFF] << 16


def edges_from_icfgr(value: int) -> int:
    """The inverse of `icfgr_from_edges`: 16 bits, bit n set where interrupt n is edge-triggered."""
    return sum(_GATHER[value >> 8 * k & 0xFF] << 4 * k for k in range(4))
