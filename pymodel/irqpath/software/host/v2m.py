"""QEMU's GICv2m frame (hw/intc/arm_gicv2m.c): a guest reads which SPIs it has; messages themselves go by irqfd."""

from __future__ import annotations

from dataclasses import dataclass

from irqpath.core.errors import CheckError
from irqpath.regs import V2M
from irqpath.software.cpu.exits import Exit

BLOCK = "v2m"


@dataclass(frozen=True, slots=True)
class V2mFrame:
    """A frame for `spis` SPIs from `first` on."""

    first: int
    spis: int

    def access(self, exit_: Exit) -> None:
        """Answer an exit. Raises `CheckError` for an access that no driver here makes."""
        name = V2M.name_at(exit_.offset)
        if exit_.value is not None or name != "V2M_MSI_TYPER":
            raise CheckError(f"a guest's access to {name}, which no driver here makes")
        exit_.result = self.first << 16 | self.spis
