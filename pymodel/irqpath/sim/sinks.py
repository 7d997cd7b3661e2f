"""What is at the end of links that no block chooses from: software that takes responses, a block that waits for a response,
output wires.
"""

from __future__ import annotations

from typing import Protocol

from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, Transaction
from irqpath.sim.channel import NEVER, Channel
from irqpath.sim.kernel import Kernel
from irqpath.sim.throttle import Throttle
from irqpath.sim.wires import Driver


class Taker(Protocol):
    """Who gets what was taken."""

    kernel: Kernel

    def observe(self, link: Link, offer: int, transaction: Transaction) -> None:
        """A transaction was accepted in this cycle."""

    def arrived(self, link: Link, transaction: Transaction) -> None:
        """Something has left the GIC."""

    def goes(self, throttle: Throttle, cycle: int) -> int:
        """The first cycle, `cycle` or later, in which the throttle lets go."""


class Waiting(Protocol):
    """A block that waits for a response."""

    def responded(self, response: Transaction, now: int) -> None:
        """It was accepted now."""


class Sink:
    """Who takes what is on a link at once, or (`throttle`) when back-pressure lets it."""

    __slots__ = ("_around", "_at", "_throttle", "channel")

    def __init__(self, around: Taker, link: Link, throttle: Throttle | None = None) -> None:
        self._around = around
        self._throttle = throttle
        self._at = NEVER
        self.channel = Channel(link, self)

    def wake(self, cycle: int) -> None:
        """See `Receiver`."""
        if self._throttle is not None:
            cycle = self._around.goes(self._throttle, cycle)
        self._at = cycle
        self._around.kernel.edge(cycle, self._look)

    def pressed(self, cycle: int) -> None:
        """From `cycle` on back-pressure is another."""
        ready = self.channel.ready
        if self._throttle is not None and ready != NEVER and self._at >= cycle:
            self.wake(max(ready, cycle))

    def _look(self) -> None:
        now = self._around.kernel.now
        if now != self._at or self.channel.ready > now:
            return  # it goes in another cycle, or was flushed
        self._at = NEVER
        offer = self.channel.offer
        transaction = self.channel.take(now)
        self._around.observe(self.channel.link, offer, transaction)
        self.took(transaction, now)

    def took(self, transaction: Transaction, now: int) -> None:
        """What comes of it."""
        self._around.arrived(self.channel.link, transaction)


class Responses(Sink):
    """The link on which a block gets its responses in the middle of an input."""

    __slots__ = ("_waiting",)

    def __init__(self, around: Taker, link: Link, waiting: Waiting) -> None:
        super().__init__(around, link)
        self._waiting = waiting

    def took(self, transaction: Transaction, now: int) -> None:
        """See `Sink.took`."""
        self._waiting.responded(transaction, now)


class LineSink:
    """Output wires of a block: all may change in one cycle. `coming`: changes that are not there yet; `drives`: by line, where it
    is an input wire of another block, too."""

    __slots__ = ("_around", "_levels", "_link", "_reset_at", "coming", "drives")

    def __init__(self, around: Taker, link: Link) -> None:
        self._around = around
        self._link = link
        self._levels: dict[int, int] = {}
        self._reset_at = -1
        self.coming = 0
        self.drives: dict[int, Driver] = {}

    def put(self, cycle: int, transaction: Transaction) -> None:
        """A wire has another level from `cycle` on."""
        assert isinstance(transaction, LineChange)  # wires carry nothing else
        began = self._around.kernel.now
        self.coming += 1
        driver = self.drives.get(transaction.line)
        if driver is not None:
            driver.moves(cycle, transaction.level)

        def moves() -> None:
            self.coming -= 1
            if began > self._reset_at or cycle <= self._reset_at:
                self._levels[transaction.line] = transaction.level
                self._around.observe(self._link, cycle, transaction)
                self._around.arrived(self._link, transaction)

        self._around.kernel.edge(cycle, moves)

    def reset(self) -> None:
        """All are low after this cycle; what was to come later does not."""
        self._reset_at = now = self._around.kernel.now
        self.coming += 1
        self._around.kernel.edge(now + 1, self._fall)
        for driver in self.drives.values():
            driver.falls(now + 1)

    def _fall(self) -> None:
        self.coming -= 1
        for line, level in sorted(self._levels.items()):
            if level:
                self._levels[line] = 0
                self._around.observe(self._link, self._around.kernel.now, LineChange(line, 0))
                self._around.arrived(self._link, LineChange(line, 0))
