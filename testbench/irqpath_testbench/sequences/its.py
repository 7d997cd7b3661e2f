"""A small driver for LPIs and one ITS, as a kernel has it: tables in memory, the command queue (IHI 0069 5)."""

from __future__ import annotations

from collections.abc import Awaitable, Collection
from dataclasses import dataclass, field

from irqpath.core.errors import CheckError
from irqpath.gic.its.encoding import COMMAND_BYTES, Command, sync
from irqpath.sim.platform import Pe, Platform
from irqpath_testbench.sequences.fields import ENABLE_LPIS, INDIRECT, PTZ, RETRY, STALLED, VALID
from irqpath_testbench.sequences.polling import poll, until_clear, until_set

FIRST_LPI = 8192


@dataclass(frozen=True, slots=True)
class Layout:
    """Physical addresses of what lies in memory. `pending`: the table of PE 0, those of others follow every `pending_stride`
    bytes; `level2`: second-level pages of the device table."""

    configuration: int = 0x8000_0000
    pending: int = 0x8010_0000
    pending_stride: int = 0x1_0000
    queue: int = 0x8020_0000
    devices: int = 0x8030_0000
    collections: int = 0x8040_0000
    itts: int = 0x8050_0000
    level2: int = 0x8100_0000

    def pending_of(self, pe: int) -> int:
        """The pending table of a PE."""
        return self.pending + self.pending_stride * pe


#: Where tables lie unless a scenario says otherwise.
PLACES = Layout()


@dataclass(slots=True)
class ItsDriver:
    """LPIs and the ITS, driven from one PE. `queue_pages`: size of the command queue in pages of 4 KB; `page_size`:
    GITS_BASER.Page_Size (4 KB, 16 KB, 64 KB); `lpi_bits`: GICR_PROPBASER.IDbits + 1; `device_pages`, `collection_pages`: of the
    tables (flat, or the first level of the device table)."""

    platform: Platform
    pe: Pe
    queue_pages: int = 1
    indirect: bool = False
    page_size: int = 0
    lpi_bits: int = 14
    device_pages: int = 0  # 0: one for two levels, else two: room for devices 0 to 1023 with 4 KB pages
    collection_pages: int = 1
    level2_pages: Collection[int] = range(8)
    layout: Layout = PLACES
    at: int = 0
    config: dict[int, int] = field(default_factory=dict)
    stalls: bool | None = None  # what the ITS does at a faulty command, once it is known

    async def start(self) -> None:
        """Tables, queue, everything enabled."""
        for pe in self.platform.pes:
            await self.enable_lpis(pe)
        if self.platform.config.its:
            await self.start_its()

    async def enable_lpis(self, pe: Pe, *, zero: bool = True) -> None:
        """GICR_PROPBASER, GICR_PENDBASER and GICR_CTLR.EnableLPIs; `zero`: the pending table holds nothing (PTZ)."""
        await pe.write("GICR_PROPBASER", self.layout.configuration | (self.lpi_bits - 1))
        await pe.write("GICR_PENDBASER", self.layout.pending_of(pe.index) | (PTZ if zero else 0))
        await pe.write("GICR_CTLR", ENABLE_LPIS)

    async def disable_lpis(self, pe: Pe) -> None:
        """Clear EnableLPIs and wait until the pending table in memory is complete."""
        await pe.write("GICR_CTLR", 0)
        await until_clear(pe, "GICR_CTLR", 3, "RWP")

    async def start_its(self) -> None:
        """GITS_BASER0 (devices), GITS_BASER1 (collections), GITS_CBASER, GITS_CTLR."""
        layout, size = self.layout, self.page_size << 8
        devices = (self.device_pages or (1 if self.indirect else 2)) - 1
        indirect = INDIRECT if self.indirect else 0
        await self.pe.write("GITS_BASER0", VALID | indirect | self._table(layout.devices) | size | devices)
        await self.pe.write("GITS_BASER1", VALID | self._table(layout.collections) | size | self.collection_pages - 1)
        if self.indirect:
            span = 0x1000 << 2 * self.page_size
            for page in self.level2_pages:
                await self.platform.store(layout.devices + 8 * page, 8, VALID | layout.level2 + page * span)
        await self.pe.write("GITS_CBASER", VALID | layout.queue | (self.queue_pages - 1))
        await self.pe.write("GITS_CWRITER", 0)
        self.at = 0
        await self.pe.write("GITS_CTLR", 1)

    def _table(self, address: int) -> int:
        """GITS_BASER.Physical_Address: with pages of 64 KB its low bits hold those above bit 47."""
        return address & 0xFFFF_FFFF_0000 | address >> 48 << 12 if self.page_size == 2 else address

    async def disable_its(self) -> None:
        """Clear GITS_CTLR.Enabled and wait until it is quiescent."""
        await self.pe.write("GITS_CTLR", 0)
        await until_set(self.pe, "GITS_CTLR", 31, "Quiescent")

    async def configure(self, intid: int, priority: int, *, enable: bool = True) -> None:
        """The configuration byte of an LPI, in memory."""
        self.config[intid] = value = priority & 0xFC | enable
        await self.platform.store(self.layout.configuration + intid - FIRST_LPI, 1, value)

    async def put(self, *commands: Command) -> None:
        """Write commands into the queue, and tell the ITS."""
        for command in commands:
            for n, word in enumerate(command):
                await self.platform.store(self.layout.queue + self.at + 8 * n, 8, word)
            self.at = (self.at + COMMAND_BYTES) % (self.queue_pages << 12)
        await self.pe.write("GITS_CWRITER", self.at)

    def _creadr(self) -> Awaitable[int]:
        return self.pe.read("GITS_CREADR")

    async def done(self) -> None:
        """Wait until the queue is empty. Raises `CheckError` when the ITS has stalled."""
        what = f"GITS_CREADR must become {self.at:#x}, where GITS_CWRITER is"
        read = await poll(self.pe, what, self._creadr, lambda read: read == self.at or bool(read & STALLED), every=10)
        if read & STALLED:
            raise CheckError(f"the ITS stalled at command {read >> 5} of its queue")

    async def run(self, *commands: Command) -> None:
        """Put commands, half a queue at a time, and wait for them."""
        room = (self.queue_pages << 12) // COMMAND_BYTES // 2
        for first in range(0, len(commands), room):
            await self.put(*commands[first : first + room])
            await self.done()

    async def faulty(self, command: Command) -> None:
        """A faulty command: the ITS stalls and, after its place holds a SYNC, goes on by Retry; or it skips it, and then always.

        Raises `CheckError` where it does what it did not do before.
        """
        place = self.at
        await self.put(command)
        what = f"GITS_CREADR must leave {place:#x}, or show a stall there"
        read = await poll(self.pe, what, self._creadr, lambda read: read != place, every=10)
        if self.stalls is None:
            self.stalls = bool(read & STALLED)
        if bool(read & STALLED) is not self.stalls:
            before = "stalled" if self.stalls else "skipped it"
            raise CheckError(f"after a faulty command GITS_CREADR reads {read:#x}, and before the ITS {before}")
        if self.stalls:
            for n, word in enumerate(sync(0)):
                await self.platform.store(self.layout.queue + place + 8 * n, 8, word)
            await self.pe.write("GITS_CWRITER", self.at | RETRY)
            await self.done()
