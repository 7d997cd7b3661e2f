"""What takes how long: profiles as data, and for each kind of block the timer that says what costs what.

`profile` has the tables and reads the files of `profiles`, `term` what a timer is and says, `order` which input a block takes
next, and a module a kind of block its timer. A co-simulation's rows (calibration, local error) and the model platform's stations
use the same timers. `Profile` and `IRQPATH` here are the coarse times that the model platform has had so far.
It imports cli, core, config, gic and regs.
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
