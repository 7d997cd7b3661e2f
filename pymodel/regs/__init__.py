"""Registers of every block, described once in SystemRDL (`*.rdl`) and generated from it (`generated/`).

`GICD`, `GICR`, `GITS`: frames of 64, 128 and 128 KB. `ICC`: system registers of the physical CPU interface.
"""

from __future__ import annotations

from typing import Final

from pymodel.regs.generated import gicd, gicr, gits, icc
from pymodel.regs.types import (
    Access,
    Element,
    Field,
    Frame,
    Register,
    RegisterError,
    RegisterSet,
    SystemRegisters,
    sysreg_encoding,
    sysreg_text,
)

__all__ = [
    "BLOCKS",
    "GICD",
    "GICR",
    "GITS",
    "ICC",
    "Access",
    "Element",
    "Field",
    "Frame",
    "Register",
    "RegisterError",
    "RegisterSet",
    "SystemRegisters",
    "sysreg_encoding",
    "sysreg_text",
]

GICD: Final = Frame("GICD", 0x1_0000, gicd.REGISTERS)
GICR: Final = Frame("GICR", 0x2_0000, gicr.REGISTERS)
GITS: Final = Frame("GITS", 0x2_0000, gits.REGISTERS)
ICC: Final = SystemRegisters("ICC", icc.REGISTERS)

#: Every block by name.
BLOCKS: Final[dict[str, Frame | SystemRegisters]] = {"GICD": GICD, "GICR": GICR, "GITS": GITS, "ICC": ICC}
