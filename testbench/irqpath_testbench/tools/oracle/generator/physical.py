"""Actions on the physical interrupt controller: CPU interfaces, SGIs, PPIs, SPIs, wires (IHI 0069 2 to 4, 12)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from irqpath_testbench.tools.oracle.generator import common
from irqpath_testbench.tools.oracle.generator.common import CENABLE, CONFIG, GROUPR, PRIORITY, SENABLE, fixed
from irqpath_testbench.tools.oracle.generator.ops import Op, mrs, msr, read, write
from irqpath_testbench.tools.oracle.generator.scene import Planned, Scene, Weighted, bound

_WAKER = 0x14


def opening(s: Scene) -> Iterator[Planned]:
    """Bring-up: most of it, in random order."""
    steps: list[Planned] = [("gicd-control", lambda s: [write("gicd", 0, 3, state=s.state)])]
    for pe in range(s.config.pes):
        steps += [
            ("waker", fixed(write(f"gicr{pe}", _WAKER, 0, pe=pe, state=s.state))),
            ("mask", fixed(msr("ICC_PMR_EL1", s.choose((0xFF, 0xF8, 0xF0)), pe, s.state))),
            ("group-enable", fixed(msr("ICC_IGRPEN0_EL1", 1, pe, s.state))),
            ("group-enable", fixed(msr("ICC_IGRPEN1_EL1", 1, pe, s.state))),
            (
                "group",
                fixed(
                    write(f"gicr{pe}", 0x1_0000 + GROUPR, s.choose((0, 0xFFFF_FFFF, s.rng.getrandbits(32))), pe=pe, state=s.state)
                ),
            ),
            (
                "enable",
                fixed(write(f"gicr{pe}", 0x1_0000 + SENABLE, 0xFFFF_FFFF if s.chance(0.7) else 0xFFFF, pe=pe, state=s.state)),
            ),
        ]
    for intid in s.spis:
        steps += [
            ("group", bound(lambda s, n: _bit(s, GROUPR, n) if s.chance(0.6) else (), intid)),
            ("enable", bound(lambda s, n: _bit(s, SENABLE, n), intid)),
            ("priority", bound(lambda s, n: _write_priority(s, n), intid)),
            ("route", bound(lambda s, n: route(s, n), intid)),
        ]
    s.rng.shuffle(steps)
    yield from (step for step in steps if s.chance(0.93))


# --- CPU interface ----------------------------------------------------------------------------------------------------------


def acknowledge(s: Scene) -> Sequence[Op]:
    """Mostly on a PE with an asserted line, from the register of that line's group."""
    ready = [pe for pe, lines in enumerate(s.lines) if lines]
    if ready and s.chance(0.93):
        pe = s.choose(ready)
        group = 0 if s.lines[pe] & 2 else 1
        if s.chance(0.05):
            group = 1 - group
    elif s.chance(0.1):
        pe, group = s.pe(), s.rng.randrange(2)
    else:
        return ()
    ops = [mrs(f"ICC_IAR{group}_EL1", pe, s.state)]
    if s.chance(0.2):
        ops.insert(0, mrs(f"ICC_HPPIR{group}_EL1", pe, s.state))
    if s.chance(0.3):
        ops.append(mrs("ICC_RPR_EL1", pe, s.state))
    return ops


def end(s: Scene) -> Sequence[Op]:
    """ICC_EOIR of the interrupt that was acknowledged last."""
    pe = common.one_with(s, (known.handling for known in s.known.pes))
    if pe is None:
        return ()
    group, intid = s.known.pes[pe].handling[-1]
    ops = [msr(f"ICC_EOIR{group}_EL1", intid, pe, s.state)]
    if s.chance(0.3):
        ops.append(mrs("ICC_RPR_EL1", pe, s.state))
    return ops


def end_wrongly(s: Scene) -> Sequence[Op]:
    """ICC_EOIR of another INTID or group, or of a special INTID."""
    pe = s.pe()
    handling = s.known.pes[pe].handling
    intid = s.choose((*(n for _, n in handling), s.interrupt(), 1020, 1023, 1021, *s.lpis[:1]))
    return [msr(f"ICC_EOIR{s.rng.randrange(2)}_EL1", intid, pe, s.state)]


def deactivate(s: Scene) -> Sequence[Op]:
    """ICC_DIR_EL1 of what was ended with EOImode 1."""
    pe = common.one_with(s, (known.dropped for known in s.known.pes))
    if pe is None:
        return ()
    return [msr("ICC_DIR_EL1", s.choose(s.known.pes[pe].dropped), pe, s.state)]


