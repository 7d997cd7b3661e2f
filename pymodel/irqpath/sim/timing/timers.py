"""The timer of each kind of block."""

from __future__ import annotations

from irqpath.gic.common.block import Block
from irqpath.gic.common.memory_block import MemBlock
from irqpath.gic.gicc.cpu_interface import CpuInterface
from irqpath.gic.gicd.distributor import Distributor
from irqpath.gic.gicr.redistributor import Redistributor
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.gic.its.its import Its
from irqpath.sim.timing.gicc import GiccTimer
from irqpath.sim.timing.gicd import GicdTimer
from irqpath.sim.timing.gicr import GicrTimer
from irqpath.sim.timing.gicv2 import Gicv2Timer
from irqpath.sim.timing.its import ItsTimer
from irqpath.sim.timing.mem import MemTimer
from irqpath.sim.timing.term import Timer


def timer_of(block: Block) -> Timer | None:
    """The timer of a block; None where there is none for its kind."""
    match block:
        case CpuInterface():
            return GiccTimer(block)
        case Redistributor():
            return GicrTimer(block)
        case Distributor():
            return GicdTimer(block)
        case Its():
            return ItsTimer(block)
        case Gicv2():
            return Gicv2Timer(block)
        case MemBlock():
            return MemTimer(block)
        case _:
            return None
