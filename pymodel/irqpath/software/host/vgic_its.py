"""KVM's software ITS (arch/arm64/kvm/vgic/vgic-its.c): a guest's commands, and what an MSI becomes, with a translation cache."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from irqpath.config.sizes import FIRST_LPI
from irqpath.core.errors import CheckError
from irqpath.gic.its import encoding
from irqpath.gic.its.encoding import COMMAND_BYTES
from irqpath.regs import GITS
from irqpath.software.kvm.vgic import Vgic
from irqpath.virtio.port import RingPort

_ADDRESS: Final = 0xF_FFFF_FFFF_F000
_PAGES: Final = 0xFF
_TYPER: Final = 1 | 7 << 4 | 15 << 8 | 15 << 13


@dataclass(slots=True)
class Translation:
    """Of an event: its LPI, and the collection that it goes to."""

    intid: int
    collection: int


@dataclass(slots=True)
class VgicIts:
    """`properties`: address of the guest's table of LPI configurations; `mapped`: events that have got an LPI
    (device, event, LPI), and `configured`: LPIs whose configuration was read, since somebody took them."""

    vgic: Vgic
    memory: RingPort
    properties: Callable[[], int]
    registers: dict[str, int] = field(default_factory=dict)
    events: dict[tuple[int, int], Translation] = field(default_factory=dict)
    collections: dict[int, int] = field(default_factory=dict)
    mapped: list[tuple[int, int, int]] = field(default_factory=list)
    configured: list[int] = field(default_factory=list)
    #: of the last events that were translated, their LPIs
    cache: dict[tuple[int, int], int] = field(default_factory=dict)

    # --- registers ------------------------------------------------------------------------------------------------------

    def read(self, offset: int, size: int) -> int:
        """A guest's read of a register of GITS."""
        name = GITS.name_at(offset)
        return (_TYPER if name == "GITS_TYPER" else self.registers.get(name, 0)) & (1 << 8 * size) - 1

    def write(self, offset: int, value: int) -> None:
        """A guest's write; of GITS_CWRITER: commands are executed at once."""
        name = GITS.name_at(offset)
        if name == "GITS_CBASER":
            self.registers["GITS_CREADR"] = 0
        self.registers[name] = value
        if name == "GITS_CWRITER":
            self._commands()

    def _commands(self) -> None:
        base = self.registers["GITS_CBASER"]
        size = (base & _PAGES) + 1 << 12
        at = self.registers["GITS_CREADR"]
        while at != self.registers["GITS_CWRITER"]:
            words = [self.memory.read((base & _ADDRESS) + at + 8 * n, 8) for n in range(4)]
            self._execute(*words)
            at = (at + COMMAND_BYTES) % size
        self.registers["GITS_CREADR"] = at

    # --- commands -------------------------------------------------------------------------------------------------------

    def _execute(self, dw0: int, dw1: int, dw2: int, dw3: int) -> None:
        """vgic_its_handle_command. Raises `CheckError` for one that this guest has no use of."""
        del dw3
        kind, key, collection = dw0 & 0xFF, (dw0 >> 32, dw1 & 0xFFFF_FFFF), dw2 & 0xFFFF
        if kind == encoding.MAPC:
            self.collections[collection] = dw2 >> 16 & 0xFFFF
        elif kind == encoding.MAPTI:
            self._map(key, Translation(dw1 >> 32, collection))
        elif kind == encoding.MOVI:
            self.events[key].collection = collection
            self.vgic.irq(self.events[key].intid).target = self.collections[collection]
        elif kind == encoding.INV:
            self._configure(self.events[key].intid)
        elif kind == encoding.INVALL:
            for event in self.events.values():
                if event.collection == collection:
                    self._configure(event.intid)
        elif kind == encoding.DISCARD:
            self._discard(key)
        elif kind not in (encoding.MAPD, encoding.SYNC):
            raise CheckError(f"a guest's ITS command {kind:#x}, which no driver here sends")

    def _map(self, key: tuple[int, int], event: Translation) -> None:
        self.events[key] = event
        target = self.collections[event.collection]
        self.vgic.irq(event.intid).target = target
        self._configure(event.intid)
        self.mapped.append((*key, event.intid))

    def _discard(self, key: tuple[int, int]) -> None:
        self.cache.clear()
        self.vgic.unmap(self.events.pop(key).intid)

    def _configure(self, intid: int) -> None:
        """update_lpi_config: the byte in the guest's table."""
        value = self.memory.read(self.properties() + intid - FIRST_LPI, 1)
        irq = self.vgic.irq(intid)
        irq.enabled, irq.priority = bool(value & 1), value & 0xFC
        self.vgic.queue(irq)
        self.configured.append(intid)

    # --- messages -------------------------------------------------------------------------------------------------------

    def translate(self, device: int, event: int) -> int | None:
        """The LPI of a message, None where it has none; from the cache, if it was there before."""
        found = self.cache.get((device, event))
        if found is None:
            mapped = self.events.get((device, event))
            if mapped is None:
                return None
            found = self.cache[device, event] = mapped.intid
        return found