def deactivate_wrongly(s: Scene) -> Sequence[Op]:
    """ICC_DIR_EL1 of anything."""
    return [msr("ICC_DIR_EL1", s.choose((s.interrupt(), *s.lpis[:1], 1023)), s.pe(), s.state)]


def look(s: Scene) -> Sequence[Op]:
    """Read what a CPU interface shows without side effect, and its lines."""
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
    pe = s.pe()
    return [mrs(name, pe, s.state) for name in s.rng.sample(names, s.rng.randint(1, 3))]


def mask(s: Scene) -> Sequence[Op]:
    """ICC_PMR_EL1: mostly open again."""
    return [msr("ICC_PMR_EL1", s.choose((0xFF, 0xFF, 0xF8, 0xF0, s.priority(), s.rng.randrange(256))), s.pe(), s.state)]


def binary_point(s: Scene) -> Sequence[Op]:
    """ICC_BPR."""
    pe, group = s.pe(), s.rng.randrange(2)
    value = s.rng.randrange(8) if s.chance(0.9) else s.rng.getrandbits(32)
    return [msr(f"ICC_BPR{group}_EL1", value, pe, s.state), mrs(f"ICC_BPR{s.rng.randrange(2)}_EL1", pe, s.state)]


def control(s: Scene) -> Sequence[Op]:
    """ICC_CTLR_EL1: CBPR and EOImode."""
    pe = s.pe()
    return [msr("ICC_CTLR_EL1", s.rng.randrange(4), pe, s.state), mrs("ICC_CTLR_EL1", pe, s.state)]


def group_enable(s: Scene) -> Sequence[Op]:
    """ICC_IGRPEN: mostly on."""
    return [msr(f"ICC_IGRPEN{s.rng.randrange(2)}_EL1", s.rng.random() < 0.8, s.pe(), s.state)]


def _ap_registers(s: Scene) -> int:
    return max(1, 1 << min(s.config.priority_bits, 7) - 5)


def save_active(s: Scene) -> Sequence[Op]:
    """Read the active priorities, as before a PE is powered down."""
    pe = s.pe()
    return [mrs(f"ICC_AP{group}R{n}_EL1", pe, s.state) for group in (0, 1) for n in range(_ap_registers(s))]


def restore_active(s: Scene) -> Sequence[Op]:
    """Write active priorities that are known: the same ones."""
    pe = s.pe()
    return [msr(name, value, pe, s.state) for name, value in s.known.pes[pe].ap.items()]


def write_active_priorities(s: Scene) -> Sequence[Op]:
    """Write any active priorities."""
    pe = s.pe()
    value = s.choose((0, 0, 1 << s.rng.randrange(32), s.rng.getrandbits(32)))
    return [msr(f"ICC_AP{s.rng.randrange(2)}R{s.rng.randrange(_ap_registers(s))}_EL1", value, pe, s.state)]


def send(s: Scene) -> Sequence[Op]:
    """ICC_SGI0R, SGI1R, ASGI1R: to some PEs, to all others, to PEs that do not exist."""
    pe = s.pe()
    name = s.choose(("ICC_SGI1R_EL1", "ICC_SGI1R_EL1", "ICC_SGI1R_EL1", "ICC_SGI0R_EL1", "ICC_SGI0R_EL1", "ICC_ASGI1R_EL1"))
    targets = s.rng.getrandbits(s.config.pes) if s.chance(0.9) else s.rng.getrandbits(16)
    value = targets | s.choose(s.sgis) << 24
    value |= (1 << 40) * s.chance(0.12) | (s.rng.randrange(3) << 16) * s.chance(0.05)
    value |= (s.rng.randrange(3) << 32) * s.chance(0.03) | (s.rng.randrange(3) << 48) * s.chance(0.03)
    return [msr(name, value, pe, s.state)]


# --- Distributor and Redistributor ----------------------------------------------------------------------------------------------


def _bit(s: Scene, offset: int, intid: int) -> Sequence[Op]:
    """Write the bit of one interrupt, sometimes of several, into a register of bits; sometimes look at the result."""
    owner = s.pe()
    block, base = s.block(intid, owner)
    at = base + offset + intid // 32 * 4
    bits = common.bits_with(s, intid)
    accessor = owner if s.chance(0.8) else s.pe()
    ops = [s.put(block, at, bits, pe=accessor)]
    return [*ops, s.get(block, at, pe=accessor)] if s.chance(0.2) else ops


