"""The physical commands of an ITS (IHI 0069 5.3): decoding of the 32 bytes, and what each does.

A command either does all it should, or raises `CommandFault` before it has changed anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from irqpath.config.sizes import FIRST_LPI
from irqpath.core.errors import ArchError
from irqpath.core.transactions import LpiClear, LpiInv, LpiInvall, LpiSet, LpiSync, LpiTake, LpiTakeAny
from irqpath.gic.common.tables import (
    Device,
    Translation,
    is_mapped,
    looks_mapped,
    pack_collection,
    pack_device,
    read_translation,
    write_translation,
)
from irqpath.gic.its.host import ItsHost


class CommandFault(Exception):
    """A command error; the ITS stalls or goes on, as its Policy says (R47)."""

    def __init__(self, error: ArchError, detail: str) -> None:
        super().__init__(f"{error.name}: {detail}")
        self.error = error
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Words:
    """The four 64-bit words of a command, with the fields that commands share."""

    dw0: int
    dw1: int
    dw2: int
    dw3: int

    @property
    def device(self) -> int:
        """DeviceID, DW0[63:32]."""
        return self.dw0 >> 32

    @property
    def event(self) -> int:
        """EventID, DW1[31:0]."""
        return self.dw1 & 0xFFFF_FFFF

    @property
    def icid(self) -> int:
        """ICID, DW2[15:0]."""
        return self.dw2 & 0xFFFF

    @property
    def rdbase(self) -> int:
        """RDbase, DW2[51:16]."""
        return self.dw2 >> 16 & 0xF_FFFF_FFFF

    @property
    def valid(self) -> int:
        """V, DW2[63]."""
        return self.dw2 >> 63


@dataclass(frozen=True, slots=True)
class Mapping:
    """An event that is mapped all the way: device, translation, and the PE of its collection."""

    device: Device
    translation: Translation
    pe: int


def find(its: ItsHost, w: Words, error: ArchError) -> Mapping:
    """Follow device, event and collection; raises `CommandFault(error)` where one is not mapped."""
    where = f"DeviceID {w.device}, EventID {w.event}"
    device = its.device(w.device)
    if device is None or w.event >= device.events:
        raise CommandFault(error, where)
    translation = read_translation(device, w.event, its.config, its.mem)
    if translation is None:
        raise CommandFault(error, where)
    pe = its.collection(translation.icid)
    if pe is None:
        raise CommandFault(error, f"{where}, ICID {translation.icid}")
    return Mapping(device, translation, pe)


def mapd(its: ItsHost, w: Words) -> tuple[int, ...]:
    """MAPD: map or unmap a device. The Size field is the number of EventID bits minus one (R34)."""
    size, itt = w.dw1 & 0x1F, w.dw2 & 0x000F_FFFF_FFFF_FF00
    at = its.device_address(w.device)
    if at is None:
        raise CommandFault(ArchError.MAPD_DEVICE_OOR, f"DeviceID {w.device}")
    if w.valid and size >= its.config.event_bits:
        raise CommandFault(ArchError.MAPD_ITTSIZE_OOR, f"DeviceID {w.device}, Size {size}")
    its.mem.write(at, its.config.device_entry_bytes, pack_device(w.valid, size, itt))
    its.wrote("device", device=w.device, valid=w.valid, size=size, itt=itt)
    return w.device, size, itt >> 8, w.valid


def mapc(its: ItsHost, w: Words) -> tuple[int, ...]:
    """MAPC: map a collection to a Redistributor, or unmap it."""
    at = its.collection_address(w.icid)
    if at is None:
        raise CommandFault(ArchError.MAPC_COLLECTION_OOR, f"ICID {w.icid}")
    if w.valid and its.pe_of(w.rdbase) is None:
        raise CommandFault(ArchError.MAPC_PROCNUM_OOR, f"ICID {w.icid}, RDbase {w.rdbase:#x}")
    its.mem.write(at, its.config.collection_entry_bytes, pack_collection(w.valid, w.rdbase))
    its.wrote("collection", icid=w.icid, valid=w.valid, rdbase=w.rdbase)
    return w.icid, w.rdbase, w.valid


def _map(its: ItsHost, w: Words, intid: int) -> None:
    """MAPTI and MAPI: the collection need not be mapped yet (R38)."""
    where = f"DeviceID {w.device}, EventID {w.event}"
    at = its.device_address(w.device)
    if at is None:
        raise CommandFault(ArchError.MAPTI_DEVICE_OOR, where)
    device = its.device_at(at)
    if device is None:
        raise CommandFault(ArchError.MAPTI_UNMAPPED_DEVICE, where)
    if w.event >= device.events:
        raise CommandFault(ArchError.MAPTI_ID_OOR, where)
    if its.collection_address(w.icid) is None:
        raise CommandFault(ArchError.MAPTI_COLLECTION_OOR, f"{where}, ICID {w.icid}")
    if not FIRST_LPI <= intid < its.lpi_limit:
        raise CommandFault(ArchError.MAPTI_PHYSICALID_OOR, f"{where}, pINTID {intid}")
    if remapped(its, device, w.event, where):
        return
    write_translation(device, w.event, its.config, its.mem, Translation(intid, w.icid))
    its.wrote("translation", itt=device.itt, event=w.event, valid=1, intid=intid, icid=w.icid)


def remapped(its: ItsHost, device: Device, event: int, where: str) -> bool:
    """Report a mapping of an event that has one, be it to a physical or a virtual LPI; True if the Policy leaves it (R37). An ITS
    that overwrites does not read the entry before."""
    leaves = its.policy.its_remap == "ignore"
    if leaves:
        found = is_mapped(device, event, its.config, its.mem)
    else:
        found = looks_mapped(device.itt + event * its.config.itt_entry_bytes, its.mem)
    if found:
        its.report(ArchError.MAPTI_REMAP, where)
    return found and leaves


def mapti(its: ItsHost, w: Words) -> tuple[int, ...]:
    """MAPTI: map an event to a pINTID and a collection."""
    intid = w.dw1 >> 32
    _map(its, w, intid)
    return w.device, w.event, w.icid, intid


def mapi(its: ItsHost, w: Words) -> tuple[int, ...]:
    """MAPI: as MAPTI, the pINTID is the EventID (R36)."""
    _map(its, w, w.event)
    return w.device, w.event, w.icid


def movi(its: ItsHost, w: Words) -> tuple[int, ...]:
    """MOVI: another collection for an event; its pending state moves along. Both collections must be mapped (R41)."""
    old = find(its, w, ArchError.MOVI_UNMAPPED)
    target = its.collection(w.icid)
    if target is None:
        raise CommandFault(ArchError.MOVI_UNMAPPED, f"DeviceID {w.device}, EventID {w.event}, new ICID {w.icid}")
    intid = old.translation.intid
    write_translation(old.device, w.event, its.config, its.mem, Translation(intid, w.icid))
    its.wrote("translation", itt=old.device.itt, event=w.event, valid=1, intid=intid, icid=w.icid)
    if target != old.pe and its.rds.call(old.pe, LpiTake(intid)).pending:
        its.rds.call(target, LpiSet(intid))
    return w.device, w.event, w.icid


def discard(its: ItsHost, w: Words) -> tuple[int, ...]:
    """DISCARD: unmap an event and clear its pending state; fails on an unmapped collection (R39)."""
    m = find(its, w, ArchError.DISCARD_UNMAPPED)
    write_translation(m.device, w.event, its.config, its.mem, None)
    its.wrote("translation", itt=m.device.itt, event=w.event, valid=0, intid=0, icid=0)
    its.rds.call(m.pe, LpiClear(m.translation.intid))
    return w.device, w.event


def interrupt(its: ItsHost, w: Words) -> tuple[int, ...]:
    """INT: as the device's own message."""
    m = find(its, w, ArchError.INT_UNMAPPED)
    its.rds.call(m.pe, LpiSet(m.translation.intid))
    return w.device, w.event


