# Generated from pymodel/irqpath/regs/v2m.rdl: do not edit; regenerate with "irqpath regs generate".
# fmt: off
# ruff: noqa
"""Registers of V2M."""

from typing import Final

from irqpath.regs.types import Field, Register

REGISTERS: Final[tuple[Register, ...]] = (
    Register("V2M_MSI_TYPER", 0x0008, 32, 0, 1, 4, (4,), 0x0, True, (
        Field("SPI_count", 0, 10, "ro", 0x0, "instance", "Number of SPIs."),
        Field("SPI_base", 16, 10, "ro", 0x0, "instance", "INTID of the first one."),
    ), "Which SPIs the frame can make pending.",
    "SBSA, GICv2m: MSI_TYPER"),
    Register("V2M_MSI_SETSPI_NS", 0x0040, 32, 0, 1, 4, (2, 4), 0x0, False, (
        Field("SPI", 0, 10, "wo", 0x0, "spec", "INTID of the SPI."),
    ), "Makes an SPI of the frame pending.",
    "SBSA, GICv2m: MSI_SETSPI_NS", low_part_only=True),
    Register("V2M_MSI_IIDR", 0x0fcc, 32, 0, 1, 4, (4,), 0x0, True, (
        Field("Implementer", 0, 12, "ro", 0x0, "instance", "JEP106 code."),
        Field("Revision", 12, 4, "ro", 0x0, "instance", "Revision."),
        Field("Architecture", 16, 4, "ro", 0x0, "instance", "Architecture version."),
        Field("ProductID", 20, 12, "ro", 0x0, "instance", "Product."),
    ), "Who made the frame.",
    "SBSA, GICv2m: MSI_IIDR"),
)
