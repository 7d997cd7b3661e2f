"""Link `reg` of one block: driven by the mailbox of `reg_driver.v` through `RegisterPort`."""

from __future__ import annotations

from pyuvm import uvm_component

from irqpath.core.link import Link
from irqpath_testbench.dut.rtl_platform import RegisterPort
from irqpath_testbench.env.agents.link import LinkAgent


class RegAgent(LinkAgent):
    """Requests, responses and reset of the frame of `block`."""

    def __init__(self, name: str, parent: uvm_component, block: str, driver: RegisterPort) -> None:
        super().__init__(name, parent, tuple(Link.of(block, end) for end in ("reg", "rsp", "reset")))
        self.driver = driver
