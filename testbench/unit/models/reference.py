"""What a GIC must do, as simply as it can be said: sets of interrupts, and the best candidate of each PE computed from them.

Independent of the golden models, blocks and messages: the state-machine test compares the two at quiescence. One Security state;
the binary points at their least values.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from irqpath.config.sizes import FIRST_LPI, SPURIOUS
from irqpath.core.transactions import SgiKind

IDLE = 0x100
#: Where an SPI goes that is routed by 1-of-N, or to an affinity that no PE has.
ANY = -1
NOBODY = -2


@dataclass(slots=True)
class Interrupt:
    """An SGI, PPI or SPI. `latch`, `line`: why it may be pending; `route`: the PE of an SPI."""

    enabled: bool = False
    group: int = 0
    priority: int = 0
    edge: bool = False
    latch: bool = False
    line: bool = False
    active: bool = False
    route: int = 0

    @property
    def pending(self) -> bool:
        """By the latch, or by the line of a level-sensitive one."""
        return self.latch or (self.line and not self.edge)

    def wire(self, level: bool) -> None:
        """The wire changes."""
        if level and not self.line and self.edge:
            self.latch = True
        self.line = level


@dataclass(slots=True)
class Pe:
    """A PE: its CPU interface, its SGIs and PPIs by INTID, its pending LPIs, what it is handling: (group, INTID, priority)."""

    awake: bool = True
    enables: list[bool] = field(default_factory=lambda: [True, True])
    pmr: int = 0xFF
    eoimode: bool = False
    private: dict[int, Interrupt] = field(default_factory=dict)
    lpis: set[int] = field(default_factory=set)
    handling: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def running(self) -> int:
        """The running priority."""
        return min((priority for _, _, priority in self.handling), default=IDLE)


class Reference:
    """A whole GIC. `lpi_config`: (priority, enabled) by INTID, as the last invalidation left it."""

    def __init__(self, pes: int, private: list[int], spis: list[int], lpis: list[int]) -> None:
        self.groups = [True, True]
        self.pes = [Pe(private={i: Interrupt(group=1, edge=i < 16) for i in private}) for _ in range(pes)]
        self.spis = {i: Interrupt() for i in spis}
        self.lpi_config = dict.fromkeys(lpis, (0xA0, True))

    def interrupt(self, intid: int, pe: int) -> Interrupt:
        """An SGI or PPI of `pe`, or an SPI."""
        return self.spis[intid] if intid in self.spis else self.pes[pe].private[intid]

    def takes_part(self, pe: int, group: int) -> bool:
        """Whether interrupts of a group are forwarded to a PE."""
        return self.groups[group] and self.pes[pe].enables[group] and self.pes[pe].awake

    def candidate(self, pe: int, chosen: dict[int, int]) -> tuple[int, int, int] | None:
        """(priority, INTID, group) of the best interrupt for a PE; `chosen`: PE that was picked for each 1-of-N interrupt."""
        interrupts = dict(self.pes[pe].private)
        interrupts |= {i: spi for i, spi in self.spis.items() if (chosen.get(i) if spi.route == ANY else spi.route) == pe}
        ranks = [(it.priority, i, it.group) for i, it in interrupts.items() if it.pending and it.enabled and not it.active]
        for intid in self.pes[pe].lpis:
            priority, enabled = self.lpi_config[intid]
            if enabled:
                ranks.append((priority, intid, 1))
        return min((rank for rank in ranks if self.takes_part(pe, rank[2])), default=None)

    def signalled(self, pe: int, chosen: dict[int, int]) -> tuple[int, int, int] | None:
        """The candidate, if it is above mask and running priority."""
        best = self.candidate(pe, chosen)
        return best if best is not None and best[0] < min(self.pes[pe].pmr, self.pes[pe].running) else None

    def acknowledge(self, pe: int, group: int, chosen: dict[int, int]) -> int:
        """ICC_IAR<group>_EL1."""
        best = self.signalled(pe, chosen)
        if best is None or best[2] != group:
            return SPURIOUS
        priority, intid, _ = best
        self.pes[pe].handling.append((group, intid, priority))
        if intid >= FIRST_LPI:
            self.pes[pe].lpis.remove(intid)
        else:
            it = self.interrupt(intid, pe)
            it.latch, it.active = False, True
        return intid

    def end(self, pe: int) -> tuple[int, int]:
        """ICC_EOIR of what is handled: (group, INTID)."""
        group, intid, _ = self.pes[pe].handling.pop()
        if intid < FIRST_LPI and not self.pes[pe].eoimode:
            self.interrupt(intid, pe).active = False
        return group, intid

    def send_sgi(self, kind: SgiKind, intid: int, targets: list[int]) -> None:
        """An SGI arrives: Group 1 needs ICC_SGI1R_EL1."""
        for pe in targets:
            it = self.pes[pe].private[intid]
            if it.group == 0 or kind == SgiKind.SGI1R:
                it.latch = True

    def reset_pe(self, pe: int) -> None:
        """The CPU interface is reset; what is active stays so."""
        p = self.pes[pe]
        p.enables, p.pmr, p.eoimode, p.handling = [False, False], 0, False, []
