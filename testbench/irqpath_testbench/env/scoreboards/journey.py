"""The journeys of interrupts: each is followed from its cause to its end; none may be lost, doubled or spurious.

Input: everything that monitors saw on any link, in the order of acceptance. Journeys are put together from the fields of these
transactions alone; no model takes part and no identifier travels over wires. Rules of order: a message that carries a cause
from one block to the next arrives in the order in which it was sent; an interrupt has at most one journey that is pending and
one that is active at a PE. A cause that meets its interrupt already pending joins that journey (merged). A journey may end early
where the architecture says so, and then says why. What begins journeys, and what ends them early, is told by `sgi_causes.py`,
`wired_causes.py` and `lpi_causes.py` (all together: `journeys.py`); here is what they have in common, from the Redistributor to
the end of interrupt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeAlias

from irqpath.config.sizes import FIRST_LPI, FIRST_SPECIAL, GicConfig
from irqpath.core.link import Link
from irqpath.core.transactions import (
    Activate,
    ClearAck,
    Deactivate,
    LineChange,
    Observed,
    Release,
    Set,
    SpiActivate,
    SpiDeactivate,
    SpiOffer,
    SpiRecallAck,
    SpiRelease,
    SysRead,
    SysReadData,
    SysWrite,
    Transaction,
)
from irqpath.regs import ICC
from irqpath_testbench.dut.description import USUAL, Bounds
from irqpath_testbench.env.scoreboards.block import Mismatch, text

_IAR = {ICC.by_name(f"ICC_IAR{group}_EL1").offset for group in (0, 1)}
_EOIR = {ICC.by_name(f"ICC_EOIR{group}_EL1").offset for group in (0, 1)}
#: The PE in the key of an SPI: its state lies in GICD.
ANYWHERE = -1
#: Paths of journeys of virtual interrupts: those of which nothing physical is known, and those with HW = 1.
VIRTUAL = ("virq", "virq-hw")
#: What a journey belongs to: (PE, INTID); SPIs have `ANYWHERE`.
Key: TypeAlias = tuple[int, int]

Handler: TypeAlias = Callable[[int, Observed], None]


def key_of(pe: int, intid: int) -> Key:
    """Whose state an interrupt seen at `pe` is."""
    return (ANYWHERE if is_spi(intid) else pe, intid)


def is_spi(intid: int) -> bool:
    """Whether it is an SPI."""
    return 32 <= intid < FIRST_SPECIAL


def interrupt_kind(intid: int) -> str:
    """The kind of an interrupt."""
    return "SGI" if intid < 16 else "PPI" if intid < 32 else "SPI" if intid < FIRST_SPECIAL else "LPI"


@dataclass(slots=True)
class Journey:
    """One interrupt on its way. `hops`: what was seen of it; `acknowledged`, `asserted`: cycles, -1 before."""

    path: str
    intid: int
    pe: int
    cause: Observed
    hops: list[Observed] = field(default_factory=list)
    asserted: int = -1
    acknowledged: int = -1
    ended: Observed | None = None
    merged: int = 0

    def story(self) -> str:
        """The journey as text, one hop a line."""
        lines = [f"{self.path} journey of INTID {self.intid} to PE {self.pe}:"]
        lines += [f"  cycle {o.accept}: {o.link}: {text(o.transaction)}" for o in (self.cause, *self.hops)]
        return "\n".join(lines)


class Latency(NamedTuple):
    """A journey that was acknowledged at PE `pe`. `cause`: cycle of the cause's offer; `line`, `acknowledge`: cycles from there
    to the rise of the PE's line (-1: it was high for another), and to the response that told software the INTID."""

    path: str
    pe: int
    intid: int
    cause: int
    line: int
    acknowledge: int

    @property
    def virtual(self) -> bool:
        """Whether it is a guest's: then PE and INTID are those of the List register, and the line is nVIRQ or nVFIQ."""
        return self.path in VIRTUAL


class Causes(Protocol):
    """What begins journeys of one kind."""

    def needs(self) -> dict[str, frozenset[Link]]:
        """The links without which journeys can't be followed from their beginning, by kind of interrupt ("SGI")."""

    def handlers(self) -> dict[str, Handler]:
        """What it listens to: function of (number in the link's name, transaction), by link."""

    def activated(self, key: Key) -> None:
        """The interrupt became active."""

    def deactivated(self, key: Key, o: Observed) -> None:
        """The interrupt is not active any more."""

    def reset(self, pe: int) -> None:
        """The PE was reset."""

    def under_way(self) -> list[Journey]:
        """Journeys that have not reached their interrupt's state yet."""

    def finish(self, cycle: int) -> None:
        """The end: complain about causes that went nowhere."""


