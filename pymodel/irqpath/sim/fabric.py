"""Blocks and links in time: a message is offered, travels, waits for its block to be idle, and is handled.

Each block handles one input at a time, in the order of arrival, as the Verilog does; what it puts out leaves after its
latency, in order on each link. Everything that crosses a link is also handed to a listener as `Observed`, in the order of
acceptance, so that the same scoreboards serve a run of the models alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection

from irqpath.core.link import Link, block_kind
from irqpath.core.transactions import CommandStep, LpiAck, Observed, Out, Transaction
from irqpath.gic.common.block import Block
from irqpath.gic.its.its import Its
from irqpath.gic.system import Gic
from irqpath.sim.kernel import Event, Kernel
from irqpath.sim.timing import Profile


class Station:
    """One block in time: its queue of arrivals, and when it is idle again."""

    def __init__(self, block: Block, profile: Profile) -> None:
        kind = block_kind(block.name)
        self.block = block
        self.busy = profile.busy.get(kind, 1)
        self.latency = profile.latency.get(kind, 1)
        self.arrivals: deque[tuple[Link, int, Transaction]] = deque()
        #: of an ITS: how it is told to go on
        self.step: Link | None = Link.of(block.name, "step") if isinstance(block, Its) else None
        self.working = False
        self.stepping = False


class TimedRedistributors:
    """The `LpiPort` of one ITS in time: the ITS waits for the acknowledgement, the rest of the machine goes on."""

    def __init__(self, fabric: Fabric, its: int, pes: int) -> None:
        self._fabric = fabric
        self._links = [(Link.its_gicr(its, pe, "cmd"), Link.its_gicr(its, pe, "ack")) for pe in range(pes)]

    def call(self, pe: int, command: Transaction) -> LpiAck:
        """Send `command` and wait."""
        link, response = self._links[pe]
        ack = self._fabric.exchange(link, command, response)
        assert isinstance(ack, LpiAck)  # a command is acknowledged by nothing else
        return ack


class Fabric:
    """The links of one `Gic` in time. `deliver` gets what leaves the GIC (responses, lines, findings) when it is accepted."""

    def __init__(
        self,
        kernel: Kernel,
        gic: Gic,
        profile: Profile,
        deliver: Callable[[Link, Transaction], None],
        listen: Callable[[Observed], None] | None = None,
    ) -> None:
        self._kernel = kernel
        self._profile = profile
        self._deliver = deliver
        self._listen = listen
        self._stations: dict[Link, Station] = {}
        for block in gic.blocks():
            station = Station(block, profile)
            for link in block.inputs():
                self._stations[link] = station
        for its in gic.its:
            its.rds = TimedRedistributors(self, its.number, gic.config.pes)
        self._responses: dict[Link, Event] = {}
        self._under_way = 0
        self._idle: list[Event] = []
        self._link_free: dict[Link, int] = {}
        self._epoch: dict[Link, int] = {}

    def offer(self, link: Link, transaction: Transaction, cycles: int = 0) -> None:
        """`transaction` is offered on `link` in `cycles` cycles; messages of one link keep their order."""
        offered = max(self._kernel.now + cycles, self._link_free.get(link, 0))
        arrives = offered + self._profile.travel_of(link, transaction)
        self._link_free[link] = arrives
        self._under_way += 1
        epoch = self._epoch.get(link, 0)
        self._kernel.at(arrives - self._kernel.now, lambda: self._arrive(link, offered, transaction, epoch))

    def exchange(self, link: Link, request: Transaction, response: Link) -> Transaction:
        """For a block that waits in the middle of an input: send `request`, let time pass until `response` carries something."""
        self._responses[response] = event = Event()
        self.offer(link, request, 1)
        self._kernel.wait(event, f"{request!r} on {link} was never answered on {response}")
        del self._responses[response]
        result: Transaction = event.value
        return result

    def flush(self, links: Collection[Link]) -> None:
        """A reset flushes what is under way on `links`."""
        for link in links:
            self._epoch[link] = self._epoch.get(link, 0) + 1
            station = self._stations.get(link)
            if station is not None:
                kept = [arrival for arrival in station.arrivals if arrival[0] != link]
                for _ in range(len(station.arrivals) - len(kept)):
                    self._done()
                station.arrivals = deque(kept)

    def idle(self) -> Event:
        """An event that happens as soon as nothing is under way and no block works."""
        event = Event()
        if self._under_way:
            self._idle.append(event)
        else:
            event.set()
        return event

    def _arrive(self, link: Link, offered: int, transaction: Transaction, epoch: int) -> None:
        if epoch != self._epoch.get(link, 0):
            self._done()
            return
        station = self._stations.get(link)
        if station is None:
            self._observe(link, offered, transaction)
            if link in self._responses:
                self._responses[link].set(transaction)
            else:
                self._deliver(link, transaction)
            self._done()
            return
        station.arrivals.append((link, offered, transaction))
        if not station.working:
            self._handle(station)

    def _handle(self, station: Station) -> None:
        link, offered, transaction = station.arrivals.popleft()
        station.working = True
        self._observe(link, offered, transaction)
        outputs: list[Out] = station.block.predict(link, transaction)
        for out_link, out in outputs:
            if out_link.end == "probe":
                self._deliver(out_link, out)
            else:
                self.offer(out_link, out, station.latency)
        if isinstance(station.block, Its) and station.step is not None:
            station.stepping = station.stepping and not isinstance(transaction, CommandStep)
            if station.block.has_command() and not station.stepping:
                station.stepping = True
                self.offer(station.step, CommandStep(), station.busy)
        self._kernel.at(station.busy, lambda: self._ready(station))

    def _ready(self, station: Station) -> None:
        station.working = False
        if station.arrivals:
            self._handle(station)
        self._done()

    def _done(self) -> None:
        self._under_way -= 1
        if not self._under_way:
            waiting, self._idle = self._idle, []
            for event in waiting:
                event.set()

    def _observe(self, link: Link, offered: int, transaction: Transaction) -> None:
        if self._listen is not None:
            self._listen(Observed(link, offered, self._kernel.now, transaction))
