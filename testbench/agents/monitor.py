"""The monitor of a link: it publishes the transactions that the recorder saw there."""

from __future__ import annotations

from pyuvm import uvm_analysis_port, uvm_component, uvm_monitor

from pymodel.transactions import Observed


class LinkMonitor(uvm_monitor):
    """Publishes every `Observed` of one link on `port`, in the order of acceptance."""

    def __init__(self, name: str, parent: uvm_component, link: str) -> None:
        super().__init__(name, parent)
        self.link = link
        self.seen = 0

    def build_phase(self) -> None:
        """Make the analysis port."""
        self.port = uvm_analysis_port("port", self)

    def publish(self, observed: Observed) -> None:
        """Hand one transaction to all subscribers."""
        self.seen += 1
        self.port.write(observed)