def clear(its: ItsHost, w: Words) -> tuple[int, ...]:
    """CLEAR: not pending any more; the mapping stays (R40)."""
    m = find(its, w, ArchError.CLEAR_UNMAPPED)
    its.rds.call(m.pe, LpiClear(m.translation.intid))
    return w.device, w.event


def inv(its: ItsHost, w: Words) -> tuple[int, ...]:
    """INV: the LPI's configuration is read again (R30)."""
    m = find(its, w, ArchError.INV_UNMAPPED)
    its.rds.call(m.pe, LpiInv(m.translation.intid))
    return w.device, w.event


def invall(its: ItsHost, w: Words) -> tuple[int, ...]:
    """INVALL: the configuration of a collection's LPIs is read again; here, of all LPIs of its Redistributor."""
    pe = its.collection(w.icid)
    if pe is None:
        raise CommandFault(ArchError.INVALL_UNMAPPED, f"ICID {w.icid}")
    its.rds.call(pe, LpiInvall())
    return (w.icid,)


def movall(its: ItsHost, w: Words) -> tuple[int, ...]:
    """MOVALL: all pending LPIs of one Redistributor join those of another; no mapping changes (R42)."""
    rdbase2 = w.dw3 >> 16 & 0xF_FFFF_FFFF
    source, target = its.pe_of(w.rdbase), its.pe_of(rdbase2)
    if source is None or target is None:
        raise CommandFault(ArchError.MOVALL_PROCNUM_OOR, f"RDbase1 {w.rdbase:#x}, RDbase2 {rdbase2:#x}")
    if source != target:
        while (taken := its.rds.call(source, LpiTakeAny())).pending:
            its.rds.call(target, LpiSet(taken.intid))
    return w.rdbase, rdbase2


def sync(its: ItsHost, w: Words) -> tuple[int, ...]:
    """SYNC: complete when all before has taken effect at the Redistributor."""
    pe = its.pe_of(w.rdbase)
    if pe is None:
        raise CommandFault(ArchError.SYNC_PROCNUM_OOR, f"RDbase {w.rdbase:#x}")
    its.rds.call(pe, LpiSync())
    return (w.rdbase,)


#: Command number, DW0[7:0] -> (name, what it does; returns its operands).
COMMANDS: Final[dict[int, tuple[str, Callable[[ItsHost, Words], tuple[int, ...]]]]] = {
    0x01: ("movi", movi),
    0x03: ("int", interrupt),
    0x04: ("clear", clear),
    0x05: ("sync", sync),
    0x08: ("mapd", mapd),
    0x09: ("mapc", mapc),
    0x0A: ("mapti", mapti),
    0x0B: ("mapi", mapi),
    0x0C: ("inv", inv),
    0x0D: ("invall", invall),
    0x0E: ("movall", movall),
    0x0F: ("discard", discard),
}
