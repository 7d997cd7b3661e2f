"""Path `lpi`: a message to GITS_TRANSLATER, through device table, ITT and collection, to GICR, GICC and the end of interrupt."""

from __future__ import annotations

import pyuvm

from irqpath_testbench.sequences import lpi, lpi_random, lpi_widths
from irqpath_testbench.tests.generated import Generated
from irqpath_testbench.tests.scenario import Directed, Random


@pyuvm.test()
class EveryLpi(Directed):
    """Each event of each device, one at a time."""

    software = staticmethod(lpi.every_lpi)


@pyuvm.test()
class Commands(Directed):
    """Each command on LPIs that are pending, held by the CPU interface, or neither."""

    software = staticmethod(lpi.commands)


@pyuvm.test()
class Tables(Directed):
    """Two-level tables, page sizes, a queue that wraps, every fault."""

    software = staticmethod(lpi.tables)


@pyuvm.test()
class LongQueue(Directed):
    """A command queue of many pages."""

    software = staticmethod(lpi.long_queue)


@pyuvm.test()
class Spill(Directed):
    """More pending LPIs than a Redistributor holds."""

    software = staticmethod(lpi.spill)


@pyuvm.test()
class GroupsWhileBusy(Directed):
    """GICD_CTLR changes while a Redistributor is busy with its LPIs."""

    software = staticmethod(lpi.groups_while_busy)


@pyuvm.test()
class LpiCrossings(Directed):
    """A command takes an LPI away while its PE acknowledges it."""

    software = staticmethod(lpi.crossings)


@pyuvm.test()
class WidthsAtTheTop(Directed):
    """INTIDs, DeviceIDs, EventIDs and collections of all bits; tables end where memory ends."""

    software = staticmethod(lpi_widths.at_the_top)


@pyuvm.test()
class WidthsAnywhere(Directed):
    """The same with tables anywhere."""

    software = staticmethod(lpi_widths.anywhere)


@pyuvm.test()
class WholeTable(Directed):
    """The pending table of all INTIDs is read: long, so that tests run it and `make sim` does not."""

    software = staticmethod(lpi_widths.whole_table)


@pyuvm.test()
class ItsAccesses(Directed):
    """Registers of the ITS by every size."""

    software = staticmethod(lpi.its_accesses)


@pyuvm.test()
class MemoryFull(Directed):
    """More than the memory holds."""

    software = staticmethod(lpi.memory_full)


@pyuvm.test()
class RandomLpis(Random):
    """Random messages while commands run."""

    software = staticmethod(lpi_random.random_lpis)


@pyuvm.test()
class GeneratedLpis(Generated):
    """What random testing of the models does, with the ITS and its commands among it."""


@pyuvm.test()
class ResetsWhileGicdWaits(Directed):
    """A PE is reset again before GICD has done what it had asked."""

    software = staticmethod(lpi.resets_while_gicd_waits)
