"""The journey scoreboard of a whole GIC."""

from __future__ import annotations

from collections.abc import Collection

from irqpath.config.policy import IRQPATH, Policy
from irqpath.config.sizes import GicConfig
from irqpath_testbench.dut.description import USUAL, Bounds
from irqpath_testbench.env.scoreboards.journey import Journey, JourneyBoard, Latency, summary
from irqpath_testbench.env.scoreboards.lpi_causes import LpiCauses
from irqpath_testbench.env.scoreboards.sgi_causes import SgiCauses
from irqpath_testbench.env.scoreboards.wired_causes import WiredCauses


class JourneyScoreboard(JourneyBoard):
    """Journeys of SGIs, PPIs, SPIs and, where there are, LPIs, as far as the links `there` (None: all) let it follow them."""

    def __init__(
        self, config: GicConfig, policy: Policy = IRQPATH, bounds: Bounds = USUAL, there: Collection[str] | None = None
    ) -> None:
        super().__init__(config, bounds, there)
        self.listen(SgiCauses(self, config, policy))
        self.listen(WiredCauses(self, config))
        if config.lpis:
            self.listen(LpiCauses(self, config))


__all__ = ["Journey", "JourneyScoreboard", "Latency", "summary"]
