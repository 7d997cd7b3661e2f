"""ITS: the Interrupt Translation Service (IHI 0069 5.2, 5.3).

Inputs: `its<k>.reg`, `its<k>.msi`, `its<k>.step` (CommandStep: it takes the next command), `its<k>.reset`, in a GICv4
`its<j>.its<k>.peer` from each other ITS. Outputs: `its<k>.rsp`, `its<k>.msi_rsp`, `its<k>.probe`, in a GICv4
`its<k>.its<j>.peer`; memory and Redistributors through ports, while an input is handled. No table entry is cached: what a
command wrote is what the next translation reads.
"""

from __future__ import annotations

from functools import partial

from irqpath.config.policy import IRQPATH, Policy
from irqpath.config.sizes import GicConfig, Gicv4Config
from irqpath.core.errors import ArchError
from irqpath.core.link import Link
from irqpath.core.memory import MemPort
from irqpath.core.state import Flag, Many, Maybe, Record, Schema, Table, bits
from irqpath.core.transactions import (
    CommandDone,
    CommandStep,
    EntryWritten,
    LpiSet,
    Msi,
    MsiAck,
    Reset,
    VmovpReached,
    VpeMoved,
    VpeMovedAck,
)
from irqpath.gic.common.frame import FrameBlock, Read, Write, component_id, merge
from irqpath.gic.common.inputs import there
from irqpath.gic.common.shapes import REGISTER32, REGISTER64
from irqpath.gic.common.tables import VALID, Device, read_translation, unpack_collection, unpack_device
from irqpath.gic.common.tables import Table as MemoryTable
from irqpath.gic.its.commands import COMMANDS, CommandFault, Words
from irqpath.gic.its.host import LpiPort
from irqpath.gic.its.virtual import COMMANDS_V40, COMMANDS_V41, Command, other_moved, send_sgi, translate
from irqpath.regs import GITS, gits_frame

_QUIESCENT = 1 << 31
_DEVICES, _VPES, _COLLECTIONS = 1, 2, 4  # GITS_BASER.Type
#: Policy.its_page_size by GITS_BASER.Page_Size
_PAGE_SIZES = ("4K", "16K", "64K")
#: Commands that map an event, and those that make it observed.
_MAPS = ("mapti", "mapi", "vmapti", "vmapi")
_SYNCS = ("sync", "vsync")


