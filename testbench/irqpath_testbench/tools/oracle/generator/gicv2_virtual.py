"""Actions of a hypervisor (GICH) and its guest (GICV) on a GICv2's virtual CPU interface (IHI 0048 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from irqpath.gic.gicc.pe_state import FMO, IMO
from irqpath_testbench.tools.oracle.generator.gicv2 import LegacyScene, fixed
from irqpath_testbench.tools.oracle.generator.ops import Op, mrs, msr, read, write

if TYPE_CHECKING:
    from irqpath_testbench.tools.oracle.generator.generator import Action

_GUEST, _HYPERVISOR = 1, 2
_RW: Final = 1 << 31
_HCR, _VMCR, _MISR, _EISR, _ELSR, _APR, _LR = 0x00, 0x08, 0x10, 0x20, 0x30, 0xF0, 0x100
_CTLR, _PMR, _BPR, _IAR, _EOIR, _RPR, _HPPIR, _ABPR, _AIAR, _AEOIR, _AHPPIR = range(0, 0x2C, 4)
_DIR: Final = 0x1000
_INTIDS: Final = (0, 3, 15, 16, 27, 32, 40, 77, 500, 1019)


def opening(s: LegacyScene) -> Iterator[tuple[str, Action]]:
    """Interrupts to EL2, the interface enabled, both groups on."""
    if s.config.virtual is None:
        return
    for pe in range(s.pes):
        if s.chance(0.95):
            yield "redirect", fixed(msr("HCR_EL2", _RW | IMO | FMO, pe, _HYPERVISOR))
        if s.chance(0.95):
            yield "virtual-control", fixed(write("gich", _HCR, 1, 4, pe, _HYPERVISOR))
        vmcr = 0x1F << 27 | s.rng.randrange(8) << 21 | s.rng.randrange(8) << 18 | s.chance(0.5) << 2 | s.chance(0.5) << 3 | 3
        if s.chance(0.95):
            yield "virtual-machine", fixed(write("gich", _VMCR, vmcr, 4, pe, _HYPERVISOR))


def _registers(s: LegacyScene) -> int:
    assert s.config.virtual is not None  # or these actions are not chosen
    return s.config.virtual.list_registers


def _hypervisor(at: int, value: int, pe: int) -> Op:
    return write("gich", at, value, 4, pe, _HYPERVISOR)


def inject(s: LegacyScene) -> Sequence[Op]:
    """Write a List register: mostly a pending interrupt into a free one."""
    pe = s.pe()
    free = [n for n in range(_registers(s)) if n not in s.known.listed[pe]]
    n = s.choose(free) if free and s.chance(0.9) else s.rng.randrange(_registers(s))
    state = s.choose((1,) * 12 + (2, 3, 0))
    intid = s.choose(_INTIDS) if s.chance(0.99) else s.choose((1020, 1023))
    value = state << 28 | s.rng.randrange(2) << 30 | (s.priority() >> 3) << 23 | intid
    value |= (s.rng.randrange(8) << 10) * (intid < 16) | s.chance(0.3) << 19
    return [_hypervisor(_LR + 4 * n, value, pe)]


def inject_hardware(s: LegacyScene) -> Sequence[Op]:
    """Give the guest a physical interrupt, not an SGI, that the hypervisor has acknowledged and not deactivated."""
    pe = s.pe()
    known = s.known.physical[pe]
    physical = [n & 0x3FF for n in (*known.dropped, *(n for _, n in known.handling))]
    physical = [n for n in physical if n >= 16]
    if not physical:
        return ()
    state = 1 if s.chance(0.97) else 3
    value = (
        1 << 31
        | state << 28
        | s.rng.randrange(2) << 30
        | (s.priority() >> 3) << 23
        | s.choose(physical) << 10
        | s.choose(_INTIDS[3:])
    )
    return [_hypervisor(_LR + 4 * s.rng.randrange(_registers(s)), value, pe)]


def clean(s: LegacyScene) -> Sequence[Op]:
    """Look for List registers that are free, or empty one."""
    pe = s.pe()
    if s.chance(0.7):
        return [read("gich", _ELSR, 4, pe, _HYPERVISOR)]
    return [_hypervisor(_LR + 4 * s.rng.randrange(_registers(s)), 0, pe)]


def inspect(s: LegacyScene) -> Sequence[Op]:
    """Read what the hypervisor sees."""
    pe = s.pe()
    places = (_HCR, 4, _VMCR, _MISR, _EISR, _ELSR, _APR, *(_LR + 4 * n for n in range(_registers(s))))
    return [read("gich", at, 4, pe, _HYPERVISOR) for at in s.rng.sample(places, s.rng.randint(1, 4))]


def maintain(s: LegacyScene) -> Sequence[Op]:
    """GICH_HCR: conditions of the maintenance interrupt, EOICount."""
    value = s.chance(0.93) | sum(s.chance(0.15) << bit for bit in range(1, 8))
    if s.chance(0.2):
        value |= s.rng.randrange(32) << 27
    return [_hypervisor(_HCR, value, s.pe())]


def virtual_machine(s: LegacyScene) -> Sequence[Op]:
    """GICH_VMCR."""
    value = s.choose((0x1F, 0x1F, s.rng.randrange(32))) << 27 | s.rng.randrange(64) << 18 | s.choose((3, 3, 3, 2, 1, 0))
    value |= s.chance(0.5) << 2 | s.chance(0.5) << 3 | s.chance(0.3) << 4 | s.chance(0.4) << 9
    return [_hypervisor(_VMCR, value, s.pe())]


def redirect(s: LegacyScene) -> Sequence[Op]:
    """HCR_EL2.IMO and FMO: mostly both."""
    return [msr("HCR_EL2", _RW | s.choose((IMO | FMO,) * 6 + (IMO, FMO, 0)), s.pe(), _HYPERVISOR)]


# --- guest ------------------------------------------------------------------------------------------------------------------


def _in_guest(make: Callable[[LegacyScene, int], Sequence[Op]]) -> Action:
    def act(s: LegacyScene) -> Sequence[Op]:
        pe = s.quiet_pe()
        return () if pe is None else make(s, pe)

    return act


def guest_acknowledge(s: LegacyScene, pe: int) -> Sequence[Op]:
    """GICV_IAR or its alias."""
    if not s.virtual_lines[pe] and s.chance(0.8):
        return ()
    ops = [read("gicv", s.choose((_IAR, _IAR, _AIAR)), 4, pe, _GUEST)]
    return [read("gicv", s.choose((_HPPIR, _AHPPIR)), 4, pe, _GUEST), *ops] if s.chance(0.2) else ops


def guest_end(s: LegacyScene, pe: int) -> Sequence[Op]:
    """GICV_EOIR of what was acknowledged last."""
    handling = s.known.virtual[pe].handling
    if not handling:
        return ()
    aliased, value = handling[-1]
    return [write("gicv", _AEOIR if aliased else _EOIR, value, 4, pe, _GUEST)]


def guest_end_wrongly(s: LegacyScene, pe: int) -> Sequence[Op]:
    """GICV_EOIR of anything."""
    return [write("gicv", s.choose((_EOIR, _AEOIR)), s.choose((*_INTIDS, 1023)), 4, pe, _GUEST)]


def guest_deactivate(s: LegacyScene, pe: int) -> Sequence[Op]:
    """GICV_DIR of what was ended with EOImode 1."""
    dropped = s.known.virtual[pe].dropped
    return [write("gicv", _DIR, s.choose(dropped), 4, pe, _GUEST)] if dropped else ()


def guest_look(s: LegacyScene, pe: int) -> Sequence[Op]:
    """What the guest sees without side effect."""
    places = (_CTLR, _PMR, _BPR, _RPR, _HPPIR, _ABPR, _AHPPIR, 0xD0, 0xFC)
    ops = [read("gicv", at, 4, pe, _GUEST) for at in s.rng.sample(places, s.rng.randint(1, 3))]
    return [*ops, mrs("ISR_EL1", pe, _GUEST)] if s.chance(0.3) else ops


def guest_set_up(s: LegacyScene, pe: int) -> Sequence[Op]:
    """GICV_CTLR, PMR, BPR, ABPR."""
    control = s.choose((3, 3, 3, 2, 1)) | s.chance(0.5) << 2 | s.chance(0.5) << 3 | s.chance(0.3) << 4 | s.chance(0.3) << 9
    at, value = s.choose(
        (
            (_CTLR, control),
            (_PMR, s.choose((0xFF, 0xF8, 0xF0, s.rng.randrange(256)))),
            (_BPR, s.rng.randrange(8)),
            (_ABPR, s.rng.randrange(8)),
        )
    )
    return [write("gicv", at, value, 4, pe, _GUEST)]


_ALL: Final[tuple[tuple[str, float, Callable[[LegacyScene], Sequence[Op]]], ...]] = (
    ("inject", 16, inject),
    ("inject-hardware", 4, inject_hardware),
    ("clean", 6, clean),
    ("inspect", 8, inspect),
    ("maintain", 3, maintain),
    ("virtual-machine", 1.5, virtual_machine),
    ("redirect", 0.7, redirect),
    ("guest-acknowledge", 22, _in_guest(guest_acknowledge)),
    ("guest-end", 16, _in_guest(guest_end)),
    ("guest-end-wrongly", 1, _in_guest(guest_end_wrongly)),
    ("guest-deactivate", 5, _in_guest(guest_deactivate)),
    ("guest-look", 6, _in_guest(guest_look)),
    ("guest-set-up", 4, _in_guest(guest_set_up)),
)


def _with_virtual(act: Action) -> Action:
    return lambda s: act(s) if s.config.virtual is not None else ()


ACTIONS: Final = tuple((label, weight, _with_virtual(act)) for label, weight, act in _ALL)
