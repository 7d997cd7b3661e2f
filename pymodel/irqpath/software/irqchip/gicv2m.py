"""A GICv2m frame as Linux uses it (irq-gic-v2m.c): writes of messages make SPIs of the Distributor pending."""

from __future__ import annotations

from dataclasses import dataclass, field

from irqpath.core.errors import CheckError
from irqpath.software.cpu.protocol import Cpu

#: Offset of V2M_MSI_SETSPI_NS.
SETSPI = 0x40


@dataclass(slots=True)
class Gicv2m:
    """A frame at `address`. `free`: SPIs that no event has yet."""

    address: int
    free: list[int] = field(default_factory=list)

    async def init(self, cpu: Cpu) -> None:
        """gicv2m_init_one: which SPIs there are (V2M_MSI_TYPER)."""
        typer = await cpu.read("V2M_MSI_TYPER")
        first = typer >> 16 & 0x3FF
        self.free = list(range(first, first + (typer & 0x3FF)))

    def allocate(self, count: int) -> list[int]:
        """gicv2m_irq_domain_alloc. Raises `CheckError` without so many."""
        if count > len(self.free):
            raise CheckError(f"{count} events, and the GICv2m frame has {len(self.free)} SPIs left")
        taken, self.free = self.free[:count], self.free[count:]
        return taken

    @property
    def doorbell(self) -> int:
        """Where messages are written (gicv2m_compose_msi_msg); their data is the SPI."""
        return self.address + SETSPI
