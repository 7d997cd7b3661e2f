"""Where fields lie in a word."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from irqpath.core.errors import LinkError

#: Words of a record's payload, from which `unpacker` reads.
_WORD_BITS: Final = 64
_WORDS: Final = 3


class Field(NamedTuple):
    """A field of a word. `align`: so many low bits of the value are zero and are not carried (addresses of tables)."""

    name: str
    lsb: int
    width: int
    align: int = 0

    @property
    def end(self) -> int:
        """The first bit above it."""
        return self.lsb + self.width

    @property
    def mask(self) -> int:
        """Its bits in the word."""
        return ((1 << self.width) - 1) << self.lsb

    @property
    def select(self) -> str:
        """Its part select in Verilog, without brackets."""
        return f"{self.end - 1}:{self.lsb}" if self.width > 1 else str(self.lsb)


Layout = tuple[Field, ...]


def layout(*fields: tuple[str, int, int] | tuple[str, int, int, int]) -> Layout:
    """Fields of (name, lowest bit, width), and of addresses the alignment besides."""
    return tuple(Field(*field) for field in fields)


def check(what: str, fields: Iterable[Field], bits: int, used: int = 0) -> None:
    """Raise `LinkError` where a field overlaps another or a bit of `used`, or does not lie in `bits`."""
    for field in fields:
        if field.width < 1 or field.end > bits:
            raise LinkError(f"{what}.{field.name} does not lie in {bits} bits")
        if used & field.mask:
            raise LinkError(f"{what}.{field.name} overlaps another field")
        used |= field.mask


def unpacker(fields: Iterable[Field]) -> Callable[[int, int, int], tuple[int, ...]]:
    """A function that takes a word apart: of its 64-bit parts, the lowest first, to the fields' values."""
    found: Callable[[int, int, int], tuple[int, ...]] = eval(f"lambda w0, w1, w2: ({' '.join(map(_taken, fields))})")
    return found


def _taken(field: Field) -> str:
    first, shift = divmod(field.lsb, _WORD_BITS)
    last = (field.end - 1) // _WORD_BITS
    if last >= _WORDS or last > first + 1:
        raise LinkError(f"{field.name} does not lie in two of {_WORDS} words of {_WORD_BITS} bits")
    text = f"w{first} >> {shift}" if last == first else f"(w{first} >> {shift} | w{last} << {_WORD_BITS - shift})"
    value = f"{text} & {(1 << field.width) - 1:#x}"
    return f"({value}) << {field.align}," if field.align else f"{value},"
