"""Links `mem` between the masters (Redistributors, ITS, software) and the memory; software's is driven by `RtlPlatform`."""

from __future__ import annotations

from collections.abc import Sequence

from pyuvm import uvm_component

from irqpath.core.link import Link
from irqpath_testbench.env.agents.link import LinkAgent


class MemAgent(LinkAgent):
    """Accesses and responses of all masters, and the reset of the memory."""

    def __init__(self, name: str, parent: uvm_component, masters: Sequence[str]) -> None:
        super().__init__(name, parent, (*(Link.of(m, end) for m in masters for end in ("mem", "mem_rsp")), Link("mem.reset")))
