"""What the path `gicv2` must exercise: its bins by group."""

from __future__ import annotations

from typing import Final

from irqpath.config.gicv2 import Gicv2Config
from irqpath.core.transactions import OutLine
from irqpath.regs import GICC, GICD2, GICH, GICV, V2M, Frame

#: Register frames by the name of their links.
FRAMES: Final[dict[str, Frame]] = {"gicd": GICD2, "gicc": GICC, "gich": GICH, "gicv": GICV, "v2m": V2M}
#: What a PE's lines are called.
LINES: Final = {
    OutLine.IRQ: "nIRQ",
    OutLine.FIQ: "nFIQ",
    OutLine.VIRQ: "nvIRQ",
    OutLine.VFIQ: "nvFIQ",
    OutLine.MAINTENANCE: "maintenance",
}
#: Registers that acknowledge, that end; values of GICD_SGIR.TargetListFilter.
ACKNOWLEDGES: Final = ("GICC_IAR", "GICC_AIAR", "GICV_IAR", "GICV_AIAR")
ENDS: Final = ("GICC_EOIR", "GICC_AEOIR", "GICC_DIR", "GICV_EOIR", "GICV_AEOIR", "GICV_DIR")
FILTERS: Final = ("CPUTargetList", "all but itself", "itself", "reserved")


def gicv2_plan(config: Gicv2Config) -> dict[str, tuple[str, ...]]:
    """Group -> bins that the path must hit."""
    pes, virtual = range(config.pes), config.virtual is not None
    frames = [frame for name, frame in FRAMES.items() if virtual or name not in ("gich", "gicv")]
    written = [r.name for frame in frames for r in frame.registers if r.write_mask and r.name not in ("GICD_NSACR",)]
    lines = [name for line, name in LINES.items() if virtual or line < OutLine.VIRQ]
    ends = [f"{name}, EOImode {mode}" for name in ENDS for mode in (0, 1) if not (name.endswith("DIR") and mode == 0)]
    return {
        "SGI": tuple(f"SGI {n}" for n in range(16)),
        "PPI": tuple(f"PPI {n}" for n in range(16, 32)),
        "SPI": tuple(f"SPI {n}" for n in range(32, config.last_spi + 1)),
        "at PE": tuple(f"PE {pe}" for pe in pes),
        "SGI between PEs": tuple(f"PE {a} to PE {b}" for a in pes for b in pes),
        "signalled by": tuple(lines),
        "acknowledged by": tuple(name for name in ACKNOWLEDGES if virtual or name.startswith("GICC")),
        "special": tuple(
            f"{name} gives {intid}"
            for name in ACKNOWLEDGES
            for intid in (1022, 1023)
            if (virtual or name.startswith("GICC")) and not (intid == 1022 and name.endswith("AIAR"))
        ),
        "end": tuple(name for name in ends if virtual or name.startswith("GICC")),
        "TargetListFilter": FILTERS[:3],
        "written": tuple(written),
        "access": ("refused, or of reserved space",),
        "wire": ("rises", "falls"),
        "reset": ("of a PE",),
        "back-pressure": ("reg",),
    }
