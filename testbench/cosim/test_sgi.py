"""Path `sgi`: ICC_SGI*R_EL1 at one PE, through GICC, GICR and GICD, to the acknowledge and the end of interrupt at others."""

from __future__ import annotations

import pyuvm

from testbench.cosim.scenario import Directed, Random
from testbench.sequences import sgi


@pyuvm.test()
class EverySgi(Directed):
    """Each SGI from each PE to each PE, one at a time."""

    software = staticmethod(sgi.every_sgi)


@pyuvm.test()
class Preemption(Directed):
    """Nesting under every binary point, CBPR, EOImode and mask."""

    software = staticmethod(sgi.preemption)


@pyuvm.test()
class Crossings(Directed):
    """Messages that meet on the stream."""

    software = staticmethod(sgi.crossings)


@pyuvm.test()
class Resets(Directed):
    """A PE is reset while interrupts are under way."""

    software = staticmethod(sgi.resets)


@pyuvm.test()
class Accesses(Directed):
    """Registers by every size."""

    software = staticmethod(sgi.accesses)


@pyuvm.test()
class RandomTraffic(Random):
    """Random traffic between all PEs."""

    software = staticmethod(sgi.random_traffic)
