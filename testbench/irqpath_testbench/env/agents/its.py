"""Links of the ITS beside its registers: messages of devices, its commands to the Redistributors, the commands that it takes."""

from __future__ import annotations

from irqpath_testbench.env.agents.link import LinkAgent


class ItsAgent(LinkAgent):
    """Messages are sent through `RtlPlatform.send_msi`; the rest is inside the device, so watched only."""
