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
    OutLine.IRQ: "IRQ",
    OutLine.FIQ: "FIQ",
    OutLine.VIRQ: "VIRQ",
    OutLine.VFIQ: "VFIQ",
    OutLine.MAINTENANCE: "MAINTENANCE",
}
#: Registers that acknowledge, that end.
ACKNOWLEDGES: Final = ("GICC_IAR", "GICC_AIAR", "GICV_IAR", "GICV_AIAR")
ENDS: Final = ("GICC_EOIR", "GICC_AEOIR", "GICC_DIR", "GICV_EOIR", "GICV_AEOIR", "GICV_DIR")


def gicv2_plan(config: Gicv2Config) -> dict[str, tuple[str, ...]]:
    """Group -> bins that the path must hit."""
    pes, virtual = range(config.pes), config.virtual is not None
    frames = [frame for name, frame in FRAMES.items() if virtual or name not in ("gich", "gicv")]
    written = [r.name for frame in frames for r in frame.registers if r.write_mask and r.name not in ("GICD_NSACR",)]
    lines = [name for line, name in LINES.items() if virtual or line < OutLine.VIRQ]
    ends = [f"{name} {mode}" for name in ENDS for mode in (0, 1) if not (name.endswith("DIR") and mode == 0)]
    return {
        "SGI": tuple(f"SGI {n}" for n in range(16)),
        "PPI": tuple(f"PPI {n}" for n in range(16, 32)),
        "SPI": tuple(f"SPI {n}" for n in range(32, config.last_spi + 1)),
        "at PE": tuple(f"PE {pe}" for pe in pes),
        "SGI between PEs": tuple(f"PE {a} to PE {b}" for a in pes for b in pes),
        "signalled by": tuple(lines),
        "acknowledged by": tuple(name for name in ACKNOWLEDGES if virtual or name.startswith("GICC")),
        "special": tuple(
            f"{name} {intid}"
            for name in ACKNOWLEDGES
            for intid in (1022, 1023)
            if (virtual or name.startswith("GICC")) and not (intid == 1022 and name.endswith("AIAR"))
        ),
        "end with EOImode": tuple(name for name in ends if virtual or name.startswith("GICC")),
        "TargetListFilter": ("0", "1", "2"),
        "written": tuple(written),
        "access": ("to no register",),
        "wire": ("rises", "falls"),
        "reset": ("of a PE",),
        "back-pressure": ("reg",),
    }
