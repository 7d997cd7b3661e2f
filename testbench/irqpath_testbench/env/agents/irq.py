"""Link `irq`: the wires that leave the device for one PE (nIRQ, nFIQ, the wake request), and those that enter it (SPIs, PPIs)."""

from __future__ import annotations

from pyuvm import uvm_component

from irqpath.core.link import Link
from irqpath_testbench.env.agents.link import LinkAgent


class IrqAgent(LinkAgent):
    """The output wires of one PE."""

    def __init__(self, name: str, parent: uvm_component, pe: int) -> None:
        super().__init__(name, parent, (Link.gicc(pe, "irq"), Link.gicr(pe, "wake")))


class WireAgent(LinkAgent):
    """The input wires, as the blocks sampled them; software raises them through `RtlPlatform.wire`."""

    def __init__(self, name: str, parent: uvm_component, pes: int) -> None:
        super().__init__(name, parent, (Link("gicd.spi"), *(Link.gicr(pe, "ppi") for pe in range(pes))))
