"""What a sequence is made of: operations, each one access or one event, and steps, which belong together.

An operation names block, register, address and value, nothing of a machine or a simulator: whoever drives a machine (QEMU, the
golden models, Verilog) turns it into accesses. Plain data, so that a sequence can be kept in a file and shortened.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

#: "mr", "mw": memory-mapped register read, written. "sr", "sw": system register. "spi", "ppi": a wire. "msi": a device writes
#: GITS_TRANSLATER. "m", "l": memory stored, loaded by software. "cmd": an ITS command is queued and CWRITER moved past it.
Kind: TypeAlias = Literal["mr", "mw", "sr", "sw", "spi", "ppi", "msi", "m", "l", "cmd"]

#: Operations that give a value back.
READS: Final = frozenset({"mr", "sr", "l"})
#: `Op.state`: exception level in bits 1:0; NON_SECURE where a machine with two Security states runs it there.
NON_SECURE: Final = 0x10


class Op(NamedTuple):
    """One operation of PE `pe`, at the exception level and Security state `state`.

    `what`: block ("gicd", "gicr2", "its0", "gicc") or system register by name; `at`: offset in bytes, physical address, INTID of
    a wire or DeviceID; `size`: bytes; `value`: what is written, level of a wire, EventID; `words`: the four words of a command.
    """

    kind: Kind
    pe: int = 0
    what: str = ""
    at: int = 0
    size: int = 0
    value: int = 0
    state: int = 1
    words: tuple[int, ...] = ()


class Step(NamedTuple):
    """Operations that follow each other. `label`: what they are for; `tag`: "" or the name of what is UNPREDICTABLE in them."""

    label: str
    ops: tuple[Op, ...]
    tag: str = ""


def read(block: str, offset: int, size: int = 4, pe: int = 0, state: int = 1) -> Op:
    """Read a memory-mapped register."""
    return Op("mr", pe, block, offset, size, state=state)


def write(block: str, offset: int, value: int, size: int = 4, pe: int = 0, state: int = 1) -> Op:
    """Write a memory-mapped register."""
    return Op("mw", pe, block, offset, size, value & (1 << 8 * size) - 1, state)


def mrs(register: str, pe: int = 0, state: int = 1) -> Op:
    """Read a system register."""
    return Op("sr", pe, register, size=8, state=state)


def msr(register: str, value: int, pe: int = 0, state: int = 1) -> Op:
    """Write a system register."""
    return Op("sw", pe, register, size=8, value=value & (1 << 64) - 1, state=state)


def store(address: int, value: int, size: int = 8, pe: int = 0, state: int = 1) -> Op:
    """Software stores to memory."""
    return Op("m", pe, "", address, size, value & (1 << 8 * size) - 1, state)


def load(address: int, size: int = 8, pe: int = 0, state: int = 1) -> Op:
    """Software loads from memory."""
    return Op("l", pe, "", address, size, state=state)


def wire(intid: int, level: int, pe: int = 0) -> Op:
    """The wire of an SPI, or of a PPI of `pe`, changes."""
    return Op("ppi" if intid < 32 else "spi", pe, "", intid, 0, level)


def message(device: int, event: int, pe: int = 0, state: int = 1) -> Op:
    """A device writes its EventID to GITS_TRANSLATER."""
    return Op("msi", pe, "", device, 4, event, state)


def command(words: tuple[int, int, int, int], pe: int = 0, state: int = 1) -> Op:
    """One ITS command."""
    return Op("cmd", pe, "its0", state=state, words=words)
