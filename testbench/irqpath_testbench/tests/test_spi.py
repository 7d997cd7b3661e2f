"""Path `spi`: a wire into GICD, to a PE by affinity or to one of N, to the acknowledgement and the end of interrupt."""

from __future__ import annotations

import pyuvm

from irqpath_testbench.sequences import spi, wired, wired_random
from irqpath_testbench.tests.scenario import Directed, Random


@pyuvm.test()
class EverySpi(Directed):
    """Each SPI to each PE, level-sensitive and edge-triggered, one at a time."""

    software = staticmethod(wired.every_spi)


@pyuvm.test()
class SpiLevels(Directed):
    """What tells a level from an edge; interrupts taken away while they are acknowledged."""

    software = staticmethod(wired.spi_levels)


@pyuvm.test()
class OneOfN(Directed):
    """1-of-N interrupts among PEs that sleep, are excluded, or are woken for them."""

    software = staticmethod(spi.one_of_n)


@pyuvm.test()
class SpiResets(Directed):
    """A PE is reset while it holds SPIs."""

    software = staticmethod(spi.spi_resets)


@pyuvm.test()
class SpisGivenBack(Directed):
    """A PE gives back SPIs that GICD has replaced, or recalled, or both."""

    software = staticmethod(spi.given_back)


@pyuvm.test()
class RandomSpis(Random):
    """Random traffic to all PEs."""

    software = staticmethod(wired_random.random_spis)
