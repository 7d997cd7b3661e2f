"""What every agent has in common: a monitor for each direction of its link."""

from __future__ import annotations

from pyuvm import uvm_agent, uvm_component

from irqpath.core.link import Link
from irqpath_testbench.env.agents.monitor import LinkMonitor


class LinkAgent(uvm_agent):
    """The agent of one connection; `links` are its directions, as far as the device has them; `driver`: what drives
    it, None where it is only watched."""

    def __init__(self, name: str, parent: uvm_component, links: tuple[Link, ...], driver: object = None) -> None:
        super().__init__(name, parent)
        self.links = links
        self.driver = driver

    def build_phase(self) -> None:
        """A monitor a direction."""
        self.monitors = [LinkMonitor(f"monitor_{link.identifier()}", self, link) for link in self.links]
