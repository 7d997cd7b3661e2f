"""The interrupt paths, each with the sign by which it is told that an interrupt went it to the end: its acknowledgement.

sgi, ppi, spi, lpi   acknowledged at a physical CPU interface, by INTID
mbi, lpi-direct      so, after a message (GICD_SETSPI_*), or GICR_SETLPIR, with that INTID
gicv2                acknowledged at GICC_IAR
virq-lr, virq-hw     acknowledged by a guest out of a List register; ended by a guest, which deactivated a physical interrupt
maint                the maintenance interrupt was signalled
vlpi, vsgi           acknowledged by a guest, straight from the Redistributor
vlpi-doorbell        a physical LPI acknowledged that a virtual LPI has for its doorbell
virtio-intx, -msi    a virtio device signalled by a wire, by a message
"""

from __future__ import annotations

from typing import Final

from irqpath.config.sizes import FIRST_EPPI, FIRST_ESPI, FIRST_LPI, FIRST_SPECIAL, SPURIOUS
from irqpath.core.transactions import (
    Deactivate,
    DeactivateNs,
    LineChange,
    Msi,
    Out,
    OutLine,
    RegRead,
    RegReadData,
    RegWrite,
    SysRead,
    SysReadData,
    SysWrite,
    Transaction,
    VActivate,
    VlpiSet,
)
from irqpath.gic.common.block import Block
from irqpath.gic.common.frame import FrameBlock
from irqpath.regs import system_register
from irqpath.virtio.transport import Transport

PATHS: Final[dict[str, str]] = {
    "sgi": "IHI 0069 4, SGIs",
    "ppi": "IHI 0069 4, PPIs",
    "spi": "IHI 0069 4, SPIs",
    "mbi": "DDI 0601, GICD_SETSPI_NSR",
    "lpi": "IHI 0069 5.2",
    "lpi-direct": "DDI 0601, GICR_SETLPIR",
    "gicv2": "IHI 0048 3",
    "virq-lr": "IHI 0069 6, List registers",
    "virq-hw": "DDI 0595, ICH_LR<n>_EL2",
    "maint": "DDI 0595, ICH_MISR_EL2",
    "vlpi": "IHI 0069 6, virtual LPIs",
    "vlpi-doorbell": "IHI 0069 6, doorbells",
    "vsgi": "IHI 0069 6, virtual SGIs",
    "virtio-msi": "virtio 1.2, 4.1 (MSI-X)",
    "virtio-intx": "virtio 1.2, 4.1 (ISR status)",
}
_IAR: Final = frozenset(system_register(name).offset for name in ("ICC_IAR0_EL1", "ICC_IAR1_EL1", "ICC_NMIAR1_EL1"))
_SETSPI: Final = ("GICD_SETSPI_NSR", "GICD_SETSPI_SR")
#: Where the INTIDs of the physical paths begin.
_KINDS: Final = (
    (FIRST_LPI, "lpi"),
    (FIRST_ESPI, "spi"),
    (FIRST_EPPI, "ppi"),
    (SPURIOUS + 1, ""),
    (FIRST_SPECIAL, ""),
    (32, "spi"),
    (16, "ppi"),
    (0, "sgi"),
)


class Paths:
    """What is remembered of one source: INTIDs by how they were sent."""

    def __init__(self) -> None:
        self._messages: set[int] = set()
        self._direct: set[int] = set()
        self._doorbells: set[int] = set()

    def see(self, found: set[str], block: Block, t: Transaction, out: list[Out], *, virtual: bool) -> None:
        """Add the paths to `found` whose end this is."""
        if isinstance(t, SysRead) and t.reg in _IAR:
            found |= self._acknowledged(out, virtual=virtual)
        elif isinstance(t, RegRead | RegWrite) and isinstance(block, FrameBlock):
            self._frame(found, block, t, out)
        elif isinstance(t, VlpiSet):
            self._doorbells.add(t.doorbell)
        if virtual and isinstance(t, SysWrite) and any(isinstance(o, Deactivate | DeactivateNs) for _, o in out):
            found.add("virq-hw")
        for _, o in out:
            if isinstance(o, LineChange) and o.level and isinstance(block, Transport):
                found.add("virtio-intx")
            elif isinstance(o, LineChange) and o.level and o.line == OutLine.MAINTENANCE:
                found.add("maint")
            elif isinstance(o, Msi) and isinstance(block, Transport):
                found.add("virtio-msi")

    def _acknowledged(self, out: list[Out], *, virtual: bool) -> set[str]:
        intid = next((o.value for _, o in out if isinstance(o, SysReadData) and o.ok), SPURIOUS)
        kind = next(name for first, name in _KINDS if intid >= first)
        if not kind:
            return set()
        if virtual:
            if any(isinstance(o, VActivate) for _, o in out):
                return {"vlpi" if kind == "lpi" else "vsgi"}
            return {"virq-lr"}
        if intid in self._doorbells:
            return {"vlpi-doorbell"}
        if intid in self._direct:
            return {"lpi-direct"}
        return {kind, "mbi"} if intid in self._messages else {kind}

    def _frame(self, found: set[str], block: FrameBlock, t: RegRead | RegWrite, out: list[Out]) -> None:
        access = block.frame.lookup(t.offset, t.size)
        if access is None:
            return
        name = block.frame.registers[access.register].name
        if isinstance(t, RegWrite):
            if name in _SETSPI:
                self._messages.add(t.value & 0x1FFF)
            elif name == "GICR_SETLPIR":
                self._direct.add(t.value & 0xFFFF_FFFF)
        elif name == "GICC_IAR":
            found |= {"gicv2" for _, o in out if isinstance(o, RegReadData) and o.value & 0x3FF < FIRST_SPECIAL}
