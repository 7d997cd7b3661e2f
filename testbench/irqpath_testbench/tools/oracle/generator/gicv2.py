"""Actions on a GICv2: Distributor with banked SGIs and PPIs, memory-mapped CPU interfaces, GICv2m (IHI 0048 3, 4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from irqpath_testbench.tools.oracle.generator import common
from irqpath_testbench.tools.oracle.generator.common import CENABLE, CONFIG, GROUPR, PRIORITY, SENABLE, fixed
from irqpath_testbench.tools.oracle.generator.frames import GICD2, frame_of
from irqpath_testbench.tools.oracle.generator.ops import Op, mrs
from irqpath_testbench.tools.oracle.generator.scene import Gicv2Scene, Planned, Weighted, bound

_TARGETS, _SGIR, _CPENDSGI, _SPENDSGI = 0x800, 0xF00, 0xF10, 0xF20
#: Offsets in GICC, and in GICV, which looks the same to a guest (IHI 0048 4.1.3, 5.5).
CTLR, PMR, BPR, IAR, EOIR, RPR, HPPIR, ABPR, AIAR, AEOIR, AHPPIR = range(0, 0x2C, 4)
APR, NSAPR, IIDR, DIR = 0xD0, 0xE0, 0xFC, 0x1000
_SETSPI = 0x40


def opening(s: Gicv2Scene) -> Iterator[Planned]:
    """Bring-up: most of it, in random order."""
    steps: list[Planned] = [("gicd-control", fixed(s.put(GICD2, 0, 3)))]
    for pe in range(s.pes):
        steps += [
            ("interface-control", fixed(s.put("gicc", CTLR, _control_value(s), pe=pe))),
            ("mask", fixed(s.put("gicc", PMR, s.choose((0xFF, 0xF8, 0xF0)), pe=pe))),
            ("group", fixed(s.put(GICD2, GROUPR, s.choose((0, 0xFFFF_FFFF, s.rng.getrandbits(32))), pe=pe))),
            ("enable", fixed(s.put(GICD2, SENABLE, 0xFFFF_FFFF, pe=pe))),
        ]
    for intid in s.spis:
        steps += [
            ("group", bound(lambda s, n: _bit(s, GROUPR, n) if s.chance(0.5) else (), intid)),
            ("enable", bound(lambda s, n: _bit(s, SENABLE, n), intid)),
            ("priority", bound(lambda s, n: _write_priority(s, n), intid)),
            ("target", bound(lambda s, n: _write_target(s, n), intid)),
        ]
    s.rng.shuffle(steps)
    yield from (step for step in steps if s.chance(0.93))


def _control_value(s: Gicv2Scene) -> int:
    """GICC_CTLR: mostly both groups on; AckCtl, FIQEn, CBPR, EOImode."""
    value = s.choose((3, 3, 3, 3, 2, 1, 0))
    return value | s.chance(0.75) << 2 | s.chance(0.5) << 3 | s.chance(0.3) << 4 | s.chance(0.3) << 9


# --- CPU interface ----------------------------------------------------------------------------------------------------------


def acknowledge(s: Gicv2Scene) -> Sequence[Op]:
    """GICC_IAR or its alias, mostly on a PE with an asserted line."""
    ready = [pe for pe, lines in enumerate(s.lines) if lines]
    if not ready and s.chance(0.9):
        return ()
    pe = s.choose(ready) if ready else s.pe()
    aliased = s.chance(0.15)
    ops = [s.get("gicc", AIAR if aliased else IAR, pe=pe)]
    if s.chance(0.2):
        ops.insert(0, s.get("gicc", s.choose((HPPIR, AHPPIR)), pe=pe))
    if s.chance(0.3):
        ops.append(s.get("gicc", RPR, pe=pe))
    return ops


def end(s: Gicv2Scene) -> Sequence[Op]:
    """GICC_EOIR of what was acknowledged last, or its alias."""
    pe = common.one_with(s, (known.handling for known in s.known.physical))
    if pe is None:
        return ()
    aliased, value = s.known.physical[pe].handling[-1]
    return [s.put("gicc", AEOIR if aliased else EOIR, value, pe=pe)]


def end_wrongly(s: Gicv2Scene) -> Sequence[Op]:
    """GICC_EOIR of anything."""
    pe = s.pe()
    values = [value for _, value in s.known.physical[pe].handling]
    return [s.put("gicc", s.choose((EOIR, AEOIR)), s.choose((*values, s.interrupt(), 1022, 1023)), pe=pe)]


def deactivate(s: Gicv2Scene) -> Sequence[Op]:
    """GICC_DIR of what was ended with EOImode 1."""
    pe = common.one_with(s, (known.dropped for known in s.known.physical))
    if pe is None:
        return ()
    return [s.put("gicc", DIR, s.choose(s.known.physical[pe].dropped), pe=pe)]


def deactivate_wrongly(s: Gicv2Scene) -> Sequence[Op]:
    """GICC_DIR of anything."""
    return [s.put("gicc", DIR, s.choose((s.interrupt(), 1023)), pe=s.pe())]


def look(s: Gicv2Scene) -> Sequence[Op]:
    """What a CPU interface shows without side effect."""
    pe, places = s.pe(), (CTLR, PMR, BPR, RPR, HPPIR, ABPR, AHPPIR, APR, NSAPR, IIDR)
    ops = [s.get("gicc", at, pe=pe) for at in s.rng.sample(places, s.rng.randint(1, 3))]
    return [*ops, mrs("ISR_EL1", pe, s.state)] if s.chance(0.3) else ops


def set_up(s: Gicv2Scene) -> Sequence[Op]:
    """GICC_CTLR, PMR, BPR, ABPR."""
    at, value = s.choose(
        (
            (CTLR, _control_value(s)),
            (PMR, s.choose((0xFF, 0xFF, 0xF8, s.priority(), s.rng.randrange(256)))),
            (PMR, 0xFF),
            (BPR, s.rng.randrange(8)),
            (ABPR, s.rng.randrange(8)),
        )
    )
    pe = s.pe()
    return [s.put("gicc", at, value, pe=pe), s.get("gicc", at, pe=pe)]


def save_active(s: Gicv2Scene) -> Sequence[Op]:
    """Read the active priorities."""
    pe = s.pe()
    return [s.get("gicc", base + 4 * n, pe=pe) for base in (APR, NSAPR) for n in range(4)]


def restore_active(s: Gicv2Scene) -> Sequence[Op]:
    """Write back active priorities that were read."""
    pe = s.pe()
    known = s.known.physical[pe].ap
    places = {f"GICC_{name}{n}": base + 4 * n for name, base in (("APR", APR), ("NSAPR", NSAPR)) for n in range(4)}
    return [s.put("gicc", places[name], value, pe=pe) for name, value in known.items() if name in places]


# --- Distributor ----------------------------------------------------------------------------------------------------------------


def _bit(s: Gicv2Scene, offset: int, intid: int) -> Sequence[Op]:
    pe, at = s.pe(), offset + intid // 32 * 4
    ops = [s.put(GICD2, at, common.bits_with(s, intid), pe=pe)]
    return [*ops, s.get(GICD2, at, pe=pe)] if s.chance(0.2) else ops


def group(s: Gicv2Scene) -> Sequence[Op]:
    """GICD_IGROUPR."""
    value = common.groups(s)
    return [s.put(GICD2, GROUPR + s.interrupt() // 32 * 4, value, pe=s.pe())]


def _write_priority(s: Gicv2Scene, intid: int) -> Sequence[Op]:
    pe, at = s.pe(), PRIORITY + intid
    ops = [common.put_priority(s, GICD2, at, pe)]
    return [*ops, s.get(GICD2, at, 1, pe), s.get(GICD2, at & ~3, 4, pe)] if s.chance(0.2) else ops


def _write_target(s: Gicv2Scene, intid: int) -> Sequence[Op]:
    pe, at, mask = s.pe(), _TARGETS + intid, 1 << s.pe()
    if s.chance(0.4):
        mask = s.rng.getrandbits(s.pes)
    if s.chance(0.8):
        ops = [s.put(GICD2, at, mask, 1, pe)]
    else:
        ops = [s.put(GICD2, at & ~3, sum((1 << s.pe()) << 8 * n for n in range(4)), 4, pe)]
    return [*ops, s.get(GICD2, at & ~3, 4, pe)] if s.chance(0.2) else ops


def priority(s: Gicv2Scene) -> Sequence[Op]:
    """GICD_IPRIORITYR by byte or word."""
    return _write_priority(s, s.interrupt())


def target(s: Gicv2Scene) -> Sequence[Op]:
    """GICD_ITARGETSR by byte or word."""
    return _write_target(s, s.choose(s.spis) if s.chance(0.9) else s.private())


def trigger(s: Gicv2Scene) -> Sequence[Op]:
    """GICD_ICFGR of a word whose interrupts are disabled first, and enabled after."""
    intid, pe = s.choose(s.spis), s.pe()
    at, half = CONFIG + intid // 16 * 4, 0xFFFF << 16 * (intid // 16 % 2)
    value = s.choose((0, 0xAAAA_AAAA, 0xFFFF_FFFF, s.rng.getrandbits(32)))
    s.later += [
        ("trigger", fixed(s.put(GICD2, at, value, pe=pe))),
        ("trigger", fixed(s.get(GICD2, at, pe=pe))),
        ("enable", fixed(s.put(GICD2, SENABLE + intid // 32 * 4, half, pe=pe))),
    ]
    return [s.put(GICD2, CENABLE + intid // 32 * 4, half, pe=pe)]


def trigger_enabled(s: Gicv2Scene) -> Sequence[Op]:
    """GICD_ICFGR of anything."""
    at = CONFIG + s.interrupt() // 16 * 4
    return [s.put(GICD2, at, s.rng.getrandbits(32), pe=s.pe())]


def send(s: Gicv2Scene) -> Sequence[Op]:
    """GICD_SGIR: to a list, to all others, to itself."""
    listed = s.rng.getrandbits(s.pes) if s.chance(0.9) else s.rng.getrandbits(8)
    filter_ = s.choose((0, 0, 0, 0, 1, 2))
    return [s.put(GICD2, _SGIR, filter_ << 24 | listed << 16 | s.choose(s.sgis), pe=s.pe())]


def pend_sgi(s: Gicv2Scene) -> Sequence[Op]:
    """GICD_SPENDSGIR, CPENDSGIR: per source, by byte or word."""
    pe, base, intid = s.pe(), s.choose((_SPENDSGI, _CPENDSGI)), s.choose(s.sgis)
    if s.chance(0.7):
        ops = [s.put(GICD2, base + intid, s.rng.getrandbits(s.pes), 1, pe)]
    else:
        ops = [s.put(GICD2, base + (intid & ~3), sum(s.rng.getrandbits(s.pes) << 8 * n for n in range(4)), 4, pe)]
    return [*ops, s.get(GICD2, s.choose((_SPENDSGI, _CPENDSGI)) + (intid & ~3), pe=pe)]


def message(s: Gicv2Scene) -> Sequence[Op]:
    """A message to the GICv2m frame."""
    if s.config.v2m is None:
        return ()
    intid = s.spis[-1 - s.rng.randrange(2)] if s.chance(0.95) else s.rng.randrange(1024)
    return [s.put("v2m", _SETSPI, intid, pe=s.pe())]


def read_any(s: Gicv2Scene) -> Sequence[Op]:
    """Read any register without side effect, from any PE."""
    blocks = [GICD2, "gicc"] + ["v2m"] * (s.config.v2m is not None) + ["gich", "gicv"] * (s.config.virtual is not None)
    frame_name = s.choose(blocks)
    frame = frame_of(frame_name)
    register = s.choose(frame.registers)
    if "IAR" in register.name:
        return ()
    at, size = common.element_of(s, register), s.choose(register.sizes)
    return [s.get(frame_name, at + s.rng.randrange(register.width_bytes // size) * size, size, s.pe())]


ACTIONS: Final[tuple[Weighted, ...]] = (
    ("acknowledge", 34, acknowledge),
    ("end", 18, end),
    ("end-wrongly", 0.7, end_wrongly),
    ("deactivate", 8, deactivate),
    ("deactivate-wrongly", 0.7, deactivate_wrongly),
    ("look", 8, look),
    ("look-everywhere", 2, common.look_everywhere),
    ("set-up", 6, set_up),
    ("save-active", 1, save_active),
    ("restore-active", 1, restore_active),
    ("send", 8, send),
    ("pend-sgi", 4, pend_sgi),
    *common.bit_actions(_bit),
    ("group", 1.5, group),
    ("priority", 5, priority),
    ("target", 4, target),
    ("trigger", 1, trigger),
    ("trigger-enabled", 0.5, trigger_enabled),
    ("gicd-control", 1, common.gicd_control(GICD2)),
    ("drive", 8, common.drive),
    ("message", 4, message),
    ("read-any", 6, read_any),
)
