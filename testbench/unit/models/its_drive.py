"""Software's hands on an ITS: tables in memory, commands as their 32 bytes, the command queue (IHI 0069 5.2, 5.3)."""

from __future__ import annotations

from typing import Final

from irqpath.config.sizes import FIRST_LPI
from irqpath.regs import GITS
from unit.models.drive import Bench, link_of

#: Where the driver puts what an ITS needs.
QUEUE: Final = 0x5000_0000
DEVICES: Final = 0x5100_0000
COLLECTIONS: Final = 0x5200_0000
ITTS: Final = 0x5300_0000

VALID: Final = 1 << 63
INDIRECT: Final = 1 << 62
STALLED: Final = 1
RETRY: Final = 1
COMMAND_BYTES: Final = 32

Command = tuple[int, int, int, int]


def mapd(device: int, itt: int, bits: int, *, valid: int = 1) -> Command:
    """MAPD: `bits` of EventID, so Size is one less (R34)."""
    return 0x08 | device << 32, bits - 1, itt | valid << 63, 0


def mapc(icid: int, rdbase: int, *, valid: int = 1) -> Command:
    """MAPC: `rdbase` is what goes into bits [51:16]."""
    return 0x09, 0, icid | rdbase << 16 | valid << 63, 0


def mapti(device: int, event: int, intid: int, icid: int) -> Command:
    """MAPTI."""
    return 0x0A | device << 32, event | intid << 32, icid, 0


def mapi(device: int, event: int, icid: int) -> Command:
    """MAPI."""
    return 0x0B | device << 32, event, icid, 0


def movi(device: int, event: int, icid: int) -> Command:
    """MOVI."""
    return 0x01 | device << 32, event, icid, 0


def interrupt(device: int, event: int) -> Command:
    """INT."""
    return 0x03 | device << 32, event, 0, 0


def clear(device: int, event: int) -> Command:
    """CLEAR."""
    return 0x04 | device << 32, event, 0, 0


def sync(rdbase: int) -> Command:
    """SYNC."""
    return 0x05, 0, rdbase << 16, 0


def inv(device: int, event: int) -> Command:
    """INV."""
    return 0x0C | device << 32, event, 0, 0


def invall(icid: int) -> Command:
    """INVALL."""
    return 0x0D, 0, icid, 0


def movall(source: int, target: int) -> Command:
    """MOVALL."""
    return 0x0E, 0, source << 16, target << 16


def discard(device: int, event: int) -> Command:
    """DISCARD."""
    return 0x0F | device << 32, event, 0, 0


def bogus() -> Command:
    """A command number that no ITS has."""
    return 0xEE, 0, 0, 0


class ItsDriver:
    """The driver of ITS number `its` of a `Bench`: one 4 KB queue unless told otherwise."""

    def __init__(self, bench: Bench, its: int = 0, *, queue_pages: int = 1) -> None:
        self.bench = bench
        self.its = its
        self.queue_bytes = queue_pages * 4096
        self.tail = 0

    def read(self, name: str) -> int:
        """A register of this ITS."""
        at = GITS.element(name)
        return self.bench.read_at(link_of(name, its=self.its), at.offset, at.register.width_bytes).value

    def write(self, name: str, value: int) -> None:
        """Write a register of this ITS."""
        at = GITS.element(name)
        assert self.bench.write_at(link_of(name, its=self.its), at.offset, at.register.width_bytes, value)

    def boot(self, *, enable: bool = True) -> ItsDriver:
        """Flat tables of 16 pages of 4 KB, an empty queue, and Enabled."""
        self.tables()
        self.write("GITS_CBASER", QUEUE | VALID | (self.queue_bytes // 4096 - 1))
        self.write("GITS_CWRITER", 0)
        self.tail = 0
        if enable:
            self.write("GITS_CTLR", 1)
        return self

    def tables(self, *, pages: int = 16, page_size: int = 0, flags: int = 0) -> None:
        """GITS_BASER0 and 1: `page_size` is the field, `flags` may be INDIRECT."""
        self.write("GITS_BASER0", DEVICES | VALID | flags | page_size << 8 | (pages - 1))
        self.write("GITS_BASER1", COLLECTIONS | VALID | page_size << 8 | (pages - 1))

    def put(self, *commands: Command) -> None:
        """Write commands into the queue without telling the ITS."""
        for command in commands:
            for n, word in enumerate(command):
                self.bench.memory.write(QUEUE + self.tail + 8 * n, 8, word)
            self.tail = (self.tail + COMMAND_BYTES) % self.queue_bytes

    def go(self, *commands: Command, retry: bool = False) -> None:
        """Write commands into the queue and let the ITS have them."""
        self.put(*commands)
        self.write("GITS_CWRITER", self.tail | (RETRY if retry else 0))

    def drained(self) -> bool:
        """The ITS has taken all commands and is not stalled."""
        return self.read("GITS_CREADR") == self.tail

    def map(self, device: int = 1, events: int = 4, *, pe: int = 0, icid: int = 0, first: int = FIRST_LPI, bits: int = 5) -> None:
        """Map a device with LPIs `first` on for its events 0 on, in a collection of `pe`; configure and SYNC them."""
        for event in range(events):
            self.bench.lpi_config(first + event)
        commands = [mapc(icid, pe), mapd(device, ITTS + device * 0x1_0000, bits)]
        commands += [mapti(device, event, first + event, icid) for event in range(events)]
        self.go(*commands, invall(icid), sync(pe))
        assert self.drained()


def its_bench(bench: Bench) -> tuple[Bench, ItsDriver]:
    """A booted GIC with LPIs enabled everywhere and ITS 0 ready."""
    bench.boot().lpis()
    return bench, ItsDriver(bench).boot()
