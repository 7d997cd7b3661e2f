"""Path `maint`: the maintenance interrupt, from its conditions to the hypervisor that takes its PPI."""

from __future__ import annotations

from collections.abc import Collection

import pyuvm

from irqpath_testbench.sequences import virq_hw, virq_random
from irqpath_testbench.tests.scenario import Directed, Random


@pyuvm.test()
class MaintenanceConditions(Directed):
    """Each condition, alone and with others."""

    software = staticmethod(virq_hw.maintenance_conditions)

    def must_cover(self) -> Collection[str]:
        """Every condition."""
        return ("maintenance condition",)


@pyuvm.test()
class RandomMaintenance(Random):
    """Conditions at random, while guests run."""

    software = staticmethod(virq_random.random_maintenance)
