"""Actions on LPIs: their tables, the ITS with its command queue, messages of devices (IHI 0069 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from irqpath.config.sizes import FIRST_LPI
from irqpath.gic.its import encoding
from irqpath_testbench.sequences.fields import INDIRECT, PTZ, VALID
from irqpath_testbench.tools.oracle.generator import common, layout
from irqpath_testbench.tools.oracle.generator.ops import Op, command, load, message, read, store, write
from irqpath_testbench.tools.oracle.generator.scene import Action, Planned, Scene, Weighted, bound

_CTLR, _PROPBASER, _PENDBASER = 0x00, 0x70, 0x78
_CBASER, _CWRITER, _CREADR, _BASER = 0x80, 0x88, 0x90, 0x100
#: Attributes of memory accesses that mean nothing to a model: cacheability and shareability.
_ATTRIBUTES = (0, 0x780, 0xB80)


def opening(s: Scene) -> Iterator[Planned]:
    """Tables, ITS, mappings; sometimes nothing of it, sometimes with a gap."""
    if not s.config.lpis or s.chance(0.15):
        return
    yield from _opening_tables(s)
    if not s.config.its:
        return
    yield "its-tables", lambda s: [*_its_tables(s)]
    yield "its-control", lambda s: [write("its0", _CTLR, 1, state=s.state)]
    for icid in range(s.config.pes):
        yield "map-collection", bound(lambda s, n: _command(s, encoding.mapc(n, _rdbase(s, n))), icid)
    for device in s.devices:
        yield "map-device", bound(lambda s, d: map_device(s, d), device)
    for _ in range(2 * len(s.lpis)):
        yield "map-event", map_event


def _opening_tables(s: Scene) -> Iterator[Planned]:
    for intid in s.lpis:
        value = s.priority() & 0xFC | 0x2 | (s.chance(0.85))
        yield (
            "lpi-configure",
            bound(lambda s, n, v: [store(layout.PROPERTIES + n - FIRST_LPI, v, 1, state=s.state)], intid, value),
        )
    for pe in range(s.config.pes):
        yield "lpi-tables", bound(lambda s, n: [*_lpi_tables(s, n)], pe)
        yield "lpi-enable", bound(lambda s, n: [write(f"gicr{n}", _CTLR, 1, pe=n, state=s.state)], pe)


def _lpi_tables(s: Scene, pe: int) -> Iterator[Op]:
    attributes = s.choose(_ATTRIBUTES)
    yield write(f"gicr{pe}", _PROPBASER, layout.PROPERTIES | attributes | (s.property_bits - 1), 8, pe, s.state)
    yield write(f"gicr{pe}", _PENDBASER, layout.pending_table(pe) | attributes | PTZ * s.chance(0.3), 8, pe, s.state)


def _its_tables(s: Scene) -> Iterator[Op]:
    attributes = s.choose(_ATTRIBUTES)
    page = s.its_page
    if s.indirect:
        yield store(layout.DEVICES, layout.DEVICES_LEVEL2 | VALID, state=s.state)
        yield write("its0", _BASER, layout.DEVICES | VALID | INDIRECT | attributes | page << 8 | 0, 8, state=s.state)
    else:
        yield write("its0", _BASER, layout.DEVICES | VALID | attributes | page << 8 | 7, 8, state=s.state)
    yield write("its0", _BASER + 8, layout.COLLECTIONS | VALID | attributes | page << 8 | 1, 8, state=s.state)
    if s.config.gicv4 is not None:
        yield write("its0", _BASER + 16, layout.VPES | VALID | attributes | page << 8, 8, state=s.state)
    yield write("its0", _CBASER, layout.COMMANDS | VALID | attributes | s.its_queue_pages - 1, 8, state=s.state)
    if not s.known.its.enabled:
        yield write("its0", _CWRITER, 0, 8, state=s.state)


def _rdbase(s: Scene, pe: int) -> int:
    if not s.config.its[0].pta:
        return pe
    return (s.config.gicr_base + pe * s.config.gicr_stride) >> 16


def _command(s: Scene, words: encoding.Command) -> Sequence[Op]:
    """A command, if there is an ITS to take it."""
    return [command(words, s.pe(), s.state)] if s.known.its.ready else ()


def _event(s: Scene) -> tuple[int, int] | None:
    """An event that is mapped, sometimes one that is not."""
    mapped = s.known.its.mapped()
    if mapped and s.chance(0.95):
        return s.choose(mapped)
    return (s.choose(s.devices), s.rng.randrange(8)) if s.chance(0.2) else None


def on_event(encode: Callable[[int, int], encoding.Command]) -> Action:
    """INT, CLEAR, INV or DISCARD of some event."""

    def act(s: Scene) -> Sequence[Op]:
        event = _event(s)
        return () if event is None else _command(s, encode(*event))

    return act


def send_message(s: Scene) -> Sequence[Op]:
    """A device writes GITS_TRANSLATER."""
    event = _event(s)
    if event is None or not s.known.its.enabled or (s.messengers is not None and event[0] not in s.messengers):
        return ()
    return [message(*event, pe=s.pe(), state=s.state)]


def map_device(s: Scene, device: int) -> Sequence[Op]:
    """MAPD with a table of its own."""
    size = s.choose((0, 1, 2, 3, 4, 4, 13))
    if s.chance(0.04):
        size = 16
    itt = s.new_itt(1 << min(size, 13) + 1)
    return _command(s, encoding.mapd(device, itt, size)) if itt else ()


def remap_device(s: Scene) -> Sequence[Op]:
    """MAPD of a device, to map, map again or unmap it; of one that does not exist."""
    device = s.choose(s.devices) if s.chance(0.95) else 1 << 17
    if s.chance(0.3):
        return _command(s, encoding.mapd(device, 0, 0, valid=False))
    return map_device(s, device)


def map_event(s: Scene) -> Sequence[Op]:
    """MAPTI, or MAPI where the EventID can be an LPI."""
    devices = s.known.its.devices
    if not devices or s.chance(0.03):
        return _command(s, encoding.mapti(s.choose(s.devices), s.rng.randrange(40), s.choose((*s.lpis, 5)), s.rng.randrange(8)))
    device = s.choose(list(devices))
    icid = s.rng.randrange(s.config.pes) if s.chance(0.95) else s.choose((5, 300, 0xFFFF))
    if devices[device] > FIRST_LPI and s.chance(0.5):
        return _command(s, encoding.mapi(device, s.choose(s.lpis), icid))
    return _command(s, encoding.mapti(device, s.rng.randrange(min(devices[device], 8)), s.choose(s.lpis), icid))


def move_event(s: Scene) -> Sequence[Op]:
    """MOVI."""
    event = _event(s)
    return () if event is None else _command(s, encoding.movi(*event, s.rng.randrange(s.config.pes + (s.chance(0.05)))))


def map_collection(s: Scene) -> Sequence[Op]:
    """MAPC: map, move or unmap a collection."""
    icid = s.rng.randrange(s.config.pes) if s.chance(0.8) else s.choose((5, 300, 0xFFFF))
    pe = s.pe() if s.chance(0.95) else 77
    return _command(s, encoding.mapc(icid, _rdbase(s, pe), valid=s.chance(0.85)))


def invalidate_all(s: Scene) -> Sequence[Op]:
    """INVALL."""
    return _command(s, encoding.invall(s.rng.randrange(s.config.pes + s.chance(0.1))))


def move_all(s: Scene) -> Sequence[Op]:
    """MOVALL."""
    return _command(s, encoding.movall(_rdbase(s, s.pe()), _rdbase(s, s.pe())))


def sync(s: Scene) -> Sequence[Op]:
    """SYNC."""
    return _command(s, encoding.sync(_rdbase(s, s.pe())))


def unknown_command(s: Scene) -> Sequence[Op]:
    """A command number that means nothing, with any operands."""
    return _command(s, (s.choose((0x00, 0x02, 0x06, 0x10, 0x7F)), s.rng.getrandbits(64), s.rng.getrandbits(64), 0))


def configure(s: Scene) -> Sequence[Op]:
    """Change the configuration of a mapped LPI and invalidate what is cached of it at once (R30)."""
    mapped = [key for key in s.known.its.mapped() if s.known.its.events[key].vpe < 0]
    if not mapped or not s.known.its.ready or not s.known.its.invalidates_all():
        return ()
    event = s.choose(mapped)
    at = layout.PROPERTIES + s.known.its.events[event].intid - FIRST_LPI
    value = s.priority() & 0xFC | 0x2 | s.chance(0.75)
    pe = s.pe()
    ops = [store(at, value, 1, pe, s.state), command(encoding.inv(*event), pe, s.state)]
    if s.known.its.scattered:  # INV reaches the Redistributor of its collection only
        ops += [command(encoding.invall(icid), pe, s.state) for icid in s.known.its.collections]
    return ops


def lpi_enable(s: Scene) -> Sequence[Op]:
    """GICR_CTLR.EnableLPIs: off, look at the pending table, set the tables anew, on."""
    pe = s.pe()
    gicr = f"gicr{pe}"
    ops = [write(gicr, _CTLR, 0, pe=pe, state=s.state), read(gicr, _CTLR, pe=pe, state=s.state)]
    ops += [load(layout.pending_table(pe) + intid // 64 * 8, 8, pe, s.state) for intid in s.lpis[:3]]
    if s.known.pes[pe].lpis or s.chance(0.5):
        ops.append(write(gicr, _CTLR, 1, pe=pe, state=s.state))
    return ops


def lpi_tables(s: Scene) -> Sequence[Op]:
    """PROPBASER and PENDBASER, mostly while LPIs are disabled."""
    return [*_lpi_tables(s, s.pe())]


def its_registers(s: Scene) -> Sequence[Op]:
    """GITS_BASER, CBASER, CWRITER: set up again, mostly while the ITS is disabled."""
    return [*_its_tables(s)]


def its_control(s: Scene) -> Sequence[Op]:
    """GITS_CTLR off and on."""
    return [write("its0", _CTLR, 0, state=s.state), read("its0", _CTLR, state=s.state), write("its0", _CTLR, 1, state=s.state)]


def its_look(s: Scene) -> Sequence[Op]:
    """The command queue's pointers."""
    return [read("its0", at, 8, s.pe(), s.state) for at in (_CREADR, _CWRITER)]


_ITS: Final[tuple[Weighted, ...]] = (
    ("int", 8, on_event(encoding.interrupt)),
    ("message", 4, send_message),
    ("clear", 1.5, on_event(encoding.clear)),
    ("inv", 1, on_event(encoding.inv)),
    ("discard", 0.7, on_event(encoding.discard)),
    ("map-device", 0.4, remap_device),
    ("map-event", 3, map_event),
    ("move-event", 2, move_event),
    ("map-collection", 0.4, map_collection),
    ("invall", 0.7, invalidate_all),
    ("move-all", 0.5, move_all),
    ("sync", 1, sync),
    ("unknown-command", 0.2, unknown_command),
    ("lpi-configure", 2, configure),
    ("its-tables", 0.2, its_registers),
    ("its-control", 0.3, its_control),
    ("its-look", 1, its_look),
)
_LPI: Final[tuple[Weighted, ...]] = (
    ("lpi-enable", 0.4, lpi_enable),
    ("lpi-tables", 0.2, lpi_tables),
)

ACTIONS: Final = (
    *common.where(lambda s: s.config.its, _ITS),
    *common.where(lambda s: s.config.lpis, _LPI),
)
