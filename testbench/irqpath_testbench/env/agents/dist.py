"""Link `dist` between GICD and the GICR of one PE: inside the device, so watched only."""

from __future__ import annotations

from irqpath_testbench.env.agents.link import LinkAgent


class DistAgent(LinkAgent):
    """Both directions."""
