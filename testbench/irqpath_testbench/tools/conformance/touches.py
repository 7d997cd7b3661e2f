"""What was done to a register, bit by bit, and when a field of it counts as exercised.

    field        exercised when
    rw           some bit of it was written 0 and 1, and some bit was read 0 and 1
    w1s, w1c     some bit of it was written 1, and the field was read
    wo           it was written, some bit of it 1
    ro, rao      it was read
    raz          it was written with some bit 1 and read as 0, or only read where its register has nothing to write

A register without fields (an address that only exists) counts when it was read or written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from irqpath.regs import Field, Register


@dataclass(slots=True)
class Bits:
    """Masks of the bits of a register's elements that were read as 0 and as 1, and written with 0 and with 1."""

    read0: int = 0
    read1: int = 0
    written0: int = 0
    written1: int = 0

    def read(self, value: int, mask: int) -> None:
        """The bits of `mask` were read."""
        self.read1 |= value & mask
        self.read0 |= ~value & mask

    def write(self, value: int, mask: int) -> None:
        """The bits of `mask` were written."""
        self.written1 |= value & mask
        self.written0 |= ~value & mask

    def add(self, other: Bits) -> None:
        """What was done elsewhere too."""
        self.read0 |= other.read0
        self.read1 |= other.read1
        self.written0 |= other.written0
        self.written1 |= other.written1

    def touches(self, mask: int) -> bool:
        """Whether anything was done to a bit of `mask`."""
        return bool((self.read0 | self.read1 | self.written0 | self.written1) & mask)

    def plain(self) -> list[int]:
        """For a file."""
        return [self.read0, self.read1, self.written0, self.written1]


def joined(parts: Iterable[Bits]) -> Bits:
    """All of them together."""
    whole = Bits()
    for part in parts:
        whole.add(part)
    return whole


def exercised(register: Register, field: Field, bits: Bits) -> bool:
    """Whether what was done exercises the field; see this module's text."""
    mask = field.mask
    was_read = bool((bits.read0 | bits.read1) & mask)
    match field.access:
        case "rw":
            return all(seen & mask for seen in (bits.read0, bits.read1, bits.written0, bits.written1))
        case "w1s" | "w1c":
            return was_read and bool(bits.written1 & mask)
        case "wo":
            return bool(bits.written1 & mask)
        case "raz":
            return bool(bits.read0 & mask) and (bool(bits.written1 & mask) or not register.write_mask)
        case _:
            return was_read
