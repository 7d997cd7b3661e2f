"""The *RTL* platform: Verilog in a simulator, driven through the mailboxes of `testbench/hdl/*_driver.v`.

Python wakes once an access. One access at a time is under way on each link, so accesses of several PEs to one frame queue up.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any

import cocotb
from cocotb.task import Task
from cocotb.triggers import Event, First, Lock, RisingEdge, Timer, ValueChange
from cocotb.utils import get_sim_time

from pymodel.config import GicConfig
from pymodel.errors import CheckError
from pymodel.memory import check_access
from pymodel.platform import Job
from pymodel.regs import ICC
from pymodel.sim.model_platform import locate
from testbench.device import MEM_PAGES

#: Nanoseconds of a clock cycle (testbench/hdl/clock.v).
PERIOD = 10
_READ, _WRITE, _BARRIER = 0, 1, 2
_WORD = 0xFFFF_FFFF


class RtlJob:
    """Software that runs beside the caller."""

    def __init__(self, task: Task[Exception | None]) -> None:
        self._task = task

    async def join(self) -> None:
        """Wait until it has ended; raises what it raised."""
        error = await self._task
        if error is not None:
            raise error


def word(handle: Any, what: str) -> int:
    """The value of a signal. Raises `CheckError` where it has X or Z."""
    value = handle.value
    try:
        return int(value)
    except ValueError:
        raise CheckError(f"{what} is {value}: X or Z reached software") from None


class RegisterPort:
    """The mailbox of one register port."""

    def __init__(self, driver: Any, name: str) -> None:
        self._driver = driver
        self._name = name
        self._toggle = 0
        self._lock = Lock()

    def synchronize(self) -> None:
        """After a reset: go on from where the mailbox stands."""
        self._toggle = int(self._driver.done.value)

    async def access(self, pe: int, offset: int, size: int, value: int | None) -> tuple[int, bool]:
        """Read (`value` is None) or write `size` bytes at `offset`; (value read, no error response)."""
        driver = self._driver
        async with self._lock:
            self._toggle ^= 1
            driver.address.value = offset
            if value is not None:
                driver.lo.value = value & _WORD
                driver.hi.value = value >> 32
            driver.ctl.value = self._toggle << 12 | pe << 4 | (value is not None) << 3 | (size.bit_length() - 1)
            await ValueChange(driver.done)
            error = bool(word(driver.error, f"the response of {self._name} at offset {offset:#x}"))
            if value is not None or error:
                return 0, not error
            where = f"the answer of {self._name} at offset {offset:#x}"
            low = word(driver.rlo, where)
            if size == 8:
                low |= word(driver.rhi, where) << 32
            return low & ((1 << 8 * size) - 1), True


class MemoryPort:
    """Software's port to memory, one access at a time."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._toggle = 0
        self._lock = Lock()

    def synchronize(self) -> None:
        """After a reset: go on from where the mailbox stands."""
        self._toggle = int(self._driver.done.value)

    async def access(self, address: int, size: int, value: int | None) -> int:
        """Read (`value` is None) or write. Raises `AccessError` before it is tried, `CheckError` at an error response."""
        check_access(address, size)
        driver = self._driver
        async with self._lock:
            self._toggle ^= 1
            driver.at_lo.value = address & _WORD
            driver.at_hi.value = address >> 32
            if value is not None:
                driver.lo.value = value & _WORD
                driver.hi.value = value >> 32 & _WORD
            driver.ctl.value = self._toggle << 3 | (value is not None) << 2 | (size.bit_length() - 1)
            await ValueChange(driver.done)
            where = f"the memory at {address:#x}"
            if word(driver.error, f"the response of {where}"):
                raise CheckError(f"{where} answered with an error: all {MEM_PAGES} pages are taken")
            return 0 if value is not None else word(driver.rlo, where) | word(driver.rhi, where) << 32


