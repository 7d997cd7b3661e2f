"""Links of the ITS beside its registers: messages of devices, its commands to the Redistributors, the commands that it takes."""

from __future__ import annotations

from pyuvm import uvm_component

from irqpath.core.link import Link
from irqpath_testbench.env.agents.link import LinkAgent


class ItsAgent(LinkAgent):
    """Messages are sent through `RtlPlatform.send_msi`; the rest is inside the device, so watched only."""

    def __init__(self, name: str, parent: uvm_component, pes: int) -> None:
        commands = (Link.its_gicr(0, pe, direction) for pe in range(pes) for direction in ("cmd", "ack"))
        super().__init__(name, parent, (*(Link.its(0, end) for end in ("msi", "msi_rsp", "step")), *commands))
