"""The agent that runs scenarios: its item is a piece of software for the whole machine, its driver runs it on the platform.

An item is a scenario, not a bus access: what is between two accesses is Python either way, and pyuvm would cost more than both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pyuvm import uvm_agent, uvm_component, uvm_driver, uvm_sequence, uvm_sequence_item, uvm_sequencer

from irqpath.sim.platform import Platform

#: Software that uses the whole machine.
Scenario = Callable[[Platform], Awaitable[None]]


class SoftwareItem(uvm_sequence_item):
    """A scenario to be run. `failure`: what it raised, None if it ended well."""

    def __init__(self, name: str, scenario: Scenario) -> None:
        super().__init__(name)
        self.scenario = scenario
        self.failure: Exception | None = None


class SoftwareSequence(uvm_sequence):
    """One scenario."""

    def __init__(self, name: str, scenario: Scenario) -> None:
        super().__init__(name)
        self.item = SoftwareItem(name, scenario)

    async def body(self) -> None:
        """Send it and wait for its end."""
        await self.start_item(self.item)
        await self.finish_item(self.item)


class SoftwareDriver(uvm_driver):
    """Runs items on the platform."""

    def __init__(self, name: str, parent: uvm_component, platform: Platform) -> None:
        super().__init__(name, parent)
        self.platform = platform

    async def run_phase(self) -> None:
        """Take items for ever; what one raises is kept for the base test, which owns the verdict."""
        while True:
            item = await self.seq_item_port.get_next_item()
            try:
                await item.scenario(self.platform)
            except Exception as error:
                item.failure = error
            self.seq_item_port.item_done()


class SoftwareAgent(uvm_agent):
    """Sequencer and driver for software."""

    def __init__(self, name: str, parent: uvm_component, platform: Platform) -> None:
        super().__init__(name, parent)
        self.platform = platform

    def build_phase(self) -> None:
        """Sequencer and driver."""
        self.sequencer = uvm_sequencer("sequencer", self)
        self.driver = SoftwareDriver("driver", self, self.platform)

    def connect_phase(self) -> None:
        """Items go from the sequencer to the driver."""
        self.driver.seq_item_port.connect(self.sequencer.seq_item_export)
