"""Actions that reach any register of any frame: reads of all of them, and accesses of every size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from irqpath.regs import GICD, GICR, GITS, ICC, Frame
from irqpath_testbench.tools.oracle.generator.common import element_of
from irqpath_testbench.tools.oracle.generator.ops import Op, mrs, msr, read, write
from irqpath_testbench.tools.oracle.generator.scene import Scene, Weighted

_SIZES = (1, 2, 4, 8)
#: Registers whose values are structured; other actions write them.
_STRUCTURED = frozenset(
    (
        *("GICD_CTLR", "GICD_SETSPI_NSR", "GICD_CLRSPI_NSR", "GICD_SETSPI_SR", "GICD_CLRSPI_SR"),
        *("GICR_CTLR", "GICR_WAKER", "GICR_PROPBASER", "GICR_PENDBASER", "GICR_SETLPIR", "GICR_CLRLPIR"),
        *("GICR_INVLPIR", "GICR_INVALLR", "GICR_SYNCR"),
        *("GITS_CTLR", "GITS_CBASER", "GITS_CWRITER", "GITS_CREADR", "GITS_BASER", "GITS_TRANSLATER"),
    )
)


def _frame(s: Scene) -> tuple[str, Frame]:
    """A frame of this GIC."""
    choices: list[tuple[str, Frame]] = [("gicd", GICD), (f"gicr{s.pe()}", GICR)]
    if s.config.its:
        choices.append(("its0", GITS))
    return s.choose(choices)


def _place(s: Scene, frame: Frame) -> tuple[int, int]:
    """(offset, bytes) of an access that some register of the frame permits."""
    register = s.choose(frame.registers)
    at, size = element_of(s, register), s.choose(register.sizes)
    inner = 0 if register.low_part_only else s.rng.randrange(register.width_bytes // size) * size
    return at + inner, size


def read_any(s: Scene) -> Sequence[Op]:
    """Read any register, whole or in part, from any PE."""
    block, frame = _frame(s)
    at, size = _place(s, frame)
    return [read(block, at, size, s.pe(), s.state)]


def write_any(s: Scene) -> Sequence[Op]:
    """Write any register that needs no particular value; read it back."""
    block, frame = _frame(s)
    at, size = _place(s, frame)
    access = frame.lookup(at, size)
    if access is None or frame.registers[access.register].name in _STRUCTURED:
        return ()
    value, pe = s.choose((0, s.rng.getrandbits(8 * size), (1 << 8 * size) - 1)), s.pe()
    return [write(block, at, value, size, pe, s.state), read(block, at, size, pe, s.state)]


def odd_access(s: Scene) -> Sequence[Op]:
    """An aligned access of any size, mostly one that the register does not permit, or of reserved space."""
    block, frame = _frame(s)
    size = s.choose(_SIZES)
    at, _ = _place(s, frame)
    if s.chance(0.3):
        at = s.rng.randrange(frame.size_bytes)
    at &= ~(size - 1)
    access, pe = frame.lookup(at, size), s.pe()
    if s.chance(0.6):
        return [read(block, at, size, pe, s.state)]
    if access is not None and frame.registers[access.register].name in _STRUCTURED:
        return ()
    return [write(block, at, s.rng.getrandbits(8 * size), size, pe, s.state)]


def sysreg_any(s: Scene) -> Sequence[Op]:
    """Read or write any system register of the CPU interface where that has no side effect; some do not exist here."""
    register = s.choose(ICC.registers)
    name, pe = register.name, s.pe()
    if s.chance(0.7):
        return () if "IAR" in name else [mrs(name, pe, s.state)]
    if name.startswith(("ICC_AP", "ICC_EOIR", "ICC_DIR", "ICC_SGI", "ICC_ASGI")):
        return ()
    return [msr(name, s.choose((0, s.rng.getrandbits(64), s.rng.getrandbits(8))), pe, s.state), mrs(name, pe, s.state)]


ACTIONS: Final[tuple[Weighted, ...]] = (
    ("read-any", 6, read_any),
    ("write-any", 1.5, write_any),
    ("odd-access", 1.5, odd_access),
    ("sysreg-any", 1, sysreg_any),
)
