"""A device at memory on the Verilog: its accesses are software's master of MEM, under the same checks. unit/checkers runs it."""

from __future__ import annotations

import pyuvm

from irqpath.sim.platform import Platform
from irqpath_testbench.sequences import dma
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.tests.scenario import Directed


@pyuvm.test()
class Copy(Directed):
    """A doorbell, a copy, a flag."""

    @staticmethod
    async def software(platform: Platform, rng: Randoms) -> None:
        """Nothing in it is random."""
        await dma.copy(platform)


@pyuvm.test()
class Receive(Directed):
    """A packet, and a message that does not pass it."""

    @staticmethod
    async def software(platform: Platform, rng: Randoms) -> None:
        """Nothing in it is random."""
        await dma.receive(platform)

    def must_close(self) -> int:
        """The interrupt of the packet."""
        return 1


@pyuvm.test()
class Never(Directed):
    """An event that nobody sets."""

    @staticmethod
    async def software(platform: Platform, rng: Randoms) -> None:
        """Nothing in it is random."""
        await dma.never(platform)
