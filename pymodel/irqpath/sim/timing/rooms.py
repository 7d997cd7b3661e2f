"""What keeps an input waiting though its block is idle: room for what will follow from it.

In which order a block takes inputs that need not wait is stated by its station (`irqpath.sim.stations`).
"""

from __future__ import annotations

from typing import Final

#: GICD takes an SgiRequest while each queue to a Redistributor holds fewer messages than this.
SGI_ROOM: Final = 2
#: GICC takes accesses to system registers while fewer requests are not acknowledged, and the last response has gone.
CREDITS: Final = 4
#: GICR takes requests of GICC while GICD has acknowledged all but fewer than these.
REQUESTS: Final = 8
