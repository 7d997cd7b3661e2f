# Generated from pymodel/irqpath/regs/gic600.rdl: do not edit; regenerate with "irqpath regs generate".
# fmt: off
# ruff: noqa
"""Registers of GIC600."""

from typing import Final

from irqpath.regs.types import Field, Register

REGISTERS: Final[tuple[Register, ...]] = (
    Register("GICR_PWRR", 0x0024, 32, 0, 1, 4, (4,), 0xd, False, (
        Field("RDPD", 0, 1, "rw", 0x1, "spec", "Power down this Redistributor."),
        Field("RDAG", 1, 1, "wo", 0x0, "spec", "Apply the request to all Redistributors of the group."),
        Field("RDGPD", 2, 1, "ro", 0x1, "spec", "The group is asked to power down."),
        Field("RDGPO", 3, 1, "ro", 0x1, "spec", "The group is powered off."),
    ), "Requests and shows whether the Redistributor is powered. It is off after a reset.",
    "GIC-600 TRM, GICR_PWRR"),
)
