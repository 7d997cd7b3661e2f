"""The monitor of a link: it publishes the transactions that the recorder saw there."""

from __future__ import annotations

from collections.abc import Callable

from pyuvm import uvm_analysis_port, uvm_component, uvm_monitor

from irqpath.core.transactions import Observed


class LinkMonitor(uvm_monitor):
    """Publishes every `Observed` of one link on `port`, in the order of acceptance."""

    def __init__(self, name: str, parent: uvm_component, link: str) -> None:
        super().__init__(name, parent)
        self.link = link

    def build_phase(self) -> None:
        """Make the analysis port."""
        self.port = uvm_analysis_port("port", self)

    def subscribers(self) -> list[Callable[[Observed], None]]:
        """What `port.write` would call, in its order: whoever publishes very many transactions calls it directly."""
        return [export.write for export in self.port.subscribers]
