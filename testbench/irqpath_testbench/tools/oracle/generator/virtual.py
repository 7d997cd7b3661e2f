"""Actions of a hypervisor at EL2 and its guest at EL1 on the virtual CPU interface (IHI 0069 6, 12.3, 12.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from irqpath.config.sizes import FIRST_LPI
from irqpath.gic.gicc.pe_state import FMO, IMO
from irqpath_testbench.tools.oracle.generator import common
from irqpath_testbench.tools.oracle.generator.common import GUEST, HCR_RW, HYPERVISOR, in_guest, list_registers
from irqpath_testbench.tools.oracle.generator.ops import Op, mrs, msr
from irqpath_testbench.tools.oracle.generator.scene import Planned, Scene, Weighted, bound

_EN: Final = 1
_INVALID, _PENDING, _ACTIVE, _BOTH = 0, 1, 2, 3
#: Interrupts that a hypervisor gives its guest: SGIs, PPIs, SPIs, LPIs.
_INTIDS: Final = (0, 3, 15, 16, 27, 32, 40, 77, 500, 1019, FIRST_LPI, FIRST_LPI + 77, 0xFFFF)
_IRQS: Final = ("ICH_MISR_EL2", "ICH_EISR_EL2", "ICH_ELRSR_EL2", "ICH_VMCR_EL2", "ICH_HCR_EL2", "ICH_VTR_EL2")


def opening(s: Scene) -> Iterator[Planned]:
    """Redirection, the interface enabled, both groups on; sometimes with a gap."""
    for pe in range(s.config.pes):
        yield "redirect", bound(lambda s, n: [msr("HCR_EL2", HCR_RW | IMO | FMO, n, HYPERVISOR)] if s.chance(0.9) else (), pe)
        yield "virtual-control", bound(lambda s, n: [msr("ICH_HCR_EL2", _EN, n, HYPERVISOR)] if s.chance(0.95) else (), pe)
        vmcr = s.choose((0xFF, 0xF8, 0xF0)) << 24 | s.rng.randrange(8) << 21 | s.rng.randrange(8) << 18 | 3
        yield (
            "virtual-machine",
            bound(lambda s, n, v: [msr("ICH_VMCR_EL2", v, n, HYPERVISOR)] if s.chance(0.95) else (), pe, vmcr),
        )


def _ap_registers(s: Scene) -> int:
    assert s.config.virtual is not None  # or these actions are not chosen
    return max(1, 1 << s.config.virtual.preemption_bits - 5)


# --- hypervisor -------------------------------------------------------------------------------------------------------------


def inject(s: Scene) -> Sequence[Op]:
    """Write a List register: mostly a pending interrupt into a free one."""
    pe = s.pe()
    listed = s.known.guests[pe].listed
    free = [n for n in range(list_registers(s)) if n not in listed]
    n = s.choose(free) if free and s.chance(0.9) else s.rng.randrange(list_registers(s))
    state = s.choose((_PENDING,) * 12 + (_ACTIVE, _BOTH, _INVALID))
    intid = s.choose(_INTIDS) if s.chance(0.99) else s.choose((1020, 1022, 1023, 5000))
    value = state << 62 | s.rng.randrange(2) << 60 | s.priority() << 48 | intid
    if s.chance(0.3):
        value |= 1 << 41  # EOI: tell by a maintenance interrupt
    return [msr(f"ICH_LR{n}_EL2", value, pe, HYPERVISOR)]


def inject_hardware(s: Scene) -> Sequence[Op]:
    """Give the guest a physical interrupt that the hypervisor has acknowledged and not deactivated."""
    pe = s.pe()
    known = s.known.pes[pe]
    physical = [n for n in (*known.dropped, *(n for _, n in known.handling)) if 16 <= n < 1020]
    if not physical:
        return ()
    state = _PENDING if s.chance(0.97) else _BOTH
    value = state << 62 | 1 << 61 | s.rng.randrange(2) << 60 | s.priority() << 48 | s.choose(physical) << 32 | s.choose(_INTIDS)
    return [msr(f"ICH_LR{s.rng.randrange(list_registers(s))}_EL2", value, pe, HYPERVISOR)]


def clean(s: Scene) -> Sequence[Op]:
    """Look for List registers that are free, or empty one."""
    pe = s.pe()
    if s.chance(0.7):
        return [mrs("ICH_ELRSR_EL2", pe, HYPERVISOR)]
    return [msr(f"ICH_LR{s.rng.randrange(list_registers(s))}_EL2", 0, pe, HYPERVISOR)]


def inspect(s: Scene) -> Sequence[Op]:
    """Read what the hypervisor sees."""
    pe = s.pe()
    names = [*_IRQS, *(f"ICH_LR{n}_EL2" for n in range(list_registers(s)))]
    names += [f"ICH_AP{group}R{n}_EL2" for group in (0, 1) for n in range(_ap_registers(s))]
    return [mrs(name, pe, HYPERVISOR) for name in s.rng.sample(names, s.rng.randint(1, 4))]


def maintain(s: Scene) -> Sequence[Op]:
    """ICH_HCR_EL2: conditions of the maintenance interrupt, traps, EOIcount."""
    value = _EN * s.chance(0.93)
    for bit in (1, 2, 3, 4, 5, 6, 7):
        value |= s.chance(0.15) << bit
    for bit in (10, 11, 12, 14):
        value |= s.chance(0.05) << bit
    if s.chance(0.2):
        value |= s.rng.randrange(32) << 27
    return [msr("ICH_HCR_EL2", value, s.pe(), HYPERVISOR)]


def virtual_machine(s: Scene) -> Sequence[Op]:
    """ICH_VMCR_EL2."""
    value = s.choose((0xFF, 0xFF, 0xF8, s.rng.randrange(256))) << 24 | s.rng.randrange(64) << 18
    value |= s.choose((3, 3, 3, 2, 1, 0)) | s.chance(0.3) << 4 | s.chance(0.4) << 9
    return [msr("ICH_VMCR_EL2", value, s.pe(), HYPERVISOR)]


def restore(s: Scene) -> Sequence[Op]:
    """Write back the virtual active priorities that were read."""
    pe = s.pe()
    return [msr(name, value, pe, HYPERVISOR) for name, value in s.known.guests[pe].ap.items() if name.startswith("ICH_")]


def forge(s: Scene) -> Sequence[Op]:
    """Write any virtual active priorities."""
    value = s.choose((0, 0, 1 << s.rng.randrange(32), s.rng.getrandbits(32)))
    return [msr(f"ICH_AP{s.rng.randrange(2)}R{s.rng.randrange(_ap_registers(s))}_EL2", value, s.pe(), HYPERVISOR)]


# --- guest ------------------------------------------------------------------------------------------------------------------


def guest_acknowledge(s: Scene, pe: int) -> Sequence[Op]:
    """The guest's ICC_IAR: mostly of the group whose line is asserted."""
    lines = s.virtual_lines[pe]
    if not lines and s.chance(0.7):
        return ()
    group = (0 if lines & 2 else 1) if lines and s.chance(0.93) else s.rng.randrange(2)
    ops = [mrs(f"ICC_IAR{group}_EL1", pe, GUEST)]
    if s.chance(0.25):
        ops.insert(0, mrs(f"ICC_HPPIR{group}_EL1", pe, GUEST))
    if s.chance(0.25):
        ops.append(mrs("ICC_RPR_EL1", pe, GUEST))
    return ops


