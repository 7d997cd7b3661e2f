"""Actions of a hypervisor on GICv4.0: vPEs, virtual LPIs, residency, doorbells (IHI 0069 5.3, 6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from irqpath.config.sizes import FIRST_LPI, SPURIOUS
from irqpath.gic.its import encoding
from irqpath_testbench.sequences.fields import VALID
from irqpath_testbench.tools.oracle.generator import common, layout
from irqpath_testbench.tools.oracle.generator.ops import Op, command, load, read, store, write
from irqpath_testbench.tools.oracle.generator.scene import Planned, Scene, Weighted, bound

_VPROPBASER, _VPENDBASER = 0x2_0070, 0x2_0078
_VPES: Final = (0, 1, 2, 5)
#: GICR_VPENDBASER.IDAI
_IDAI: Final = 1 << 62
_BITS: Final = 16


def tables(s: Scene) -> Iterator[Planned]:
    """Configuration of doorbells and virtual LPIs."""
    for intid in s.doorbells:
        value = s.priority() & 0xFC | 0x2 | s.chance(0.85)
        at = layout.PROPERTIES + intid - FIRST_LPI
        yield "doorbell-table", bound(lambda s, a, v: [store(a, v, 1, state=s.state)], at, value)
    for intid in s.virtual_lpis:
        yield "vlpi-table", bound(lambda s, n: [_store(s, n)], intid)


def opening(s: Scene) -> Iterator[Planned]:
    """vPEs and some virtual LPIs."""
    for pe in range(s.pes):
        table = layout.VIRTUAL_PROPERTIES | _BITS - 1
        yield "vprop-table", bound(lambda s, n, t: [write(f"gicr{n}", _VPROPBASER, t, 8, n, s.state)], pe, table)
    for vpe in _VPES[: s.rng.randint(2, 4)]:
        yield "map-vpe", bound(lambda s, v: _map(s, v), vpe)
    for _ in range(2 * len(s.virtual_lpis)):
        yield "map-virtual", map_virtual


def _store(s: Scene, intid: int) -> Op:
    value = s.priority() & 0xFC | 0x2 | s.chance(0.85)
    return store(layout.VIRTUAL_PROPERTIES + intid - FIRST_LPI, value, 1, state=s.state)


def _command(s: Scene, words: encoding.Command) -> Sequence[Op]:
    ready = s.known.its.ready and s.known.its.tables[2] & VALID
    return [command(words, s.pe(), s.state)] if ready else ()


def _map(s: Scene, vpe: int) -> Sequence[Op]:
    return _command(s, encoding.vmapp(vpe, s.pe(), layout.virtual_pending_table(vpe), _BITS - 1))


def map_vpe(s: Scene) -> Sequence[Op]:
    """VMAPP: map a vPE that is not, or unmap one that has no events and is not resident."""
    vpe = s.choose(_VPES)
    if vpe not in s.known.its.vpes:
        return _map(s, vpe)
    if vpe in s.known.resident:
        return ()
    return _command(s, encoding.vmapp(vpe, 0, 0, 0, valid=False))


def map_virtual(s: Scene) -> Sequence[Op]:
    """VMAPTI, with a doorbell or without."""
    devices, vpes = s.known.its.devices, list(s.known.its.vpes)
    if not devices or not vpes:
        return ()
    device = s.choose(list(devices))
    doorbell = s.choose((SPURIOUS, *s.doorbells))
    event = s.rng.randrange(min(devices[device], 8))
    return _command(s, encoding.vmapti(device, event, s.choose(vpes), s.choose(s.virtual_lpis), doorbell))


def _virtual_event(s: Scene) -> tuple[int, int] | None:
    events = s.known.its.virtual()
    return s.choose(events) if events else None


def send_virtual(s: Scene) -> Sequence[Op]:
    """INT of an event that is a virtual LPI."""
    event = _virtual_event(s)
    return () if event is None else _command(s, encoding.interrupt(*event))


def clear_virtual(s: Scene) -> Sequence[Op]:
    """CLEAR, or rarely DISCARD, of such an event."""
    event = _virtual_event(s)
    encode = encoding.clear if s.chance(0.8) else encoding.discard
    return () if event is None else _command(s, encode(*event))


def move_virtual(s: Scene) -> Sequence[Op]:
    """VMOVI."""
    event, vpes = _virtual_event(s), list(s.known.its.vpes)
    if event is None or not vpes:
        return ()
    return _command(s, encoding.vmovi(*event, s.choose(vpes), s.choose((None, SPURIOUS, *s.doorbells))))


def move_vpe(s: Scene) -> Sequence[Op]:
    """VMOVP of a vPE that is not resident."""
    vpes = [vpe for vpe in s.known.its.vpes if vpe not in s.known.resident]
    return _command(s, encoding.vmovp(s.choose(vpes), s.pe())) if vpes else ()


def on_vpe(s: Scene) -> Sequence[Op]:
    """VSYNC or VINVALL."""
    vpes = list(s.known.its.vpes)
    return _command(s, s.choose((encoding.vsync, encoding.vinvall))(s.choose(vpes))) if vpes else ()


def configure_virtual(s: Scene) -> Sequence[Op]:
    """Change the configuration of a virtual LPI, and invalidate what may be cached of it for every vPE at once."""
    if not s.known.its.ready:
        return ()
    pe = s.pe()
    ops = [_store(s, s.choose(s.virtual_lpis))]
    return [*ops, *(command(encoding.vinvall(vpe), pe, s.state) for vpe in s.known.its.vpes)]


def schedule(s: Scene) -> Sequence[Op]:
    """GICR_VPENDBASER: make a vPE of this PE resident, or let the one that is leave."""
    pe = s.pe()
    gicr = f"gicr{pe}"
    if s.known.resident[pe] is not None:
        return [write(gicr, _VPENDBASER, 0, 8, pe, s.state), read(gicr, _VPENDBASER, 8, pe, s.state)]
    here = [vpe for vpe, at in s.known.its.vpes.items() if at == pe]
    if not here:
        return ()
    value = VALID | layout.virtual_pending_table(s.choose(here)) | _IDAI * s.chance(0.5)
    return [write(gicr, _VPENDBASER, value, 8, pe, s.state)]


def look_virtual(s: Scene) -> Sequence[Op]:
    """The pending table of a vPE that is resident nowhere; the registers of residency."""
    pe = s.pe()
    if s.chance(0.5):
        return [read(f"gicr{pe}", at, 8, s.pe(), s.state) for at in (_VPROPBASER, _VPENDBASER)]
    vpe, intid = s.choose(_VPES), s.choose(s.virtual_lpis)
    if vpe in s.known.resident:
        return ()
    return [load(layout.virtual_pending_table(vpe) + intid // 64 * 8, 8, pe, s.state)]


_ALL: Final[tuple[Weighted, ...]] = (
    ("send-virtual", 16, send_virtual),
    ("clear-virtual", 1.5, clear_virtual),
    ("map-virtual", 3, map_virtual),
    ("move-virtual", 1.5, move_virtual),
    ("map-vpe", 0.5, map_vpe),
    ("move-vpe", 1, move_vpe),
    ("on-vpe", 1, on_vpe),
    ("configure-virtual", 2, configure_virtual),
    ("schedule", 8, schedule),
    ("look-virtual", 3, look_virtual),
)


ACTIONS: Final = common.where(lambda s: s.config.gicv4 is not None, _ALL)
