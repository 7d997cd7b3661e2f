"""A link in time: what is on it goes in order, and its head is offered as soon as what was before it has gone."""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

from irqpath.core.link import Link
from irqpath.core.links import CHANNELS
from irqpath.core.transactions import Transaction

#: A cycle that never comes.
NEVER: Final = 1 << 62
#: Cycles that a message takes beyond the first, by the kind of stream: its beats less one.
_BEATS: Final = {kind: {message.type: message.beats - 1 for message in CHANNELS[kind]} for kind in ("stream_down", "stream_up")}


class Receiver(Protocol):
    """What is at the end of a link."""

    def wake(self, cycle: int) -> None:
        """From `cycle` on, which is still to come, there is something to take."""


class Channel:
    """`ready`: the first cycle in which the receiver can take the head; `offer`: the one in which it was offered; `NEVER` without
    a head. `last`: the cycle of the last acceptance. `delay`: cycles that
    it takes from there to here. `closed`: nothing is offered, and what is put on it waits, or is lost where it is `lossy`."""

    __slots__ = ("_beats", "closed", "delay", "last", "link", "lossy", "offer", "queue", "ready", "receiver")

    def __init__(self, link: Link, receiver: Receiver) -> None:
        self.link = link
        self.receiver = receiver
        self.queue: deque[tuple[int, Transaction]] = deque()
        self.last = -1
        self.offer = self.ready = NEVER
        self.closed = self.lossy = False
        self.delay = 0
        self._beats = _BEATS.get(link.kind)

    def put(self, cycle: int, transaction: Transaction) -> None:
        """The sender has it ready in `cycle`, which is still to come."""
        if self.closed and self.lossy:
            return
        self.queue.append((cycle, transaction))
        if len(self.queue) == 1 and not self.closed:
            self._show()

    def take(self, cycle: int) -> Transaction:
        """The receiver takes the head."""
        transaction = self.queue.popleft()[1]
        self.last = cycle
        if self.queue:
            self._show()
        else:
            self.ready = NEVER
        return transaction

    def waiting(self, cycle: int) -> int:
        """Messages in the sender's queue before the edge of `cycle`: one that was taken at that edge too."""
        return sum(there <= cycle for there, _ in self.queue) + (self.last == cycle)

    def close(self, *, lossy: bool = False) -> None:
        """What is on it is lost, and nothing is offered any more."""
        self.queue.clear()
        self.ready = NEVER
        self.closed, self.lossy = True, lossy

    def open(self, cycle: int) -> None:
        """It is a link again after `cycle`."""
        self.closed = self.lossy = False
        self.last = cycle
        if self.queue:
            self._show()

    def _show(self) -> None:
        cycle, transaction = self.queue[0]
        soonest = self.last + 1
        self.offer = ready = cycle if cycle > soonest else soonest
        if self._beats is not None:
            ready += self._beats[type(transaction)]
        self.ready = ready = ready + self.delay
        self.receiver.wake(ready)
