"""Bare metal on either platform: a PE of the program is software of a PE of the platform, and takes as long as it takes there.

RAM is the PEs' own, but for the tables of LPIs and the ITS, which the GIC reads and writes too: in the platform's memory.
"""

from __future__ import annotations

from typing import Final

from irqpath import Board
from irqpath.core.errors import CheckError
from irqpath.regs import ICC
from irqpath.sim.platform import IRQ, Job, Pe, Platform
from irqpath_testbench.sequences.baremetal.cpu import Cpu, Exit
from irqpath_testbench.sequences.baremetal.on_board import CPU_ON, ENTRY, SYS_EXIT, SYS_WRITE0, WIRES

_TABLES: Final = range(0x4030_0000, 0x4040_0000)
_RAM_BYTES: Final = _TABLES.start - ENTRY
#: Instructions in a row, and the cycles that they are counted as.
_SLICE, _CYCLES = 100, 100


class Run:
    """A run of `program`; `output` is what it printed, `status` how it ended."""

    def __init__(self, platform: Platform, program: bytes) -> None:
        self.output = ""
        self.status: int | None = None
        self._platform = platform
        self._ram = [(ENTRY, bytearray(program.ljust(_RAM_BYTES, b"\0")))]
        self._places = Board(platform.config).places
        self._others: list[Job] = []

    async def run(self) -> None:
        """To its end. Raises `CheckError` when the program says that it failed."""
        await self._pe(self._platform.pes[0], Cpu(self._ram, ENTRY, x0=1))
        for job in self._others:
            await job.join()
        if self.status != 0:
            raise CheckError(f"the bare-metal test ended with {self.status}: {self.output.strip()}")

    async def _pe(self, pe: Pe, cpu: Cpu) -> None:
        while self.status is None:
            if pe.lines & IRQ:
                cpu.interrupt()
            asked = cpu.run(_SLICE)
            if asked.kind == "wfi":
                await pe.wait_interrupt(1000)
            elif asked.kind == "slice":
                await pe.spend(_CYCLES)
            else:
                cpu.done(await self._serve(pe, cpu, asked))

    async def _serve(self, pe: Pe, cpu: Cpu, asked: Exit) -> int:
        """Do what a PE stopped for; what it reads."""
        match asked.kind:
            case "mrs":
                return await pe.mrs(_name(asked.at))
            case "msr":
                await pe.msr(_name(asked.at), asked.value)
                await pe.dsb()
            case "read" | "write" if asked.at in _TABLES:
                if asked.kind == "read":
                    return await self._platform.load(asked.at, asked.size)
                await self._platform.store(asked.at, asked.size, asked.value)
            case "write" if asked.at == WIRES:
                self._platform.wire(asked.value & 0xFFFF, asked.value >> 31, asked.value >> 16 & 0x7FFF)
            case "read" | "write":
                return await self._register(pe, asked)
            case "hvc" if cpu.get(0) == CPU_ON:
                other = self._platform.pes[cpu.get(1)]
                started = self._pe(other, Cpu(self._ram, cpu.get(2), cpu.get(3)))
                self._others.append(self._platform.start(started, f"bare metal of PE {other.index}"))
                cpu.set(0, 0)
            case "hlt":
                self._semihosting(cpu)
        return 0

    async def _register(self, pe: Pe, asked: Exit) -> int:
        region = self._places.at(asked.at, asked.size)
        if region is None or region.name == "ram":
            raise CheckError(f"PE {pe.index}: {asked.kind} of {asked.size} bytes at {asked.at:#x}, where nothing is")
        offset = asked.at - region.base
        if asked.kind == "read":
            value, ok = await pe.read_at(region.name, offset, asked.size)
        else:
            value, ok = 0, await pe.write_at(region.name, offset, asked.size, asked.value)
        if not ok:
            raise CheckError(f"PE {pe.index}: {asked.kind} of {region.name} at {offset:#x} got an error response")
        return value

    def _semihosting(self, cpu: Cpu) -> None:
        ram, at = self._ram[0][1], cpu.get(1) - ENTRY
        if cpu.get(0) == SYS_WRITE0:
            self.output += ram[at : ram.index(0, at)].decode()
        elif cpu.get(0) == SYS_EXIT:
            self.status = int.from_bytes(ram[at + 8 : at + 16], "little")


def _name(encoding: int) -> str:
    element = ICC.by_encoding(encoding)
    if element is None:
        raise CheckError(f"{ICC.name_at(encoding)} is no system register of the GIC")
    return element.name
