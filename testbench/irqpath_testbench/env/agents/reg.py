"""Link `reg` of one block: driven by the mailbox of the driver of its bus through `RegisterPort`."""

from __future__ import annotations

from irqpath_testbench.env.agents.link import LinkAgent


class RegAgent(LinkAgent):
    """Requests, responses and reset of the frame of a block."""
