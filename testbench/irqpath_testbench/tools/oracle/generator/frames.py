"""The register frames by the names of blocks in operations."""

from __future__ import annotations

from typing import Final

from irqpath.gic.gicv2.registers import gicd_frame
from irqpath.regs import GICC, GICD, GICH, GICV, GITS, V2M, Frame, gicr_frame

#: The Distributor of a GICv2: its frame is another one than a GICv3's.
GICD2: Final = "gicd2"
#: With the frame of GICv4, which a GICv3 does not have.
_GICR: Final = gicr_frame(virtual=True, extended=False)
_BY_NAME: Final = {
    "gicd": GICD,
    GICD2: gicd_frame(v3=False),
    "gicc": GICC,
    "gich": GICH,
    "gicv": GICV,
    "v2m": V2M,
}


def frame_of(block: str) -> Frame:
    """The registers of a block: "gicd", "gicr<n>", "its<n>"; "gicd2", "gicc", "gich", "gicv", "v2m" of a GICv2."""
    found = _BY_NAME.get(block)
    return found if found is not None else _GICR if block.startswith("gicr") else GITS
