"""Packets on their way: the eight steps of each with their cycles, and a ledger of what must arrive.

A packet is sent by the guest, goes out by the device, comes back and is received. Not every packet has every step: where the
guest's kick or the device's interrupt is suppressed, it goes with an earlier one; an assigned device has no event loop.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from irqpath.core.errors import CheckError

#: Bytes of a packet's number, with which its content begins.
NUMBER_BYTES: Final = 8
#: A step that a packet has not taken.
NEVER: Final = -1


class Step(IntEnum):
    """The eight steps, as the literature numbers them."""

    ADD_BUF = 1
    KICK = 2
    EVENT_LOOP = 3
    FORWARDED = 4
    RESPONSE = 5
    IRQFD = 6
    VIRTUAL_INTERRUPT = 7
    HANDLER = 8


@dataclass(slots=True)
class Packet:
    """`times`: the cycle of each step, `NEVER` where it has not taken it; by `Step`, element 0 is not used."""

    number: int
    times: list[int] = field(default_factory=lambda: [NEVER] * (len(Step) + 1))

    def took(self, step: Step) -> bool:
        """Whether it has taken the step."""
        return self.times[step] != NEVER

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that it has taken, in the order of their cycles; those of the same cycle in the order of numbers."""
        return tuple(sorted((step for step in Step if self.took(step)), key=lambda step: self.times[step]))


class Packets:
    """All packets of a run. `finished` is told each that has taken the last step; nothing is kept of it then.

    The wire between guest and device keeps their order, so that what happens at a point happens to the oldest ones that have
    not passed it: `reach` says how far the packets before a point have come.
    """

    def __init__(self, now: Callable[[], int], finished: Callable[[Packet], None]) -> None:
        self._now = now
        self._finished = finished
        self._open: dict[int, Packet] = {}
        #: that wait for a kick, for the event loop, for an interrupt at irqfd, at the CPU interface
        self._waiting: dict[Step, deque[Packet]] = {
            step: deque() for step in (Step.KICK, Step.EVENT_LOOP, Step.IRQFD, Step.VIRTUAL_INTERRUPT)
        }

    @property
    def open(self) -> int:
        """How many are on their way."""
        return len(self._open)

    def add(self, number: int) -> None:
        """Step 1: the guest's driver has put it into the virtqueue."""
        packet = self._open[number] = Packet(number)
        packet.times[Step.ADD_BUF] = self._now()
        self._waiting[Step.KICK].append(packet)

    def kicked(self) -> None:
        """Step 2: for all that were added since the last kick."""
        self._waiting[Step.EVENT_LOOP].extend(self._pass(Step.KICK, until=Step.FORWARDED))

    def heard(self) -> None:
        """Step 3: the event loop calls back."""
        self._pass(Step.EVENT_LOOP, until=Step.FORWARDED)

    def forwarded(self, number: int) -> None:
        """Step 4: this packet goes to the real device."""
        self._take(number, Step.FORWARDED)

    def responded(self, number: int) -> None:
        """Step 5: its response is in the virtqueue."""
        self._waiting[Step.IRQFD].append(self._take(number, Step.RESPONSE))

    def signalled(self) -> None:
        """Step 6: irqfd is told, for all whose response is there."""
        self._waiting[Step.VIRTUAL_INTERRUPT].extend(self._pass(Step.IRQFD, until=Step.HANDLER))

    def sent_directly(self) -> None:
        """An assigned device has sent its message: there is no step 6, and the next is 7."""
        waiting = self._waiting[Step.IRQFD]
        self._waiting[Step.VIRTUAL_INTERRUPT].extend(packet for packet in waiting if not packet.took(Step.HANDLER))
        waiting.clear()

    def presented(self) -> None:
        """Step 7: the virtual interrupt is at the CPU interface, for all that wait for it."""
        self._pass(Step.VIRTUAL_INTERRUPT, until=Step.HANDLER)

    def handled(self, number: int) -> None:
        """Step 8: the guest's handler, or what it has scheduled, has it."""
        self._finished(self._take(number, Step.HANDLER))
        del self._open[number]
        for waiting in self._waiting.values():  # for what it did without
            while waiting and waiting[0].took(Step.HANDLER):
                waiting.popleft()

    def _take(self, number: int, step: Step) -> Packet:
        packet = self._open.get(number)
        if packet is None:
            raise CheckError(f"packet {number} is not on its way, and takes step {step}")
        if packet.took(step):
            raise CheckError(f"packet {number} takes step {step} twice")
        packet.times[step] = self._now()
        return packet

    def _pass(self, step: Step, until: Step) -> Iterable[Packet]:
        """All that wait take the step, but those that have got to `until` without it."""
        waiting, now = self._waiting[step], self._now()
        passed = [packet for packet in waiting if not packet.took(until)]
        waiting.clear()
        for packet in passed:
            packet.times[step] = now
        return passed


class Ledger:
    """What was sent and must arrive, in this order. Raises `CheckError` as soon as something else does."""

    def __init__(self) -> None:
        self._sent: deque[bytes] = deque()
        self.received = 0

    @property
    def outstanding(self) -> int:
        """Packets that were sent and have not arrived."""
        return len(self._sent)

    def sent(self, content: bytes) -> None:
        """A packet was sent."""
        self._sent.append(content)

    def arrived(self, content: bytes) -> None:
        """A packet has arrived: the oldest one, with its content. Raises `CheckError`."""
        if self._sent and content == self._sent[0]:
            self._sent.popleft()
            self.received += 1
            return
        number = number_of(content)
        if number < self.received:
            raise CheckError(f"packet {number} is doubled: it has arrived before")
        if not self._sent:
            raise CheckError(f"packet {number} has arrived, and nobody sent it")
        if content in self._sent:
            raise CheckError(f"packet {number} has arrived before packet {self.received}, which is lost or late")
        raise CheckError(f"packet {number} has arrived with another content than it was sent with")

    def close(self) -> None:
        """Nothing is under way any more. Raises `CheckError` where a packet has not arrived."""
        if self._sent:
            raise CheckError(f"{len(self._sent)} packets are lost, the first is {number_of(self._sent[0])}")


def number_of(content: bytes) -> int:
    """The number of the packet with this content."""
    return int.from_bytes(content[:NUMBER_BYTES], "little")
