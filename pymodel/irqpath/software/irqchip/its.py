"""An ITS and LPIs as Linux initialises and uses them (irq-gic-v3-its.c): tables and queue in memory, then its commands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from irqpath.config.sizes import FIRST_LPI
from irqpath.gic.its.encoding import COMMAND_BYTES, Command, inv, invall, mapc, mapd, mapti, sync
from irqpath.software.cpu.protocol import Cpu, Store, until
from irqpath.software.irqchip.gicv3 import PRIORITY

_VALID: Final = 1 << 63
_ENABLE_LPIS: Final = 1 << 0
_PTZ: Final = 1 << 62
#: EventIDs of a device: MAPD's size, bits minus one
_EVENT_BITS: Final = 5
_ITT_BYTES: Final = 0x1000
_LPI_ENABLE: Final = 1
#: Cycles between two looks at the lock.
_SPIN: Final = 10


@dataclass(frozen=True, slots=True)
class ItsLayout:
    """Where tables lie. `properties`: configurations of LPIs; `pending`: CPU 0's pending table, those of others every
    `pending_stride`; `intid_bits`: of LPIs."""

    properties: int = 0x8000_0000
    pending: int = 0x8010_0000
    pending_stride: int = 0x1_0000
    queue: int = 0x8020_0000
    devices: int = 0x8030_0000
    collections: int = 0x8040_0000
    vpes: int = 0x8048_0000
    itts: int = 0x8050_0000
    intid_bits: int = 14


@dataclass(slots=True)
class Its:
    """The driver's state. `cpu`: the one that drives it, `store`: how it reaches memory; `queue_bytes`: of the command queue."""

    cpu: Cpu
    store: Store
    layout: ItsLayout = field(default_factory=ItsLayout)
    queue_bytes: int = 0x1000
    head: int = 0
    locked: bool = False
    #: GICv4: there is a table of vPEs
    vpes: bool = False
    #: DeviceIDs that are mapped, in the order of their translation tables
    devices: list[int] = field(default_factory=list)

    async def init(self) -> None:
        """its_probe_one: tables, the queue, then the ITS is enabled."""
        layout, cpu = self.layout, self.cpu
        await cpu.write("GITS_CTLR", 0)
        await cpu.write("GITS_BASER0", _VALID | layout.devices)
        await cpu.write("GITS_BASER1", _VALID | layout.collections)
        if self.vpes:
            await cpu.write("GITS_BASER2", _VALID | layout.vpes)
        await cpu.write("GITS_CBASER", _VALID | layout.queue | self.queue_bytes // 0x1000 - 1)
        await cpu.write("GITS_CWRITER", 0)
        self.head = 0
        await cpu.write("GITS_CTLR", 1)

    async def init_cpu(self, cpu: Cpu) -> None:
        """its_cpu_init: LPIs are enabled at the Redistributor of `cpu`, and its collection is mapped there."""
        layout = self.layout
        await cpu.write("GICR_PROPBASER", layout.properties | layout.intid_bits - 1)
        await cpu.write("GICR_PENDBASER", layout.pending + cpu.index * layout.pending_stride | _PTZ)
        await cpu.write("GICR_CTLR", _ENABLE_LPIS)
        await cpu.dsb()
        await self.run(mapc(cpu.index, cpu.index), invall(cpu.index), sync(cpu.index))

    async def map_device(self, device: int) -> None:
        """its_create_device: MAPD, once for each DeviceID."""
        if device not in self.devices:
            itt = self.layout.itts + len(self.devices) * _ITT_BYTES
            self.devices.append(device)
            await self.run(mapd(device, itt, _EVENT_BITS - 1))

    async def map_event(self, device: int, event: int, intid: int, cpu: int = 0) -> None:
        """An interrupt of a device is requested: MAPTI, then it is enabled (configuration, INV, SYNC)."""
        await self.map_device(device)
        await self.run(mapti(device, event, intid, cpu))
        await self.configure(intid, enabled=True)
        await self.run(inv(device, event), sync(cpu))

    async def configure(self, intid: int, *, enabled: bool, priority: int = PRIORITY) -> None:
        """lpi_write_config: the byte of an LPI. An INV makes it count."""
        await self.store(self.layout.properties + intid - FIRST_LPI, 1, priority & 0xFC | (_LPI_ENABLE if enabled else 0))

    async def run(self, *commands: Command) -> None:
        """Put commands into the queue, tell the ITS, wait until it has executed them. Raises `CheckError`."""
        while self.locked:  # (its->lock)
            await self.cpu.spend(_SPIN)
        self.locked = True
        try:
            await self._put(commands)
        finally:
            self.locked = False

    async def _put(self, commands: Iterable[Command]) -> None:
        for command in commands:
            for n, word in enumerate(command):
                await self.store(self.layout.queue + self.head + 8 * n, 8, word)
            self.head = (self.head + COMMAND_BYTES) % self.queue_bytes
        await self.cpu.dsb()
        await self.cpu.write("GITS_CWRITER", self.head)
        await until(self.cpu, "GITS_CREADR", self.head)