class RtlPe:
    """A PE of the RTL platform."""

    def __init__(self, platform: RtlPlatform, index: int, scope: Any) -> None:
        self._platform = platform
        self._index = index
        self._driver = scope.driver
        self._lines = scope.lines
        self._toggle = 0
        self._hi = 0
        self._lock = Lock()

    @property
    def index(self) -> int:
        """Number of the PE, from 0."""
        return self._index

    @property
    def lines(self) -> int:
        """IRQ and FIQ as they stand."""
        return word(self._lines, f"the interrupt lines of PE {self._index}")

    def synchronize(self) -> None:
        """After a reset: go on from where the mailbox stands."""
        self._toggle = int(self._driver.done.value)
        self._hi = int(self._driver.hi.value)

    async def _system(self, op: int, name: str, value: int = 0) -> int:
        driver = self._driver
        register = ICC.by_name(name).offset if name else 0
        async with self._lock:
            self._toggle ^= 1
            if op == _WRITE:
                driver.lo.value = value & _WORD
                if value >> 32 != self._hi:
                    self._hi = value >> 32
                    driver.hi.value = self._hi
            driver.ctl.value = self._toggle << 18 | op << 16 | register
            await ValueChange(driver.done)
            if not word(driver.ok, f"the answer of {name}"):
                raise CheckError(f"PE {self._index}: access to {name} is UNDEFINED, or was ended by a reset")
            return word(driver.rlo, f"PE {self._index}: {name}") if op == _READ else 0

    async def mrs(self, name: str) -> int:
        """Read a system register (the registers of this CPU interface have 32 bits that matter)."""
        return await self._system(_READ, name)

    async def msr(self, name: str, value: int) -> None:
        """Write a system register."""
        await self._system(_WRITE, name, value)

    async def dsb(self) -> None:
        """Barrier."""
        await self._system(_BARRIER, "")

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
        return await self._platform.port(block).access(self._index, offset, size, None)

    async def write_at(self, block: str, offset: int, size: int, value: int) -> bool:
        """Write part of a frame."""
        return (await self._platform.port(block).access(self._index, offset, size, value))[1]

    async def spend(self, cycles: int) -> None:
        """Let cycles pass."""
        await self._platform.spend(cycles)

    async def wait_interrupt(self, cycles: int | None = None) -> int:
        """Wait for a line."""
        if not self.lines:
            change = ValueChange(self._lines)
            await (change if cycles is None else First(change, Timer(cycles * PERIOD, "ns")))
            if self.lines:
                await Timer(PERIOD // 2, "ns")  # the lines follow at falling edges, all else is done at rising ones
        return self.lines


class RtlPlatform:
    """The machine in the simulator; `top` is the handle of `irqpath_tb` (whose generate scopes have no static type)."""

    def __init__(self, config: GicConfig, top: Any) -> None:
        self._config = config
        self._top = top
        self._ports = {f"gicr{n}": RegisterPort(self._top.port[n + 1].driver, f"gicr{n}") for n in range(config.pes)}
        self._memory = MemoryPort(top.software)
        self._msi_toggle = 0
        self._msi_lock = Lock()
        self._spi_levels = [0] * (config.spis // 32)
        self._ppi_levels = [0] * config.pes
        # looking a handle up takes longer than writing it
        self._spi_wires = [top.spis[word].level for word in range(config.spis // 32)]
        self._ppi_wires = [top.pe[pe].ppi_level for pe in range(config.pes)]
        if config.its:
            self._ports["its0"] = RegisterPort(top.port[config.pes + 1].driver, "its0")
        self._ports["gicd"] = RegisterPort(self._top.port[0].driver, "gicd")
        self._pes = [RtlPe(self, n, self._top.pe[n]) for n in range(config.pes)]
        self._in_reset = (1 << config.pes) - 1
        #: what software that was started has raised, and the event of the first
        self.failures: list[str] = []
        self.failed = Event()

    @property
    def config(self) -> GicConfig:
        """Size and identity of the GIC."""
        return self._config

    @property
    def pes(self) -> Sequence[RtlPe]:
        """The PEs."""
        return self._pes

    @property
    def now(self) -> int:
        """Cycles since the start."""
        return int(get_sim_time("ns")) // PERIOD

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
            await Timer(cycles * PERIOD, "ns")

    async def quiesce(self) -> None:
        """Wait until no message is under way and no block works."""
        await Timer(2 * PERIOD + PERIOD // 2, "ns")  # what was written in this cycle is under way only then
        if not self._top.idle.value:
            await RisingEdge(self._top.idle)
        else:
            await Timer(PERIOD // 2, "ns")

    async def load(self, address: int, size: int) -> int:
        """Software reads `size` bytes of memory."""
        return await self._memory.access(address, size, None)

    async def store(self, address: int, size: int, value: int) -> None:
        """Software writes `size` bytes of memory."""
        await self._memory.access(address, size, value)

    async def send_msi(self, device: int, event: int) -> None:
        """A device writes EventID `event` to GITS_TRANSLATER; returns when the write was answered."""
        port = self._top.devices
        async with self._msi_lock:
            self._msi_toggle ^= 1
            port.device.value = device
            port.number.value = event
            port.toggle.value = self._msi_toggle
            await ValueChange(port.done)

    def wire(self, intid: int, level: int, pe: int = 0) -> None:
        """Drive the wire of an SPI, or of a PPI of `pe`. Raises `CheckError` where there is none."""
        if 16 <= intid < 32:
            self._ppi_levels[pe] = self._ppi_levels[pe] & ~(1 << intid - 16) | level << intid - 16
            self._ppi_wires[pe].value = self._ppi_levels[pe]
            return
        if not 32 <= intid <= self._config.last_spi:
            raise CheckError(f"INTID {intid} has no wire: PPIs are 16 to 31, SPIs 32 to {self._config.last_spi}")
        word, bit = divmod(intid - 32, 32)
        self._spi_levels[word] = self._spi_levels[word] & ~(1 << bit) | level << bit
        self._spi_wires[word].value = self._spi_levels[word]

    def pressure(self, level: int) -> None:
        """Back-pressure: answers and memory accesses are taken in one of 2**`level` cycles (0 to 7)."""
        self._top.set_pressure.value = level

    async def power_up(self) -> None:
        """Reset everything, as at power-up."""
        for word in range(len(self._spi_levels)):
            self._spi_levels[word] = 0
            self._spi_wires[word].value = 0
        for number in range(self._config.pes):
            self._ppi_levels[number] = 0
            self._ppi_wires[number].value = 0
        self.pressure(0)
        self._top.set_mem_rst.value = 1
        self._top.set_iri_rst.value = 1
        self._top.set_pe_rst.value = (1 << self._config.pes) - 1
        await Timer(4 * PERIOD, "ns")
        self._top.set_mem_rst.value = 0
        self._top.set_iri_rst.value = 0
        self._top.set_pe_rst.value = 0
        self._in_reset = 0
        await Timer(4 * PERIOD, "ns")
        for port in self._ports.values():
            port.synchronize()
        for pe in self._pes:
            pe.synchronize()
        self._memory.synchronize()
        self._msi_toggle = int(self._top.devices.done.value)

    async def reset_pe(self, pe: int) -> None:
        """Reset a PE and its CPU interface."""
        self._in_reset |= 1 << pe
        self._top.set_pe_rst.value = self._in_reset
        await Timer(4 * PERIOD, "ns")
        self._in_reset &= ~(1 << pe)
        self._top.set_pe_rst.value = self._in_reset
        await Timer(4 * PERIOD, "ns")
