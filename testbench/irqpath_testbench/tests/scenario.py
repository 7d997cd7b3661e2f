"""Bases of the co-simulation tests: a scenario of `testbench/irqpath_testbench/sequences` with random numbers of its own."""

from __future__ import annotations

from irqpath.sim.platform import Platform
from irqpath_testbench.env.agents.software import Scenario
from irqpath_testbench.env.base_test import BaseTest
from irqpath_testbench.env.run_config import INTERRUPTS
from irqpath_testbench.sequences.randoms import Randoms


class Directed(BaseTest):
    """`software(platform, rng)`; the random numbers come from the run's seed and the scenario's name."""

    @staticmethod
    async def software(platform: Platform, rng: Randoms) -> None:
        """The scenario; subclasses put theirs here."""
        raise NotImplementedError

    def rng(self) -> Randoms:
        """Random numbers of this scenario."""
        return Randoms(f"{self.run_config.seed}:{type(self).__name__}")

    def scenario(self) -> Scenario:
        """The class's software."""
        software, rng = type(self).software, self.rng()
        return lambda platform: software(platform, rng)


class Random(BaseTest):
    """`software(platform, rng, interrupts)`: as many interrupts as the run asks for."""

    @staticmethod
    async def software(platform: Platform, rng: Randoms, interrupts: int) -> None:
        """The scenario; subclasses put theirs here."""
        raise NotImplementedError

    def must_close(self) -> int:
        """Two of three interrupts that are asked for, when it has its usual length: 1,000."""
        asked = self.run_config.interrupts
        return asked * 2 // 3 if asked >= INTERRUPTS else 0

    def scenario(self) -> Scenario:
        """The class's software."""
        software = type(self).software
        rng, interrupts = Randoms(f"{self.run_config.seed}:{type(self).__name__}"), self.run_config.interrupts
        return lambda platform: software(platform, rng, interrupts)
