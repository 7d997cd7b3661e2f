"""The tables of an ITS: device table, collection table, interrupt translation tables (IHI 0069 5.2).

Level-1 entries of an indirect table are architected; all other entries are ours (R48):

    device entry       bit 63 valid, bits [51:8] of the ITT's address in place, bits [4:0] EventID bits minus one
    collection entry   bit 63 valid, bits [51:16] RDbase as the command gave it (processor number: from bit 16 up)
    translation entry  bit 63 valid, bits [47:32] ICID, bits [31:0] pINTID; the first 8 bytes of `itt_entry_bytes`
    ... to a virtual LPI (GICv4)   bit 63 valid, bit 62 set, bits [47:32] vPEID, bits [31:0] vINTID; bytes 8 to 11 the doorbell
"""

from __future__ import annotations

from dataclasses import dataclass

from irqpath.config.sizes import ItsConfig
from irqpath.core.memory import MemPort

VALID = 1 << 63
_VIRTUAL = 1 << 62
_PAGE_BYTES = (4096, 16384, 65536, 65536)  # GITS_BASER.Page_Size; 0b11 is reserved and treated as 0b10


@dataclass(frozen=True, slots=True)
class Table:
    """One GITS_BASER decoded: where the table lies and how many entries it has room for."""

    valid: bool
    indirect: bool
    base: int
    page_bytes: int
    entry_bytes: int
    pages: int

    @classmethod
    def of(cls, baser: int) -> Table:
        """Decode GITS_BASER (IHI 0069 GITS_BASER: bits [15:12] hold PA[51:48] with 64 KB pages)."""
        page_bytes = _PAGE_BYTES[baser >> 8 & 3]
        base = baser & 0xFFFF_FFFF_F000
        if page_bytes == 65536:
            base = baser & 0xFFFF_FFFF_0000 | (baser >> 12 & 0xF) << 48
        return cls(
            bool(baser & VALID),
            bool(baser >> 62 & 1),
            base,
            page_bytes,
            (baser >> 48 & 0x1F) + 1,
            (baser & 0xFF) + 1,
        )

    def entry_address(self, index: int, mem: MemPort) -> int | None:
        """Address of entry `index`; None if it lies beyond the table or its level-2 page is not there."""
        if not self.valid:
            return None
        if not self.indirect:
            offset = index * self.entry_bytes
            return self.base + offset if offset + self.entry_bytes <= self.pages * self.page_bytes else None
        per_page = self.page_bytes // self.entry_bytes
        page, within = divmod(index, per_page)
        if page * 8 >= self.pages * self.page_bytes:
            return None
        level1 = mem.read(self.base + page * 8, 8)
        if not level1 & VALID:
            return None
        return (level1 & 0x000F_FFFF_FFFF_FFFF & ~(self.page_bytes - 1)) + within * self.entry_bytes


@dataclass(frozen=True, slots=True)
class Device:
    """A mapped device: its ITT's address and how many events it has."""

    itt: int
    events: int


@dataclass(frozen=True, slots=True)
class Translation:
    """A mapped event."""

    intid: int
    icid: int


@dataclass(frozen=True, slots=True)
class VirtualTranslation:
    """An event that is mapped to a virtual LPI; `doorbell`: a physical LPI, 1023 for none."""

    intid: int
    vpe: int
    doorbell: int


def pack_device(valid: int, size: int, itt: int) -> int:
    """Device entry; `size`: EventID bits minus one (R34), `itt`: byte address."""
    return VALID | itt & 0x000F_FFFF_FFFF_FF00 | size & 0x1F if valid else 0


def unpack_device(entry: int) -> Device | None:
    """The device of an entry, None if it is not mapped."""
    return Device(entry & 0x000F_FFFF_FFFF_FF00, 1 << ((entry & 0x1F) + 1)) if entry & VALID else None


def pack_collection(valid: int, rdbase: int) -> int:
    """Collection entry; `rdbase`: bits [51:16] of the command's field, as a number."""
    return VALID | (rdbase & 0xF_FFFF_FFFF) << 16 if valid else 0


def unpack_collection(entry: int) -> int | None:
    """RDbase of a collection, None if it is not mapped."""
    return entry >> 16 & 0xF_FFFF_FFFF if entry & VALID else None


def pack_translation(translation: Translation | VirtualTranslation | None) -> int:
    """Translation entry, its first 8 bytes; None unmaps."""
    if isinstance(translation, VirtualTranslation):
        return VALID | _VIRTUAL | translation.vpe << 32 | translation.intid
    return 0 if translation is None else VALID | translation.icid << 32 | translation.intid


def unpack_translation(entry: int) -> Translation | None:
    """The translation of an entry, None if the event is not mapped to a physical LPI."""
    return Translation(entry & 0xFFFF_FFFF, entry >> 32 & 0xFFFF) if entry & (VALID | _VIRTUAL) == VALID else None


def is_mapped(device: Device, event: int, config: ItsConfig, mem: MemPort) -> bool:
    """Whether entry `event` of the device's ITT maps it to anything."""
    return bool(_read_entry(device, event, config, mem) & VALID)


def looks_mapped(address: int, mem: MemPort) -> bool:
    """Whether the entry at `address` is valid, as far as the memory tells without an access."""
    upper = mem.peek(address + 4, 4)
    return upper is not None and bool(upper >> 31)


def read_translation(device: Device, event: int, config: ItsConfig, mem: MemPort) -> Translation | None:
    """Entry `event` of the device's ITT, if it is one of a physical LPI."""
    return unpack_translation(_read_entry(device, event, config, mem))


def _read_entry(device: Device, event: int, config: ItsConfig, mem: MemPort) -> int:
    at = device.itt + event * config.itt_entry_bytes
    if config.itt_entry_bytes % 8 == 0:
        return mem.read(at, 8)
    low = mem.read(at, 4)
    return mem.read(at + 4, 4) << 32 | low


def read_virtual(device: Device, event: int, config: ItsConfig, mem: MemPort) -> VirtualTranslation | None:
    """Entry `event` of the device's ITT, if it is one of a virtual LPI."""
    entry = _read_entry(device, event, config, mem)
    if entry & (VALID | _VIRTUAL) != VALID | _VIRTUAL:
        return None
    doorbell = mem.read(device.itt + event * config.itt_entry_bytes + 8, 4)
    return VirtualTranslation(entry & 0xFFFF_FFFF, entry >> 32 & 0xFFFF, doorbell)


def write_translation(
    device: Device, event: int, config: ItsConfig, mem: MemPort, translation: Translation | VirtualTranslation | None
) -> None:
    """Write entry `event` of the device's ITT."""
    if isinstance(translation, VirtualTranslation):
        mem.write(device.itt + event * config.itt_entry_bytes + 8, 4, translation.doorbell)
    at, entry = device.itt + event * config.itt_entry_bytes, pack_translation(translation)
    if config.itt_entry_bytes % 8 == 0:
        mem.write(at, 8, entry)
        return
    mem.write(at, 4, entry & 0xFFFF_FFFF)
    mem.write(at + 4, 4, entry >> 32)
