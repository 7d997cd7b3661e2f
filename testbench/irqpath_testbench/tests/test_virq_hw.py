"""Path `virq-hw`: a physical interrupt that the hypervisor gives its guest, which ends it."""

from __future__ import annotations

from collections.abc import Collection

import pyuvm

from irqpath_testbench.sequences import virq_hw, virq_random
from irqpath_testbench.tests.scenario import Directed, Random


@pyuvm.test()
class EveryHardwareInterrupt(Directed):
    """Each PPI and SPI, from its wire to its deactivation by the guest."""

    software = staticmethod(virq_hw.every_hardware_interrupt)

    def must_cover(self) -> Collection[str]:
        """PPIs and SPIs, at each PE."""
        return ("HW", "deactivated")

    def must_close(self) -> int:
        """Each is two journeys: the physical one and its virtual part."""
        config = self.run_config.gic()
        return 2 * (15 * config.pes + config.spis)


@pyuvm.test()
class EndsOfHardware(Directed):
    """Ends that are not as they should be."""

    software = staticmethod(virq_hw.ends_of_hardware)


@pyuvm.test()
class RandomHardware(Random):
    """Random physical interrupts that guests end."""

    software = staticmethod(virq_random.random_hardware)
