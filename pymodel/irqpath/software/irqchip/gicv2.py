"""A GICv2 as Linux initialises and uses it (irq-gic.c): the Distributor once, then for each CPU its banked part and its CPU
interface. A guest's CPU interface is GICV, which it finds where its GICC is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.software.cpu.protocol import Cpu
from irqpath.software.irqchip.gicv3 import PRIORITY

_PRIORITIES: Final = PRIORITY * 0x0101_0101
_PRIORITY_MASK: Final = 0xF0
_ALL: Final = 0xFFFF_FFFF
_FIRST_SPI: Final = 32
_INTID: Final = 0x3FF
#: GICC_CTLR: Group 0 (without Security Extensions: all), split ends
_ENABLE, _EOI_MODE = 1 << 0, 1 << 9
#: GICD_SGIR
_TARGETS: Final = 16
#: Offset of GICD_ITARGETSR, a byte an interrupt.
_ITARGETSR: Final = 0x800


@dataclass(frozen=True, slots=True)
class Gicv2:
    """`spis`: how many there are (GICD_TYPER.ITLinesNumber); `split_eoi`: the end drops the priority only, and GICC_DIR
    deactivates (EOImode 1), as a host has it for its guests."""

    spis: int
    split_eoi: bool = False

    async def init_distributor(self, cpu: Cpu) -> None:
        """gic_dist_init: off, all SPIs for `cpu`, level-sensitive, of one priority, disabled; then on."""
        await cpu.write("GICD_CTLR", 0)
        mask = await cpu.read("GICD_ITARGETSR0") & 0xFF  # gic_get_cpumask
        last = self.spis + _FIRST_SPI
        for n in range(8, last // 4):
            await cpu.write(f"GICD_ITARGETSR{n}", mask * 0x0101_0101)
        for n in range(2, last // 16):
            await cpu.write(f"GICD_ICFGR{n}", 0)
        for n in range(8, last // 4):
            await cpu.write(f"GICD_IPRIORITYR{n}", _PRIORITIES)
        for n in range(1, last // 32):
            await cpu.write(f"GICD_ICACTIVER{n}", _ALL)
            await cpu.write(f"GICD_ICENABLER{n}", _ALL)
        await cpu.write("GICD_CTLR", 1)

    async def init_cpu(self, cpu: Cpu) -> None:
        """gic_cpu_init: SGIs and PPIs as above, SGIs enabled; then gic_cpu_if_up."""
        await cpu.write("GICD_ICACTIVER0", _ALL)
        await cpu.write("GICD_ICENABLER0", 0xFFFF_0000)
        await cpu.write("GICD_ISENABLER0", 0xFFFF)
        for n in range(8):
            await cpu.write(f"GICD_IPRIORITYR{n}", _PRIORITIES)
        await cpu.write("GICC_PMR", _PRIORITY_MASK)
        await cpu.write("GICC_APR0", 0)
        await cpu.write("GICC_CTLR", _ENABLE | (_EOI_MODE if self.split_eoi else 0))

    async def enable(self, cpu: Cpu, intid: int, *, edge: bool = False) -> None:
        """See `Chip`."""
        if intid >= _FIRST_SPI:
            register = f"GICD_ICFGR{intid // 16}"
            bit = 2 << 2 * (intid % 16)
            value = await cpu.read(register)
            await cpu.write(register, value | bit if edge else value & ~bit)
        await cpu.write(f"GICD_ISENABLER{intid // 32}", 1 << intid % 32)

    async def route(self, cpu: Cpu, intid: int, target: int) -> None:
        """gic_set_affinity. Raises `CheckError`."""
        if not await cpu.write_at("gicd", _ITARGETSR + intid, 1, 1 << target):
            raise CheckError(f"CPU {cpu.index}: the target of INTID {intid} cannot be written")

    async def set_active(self, cpu: Cpu, intid: int, *, active: bool) -> None:
        """GICD_ISACTIVER0 or GICD_ICACTIVER0, which are banked."""
        await cpu.write("GICD_ISACTIVER0" if active else "GICD_ICACTIVER0", 1 << intid)

    async def acknowledge(self, cpu: Cpu) -> int:
        """GICC_IAR."""
        return await cpu.read("GICC_IAR")

    def intid(self, value: int) -> int:
        """Without the CPU that has asked for an SGI."""
        return value & _INTID

    async def end(self, cpu: Cpu, value: int) -> None:
        """GICC_EOIR, which is told that CPU, too."""
        await cpu.write("GICC_EOIR", value)

    async def deactivate(self, cpu: Cpu, value: int) -> None:
        """GICC_DIR."""
        await cpu.write("GICC_DIR", value)

    async def send_sgi(self, cpu: Cpu, intid: int, target: int) -> None:
        """gic_ipi_send_mask: GICD_SGIR."""
        await cpu.write("GICD_SGIR", 1 << _TARGETS + target | intid)