def guest_end(s: Scene, pe: int) -> Sequence[Op]:
    """The guest's ICC_EOIR of what it acknowledged last."""
    handling = s.known.guests[pe].handling
    if not handling:
        return ()
    group, intid = handling[-1]
    return [msr(f"ICC_EOIR{group}_EL1", intid, pe, GUEST)]


def guest_end_wrongly(s: Scene, pe: int) -> Sequence[Op]:
    """The guest's ICC_EOIR of anything."""
    return [msr(f"ICC_EOIR{s.rng.randrange(2)}_EL1", s.choose((*_INTIDS, 1020, 1023)), pe, GUEST)]


def guest_deactivate(s: Scene, pe: int) -> Sequence[Op]:
    """The guest's ICC_DIR_EL1 of what it ended with EOImode 1."""
    dropped = s.known.guests[pe].dropped
    return [msr("ICC_DIR_EL1", s.choose(dropped), pe, GUEST)] if dropped else ()


def guest_deactivate_wrongly(s: Scene, pe: int) -> Sequence[Op]:
    """The guest's ICC_DIR_EL1 of anything."""
    return [msr("ICC_DIR_EL1", s.choose((*_INTIDS, 1023)), pe, GUEST)]


def guest_look(s: Scene, pe: int) -> Sequence[Op]:
    """What the guest sees without side effect."""
    names: tuple[str, ...] = (
        "ICC_RPR_EL1",
        "ICC_HPPIR0_EL1",
        "ICC_HPPIR1_EL1",
        "ICC_AP0R0_EL1",
        "ICC_AP1R0_EL1",
        "ICC_PMR_EL1",
        "ISR_EL1",
    )
    names += ("ICC_BPR0_EL1", "ICC_BPR1_EL1", "ICC_CTLR_EL1", "ICC_IGRPEN0_EL1", "ICC_IGRPEN1_EL1", "ICC_SRE_EL1")
    return [mrs(name, pe, GUEST) for name in s.rng.sample(names, s.rng.randint(1, 3))]


