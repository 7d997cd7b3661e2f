"""Open-loop traffic of the run's path and rate: what `irqpath bench` measures saturation by. It is no path's own scenario."""

from __future__ import annotations

import pyuvm

from irqpath.sim.platform import Platform
from irqpath_testbench.env.agents.software import Scenario
from irqpath_testbench.env.base_test import BaseTest
from irqpath_testbench.sequences.saturation import generator, open_loop, summary


@pyuvm.test()
class OpenLoop(BaseTest):
    """Interrupts come by a Poisson process, whatever becomes of those before."""

    ends_open = True

    def scenario(self) -> Scenario:
        """Of the path."""
        run = self.run_config
        self.latencies: list[int] = []

        async def software(platform: Platform) -> None:
            self.latencies = await open_loop(platform, generator(run.seed), run.path, run.rate, run.interrupts)

        return software

    def notes(self) -> dict[str, int]:
        """The latencies, from arrival to acknowledgement, in cycles."""
        return summary(self.latencies)
