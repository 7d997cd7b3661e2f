"""Actions of a hypervisor (GICH) and its guest (GICV) on a GICv2's virtual CPU interface (IHI 0048 5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from irqpath.gic.gicc.pe_state import FMO, IMO
from irqpath_testbench.tools.oracle.generator import common, gicv2
from irqpath_testbench.tools.oracle.generator.common import GUEST, HCR_RW, HYPERVISOR, fixed, in_guest, list_registers
from irqpath_testbench.tools.oracle.generator.ops import Op, mrs, msr, read, write
from irqpath_testbench.tools.oracle.generator.scene import Gicv2Scene, Planned, Weighted

_HCR, _VTR, _VMCR, _MISR, _EISR, _ELSR, _APR, _LR = 0x00, 0x04, 0x08, 0x10, 0x20, 0x30, 0xF0, 0x100
_INTIDS: Final = (0, 3, 15, 16, 27, 32, 40, 77, 500, 1019)


def opening(s: Gicv2Scene) -> Iterator[Planned]:
    """Interrupts to EL2, the interface enabled, both groups on."""
    if s.config.virtual is None:
        return
    for pe in range(s.pes):
        if s.chance(0.95):
            yield "redirect", fixed(msr("HCR_EL2", HCR_RW | IMO | FMO, pe, HYPERVISOR))
        if s.chance(0.95):
            yield "virtual-control", fixed(write("gich", _HCR, 1, 4, pe, HYPERVISOR))
        vmcr = 0x1F << 27 | s.rng.randrange(8) << 21 | s.rng.randrange(8) << 18 | s.chance(0.5) << 2 | s.chance(0.5) << 3 | 3
        if s.chance(0.95):
            yield "virtual-machine", fixed(write("gich", _VMCR, vmcr, 4, pe, HYPERVISOR))


def _hypervisor(at: int, value: int, pe: int) -> Op:
    return write("gich", at, value, 4, pe, HYPERVISOR)


def inject(s: Gicv2Scene) -> Sequence[Op]:
    """Write a List register: mostly a pending interrupt into a free one."""
    pe = s.pe()
    free = [n for n in range(list_registers(s)) if n not in s.known.listed[pe]]
    n = s.choose(free) if free and s.chance(0.9) else s.rng.randrange(list_registers(s))
    state = s.choose((1,) * 12 + (2, 3, 0))
    intid = s.choose(_INTIDS) if s.chance(0.99) else s.choose((1020, 1023))
    value = state << 28 | s.rng.randrange(2) << 30 | (s.priority() >> 3) << 23 | intid
    value |= (s.rng.randrange(8) << 10) * (intid < 16) | s.chance(0.3) << 19
    return [_hypervisor(_LR + 4 * n, value, pe)]


def inject_hardware(s: Gicv2Scene) -> Sequence[Op]:
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
    return [_hypervisor(_LR + 4 * s.rng.randrange(list_registers(s)), value, pe)]


def clean(s: Gicv2Scene) -> Sequence[Op]:
    """Look for List registers that are free, or empty one."""
    pe = s.pe()
    if s.chance(0.7):
        return [read("gich", _ELSR, 4, pe, HYPERVISOR)]
    return [_hypervisor(_LR + 4 * s.rng.randrange(list_registers(s)), 0, pe)]


def inspect(s: Gicv2Scene) -> Sequence[Op]:
    """Read what the hypervisor sees."""
    pe = s.pe()
    places = (_HCR, _VTR, _VMCR, _MISR, _EISR, _ELSR, _APR, *(_LR + 4 * n for n in range(list_registers(s))))
    return [read("gich", at, 4, pe, HYPERVISOR) for at in s.rng.sample(places, s.rng.randint(1, 4))]


def maintain(s: Gicv2Scene) -> Sequence[Op]:
    """GICH_HCR: conditions of the maintenance interrupt, EOICount."""
    value = s.chance(0.93) | sum(s.chance(0.15) << bit for bit in range(1, 8))
    if s.chance(0.2):
        value |= s.rng.randrange(32) << 27
    return [_hypervisor(_HCR, value, s.pe())]


def virtual_machine(s: Gicv2Scene) -> Sequence[Op]:
    """GICH_VMCR."""
    value = s.choose((0x1F, 0x1F, s.rng.randrange(32))) << 27 | s.rng.randrange(64) << 18 | s.choose((3, 3, 3, 2, 1, 0))
    value |= s.chance(0.5) << 2 | s.chance(0.5) << 3 | s.chance(0.3) << 4 | s.chance(0.4) << 9
    return [_hypervisor(_VMCR, value, s.pe())]


# --- guest ------------------------------------------------------------------------------------------------------------------


def guest_acknowledge(s: Gicv2Scene, pe: int) -> Sequence[Op]:
    """GICV_IAR or its alias."""
    if not s.virtual_lines[pe] and s.chance(0.8):
        return ()
    ops = [read("gicv", s.choose((gicv2.IAR, gicv2.IAR, gicv2.AIAR)), 4, pe, GUEST)]
    return [read("gicv", s.choose((gicv2.HPPIR, gicv2.AHPPIR)), 4, pe, GUEST), *ops] if s.chance(0.2) else ops


def guest_end(s: Gicv2Scene, pe: int) -> Sequence[Op]:
    """GICV_EOIR of what was acknowledged last."""
    handling = s.known.virtual[pe].handling
    if not handling:
        return ()
    aliased, value = handling[-1]
    return [write("gicv", gicv2.AEOIR if aliased else gicv2.EOIR, value, 4, pe, GUEST)]


def guest_end_wrongly(s: Gicv2Scene, pe: int) -> Sequence[Op]:
    """GICV_EOIR of anything."""
    return [write("gicv", s.choose((gicv2.EOIR, gicv2.AEOIR)), s.choose((*_INTIDS, 1023)), 4, pe, GUEST)]


def guest_deactivate(s: Gicv2Scene, pe: int) -> Sequence[Op]:
    """GICV_DIR of what was ended with EOImode 1."""
    dropped = s.known.virtual[pe].dropped
    return [write("gicv", gicv2.DIR, s.choose(dropped), 4, pe, GUEST)] if dropped else ()


def guest_look(s: Gicv2Scene, pe: int) -> Sequence[Op]:
    """What the guest sees without side effect."""
    places = (gicv2.CTLR, gicv2.PMR, gicv2.BPR, gicv2.RPR, gicv2.HPPIR, gicv2.ABPR, gicv2.AHPPIR, gicv2.APR, gicv2.IIDR)
    ops = [read("gicv", at, 4, pe, GUEST) for at in s.rng.sample(places, s.rng.randint(1, 3))]
    return [*ops, mrs("ISR_EL1", pe, GUEST)] if s.chance(0.3) else ops


def guest_set_up(s: Gicv2Scene, pe: int) -> Sequence[Op]:
    """GICV_CTLR, PMR, BPR, ABPR."""
    control = s.choose((3, 3, 3, 2, 1)) | s.chance(0.5) << 2 | s.chance(0.5) << 3 | s.chance(0.3) << 4 | s.chance(0.3) << 9
    at, value = s.choose(
        (
            (gicv2.CTLR, control),
            (gicv2.PMR, s.choose((0xFF, 0xF8, 0xF0, s.rng.randrange(256)))),
            (gicv2.BPR, s.rng.randrange(8)),
            (gicv2.ABPR, s.rng.randrange(8)),
        )
    )
    return [write("gicv", at, value, 4, pe, GUEST)]


_ALL: Final[tuple[Weighted, ...]] = (
    ("inject", 16, inject),
    ("inject-hardware", 4, inject_hardware),
    ("clean", 6, clean),
    ("inspect", 8, inspect),
    ("maintain", 3, maintain),
    ("virtual-machine", 1.5, virtual_machine),
    ("redirect", 0.7, common.redirect),
    ("guest-acknowledge", 22, in_guest(guest_acknowledge)),
    ("guest-end", 16, in_guest(guest_end)),
    ("guest-end-wrongly", 1, in_guest(guest_end_wrongly)),
    ("guest-deactivate", 5, in_guest(guest_deactivate)),
    ("guest-look", 6, in_guest(guest_look)),
    ("guest-set-up", 4, in_guest(guest_set_up)),
)


ACTIONS: Final = common.where(common.has_virtual, _ALL)
