"""Actions on a GICv2: Distributor with banked SGIs and PPIs, memory-mapped CPU interfaces, GICv2m (IHI 0048 3, 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import TYPE_CHECKING, Final

from irqpath.config.gicv2 import LegacyConfig
from irqpath_testbench.tools.oracle.generator.frames import GICD2, frame_of
from irqpath_testbench.tools.oracle.generator.legacy_knowledge import LegacyKnowledge
from irqpath_testbench.tools.oracle.generator.ops import Op, mrs, read, wire, write
from irqpath_testbench.tools.oracle.generator.scene import Pools

if TYPE_CHECKING:
    from irqpath_testbench.tools.oracle.generator.generator import Action

_GROUPR, _SENABLE, _CENABLE, _SPEND, _CPEND, _SACTIVE, _CACTIVE = 0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380
_PRIORITY, _TARGETS, _CONFIG, _SGIR, _CPENDSGI, _SPENDSGI = 0x400, 0x800, 0xC00, 0xF00, 0xF10, 0xF20
_CTLR, _PMR, _BPR, _IAR, _EOIR, _RPR, _HPPIR, _ABPR, _AIAR, _AEOIR, _AHPPIR = range(0, 0x2C, 4)
_APR, _NSAPR, _DIR = 0xD0, 0xE0, 0x1000
_SETSPI = 0x40


class LegacyScene(Pools):
    """A sequence on a GICv2."""

    def __init__(self, config: LegacyConfig, rng: Random, knowledge: LegacyKnowledge, state: int) -> None:
        super().__init__(config.pes, config.last_spi, rng, state)
        self.config = config
        self.known = knowledge
        if config.v2m is not None:
            self.spis += [config.v2m.first_spi + n for n in rng.sample(range(config.v2m.spis), 2)]

    def get(self, block: str, offset: int, size: int = 4, pe: int = 0) -> Op:
        """Read a register, not as a guest."""
        return read(block, offset, size, pe, self.state)

    def put(self, block: str, offset: int, value: int, size: int = 4, pe: int = 0) -> Op:
        """Write a register, not as a guest."""
        return write(block, offset, value, size, pe, self.state)


def opening(s: LegacyScene) -> Iterator[tuple[str, Action]]:
    """Bring-up: most of it, in random order."""
    steps: list[tuple[str, Action]] = [("gicd-control", fixed(s.put(GICD2, 0, 3)))]
    for pe in range(s.pes):
        steps += [
            ("interface-control", fixed(s.put("gicc", _CTLR, _control_value(s), pe=pe))),
            ("mask", fixed(s.put("gicc", _PMR, s.choose((0xFF, 0xF8, 0xF0)), pe=pe))),
            ("group", fixed(s.put(GICD2, _GROUPR, s.choose((0, 0xFFFF_FFFF, s.rng.getrandbits(32))), pe=pe))),
            ("enable", fixed(s.put(GICD2, _SENABLE, 0xFFFF_FFFF, pe=pe))),
        ]
    for intid in s.spis:
        steps += [
            ("group", lambda s, n=intid: _bit(s, _GROUPR, n) if s.chance(0.5) else ()),  # type: ignore[misc]
            ("enable", lambda s, n=intid: _bit(s, _SENABLE, n)),  # type: ignore[misc]
            ("priority", lambda s, n=intid: _write_priority(s, n)),  # type: ignore[misc]
            ("target", lambda s, n=intid: _write_target(s, n)),  # type: ignore[misc]
        ]
    s.rng.shuffle(steps)
    yield from (step for step in steps if s.chance(0.93))


def fixed(op: Op) -> Action:
    """An action that is one operation."""
    return lambda _: [op]


def _control_value(s: LegacyScene) -> int:
    """GICC_CTLR: mostly both groups on; AckCtl, FIQEn, CBPR, EOImode."""
    value = s.choose((3, 3, 3, 3, 2, 1, 0))
    return value | s.chance(0.75) << 2 | s.chance(0.5) << 3 | s.chance(0.3) << 4 | s.chance(0.3) << 9


# --- CPU interface ----------------------------------------------------------------------------------------------------------


def acknowledge(s: LegacyScene) -> Sequence[Op]:
    """GICC_IAR or its alias, mostly on a PE with an asserted line."""
    ready = [pe for pe, lines in enumerate(s.lines) if lines]
    if not ready and s.chance(0.9):
        return ()
    pe = s.choose(ready) if ready else s.pe()
    aliased = s.chance(0.15)
    ops = [s.get("gicc", _AIAR if aliased else _IAR, pe=pe)]
    if s.chance(0.2):
        ops.insert(0, s.get("gicc", s.choose((_HPPIR, _AHPPIR)), pe=pe))
    if s.chance(0.3):
        ops.append(s.get("gicc", _RPR, pe=pe))
    return ops


def end(s: LegacyScene) -> Sequence[Op]:
    """GICC_EOIR of what was acknowledged last, or its alias."""
    busy = [pe for pe, known in enumerate(s.known.physical) if known.handling]
    if not busy:
        return ()
    pe = s.choose(busy)
    aliased, value = s.known.physical[pe].handling[-1]
    return [s.put("gicc", _AEOIR if aliased else _EOIR, value, pe=pe)]


def end_wrongly(s: LegacyScene) -> Sequence[Op]:
    """GICC_EOIR of anything."""
    pe = s.pe()
    values = [value for _, value in s.known.physical[pe].handling]
    return [s.put("gicc", s.choose((_EOIR, _AEOIR)), s.choose((*values, s.interrupt(), 1022, 1023)), pe=pe)]


def deactivate(s: LegacyScene) -> Sequence[Op]:
    """GICC_DIR of what was ended with EOImode 1."""
    waiting = [pe for pe, known in enumerate(s.known.physical) if known.dropped]
    if not waiting:
        return ()
    pe = s.choose(waiting)
    return [s.put("gicc", _DIR, s.choose(s.known.physical[pe].dropped), pe=pe)]


def deactivate_wrongly(s: LegacyScene) -> Sequence[Op]:
    """GICC_DIR of anything."""
    return [s.put("gicc", _DIR, s.choose((s.interrupt(), 1023)), pe=s.pe())]


def look(s: LegacyScene) -> Sequence[Op]:
    """What a CPU interface shows without side effect."""
    pe, places = s.pe(), (_CTLR, _PMR, _BPR, _RPR, _HPPIR, _ABPR, _AHPPIR, _APR, _NSAPR, 0xFC)
    ops = [s.get("gicc", at, pe=pe) for at in s.rng.sample(places, s.rng.randint(1, 3))]
    return [*ops, mrs("ISR_EL1", pe, s.state)] if s.chance(0.3) else ops


def look_everywhere(s: LegacyScene) -> Sequence[Op]:
    """The lines of every PE."""
    return [mrs("ISR_EL1", pe, s.state) for pe in range(s.pes)]


def set_up(s: LegacyScene) -> Sequence[Op]:
    """GICC_CTLR, PMR, BPR, ABPR."""
    at, value = s.choose(
        (
            (_CTLR, _control_value(s)),
            (_PMR, s.choose((0xFF, 0xFF, 0xF8, s.priority(), s.rng.randrange(256)))),
            (_PMR, 0xFF),
            (_BPR, s.rng.randrange(8)),
            (_ABPR, s.rng.randrange(8)),
        )
    )
    pe = s.pe()
    return [s.put("gicc", at, value, pe=pe), s.get("gicc", at, pe=pe)]


def save_active(s: LegacyScene) -> Sequence[Op]:
    """Read the active priorities."""
    pe = s.pe()
    return [s.get("gicc", base + 4 * n, pe=pe) for base in (_APR, _NSAPR) for n in range(4)]


def restore_active(s: LegacyScene) -> Sequence[Op]:
    """Write back active priorities that were read."""
    pe = s.pe()
    known = s.known.physical[pe].ap
    places = {f"GICC_{name}{n}": base + 4 * n for name, base in (("APR", _APR), ("NSAPR", _NSAPR)) for n in range(4)}
    return [s.put("gicc", places[name], value, pe=pe) for name, value in known.items() if name in places]


# --- Distributor ----------------------------------------------------------------------------------------------------------------


def _bit(s: LegacyScene, offset: int, intid: int) -> Sequence[Op]:
    pe, at = s.pe(), offset + intid // 32 * 4
    bits = 1 << intid % 32 | (s.rng.getrandbits(32) if s.chance(0.12) else 0)
    ops = [s.put(GICD2, at, bits, pe=pe)]
    return [*ops, s.get(GICD2, at, pe=pe)] if s.chance(0.2) else ops


def bit_action(offset: int) -> Action:
    """Write the bit of some interrupt into the registers at `offset`."""
    return lambda s: _bit(s, offset, s.interrupt())


def group(s: LegacyScene) -> Sequence[Op]:
    """GICD_IGROUPR."""
    value = s.choose((0, 0xFFFF_FFFF, s.rng.getrandbits(32), s.rng.getrandbits(32)))
    return [s.put(GICD2, _GROUPR + s.interrupt() // 32 * 4, value, pe=s.pe())]


def _write_priority(s: LegacyScene, intid: int) -> Sequence[Op]:
    pe, at = s.pe(), _PRIORITY + intid
    if s.chance(0.8):
        ops = [s.put(GICD2, at, s.priority(), 1, pe)]
    else:
        ops = [s.put(GICD2, at & ~3, s.priority() | s.priority() << 8 | s.priority() << 16 | s.priority() << 24, 4, pe)]
    return [*ops, s.get(GICD2, at, 1, pe), s.get(GICD2, at & ~3, 4, pe)] if s.chance(0.2) else ops


def _write_target(s: LegacyScene, intid: int) -> Sequence[Op]:
    pe, at, mask = s.pe(), _TARGETS + intid, 1 << s.pe()
    if s.chance(0.4):
        mask = s.rng.getrandbits(s.pes)
    if s.chance(0.8):
        ops = [s.put(GICD2, at, mask, 1, pe)]
    else:
        ops = [s.put(GICD2, at & ~3, sum((1 << s.pe()) << 8 * n for n in range(4)), 4, pe)]
    return [*ops, s.get(GICD2, at & ~3, 4, pe)] if s.chance(0.2) else ops


def priority(s: LegacyScene) -> Sequence[Op]:
    """GICD_IPRIORITYR by byte or word."""
    return _write_priority(s, s.interrupt())


def target(s: LegacyScene) -> Sequence[Op]:
    """GICD_ITARGETSR by byte or word."""
    return _write_target(s, s.choose(s.spis) if s.chance(0.9) else s.private())


def trigger(s: LegacyScene) -> Sequence[Op]:
    """GICD_ICFGR of a word whose interrupts are disabled first, and enabled after."""
    intid, pe = s.choose(s.spis), s.pe()
    at, half = _CONFIG + intid // 16 * 4, 0xFFFF << 16 * (intid // 16 % 2)
    value = s.choose((0, 0xAAAA_AAAA, 0xFFFF_FFFF, s.rng.getrandbits(32)))
    s.later += [
        ("trigger", fixed(s.put(GICD2, at, value, pe=pe))),
        ("trigger", fixed(s.get(GICD2, at, pe=pe))),
        ("enable", fixed(s.put(GICD2, _SENABLE + intid // 32 * 4, half, pe=pe))),
    ]
    return [s.put(GICD2, _CENABLE + intid // 32 * 4, half, pe=pe)]


def trigger_enabled(s: LegacyScene) -> Sequence[Op]:
    """GICD_ICFGR of anything."""
    at = _CONFIG + s.interrupt() // 16 * 4
    return [s.put(GICD2, at, s.rng.getrandbits(32), pe=s.pe())]


def send(s: LegacyScene) -> Sequence[Op]:
    """GICD_SGIR: to a list, to all others, to itself."""
    listed = s.rng.getrandbits(s.pes) if s.chance(0.9) else s.rng.getrandbits(8)
    filter_ = s.choose((0, 0, 0, 0, 1, 2))
    return [s.put(GICD2, _SGIR, filter_ << 24 | listed << 16 | s.choose(s.sgis), pe=s.pe())]


def pend_sgi(s: LegacyScene) -> Sequence[Op]:
    """GICD_SPENDSGIR, CPENDSGIR: per source, by byte or word."""
    pe, base, intid = s.pe(), s.choose((_SPENDSGI, _CPENDSGI)), s.choose(s.sgis)
    if s.chance(0.7):
        ops = [s.put(GICD2, base + intid, s.rng.getrandbits(s.pes), 1, pe)]
    else:
        ops = [s.put(GICD2, base + (intid & ~3), sum(s.rng.getrandbits(s.pes) << 8 * n for n in range(4)), 4, pe)]
    return [*ops, s.get(GICD2, s.choose((_SPENDSGI, _CPENDSGI)) + (intid & ~3), pe=pe)]


def gicd_control(s: LegacyScene) -> Sequence[Op]:
    """GICD_CTLR: mostly both groups on."""
    return [s.put(GICD2, 0, s.choose((3, 3, 3, 3, 2, 1, 0)), pe=s.pe()), s.get(GICD2, 0)]


def drive(s: LegacyScene) -> Sequence[Op]:
    """A wire changes, or pulses."""
    intid, pe = s.choose((*s.spis, *s.spis, *s.ppis)), s.pe()
    if s.chance(0.3):
        return [wire(intid, 1, pe), wire(intid, 0, pe)]
    return [wire(intid, s.rng.randrange(2), pe)]


def message(s: LegacyScene) -> Sequence[Op]:
    """A message to the GICv2m frame."""
    if s.config.v2m is None:
        return ()
    intid = s.spis[-1 - s.rng.randrange(2)] if s.chance(0.95) else s.rng.randrange(1024)
    return [s.put("v2m", _SETSPI, intid, pe=s.pe())]


def read_any(s: LegacyScene) -> Sequence[Op]:
    """Read any register without side effect, from any PE."""
    blocks = [GICD2, "gicc"] + ["v2m"] * (s.config.v2m is not None) + ["gich", "gicv"] * (s.config.virtual is not None)
    frame_name = s.choose(blocks)
    frame = frame_of(frame_name)
    register = s.choose(frame.registers)
    if "IAR" in register.name:
        return ()
    n = s.rng.randrange(register.count)
    if register.count > 64:
        n = min(register.count - 1, s.choose(s.spis) * register.count // 1024)
    size = s.choose(register.sizes)
    inner = s.rng.randrange(register.width_bytes // size) * size
    return [s.get(frame_name, register.offset + n * register.stride + inner, size, s.pe())]


ACTIONS: Final[tuple[tuple[str, float, Callable[[LegacyScene], Sequence[Op]]], ...]] = (
    ("acknowledge", 34, acknowledge),
    ("end", 18, end),
    ("end-wrongly", 0.7, end_wrongly),
    ("deactivate", 8, deactivate),
    ("deactivate-wrongly", 0.7, deactivate_wrongly),
    ("look", 8, look),
    ("look-everywhere", 2, look_everywhere),
    ("set-up", 6, set_up),
    ("save-active", 1, save_active),
    ("restore-active", 1, restore_active),
    ("send", 8, send),
    ("pend-sgi", 4, pend_sgi),
    ("pend", 8, bit_action(_SPEND)),
    ("unpend", 3, bit_action(_CPEND)),
    ("enable", 4, bit_action(_SENABLE)),
    ("disable", 2, bit_action(_CENABLE)),
    ("activate", 1, bit_action(_SACTIVE)),
    ("clear-active", 3, bit_action(_CACTIVE)),
    ("group", 1.5, group),
    ("priority", 5, priority),
    ("target", 4, target),
    ("trigger", 1, trigger),
    ("trigger-enabled", 0.5, trigger_enabled),
    ("gicd-control", 1, gicd_control),
    ("drive", 8, drive),
    ("message", 4, message),
    ("read-any", 6, read_any),
)
