"""Linux on the Verilog: recordings drive the device; `Lockstep` compares what Linux read, `Stress` the device with the models."""

from __future__ import annotations

from pathlib import Path

import pyuvm

from irqpath.core.errors import CheckError
from irqpath.sim.platform import Platform
from irqpath_testbench.env.agents.software import Scenario
from irqpath_testbench.env.base_test import BaseTest
from irqpath_testbench.sequences.linux import Linux
from irqpath_testbench.sequences.randoms import Randoms


class LinuxTest(BaseTest):
    """A recording; journeys may be open at its end, as interrupts were when the recording ended."""

    ends_open = True

    def linux(self, platform: Platform) -> Linux:
        """The run's recording. Raises `CheckError` where it names none."""
        run = self.run_config
        if not run.trace:
            raise CheckError("the path linux needs a recording: RunConfig.trace is empty")
        rng = Randoms(f"{run.seed}:{type(self).__name__}")
        self.software = Linux(platform, Path(run.trace), rng, run.events)
        return self.software

    def notes(self) -> dict[str, int]:
        """How many inputs were given, and how many reads compared."""
        compared = {"reads compared with what Linux read": self.software.compared} if self.software.compared else {}
        left = {"inputs left out, of GICv4's ITS and LPIs": self.software.left} if self.software.left else {}
        return {**compared, **left, "inputs of the recording": self.software.driven.total()}


@pyuvm.test()
class Lockstep(LinuxTest):
    """Everything becomes quiescent after each input: device, models and Linux agree."""

    def scenario(self) -> Scenario:
        """In the order of the recording."""
        return lambda platform: self.linux(platform).lockstep()


@pyuvm.test()
class Stress(LinuxTest):
    """Inputs meet the device in the middle of its work: device and models agree."""

    def scenario(self) -> Scenario:
        """In the order of each PE."""
        return lambda platform: self.linux(platform).stress()
