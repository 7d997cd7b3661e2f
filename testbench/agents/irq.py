"""Link `irq`: the wires that leave the device for one PE (nIRQ, nFIQ, the wake request)."""

from __future__ import annotations

from pyuvm import uvm_component

from testbench.agents.link import LinkAgent


class IrqAgent(LinkAgent):
    """The output wires of one PE."""

    def __init__(self, name: str, parent: uvm_component, pe: int) -> None:
        super().__init__(name, parent, (f"gicc{pe}.irq", f"gicr{pe}.wake"))
