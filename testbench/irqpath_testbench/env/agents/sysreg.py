"""Link `sysreg` of one PE (and its reset): driven by the mailbox of `sys_driver.v` through `RtlPe`."""

from __future__ import annotations

from irqpath_testbench.env.agents.link import LinkAgent


class SysregAgent(LinkAgent):
    """Requests, responses and reset of a CPU interface; its driver is what software on the PE uses."""
