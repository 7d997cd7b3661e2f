"""The *RTL* platform: Verilog in a simulator, driven through the mailboxes of `*_driver.v`.

Python wakes once an access, at a falling edge of the clock, and writes at once: the Verilog neither samples nor changes there
what Python writes or reads. One access at a time is under way on each link, so accesses of several PEs to one frame queue up.
"""

from __future__ import annotations

import re
from collections.abc import Coroutine, Sequence
from functools import cache
from typing import Any, TypeVar

import cocotb
from cocotb.task import Task
from cocotb.triggers import Event, First, RisingEdge, Timer, ValueChange
from cocotb.utils import get_sim_steps, get_sim_time

from irqpath.config.sizes import GicConfig, VirtualConfig
from irqpath.core.errors import CheckError
from irqpath.core.link import Link
from irqpath.core.links.ports import PE_STATE
from irqpath.core.transactions import PeState
from irqpath.regs import system_register
from irqpath.sim.dma import OrderedDma
from irqpath.sim.model_platform import locate
from irqpath.sim.platform import Job, TrapError
from irqpath_testbench.dut.description import Dut
from irqpath_testbench.dut.mailboxes import FAILED, WORD, Mailbox, MemoryPort, RegisterPort
from irqpath_testbench.dut.rtl_event import RtlEvent
from irqpath_testbench.dut.signals import Signal, UnknownError
from irqpath_testbench.dut.turns import Turns

#: Nanoseconds of a clock cycle (clock.v).
PERIOD = 10
_READ, _WRITE, _BARRIER, _STATE = 0, 1, 2, 3
#: Of SCR_EL3 what a PE tells, and EEL2.
_SCR_LOW, _EEL2_LSB = 0b111, 18


@cache
def _encoding(name: str) -> int:
    """Encoding of a system register."""
    return system_register(name).offset


_locate = cache(locate)

#: A step of the way to a driver: "port[0]".
_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")
_Part = TypeVar("_Part")


class RtlJob:
    """Software that runs beside the caller."""

    def __init__(self, task: Task[Exception | None]) -> None:
        self._task = task

    async def join(self) -> None:
        """Wait until it has ended; raises what it raised."""
        error = await self._task
        if error is not None:
            raise error