class Its(FrameBlock):
    """ITS number `number`. State: the registers, and `stalled`."""

    __slots__ = (
        "_commands",
        "_gic",
        "_gicv4",
        "_msi_rsp",
        "_peers",
        "_tables",
        "baser",
        "cbaser",
        "config",
        "creadr",
        "cwriter",
        "enabled",
        "lpi_limit",
        "mem",
        "number",
        "outstanding",
        "rds",
        "reached",
        "stalled",
        "unsynced",
        "waiting",
    )

    def __init__(self, number: int, config: GicConfig, mem: MemPort, rds: LpiPort, policy: Policy = IRQPATH) -> None:
        self._gicv4 = gicv4 = config.gicv4
        frame = gits_frame(v41=gicv4 is not None and gicv4.v41)
        others = [] if gicv4 is None else [peer for peer in range(len(config.its)) if peer != number]
        self._peers = [Link.its_its(number, peer) for peer in others]
        self._msi_rsp = Link.its(number, "msi_rsp")
        emits = [self._msi_rsp, *self._peers]
        super().__init__(f"its{number}", frame, policy, emits, config.pes)
        self.number = number
        self._gic = config
        self._commands: dict[int, Command] = {**COMMANDS}
        if gicv4 is not None:
            self._commands |= COMMANDS_V40 | (COMMANDS_V41 if gicv4.v41 else {})
        for peer in others:
            link, response = Link.its_its(peer, number), Link.its_its(number, peer)
            self.listen(link, VpeMoved, partial(self._vpe_moved, response), there("pe", config.pes))
            self._on(link, VpeMovedAck, self._vpe_moved_ack)
            self._on(link, VmovpReached, self._vmovp_reached)
        self.config = config.its[number]
        self.mem = mem
        self.rds = rds
        self.lpi_limit = 1 << config.intid_bits
        self._reset_state()
        self._on(Link.its(number, "msi"), Msi, self._msi)
        self._on(Link.its(number, "step"), CommandStep, self._step)
        self._on(Link.its(number, "reset"), Reset, self._reset)
        self._bind_registers()

    def _reset_state(self) -> None:
        c = self.config
        self.enabled = self.stalled = False
        self.cbaser = self.cwriter = self.creadr = 0
        self.baser = [0] * 8
        self.baser[0] = _DEVICES << 56 | (c.device_entry_bytes - 1) << 48
        self.baser[1] = _COLLECTIONS << 56 | (c.collection_entry_bytes - 1) << 48
        if self._gicv4 is not None:
            self.baser[2] = _VPES << 56 | (c.vpe_entry_bytes - 1) << 48
        for n in range(2 if self._gicv4 is None else 3):
            self.baser[n] |= _PAGE_SIZES.index(self.policy.its_page_size) << 8
        self._tables = [MemoryTable.of(baser) for baser in self.baser[: 2 if self._gicv4 is None else 3]]
        #: GICv4: the VSYNC in which this ITS waits for others
        self.waiting: Words | None = None
        #: acknowledgements of `VpeMoved` outstanding at the other ITSs, by vPEID
        self.outstanding: dict[int, int] = {}
        #: ITSs that have come to the VMOVP with a sequence number, as long as some of its ITSList have not
        self.reached: dict[int, int] = {}
        #: by the Policy: events (DeviceID in [63:32], EventID) that were mapped since the last SYNC or VSYNC
        self.unsynced: dict[int, bool] = {}

    def schema(self) -> Schema:
        """The registers, the stall, VMOVPs under way, a VSYNC that waits, and what waits for a SYNC."""
        words = Record(Words, {f"dw{n}": REGISTER64 for n in range(4)})
        return {
            "enabled": Flag(),
            "stalled": Flag(),
            "cbaser": REGISTER64,
            "cwriter": REGISTER32,
            "creadr": REGISTER32,
            "baser": Many(REGISTER64, 8),
            "waiting": Maybe(words),
            "outstanding": Table(bits(16), bits(16)),
            "reached": Table(bits(16), bits(16)),
            "unsynced": Table(bits(64), Flag()),
        }

    def restored(self) -> None:
        """Decode the tables' registers."""
        self._tables = [MemoryTable.of(baser) for baser in self.baser[: len(self._tables)]]

    # --- GICv4 ----------------------------------------------------------------------------------------------------------

    @property
    def gicv4(self) -> Gicv4Config:
        """What GICv4 has here; there is one, for only then are its commands known."""
        assert self._gicv4 is not None
        return self._gicv4

    @property
    def tables(self) -> list[MemoryTable]:
        """The device, collection and vPE tables."""
        return self._tables

    @property
    def gic_intid_bits(self) -> int:
        """INTID bits of the GIC."""
        return self._gic.intid_bits

    def shares_vpe_table(self, pe: int) -> bool:
        """The vPE table of the Redistributor of `pe` is this ITS's (GICv4.1)."""
        return self._gic.its_shares_vpe_table(pe)

    @property
    def number_of_its(self) -> int:
        """ITSs of the GIC."""
        return len(self._gic.its)

    def tell_others(self, t: VpeMoved | VmovpReached) -> None:
        """Tell the other ITSs; of `VpeMoved` an acknowledgement is outstanding then."""
        self._out += [(link, t) for link in self._peers]
        if isinstance(t, VpeMoved) and self._peers:
            self.outstanding[t.vpe] = self.outstanding.get(t.vpe, 0) + len(self._peers)

    def meet(self, sequence: int, itslist: int) -> bool:
        """This ITS has come to the VMOVP with that sequence number; True if it is the first of `itslist`."""
        before = self.reached.get(sequence, 0)
        if before >> self.number & 1:
            self.report(ArchError.VMOVP_SEQUENCE, f"sequence number {sequence}, ITSList {itslist:#x}")
        self._came(self.number, sequence, itslist)
        self.tell_others(VmovpReached(self.number, sequence, itslist))
        return not before

    def _came(self, its: int, sequence: int, itslist: int) -> None:
        come = self.reached.pop(sequence, 0) | 1 << its
        if itslist & ~come:
            self.reached[sequence] = come

    def _vpe_moved(self, response: Link, t: VpeMoved) -> None:
        other_moved(self, t)
        self._out.append((response, VpeMovedAck(t.vpe)))

    def _vpe_moved_ack(self, t: VpeMovedAck) -> None:
        left = self.outstanding.pop(t.vpe, 0) - 1
        if left > 0:
            self.outstanding[t.vpe] = left
        elif self.waiting is not None:
            self._execute(self.waiting)

    def _vmovp_reached(self, t: VmovpReached) -> None:
        if t.itslist >> self.number & 1:
            self._came(t.its, t.sequence, t.itslist)

    def _reset(self, _: Reset) -> None:
        self._reset_state()

    # --- tables ---------------------------------------------------------------------------------------------------------

    def device_address(self, device: int) -> int | None:
        """Address of the device's entry; None if the DeviceID has none."""
        return None if device >> self.config.device_bits else self._tables[0].entry_address(device, self.mem)

    def device(self, device: int) -> Device | None:
        """The device, None if it is not mapped."""
        at = self.device_address(device)
        return None if at is None else self.device_at(at)

    def device_at(self, address: int) -> Device | None:
        """The device whose entry lies at `address`, None if it is not mapped."""
        return unpack_device(self.mem.read(address, self.config.device_entry_bytes))

    def collection_address(self, icid: int) -> int | None:
        """Address of the collection's entry; None if the ICID has none."""
        return None if icid >> self.config.collection_bits else self._tables[1].entry_address(icid, self.mem)

    def collection(self, icid: int) -> int | None:
        """The PE of the collection, None if it is not mapped."""
        at = self.collection_address(icid)
        if at is None:
            return None
        rdbase = unpack_collection(self.mem.read(at, self.config.collection_entry_bytes))
        return None if rdbase is None else self.pe_of(rdbase)

    def pe_of(self, rdbase: int) -> int | None:
        """The PE that RDbase names (R35), None if there is no such."""
        return self._gic.rdbase_to_pe(rdbase, self.number)

    def wrote(self, table: str, **fields: int) -> None:
        """Announce a table entry by its meaning."""
        self._out.append((self._probe, EntryWritten(table, tuple(fields.items()))))

    # --- messages -------------------------------------------------------------------------------------------------------

    def _msi(self, t: Msi) -> None:
        self._out.append((self._msi_rsp, MsiAck()))
        if self.enabled:
            self._translate(t.device, t.event)

    def _translate(self, device_id: int, event: int) -> None:
        """Follow device, event and collection or vPE; what is not mapped is dropped."""
        if self.unsynced and device_id << 32 | event in self.unsynced:
            self.report(ArchError.MSI_UNSYNCED, f"DeviceID {device_id}, EventID {event}")
            return
        if self._gicv4 is not None and translate(self, device_id, event):
            return
        device = self.device(device_id)
        if device is not None and event < device.events:
            translation = read_translation(device, event, self.config, self.mem)
            if translation is not None:
                pe = self.collection(translation.icid)
                if pe is not None:
                    self.rds.call(pe, LpiSet(translation.intid))
                    return
        self.report(ArchError.MSI_UNMAPPED, f"DeviceID {device_id}, EventID {event}")

    # --- commands -------------------------------------------------------------------------------------------------------

    @property
    def queue_bytes(self) -> int:
        """Size of the command queue."""
        return ((self.cbaser & 0xFF) + 1) << 12

    def has_command(self) -> bool:
        """Whether a `CommandStep` would find a command (R45, R46, R49)."""
        return (
            self.enabled
            and not self.stalled
            and self.waiting is None
            and self.creadr != self.cwriter
            and bool(self.cbaser & VALID)
            and self.cwriter < self.queue_bytes
        )

    def _step(self, _: CommandStep) -> None:
        if not self.has_command():
            return
        at = (self.cbaser & 0x000F_FFFF_FFFF_F000) + self.creadr
        self._execute(Words(*(self.mem.read(at + 8 * n, 8) for n in range(4))))

    def _execute(self, words: Words) -> None:
        """Carry out a command and advance, unless it has to wait for other ITSs (VSYNC)."""
        self.waiting = None
        try:
            number = words.dw0 & 0xFF
            if number not in self._commands:
                raise CommandFault(ArchError.ITS_BAD_COMMAND, f"command {number:#04x} at offset {self.creadr:#x}")
            name, execute = self._commands[number]
            operands = execute(self, words)
            if operands is None:
                self.waiting = words
                return
            self._out.append((self._probe, CommandDone(name, operands)))
            if self.policy.its_maps_at_sync:
                self._follow_syncs(name, words)
        except CommandFault as fault:
            self.report(fault.error, fault.detail)
            if self.policy.its_command_error == "stall":
                self.stalled = True
                return
        self.creadr = (self.creadr + 32) % self.queue_bytes

    def _follow_syncs(self, name: str, words: Words) -> None:
        if name in _MAPS:
            self.unsynced[words.device << 32 | words.event] = True
        elif name in _SYNCS:
            self.unsynced.clear()

    # --- registers ------------------------------------------------------------------------------------------------------

    def _bind_registers(self) -> None:
        reads: dict[str, Read] = {
            "GITS_CTLR": self._read_ctlr,
            "GITS_CBASER": lambda _: self.cbaser,
            "GITS_CWRITER": lambda _: self.cwriter,
            "GITS_CREADR": lambda _: self.creadr | self.stalled,
            "GITS_BASER": lambda n: self.baser[n],
        }
        writes: dict[str, Write] = {
            "GITS_CTLR": self._write_ctlr,
            "GITS_CBASER": self._write_cbaser,
            "GITS_CWRITER": self._write_cwriter,
            "GITS_BASER": self._write_baser,
            "GITS_TRANSLATER": self._write_translater,
        }
        fixed = {
            "GITS_TYPER": self._gic.gits_typer(self.number),
            "GITS_IIDR": self._gic.iidr,
            "GITS_PIDR2": self._gic.pidr2,
            **component_id(GITS),
        }
        if self._gicv4 is not None and self._gicv4.sgis:
            writes["GITS_SGIR"] = lambda _, value, mask: send_sgi(self, value & mask)
        if self._gicv4 is not None and self._gicv4.shared_table:
            fixed["GITS_MPIDR"] = self._gic.gits_mpidr
        zero = {register.name for register in self._frame.registers} - reads.keys() - writes.keys() - fixed.keys()
        self._bind(reads, writes, fixed, frozenset(zero))

    def _read_ctlr(self, _: int) -> int:
        """Quiescent while no command is left to do; ITS_Number, for ITSList, in a GICv4."""
        number = 0 if self._gicv4 is None else self.number << 4
        return self.enabled | number | (not self.has_command() and self.waiting is None) << 31

    def _in_use(self) -> bool:
        """The ITS is enabled, or was and is not quiescent: its queue and tables must not be moved."""
        return self.enabled or self.waiting is not None

    def _write_ctlr(self, _: int, value: int, mask: int) -> None:
        enable = bool(value & 1)
        if enable and not self.enabled and not self.cbaser & self.baser[0] & self.baser[1] & VALID:
            self.report(ArchError.ITS_ENABLED_WITHOUT_TABLES)
            enable = self.policy.its_enable_without_tables == "enable"
        self.enabled = enable

    def _write_cbaser(self, _: int, value: int, mask: int) -> None:
        """Also zeroes GITS_CREADR (R44)."""
        if self._in_use():
            self.report(ArchError.ITS_REG_WHILE_ENABLED, "GITS_CBASER")
            return
        self.cbaser = merge(self.cbaser, value, mask & GITS.register("GITS_CBASER").write_mask)
        self.creadr = 0
        self.stalled = False

    def _write_cwriter(self, _: int, value: int, mask: int) -> None:
        """Retry clears a stall (R46); an offset beyond the queue stops it until a valid one is written (R45)."""
        self.cwriter = merge(self.cwriter, value, mask) & 0xF_FFE0
        if value & mask & 1:
            self.stalled = False
        if self.cwriter >= self.queue_bytes:
            self.report(ArchError.ITS_CWRITER_OOR, f"offset {self.cwriter:#x}, queue of {self.queue_bytes:#x} bytes")

    def _write_translater(self, _: int, value: int, mask: int) -> None:
        """A message comes over its own link, with a DeviceID, which the register port does not carry."""
        self.report(ArchError.TRANSLATER_WITHOUT_DEVICE, f"EventID {value & mask}, PE {self.request.pe}")

    def _write_baser(self, n: int, value: int, mask: int) -> None:
        if n >= len(self._tables):
            return
        if self._in_use():
            self.report(ArchError.ITS_REG_WHILE_ENABLED, f"GITS_BASER{n}")
            return
        fixed = 7 << 56 | 0x1F << 48 | (3 << 8 if self.policy.its_page_size_fixed else 0)
        writable = GITS.register("GITS_BASER").write_mask & ~fixed
        self.baser[n] = merge(self.baser[n], value, mask & writable)
        self._tables[n] = MemoryTable.of(self.baser[n])
