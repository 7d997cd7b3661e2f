"""ITS: the Interrupt Translation Service, physical part (IHI 0069 5.2, 5.3).

Inputs: `its<k>.reg`, `its<k>.msi`, `its<k>.step` (CommandStep: it takes the next command), `its<k>.reset`. Outputs: `its<k>.rsp`,
`its<k>.msi_rsp`, `its<k>.probe`; memory and Redistributors through ports, while an input is handled. No table entry is cached:
what a command wrote is what the next translation reads.
"""

from __future__ import annotations

from typing import Protocol

from pymodel.config import GicConfig
from pymodel.errors import ArchError
from pymodel.gic.frame import FrameBlock, Read, Write, merge
from pymodel.gic.its_commands import COMMANDS, CommandFault, Words
from pymodel.gic.its_tables import Device, Table, read_translation, unpack_collection, unpack_device
from pymodel.gic.redistributor_registers import component_id
from pymodel.memory import MemPort
from pymodel.policy import IRQPATH, Policy
from pymodel.regs import GITS
from pymodel.transactions import (
    CommandDone,
    CommandStep,
    EntryWritten,
    LpiAck,
    LpiSet,
    Msi,
    MsiAck,
    Reset,
    Transaction,
)

_QUIESCENT = 1 << 31
_VALID = 1 << 63
_DEVICES, _COLLECTIONS = 1, 4  # GITS_BASER.Type
_TRANSLATER = 0x1_0040


class LpiPort(Protocol):
    """How an ITS commands a Redistributor while it handles one input."""

    def call(self, pe: int, command: Transaction) -> LpiAck:
        """Send `command` to the Redistributor of `pe` and wait for its acknowledge."""


class Its(FrameBlock):
    """ITS number `number`. State: the registers, and `stalled`."""

    __slots__ = (
        "_gic",
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
        "rds",
        "stalled",
    )

    def __init__(self, number: int, config: GicConfig, mem: MemPort, rds: LpiPort, policy: Policy = IRQPATH) -> None:
        super().__init__(f"its{number}", GITS, policy, [f"its{number}.msi_rsp"])
        self.number = number
        self._gic = config
        self.config = config.its[number]
        self.mem = mem
        self.rds = rds
        self.lpi_limit = 1 << config.intid_bits
        self._reset_state()
        self._on(f"its{number}.msi", Msi, self._msi)
        self._on(f"its{number}.step", CommandStep, self._step)
        self._on(f"its{number}.reset", Reset, self._reset)
        self._bind_registers()

    def _reset_state(self) -> None:
        c = self.config
        self.enabled = self.stalled = False
        self.cbaser = self.cwriter = self.creadr = 0
        self.baser = [0] * 8
        self.baser[0] = _DEVICES << 56 | (c.device_entry_bytes - 1) << 48
        self.baser[1] = _COLLECTIONS << 56 | (c.collection_entry_bytes - 1) << 48
        self._tables = [Table.of(baser) for baser in self.baser[:2]]

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
        self._out.append((f"{self.name}.probe", EntryWritten(table, tuple(fields.items()))))

    # --- messages -------------------------------------------------------------------------------------------------------

    def _msi(self, t: Msi) -> None:
        self._out.append((f"{self.name}.msi_rsp", MsiAck()))
        if self.enabled:
            self._translate(t.device, t.event)

    def _translate(self, device_id: int, event: int) -> None:
        """Follow device, event and collection; what is not mapped is dropped."""
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
            and self.creadr != self.cwriter
            and bool(self.cbaser & _VALID)
            and self.cwriter < self.queue_bytes
        )

    def _step(self, _: CommandStep) -> None:
        if not self.has_command():
            return
        at = (self.cbaser & 0x000F_FFFF_FFFF_F000) + self.creadr
        words = Words(*(self.mem.read(at + 8 * n, 8) for n in range(4)))
        try:
            number = words.dw0 & 0xFF
            if number not in COMMANDS:
                raise CommandFault(ArchError.ITS_BAD_COMMAND, f"command {number:#04x} at offset {self.creadr:#x}")
            name, execute = COMMANDS[number]
            operands = execute(self, words)
            self._out.append((f"{self.name}.probe", CommandDone(name, operands)))
        except CommandFault as fault:
            self.report(fault.error, fault.detail)
            if self.policy.its_command_error == "stall":
                self.stalled = True
                return
        self.creadr = (self.creadr + 32) % self.queue_bytes

    # --- registers ------------------------------------------------------------------------------------------------------

    def _bind_registers(self) -> None:
        reads: dict[str, Read] = {
            "GITS_CTLR": lambda _: self.enabled | (not self.has_command()) << 31,
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
        }
        fixed = {
            "GITS_TYPER": self._gic.gits_typer(self.number),
            "GITS_IIDR": self._gic.iidr,
            "GITS_PIDR2": self._gic.pidr2,
            **component_id(GITS),
        }
        zero = {register.name for register in GITS.registers} - reads.keys() - fixed.keys()
        self._bind(reads, writes, fixed, frozenset(zero))

    def _write_ctlr(self, _: int, value: int, mask: int) -> None:
        self.enabled = bool(value & 1)

    def _write_cbaser(self, _: int, value: int, mask: int) -> None:
        """Also zeroes GITS_CREADR (R44)."""
        if self.enabled:
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

    def _write_baser(self, n: int, value: int, mask: int) -> None:
        if n > 1:
            return
        if self.enabled:
            self.report(ArchError.ITS_REG_WHILE_ENABLED, f"GITS_BASER{n}")
            return
        writable = GITS.register("GITS_BASER").write_mask & ~(7 << 56 | 0x1F << 48)
        self.baser[n] = merge(self.baser[n], value, mask & writable)
        self._tables[n] = Table.of(self.baser[n])