class RtlPe:
    """A PE of the RTL platform."""

    def __init__(self, platform: RtlPlatform, index: int, driver: Any, wires: Any) -> None:
        """`driver`: of system registers, None where they are memory-mapped; `wires`: where the lines of the PE are, as software
        sees them."""
        self._platform = platform
        self._index = index
        self._system_registers = None if driver is None else (Mailbox(driver, 18, turns=platform.turns), Signal(driver.rhi).read)
        self._lines = Signal(wires.lines).read
        self._alert = ValueChange(wires.alert)

    @property
    def index(self) -> int:
        """Number of the PE, from 0."""
        return self._index

    @property
    def now(self) -> int:
        """Cycles since the start of the scenario."""
        return self._platform.now

    @property
    def poll_limit(self) -> int:
        """Cycles that a poll may take."""
        return self._platform.poll_limit

    @property
    def lines(self) -> int:
        """The lines as they stand."""
        try:
            return self._lines()
        except UnknownError as error:
            raise CheckError(f"what PE {self._index} sees of its interrupt lines {error}") from None

    def synchronize(self) -> None:
        """After a reset: go on from where the mailbox stands."""
        if self._system_registers is not None:
            self._box.synchronize()

    @property
    def _box(self) -> Mailbox:
        if self._system_registers is None:
            raise CheckError(f"PE {self._index} has no system registers for its CPU interface: that of a GICv2 is memory-mapped")
        return self._system_registers[0]

    async def _system(self, op: int, name: str, *words: int) -> int:
        try:
            response = await self._box.exchange(op << 16 | (_encoding(name) if name else 0), *words)
        except UnknownError as error:
            raise CheckError(f"PE {self._index}: the response of {name or 'a barrier'} {error}") from None
        if response >= FAILED:
            if el := response & WORD:
                raise TrapError(f"PE {self._index}: access to {name} traps to EL{el}", el)
            raise CheckError(f"PE {self._index}: access to {name} is UNDEFINED, or was ended by a reset")
        return response

    async def mrs(self, name: str) -> int:
        """Read a system register (of this CPU interface only List registers have more than 32 bits that matter)."""
        low = await self._system(_READ, name)
        assert self._system_registers is not None  # it was read
        return low | self._system_registers[1]() << 32 if name.startswith("ICH_LR") else low

    async def msr(self, name: str, value: int) -> None:
        """Write a system register."""
        await self._system(_WRITE, name, value & WORD, value >> 32)

    async def dsb(self) -> None:
        """Barrier."""
        await self._system(_BARRIER, "")

    async def enter(self, state: PeState) -> None:
        """Go to another Exception level."""
        if self._platform.config.virtual is None:
            raise CheckError(f"PE {self._index} has no virtual interface, and can't tell it {state}")
        told = PE_STATE.pack(el=state.el, scr=state.scr & _SCR_LOW, eel2=state.scr >> _EEL2_LSB & 1)
        await self._box.exchange(_STATE << 16 | told, state.hcr & WORD, state.hcr >> 32)

    async def read(self, name: str) -> int:
        """Read a memory-mapped register by name."""
        block, offset, size = _locate(name, self._index)
        value, ok = await self._platform.port(block).access(self._index, offset, size, None)
        if not ok:
            raise CheckError(f"PE {self._index}: the read of {name} got an error response")
        return value

    async def write(self, name: str, value: int) -> None:
        """Write a memory-mapped register by name."""
        block, offset, size = _locate(name, self._index)
        if not (await self._platform.port(block).access(self._index, offset, size, value))[1]:
            raise CheckError(f"PE {self._index}: the write of {name} got an error response")

    async def read_at(self, block: str, offset: int, size: int) -> tuple[int, bool]:
        """Read part of a frame."""
        return await self._platform.port(block).access(self._index, offset, size, None)

    async def write_at(self, block: str, offset: int, size: int, value: int) -> bool:
        """Write part of a frame."""
        return (await self._platform.port(block).access(self._index, offset, size, value))[1]

    async def spend(self, cycles: int) -> None:
        """Let cycles pass."""
        await self._platform.spend(cycles)

    async def wait_interrupt(self, cycles: int | None = None) -> int:
        """Wait for a line."""
        turns = self._platform.turns
        ticket = 0 if turns is None else turns.ticket()
        deadline = None if cycles is None else self._platform.now + cycles
        while not (lines := self.lines):  # (a line that falls is a change too)
            left = None if deadline is None else deadline - self._platform.now
            if left is None:
                await self._alert
            elif left > 0:
                await First(self._alert, self._platform.after(left))
            else:
                break
            if turns is not None and (deadline is None or self._platform.now < deadline):
                await turns.take(ticket)
        return lines


