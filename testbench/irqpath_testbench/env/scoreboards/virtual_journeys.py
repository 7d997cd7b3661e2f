"""Journeys of virtual interrupts: from the write of a List register to the guest's acknowledgement and its end; with HW = 1 they
are the middle of a physical interrupt's journey, from its acknowledgement to its deactivation.

A List register that the hypervisor takes back, and writes again here or at another PE, goes on with the same journey.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from irqpath.config.sizes import FIRST_LPI, FIRST_SPECIAL, GicConfig
from irqpath.core.link import Link
from irqpath.core.transactions import Deactivate, LineChange, Observed, OutLine, Reset, SysRead, SysReadData, SysWrite
from irqpath.regs import ICC, ICH
from irqpath_testbench.env.scoreboards.block import text
from irqpath_testbench.env.scoreboards.journey import Journey, JourneyBoard, Latency, key_of

_LRS: Final = {ICH.by_name(f"ICH_LR{n}_EL2").offset: n for n in range(16)}
_IAR: Final = {ICC.by_name(f"ICC_IAR{group}_EL1").offset: group for group in (0, 1)}
_EOIR: Final = {ICC.by_name(f"ICC_EOIR{group}_EL1").offset for group in (0, 1)}
_DIR, _CTLR = ICC.by_name("ICC_DIR_EL1").offset, ICC.by_name("ICC_CTLR_EL1").offset
_VMCR: Final = ICH.by_name("ICH_VMCR_EL2").offset
_PENDING, _ACTIVE = 1, 2


@dataclass(slots=True)
class _Listed:
    """What a List register holds. `value`: as written, without State."""

    journey: Journey
    value: int
    state: int

    @property
    def vintid(self) -> int:
        return self.value & 0xFFFF_FFFF

    @property
    def group(self) -> int:
        return self.value >> 60 & 1

    @property
    def physical(self) -> int:
        """pINTID, -1 where HW is 0."""
        return self.value >> 32 & 0x1FFF if self.value >> 61 & 1 else -1


class VirtualJourneys:
    """Of all PEs. `closed` and `lost` are counted on the board, with paths "virq" and "virq-hw"; `ended`: those that a guest
    acknowledged and ended, of which the board's `told` is told, too."""

    def __init__(self, board: JourneyBoard, config: GicConfig) -> None:
        assert config.virtual is not None  # or there are none
        self.ended: list[Latency] = []
        self._board = board
        self._registers = config.virtual.list_registers
        self._priority_mask = 0xFF & 0xFF << 8 - config.virtual.priority_bits
        pes = range(config.pes)
        self._lists: list[dict[int, _Listed]] = [{} for _ in pes]
        self._parked: dict[int, list[_Listed]] = {}  # taken back, by value
        self._eoimode = [0 for _ in pes]
        self._asked: list[Observed | None] = [None for _ in pes]
        #: the maintenance interrupt's wire and what the Redistributor has sampled of it; whether it rose since
        self._maintenance_ppi = config.virtual.maintenance_ppi
        self._wire, self._sampled, self._rose = [0 for _ in pes], [0 for _ in pes], [False for _ in pes]

    def open(self) -> Iterator[Journey]:
        """What is listed and has not ended."""
        return (listed.journey for lists in self._lists for listed in lists.values())

    def finish(self, cycle: int) -> None:
        """What was taken back and never came again; the maintenance interrupts are where their wires are."""
        for left in self._parked.values():
            self._board.lost["taken back by the hypervisor"] += len(left)
        for pe, (wire, sampled) in enumerate(zip(self._wire, self._sampled, strict=True)):
            if wire != sampled:
                what = f"level {sampled} of PPI {self._maintenance_ppi}"
                self._board.fail("maintenance interrupt", Link.gicr(pe, "ppi"), cycle, f"level {wire}, as its wire", what)

    def sampled(self, pe: int, o: Observed) -> None:
        """A Redistributor sampled a PPI: the maintenance interrupt's follows its wire, which nothing else drives."""
        t = o.transaction
        if not isinstance(t, LineChange) or t.line != self._maintenance_ppi:
            return
        self._sampled[pe] = t.level
        if t.level and not self._rose[pe] and not self._wire[pe]:
            self._board.fail("maintenance interrupt", o.link, o.accept, "a wire that has risen", text(t))
        self._rose[pe] = False

    # --- the hypervisor -------------------------------------------------------------------------------------------------

    def hypervisor(self, pe: int, o: Observed) -> None:
        """An access of the physical interface, or of EL2's registers; a reset; a change of a virtual line."""
        t = o.transaction
        if isinstance(t, SysWrite):
            number = _LRS.get(t.reg)
            if number is not None and number < self._registers:
                self._write(pe, number, t.value, o)
            elif t.reg == _VMCR:
                self._eoimode[pe] = t.value >> 9 & 1
        elif isinstance(t, Reset):
            self._board.lost["its PE was reset"] += len(self._lists[pe])
            self._lists[pe].clear()
            self._eoimode[pe] = 0
            self._asked[pe] = None
        elif isinstance(t, LineChange) and t.line == OutLine.MAINTENANCE:
            self._wire[pe] = t.level
            self._rose[pe] |= bool(t.level)
        elif isinstance(t, LineChange) and t.level:
            for listed in self._lists[pe].values():
                journey = listed.journey
                last = journey.hops[-1] if journey.hops else journey.cause
                if listed.state & _PENDING and journey.asserted < 0 and last.accept < o.accept:
                    journey.asserted = o.accept
                    journey.hops.append(o)

    def _write(self, pe: int, number: int, value: int, o: Observed) -> None:
        lists = self._lists[pe]
        old = lists.pop(number, None)
        if old is not None:
            self._parked.setdefault(old.value, []).append(old)
        state, value = value >> 62, value & (1 << 62) - 1
        if not state:
            return
        if parked := self._parked.get(value):
            listed = parked.pop()
            listed.state = state
            listed.journey.pe = pe
            listed.journey.hops.append(o)
        else:
            listed = _Listed(Journey("virq", value & 0xFFFF_FFFF, pe, o), value, state)
            physical = self._board.active.get(key_of(pe, listed.physical))
            if physical is not None:
                listed.journey.path = "virq-hw"
                listed.journey.cause = physical.cause
                listed.journey.hops += [*physical.hops, o]
        lists[number] = listed

    # --- the guest ------------------------------------------------------------------------------------------------------

    def guest(self, pe: int, o: Observed) -> None:
        """An access that reaches the virtual interface, or its response."""
        t = o.transaction
        if isinstance(t, SysReadData):
            asked, self._asked[pe] = self._asked[pe], None
            if asked is not None and not FIRST_SPECIAL <= t.value < FIRST_SPECIAL + 4:
                assert isinstance(asked.transaction, SysRead)  # nothing else is kept
                self._acknowledged(pe, _IAR[asked.transaction.reg], t.value, o)
            return
        self._asked[pe] = o if isinstance(t, SysRead) and t.reg in _IAR else None
        if not isinstance(t, SysWrite):
            return
        if t.reg == _CTLR:
            self._eoimode[pe] = t.value >> 1 & 1
        elif (t.reg in _EOIR and (not self._eoimode[pe] or t.value >= FIRST_LPI)) or (t.reg == _DIR and self._eoimode[pe]):
            self._ended(pe, t.value & 0xFF_FFFF, o)

    def _acknowledged(self, pe: int, group: int, vintid: int, o: Observed) -> None:
        lists = self._lists[pe]
        there = [n for n, one in lists.items() if one.state == _PENDING and (one.vintid, one.group) == (vintid, group)]
        if not there:
            what = "a List register that is pending"
            self._board.fail("spurious virtual interrupt", o.link, o.accept, what, text(o.transaction))
            return
        # of several with that vINTID the one of the highest priority, and then the lowest
        listed = lists[min(there, key=lambda n: (self._priority(lists[n]), n))]
        listed.state = _ACTIVE
        listed.journey.hops.append(o)
        if listed.journey.acknowledged < 0:
            listed.journey.acknowledged = o.accept

    def _priority(self, listed: _Listed) -> int:
        return listed.value >> 48 & self._priority_mask

    def _ended(self, pe: int, vintid: int, o: Observed) -> None:
        """An end may deactivate the first List register that has it; whether it does, GICC's scoreboard knows."""
        lists = self._lists[pe]
        for number in sorted(lists):
            listed = lists[number]
            if listed.state & _ACTIVE and listed.vintid == vintid:
                listed.journey.hops.append(o)
                if listed.journey.path == "virq":
                    self._close(lists, number, o)
                return

    def deactivated(self, pe: int, o: Observed) -> None:
        """A physical interrupt is deactivated: what a guest has ended of it is over."""
        t, lists = o.transaction, self._lists[pe]
        if not isinstance(t, Deactivate):
            return
        for number in sorted(lists):
            if lists[number].journey.path == "virq-hw" and lists[number].physical == t.intid:
                lists[number].journey.hops.append(o)
                self._close(lists, number, o)
                return

    def _close(self, lists: dict[int, _Listed], number: int, o: Observed) -> None:
        listed = lists[number]
        listed.state &= ~_ACTIVE
        self._tell(listed.journey, o)
        self._board.closed[listed.journey.path] += 1
        if not listed.state:
            del lists[number]

    def _tell(self, journey: Journey, o: Observed) -> None:
        """A guest has ended what it acknowledged; what was pending besides comes again, and is told no more."""
        if journey.acknowledged < 0 or journey.ended is not None:
            return
        journey.ended = o
        cause = journey.cause.offer
        line = journey.asserted - cause if 0 <= journey.asserted <= journey.acknowledged else -1
        latency = Latency(journey.path, journey.pe, journey.intid, cause, line, journey.acknowledged - cause)
        self.ended.append(latency)
        if self._board.told is not None:
            self._board.told(journey, latency)
