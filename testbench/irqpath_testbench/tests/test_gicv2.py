"""Path `gicv2`: a GICv2 as one block, from an SGI, a wire or a message to the acknowledgement and the end of interrupt."""

from __future__ import annotations

from collections.abc import Collection

import pyuvm

from irqpath_testbench.env.agents.software import Scenario
from irqpath_testbench.sequences import gicv2, gicv2_guests, gicv2_matrix, gicv2_random
from irqpath_testbench.tests.generated_gicv2 import sequences
from irqpath_testbench.tests.scenario import Directed, Random

#: Operations of `Sequences` for each interrupt that random traffic is asked for.
_OPERATIONS = 4


@pyuvm.test()
class EverySource(Directed):
    """Each SGI from each PE to each other, each PPI and each SPI: edge-triggered and level-sensitive."""

    software = staticmethod(gicv2.every_source)


@pyuvm.test()
class SgiSources(Directed):
    """SGIs that are pending from several PEs at once."""

    software = staticmethod(gicv2.sgi_sources)


@pyuvm.test()
class Nesting(Directed):
    """Priorities, binary points, masks; EOImode 0 and 1."""

    ends_open = True

    software = staticmethod(gicv2.nesting)


@pyuvm.test()
class TwoGroups(Directed):
    """FIQEn, AckCtl, CBPR, the aliased registers, groups that are disabled."""

    ends_open = True

    software = staticmethod(gicv2.two_groups)


@pyuvm.test()
class SpiStates(Directed):
    """SPIs of several PEs, pending and active set by software, GICv2m."""

    ends_open = True

    software = staticmethod(gicv2.spi_states)


@pyuvm.test()
class Gicv2Resets(Directed):
    """A PE is reset while it handles an interrupt."""

    software = staticmethod(gicv2.resets)


@pyuvm.test()
class Gicv2Accesses(Directed):
    """Accesses of any size, anywhere."""

    ends_open = True

    software = staticmethod(gicv2.accesses)


@pyuvm.test()
class Gicv2Guests(Directed):
    """Physical interrupts that go to guests by List registers, HW=1."""

    software = staticmethod(gicv2_guests.guests)


@pyuvm.test()
class GuestGroups(Directed):
    """Groups, priorities, ends and maintenance of a guest."""

    software = staticmethod(gicv2_guests.guest_groups)


@pyuvm.test()
class Gicv2EventsInStates(Directed):
    """Whatever may happen to a GICv2, in each state that a PE may have there."""

    software = staticmethod(gicv2_matrix.events_in_states)

    def must_cover(self) -> Collection[str]:
        """Every event in every state in which it can be."""
        return ("event in state",)


@pyuvm.test()
class RandomGicv2(Random):
    """Random traffic to all PEs, half of it on to guests."""

    software = staticmethod(gicv2_random.random_traffic)


@pyuvm.test()
class Sequences(Directed):
    """What the generator of the comparison with QEMU makes up, physical and virtual."""

    ends_open = True

    def scenario(self) -> Scenario:
        """Two generators."""
        config, operations = self.run_config.dut().gicv2, _OPERATIONS * self.run_config.interrupts
        assert config is not None  # the path is a GICv2's
        return lambda platform: sequences(platform, config, self.rng(), operations)
