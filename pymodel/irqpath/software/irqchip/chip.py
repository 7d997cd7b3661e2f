"""What kernels need of an interrupt controller's driver, whichever it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from irqpath.software.cpu.protocol import Cpu

#: From this INTID to 1023 they are no interrupts (1023: nothing is pending).
FIRST_SPECIAL = 1020
LAST_SPECIAL = 1023


class Chip(Protocol):
    """A driver. What is acknowledged is a value: the INTID, and with GICv2 the CPU that asked for an SGI."""

    async def init_distributor(self, cpu: Cpu) -> None:
        """Once; SPIs are for `cpu`."""

    async def init_cpu(self, cpu: Cpu) -> None:
        """Each CPU's part."""

    async def enable(self, cpu: Cpu, intid: int, *, edge: bool = False) -> None:
        """request_irq: the trigger is set while it is disabled, then it is enabled. SPIs and PPIs."""

    async def route(self, cpu: Cpu, intid: int, target: int) -> None:
        """irq_set_affinity: the SPI is for CPU `target`."""

    async def set_active(self, cpu: Cpu, intid: int, *, active: bool) -> None:
        """irq_set_irqchip_state: a PPI of `cpu` is active, or is not."""

    async def acknowledge(self, cpu: Cpu) -> int:
        """What is signalled is taken."""

    def intid(self, value: int) -> int:
        """Of what was acknowledged."""

    async def end(self, cpu: Cpu, value: int) -> None:
        """The end of interrupt: its priority is dropped; unless ends are split, it is deactivated."""

    async def deactivate(self, cpu: Cpu, value: int) -> None:
        """Where ends are split."""

    async def send_sgi(self, cpu: Cpu, intid: int, target: int) -> None:
        """gic_ipi_send_mask, to one CPU."""


#: Makes the driver of a GIC with so many SPIs.
ChipOf = Callable[[int], Chip]
