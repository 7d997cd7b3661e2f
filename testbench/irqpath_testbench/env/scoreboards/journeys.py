"""The journey scoreboard of a whole GIC."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from irqpath.config.policy import IRQPATH, Policy
from irqpath.config.sizes import GicConfig
from irqpath.core.link import Link
from irqpath.core.transactions import Observed
from irqpath_testbench.dut.description import USUAL, Bounds
from irqpath_testbench.env.scoreboards.accesses import Split
from irqpath_testbench.env.scoreboards.journey import Journey, JourneyBoard, Latency, summary
from irqpath_testbench.env.scoreboards.lpi_causes import LpiCauses
from irqpath_testbench.env.scoreboards.sgi_causes import SgiCauses
from irqpath_testbench.env.scoreboards.virtual_journeys import VirtualJourneys
from irqpath_testbench.env.scoreboards.wired_causes import WiredCauses


class JourneyScoreboard(JourneyBoard):
    """Journeys of SGIs, PPIs, SPIs and, where there are, LPIs and virtual interrupts, as far as the links `there` (None: all)
    let it follow them."""

    def __init__(
        self, config: GicConfig, policy: Policy = IRQPATH, bounds: Bounds = USUAL, there: Collection[str] | None = None
    ) -> None:
        super().__init__(config, bounds, there)
        self.listen(SgiCauses(self, config, policy))
        self.listen(WiredCauses(self, config))
        if config.lpis:
            self.listen(LpiCauses(self, config))
        self.virtual = None if config.virtual is None else VirtualJourneys(self, config)
        self._split = None if self.virtual is None else Split(config.pes, self.virtual.hypervisor, self.virtual.guest)

    def on(self, link: str) -> list[Callable[[Observed], None]]:
        """With virtual interfaces, journeys of physical interrupts see of system registers the physical interface alone."""
        functions = super().on(link)
        if self._split is None or self.virtual is None:
            return functions
        to = Link(link)
        if to.unit == "stream" and to.end == "up":  # before the physical journey is over
            return [partial(self.virtual.deactivated, to.number), *functions]
        if to.unit == "gicr" and to.end == "ppi":
            return [partial(self.virtual.sampled, to.number), *functions]
        return self._split.of(link, functions)

    def open(self) -> list[Journey]:
        """And what is listed."""
        return super().open() + ([] if self.virtual is None else list(self.virtual.open()))

    def latencies(self) -> list[Latency]:
        """Of all journeys that were acknowledged; of those of guests only where they have ended, too."""
        return self.acknowledged + ([] if self.virtual is None else self.virtual.ended)

    def finish(self, cycle: int) -> None:
        """Every journey must have ended."""
        super().finish(cycle)
        if self.virtual is not None:
            self.virtual.finish(cycle)


__all__ = ["Journey", "JourneyScoreboard", "Latency", "summary"]
