# Generated from pymodel/regs/vsgi.rdl: do not edit; regenerate with "irqpath regs generate".
# fmt: off
# ruff: noqa
"""Registers of VSGI."""

from typing import Final

from pymodel.regs.types import Field, Register

REGISTERS: Final[tuple[Register, ...]] = (
    Register("GITS_SGIR", 0x20020, 64, 0, 1, 8, (8,), 0x0, False, (
        Field("vINTID", 0, 4, "wo", 0x0, "spec", "The SGI."),
        Field("vPEID", 32, 16, "wo", 0x0, "spec", "The vPE."),
    ), "Makes a virtual SGI pending.",
    "DDI 0601, GITS_SGIR"),
)
