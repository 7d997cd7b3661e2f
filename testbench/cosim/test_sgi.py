"""Path `sgi`: ICC_SGI*R_EL1 at one PE, through GICC, GICR and GICD, to the acknowledge and the end of interrupt at others."""

from __future__ import annotations

import random
from functools import partial

import pyuvm

from pymodel.platform import Platform
from testbench.agents.software import Scenario
from testbench.base_test import BaseTest
from testbench.sequences import sgi


class SgiTest(BaseTest):
    """A directed scenario with its own random numbers, drawn from the run's seed and the scenario's name."""

    @staticmethod
    async def software(platform: Platform, rng: random.Random) -> None:
        """The scenario; subclasses put theirs here."""
        raise NotImplementedError

    def rng(self) -> random.Random:
        """Random numbers of this scenario."""
        return random.Random(f"{self.run_config.seed}:{type(self).__name__}")

    def scenario(self) -> Scenario:
        """The class's software."""
        software, rng = type(self).software, self.rng()
        return lambda platform: software(platform, rng)


@pyuvm.test()
class EverySgi(SgiTest):
    """Each SGI from each PE to each PE, one at a time."""

    software = staticmethod(sgi.every_sgi)


@pyuvm.test()
class Preemption(SgiTest):
    """Nesting under every binary point, CBPR, EOImode and mask."""

    software = staticmethod(sgi.preemption)


@pyuvm.test()
class Crossings(SgiTest):
    """Messages that meet on the stream."""

    software = staticmethod(sgi.crossings)


@pyuvm.test()
class Resets(SgiTest):
    """A PE is reset while interrupts are under way."""

    software = staticmethod(sgi.resets)


@pyuvm.test()
class Accesses(SgiTest):
    """Registers by every size."""

    software = staticmethod(sgi.accesses)


@pyuvm.test()
class RandomTraffic(SgiTest):
    """Random traffic between all PEs."""

    def scenario(self) -> Scenario:
        """As many interrupts as the run asks for."""
        return partial(sgi.random_traffic, rng=self.rng(), interrupts=self.run_config.interrupts)
