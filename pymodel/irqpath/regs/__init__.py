"""Registers of every block, described once in SystemRDL (`*.rdl`) and generated from it (`generated/`).

`GICD`, `GICR`, `GITS`: frames of 64, 128 and 128 KB. `ICC`: system registers of the physical CPU interface; `ICH`: those of
EL2 and EL3. `GICD2`, `GICC`, `GICH`, `GICV`, `V2M`: frames of GICv2. `VLPI`, `VSGI`, `ESPI`, `EPPI`, `GIC600`: what GICv4,
GICv4.1, GICv3.1 and GIC-600 add to a frame; `gicd_frame`, `gicr_frame` and `gits_frame` join them.

It imports cli and core.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from irqpath.regs.generated import eppi, espi, gic600, gicc, gicd, gich, gicr, gicv, gits, icc, ich, v2m, vlpi, vsgi
from irqpath.regs.types import (
    Access,
    Element,
    Field,
    Frame,
    Register,
    RegisterError,
    RegisterSet,
    SystemRegisters,
    gicv2_gicd,
    sysreg_encoding,
    sysreg_text,
)

__all__ = [
    "BLOCKS",
    "EPPI",
    "ESPI",
    "GIC600",
    "GICC",
    "GICD",
    "GICD2",
    "GICH",
    "GICR",
    "GICV",
    "GITS",
    "ICC",
    "ICH",
    "V2M",
    "VLPI",
    "VSGI",
    "Access",
    "Element",
    "Field",
    "Frame",
    "Register",
    "RegisterError",
    "RegisterSet",
    "SystemRegisters",
    "gicd_frame",
    "gicr_frame",
    "gits_frame",
    "sysreg_encoding",
    "sysreg_text",
    "system_register",
]

GICD: Final = Frame("GICD", 0x1_0000, gicd.REGISTERS)
#: of a GICv2
GICD2: Final = gicv2_gicd(gicd.REGISTERS)
GICR: Final = Frame("GICR", 0x2_0000, gicr.REGISTERS)
GITS: Final = Frame("GITS", 0x2_0000, gits.REGISTERS)
ICC: Final = SystemRegisters("ICC", icc.REGISTERS)

ICH: Final = SystemRegisters("ICH", ich.REGISTERS)
GICC: Final = Frame("GICC", 0x2000, gicc.REGISTERS)
GICH: Final = Frame("GICH", 0x1000, gich.REGISTERS)
GICV: Final = Frame("GICV", 0x2000, gicv.REGISTERS)
V2M: Final = Frame("V2M", 0x1000, v2m.REGISTERS)
VLPI: Final = Frame("GICR", 0x4_0000, vlpi.REGISTERS)
VSGI: Final = Frame("GITS", 0x3_0000, vsgi.REGISTERS)
ESPI: Final = Frame("GICD", 0x1_0000, espi.REGISTERS)
EPPI: Final = Frame("GICR", 0x2_0000, eppi.REGISTERS)

GIC600: Final = Frame("GICR", 0x2_0000, gic600.REGISTERS)

_OF_ICH: Final = frozenset(ICH.names())

#: Every block by name.
BLOCKS: Final[dict[str, Frame | SystemRegisters]] = {
    "GICD": GICD,
    "GICR": GICR,
    "GITS": GITS,
    "ICC": ICC,
    "ICH": ICH,
    "GICC": GICC,
    "GICH": GICH,
    "GICV": GICV,
    "V2M": V2M,
    "VLPI": VLPI,
    "VSGI": VSGI,
    "ESPI": ESPI,
    "EPPI": EPPI,
    "GIC600": GIC600,
}


def system_register(name: str) -> Element:
    """The system register called `name`, of `ICC` or `ICH`; its `offset` is the encoding. Raises `RegisterError`."""
    return ICH.by_name(name) if name in _OF_ICH else ICC.by_name(name)


@lru_cache
def gicd_frame(*, extended: bool) -> Frame:
    """GICD, with the registers of extended SPIs and of superpriority where `extended`."""
    return Frame("GICD", GICD.size_bytes, GICD.registers + ESPI.registers) if extended else GICD


@lru_cache
def gicr_frame(*, virtual: bool, extended: bool, power: bool = False) -> Frame:
    """GICR, with VLPI_base (GICv4) where `virtual`, with extended PPIs and superpriority where `extended`, with GIC-600's
    GICR_PWRR where `power`."""
    if not virtual and not extended and not power:
        return GICR
    registers = GICR.registers + (VLPI.registers if virtual else ()) + (EPPI.registers if extended else ())
    registers += GIC600.registers if power else ()
    return Frame("GICR", VLPI.size_bytes if virtual else GICR.size_bytes, registers)


@lru_cache
def gits_frame(*, v41: bool) -> Frame:
    """GITS, with GITS_MPIDR and the frame of GITS_SGIR in a GICv4.1."""
    return Frame("GITS", VSGI.size_bytes, GITS.registers + VSGI.registers) if v41 else GITS
