"""A block in time: it takes an input when it is idle, and what follows from it comes when its timer says.

A block that reaches memory, or another block, in the middle of an input is resumable: its model runs in a greenlet of its own
which stands still until the response is there, while the rest of the machine goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from greenlet import getcurrent, greenlet

from irqpath.core.errors import CheckError
from irqpath.core.link import Link
from irqpath.core.memory import Memory, check_access
from irqpath.core.transactions import LpiAck, MemRead, MemReadData, MemWrite, Out, Transaction
from irqpath.gic.common.block import Block, Take
from irqpath.sim.channel import NEVER, Channel
from irqpath.sim.kernel import Kernel
from irqpath.sim.timing.term import Term, Timer

#: Ends of links that carry no messages that wait: resets, wires, the commands that an ITS takes by itself.
_OF_THEIR_OWN: Final = frozenset(("reset", "ppi", "spi", "step"))

#: Units of links on which one model speaks to another, all the time.
BETWEEN_BLOCKS: Final = frozenset(("stream", "dist"))


class End(Protocol):
    """Where what leaves a block goes."""

    def put(self, cycle: int, transaction: Transaction) -> None:
        """It is there from `cycle` on."""


class Surroundings(Protocol):
    """What a station needs of the fabric around it."""

    kernel: Kernel

    def leaving(self, link: Link) -> End:
        """Where what leaves by `link` goes."""

    def observe(self, link: Link, offer: int, transaction: Transaction) -> None:
        """A transaction was accepted in this cycle."""

    def found(self, link: Link, transaction: Transaction) -> None:
        """A model says something on its probe."""

    def told(self, link: Link, transaction: Transaction) -> None:
        """What software tells by `link`, and what is not answered, was taken."""


class Station:
    """A block in time. `free`: the cycle from which on it can take an input; `NEVER` while it works. Subclasses choose among
    what is ready, in the order that the head of the block's Verilog file states."""

    def __init__(self, around: Surroundings, block: Block, timer: Timer, cycles: Callable[[Term], int]) -> None:
        """`cycles`: of a term of the block."""
        self.block = block
        self.free = 0
        self._around = around
        self._kernel = around.kernel
        self._timer = timer
        self._cost = cycles
        self._cycles: dict[Term, int] = {}
        self._at = NEVER
        #: the cycle of the input's acceptance, then those of the responses that it got
        self._marks: list[int] = []
        self._later: list[Out] = []
        self.channels: list[Channel] = []
        #: where what leaves goes, by link
        self._ends: dict[Link, End] = {}
        #: the model, by link of an input
        self._models: dict[Link, Take] = {}
        #: links that the Verilog does not have, those of GICv4: in turn with all the rest
        self._others: list[Channel] = []
        self._other_last = False

    def enters(self, link: Link) -> Channel:
        """The link ends here."""
        channel = Channel(link, self)
        self.channels.append(channel)
        return channel

    def enter_others(self) -> None:
        """So do all the links of the block that have not been named."""
        known = {channel.link for channel in self.channels}
        for link in sorted(self.block.inputs() - known):
            if link.end not in _OF_THEIR_OWN:
                self._others.append(self.enters(link))

    def _take(self, now: int) -> None:
        """Take what is chosen among those and the rest."""
        ready = [channel for channel in self._others if channel.ready <= now]
        first = bool(ready) and not self._other_last
        self._other_last = first or (not self.choose(now) and bool(ready))
        if self._other_last:
            self.accept(ready[0], now)

    def release(self) -> None:
        """Give back what it does not need while it is idle."""

    # --- what is taken ----------------------------------------------------------------------------------------------------

    def wake(self, cycle: int) -> None:
        """See `Receiver`."""
        if cycle < self.free:
            cycle = self.free
        if cycle < self._at:
            self._at = cycle
            self._kernel.edge(cycle, self._look)

    def choose(self, now: int) -> bool:
        """Take the input whose turn it is, if there is any; whether one was."""
        raise NotImplementedError

    def next(self, now: int) -> int:
        """When there may be something to take: `now` at the earliest."""
        return min([channel.ready for channel in self.channels])

    def _look(self) -> None:
        now = self._kernel.now
        if now == self._at:
            self._at = NEVER
            if self._others:
                self._take(now)
            else:
                self.choose(now)
            if self.free != NEVER:
                self.rest(now)

    def rest(self, now: int) -> None:
        """Look again as soon as there may be something to take."""
        cycle = self.next(now)
        if cycle != NEVER:
            self.wake(max(cycle, now + 1))

    def accept(self, channel: Channel, now: int) -> None:
        """Take the head of a link."""
        self.free = NEVER
        offer = channel.offer
        transaction = channel.take(now)
        self._around.observe(channel.link, offer, transaction)
        self.handle(channel.link, transaction, now)

    # --- what follows -----------------------------------------------------------------------------------------------------

    def handle(self, link: Link, transaction: Transaction, now: int) -> None:
        """The block gets an input that it has taken now."""
        self._marks = [now]
        self._timer.enters(link, transaction)
        take = self._models.get(link)
        self._end((self._take_of(link) if take is None else take)(transaction))

    def _take_of(self, link: Link) -> Take:
        """The model of an input that was not met before; what another model says has no wrong values."""
        take = self._models[link] = self.block.port(link, checked=link.unit not in BETWEEN_BLOCKS)
        return take

    def _end(self, outputs: list[Out]) -> None:
        """The model has said all."""
        timer = self._timer
        timer.predicted(outputs)
        self.leave(outputs)
        term = timer.ends()
        cycles = self._cycles.get(term)
        self.free = self._marks[term.since] + (self._of(term) if cycles is None else cycles)

    def _of(self, term: Term) -> int:
        """What a term costs that was not met before."""
        cycles = self._cycles[term] = self._cost(term)
        return cycles

    def leave(self, outputs: list[Out]) -> None:
        """Put out what has left the model."""
        if self._later:
            outputs, self._later = self._later + outputs, []
        around, waits = self._around, None
        for link, transaction in outputs:
            if link.end == "probe":
                around.found(link, transaction)
                continue
            term = self._timer.leaves(link, transaction) if waits is None or link not in waits else None
            if term is None:
                waits = {link} if waits is None else waits | {link}
                self._later.append((link, transaction))
            else:
                self._put(link, transaction, term)

    def _put(self, link: Link, transaction: Transaction, term: Term) -> None:
        cycles = self._cycles.get(term)
        cycle = self._marks[term.since] + (self._of(term) if cycles is None else cycles)
        soonest = self._kernel.now + 1
        end = self._ends.get(link)
        if end is None:
            end = self._ends[link] = self._around.leaving(link)
        end.put(cycle if cycle > soonest else soonest, transaction)


