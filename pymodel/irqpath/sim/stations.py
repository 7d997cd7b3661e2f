"""The blocks of a GIC in time, each with the order in which it takes what waits: what the head of its Verilog file states, and
what a link must have room for before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from irqpath.core.link import Link
from irqpath.core.memory import PAGE_BITS, Memory
from irqpath.core.transactions import (
    Activate,
    CommandStep,
    Deactivate,
    DeactivateNs,
    GenerateSgi,
    MemRead,
    MemReadData,
    MemWrite,
    MemWriteAck,
    PeReset,
    PeState,
    Reset,
    SgiRequest,
    Transaction,
)
from irqpath.gic.common.memory_block import MemBlock
from irqpath.gic.gicc.cpu_interface import CpuInterface
from irqpath.gic.gicd.distributor import Distributor
from irqpath.gic.gicr.redistributor import Redistributor
from irqpath.gic.its.its import Its
from irqpath.sim.channel import NEVER, Channel
from irqpath.sim.station import BETWEEN_BLOCKS, Port, Resumable, Station, Surroundings
from irqpath.sim.throttle import Throttle
from irqpath.sim.timing.mem import MemTimer
from irqpath.sim.timing.rooms import CREDITS, REQUESTS, SGI_ROOM
from irqpath.sim.timing.term import Term, Timer
from irqpath.sim.wires import Wires

_REQUESTS: Final = frozenset((Activate, Deactivate, DeactivateNs, GenerateSgi))


class GiccStation(Station):
    """GICC: the stream before system registers; one response at a time, and only so many acknowledgements outstanding."""

    block: CpuInterface

    def __init__(self, around: Surroundings, block: CpuInterface, timer: Timer, cycles: Callable[[Term], int]) -> None:
        super().__init__(around, block, timer, cycles)
        self.down = self.enters(Link.stream(block.pe, "down"))
        self._sys = self.enters(Link.gicc(block.pe, "sys"))

    def choose(self, now: int) -> bool:
        """See `Station.choose`."""
        if self.down.ready <= now:
            self.accept(self.down, now)
        elif self._sys.ready <= now and self._open():
            self.accept(self._sys, now)
        else:
            return False
        return True

    def next(self, now: int) -> int:
        """See `Station.next`."""
        down = self.down.ready
        return min(down, self._sys.ready) if self._open() else down

    def handle(self, link: Link, transaction: Transaction, now: int) -> None:
        """See `Station.handle`."""
        if type(transaction) is PeState:
            self._around.told(link, transaction)
        super().handle(link, transaction, now)

    def reset(self, now: int, end: int) -> None:
        """The PE is in reset until before `end`: whatever it works at, it works no more."""
        link, reset = Link.gicc(self.block.pe, "reset"), Reset()
        self._around.observe(link, now, reset)
        self._timer.enters(link, reset)
        self._later = []
        for out_link, out in self.block.predict(link, reset):
            if out_link.end == "probe":
                self._around.found(out_link, out)
        self._timer.predicted()
        self.free = end
        self._at = NEVER
        self.rest(now)

    def _open(self) -> bool:
        """Whether a system register can be accessed now; what changes it comes by the stream."""
        requests = self.block.requests
        return requests.outstanding < CREDITS and not requests.barrier


class Sampling(Station):
    """A block with wires: when nothing goes before, the lowest wire that changed and registers, in turn."""

    def __init__(
        self, around: Surroundings, block: Distributor | Redistributor, timer: Timer, cycles: Callable[[Term], int], wires: Link
    ) -> None:
        super().__init__(around, block, timer, cycles)
        self.wires = Wires(wires, self)
        self._wire_last = False

    def wire_or_register(self, register: Channel, now: int) -> bool:
        """Take the one whose turn it is; whether there was any."""
        changed, asked = self.wires.next(now) <= now, register.ready <= now
        if changed and not (asked and self._wire_last):
            self._wire_last = True
            self.free = NEVER
            change = self.wires.take()
            self._around.observe(self.wires.link, self.wires.offer, change)
            self.handle(self.wires.link, change, now)
        elif asked:
            self._wire_last = False
            self.accept(register, now)
        else:
            return False
        return True

    def next(self, now: int) -> int:
        """See `Station.next`."""
        return min([self.wires.next(now), *[channel.ready for channel in self.channels]])


class GicdStation(Sampling):
    """GICD: messages of the Redistributors, in turn, and an SGI only while every queue to them has room; in turn with wires and
    registers."""

    block: Distributor

    def __init__(
        self, around: Surroundings, block: Distributor, timer: Timer, cycles: Callable[[Term], int], downs: list[Channel]
    ) -> None:
        super().__init__(around, block, timer, cycles, Link("gicd.spi"))
        self._reg = self.enters(Link("gicd.reg"))
        self._downs = downs
        self._ups = [self.enters(Link.dist(pe, "up")) for pe in range(len(downs))]
        self._turn = 0
        self._message_last = False

    def choose(self, now: int) -> bool:
        """See `Station.choose`."""
        if self._message_last and self.wire_or_register(self._reg, now):
            self._message_last = False
            return True
        ups, count = self._ups, len(self._ups)
        room = None
        for pe in range(self._turn, self._turn + count):
            up = ups[pe % count]
            if up.ready <= now:
                if type(up.queue[0][1]) is SgiRequest:
                    if room is None:
                        room = self._has_room(now)
                    if not room:
                        continue
                self._turn = (pe + 1) % count
                self._message_last = True
                self.accept(up, now)
                return True
        return not self._message_last and self.wire_or_register(self._reg, now)

    def _has_room(self, now: int) -> bool:
        return all(down.waiting(now) < SGI_ROOM for down in self._downs)


class GicrStation(Sampling, Resumable):
    """GICR: the reset of the PE, messages of GICD, of GICC, commands of the ITSs; then wires of PPIs and registers, in turn."""

    block: Redistributor

    def __init__(
        self,
        around: Surroundings,
        block: Redistributor,
        timer: Timer,
        cycles: Callable[[Term], int],
        port: Port,
        its: int,
    ) -> None:
        super().__init__(around, block, timer, cycles, Link.gicr(block.pe, "ppi"))
        pe = block.pe
        self.port = port
        self.dist = self.enters(Link.dist(pe, "down"))
        self.up = self.enters(Link.stream(pe, "up"))
        self._commands = [self.enters(Link.its_gicr(number, pe, "cmd")) for number in range(its)]
        self._reg = self.enters(Link.gicr(pe, "reg"))
        #: the reset of the PE, once it is over; then `ended` is called
        self._reset_at = NEVER
        self._reset_over: Callable[[], None] | None = None

    def pe_reset(self, cycle: int, over: Callable[[], None]) -> None:
        """The reset of the PE can be taken from `cycle` on; `over` is called when it is, before the model is asked."""
        self._reset_at, self._reset_over = cycle, over
        self.wake(cycle)

    def choose(self, now: int) -> bool:
        """See `Station.choose`."""
        if self._reset_at <= now:
            self._take_reset(now)
        elif self.dist.ready <= now:
            self.accept(self.dist, now)
        elif self.up.ready <= now and self._passes():
            self.accept(self.up, now)
        else:
            for command in self._commands:
                if command.ready <= now and self._obeys():
                    self.accept(command, now)
                    return True
            return self.wire_or_register(self._reg, now)
        return True

    def next(self, now: int) -> int:
        """See `Station.next`."""
        return min([self._reset_at, self.wires.next(now), *[channel.ready for channel in self.channels]])

    def handle(self, link: Link, transaction: Transaction, now: int) -> None:
        """See `Station.handle`: without LPIs nothing that a block says makes it reach memory, so that it need not stand still."""
        lpi = self.block.lpi
        if lpi.enabled or lpi.flushing or link.unit not in BETWEEN_BLOCKS:
            Resumable.handle(self, link, transaction, now)
        else:
            Station.handle(self, link, transaction, now)

    def _take_reset(self, now: int) -> None:
        over, self._reset_at = self._reset_over, NEVER
        assert over is not None  # it comes with the cycle
        over()
        self.free = NEVER
        link, reset = Link.gicr(self.block.pe, "reset"), PeReset()
        self._around.observe(link, now, reset)
        self.handle(link, reset, now)

    def _passes(self) -> bool:
        """Whether the message of GICC can be taken: GICD has no more requests outstanding than there is room for."""
        if type(self.up.queue[0][1]) not in _REQUESTS:
            return True
        return sum(self.block.dist.outstanding.values()) < REQUESTS

    def _obeys(self) -> bool:
        """Whether the last command was answered."""
        commands = self.block.commands
        return commands.moving is None and not commands.syncing


class ItsStation(Resumable):
    """ITS: registers, messages and the next command of its queue, in turn."""

    block: Its

    def __init__(self, around: Surroundings, block: Its, timer: Timer, cycles: Callable[[Term], int], port: Port) -> None:
        super().__init__(around, block, timer, cycles)
        self.port = port
        self._inputs = [self.enters(Link.its(block.number, "reg")), self.enters(Link.its(block.number, "msi"))]
        self._step = Link.its(block.number, "step")
        self._turn = 0

    def choose(self, now: int) -> bool:
        """See `Station.choose`."""
        for turn in range(self._turn, self._turn + 3):
            which = turn % 3
            if which == 2:
                if self.block.has_command():
                    self._turn = 0
                    self.free = NEVER
                    self._around.observe(self._step, now, CommandStep())
                    self.handle(self._step, CommandStep(), now)
                    return True
            elif self._inputs[which].ready <= now:
                self._turn = which + 1
                self.accept(self._inputs[which], now)
                return True
        return False

    def next(self, now: int) -> int:
        """See `Station.next`."""
        return now if self.block.has_command() else super().next(now)


class MemStation(Station):
    """The memory: one access at a time, its masters in turn, in a cycle in which it is not held back."""

    def __init__(
        self,
        around: Surroundings,
        memory: Memory,
        masters: list[str],
        cycles: Callable[[Term], int],
        goes: Callable[[Throttle, int], int],
        pages: int | None,
    ) -> None:
        """`goes(throttle, cycle)`: the first cycle, `cycle` or later, in which an access may be taken. `pages`: of 4096 bytes,
        that may be written; a write to one more is answered with an error. None: any number."""
        block = MemBlock(masters)
        super().__init__(around, block, MemTimer(block), cycles)
        self._memory = memory
        self._pages = pages
        self._written: set[int] = set()
        self._masters = [self.enters(Link.of(master, "mem")) for master in masters]
        self._turn = 0
        self._throttle = Throttle(1)
        self._goes = goes

    def choose(self, now: int) -> bool:
        """See `Station.choose`."""
        if self._goes(self._throttle, now) != now:
            return False
        masters, count = self._masters, len(self._masters)
        for n in range(self._turn, self._turn + count):
            master = masters[n % count]
            if master.ready <= now:
                self._turn = (n + 1) % count
                self.accept(master, now)
                return True
        return False

    def wake(self, cycle: int) -> None:
        """See `Receiver`."""
        super().wake(self._goes(self._throttle, max(cycle, self.free)))

    def handle(self, link: Link, transaction: Transaction, now: int) -> None:
        """See `Station.handle`."""
        self._marks = [now]
        timer = self._timer
        timer.enters(link, transaction)
        response: Transaction
        if isinstance(transaction, MemRead):
            response = MemReadData(self._memory.read(transaction.address, transaction.size))
        else:
            assert isinstance(transaction, MemWrite)  # there is nothing else
            there = self._has_page(transaction.address >> PAGE_BITS)
            if there:
                self._memory.write(transaction.address, transaction.size, transaction.value)
            response = MemWriteAck(there)
        back = link.response
        assert back is not None  # of memory accesses
        self._end([(back, response)])

    def _has_page(self, page: int) -> bool:
        """Whether there is room for what is written to a page."""
        if self._pages is None or page in self._written:
            return True
        if len(self._written) == self._pages:
            return False
        self._written.add(page)
        return True
