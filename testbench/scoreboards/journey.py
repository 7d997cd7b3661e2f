"""The journeys of interrupts: each is followed from its cause to its end; none may be lost, doubled or spurious.

Input: everything that monitors saw on any link, in the order of acceptance. Journeys are put together from the fields of these
transactions alone; no model takes part and no identifier travels over wires. Rules of order: a message that carries a cause
from one block to the next arrives in the order in which it was sent; an interrupt has at most one journey that is pending and
one that is active at a PE. A cause that meets its interrupt already pending joins that journey (merged). A journey may end early
where the architecture says so, and then says why.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pymodel.config import GicConfig
from pymodel.regs import GICR, ICC
from pymodel.transactions import (
    Activate,
    ClearAck,
    Deactivate,
    GenerateSgi,
    LineChange,
    Observed,
    RegWrite,
    Release,
    Set,
    SgiDeliver,
    SgiKind,
    SgiRequest,
    SysRead,
    SysReadData,
    SysWrite,
    Transaction,
)
from testbench.scoreboards.block import Mismatch, text

_SGI_REGISTERS = {ICC.by_name(f"ICC_{kind.name}_EL1").offset: kind for kind in SgiKind}
_IAR = {ICC.by_name(f"ICC_IAR{group}_EL1").offset for group in (0, 1)}
_IGROUPR0 = GICR.element("GICR_IGROUPR0").offset
_ISPENDR0 = GICR.element("GICR_ISPENDR0").offset
_ICPENDR0 = GICR.element("GICR_ICPENDR0").offset
_ICACTIVER0 = GICR.element("GICR_ICACTIVER0").offset
_SGIS = 16
#: Cycles that a Set can wait in the Redistributor's queue behind other messages before it is offered (8 messages of 4 beats).
_QUEUE_CYCLES = 32


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
    merged: int = 0

    def story(self) -> str:
        """The journey in words, one hop a line."""
        lines = [f"{self.path} journey of INTID {self.intid} to PE {self.pe}:"]
        lines += [f"  cycle {o.accept}: {o.link}: {text(o.transaction)}" for o in (self.cause, *self.hops)]
        return "\n".join(lines)


@dataclass(slots=True)
class _Cause:
    """A write of ICC_SGI*R_EL1 on its way to GICD."""

    kind: SgiKind
    source: int
    write: Observed
    hops: list[Observed] = field(default_factory=list)


class JourneyScoreboard:
    """Journeys of SGIs. `closed` counts completed ones by path, `lost` early ends by reason, `merged` causes that joined."""

    def __init__(self, config: GicConfig) -> None:
        pes = range(config.pes)
        self.closed: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self.merged: Counter[str] = Counter()
        self.mismatches: list[Mismatch] = []
        self.to_line: list[int] = []
        self.to_acknowledge: list[int] = []
        self.delivered: Counter[tuple[int, int]] = Counter()
        self._affinity = {affinity: pe for pe, affinity in enumerate(config.affinities)}
        self._pes = config.pes
        self._written: list[deque[_Cause]] = [deque() for _ in pes]
        self._sent: list[deque[_Cause]] = [deque() for _ in pes]
        self._transit: list[deque[Journey]] = [deque() for _ in pes]
        self._group = [0 for _ in pes]
        self._pending: dict[tuple[int, int], Journey] = {}
        self._active: dict[tuple[int, int], Journey] = {}
        #: interrupts that the CPU interface holds, or is getting
        self._at_gicc: set[tuple[int, int]] = set()
        #: interrupts that software cleared while the CPU interface may acknowledge them, and why
        self._withdrawn: dict[tuple[int, int], str] = {}
        #: journeys that were cleared last: (journey, cycle, reason)
        self._cleared_last: dict[tuple[int, int], tuple[Journey, int, str]] = {}
        self._held: list[int] = [-1 for _ in pes]
        self._reads: list[bool] = [False for _ in pes]
        self._handlers: dict[str, Callable[[int, Observed], None]] = {}
        for pe in pes:
            self._handlers |= {
                f"gicc{pe}.sys": self._sys,
                f"gicc{pe}.sys_rsp": self._sys_answer,
                f"gicc{pe}.irq": self._line,
                f"dist{pe}.up": self._dist_up,
                f"dist{pe}.down": self._dist_down,
                f"stream{pe}.up": self._stream_up,
                f"stream{pe}.down": self._stream_down,
                f"gicr{pe}.reg": self._register,
                f"gicc{pe}.reset": self._reset,
            }
        self._number = {link: int(link.split(".")[0].lstrip("abcdefghijklmnopqrstuvwxyz")) for link in self._handlers}

    def links(self) -> frozenset[str]:
        """The links that this scoreboard listens to."""
        return frozenset(self._handlers)

    def saw(self, observed: Observed) -> None:
        """A monitor saw a transaction on any link."""
        handler = self._handlers.get(observed.link)
        if handler is not None:
            handler(self._number[observed.link], observed)

    def open(self) -> list[Journey]:
        """Journeys that have not ended, oldest first."""
        under_way = [j for queue in self._transit for j in queue]
        return sorted([*under_way, *self._pending.values(), *self._active.values()], key=lambda j: j.cause.accept)

    def story(self, link: str, transaction: Transaction) -> str:
        """The journey of the interrupt that `transaction` on `link` is about, as far as it is open; "" if there is none."""
        digits = "".join(c for c in link.split(".")[0] if c.isdigit())
        intid = getattr(transaction, "intid", -1)
        key = (int(digits or -1), intid)
        journey = self._pending.get(key) or self._active.get(key)
        if journey is None and key[0] >= 0 and isinstance(transaction, LineChange | SysReadData):
            journey = self._pending.get((key[0], self._held[key[0]]))
        return "" if journey is None else journey.story()

    def finish(self, cycle: int) -> None:
        """The end: every journey must have ended."""
        for pe in range(self._pes):
            for cause in (*self._written[pe], *self._sent[pe]):
                self._fail(
                    "lost cause", f"gicc{pe}.sys", cycle, "an SgiRequest at GICD", f"{text(cause.write.transaction)} went nowhere"
                )
        for journey in self.open():
            self._fail("lost interrupt", journey.cause.link, cycle, "its end", f"still open\n{journey.story()}")

    # --- from the cause to the target's Redistributor -------------------------------------------------------------------

    def _sys(self, pe: int, o: Observed) -> None:
        t = o.transaction
        self._reads[pe] = isinstance(t, SysRead) and t.reg in _IAR
        if isinstance(t, SysWrite) and t.reg in _SGI_REGISTERS:
            self._written[pe].append(_Cause(_SGI_REGISTERS[t.reg], pe, o))

    def _dist_up(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not isinstance(t, SgiRequest):
            return
        if not self._sent[pe]:
            self._fail("spurious SGI", o.link, o.accept, "a GenerateSgi before", text(t))
            return
        cause = self._sent[pe].popleft()
        targets = self._targets(pe, t)
        if not targets:
            self.lost["no such PE"] += 1
        for target in targets:
            self._transit[target].append(Journey("sgi", t.intid, target, cause.write, [*cause.hops, o]))

    def _generated(self, pe: int, o: Observed) -> None:
        if not self._written[pe]:
            self._fail("spurious SGI", o.link, o.accept, "a write of ICC_SGI*R_EL1 before", text(o.transaction))
            return
        cause = self._written[pe].popleft()
        cause.hops.append(o)
        self._sent[pe].append(cause)

    def _targets(self, source: int, t: SgiRequest) -> list[int]:
        if t.irm:
            return [pe for pe in range(self._pes) if pe != source]
        found = (self._affinity.get(t.aff << 8 | t.rs << 4 | n) for n in range(16) if t.targets >> n & 1)
        return [pe for pe in found if pe is not None]

    def _dist_down(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not isinstance(t, SgiDeliver):
            return
        if not self._transit[pe] or self._transit[pe][0].intid != t.intid:
            waiting = [j.intid for j in self._transit[pe]]
            self._fail("spurious delivery", o.link, o.accept, f"SGIs {waiting} in this order", text(t))
            return
        journey = self._transit[pe].popleft()
        journey.hops.append(o)
        if t.kind != SgiKind.SGI1R and self._group[pe] >> t.intid & 1:
            self.lost["target holds it in Group 1"] += 1
            return
        self._becomes_pending(journey)

    def _becomes_pending(self, journey: Journey) -> None:
        key = (journey.pe, journey.intid)
        there = self._pending.get(key)
        if there is None:
            self._pending[key] = journey
        elif key in self._withdrawn:
            # Software cleared the old one, but the CPU interface may still acknowledge it: whichever it will be, one is left.
            self.lost[self._withdrawn.pop(key)] += 1
            self._pending[key] = journey
        else:
            there.merged += 1
            self.merged[journey.path] += 1

    # --- from the Redistributor to software -----------------------------------------------------------------------------

    def _stream_down(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not isinstance(t, Set) or t.intid >= _SGIS:
            return
        key = (pe, t.intid)
        self._held[pe] = t.intid
        self._at_gicc.add(key)
        if key not in self._pending:
            self._crossed(key, o)
        if key in self._pending:
            self._pending[key].hops.append(o)
        else:
            self._fail("spurious interrupt", o.link, o.accept, "a pending journey", text(t))

    def _crossed(self, key: tuple[int, int], o: Observed) -> None:
        """The Set was on its way when software cleared the interrupt: it may still be acknowledged."""
        last = self._cleared_last.pop(key, None)
        if last is not None and o.offer <= last[1] + _QUEUE_CYCLES:
            journey, _, reason = last
            self.lost[reason] -= 1
            self._pending[key] = journey
            self._withdrawn[key] = reason

    def _line(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if isinstance(t, LineChange) and t.level:
            journey = self._pending.get((pe, self._held[pe]))
            if journey is not None:
                journey.hops.append(o)
                if journey.asserted < 0:
                    journey.asserted = o.accept
                    self.to_line.append(o.accept - journey.cause.accept)

    def _sys_answer(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not self._reads[pe] or not isinstance(t, SysReadData):
            return
        self._reads[pe] = False
        if t.value >= _SGIS:
            return
        journey = self._pending.get((pe, t.value))
        if journey is None or journey.acknowledged >= 0:
            self._fail("spurious acknowledge", o.link, o.accept, "a pending journey", text(t))
            return
        journey.hops.append(o)
        journey.acknowledged = o.accept
        self.to_acknowledge.append(o.accept - journey.cause.accept)
        self.delivered[pe, t.value] += 1

    def _stream_up(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if isinstance(t, GenerateSgi):
            self._generated(pe, o)
        elif isinstance(t, Activate):
            self._activated(pe, t.intid, o)
        elif isinstance(t, Deactivate):
            journey = self._active.pop((pe, t.intid), None)
            if journey is not None:
                journey.hops.append(o)
                self.closed[journey.path] += 1
        elif isinstance(t, ClearAck | Release):
            key = (pe, t.intid)
            self._at_gicc.discard(key)
            if key in self._withdrawn:
                self.lost[self._withdrawn.pop(key)] += 1
                self._pending.pop(key, None)

    def _activated(self, pe: int, intid: int, o: Observed) -> None:
        key = (pe, intid)
        journey = self._pending.pop(key, None)
        self._withdrawn.pop(key, None)
        self._at_gicc.discard(key)
        if intid >= _SGIS:
            return
        if journey is None:
            self._fail("spurious activation", o.link, o.accept, "a pending journey", text(o.transaction))
            return
        if key in self._active:
            self._fail("doubled interrupt", o.link, o.accept, "not active", f"active already\n{self._active[key].story()}")
        journey.hops.append(o)
        self._active[key] = journey

    # --- registers and resets that end journeys -------------------------------------------------------------------------

    def _register(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not isinstance(t, RegWrite):
            return
        sgis = t.value & ((1 << _SGIS) - 1)
        if t.offset == _IGROUPR0:
            self._group[pe] = t.value
        elif t.offset == _ISPENDR0:
            for intid in range(_SGIS):
                if sgis >> intid & 1:
                    self._becomes_pending(Journey("sgi", intid, pe, o))
        elif t.offset == _ICPENDR0:
            for intid in range(_SGIS):
                if sgis >> intid & 1:
                    self._cleared((pe, intid), o.accept, "cleared by GICR_ICPENDR0")
        elif t.offset == _ICACTIVER0:
            for intid in range(_SGIS):
                if sgis >> intid & 1 and self._active.pop((pe, intid), None) is not None:
                    self.lost["deactivated by GICR_ICACTIVER0"] += 1

    def _cleared(self, key: tuple[int, int], cycle: int, reason: str) -> None:
        """Software made it not pending; if the CPU interface holds it, that one may be faster."""
        journey = self._pending.get(key)
        if journey is None:
            return
        if key in self._at_gicc:
            self._withdrawn[key] = reason
        else:
            del self._pending[key]
            self.lost[reason] += 1
            self._cleared_last[key] = (journey, cycle, reason)

    def _reset(self, pe: int, o: Observed) -> None:
        """The PE was reset: what it wrote and GICD has not seen is gone; what only it knows as acknowledged comes again."""
        self.lost["its PE was reset"] += len(self._written[pe])
        self._written[pe].clear()
        self._at_gicc = {key for key in self._at_gicc if key[0] != pe}
        for key in [key for key in self._withdrawn if key[0] == pe]:
            self.lost[self._withdrawn.pop(key)] += 1
            self._pending.pop(key, None)
        for journey in self._pending.values():
            if journey.pe == pe:
                journey.acknowledged = -1

    def _fail(self, check: str, link: str, cycle: int, expected: str, observed: str) -> None:
        self.mismatches.append(
            Mismatch(check, link, cycle, expected, observed, "every interrupt is delivered once (IHI 0069 4.1, 12.1)")
        )


def summary(values: list[int]) -> dict[str, Any]:
    """{"min", "median", "max"} of cycle counts; empty where there are none."""
    if not values:
        return {}
    ordered = sorted(values)
    return {"min": ordered[0], "median": ordered[len(ordered) // 2], "max": ordered[-1]}
