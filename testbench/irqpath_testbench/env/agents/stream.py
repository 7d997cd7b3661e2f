"""Link `stream` between the GICR and the GICC of one PE: inside the device, so watched only."""

from __future__ import annotations

from pyuvm import uvm_component

from irqpath.core.link import Link
from irqpath_testbench.env.agents.link import LinkAgent


class StreamAgent(LinkAgent):
    """Both directions."""

    def __init__(self, name: str, parent: uvm_component, pe: int) -> None:
        super().__init__(name, parent, (Link.stream(pe, "down"), Link.stream(pe, "up")))
