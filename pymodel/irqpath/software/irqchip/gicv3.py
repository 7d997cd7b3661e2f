"""A GICv3 as Linux initialises it (irq-gic-v3.c): the Distributor once, then for each CPU its Redistributor and CPU interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from irqpath.software.cpu.protocol import Cpu, until_clear

#: GICD_CTLR and GICR_CTLR
_RWP_GICD, _RWP_GICR = 1 << 31, 1 << 3
_ARE_NS, _ENABLE_G1A, _ENABLE_G1 = 1 << 4, 1 << 1, 1 << 0
#: GICR_WAKER
_PROCESSOR_SLEEP, _CHILDREN_ASLEEP = 1 << 1, 1 << 2
#: of all interrupts (GICD_INT_DEF_PRI), four in a register; ICC_PMR_EL1 (DEFAULT_PMR_VALUE)
PRIORITY: Final = 0xA0
_PRIORITIES: Final = PRIORITY * 0x0101_0101
_PRIORITY_MASK: Final = 0xF0
_ALL: Final = 0xFFFF_FFFF
_FIRST_SPI: Final = 32
#: ICC_CTLR_EL1.EOImode
_EOI_MODE: Final = 1 << 1
_SRE: Final = 1
#: ICC_SGI1R_EL1
_SGI_INTID: Final = 24


@dataclass(frozen=True, slots=True)
class Gicv3:
    """`spis`: how many there are (GICD_TYPER.ITLinesNumber); `split_eoi`: the end drops the priority only, and ICC_DIR_EL1
    deactivates (EOImode 1), as a host has it for its guests."""

    spis: int
    split_eoi: bool = False

    async def init_distributor(self, cpu: Cpu) -> None:
        """gic_dist_init: off, all SPIs Group 1, level-sensitive, of one priority, disabled; then on, SPIs for `cpu`."""
        await cpu.write("GICD_CTLR", 0)
        await until_clear(cpu, "GICD_CTLR", _RWP_GICD, "RWP")
        words = range(1, (self.spis + _FIRST_SPI) // 32)
        for n in words:
            await cpu.write(f"GICD_IGROUPR{n}", _ALL)
        for n in range(2, (self.spis + _FIRST_SPI) // 16):
            await cpu.write(f"GICD_ICFGR{n}", 0)
        for n in range(8, (self.spis + _FIRST_SPI) // 4):
            await cpu.write(f"GICD_IPRIORITYR{n}", _PRIORITIES)
        for n in words:
            await cpu.write(f"GICD_ICACTIVER{n}", _ALL)
            await cpu.write(f"GICD_ICENABLER{n}", _ALL)
        await until_clear(cpu, "GICD_CTLR", _RWP_GICD, "RWP")
        await cpu.write("GICD_CTLR", _ARE_NS | _ENABLE_G1A | _ENABLE_G1)
        await until_clear(cpu, "GICD_CTLR", _RWP_GICD, "RWP")
        for intid in range(_FIRST_SPI, _FIRST_SPI + self.spis):
            await cpu.write(f"GICD_IROUTER{intid}", cpu.index)

    async def init_cpu(self, cpu: Cpu) -> None:
        """gic_cpu_init: the Redistributor is woken, SGIs and PPIs as above, SGIs enabled; then gic_cpu_sys_reg_init."""
        waker = await cpu.read("GICR_WAKER")
        await cpu.write("GICR_WAKER", waker & ~_PROCESSOR_SLEEP)
        await until_clear(cpu, "GICR_WAKER", _CHILDREN_ASLEEP, "ChildrenAsleep")
        await cpu.write("GICR_IGROUPR0", _ALL)
        await cpu.write("GICR_ICACTIVER0", _ALL)
        for n in range(8):
            await cpu.write(f"GICR_IPRIORITYR{n}", _PRIORITIES)
        await cpu.write("GICR_ICENABLER0", 0xFFFF_0000)
        await cpu.write("GICR_ISENABLER0", 0xFFFF)
        await until_clear(cpu, "GICR_CTLR", _RWP_GICR, "RWP")
        await self.init_cpu_interface(cpu)

    async def init_cpu_interface(self, cpu: Cpu) -> None:
        """gic_cpu_sys_reg_init: system registers, the priority mask, EOImode, no active priorities, Group 1 enabled."""
        if not await cpu.mrs("ICC_SRE_EL1") & _SRE:
            await cpu.msr("ICC_SRE_EL1", _SRE)
        await cpu.msr("ICC_PMR_EL1", _PRIORITY_MASK)
        await cpu.msr("ICC_BPR1_EL1", 0)
        await cpu.msr("ICC_CTLR_EL1", _EOI_MODE if self.split_eoi else 0)
        await cpu.msr("ICC_AP1R0_EL1", 0)
        await cpu.msr("ICC_IGRPEN1_EL1", 1)

    async def enable(self, cpu: Cpu, intid: int, *, edge: bool = False) -> None:
        """See `Chip`."""
        frame = "GICR" if intid < _FIRST_SPI else "GICD"
        if intid >= _FIRST_SPI:
            register = f"GICD_ICFGR{intid // 16}"
            bit = 2 << 2 * (intid % 16)
            value = await cpu.read(register)
            await cpu.write(register, value | bit if edge else value & ~bit)
        await cpu.write(f"{frame}_ISENABLER{intid // 32}", 1 << intid % 32)

    async def route(self, cpu: Cpu, intid: int, target: int) -> None:
        """gic_set_affinity: GICD_IROUTER<n>."""
        await cpu.write(f"GICD_IROUTER{intid}", target)

    async def set_active(self, cpu: Cpu, intid: int, *, active: bool) -> None:
        """GICR_ISACTIVER0 or GICR_ICACTIVER0."""
        await cpu.write("GICR_ISACTIVER0" if active else "GICR_ICACTIVER0", 1 << intid)

    async def acknowledge(self, cpu: Cpu) -> int:
        """ICC_IAR1_EL1."""
        return await cpu.mrs("ICC_IAR1_EL1")

    def intid(self, value: int) -> int:
        """It is nothing else."""
        return value

    async def end(self, cpu: Cpu, value: int) -> None:
        """ICC_EOIR1_EL1."""
        await cpu.msr("ICC_EOIR1_EL1", value)

    async def deactivate(self, cpu: Cpu, value: int) -> None:
        """ICC_DIR_EL1."""
        await cpu.msr("ICC_DIR_EL1", value)

    async def send_sgi(self, cpu: Cpu, intid: int, target: int) -> None:
        """gic_ipi_send_mask: ICC_SGI1R_EL1, whose targets are 16 to each affinity 1."""
        await cpu.msr("ICC_SGI1R_EL1", intid << _SGI_INTID | (target // 16) << 16 | 1 << target % 16)
