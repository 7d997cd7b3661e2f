"""Link `irq`: the wires that leave the device for one PE (nIRQ, nFIQ, the wake request), and those that enter it (SPIs, PPIs)."""

from __future__ import annotations

from irqpath_testbench.env.agents.link import LinkAgent


class IrqAgent(LinkAgent):
    """The output wires of one block."""


class WireAgent(LinkAgent):
    """The input wires of one block, as it sampled them; software raises them through `RtlPlatform.wire`."""