class JourneyBoard:
    """Journeys of interrupts. `closed` counts completed ones by path, `lost` early ends by reason, `merged` causes that joined.
    What begins them is added by `listen`. `unfollowed`: the links that a device lacks, by the kind of interrupt whose journeys
    can't be followed without them; these are left alone."""

    def __init__(self, config: GicConfig, bounds: Bounds = USUAL, there: Collection[str] | None = None) -> None:
        """`there`: the links that the device has; None: all."""
        pes = range(config.pes)
        self._bounds = bounds
        self._there = there
        self.unfollowed: dict[str, tuple[Link, ...]] = {}
        self.closed: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.merged: Counter[str] = Counter()
        self.mismatches: list[Mismatch] = []
        self.to_line: list[int] = []
        self.acknowledged: list[Latency] = []
        #: what is told each journey when it is acknowledged
        self.told: Callable[[Journey, Latency], None] | None = None
        self.delivered: Counter[Key] = Counter()
        self.pending: dict[Key, Journey] = {}
        self.active: dict[Key, Journey] = {}
        self._interrupted: dict[Key, list[Journey]] = {}
        #: interrupts that the CPU interface (of SPIs: some Redistributor) holds, or is getting
        self._held_below: set[Key] = set()
        #: of SPIs: the PE whose Redistributor was offered it last
        self._offered_to: dict[int, int] = {}
        #: interrupts that software cleared while the CPU interface may acknowledge them, and why
        self._withdrawn: dict[Key, str] = {}
        #: journeys that were cleared last: (journey, cycle, reason)
        self._cleared_last: dict[Key, tuple[Journey, int, str]] = {}
        self._held: list[int] = [-1 for _ in pes]
        self._reads: list[bool] = [False for _ in pes]
        self.causes: list[Causes] = []
        self._handlers: dict[str, list[Handler]] = {}
        for pe in pes:
            own: tuple[tuple[str, Handler], ...] = (
                (Link.gicc(pe, "sys"), self._sys),
                (Link.gicc(pe, "sys_rsp"), self._sys_response),
                (Link.gicc(pe, "irq"), self._line),
                (Link.gicc(pe, "reset"), self._reset),
                (Link.stream(pe, "down"), self._stream_down),
                (Link.stream(pe, "up"), self._stream_up),
                (Link.dist(pe, "down"), self._dist_down),
                (Link.dist(pe, "up"), self._dist_up),
            )
            for link, handler in own:
                self._handlers.setdefault(link, []).append(handler)

    def listen(self, causes: Causes) -> None:
        """`causes` begins journeys here from now on, unless links are missing that all of them need; its handlers are called
        after those of what came before."""
        needs = causes.needs()
        for kind, links in needs.items():
            if self._there is not None and (missing := (self._to_the_end() | links).difference(self._there)):
                self.unfollowed[kind] = tuple(sorted(missing))
        if self.unfollowed.keys() >= needs.keys():
            return
        self.causes.append(causes)
        for link, handler in causes.handlers().items():
            self._handlers.setdefault(link, []).append(handler)

    def links(self) -> frozenset[str]:
        """The links that this scoreboard listens to; none where it follows nothing."""
        return frozenset(self._handlers) if self.causes else frozenset()

    def _to_the_end(self) -> frozenset[Link]:
        """The links without which nothing can be followed from the Redistributor to its end."""
        ends = [Link.gicc(pe, end) for pe in range(len(self._held)) for end in ("sys", "sys_rsp")]
        return frozenset([*ends, *(Link.stream(pe, way) for pe in range(len(self._held)) for way in ("down", "up"))])

    def _left_alone(self, key: Key) -> bool:
        """Whether journeys of `key` can't be followed."""
        return interrupt_kind(key[1]) in self.unfollowed

    def saw(self, observed: Observed) -> None:
        """A monitor saw a transaction on any link."""
        for handler in self.on(observed.link):
            handler(observed)

    def on(self, link: str) -> list[Callable[[Observed], None]]:
        """What is to be done with each transaction on `link`, in this order."""
        number = Link(link).number
        return [partial(handler, number) for handler in self._handlers.get(link, ())]

    def latencies(self) -> list[Latency]:
        """Of all journeys that were acknowledged."""
        return self.acknowledged

    def open(self) -> list[Journey]:
        """Journeys that have not ended, oldest first."""
        under_way = [journey for causes in self.causes for journey in causes.under_way()]
        return sorted([*under_way, *self.pending.values(), *self.active.values()], key=lambda j: j.cause.accept)

    def story(self, link: str, transaction: Transaction) -> str:
        """The journey of the interrupt that `transaction` on `link` is about, as far as it is open; "" if there is none."""
        pe = Link(link).number
        key = key_of(pe, getattr(transaction, "intid", -1))
        journey = self.pending.get(key) or self.active.get(key)
        if journey is None and 0 <= pe < len(self._held) and isinstance(transaction, LineChange | SysReadData):
            journey = self.pending.get(key_of(pe, self._held[pe]))
        return "" if journey is None else journey.story()

    def finish(self, cycle: int) -> None:
        """The end: every journey must have ended."""
        for causes in self.causes:
            causes.finish(cycle)
        for journey in self.open():
            self.fail("lost interrupt", journey.cause.link, cycle, "its end", f"still open\n{journey.story()}")

    # --- for what begins and ends journeys --------------------------------------------------------------------------------

    def begins(self, journey: Journey, key: Key) -> None:
        """A cause makes the interrupt `key` pending; it joins the journey of one that is."""
        if self._left_alone(key):
            return
        there = self.pending.get(key)
        if there is None:
            self.pending[key] = journey
        elif key in self._withdrawn:
            # Software cleared the old one, but the CPU interface may still acknowledge it: whichever it will be, one is left.
            self.lost[self._withdrawn.pop(key)] += 1
            self.pending[key] = journey
        else:
            there.merged += 1
            self.merged[journey.path] += 1

    def cleared(self, key: Key, cycle: int, reason: str) -> None:
        """The interrupt is not pending any more; if the CPU interface holds it, that one may be faster."""
        journey = self.pending.get(key)
        if journey is None:
            return
        if key in self._held_below:
            self._withdrawn[key] = reason
        else:
            del self.pending[key]
            self.lost[reason] += 1
            self._cleared_last[key] = (journey, cycle, reason)

    def is_pending(self, key: Key) -> bool:
        """Whether a journey of `key` is pending that was not cleared."""
        return key in self.pending and key not in self._withdrawn

    def ended_by_software(self, key: Key, reason: str, o: Observed) -> None:
        """Software made it not active without an end of interrupt."""
        if self.active.pop(key, None) is not None:
            self.lost[reason] += 1
        for causes in self.causes:
            causes.deactivated(key, o)

    def fail(self, check: str, link: str, cycle: int, expected: str, observed: str) -> None:
        """A check of journeys failed."""
        rule = "every interrupt is delivered once (IHI 0069 4.1, 5.1, 12.1)"
        self.mismatches.append(Mismatch(check, link, cycle, expected, observed, rule))

    # --- from the Redistributor to software -------------------------------------------------------------------------------

    def _dist_down(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not isinstance(t, SpiOffer):
            return
        key = (ANYWHERE, t.intid)
        self._held_below.add(key)
        self._offered_to[t.intid] = pe
        self._offered(key, o, self._bounds.offer)

    def _stream_down(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not isinstance(t, Set):
            return
        key = key_of(pe, t.intid)
        self._held[pe] = t.intid
        self._held_below.add(key)
        self._offered(key, o, self._bounds.offer if is_spi(t.intid) else self._bounds.queue)
        if key in self.pending:
            self.pending[key].pe = pe

    def _offered(self, key: Key, o: Observed, patience: int) -> None:
        """An interrupt goes down: it must be pending, or have been cleared so late that this was on its way already."""
        if key not in self.pending:
            last = self._cleared_last.pop(key, None)
            if last is not None and o.offer <= last[1] + patience:
                journey, _, reason = last
                self.lost[reason] -= 1
                self.pending[key] = journey
                self._withdrawn[key] = reason
        if key in self.pending:
            self.pending[key].hops.append(o)
        elif not self._left_alone(key):
            self.fail("spurious interrupt", o.link, o.accept, "a pending journey", text(o.transaction))

    def _line(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if isinstance(t, LineChange) and t.level:
            journey = self.pending.get(key_of(pe, self._held[pe]))
            if journey is not None:
                journey.hops.append(o)
                if journey.asserted < 0:
                    journey.asserted = o.accept
                    self.to_line.append(o.accept - journey.cause.offer)

    def _sys(self, pe: int, o: Observed) -> None:
        t = o.transaction
        self._reads[pe] = isinstance(t, SysRead) and t.reg in _IAR
        if isinstance(t, SysWrite) and t.reg in _EOIR and t.value >= FIRST_LPI:
            # LPIs have no active state: the priority drop is the end, though the Activate may still be under way
            journey = self.pending.get((pe, t.value))
            if journey is not None and journey.acknowledged >= 0:
                journey.ended = o
            else:
                self._close((pe, t.value), o)

    def _sys_response(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not self._reads[pe] or not isinstance(t, SysReadData):
            return
        self._reads[pe] = False
        if FIRST_SPECIAL <= t.value < FIRST_LPI:
            return
        key = key_of(pe, t.value)
        journey = self.active.get(key)
        if journey is None or journey.acknowledged >= 0:  # else the response waited, and the Activate was faster
            journey = self.pending.get(key)
        if journey is None or journey.acknowledged >= 0:
            if self._left_alone(key):
                return
            self.fail("spurious acknowledgement", o.link, o.accept, "a pending journey", text(t))
            return
        journey.hops.append(o)
        journey.acknowledged = o.accept
        cause = journey.cause.offer
        line = journey.asserted - cause if journey.asserted >= 0 else -1
        self.acknowledged.append(Latency(journey.path, pe, t.value, cause, line, o.accept - cause))
        if self.told is not None:
            self.told(journey, self.acknowledged[-1])
        self.delivered[pe, t.value] += 1

    def _stream_up(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if isinstance(t, Activate):
            self._activated(key_of(pe, t.intid), o, final=not is_spi(t.intid))
        elif isinstance(t, Deactivate) and not is_spi(t.intid):
            self._deactivated((pe, t.intid), o)
        elif isinstance(t, ClearAck | Release) and not is_spi(t.intid):
            self._returned((pe, t.intid))

    def _dist_up(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if isinstance(t, SpiActivate):
            self._activated((ANYWHERE, t.intid), o, final=True)
        elif isinstance(t, SpiDeactivate):
            self._deactivated((ANYWHERE, t.intid), o)
        elif isinstance(t, SpiRelease | SpiRecallAck) and self._offered_to.get(t.intid) == pe:
            # (else it was activated there, and has been offered to another PE before the answer to the recall was taken)
            self._returned((ANYWHERE, t.intid))

    def _activated(self, key: Key, o: Observed, *, final: bool) -> None:
        """An Activate. `final`: it has arrived where the interrupt's state is."""
        journey = self.pending.get(key)
        if journey is None:
            if not self._left_alone(key):
                self.fail("spurious activation", o.link, o.accept, "a pending journey", text(o.transaction))
            return
        journey.hops.append(o)
        if not final:
            return
        del self.pending[key]
        self._withdrawn.pop(key, None)
        self._held_below.discard(key)
        if key in self.active and key[1] >= FIRST_LPI:
            # an LPI has no active state: it may come again in its handler
            self._interrupted.setdefault(key, []).append(self.active[key])
        elif key in self.active:
            self.fail("doubled interrupt", o.link, o.accept, "not active", f"active already\n{self.active[key].story()}")
        self.active[key] = journey
        for causes in self.causes:
            causes.activated(key)
        if journey.ended is not None:
            self._close(key, journey.ended)

    def _deactivated(self, key: Key, o: Observed) -> None:
        self._close(key, o)
        for causes in self.causes:
            causes.deactivated(key, o)

    def _close(self, key: Key, o: Observed) -> None:
        journey = self.active.pop(key, None)
        if journey is not None:
            journey.hops.append(o)
            self.closed[journey.path] += 1
            if outer := self._interrupted.get(key):
                self.active[key] = outer.pop()

    def _returned(self, key: Key) -> None:
        """The CPU interface gave it back."""
        self._held_below.discard(key)
        if key in self._withdrawn:
            self.lost[self._withdrawn.pop(key)] += 1
            self.pending.pop(key, None)

    def _reset(self, pe: int, o: Observed) -> None:
        """The PE was reset: what only it knows as acknowledged comes again. SPIs return to GICD by messages of their own."""
        for causes in self.causes:
            causes.reset(pe)
        self._held_below = {key for key in self._held_below if key[0] != pe}
        for key in [key for key in self._withdrawn if key[0] == pe]:
            self.lost[self._withdrawn.pop(key)] += 1
            self.pending.pop(key, None)
        for journey in self.pending.values():
            if journey.pe == pe:
                journey.acknowledged = -1


def summary(values: list[int]) -> dict[str, Any]:
    """{"min", "median", "max"} of cycle counts; empty where there are none."""
    if not values:
        return {}
    ordered = sorted(values)
    return {"min": ordered[0], "median": ordered[len(ordered) // 2], "max": ordered[-1]}
