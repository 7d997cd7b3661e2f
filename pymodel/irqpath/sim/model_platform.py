"""The *model* platform: golden models, a discrete-event clock, and PEs that run async software (see `irqpath.sim.platform`)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final

from irqpath.config.policy import IRQPATH, Policy
from irqpath.config.sizes import GicConfig, VirtualConfig
from irqpath.core.errors import CheckError, LinkError
from irqpath.core.link import Link
from irqpath.core.memory import Memory, check_access
from irqpath.core.transactions import (
    Barrier,
    LineChange,
    MemRead,
    MemReadData,
    MemWrite,
    MemWriteAck,
    Msi,
    Observed,
    OutLine,
    PeState,
    RegRead,
    RegReadData,
    RegWrite,
    RegWriteAck,
    Report,
    SysRead,
    SysReadData,
    SysTrap,
    SysWrite,
    SysWriteAck,
    Transaction,
)
from irqpath.gic.system import Gic
from irqpath.regs import GICC, GICD, GICH, GICR, GICV, GITS, V2M, Frame, system_register
from irqpath.sim.dma import ModelEvent, OrderedDma
from irqpath.sim.fabric import OFFERED, SOFTWARE, Fabric, GicFabric
from irqpath.sim.kernel import Event, Kernel
from irqpath.sim.mailbox import Mailbox
from irqpath.sim.platform import Job, TrapError
from irqpath.sim.station import Port
from irqpath.sim.timing.profile import Profile, named

#: Frames that there is one of, and their blocks, by the first letters of a register's name.
_FRAMES: Final[dict[str, tuple[Frame, str]]] = {
    "GITS": (GITS, "its0"),
    "GICC": (GICC, "gicc"),
    "GICH": (GICH, "gich"),
    "GICV": (GICV, "gicv"),
    "V2M_": (V2M, "v2m"),
}
#: Cycles that a poll may take; no model is busy for as long.
POLL_LIMIT = 100_000
#: Cycles for which a PE is held in reset; software goes on as many later.
RESET_CYCLES = 4
_MEMORY = Link.of(SOFTWARE, "mem")
_MESSAGES = Link("its0.msi")


class ModelPe:
    """A PE of the model platform."""

    def __init__(self, platform: ModelPlatform, index: int) -> None:
        self._platform = platform
        self._index = index
        self._box = platform.box(Link.gicc(index, "sys"))
        self._reset_from = self._reset_end = 0
        self._lines = 0
        self._line_event = Event()
        self._ticket = 0

    @property
    def index(self) -> int:
        """Number of the PE, from 0."""
        return self._index

    @property
    def lines(self) -> int:
        """The lines as they stand."""
        return self._lines

    @property
    def now(self) -> int:
        """Cycles since the start."""
        return self._platform.now

    @property
    def poll_limit(self) -> int:
        """Cycles that a poll may take."""
        return POLL_LIMIT

    async def mrs(self, name: str) -> int:
        """Read a system register."""
        response = await self._ask(SysRead(system_register(name).offset), f"MRS of {name}")
        if isinstance(response, SysTrap):
            raise TrapError(f"PE {self._index}: MRS of {name} traps to EL{response.el}", response.el)
        assert isinstance(response, SysReadData)  # a SysRead is answered by nothing else
        if not response.ok:
            raise CheckError(f"PE {self._index}: MRS of {name} is UNDEFINED")
        return response.value

    async def msr(self, name: str, value: int) -> None:
        """Write a system register."""
        response = await self._ask(SysWrite(system_register(name).offset, value), f"MSR of {name}")
        if isinstance(response, SysTrap):
            raise TrapError(f"PE {self._index}: MSR of {name} traps to EL{response.el}", response.el)
        assert isinstance(response, SysWriteAck)  # a SysWrite is answered by nothing else
        if not response.ok:
            raise CheckError(f"PE {self._index}: MSR of {name} is UNDEFINED")

    async def dsb(self) -> None:
        """Barrier."""
        await self._ask(Barrier(), "the barrier")

    async def _ask(self, request: Transaction, what: str) -> Transaction:
        response = await self._exchange(request)
        if response is None:
            raise CheckError(f"PE {self._index}: {what} was ended by a reset")
        return response

    async def _exchange(self, request: Transaction) -> Transaction | None:
        if self._reset_from <= self._platform.now + 1 < self._reset_end:
            await self._platform.spend(1)
            return None
        return await self._box.exchange(request)

    def reset(self, start: int, end: int) -> None:
        """The PE is in reset from cycle `start` to before `end`."""
        self._reset_from, self._reset_end = start, end
        self._platform.kernel.edge(start, lambda: self._box.respond(None))

    async def enter(self, state: PeState) -> None:
        """Go to another Exception level."""
        if self._platform.config.virtual is None:
            raise CheckError(f"PE {self._index} has no virtual interface, and can't tell it {state}")
        await self._exchange(state)

    async def read(self, name: str) -> int:
        """Read a memory-mapped register by name."""
        block, offset, size = locate(name, self._index)
        value, ok = await self.read_at(block, offset, size)
        if not ok:
            raise CheckError(f"PE {self._index}: the read of {name} got an error response")
        return value

    async def write(self, name: str, value: int) -> None:
        """Write a memory-mapped register by name."""
        block, offset, size = locate(name, self._index)
        if not await self.write_at(block, offset, size, value):
            raise CheckError(f"PE {self._index}: the write of {name} got an error response")

    async def read_at(self, block: str, offset: int, size: int) -> tuple[int, bool]:
        """Read part of a frame."""
        response = await self._platform.ask(Link.of(block, "reg"), RegRead(offset, size, self._index))
        assert isinstance(response, RegReadData)  # a RegRead is answered by nothing else
        return response.value, response.ok

    async def write_at(self, block: str, offset: int, size: int, value: int) -> bool:
        """Write part of a frame."""
        response = await self._platform.ask(Link.of(block, "reg"), RegWrite(offset, size, value, self._index))
        assert isinstance(response, RegWriteAck)  # a RegWrite is answered by nothing else
        return response.ok

    async def spend(self, cycles: int) -> None:
        """Let cycles pass."""
        await self._platform.spend(cycles)

    async def wait_interrupt(self, cycles: int | None = None) -> int:
        """Wait for a line."""
        if self._lines or (cycles is not None and cycles <= 0):
            return self._lines
        kernel = self._platform.kernel
        self._line_event = event = Event()
        self._ticket = kernel.ticket()
        if cycles is not None:
            kernel.alarm(cycles, event)
        await event
        return self._lines

    def change(self, line: LineChange) -> None:
        """A line changed; wake who waits for one."""
        bit = 1 << line.line
        self._lines = self._lines | bit if line.level else self._lines & ~bit
        if self._lines:
            self._platform.kernel.tell(self._ticket, self._line_event)


@lru_cache(maxsize=4096)
def locate(name: str, pe: int) -> tuple[str, int, int]:
    """(block, offset, bytes) of a memory-mapped register; those of a Redistributor are PE `pe`'s. Raises `RegisterError`."""
    frame, block = _FRAMES.get(name[:4], (GICR, f"gicr{pe}") if name.startswith("GICR") else (GICD, "gicd"))
    element = frame.element(name)
    return block, element.offset, element.register.width_bytes


