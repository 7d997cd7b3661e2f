"""Link `sysreg` of one PE (and its reset): driven by the mailbox of `sys_driver.v` through `RtlPe`."""

from __future__ import annotations

from pyuvm import uvm_component

from irqpath.core.link import Link
from irqpath_testbench.dut.rtl_platform import RtlPe
from irqpath_testbench.env.agents.link import LinkAgent


class SysregAgent(LinkAgent):
    """Requests, responses and reset of the CPU interface of `pe`; `driver` is what software on the PE uses."""

    def __init__(self, name: str, parent: uvm_component, driver: RtlPe) -> None:
        super().__init__(name, parent, tuple(Link.gicc(driver.index, end) for end in ("sys", "sys_rsp", "reset")))
        self.driver = driver
