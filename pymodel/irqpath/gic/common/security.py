"""What Non-secure software sees of a GIC with two Security states: priorities, hidden interrupts, what NSACR grants (IHI 0069
4.6, 4.8; IHI 0048 3.8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from irqpath.gic.common.bank import Bank

_WORD: Final = 0xFFFF_FFFF
_LOW_BITS: Final = sum(1 << 2 * k for k in range(16))

#: Group numbers of a GIC with two Security states: Non-secure Group 1 is 1, as with one Security state.
GROUP0, GROUP1_NS, GROUP1_S = 0, 1, 2

#: Added to the kind of an SGI that Non-secure software generates.
NONSECURE_SGI: Final = 4

#: Levels of NSACR (GICD_NSACR<n>): each adds to the one before.
SET_PENDING, CLEAR_PENDING, ROUTE = 1, 2, 3


def view(priority: int) -> int:
    """The Non-secure view of PMR or RPR (R77): one in the Secure half reads as 0."""
    return priority << 1 & 0xFF if priority & 0x80 else 0


def store(value: int) -> int:
    """What a Non-secure write of a priority stores (R2)."""
    return 0x80 | value >> 1


def granted(nsacr: Sequence[int], n: int, level: int) -> int:
    """Interrupts of word `n` for which NSACR grants `level` or more. `nsacr[k]`: 16 fields of two bits."""
    result = 0
    for half in (0, 1):
        fields = nsacr[2 * n + half] if 2 * n + half < len(nsacr) else 0
        low, high = fields & _LOW_BITS, fields >> 1 & _LOW_BITS
        at_least = {1: low | high, 2: high, 3: low & high}[level]
        result |= _gather(at_least) << 16 * half
    return result


def _gather(fields: int) -> int:
    """Bit 2k of `fields` to bit k."""
    return sum((fields >> 2 * k & 1) << k for k in range(16)) if fields else 0


def visible(bank: Bank, n: int) -> int:
    """Interrupts of word `n` that Non-secure software may access: those of Non-secure Group 1 (R3)."""
    return bank.group >> 32 * n & _WORD


def read_priorities(bank: Bank, n: int) -> int:
    """IPRIORITYR<n> as Non-secure software reads it: hidden interrupts as zero, the others shifted, also where Secure software
    has put one into the Secure half: unlike PMR and RPR, a field of the Distributor is not looked at first (R2, R3)."""
    word = bank.read_priority(n)
    shown = 0
    for k in range(4):
        if bank.group >> (4 * n + k) & 1:
            shown |= (word >> 8 * k << 1 & 0xFF) << 8 * k
    return shown


def write_priorities(bank: Bank, n: int, value: int, mask: int) -> int:
    """IPRIORITYR<n> written by Non-secure software; returns the interrupts that changed (R2, R3)."""
    stored, allowed = 0, 0
    for k in range(4):
        if bank.group >> (4 * n + k) & 1 and mask >> 8 * k & 0xFF:
            stored |= store(value >> 8 * k & 0xFF) << 8 * k
            allowed |= 0xFF << 8 * k
    return bank.write_priority(n, stored, allowed)
