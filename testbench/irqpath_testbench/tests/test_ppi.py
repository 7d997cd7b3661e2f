"""Path `ppi`: a wire of one PE, through its GICR and GICC, to the acknowledgement and the end of interrupt."""

from __future__ import annotations

import pyuvm

from irqpath_testbench.sequences import wired, wired_random
from irqpath_testbench.tests.scenario import Directed, Random


@pyuvm.test()
class EveryPpi(Directed):
    """Each PPI of each PE, level-sensitive and edge-triggered, one at a time."""

    software = staticmethod(wired.every_ppi)


@pyuvm.test()
class PpiLevels(Directed):
    """What tells a level from an edge; interrupts taken away while they are acknowledged."""

    software = staticmethod(wired.ppi_levels)


@pyuvm.test()
class RandomPpis(Random):
    """Random traffic at all PEs."""

    software = staticmethod(wired_random.random_ppis)
