"""The bare-metal GIC test on the Verilog: its PEs are in an instruction-set simulator, and what they do to the GIC goes over
the same links, under the same checks, as any other software's. It needs the extra `iss`; unit/checkers runs it."""

from __future__ import annotations

import pyuvm

from irqpath.sim.platform import Platform
from irqpath_testbench.sequences.baremetal import kept
from irqpath_testbench.sequences.baremetal.on_platform import Run
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.tests.scenario import Directed


@pyuvm.test()
class BareMetal(Directed):
    """SGIs, PPIs, SPIs, LPIs through the ITS."""

    @staticmethod
    async def software(platform: Platform, rng: Randoms) -> None:
        """The program for a GICv3; nothing in it is random."""
        await Run(platform, kept(3).read_bytes()).run()

    def must_close(self) -> int:
        """3 SGIs, 2 PPIs, 4 + 3 + 1 + 2 SPIs, 3 LPIs."""
        return 18