@cache
def _learned() -> Profile:
    """The profile of this project's Verilog."""
    return named("irqpath")


class ModelPlatform:
    """The machine. `listen` is told every transaction; `reports` collects the models' findings."""

    def __init__(
        self,
        config: GicConfig,
        policy: Policy = IRQPATH,
        profile: Profile | None = None,
        listen: Callable[[Observed], None] | None = None,
        pages: int | None = None,
    ) -> None:
        """`pages`: of 4096 bytes, that memory has; a write to one more gets an error response. None: any number."""
        self._config = config
        self.kernel = Kernel()
        self.reports: list[Report] = []
        self._boxes: dict[Link, Mailbox] = {}
        #: the same, by the link on which they are answered
        self._responding: dict[Link, Mailbox] = {}
        self._pes = [self._pe(n) for n in range(config.pes)]
        self._levels: dict[tuple[Link, int], int] = {}
        self._dma: list[OrderedDma] = []
        self._fabric = self._build(policy, profile or _learned(), listen, pages)

    def _pe(self, index: int) -> ModelPe:
        return ModelPe(self, index)

    def _build(self, policy: Policy, profile: Profile, listen: Callable[[Observed], None] | None, pages: int | None) -> Fabric:
        """The models and what is around them."""
        memory, ports = Memory(), dict[str, Port]()
        self.gic = Gic(self._config, policy, memory, lambda block: ports.setdefault(block, Port(block, memory)))
        return GicFabric(self.kernel, self.gic, ports, profile, self._deliver, listen, pages)

    @property
    def config(self) -> GicConfig:
        """Size and identity of the GIC."""
        return self._config

    @property
    def virtual(self) -> VirtualConfig | None:
        """See `Platform.virtual`."""
        return self._config.virtual

    @property
    def pes(self) -> Sequence[ModelPe]:
        """The PEs."""
        return self._pes

    @property
    def now(self) -> int:
        """Cycles since the start."""
        return self.kernel.now

    def start(self, software: Coroutine[Any, Any, None], name: str) -> Job:
        """Let software run beside the caller."""
        return self.kernel.start(software, name)

    async def spend(self, cycles: int) -> None:
        """Let cycles pass."""
        if cycles > 0:
            await self.kernel.after(cycles)

    async def until(self, cycle: int) -> None:
        """Wait until `now` is `cycle`."""
        await self.spend(cycle - self.now)

    def event(self, what: str) -> ModelEvent:
        """An event that has not happened."""
        return ModelEvent(self.kernel, what, POLL_LIMIT)

    def dma(self) -> OrderedDma:
        """The way to memory, and to the ITS, of another device."""
        self._dma.append(OrderedDma(self, self._dma_access))
        return self._dma[-1]

    async def _dma_access(self, address: int, size: int, value: int | None) -> int:
        check_access(address, size)
        request = MemRead(address, size) if value is None else MemWrite(address, size, value & ((1 << 8 * size) - 1))
        response = await self.ask(_MEMORY, request)
        if isinstance(response, MemReadData):
            return response.value
        if response != MemWriteAck():
            raise CheckError(f"the memory at {address:#x} answered with an error: all its pages are taken")
        return 0

    async def quiesce(self) -> None:
        """Wait until nothing is under way."""
        for dma in self._dma:
            await dma.barrier()
        await self.kernel.after(OFFERED)  # what was done now is under way only then
        await self._fabric.rest()

    async def load(self, address: int, size: int) -> int:
        """Software reads memory."""
        return await self._dma_access(address, size, None)

    async def store(self, address: int, size: int, value: int) -> None:
        """Software writes memory."""
        await self._dma_access(address, size, value)

    async def send_msi(self, device: int, event: int) -> None:
        """A device writes GITS_TRANSLATER. Raises `CheckError`."""
        if not self._config.its:
            raise CheckError(f"device {device} sends event {event}, and there is no ITS")
        await self.ask(_MESSAGES, Msi(device, event))

    def wire(self, intid: int, level: int, pe: int = 0) -> None:
        """Drive the wire of an SPI or PPI. Raises `CheckError`."""
        if not 16 <= intid <= self._config.last_spi:
            raise CheckError(f"INTID {intid} has no wire: PPIs are 16 to 31, SPIs 32 to {self._config.last_spi}")
        link = self._ppis(pe) if intid < 32 else Link("gicd.spi")
        if self._levels.get((link, intid), 0) != level:
            self._levels[link, intid] = level
            self._fabric.offer(link, LineChange(intid, level))

    @staticmethod
    def _ppis(pe: int) -> Link:
        """The wires of PPIs."""
        return Link.gicr(pe, "ppi")

    def only_cycles(self, cycles: Mapping[Link, list[int]]) -> None:
        """`listen` is told nothing of these links from now on: each has a list that gets the cycles in which something is
        accepted."""
        self._fabric.only_cycles(cycles)

    def pressure(self, level: int) -> None:
        """Back-pressure: responses and memory accesses are taken in one of 2**`level` cycles (0 to 7)."""
        self._fabric.pressure(level)

    async def reset_pe(self, pe: int) -> None:
        """Reset a PE and its CPU interface."""
        start = self.now + OFFERED
        self._fabric.reset_pe(pe, RESET_CYCLES)
        self._pes[pe].reset(start, start + RESET_CYCLES)
        await self.spend(2 * RESET_CYCLES)

    def run(self, software: Coroutine[Any, Any, None], limit: int = 10_000_000) -> None:
        """Run `software` to its end; at most `limit` cycles. Raises what it raises, `CheckError` when it hangs."""
        try:
            self.kernel.run(self.kernel.start(software, "main"), limit)
        finally:
            self._fabric.release()

    async def ask(self, link: str, request: Transaction) -> Transaction:
        """Send a request by a link, or its name, and wait for its response; requests on one link are answered in order.

        Raises `LinkError` for a link that carries no requests.
        """
        response = await self.box(Link(link)).exchange(request)
        assert response is not None  # only accesses of a PE are ended by a reset
        return response

    def box(self, link: Link) -> Mailbox:
        """What software asks on `link` goes through this. Raises `LinkError`."""
        box = self._boxes.get(link)
        if box is None:
            if link.response is None:
                raise LinkError(f"nothing is answered on link {str(link)!r}")
            box = Mailbox(self.kernel, lambda request: self._fabric.offer(link, request))
            self._boxes[link] = self._responding[link.response] = box
        return box

    def _deliver(self, link: Link, transaction: Transaction) -> None:
        if isinstance(transaction, LineChange) and link.end == "irq":
            if transaction.line != OutLine.MAINTENANCE:  # which is a PPI
                self._pes[link.pe].change(transaction)
        elif isinstance(transaction, Report):
            self.reports.append(transaction)
        else:
            box = self._responding.get(link) or self._boxes.get(link)  # (what is told is done when it is taken)
            if box is not None:
                box.respond(transaction)
