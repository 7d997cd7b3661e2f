"""Types of the generated register tables: fields, registers, and the frames that software reaches them through.

Offsets and sizes are in bytes, field positions in bits. A frame answers in constant time which register an access hits;
what gives text (`explain`, `name_at`, `fields_text`) is for messages.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, NamedTuple, TypeAlias

from irqpath.core.errors import IrqpathError

#: What software can do to a field. `raz` and `rao` read as a constant and ignore writes; `w1s` and `w1c` read as the
#: state that they set and clear.
FieldAccess: TypeAlias = Literal["rw", "ro", "wo", "w1s", "w1c", "raz", "rao"]

#: Where a reset value comes from: the architecture; nowhere (UNKNOWN: the table has what irqpath's own blocks do); or
#: the configuration of the instance.
ResetFrom: TypeAlias = Literal["spec", "unknown", "instance"]

_READ: Final = frozenset({"rw", "ro", "w1s", "w1c", "rao"})
_WRITE: Final = frozenset({"rw", "wo", "w1s", "w1c"})
_FIXED: Final = frozenset({"raz", "rao"})
_SIZES: Final = (1, 2, 4, 8)
#: Values wider than this are printed in hexadecimal, INTIDs excepted.
_DECIMAL_BITS: Final = 8


class RegisterError(IrqpathError):
    """A register or an element that does not exist, a value that it cannot hold, or a description that is wrong."""


@dataclass(frozen=True, slots=True)
class Field:
    """Bits `lsb` to `lsb + width - 1` of a register. `reset` is the field's own value, not in place."""

    name: str
    lsb: int
    width: int
    access: FieldAccess
    reset: int = 0
    reset_from: ResetFrom = "spec"
    description: str = ""

    @property
    def mask(self) -> int:
        """Ones where the field is, in place."""
        return ((1 << self.width) - 1) << self.lsb

    @property
    def bits(self) -> str:
        """Position as the specification writes it: "31" or "23:19"."""
        return str(self.lsb) if self.width == 1 else f"{self.lsb + self.width - 1}:{self.lsb}"

    def of(self, value: int) -> int:
        """The field's value in the register value `value`."""
        return value >> self.lsb & ((1 << self.width) - 1)


@dataclass(frozen=True, slots=True)
class Register:
    """One register, or an array of `count` that are alike.

    `offset`: of element `first`, in bytes from the frame's base (a system register: its 16-bit encoding); element n is
    at `offset + (n - first) * stride`. `sizes`: bytes of the accesses that are permitted. `configured`: some reset
    value comes from the instance; `reset` then has that of the smallest one. `same_state`: register that shows the
    same state. `low_part_only`: an access narrower than the register is permitted at its lowest address only.
    `raz_elements`: leading elements that are RAZ/WI because affinity routing is enabled. `read_mask`, `write_mask`:
    bits that a read can show and that a write can change; `unknown_mask`: bits whose reset value is UNKNOWN.
    """

    name: str
    offset: int
    width_bits: int
    first: int
    count: int
    stride: int
    sizes: tuple[int, ...]
    reset: int
    configured: bool
    fields: tuple[Field, ...]
    description: str
    source: str
    same_state: str = ""
    low_part_only: bool = False
    raz_elements: int = 0
    read_mask: int = dataclasses.field(init=False, repr=False, compare=False)
    write_mask: int = dataclasses.field(init=False, repr=False, compare=False)
    unknown_mask: int = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Computed once: models use the masks in every access.
        object.__setattr__(self, "read_mask", sum(f.mask for f in self.fields if f.access in _READ))
        object.__setattr__(self, "write_mask", sum(f.mask for f in self.fields if f.access in _WRITE))
        object.__setattr__(self, "unknown_mask", sum(f.mask for f in self.fields if f.reset_from == "unknown"))

    @property
    def is_array(self) -> bool:
        """Elements are numbered."""
        return self.count > 1

    @property
    def width_bytes(self) -> int:
        """Bytes of one element."""
        return self.width_bits // 8

    @property
    def readable(self) -> bool:
        """A read is meaningful (a system register: not UNDEFINED)."""
        return any(f.access != "wo" for f in self.fields)

    @property
    def writable(self) -> bool:
        """A write is meaningful (a system register: not UNDEFINED); it may be ignored."""
        return self.write_mask != 0 or all(f.access in _FIXED for f in self.fields)

    def element_name(self, index: int) -> str:
        """Name of element `index`, counted as the specification does: "GICD_ISENABLER3"."""
        return f"{self.name}{index}" if self.is_array else self.name

    def element_offset(self, index: int) -> int:
        """Offset in bytes of element `index`. Raises `RegisterError` where there is none."""
        if not self.first <= index < self.first + self.count:
            last = self.first + self.count - 1
            raise RegisterError(f"{self.name} has the elements {self.first} to {last}, not {index}")
        return self.offset + (index - self.first) * self.stride

    def field(self, name: str) -> Field:
        """The field called `name`. Raises `RegisterError` naming those that exist."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise RegisterError(f"{self.name} has no field {name}; it has {', '.join(f.name for f in self.fields)}")

    def text(self, value: int) -> str:
        """`value` by fields, those that are zero left out: "EnableGrp1=1 ARE=1 DS=1"; "0" if nothing is set.

        Bits outside all fields are shown as RES0. Raises `RegisterError` when the value is wider than the register.
        """
        if not 0 <= value < 1 << self.width_bits:
            raise RegisterError(f"{value:#x} is no value of {self.name}, which has {self.width_bits} bits")
        parts = [f"{f.name}={_number(f, f.of(value))}" for f in self.fields if f.of(value)]
        rest = value & ~sum(f.mask for f in self.fields)
        if rest:
            parts.append(f"RES0={rest:#x}")
        return " ".join(parts) or "0"


def _number(field: Field, value: int) -> str:
    decimal = field.width <= _DECIMAL_BITS or field.name.endswith("INTID")
    return str(value) if decimal else f"{value:#x}"


class Access(NamedTuple):
    """What an access hits: a register by its position in the frame's `registers`, and a part of one of its elements.

    `index`: number of the element as the specification counts, 0 if it is no array; `shift`: lowest accessed bit.
    """

    register: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    shift: int


class Element(NamedTuple):
    """One element of a register: the register, the element's number (0 if it is no array), its offset or encoding."""

    register: Register
    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    offset: int

    @property
    def name(self) -> str:
        """The element's name."""
        return self.register.element_name(self.index)


