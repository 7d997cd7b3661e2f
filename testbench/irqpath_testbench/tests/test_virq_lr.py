"""Path `virq-lr`: virtual interrupts from List registers, from a hypervisor's write to the guest's end."""

from __future__ import annotations

from collections.abc import Collection

import pyuvm

from irqpath_testbench.env.run_config import INTERRUPTS
from irqpath_testbench.sequences import virq_lr, virq_matrix, virq_random
from irqpath_testbench.tests.generated import Generated
from irqpath_testbench.tests.scenario import Directed, Random


@pyuvm.test()
class EveryListRegister(Directed):
    """Each List register, in both groups, with INTIDs of all kinds."""

    software = staticmethod(virq_lr.every_list_register)

    def must_cover(self) -> Collection[str]:
        """Every List register, vIRQ and vFIQ."""
        return ("List register", "virtual line")


@pyuvm.test()
class VirtualPreemption(Directed):
    """Nesting in the guest, and a guest that is moved away and back."""

    software = staticmethod(virq_lr.virtual_preemption)

    def must_cover(self) -> Collection[str]:
        """Handlers of the guest in handlers."""
        return ("guest's nesting",)


@pyuvm.test()
class VirtualEnds(Directed):
    """Ends of all kinds in all states of a List register."""

    software = staticmethod(virq_lr.virtual_ends)

    def must_cover(self) -> Collection[str]:
        """Every end, from every State."""
        return ("guest's end", "written")


@pyuvm.test()
class VirtualTies(Directed):
    """Which of several pending ones comes first."""

    software = staticmethod(virq_lr.virtual_ties)


@pyuvm.test()
class Traps(Directed):
    """Every register in every state of the PE."""

    software = staticmethod(virq_lr.traps)

    def must_cover(self) -> Collection[str]:
        """Every Exception level, every register of the guest, traps to both."""
        return ("exception level", "trap", "guest's register")


@pyuvm.test()
class GuestCrossings(Directed):
    """What happens at a PE while its guest runs."""

    software = staticmethod(virq_lr.guest_crossings)

    def must_cover(self) -> Collection[str]:
        """Everything that may happen while vIRQ is high."""
        return ("while a virtual line is high",)


@pyuvm.test()
class EventsInStates(Directed):
    """Whatever may happen to a virtual interface, in each of its states."""

    software = staticmethod(virq_matrix.events_in_states)

    def must_cover(self) -> Collection[str]:
        """Every event in every state in which it can be."""
        return ("event in state",)


@pyuvm.test()
class RandomGuests(Random):
    """Random virtual interrupts at all PEs."""

    software = staticmethod(virq_random.random_guests)

    def must_cover(self) -> Collection[str]:
        """When it has its usual length: acknowledgements and ends of all kinds."""
        if self.run_config.interrupts < INTERRUPTS:
            return ()
        return ("guest's acknowledge", "guest's end", "virtual line", "back-pressure")


@pyuvm.test()
class GeneratedGuests(Generated):
    """What random testing of the models does, with guests among it."""
