"""Bits of the registers of LPIs and the ITS that software sets and looks at, as the description of the registers has them.

It imports irqpath.regs alone, so that scoreboards, tools and tests of the models use it too.
"""

from __future__ import annotations

from typing import Final

from irqpath.regs import GICR, GITS

#: GICR_CTLR: LPIs are taken.
ENABLE_LPIS: Final = GICR.register("GICR_CTLR").field("EnableLPIs").mask
#: GICR_PENDBASER: the pending table holds nothing.
PTZ: Final = GICR.register("GICR_PENDBASER").field("PTZ").mask
#: GITS_BASER and GITS_CBASER: there is a table, a queue; an entry of a table of level 1 has it at the same place.
VALID: Final = GITS.register("GITS_BASER").field("Valid").mask
#: GITS_BASER: the table has two levels.
INDIRECT: Final = GITS.register("GITS_BASER").field("Indirect").mask
#: GITS_CREADR: the ITS has stopped at a command.
STALLED: Final = GITS.register("GITS_CREADR").field("Stalled").mask
#: GITS_CWRITER: go on from there.
RETRY: Final = GITS.register("GITS_CWRITER").field("Retry").mask