class RtlPlatform:
    """The machine in the simulator; `top` is the handle of the testbench (whose generate scopes have no static type);
    `poll_limit`: cycles that a poll of software may take; `turns`: who goes on first in a cycle, None: the simulator says."""

    def __init__(self, dut: Dut, top: Any, poll_limit: int, turns: Turns | None = None) -> None:
        self._config = dut.config
        self.turns = turns
        self._dut = dut
        self.poll_limit = poll_limit
        #: simulated time in nanoseconds at which cycle 0 begins
        self.origin = 0
        self._top = top
        there, pes = dut.links, range(dut.config.pes)
        ports = [link for link in map(Link, there) if link.end == "reg"]
        self._ports = {link.block: RegisterPort(self._scope(link), link.block, turns) for link in ports}
        self._memory = MemoryPort(self._scope("sw.mem"), turns) if "sw.mem" in there else None
        self._dma: list[OrderedDma] = []
        has_its = "its0.msi" in there
        words = ("device", "number")
        self._devices = Mailbox(self._scope("its0.msi"), 0, words, responses=False, turns=turns) if has_its else None
        spi_words = range(dut.config.spis // 32) if "gicd.spi" in there else ()
        self._spi_levels = [0] * len(spi_words)
        self._spi_wires = [Signal(self._scope("gicd.spi", word)).write for word in spi_words]
        ppis = {pe: link for pe in pes for link in (Link.gicr(pe, "ppi"), Link.gicv2_ppi(pe)) if link in there}
        self._ppi_levels = dict.fromkeys(ppis, 0)
        self._ppi_wires = {pe: Signal(self._scope(link)).write for pe, link in ppis.items()}
        system = [self._scope(Link.gicc(n, "sys")) if dut.gicv2 is None else None for n in pes]
        self._pes = [RtlPe(self, n, system[n], self._scope(Link.gicc(n, "irq"))) for n in pes]
        self._in_reset = (1 << dut.config.pes) - 1
        self._cycle = get_sim_steps(PERIOD, "ns")
        #: how often somebody has let cycles pass
        self.waits = 0
        #: back-pressure since the start, none before: each level with the first cycle in which it stands
        self.pressures: list[tuple[int, int]] = []
        #: what software that was started has raised, and the event of the first
        self.failures: list[str] = []
        self.failed = Event()

    def _scope(self, link: str, word: int = 0) -> Any:
        """The driver of a link; of many wires that of a word of 32."""
        found = self._top
        for name, index in _STEP.findall(self._dut.scope(link).format(word=word)):
            found = getattr(found, name)
            found = found[int(index)] if index else found
        return found

    def driver(self, link: Link) -> RegisterPort | RtlPe | None:
        """What software accesses go through on a link; None for any other."""
        if link.end == "sys":
            return self._pes[link.pe]
        return self._ports.get(link.block) if link.end == "reg" else None

    @property
    def config(self) -> GicConfig:
        """Size and identity of the GIC."""
        return self._config

    @property
    def virtual(self) -> VirtualConfig | None:
        """See `Platform.virtual`."""
        return self._dut.virtual

    @property
    def pes(self) -> Sequence[RtlPe]:
        """The PEs."""
        return self._pes

    @property
    def now(self) -> int:
        """Cycles since the start of the scenario, as monitors count them."""
        return (int(get_sim_time("ns")) - self.origin - PERIOD // 2) // PERIOD

    def port(self, block: str) -> RegisterPort:
        """The register port of a block. Raises `CheckError` for one that has none."""
        if block not in self._ports:
            raise CheckError(f"{block} has no register port; there are {', '.join(self._ports)}")
        return self._ports[block]

    def start(self, software: Coroutine[Any, Any, None], name: str) -> Job:
        """Let software run beside the caller."""
        return RtlJob(cocotb.start_soon(self._guarded(software, name), name=name))

    async def _guarded(self, software: Coroutine[Any, Any, None], name: str) -> Exception | None:
        """Run it; what it raises is kept for whoever joins, and tells the base test that the scenario can't go on."""
        try:
            await software
        except Exception as error:
            self.failures.append(f"{name} raised {type(error).__name__}: {error}")
            self.failed.set()
            return error
        return None

    async def spend(self, cycles: int) -> None:
        """Let cycles pass."""
        if cycles > 0:
            await self.after(cycles)

    def after(self, cycles: int) -> Timer:
        """What fires that many cycles from now (1 or more)."""
        self.waits += 1
        steps = cycles * self._cycle
        return Timer(steps if self.turns is None else steps - int(get_sim_time("step")) % self._cycle)

    async def until(self, cycle: int) -> None:
        """Wait until `now` is `cycle`."""
        await self.spend(cycle - self.now)

    def event(self, what: str) -> RtlEvent:
        """An event that has not happened."""
        return RtlEvent(self.after, what, self.poll_limit)

    def dma(self) -> OrderedDma:
        """The way to memory, and to the ITS, of another device: all share software's port."""
        self._dma.append(OrderedDma(self, self._has(self._memory, "memory").access))
        return self._dma[-1]

    async def quiesce(self) -> None:
        """Wait until no message is under way and no block works."""
        for dma in self._dma:
            await dma.barrier()
        await self.after(2)  # what is written now is under way only then
        if not self._top.idle.value:
            ticket = 0 if self.turns is None else self.turns.ticket()
            await RisingEdge(self._top.rests)
            if self.turns is not None:
                await self.turns.take(ticket)

    async def load(self, address: int, size: int) -> int:
        """Software reads `size` bytes of memory. Raises `CheckError` where there is none."""
        return await self._has(self._memory, "memory").access(address, size, None)

    async def store(self, address: int, size: int, value: int) -> None:
        """Software writes `size` bytes of memory. Raises `CheckError` where there is none."""
        await self._has(self._memory, "memory").access(address, size, value)

    async def send_msi(self, device: int, event: int) -> None:
        """A device writes EventID `event` to GITS_TRANSLATER; returns when the write was answered. Raises `CheckError` where
        there is no ITS."""
        await self._has(self._devices, "ITS").exchange(0, device, event)

    def _has(self, part: _Part | None, what: str) -> _Part:
        if part is None:
            raise CheckError(f"device {self._dut.name} has no {what}")
        return part

    def wire(self, intid: int, level: int, pe: int = 0) -> None:
        """Drive the wire of an SPI, or of a PPI of `pe`. Raises `CheckError` where there is none."""
        if 16 <= intid < 32 and pe in self._ppi_wires:
            self._ppi_levels[pe] = self._ppi_levels[pe] & ~(1 << intid - 16) | level << intid - 16
            self._ppi_wires[pe](self._ppi_levels[pe])
            return
        if not 32 <= intid <= self._config.last_spi or not self._spi_wires:
            raise CheckError(f"INTID {intid} has no wire: PPIs are 16 to 31, SPIs 32 to {self._config.last_spi}")
        word, bit = divmod(intid - 32, 32)
        self._spi_levels[word] = self._spi_levels[word] & ~(1 << bit) | level << bit
        self._spi_wires[word](self._spi_levels[word])

    def pressure(self, level: int) -> None:
        """Back-pressure: responses and memory accesses are taken in one of 2**`level` cycles (0 to 7)."""
        self._top.set_pressure.value = level
        since = self.now + 2  # Verilog takes it over at the next edge, and it counts from the one after
        if self.pressures and self.pressures[-1][0] == since:  # the last of a cycle is the one that comes to be
            self.pressures.pop()
        if level != (self.pressures[-1][1] if self.pressures else 0):
            self.pressures.append((since, level))

    async def power_up(self) -> None:
        """Reset everything, as at power-up; cycles count from 0, and back-pressure's random numbers begin anew. From then on
        Python is awake at falling edges."""
        # Icarus wakes what waits for an edge in one order at this edge and in the reverse at the next, and software sees it where
        # two things happen in one cycle: scenarios begin at edges of one kind
        pair = 2 * self._cycle
        await Timer(pair - int(get_sim_time("step")) % pair)
        self._top.set_restart.value = 1
        await self.after(2)
        self._top.set_restart.value = 0
        self.origin = int(get_sim_time("ns")) + PERIOD  # the counter's first edge after this one still sets it to 0
        for word in range(len(self._spi_levels)):
            self._spi_levels[word] = 0
            self._spi_wires[word](0)
        for number, write in self._ppi_wires.items():
            self._ppi_levels[number] = 0
            write(0)
        self.pressure(0)
        self.pressures.clear()
        self._top.set_mem_rst.value = 1
        self._top.set_iri_rst.value = 1
        self._top.set_pe_rst.value = (1 << self._config.pes) - 1
        await self.after(4)
        self._top.set_mem_rst.value = 0
        self._top.set_iri_rst.value = 0
        self._top.set_pe_rst.value = 0
        self._in_reset = 0
        await self.after(self._dut.resets.settle)
        for port in self._ports.values():
            port.synchronize()
        for pe in self._pes:
            pe.synchronize()
        for box in (self._memory, self._devices):
            if box is not None:
                box.synchronize()

    async def reset_pe(self, pe: int) -> None:
        """Reset a PE and its CPU interface."""
        self._in_reset |= 1 << pe
        self._top.set_pe_rst.value = self._in_reset
        await self.after(4)
        self._in_reset &= ~(1 << pe)
        self._top.set_pe_rst.value = self._in_reset
        await self.after(4)
