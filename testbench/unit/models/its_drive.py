"""Software's hands on the model of an ITS: tables in memory, the command queue (IHI 0069 5.2, 5.3)."""

from __future__ import annotations

from typing import Final

from irqpath.config.sizes import FIRST_LPI
from irqpath.gic.its.encoding import COMMAND_BYTES, Command, invall, mapc, mapd, mapti, sync
from irqpath.regs import GITS
from irqpath_testbench.sequences.fields import RETRY, VALID
from unit.models.drive import Bench, link_of

#: Where the driver puts what an ITS needs.
QUEUE: Final = 0x5000_0000
DEVICES: Final = 0x5100_0000
COLLECTIONS: Final = 0x5200_0000
ITTS: Final = 0x5300_0000


def bogus() -> Command:
    """A command number that no ITS has."""
    return 0xEE, 0, 0, 0


class ModelItsDriver:
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

    def boot(self, *, enable: bool = True) -> ModelItsDriver:
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
        commands = [mapc(icid, pe), mapd(device, ITTS + device * 0x1_0000, bits - 1)]
        commands += [mapti(device, event, first + event, icid) for event in range(events)]
        self.go(*commands, invall(icid), sync(pe))
        assert self.drained()


def its_bench(bench: Bench) -> tuple[Bench, ModelItsDriver]:
    """A booted GIC with LPIs enabled everywhere and ITS 0 ready."""
    bench.boot().lpis()
    return bench, ModelItsDriver(bench).boot()
