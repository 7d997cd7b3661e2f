"""Cycles that blocks and links take: one table a profile.

A profile gives, for each class of transaction, how long the block that accepts it is occupied, and for each link how long a
message travels. `irqpath` is what this project's Verilog does; a co-simulation compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from irqpath.core.link import Link
from irqpath.core.links import CHANNELS
from irqpath.core.transactions import Transaction


@dataclass(frozen=True, slots=True)
class Profile:
    """Times in cycles. `busy`: from accepting an input to accepting the next, by kind of block; `latency`: from accepting an
    input to offering its first output; `travel`: from offer to acceptance when the receiver is idle, by kind of link."""

    name: str
    busy: dict[str, int] = field(default_factory=dict)
    latency: dict[str, int] = field(default_factory=dict)
    travel: dict[str, int] = field(default_factory=dict)

    def travel_of(self, link: Link, transaction: Transaction) -> int:
        """Cycles that `transaction` takes over `link`."""
        return _BEATS.get((link.kind, type(transaction)), 0) + self.travel.get(link.kind, 0)


#: Beats less one of each message on a stream.
_BEATS: Final = {
    (channel, message.type): message.beats - 1 for channel in ("stream_down", "stream_up") for message in CHANNELS[channel]
}


IRQPATH: Final = Profile(
    "irqpath",
    busy={"gicc": 3, "gicr": 3, "gicd": 2, "its": 4},
    latency={"gicc": 1, "gicr": 2, "gicd": 1, "its": 4},
    travel={"gicc_irq": 2},
)
