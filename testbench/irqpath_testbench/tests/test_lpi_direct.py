"""Path `lpi-direct`: GICR_SETLPIR and its companions in a build without an ITS, to GICC and the end of interrupt."""

from __future__ import annotations

import pyuvm

from irqpath_testbench.sequences import lpi_direct
from irqpath_testbench.tests.scenario import Directed, Random


@pyuvm.test()
class DirectLpis(Directed):
    """Each LPI at each PE; cleared, reconfigured, out of range."""

    software = staticmethod(lpi_direct.direct_each)


@pyuvm.test()
class EnablingLpis(Directed):
    """EnableLPIs is written while GICC has something to answer."""

    software = staticmethod(lpi_direct.enabling)


@pyuvm.test()
class RandomDirectLpis(Random):
    """Random LPIs at all PEs."""

    software = staticmethod(lpi_direct.random_direct)
