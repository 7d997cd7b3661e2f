"""What actions on any machine share, GICv2 or GICv3: offsets that both have, random values, actions that are the same.

It imports the scene and operations, nothing of one machine; `gicv2`, `physical` and the others import it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from irqpath.gic.gicc.pe_state import FMO, IMO
from irqpath.regs import Register
from irqpath_testbench.tools.oracle.generator.ops import Op, mrs, msr, wire
from irqpath_testbench.tools.oracle.generator.scene import Action, Pools, Weighted

#: Exception levels of a guest and its hypervisor.
GUEST: Final = 1
HYPERVISOR: Final = 2
#: HCR_EL2.RW: EL1 is AArch64.
HCR_RW: Final = 1 << 31
#: Offsets in the Distributor, and in a Redistributor's SGI frame (IHI 0048 4.1.2, IHI 0069 12.8, 12.11).
GROUPR, SENABLE, CENABLE, SPEND, CPEND, SACTIVE, CACTIVE = 0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380
PRIORITY, CONFIG = 0x400, 0xC00


def fixed(op: Op) -> Action:
    """An action that is one operation."""
    return lambda _: [op]


def where(has: Callable[[Any], object], actions: Iterable[Weighted]) -> tuple[Weighted, ...]:
    """`actions`, which make nothing on a scene that `has` says no to."""

    def on(act: Action) -> Action:
        return lambda s: act(s) if has(s) else ()

    return tuple((label, weight, on(act)) for label, weight, act in actions)


def has_virtual(s: Any) -> bool:
    """Whether the machine of a scene has virtual CPU interfaces."""
    return s.config.virtual is not None


def list_registers(s: Any) -> int:
    """How many List registers a PE has; of machines with virtual CPU interfaces only."""
    n: int = s.config.virtual.list_registers
    return n


def in_guest(make: Callable[[Any, int], Sequence[Op]]) -> Action:
    """An action of the guest on some PE where it can run."""

    def act(s: Pools) -> Sequence[Op]:
        pe = s.quiet_pe()
        return () if pe is None else make(s, pe)

    return act


def one_with(s: Pools, held: Iterable[Sequence[object]]) -> int | None:
    """A PE of those whose element of `held` is not empty; None if all are."""
    busy = [pe for pe, things in enumerate(held) if things]
    return s.choose(busy) if busy else None


# --- values -----------------------------------------------------------------------------------------------------------------


def bits_with(s: Pools, intid: int) -> int:
    """A word for a register of bits: that of `intid`, sometimes others too."""
    return 1 << intid % 32 | (s.rng.getrandbits(32) if s.chance(0.12) else 0)


def groups(s: Pools) -> int:
    """A word for IGROUPR: random, since it has no set and clear halves."""
    return s.choose((0, 0xFFFF_FFFF, s.rng.getrandbits(32), s.rng.getrandbits(32)))


def put_priority(s: Pools, block: str, at: int, pe: int) -> Op:
    """Write a priority at `at`, as a byte or as one of a word."""
    if s.chance(0.8):
        return s.put(block, at, s.priority(), 1, pe)
    return s.put(block, at & ~3, s.priority() | s.priority() << 8 | s.priority() << 16 | s.priority() << 24, 4, pe)


def element_of(s: Pools, register: Register) -> int:
    """Offset of `register`; of an array, that of an element, near the interrupts in use if there are many."""
    n = s.rng.randrange(register.count)
    if register.count > 64 and s.spis:
        n = min(register.count - 1, s.choose(s.spis) * register.count // 1024)
    return register.offset + n * register.stride


# --- actions that are the same on any machine -------------------------------------------------------------------------------


def look_everywhere(s: Pools) -> Sequence[Op]:
    """The lines of every PE."""
    return [mrs("ISR_EL1", pe, s.state) for pe in range(s.pes)]


def drive(s: Pools) -> Sequence[Op]:
    """A wire changes, or pulses."""
    intid, pe = s.choose((*s.spis, *s.spis, *s.ppis)), s.pe()
    if s.chance(0.3):
        return [wire(intid, 1, pe), wire(intid, 0, pe)]
    return [wire(intid, s.rng.randrange(2), pe)]


def gicd_control(block: str) -> Action:
    """GICD_CTLR of the Distributor called `block`: mostly both groups on."""
    return lambda s: [s.put(block, 0, s.choose((3, 3, 3, 3, 2, 1, 0)), pe=s.pe()), s.get(block, 0)]


def redirect(s: Pools) -> Sequence[Op]:
    """HCR_EL2.IMO and FMO: mostly both."""
    return [msr("HCR_EL2", HCR_RW | s.choose((IMO | FMO,) * 6 + (IMO, FMO, 0)), s.pe(), HYPERVISOR)]


def bit_actions(bit: Callable[[Any, int, int], Sequence[Op]]) -> tuple[Weighted, ...]:
    """The actions that set or clear the state of some interrupt by `bit` (scene, offset of the registers, INTID)."""

    def at(offset: int) -> Action:
        return lambda s: bit(s, offset, s.interrupt())

    return (
        ("pend", 8, at(SPEND)),
        ("unpend", 3, at(CPEND)),
        ("enable", 4, at(SENABLE)),
        ("disable", 2, at(CENABLE)),
        ("activate", 1, at(SACTIVE)),
        ("clear-active", 3, at(CACTIVE)),
    )
