"""Blocks and links of a GIC, and its memory, in time: what is put on a link is offered when what was before it has gone, and
taken when its block chooses it (`station`, `stations`).

Everything that crosses a link is also handed to a listener as `Observed`, in the order of acceptance, so that the same
scoreboards serve a run of the models alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

from irqpath.core.errors import ConfigError
from irqpath.core.link import Link
from irqpath.core.transactions import Observed, OutLine, Transaction
from irqpath.gic.system import Gic
from irqpath.sim.channel import NEVER, Channel
from irqpath.sim.kernel import Event, Kernel
from irqpath.sim.sinks import LineSink, Responses, Sink
from irqpath.sim.station import End, Port, Resumable, Station
from irqpath.sim.stations import GiccStation, GicdStation, GicrStation, ItsStation, MemStation
from irqpath.sim.throttle import Throttle
from irqpath.sim.timing.gicc import GiccTimer
from irqpath.sim.timing.gicd import GicdTimer
from irqpath.sim.timing.gicr import GicrTimer
from irqpath.sim.timing.its import ItsTimer
from irqpath.sim.timing.profile import Profile
from irqpath.sim.timing.term import Term
from irqpath.sim.wires import Driver, Wires

#: Cycles from what software does to its being there: it is taken over at the next edge, and there at the one after.
OFFERED: Final = 2
#: Cycles without a transaction until the machine is said to rest.
QUIET: Final = 9
#: What seeds the throttle of the n-th register port, and of the n-th PE.
PORT_SEED: Final = 17
_PE_SEED: Final = 23
#: Master of software's accesses to memory.
SOFTWARE: Final = "sw"
#: Makes an `Observed` of its fields, in half the time of its own constructor.
_observed: Final = partial(tuple.__new__, Observed)
#: Cycles of what has no Verilog to learn from.
_UNKNOWN: Final = 4
_OF_SOFTWARE: Final = ("reg", "sys", "msi")


class Fabric:
    """What blocks in time have around them: their links, wires and back-pressure. `deliver` gets what leaves the interrupt
    controller (responses, lines, findings) when it is accepted. Subclasses say which blocks there are."""

    def __init__(
        self,
        kernel: Kernel,
        profile: Profile,
        deliver: Callable[[Link, Transaction], None],
        listen: Callable[[Observed], None] | None = None,
    ) -> None:
        self.kernel = kernel
        self._profile = profile
        self._deliver = deliver
        self._listen = listen
        self._cycles: Mapping[Link, list[int]] = {}
        #: by link: where what is put on it goes
        self._ends: dict[Link, End] = {}
        self._last_any = -1
        #: (from which cycle on, level of back-pressure), the latest first
        self._levels = [(0, 0)]
        self._resting: list[tuple[int, Event]] = []
        self._sinks: list[Sink] = []
        self._lines: list[LineSink] = []

    def _connect(self, stations: list[Station]) -> None:
        """The links that end at the blocks."""
        self._stations = stations
        self._inputs = [channel for station in stations for channel in station.channels]
        for channel in self._inputs:
            self._ends[channel.link] = channel
            self._delayed(channel)
        #: links on which software asks: what is on its way there keeps nothing busy
        self._asked = frozenset(c for c in self._inputs if c.link.end in _OF_SOFTWARE or c.link.unit == SOFTWARE)

    def release(self) -> None:
        """Blocks that are idle give back what they need only while they work."""
        for station in self._stations:
            station.release()

    # --- what there is ----------------------------------------------------------------------------------------------------

    def _costs(self, kind: str) -> Callable[[Term], int]:
        return partial(self._profile.cycles, kind)

    def _wires(self, wires: Wires) -> None:
        self._ends[wires.link] = wires

    def _software(self, link: Link, seed: int) -> None:
        self._sink(Sink(self, link, Throttle(seed)))

    def _sink(self, sink: Sink) -> Channel:
        self._sinks.append(sink)
        self._ends[sink.channel.link] = sink.channel
        self._delayed(sink.channel)
        return sink.channel

    def _line(self, link: Link) -> LineSink:
        self._ends[link] = sink = LineSink(self, link)
        self._lines.append(sink)
        return sink

    def leaving(self, link: Link) -> End:
        """Where what leaves by `link` goes: to software, where no block has it."""
        end = self._ends.get(link)
        return self._sink(Sink(self, link)) if end is None else end

    def _delayed(self, channel: Channel) -> None:
        channel.delay = self._row("links", channel.link.kind, 0)

    def _row(self, row: str, name: str, usual: int) -> int:
        """A cost of a row of the platform."""
        costs = self._profile.blocks.get(row)
        return usual if costs is None else costs.costs.get(name, usual)

    # --- what happens -----------------------------------------------------------------------------------------------------

    def offer(self, link: Link, transaction: Transaction) -> None:
        """Software, or a device, puts something on a link, or gives a wire another level."""
        self.leaving(link).put(self.kernel.now + self._row("pe", link.end, OFFERED), transaction)

    def observe(self, link: Link, offer: int, transaction: Transaction) -> None:
        """See `Surroundings`."""
        self._last_any = now = self.kernel.now
        cycles = self._cycles.get(link)
        if cycles is not None:
            cycles.append(now)
        elif self._listen is not None:
            self._listen(_observed((link, offer, now, transaction)))

    def only_cycles(self, cycles: Mapping[Link, list[int]]) -> None:
        """See `ModelPlatform.only_cycles`."""
        self._cycles = cycles

    def found(self, link: Link, transaction: Transaction) -> None:
        """See `Surroundings`."""
        self._deliver(link, transaction)

    def told(self, link: Link, transaction: Transaction) -> None:
        """See `Surroundings`."""
        self._deliver(link, transaction)

    def arrived(self, link: Link, transaction: Transaction) -> None:
        """See `Taker`."""
        self._deliver(link, transaction)

    def reset_pe(self, pe: int, cycles: int) -> None:
        """Software resets a PE and its CPU interface, for so many cycles."""
        raise NotImplementedError

    # --- back-pressure ----------------------------------------------------------------------------------------------------

    def pressure(self, level: int) -> None:
        """Software asks for back-pressure: responses and memory accesses go in one of 2**`level` cycles."""
        cycle = self.kernel.now + OFFERED
        if self._levels[0][0] == cycle:
            del self._levels[0]
        self._levels.insert(0, (cycle, level))
        for sink in self._sinks:
            sink.pressed(cycle)

    def goes(self, throttle: Throttle, cycle: int) -> int:
        """See `Taker`."""
        until = NEVER
        for since, level in self._levels:
            if since <= cycle:
                found = throttle.next(cycle, level) if level else cycle
                return found if found < until else self.goes(throttle, until)
            until = since
        return cycle  # (the first level is from cycle 0 on)

    # --- rest -------------------------------------------------------------------------------------------------------------

    def rest(self) -> Event:
        """An event that happens as soon as nothing is under way and no block works."""
        event = Event()
        now = self.kernel.now
        if self._last_any + QUIET <= now and self._busy(now) <= now:
            event.set()
        else:
            self._resting.append((self.kernel.ticket(), event))
            if len(self._resting) == 1:
                self.kernel.edge(max(self._last_any + QUIET, now + 1), self._rests)
        return event

    def _rests(self) -> None:
        now = self.kernel.now
        cycle = max(self._last_any + QUIET, self._busy(now))
        if cycle > now:
            self.kernel.edge(cycle, self._rests)
            return
        waiting, self._resting = self._resting, []
        for ticket, event in waiting:
            self.kernel.tell(ticket, event)

    def _busy(self, now: int) -> int:
        """The first cycle in which it may be that nothing is busy any more; `now` if that is so."""
        for channel in self._inputs:
            if channel.queue and (channel.ready <= now or channel not in self._asked):
                return now + 1
        if any(sink.channel.queue for sink in self._sinks) or any(lines.coming for lines in self._lines):
            return now + 1
        until = now
        for station in self._stations:
            if station.free == NEVER or station.next(now) <= now:
                return now + 1
            until = max(until, station.free)
        return until


class GicFabric(Fabric):
    """Blocks and links of one `Gic` in time, and its memory."""

    def __init__(
        self,
        kernel: Kernel,
        gic: Gic,
        ports: Mapping[str, Port],
        profile: Profile,
        deliver: Callable[[Link, Transaction], None],
        listen: Callable[[Observed], None] | None = None,
        pages: int | None = None,
    ) -> None:
        """`ports`: through which the blocks of `gic` reach memory and Redistributors, by block. `pages`: that memory has."""
        super().__init__(kernel, profile, deliver, listen)
        self._gic = gic
        self._ports = ports
        self._memory = self._build_memory(gic, pages)
        self._giccs: list[GiccStation] = []
        self._gicrs: list[GicrStation] = []
        blocks = list(self._build(gic))
        for station in blocks:
            station.enter_others()
        self._connect([self._memory, *blocks])

    def _costs(self, kind: str) -> Callable[[Term], int]:
        cycles = super()._costs(kind)
        if self._gic.config.gicv4 is None:
            return cycles

        def some(term: Term) -> int:
            try:
                return cycles(term)
            except ConfigError:  # GICv4 does what no profile was learned from
                return _UNKNOWN

        return some

    def _build_memory(self, gic: Gic, pages: int | None) -> MemStation:
        masters = [*(gicr.name for gicr in gic.gicr), *(its.name for its in gic.its), SOFTWARE]
        return MemStation(self, gic.memory, masters, self._costs("mem"), self.goes, pages)

    def _build(self, gic: Gic) -> Iterator[Station]:
        its = len(gic.its)
        for pe, (gicr, gicc) in enumerate(zip(gic.gicr, gic.gicc, strict=True)):
            station = GicrStation(self, gicr, GicrTimer(gicr), self._costs("gicr"), self._ports[gicr.name], its)
            self._wires(station.wires)
            self._responses(Link.gicr(pe, "mem_rsp"), station)
            self._gicrs.append(station)
            self._giccs.append(GiccStation(self, gicc, GiccTimer(gicc), self._costs("gicc")))
            for line in (Link.gicc(pe, "irq"), Link.gicr(pe, "wake")):
                sink = self._line(line)
                if gic.config.virtual is not None and line.end == "irq":
                    sink.drives[OutLine.MAINTENANCE] = Driver(station.wires, gic.config.virtual.maintenance_ppi)
            self._software(Link.gicr(pe, "rsp"), PORT_SEED * (pe + 2))
            self._software(Link.gicc(pe, "sys_rsp"), _PE_SEED * (pe + 1))
        downs = [station.dist for station in self._gicrs]
        gicd = GicdStation(self, gic.gicd, GicdTimer(gic.gicd), self._costs("gicd"), downs)
        self._wires(gicd.wires)
        self._software(Link("gicd.rsp"), PORT_SEED)
        yield from (gicd, *self._gicrs, *self._giccs)
        for one in gic.its:
            waits = ItsStation(self, one, ItsTimer(one), self._costs("its"), self._ports[one.name])
            one.rds = waits.port
            self._responses(Link.its(one.number, "mem_rsp"), waits)
            for pe in range(gic.config.pes):
                self._responses(Link.its_gicr(one.number, pe, "ack"), waits)
            self._software(Link.its(one.number, "rsp"), PORT_SEED * (gic.config.pes + 2 + one.number))
            yield waits

    def _responses(self, link: Link, station: Resumable) -> None:
        self._sink(Responses(self, link, station))

    def reset_pe(self, pe: int, cycles: int) -> None:
        """See `Fabric.reset_pe`: what is on the streams is lost."""
        start = self.kernel.now + OFFERED
        self.kernel.first(start, partial(self._reset, pe, start + cycles))

    def _reset(self, pe: int, end: int) -> None:
        gicr, gicc = self._gicrs[pe], self._giccs[pe]
        now = self.kernel.now
        gicr.up.close()
        gicc.down.close(lossy=True)
        gicc.reset(now, end)
        for link in (Link.gicc(pe, "sys"), Link.gicc(pe, "sys_rsp")):
            channel = self._ends[link]
            assert isinstance(channel, Channel)  # it carries messages
            channel.close()
            channel.open(channel.last)
        lines = self._ends[Link.gicc(pe, "irq")]
        assert isinstance(lines, LineSink)  # they are wires
        lines.reset()
        gicr.pe_reset(end, partial(self._reset_is_over, gicr, gicc))

    def _reset_is_over(self, gicr: GicrStation, gicc: GiccStation) -> None:
        for channel in (gicr.up, gicc.down):
            channel.open(self.kernel.now)

    def pressure(self, level: int) -> None:
        """See `Fabric.pressure`."""
        super().pressure(level)
        self._memory.wake(self.kernel.now + OFFERED)