class RegisterSet:
    """What a frame and a file of system registers have in common: finding registers by name."""

    name: str
    registers: tuple[Register, ...]

    @cached_property
    def _by_name(self) -> dict[str, Register]:
        return {r.name: r for r in self.registers}

    def names(self) -> Iterator[str]:
        """Names of all registers, an array once."""
        return iter(self._by_name)

    def register(self, name: str) -> Register:
        """The register called `name`; an element's name ("GICD_ISENABLER3") gives its array. Raises `RegisterError`."""
        return self._by_name.get(name) or self.element(name).register

    def element(self, name: str) -> Element:
        """The element called `name`. Raises `RegisterError`, also for an array without a number."""
        register = self._by_name.get(name)
        if register is not None:
            if register.is_array:
                last = register.first + register.count - 1
                raise RegisterError(f"{name} is an array: say which, {name}{register.first} to {name}{last}")
            return Element(register, 0, register.offset)
        match = re.fullmatch(r"(.*?)(\d+)", name)
        register = self._by_name.get(match[1]) if match else None
        if match is None or register is None or not register.is_array:
            raise RegisterError(f"{self.name} has no register {name}")
        index = int(match[2])
        return Element(register, index, register.element_offset(index))

    def fields_text(self, name: str, value: int) -> str:
        """`value` of the register or element `name` by fields (see `Register.text`)."""
        return self.register(name).text(value)


