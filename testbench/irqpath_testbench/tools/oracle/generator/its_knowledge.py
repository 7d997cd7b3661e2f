"""What software knows of the ITS that it set up: tables, mappings, and which commands are in order (IHI 0069 5.2, 5.3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from irqpath.config.sizes import FIRST_LPI, SPURIOUS, GicConfig
from irqpath.gic.its import encoding
from irqpath_testbench.sequences.fields import VALID

#: Commands about one event: CLEAR, DISCARD, INT, INV, MOVI.
_ON_EVENT = frozenset((encoding.CLEAR, encoding.DISCARD, encoding.INT, encoding.INV, encoding.MOVI))


@dataclass(slots=True)
class Event:
    """A mapped event. `intid`: its LPI, `icid`: its collection; or `vpe` whose virtual LPI it is, and the doorbell."""

    intid: int
    icid: int = -1
    vpe: int = -1
    doorbell: int = SPURIOUS


class ItsKnowledge:
    """`devices`: DeviceID -> events that its table has room for; `events`: (DeviceID, EventID) -> mapping; `collections`: ICID ->
    PE."""

    def __init__(self, config: GicConfig) -> None:
        self._config = config
        self.enabled = False
        self.queue = 0  # GITS_CBASER
        self.tables = [0, 0, 0]  # GITS_BASER<n>: devices, collections, vPEs
        #: vPEID -> PE
        self.vpes: dict[int, int] = {}
        self.devices: dict[int, int] = {}
        self.events: dict[tuple[int, int], Event] = {}
        self.collections: dict[int, int] = {}
        #: some LPI may be pending at another PE than that of its collection
        self.scattered = False
        #: LPIs whose configuration was changed in memory and not yet invalidated wherever they may be pending
        self.stale: set[int] = set()
        self._invalidated: set[int] = set()

    @property
    def placed(self) -> bool:
        """The queue and the tables of devices and collections are valid."""
        return bool(self.queue & VALID) and all(table & VALID for table in self.tables[:2])

    @property
    def ready(self) -> bool:
        """Commands can be carried out."""
        return self.enabled and self.placed

    def mapped(self) -> list[tuple[int, int]]:
        """Events that are mapped all the way to a PE."""
        return [key for key in self.events if self.target(*key) is not None]

    def virtual(self) -> list[tuple[int, int]]:
        """Events that are mapped all the way to a vPE."""
        return [key for key, event in self.events.items() if event.vpe in self.vpes]

    def target(self, device: int, event: int) -> int | None:
        """The PE of an event."""
        mapping = self.events.get((device, event))
        if mapping is None:
            return None
        return self.vpes.get(mapping.vpe) if mapping.vpe >= 0 else self.collections.get(mapping.icid)

    def wrote(self, name: str, index: int, value: int, size: int) -> None:
        """A register was written whole."""
        if name == "GITS_CTLR":
            self.enabled = bool(value & 1)
        elif self.enabled or size != 8:
            return
        elif name == "GITS_CBASER":
            self.queue = value
        elif name == "GITS_BASER" and index < 3:
            self.tables[index] = value

    def _rooms(self) -> Iterator[int]:
        """How many devices and how many collections flat tables have room for."""
        c = self._config.its[0]
        for baser, entry, bits in zip(
            self.tables[:2], (c.device_entry_bytes, c.collection_entry_bytes), (c.device_bits, c.collection_bits), strict=True
        ):
            page = (4096, 16384, 65536, 65536)[baser >> 8 & 3]
            room = ((baser & 0xFF) + 1) * page // entry
            if baser >> 62 & 1:
                room = ((baser & 0xFF) + 1) * page // 8 * (page // entry)
            yield min(room, 1 << bits)

    # --- commands -------------------------------------------------------------------------------------------------------

    def judge(self, words: tuple[int, ...]) -> str:
        """ "" if the command is in order, "ITS_COMMAND" if it is an error, "ITS_REMAP" if its effect is UNPREDICTABLE."""
        number, device, event, icid = words[0] & 0xFF, words[0] >> 32, words[1] & 0xFFFF_FFFF, words[2] & 0xFFFF
        valid = bool(words[2] & VALID)
        if number >= 0x20:
            return self._judge_virtual(words) if self._config.gicv4 is not None else "ITS_COMMAND"
        devices, collections = self._rooms()
        if number in _ON_EVENT:
            ok = self.target(device, event) is not None
            if number == 0x01:
                ok = ok and icid in self.collections and (device, event) not in self.virtual()
        elif number == 0x08:
            ok = device < devices and not (valid and (words[1] & 0x1F) >= self._config.its[0].event_bits)
            if ok and any(key[0] == device for key in self.events):
                return "ITS_REMAP"
        elif number == 0x09:
            ok = icid < collections and not (valid and self._pe(words[2] >> 16 & 0xF_FFFF_FFFF) is None)
            if ok and any(e.icid == icid for e in self.events.values()) and self.collections.get(icid) is not None:
                return "ITS_REMAP"
        elif number in (0x0A, 0x0B):
            ok = device in self.devices and event < self.devices[device] and icid < collections
            intid = words[1] >> 32 if number == 0x0A else event
            ok = ok and FIRST_LPI <= intid < 1 << self._config.intid_bits
            taken = any(e.intid == intid and key != (device, event) for key, e in self.events.items())
            if ok and (taken or (device, event) in self.events):
                return "ITS_REMAP"
        elif number == 0x0D:
            ok = icid in self.collections
        elif number == 0x0E:
            ok = all(self._pe(word >> 16 & 0xF_FFFF_FFFF) is not None for word in words[2:])
        else:
            ok = number == 0x05 and self._pe(words[2] >> 16 & 0xF_FFFF_FFFF) is not None
        return "" if ok else "ITS_COMMAND"

    def _judge_virtual(self, words: tuple[int, ...]) -> str:
        """The commands of GICv4.0."""
        number, key, vpe = words[0] & 0xFF, (words[0] >> 32, words[1] & 0xFFFF_FFFF), words[1] >> 32 & 0xFFFF
        ready = bool(self.tables[2] & VALID)
        if number == 0x29:
            valid, pe = bool(words[2] & VALID), self._pe(words[2] >> 16 & 0xF_FFFF_FFFF)
            ok = ready and (not valid or pe is not None)
            in_use = vpe in self.vpes and (valid or any(e.vpe == vpe for e in self.events.values()))
            return "ITS_REMAP" if ok and in_use else "" if ok else "ITS_COMMAND"
        if number == 0x2A:
            intid, doorbell = words[2] & 0xFFFF_FFFF, words[2] >> 32
            ok = key[0] in self.devices and key[1] < self.devices[key[0]] and vpe in self.vpes
            ok = ok and FIRST_LPI <= intid < 1 << self._config.intid_bits
            ok = ok and (doorbell == SPURIOUS or FIRST_LPI <= doorbell < 1 << self._config.intid_bits)
            taken = any(e.vpe == vpe and e.intid == intid for k, e in self.events.items() if k != key)
            return "ITS_REMAP" if ok and (taken or key in self.events) else "" if ok else "ITS_COMMAND"
        if number == 0x21:
            taken = any(
                e.vpe == vpe and e.intid == self.events[key].intid
                for k, e in self.events.items()
                if k != key and key in self.events
            )
            ok = key in self.virtual() and vpe in self.vpes
            return "ITS_REMAP" if ok and taken else "" if ok else "ITS_COMMAND"
        if number == 0x22:
            return "" if vpe in self.vpes and self._pe(words[2] >> 16 & 0xF_FFFF_FFFF) is not None else "ITS_COMMAND"
        return "" if number in (0x25, 0x2D) and vpe in self.vpes else "ITS_COMMAND"

    def _pe(self, rdbase: int) -> int | None:
        return self._config.rdbase_to_pe(rdbase, 0)

    def invalidates_all(self) -> bool:
        """Whether INV, or INVALL of every collection, reaches all PEs at which an LPI may be pending."""
        return not self.scattered or set(self.collections.values()) == set(range(self._config.pes))

    def configured(self, intid: int) -> None:
        """Software changed the configuration of an LPI in memory."""
        self.stale.add(intid)
        self._invalidated.clear()

    def _invalidate(self, number: int, device: int, event: int, icid: int) -> None:
        if number == 0x0D:
            self._invalidated.add(icid)
            if self._invalidated >= self.collections.keys():
                self.stale.clear()
        elif number == encoding.INV and not self.scattered:
            self.stale.discard(self.events[device, event].intid)

    def learn(self, words: tuple[int, ...]) -> None:
        """The command was carried out, unless it was an error."""
        if not self.ready or self.judge(words) == "ITS_COMMAND":
            return
        number, device, event, icid = words[0] & 0xFF, words[0] >> 32, words[1] & 0xFFFF_FFFF, words[2] & 0xFFFF
        valid = bool(words[2] & VALID)
        self.scattered |= number == 0x0E or self.judge(words) == "ITS_REMAP"
        self._invalidate(number, device, event, icid)
        if number >= 0x20:
            self._learn_virtual(words)
            return
        if number == 0x08:
            self.events = {key: e for key, e in self.events.items() if key[0] != device}
            self.devices.pop(device, None)
            if valid:
                self.devices[device] = 1 << ((words[1] & 0x1F) + 1)
        elif number == 0x09:
            self.collections.pop(icid, None)
            pe = self._pe(words[2] >> 16 & 0xF_FFFF_FFFF)
            if valid and pe is not None:
                self.collections[icid] = pe
        elif number in (0x0A, 0x0B):
            self.events[device, event] = Event(words[1] >> 32 if number == 0x0A else event, icid)
        elif number == 0x01:
            self.events[device, event].icid = icid
        elif number == 0x0F:
            del self.events[device, event]

    def _learn_virtual(self, words: tuple[int, ...]) -> None:
        number, key, vpe = words[0] & 0xFF, (words[0] >> 32, words[1] & 0xFFFF_FFFF), words[1] >> 32 & 0xFFFF
        pe = self._pe(words[2] >> 16 & 0xF_FFFF_FFFF)
        if number == 0x29:
            self.vpes.pop(vpe, None)
            if words[2] & VALID and pe is not None:
                self.vpes[vpe] = pe
        elif number == 0x22 and pe is not None:
            self.vpes[vpe] = pe
        elif number == 0x2A:
            self.events[key] = Event(words[2] & 0xFFFF_FFFF, vpe=vpe, doorbell=words[2] >> 32)
        elif number == 0x21:
            self.events[key].vpe = vpe
            if words[2] & 1:
                self.events[key].doorbell = words[2] >> 32
