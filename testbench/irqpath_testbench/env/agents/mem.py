"""Links `mem` between the masters (Redistributors, ITS, software) and the memory; software's is driven by `RtlPlatform`."""

from __future__ import annotations

from irqpath_testbench.env.agents.link import LinkAgent


class MemAgent(LinkAgent):
    """Accesses and responses of masters, and the reset of the memory."""