@dataclass(frozen=True, eq=False)
class Frame(RegisterSet):
    """A block's memory-mapped registers. The tables are built at the first access and shared by all users."""

    name: str
    size_bytes: int
    registers: tuple[Register, ...]

    @cached_property
    def _accesses(self) -> dict[int, Access]:
        """Every permitted access by (offset << 4 | size)."""
        table: dict[int, Access] = {}
        for position, register in enumerate(self.registers):
            width = register.width_bytes
            parts = [(0, s) for s in register.sizes]
            if not register.low_part_only:
                parts = [(at, s) for s in register.sizes for at in range(0, width, s)]
            for n in range(register.count):
                base = register.offset + n * register.stride
                index = register.first + n
                for at, size in parts:
                    table[(base + at) << 4 | size] = Access(position, index, 8 * at)
        return table

    @cached_property
    def _words(self) -> dict[int, Element]:
        """The element at every word that belongs to one, by offset // 4."""
        return {
            (register.offset + n * register.stride + at) // 4: Element(
                register, register.first + n, register.offset + n * register.stride
            )
            for register in self.registers
            for n in range(register.count)
            for at in range(0, register.width_bytes, 4)
        }

    def lookup(self, offset: int, size: int) -> Access | None:
        """What an access of `size` bytes at `offset` hits; None where the architecture permits no such access."""
        return self._accesses.get(offset << 4 | size) if size <= 8 else None

    def reserved(self, offset: int, size: int) -> bool:
        """The access is well formed and lies in the frame, but hits no register at all."""
        if self._malformed(offset, size):
            return False
        return not any(word in self._words for word in range(offset // 4, (offset + size - 1) // 4 + 1))

    def explain(self, offset: int, size: int) -> str:
        """Why an access is not permitted, in one line; says so if it is."""
        malformed = self._malformed(offset, size)
        if malformed:
            return malformed
        name = self.name_at(offset)
        if self.lookup(offset, size) is not None:
            return f"{name}: an access of {size} bytes is permitted"
        if self.reserved(offset, size):
            return f"{name}: no register is here"
        element = self._words.get(offset // 4)
        if element is None:  # an access of 8 bytes whose lower word is reserved
            return f"{name}: no register of 8 bytes is here"
        register = element.register
        if size in register.sizes and register.low_part_only:
            where = self._at(element.offset)
            return f"{element.name}: an access of {size} bytes is permitted at {where} only, not at {name}"
        sizes = " or ".join(str(s) for s in register.sizes)
        return f"{name}: accesses of {sizes} bytes are permitted, not of {size}"

    def name_at(self, offset: int) -> str:
        """What is at `offset`: "GICD_ISENABLER3", "GICD_IROUTER40+4" inside one, or "GICD+0x0F04 (reserved)"."""
        element = self._words.get(offset // 4)
        if element is None:
            return f"{self._at(offset)} ({'reserved' if 0 <= offset < self.size_bytes else 'outside the frame'})"
        inside = offset - element.offset
        return f"{element.name}+{inside}" if inside else element.name

    def _malformed(self, offset: int, size: int) -> str:
        """Why no register could take such an access, "" if one could."""
        if size not in _SIZES:
            return f"{self._at(offset)}: {size} bytes is no size of an access; 1, 2, 4 and 8 are"
        if not 0 <= offset <= self.size_bytes - size:
            return f"{self._at(offset)}: outside the frame of {self.size_bytes // 1024} KB"
        if offset % size:
            return f"{self.name_at(offset)}: an access of {size} bytes is not aligned"
        return ""

    def _at(self, offset: int) -> str:
        digits = 4 if self.size_bytes <= 0x1_0000 else 5
        return f"{self.name}{'-' if offset < 0 else '+'}0x{abs(offset):0{digits}X}"


#: GICD registers that GICv3 added.
_NEW_IN_GICV3: Final = ("GICD_TYPER2", "GICD_STATUSR", "GICD_SETSPI", "GICD_CLRSPI", "GICD_IGRPMODR", "GICD_IROUTER")
#: Where a GICD has its identification registers, in a frame of 64 KB; they end a frame of any size.
_IDENTIFICATION: Final = 0xFFD0


def gicv2_gicd(registers: Sequence[Register]) -> Frame:
    """GICD's frame in a GICv2, from the registers that a GICv3's has: 4 KB, with the identification registers at its end."""
    old = [register for register in registers if not register.name.startswith(_NEW_IN_GICV3)]
    moved = [replace(r, offset=r.offset - 0xF000) if r.offset >= _IDENTIFICATION else r for r in old]
    return Frame("GICD", 0x1000, tuple(moved))


@dataclass(frozen=True, eq=False)
class SystemRegisters(RegisterSet):
    """System registers; the `offset` of a register is its 16-bit encoding {op0[1:0], op1[2:0], CRn, CRm, op2[2:0]}."""

    name: str
    registers: tuple[Register, ...]

    @cached_property
    def _by_encoding(self) -> dict[int, Element]:
        return {r.offset: Element(r, 0, r.offset) for r in self.registers}

    def by_encoding(self, encoding: int) -> Element | None:
        """The register with that encoding, None where there is none."""
        return self._by_encoding.get(encoding)

    def by_name(self, name: str) -> Element:
        """The register called `name` ("ICC_IAR1_EL1"); its `offset` is the encoding. Raises `RegisterError`."""
        return self.element(name)

    def name_at(self, encoding: int) -> str:
        """Name of the register, or the generic one ("S3_0_C12_C12_0") where there is none."""
        element = self._by_encoding.get(encoding)
        return element.name if element is not None else sysreg_text(encoding)

    def explain(self, encoding: int, *, write: bool) -> str:
        """Why MSR (`write`) or MRS of that encoding is UNDEFINED, in one line; says so if it is not."""
        element = self._by_encoding.get(encoding)
        if element is None:
            return f"{sysreg_text(encoding)}: not a register of {self.name}"
        if write and not element.register.writable:
            return f"{element.name} is read-only"
        if not write and not element.register.readable:
            return f"{element.name} is write-only"
        return f"{element.name}: the access is permitted"


def sysreg_encoding(op0: int, op1: int, crn: int, crm: int, op2: int) -> int:
    """16-bit encoding of S<op0>_<op1>_C<CRn>_C<CRm>_<op2>. Raises `RegisterError` when a part is out of range."""
    for label, part, bits in (("op0", op0, 2), ("op1", op1, 3), ("CRn", crn, 4), ("CRm", crm, 4), ("op2", op2, 3)):
        if not 0 <= part < 1 << bits:
            raise RegisterError(f"{label} of a system register has {bits} bits, {part} does not fit")
    return op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2


def sysreg_text(encoding: int) -> str:
    """Generic name of a system register: "S3_0_C12_C12_0"."""
    parts = encoding >> 14 & 3, encoding >> 11 & 7, encoding >> 7 & 15, encoding >> 3 & 15, encoding & 7
    return "S{}_{}_C{}_C{}_{}".format(*parts)
