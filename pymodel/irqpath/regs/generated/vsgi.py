# Generated from pymodel/irqpath/regs/vsgi.rdl: do not edit; regenerate with "irqpath regs generate".
# fmt: off
# ruff: noqa
"""Registers of VSGI."""

from typing import Final

from irqpath.regs.types import Field, Register

REGISTERS: Final[tuple[Register, ...]] = (
    Register("GITS_MPIDR", 0x0018, 32, 0, 1, 4, (4,), 0x0, True, (
        Field("Aff1", 8, 8, "ro", 0x0, "instance", "Affinity level 1."),
        Field("Aff2", 16, 8, "ro", 0x0, "instance", "Affinity level 2."),
        Field("Aff3", 24, 8, "ro", 0x0, "instance", "Affinity level 3."),
    ), "The Redistributors whose vPE table GITS_BASER2 shares, down to the level that GITS_TYPER.SVPET names.",
    "DDI 0601, GITS_MPIDR"),
    Register("GITS_SGIR", 0x20020, 64, 0, 1, 8, (8,), 0x0, False, (
        Field("vINTID", 0, 4, "wo", 0x0, "spec", "The SGI."),
        Field("vPEID", 32, 16, "wo", 0x0, "spec", "The vPE."),
    ), "Makes a virtual SGI pending.",
    "DDI 0601, GITS_SGIR"),
)