def group(s: Scene) -> Sequence[Op]:
    """IGROUPR of some interrupt."""
    intid, owner = s.interrupt(), s.pe()
    block, base = s.block(intid, owner)
    return [s.put(block, base + GROUPR + intid // 32 * 4, common.groups(s), pe=owner)]


def _write_priority(s: Scene, intid: int) -> Sequence[Op]:
    owner = s.pe()
    block, base = s.block(intid, owner)
    at = base + PRIORITY + intid
    ops = [common.put_priority(s, block, at, owner)]
    if s.chance(0.2):
        ops.append(s.get(block, at, 1, owner) if s.chance(0.5) else s.get(block, at & ~3, 4, owner))
    return ops


def priority(s: Scene) -> Sequence[Op]:
    """IPRIORITYR by byte or word."""
    return _write_priority(s, s.interrupt())


def trigger(s: Scene) -> Sequence[Op]:
    """ICFGR of a PPI or SPI."""
    intid, owner = s.choose((*s.ppis, *s.spis)), s.pe()
    block, base = s.block(intid, owner)
    at = base + CONFIG + intid // 16 * 4
    value = s.choose((0, 0xFFFF_FFFF, 0xAAAA_AAAA, s.rng.getrandbits(32), 2 << 2 * (intid % 16)))
    return [write(block, at, value, pe=owner, state=s.state), read(block, at, pe=owner, state=s.state)]


def trigger_while_disabled(s: Scene) -> Sequence[Op]:
    """ICFGR of a word whose interrupts are all disabled first, and enabled after."""
    intid, owner = s.choose((*s.ppis, *s.spis)), s.pe()
    block, base = s.block(intid, owner)
    at = base + CONFIG + intid // 16 * 4
    half = 0xFFFF << 16 * (intid // 16 % 2)
    enable = write(block, base + SENABLE + intid // 32 * 4, half, pe=owner, state=s.state)
    s.later += [("trigger", fixed(write(block, at, s.rng.getrandbits(32), pe=owner, state=s.state))), ("enable", fixed(enable))]
    return [write(block, base + CENABLE + intid // 32 * 4, half, pe=owner, state=s.state)]


def route(s: Scene, intid: int) -> Sequence[Op]:
    """GICD_IROUTER<n>: to a PE, to none, by words."""
    pe = s.pe()
    value: int = s.config.affinities[pe]
    value = (value & 0xFF00_0000) << 8 | value & 0xFF_FFFF
    if s.chance(0.1):
        value = s.choose((7, 0x100, 1 << 32, 0xFF))
    at = 0x6000 + 8 * intid
    if s.chance(0.7):
        ops = [write("gicd", at, value, 8, pe, s.state)]
    else:
        ops = [write("gicd", at, value, 4, pe, s.state), write("gicd", at + 4, value >> 32, 4, pe, s.state)]
    if s.chance(0.15):
        ops.append(read("gicd", at, 8, pe, s.state))
    return ops


def waker(s: Scene) -> Sequence[Op]:
    """GICR_WAKER: to sleep or awake."""
    pe = s.pe()
    return [
        write(f"gicr{pe}", _WAKER, s.choose((0, 0, 2)), pe=pe, state=s.state),
        read(f"gicr{pe}", _WAKER, pe=pe, state=s.state),
    ]


def _routed(s: Scene) -> Sequence[Op]:
    return route(s, s.choose(s.spis))


ACTIONS: Final[tuple[Weighted, ...]] = (
    ("acknowledge", 30, acknowledge),
    ("end", 16, end),
    ("end-wrongly", 0.7, end_wrongly),
    ("deactivate", 8, deactivate),
    ("deactivate-wrongly", 0.7, deactivate_wrongly),
    ("look", 8, look),
    ("look-everywhere", 2, common.look_everywhere),
    ("mask", 3, mask),
    ("binary-point", 2, binary_point),
    ("control", 1.5, control),
    ("group-enable", 2, group_enable),
    ("save-active", 1, save_active),
    ("restore-active", 1, restore_active),
    ("write-active-priorities", 0.3, write_active_priorities),
    ("send", 8, send),
    *common.bit_actions(_bit),
    ("group", 1.5, group),
    ("priority", 5, priority),
    ("trigger", 0.7, trigger),
    ("trigger-while-disabled", 1, trigger_while_disabled),
    ("route", 3, _routed),
    ("gicd-control", 1, common.gicd_control("gicd")),
    ("waker", 0.5, waker),
    ("drive", 8, common.drive),
)
