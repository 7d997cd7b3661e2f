"""Journeys of SGIs: from ICC_SGI*R_EL1 at one PE to the pending state at each target; pending and clearing by registers.

Where an SGI goes is worked out from what was written, by the register's fields (DDI 0601 ICC_SGI1R_EL1); the messages that carry
it only say when.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from irqpath.config.policy import IRQPATH, Policy
from irqpath.config.sizes import GicConfig
from irqpath.core.link import Link
from irqpath.core.transactions import GenerateSgi, Observed, RegWrite, SgiDeliver, SgiKind, SgiRequest, SysWrite
from irqpath.regs import GICR, ICC
from irqpath_testbench.env.scoreboards.block import text
from irqpath_testbench.env.scoreboards.journey import Handler, Journey, JourneyBoard, Key

_SGI_REGISTERS = {ICC.by_name(f"ICC_{kind.name}_EL1").offset: kind for kind in SgiKind}
#: the three registers have the same fields
_FIELDS = ICC.register("ICC_SGI1R_EL1")
_IGROUPR0 = GICR.element("GICR_IGROUPR0").offset


@dataclass(slots=True)
class _Cause:
    """A write of ICC_SGI*R_EL1 on its way to GICD."""

    kind: SgiKind
    source: int
    write: Observed
    value: int
    hops: list[Observed] = field(default_factory=list)

    def field(self, name: str) -> int:
        """A field of what was written."""
        return _FIELDS.field(name).of(self.value)


class SgiCauses:
    """Follows each write of ICC_SGI*R_EL1 to its targets, in the order of the messages that carry it."""

    def __init__(self, board: JourneyBoard, config: GicConfig, policy: Policy = IRQPATH) -> None:
        pes = range(config.pes)
        self._board = board
        self._config = config
        self._ignores_ranges = policy.sgi_range == "ignore"
        self._pes = config.pes
        self._written: list[deque[_Cause]] = [deque() for _ in pes]
        self._sent: list[deque[_Cause]] = [deque() for _ in pes]
        self._transit: list[deque[tuple[Journey, SgiKind]]] = [deque() for _ in pes]
        self._group = [0 for _ in pes]

    def needs(self) -> dict[str, frozenset[Link]]:
        """The way of an SGI, and the registers that make one pending."""
        return {"SGI": frozenset(map(Link, self.handlers()))}

    def handlers(self) -> dict[str, Handler]:
        """System register writes, GenerateSgi, SgiRequest, SgiDeliver; GICR_IGROUPR0."""
        found: dict[str, Handler] = {}
        for pe in range(self._pes):
            found[Link.gicc(pe, "sys")] = self._sys
            found[Link.stream(pe, "up")] = self._generated
            found[Link.dist(pe, "up")] = self._requested
            found[Link.dist(pe, "down")] = self._delivered
            found[Link.gicr(pe, "reg")] = self._register
        return found

    def activated(self, key: Key) -> None:
        """Nothing follows."""

    def deactivated(self, key: Key, o: Observed) -> None:
        """Nothing follows."""

    def reset(self, pe: int) -> None:
        """What it wrote and GICD has not seen is gone."""
        if self._written[pe]:
            self._board.lost["its PE was reset"] += len(self._written[pe])
            self._written[pe].clear()

    def under_way(self) -> list[Journey]:
        """From GICD to a target."""
        return [journey for queue in self._transit for journey, _ in queue]

    def finish(self, cycle: int) -> None:
        """Writes that went nowhere."""
        for pe in range(self._pes):
            for cause in (*self._written[pe], *self._sent[pe]):
                went = f"{text(cause.write.transaction)} went nowhere"
                self._board.fail("lost cause", Link.gicc(pe, "sys"), cycle, "an SgiRequest at GICD", went)

    def _sys(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if isinstance(t, SysWrite) and t.reg in _SGI_REGISTERS:
            self._written[pe].append(_Cause(_SGI_REGISTERS[t.reg], pe, o, t.value))

    def _generated(self, pe: int, o: Observed) -> None:
        if not isinstance(o.transaction, GenerateSgi):
            return
        if not self._written[pe]:
            self._board.fail("spurious SGI", o.link, o.accept, "a write of ICC_SGI*R_EL1 before", text(o.transaction))
            return
        cause = self._written[pe].popleft()
        cause.hops.append(o)
        self._sent[pe].append(cause)

    def _requested(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not isinstance(t, SgiRequest):
            return
        if not self._sent[pe]:
            self._board.fail("spurious SGI", o.link, o.accept, "a GenerateSgi before", text(t))
            return
        cause = self._sent[pe].popleft()
        targets = [target for target in range(self._pes) if self._reaches(cause, target)]
        if not targets:
            self._board.lost["no such PE"] += 1
        for target in targets:
            journey = Journey("sgi", cause.field("INTID"), target, cause.write, [*cause.hops, o])
            self._transit[target].append((journey, cause.kind))

    def _reaches(self, cause: _Cause, target: int) -> bool:
        """Whether the write names PE `target`. RS counts where both ends have it: where the CPU interface has not, it is RES0;
        where only GICD has not, it is taken as 0, or the write is ignored (`Policy.sgi_range`)."""
        both = self._config.selects_range and self._config.range_selector
        if self._ignores_ranges and self._config.selects_range and not both and cause.field("RS"):
            return False
        if cause.field("IRM"):
            return target != cause.source
        aff3, aff2, aff1, aff0 = self._config.affinities[target].to_bytes(4, "big")
        if (cause.field("Aff3"), cause.field("Aff2"), cause.field("Aff1")) != (aff3, aff2, aff1):
            return False
        first = 16 * cause.field("RS") if both else 0
        return first <= aff0 < first + 16 and bool(cause.field("TargetList") >> aff0 - first & 1)

    def _delivered(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if not isinstance(t, SgiDeliver):
            return
        if not self._transit[pe] or self._transit[pe][0][0].intid != t.intid:
            waiting = [journey.intid for journey, _ in self._transit[pe]]
            self._board.fail("spurious delivery", o.link, o.accept, f"SGIs {waiting} in this order", text(t))
            return
        journey, kind = self._transit[pe].popleft()
        journey.hops.append(o)
        if kind != SgiKind.SGI1R and self._group[pe] >> t.intid & 1:
            self._board.lost["target holds it in Group 1"] += 1
        else:
            self._board.begins(journey, (pe, t.intid))

    def _register(self, pe: int, o: Observed) -> None:
        t = o.transaction
        if isinstance(t, RegWrite) and t.offset == _IGROUPR0 and t.size == 4:
            self._group[pe] = t.value
