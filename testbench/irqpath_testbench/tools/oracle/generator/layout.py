"""Where the tables of a sequence lie in memory. All of it is zero when a sequence begins."""

from __future__ import annotations

from typing import Final

#: Everything between these addresses belongs to the sequence.
START: Final = 0x4200_0000
END: Final = 0x4280_0000

PROPERTIES: Final = 0x4200_0000  # LPI configuration table, one for all PEs
PENDING: Final = 0x4210_0000  # LPI pending tables, 64 KB a PE
DEVICES: Final = 0x4220_0000  # device table, flat or level 1
DEVICES_LEVEL2: Final = 0x4228_0000
COLLECTIONS: Final = 0x4230_0000
COMMANDS: Final = 0x4240_0000
TRANSLATIONS: Final = 0x4250_0000  # interrupt translation tables, each used once
TRANSLATIONS_END: Final = 0x4270_0000


VIRTUAL_PROPERTIES: Final = 0x4270_0000  # configuration table of virtual LPIs, one for all vPEs
VIRTUAL_PENDING: Final = 0x4272_0000  # virtual pending tables, 64 KB a vPE
VPES: Final = 0x427F_0000  # vPE table


def virtual_pending_table(vpe: int) -> int:
    """Address of a vPE's pending table."""
    return VIRTUAL_PENDING + vpe * 0x1_0000


def pending_table(pe: int) -> int:
    """Address of a PE's pending table."""
    return PENDING + pe * 0x1_0000