class Port:
    """`MemPort` and `LpiPort` of a block in time. Outside of an input it is the memory itself: for who looks at the model."""

    def __init__(self, block: str, memory: Memory) -> None:
        self._mem = Link.of(block, "mem")
        self._memory = memory
        self.worker: greenlet | None = None

    def read(self, address: int, size: int) -> int:
        """Read, in time. Raises `AccessError`."""
        check_access(address, size)
        if getcurrent() is not self.worker:
            return self._memory.read(address, size)
        response = self._exchange(self._mem, MemRead(address, size))
        assert isinstance(response, MemReadData)  # a read is answered by nothing else
        return response.value

    def write(self, address: int, size: int, value: int) -> None:
        """Write, in time. Raises `AccessError`."""
        check_access(address, size)
        if getcurrent() is not self.worker:
            self._memory.write(address, size, value)
            return
        self._exchange(self._mem, MemWrite(address, size, value & ((1 << 8 * size) - 1)))

    def known_zero(self, address: int, count: int) -> bool:
        """Never in time: the block reads what it does not know."""
        return getcurrent() is not self.worker and self._memory.known_zero(address, count)

    def peek(self, address: int, size: int) -> int | None:
        """For a finding: what is there."""
        return self._memory.peek(address, size)

    def call(self, pe: int, command: Transaction) -> LpiAck:
        """Send a command to the Redistributor of `pe`, and wait. Raises `CheckError` outside of an input."""
        if getcurrent() is not self.worker:
            raise CheckError(f"{command!r} takes time: {self._mem.block} sends it while it handles an input")
        response = self._exchange(Link.its_gicr(self._mem.number, pe, "cmd"), command)
        assert isinstance(response, LpiAck)  # a command is answered by nothing else
        return response

    def _exchange(self, link: Link, request: Transaction) -> object:
        assert self.worker is not None and self.worker.parent is not None  # the block is in the middle of an input
        return self.worker.parent.switch((link, request))


class Resumable(Station):
    """A block that waits for responses in the middle of an input."""

    port: Port

    def release(self) -> None:
        """See `Station.release`: a greenlet that stands still, and all that it refers to, is never collected."""
        worker = self.port.worker
        if worker is not None and self.free != NEVER:
            worker.throw()
            self.port.worker = None

    def handle(self, link: Link, transaction: Transaction, now: int) -> None:
        """See `Station.handle`."""
        self._marks = [now]
        self._timer.enters(link, transaction)
        worker = self.port.worker
        if worker is None or worker.dead or worker.parent is not getcurrent():
            worker = self.port.worker = greenlet(self._work)
        self._go_on(worker.switch(link, transaction))

    def _work(self, link: Link, transaction: Transaction) -> None:
        """In the greenlet: input after input."""
        hub = getcurrent().parent
        assert hub is not None  # only the main one has none
        while True:
            take = self._models.get(link)
            link, transaction = hub.switch((self._take_of(link) if take is None else take)(transaction))

    def responded(self, response: Transaction, now: int) -> None:
        """The response that it waits for was accepted now."""
        self._marks.append(now)
        self._timer.responded(response)
        assert self.port.worker is not None  # it waits
        self._go_on(self.port.worker.switch(response))
        if self.free != NEVER:
            self.rest(now)

    def _go_on(self, result: list[Out] | Out) -> None:
        """The model asks something, or has done."""
        if isinstance(result, list):
            self._end(result)
            return
        link, request = result
        self.leave(self.block.drain())
        self._put(link, request, self._timer.asks(link, request))
