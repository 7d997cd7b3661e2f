"""Bare metal on a `Board`: PEs that take turns, with the same RAM as the models."""

from __future__ import annotations

from irqpath import AddressMap, Board, CheckError, GicConfig, Gicv2Config, Memory, Policy
from irqpath_testbench.sequences.baremetal.cpu import Cpu, Exit

RAM, ENTRY, WIRES = 0x4000_0000, 0x4020_0000, 0x0900_0000
SYS_WRITE0, SYS_EXIT, CPU_ON = 0x04, 0x18, 0xC400_0003


class Machine:
    """A machine that runs `program`; `output` is what that printed, `status` how it ended."""

    def __init__(self, config: GicConfig | Gicv2Config, policy: Policy, program: bytes) -> None:
        self.ram = bytearray(4 << 20)
        self.ram[ENTRY - RAM : ENTRY - RAM + len(program)] = program
        memory = Memory()
        memory.map(RAM, self.ram)
        self.board = Board(config, policy, memory, address_map=AddressMap(ram=((RAM, len(self.ram)),)))
        self.cpus = {0: Cpu([(RAM, self.ram)], ENTRY, x0=1)}
        self.output = ""
        self.status: int | None = None

    def run(self, turns: int = 100_000) -> int:
        """Let each PE run 200 instructions, or to what it stops for, in turn. Raises `CheckError` when that has no end."""
        for _ in range(turns):
            for pe, cpu in list(self.cpus.items()):
                if self.board.lines(pe).irq:
                    cpu.interrupt()
                self.serve(pe, cpu, cpu.run(200))
                if self.status is not None:
                    return self.status
        raise CheckError(f"the program has not ended after {turns} turns; it printed {self.output!r}")

    def serve(self, pe: int, cpu: Cpu, asked: Exit) -> None:
        """Do what a PE stopped for."""
        match asked.kind:
            case "read" | "mrs":
                read = self.board.read(pe, asked.at, asked.size) if asked.size else self.board.mrs(pe, asked.at)
                assert read.ok, f"PE {pe}: {asked} ended with {read}"
                cpu.done(read.value)
            case "write" if asked.at == WIRES:
                self.board.wire(asked.value & 0xFFFF, asked.value >> 31, asked.value >> 16 & 0x7FFF)
                cpu.done()
            case "write" | "msr":
                write = self.board.write if asked.kind == "write" else lambda pe, at, _, value: self.board.msr(pe, at, value)
                result = write(pe, asked.at, asked.size, asked.value)
                assert result.ok, f"PE {pe}: {asked} ended with {result}"
                cpu.done()
            case "hvc" if cpu.get(0) == CPU_ON:
                self.cpus[cpu.get(1)] = Cpu([(RAM, self.ram)], entry=cpu.get(2), x0=cpu.get(3))
                cpu.set(0, 0)
                cpu.done()
            case "hlt":
                self.semihosting(cpu)
                cpu.done()

    def semihosting(self, cpu: Cpu) -> None:
        """Text, or the end."""
        at = cpu.get(1) - RAM
        if cpu.get(0) == SYS_WRITE0:
            self.output += self.ram[at : self.ram.index(0, at)].decode()
        elif cpu.get(0) == SYS_EXIT:
            self.status = int.from_bytes(self.ram[at + 8 : at + 16], "little")
