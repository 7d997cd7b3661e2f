"""Link `stream` between the GICR and the GICC of one PE: inside the device, so watched only."""

from __future__ import annotations

from irqpath_testbench.env.agents.link import LinkAgent


class StreamAgent(LinkAgent):
    """Both directions."""