def guest_set_up(s: Scene, pe: int) -> Sequence[Op]:
    """The guest's mask, binary points, group enables and control."""
    name, value = s.choose(
        (
            ("ICC_PMR_EL1", s.choose((0xFF, 0xFF, 0xF8, 0xF0, s.rng.randrange(256)))),
            ("ICC_BPR0_EL1", s.rng.randrange(8)),
            ("ICC_BPR1_EL1", s.rng.randrange(8)),
            ("ICC_IGRPEN0_EL1", int(s.chance(0.85))),
            ("ICC_IGRPEN1_EL1", int(s.chance(0.85))),
            ("ICC_CTLR_EL1", s.rng.randrange(4)),
        )
    )
    return [msr(name, value, pe, GUEST)]


def guest_send(s: Scene, pe: int) -> Sequence[Op]:
    """The guest's ICC_SGI1R: it traps where its interrupts are virtual."""
    name = s.choose(("ICC_SGI1R_EL1", "ICC_SGI0R_EL1", "ICC_ASGI1R_EL1"))
    return [msr(name, s.choose(s.sgis) << 24 | s.rng.getrandbits(s.config.pes), pe, GUEST)]


def guest_reach(s: Scene, pe: int) -> Sequence[Op]:
    """The guest tries a register of EL2."""
    return [mrs(s.choose((*_IRQS, "ICH_LR0_EL2", "ICC_SRE_EL2")), pe, GUEST)]


_ALL: Final[tuple[Weighted, ...]] = (
    ("inject", 16, inject),
    ("inject-hardware", 4, inject_hardware),
    ("clean", 6, clean),
    ("inspect", 8, inspect),
    ("maintain", 3, maintain),
    ("virtual-machine", 1.5, virtual_machine),
    ("redirect", 0.7, common.redirect),
    ("virtual-restore", 0.5, restore),
    ("virtual-forge", 0.2, forge),
    ("guest-acknowledge", 22, in_guest(guest_acknowledge)),
    ("guest-end", 16, in_guest(guest_end)),
    ("guest-end-wrongly", 1, in_guest(guest_end_wrongly)),
    ("guest-deactivate", 5, in_guest(guest_deactivate)),
    ("guest-deactivate-wrongly", 0.7, in_guest(guest_deactivate_wrongly)),
    ("guest-look", 6, in_guest(guest_look)),
    ("guest-set-up", 4, in_guest(guest_set_up)),
    ("guest-send", 0.7, in_guest(guest_send)),
    ("guest-reach", 0.3, in_guest(guest_reach)),
)


ACTIONS: Final = common.where(common.has_virtual, _ALL)
