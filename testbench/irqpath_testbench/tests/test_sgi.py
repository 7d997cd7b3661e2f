"""Path `sgi`: ICC_SGI*R_EL1 at one PE, through GICC, GICR and GICD, to the acknowledgement and the end of interrupt at others."""

from __future__ import annotations

from collections.abc import Collection

import pyuvm

from irqpath_testbench.env.run_config import INTERRUPTS
from irqpath_testbench.sequences import sgi, sgi_random
from irqpath_testbench.tests.scenario import Directed, Random


@pyuvm.test()
class EverySgi(Directed):
    """Each SGI from each PE to each PE, one at a time."""

    software = staticmethod(sgi.every_sgi)

    def must_cover(self) -> Collection[str]:
        """Every SGI at every PE."""
        return ("SGI at PE", "signalled by")

    def must_close(self) -> int:
        """Each one."""
        return 16 * self.run_config.gic().pes ** 2


@pyuvm.test()
class Ranges(Directed):
    """Every range selector in every register."""

    software = staticmethod(sgi.ranges)

    def must_cover(self) -> Collection[str]:
        """With and without one."""
        return ("register", "range selector")


@pyuvm.test()
class Preemption(Directed):
    """Nesting under every binary point, CBPR, EOImode and mask."""

    software = staticmethod(sgi.preemption)


@pyuvm.test()
class Crossings(Directed):
    """Messages that meet on the stream."""

    software = staticmethod(sgi.crossings)

    def must_cover(self) -> Collection[str]:
        """Every crossing."""
        return ("stream", "crossing on the stream")


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

    software = staticmethod(sgi_random.random_traffic)

    def must_cover(self) -> Collection[str]:
        """When it has its usual length: everything but rare crossings and, at a lone PE, which sends nothing while it handles
        interrupts, deep nesting."""
        if self.run_config.interrupts < INTERRUPTS:
            return ()
        rare = {"crossing on the stream"} | ({"nesting"} if self.run_config.gic().pes == 1 else set())
        return {group.name for group in self.plan()} - rare
