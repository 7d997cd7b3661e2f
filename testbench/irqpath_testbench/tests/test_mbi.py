"""Path `mbi`: message-based SPIs, by GICD_SETSPI_NSR and GICD_CLRSPI_NSR."""

from __future__ import annotations

import pyuvm

from irqpath_testbench.sequences import wired, wired_random
from irqpath_testbench.tests.scenario import Directed, Random


@pyuvm.test()
class EveryMessage(Directed):
    """Each SPI to each PE by message, one at a time."""

    software = staticmethod(wired.every_message)


@pyuvm.test()
class RandomMessages(Random):
    """Random traffic to all PEs."""

    software = staticmethod(wired_random.random_messages)
