"""A GIC of golden models and the reference beside it: what software and devices may do to both, and what must then hold.

`random_step` does one thing, weighted: mostly causes, acknowledges and ends, some changes of settings, so that traffic gets deep.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from random import Random
from typing import Final

from irqpath.config.policy import Policy
from irqpath.config.sizes import SPURIOUS, GicConfig, ItsConfig
from irqpath.core.transactions import SgiKind
from irqpath.gic.gicr.waker import Power
from irqpath.gic.its.encoding import clear, discard, inv, invall, mapc, mapti, movall, movi, sync
from irqpath_testbench.tools.faults.injection import models
from unit.models.drive import IRM, Bench, sgir
from unit.models.its_drive import ModelItsDriver
from unit.models.reference import ANY, NOBODY, Reference

PRIVATE: Final = [1, 2, 20, 21]
SPIS: Final = [32, 33, 34, 63]
LPIS: Final = [8192, 8193, 8194]
PRIORITIES: Final = [0x00, 0x40, 0x48, 0x80, 0xF0]
MASKS: Final = [0, 0x40, 0x80, 0xF8, 0xF8, 0xF8]
ABSENT: Final = 0x00_00_07_00


class Player:
    """`bench`: the golden models; `ref`: what they must do; `collection`: PE of each LPI, -1 for none; `dpg`: by PE."""

    def set_up(self, count: int, slots: int, group0: Collection[int], ranks: Sequence[int]) -> None:
        """Everything enabled, with some priorities and groups; LPIs 8192 on are events 0 on of device 1."""
        config = GicConfig(pes=count, its=(ItsConfig(),))
        self.bench = Bench(models(), config, Policy(lpi_store=slots)).boot()
        self.bench.lpis()
        self.its = ModelItsDriver(self.bench).boot()
        self.its.map(events=len(LPIS))
        self.its.go(*[mapc(pe, pe) for pe in range(count)])
        self.ref = Reference(count, PRIVATE, SPIS, LPIS)
        self.collection = dict.fromkeys(LPIS, 0)
        self.dpg = [0] * count
        self.acknowledged = 0
        for pe in range(count):
            for n, intid in enumerate(PRIVATE + SPIS):
                self.priority(intid, pe, ranks[n % len(ranks)])
                self.group(intid, pe, int(intid not in group0))
                self.enable(intid, pe, True)

    def check(self) -> None:
        """All invariants."""
        self.lines_agree()
        self.state_agrees()
        self.one_of_n_goes_where_it_may()
        self.nothing_is_outstanding()

    def pe(self, pe: int) -> int:
        """A PE that this GIC has."""
        return pe % len(self.ref.pes)

    # --- configuration --------------------------------------------------------------------------------------------------

    def enable(self, intid: int, pe: int, on: bool) -> None:
        """ISENABLER or ICENABLER."""
        pe = self.pe(pe)
        (self.bench.enable if on else self.bench.disable)(intid, pe)
        self.ref.interrupt(intid, pe).enabled = on

    def group(self, intid: int, pe: int, group: int) -> None:
        """IGROUPR."""
        pe = self.pe(pe)
        self.bench.write_bit("IGROUPR", intid, group, pe)
        self.ref.interrupt(intid, pe).group = group

    def priority(self, intid: int, pe: int, priority: int) -> None:
        """IPRIORITYR."""
        pe = self.pe(pe)
        self.bench.set_priority(intid, priority, pe)
        self.ref.interrupt(intid, pe).priority = priority

    def trigger(self, intid: int, pe: int, edge: bool) -> None:
        """ICFGR."""
        pe = self.pe(pe)
        self.bench.set_edge(intid, edge, pe)
        self.ref.interrupt(intid, pe).edge = edge

    def route(self, intid: int, where: int) -> None:
        """GICD_IROUTER: to a PE, to any, or to an affinity that nobody has."""
        if where == ANY:
            self.bench.write(f"GICD_IROUTER{intid}", IRM)
        else:
            where = where if where == NOBODY else self.pe(where)
            self.bench.route(intid, ABSENT if where == NOBODY else where)
        self.ref.spis[intid].route = where

    def gicd_ctlr(self, enables: int) -> None:
        """The groups' enables of the Distributor."""
        self.bench.write("GICD_CTLR", enables)
        self.ref.groups = [bool(enables & 1), bool(enables & 2)]

    def igrpen(self, pe: int, group: int, on: bool) -> None:
        """A group's enable at a CPU interface."""
        pe = self.pe(pe)
        self.bench.msr(f"ICC_IGRPEN{group}_EL1", int(on), pe)
        self.ref.pes[pe].enables[group] = on

    def pmr(self, pe: int, pmr: int) -> None:
        """ICC_PMR_EL1."""
        pe = self.pe(pe)
        self.bench.msr("ICC_PMR_EL1", pmr, pe)
        self.ref.pes[pe].pmr = pmr

    def eoimode(self, pe: int, split: bool) -> None:
        """ICC_CTLR_EL1.EOImode."""
        pe = self.pe(pe)
        self.bench.msr("ICC_CTLR_EL1", split << 1, pe)
        self.ref.pes[pe].eoimode = split

    def exclude(self, pe: int, dpg: int) -> None:
        """GICR_CTLR.DPG0 and DPG1NS."""
        pe = self.pe(pe)
        self.bench.write("GICR_CTLR", 1 | dpg << 24, pe)
        self.dpg[pe] = dpg

    # --- causes ---------------------------------------------------------------------------------------------------------

    def write_pending(self, intid: int, pe: int, on: bool) -> None:
        """ISPENDR or ICPENDR."""
        pe = self.pe(pe)
        (self.bench.pend if on else self.bench.unpend)(intid, pe)
        self.ref.interrupt(intid, pe).latch = on

    def pulse(self, intid: int, pe: int) -> None:
        """An edge, or a level that does not last."""
        self.wire(intid, pe, True)
        self.wire(intid, pe, False)

    def write_active(self, intid: int, pe: int, on: bool) -> None:
        """ISACTIVER or ICACTIVER."""
        pe = self.pe(pe)
        self.bench.hit("ISACTIVER" if on else "ICACTIVER", intid, pe)
        self.ref.interrupt(intid, pe).active = on

    def wire(self, intid: int, pe: int, level: bool) -> None:
        """The wire of a PPI or SPI."""
        pe = self.pe(pe)
        self.bench.wire(intid, int(level), pe)
        self.ref.interrupt(intid, pe).wire(level)

    def sgi(self, kind: SgiKind, intid: int, source: int, listed: int) -> None:
        """An SGI to the listed PEs."""
        self.bench.msr(f"ICC_{kind.name}_EL1", sgir(intid, listed), self.pe(source))
        self.ref.send_sgi(kind, intid, [pe for pe in range(len(self.ref.pes)) if listed >> pe & 1])

    def message(self, intid: int) -> None:
        """A device sends the event of an LPI."""
        self.bench.msi(1, intid - LPIS[0])
        if self.collection[intid] >= 0:
            self.ref.pes[self.collection[intid]].lpis.add(intid)

    # --- ITS commands ---------------------------------------------------------------------------------------------------

    def configure_lpi(self, intid: int, priority: int, enabled: bool) -> None:
        """INV reaches the PE of the event; INVALL the others, which may have the LPI pending after a MOVALL."""
        if self.collection[intid] >= 0:
            self.bench.lpi_config(intid, priority, enabled=enabled)
            self.its.go(inv(1, intid - LPIS[0]), *[invall(pe) for pe in range(len(self.ref.pes))], sync(0))
            self.ref.lpi_config[intid] = priority, enabled

    def clear_or_discard(self, intid: int, drop: bool) -> None:
        """CLEAR, or DISCARD."""
        if self.collection[intid] >= 0:
            self.its.go((discard if drop else clear)(1, intid - LPIS[0]))
            self.ref.pes[self.collection[intid]].lpis.discard(intid)
            if drop:
                self.collection[intid] = -1

    def move(self, intid: int, pe: int) -> None:
        """MOVI, or MAPTI of an event that is not mapped. The LPI may be pending elsewhere too, after a MOVALL."""
        pe, old = self.pe(pe), self.collection[intid]
        if old < 0:
            self.its.go(mapti(1, intid - LPIS[0], intid, pe))
        else:
            self.its.go(movi(1, intid - LPIS[0], pe))
            if intid in self.ref.pes[old].lpis:
                self.ref.pes[old].lpis.remove(intid)
                self.ref.pes[pe].lpis.add(intid)
        self.collection[intid] = pe

    def move_all(self, source: int, to: int) -> None:
        """MOVALL."""
        source, target = self.pe(source), self.pe(to)
        self.its.go(movall(source, target))
        if source != target:
            self.ref.pes[target].lpis |= self.ref.pes[source].lpis
            self.ref.pes[source].lpis.clear()

    # --- handling -------------------------------------------------------------------------------------------------------

    def can_take(self) -> bool:
        """Some line is asserted."""
        return any(map(any, self.bench.lines))

    def take(self, pe: int) -> None:
        """A PE whose line is asserted acknowledges."""
        pe = next(n % len(self.ref.pes) for n in range(pe, pe + 3) if any(self.bench.lines[n % len(self.ref.pes)]))
        self.acknowledge(pe, 1 - self.bench.lines[pe].index(1))

    def acknowledge(self, pe: int, group: int) -> None:
        """A line is asserted just when the acknowledge register of its group gives an interrupt, and it gives the right one."""
        pe = self.pe(pe)
        asserted, chosen = self.bench.lines[pe][1 - group], dict(self.chosen())
        intid = self.bench.ack(pe, group)
        assert bool(asserted) == (intid != SPURIOUS)
        assert intid == self.ref.acknowledge(pe, group, chosen)
        self.acknowledged += intid != SPURIOUS

    def can_end(self) -> bool:
        """Some PE is handling an interrupt."""
        return any(pe.handling for pe in self.ref.pes)

    def end(self, pe: int) -> tuple[int, int]:
        """End the interrupt that a PE is handling; (PE, INTID)."""
        pe = next(n % len(self.ref.pes) for n in range(pe, pe + 3) if self.ref.pes[n % len(self.ref.pes)].handling)
        group, intid = self.ref.end(pe)
        self.bench.eoi(intid, pe, group)
        return pe, intid

    def deactivate(self, intid: int, pe: int) -> None:
        """ICC_DIR_EL1."""
        pe = self.pe(pe)
        if self.ref.pes[pe].eoimode:
            self.bench.msr("ICC_DIR_EL1", intid, pe)
            self.ref.interrupt(intid, pe).active = False

    # --- power ----------------------------------------------------------------------------------------------------------

    def waker(self, pe: int, awake: bool) -> None:
        """GICR_WAKER: the PE goes to sleep or wakes."""
        pe = self.pe(pe)
        self.bench.write("GICR_WAKER", 0 if awake else 2, pe)
        assert self.bench.read("GICR_WAKER", pe) == (0 if awake else 6)
        self.ref.pes[pe].awake = awake

    def reset_pe(self, pe: int) -> None:
        """Reset of a PE and its CPU interface."""
        pe = self.pe(pe)
        self.bench.reset_pe(pe)
        self.ref.reset_pe(pe)

    # --- what holds at quiescence ---------------------------------------------------------------------------------------

    def chosen(self) -> dict[int, int]:
        """PE that the Distributor has picked for each 1-of-N interrupt: free, but it must take part."""
        return self.bench.gic.gicd.chosen

    def lines_agree(self) -> None:
        """Each line is asserted just when its PE has an interrupt to take."""
        for pe in range(len(self.ref.pes)):
            expected = self.ref.signalled(pe, self.chosen())
            assert self.bench.lines[pe] == [
                int(expected is not None and expected[2] == 1),
                int(expected is not None and expected[2] == 0),
            ]

    def state_agrees(self) -> None:
        """Pending and active state are those of the reference; each pending LPI is held in one place."""
        for intid in SPIS:
            spi = self.ref.spis[intid]
            assert (self.bench.pending(intid), self.bench.active(intid)) == (spi.pending, spi.active)
        for pe, reference in enumerate(self.ref.pes):
            for intid, it in reference.private.items():
                assert (self.bench.pending(intid, pe), self.bench.active(intid, pe)) == (it.pending, it.active)
            lpi = self.bench.gic.gicr[pe].lpi
            held = {entry[0] for entry in lpi.slots if entry is not None}
            table = {intid for intid in LPIS if self.bench.lpi_in_table(intid, pe)}
            assert (held | table, held & table) == (reference.lpis, set())

    def one_of_n_goes_where_it_may(self) -> None:
        """A 1-of-N interrupt is at a PE that takes part, and at none only if they are all busy."""
        for intid in SPIS:
            spi = self.ref.spis[intid]
            if spi.route != ANY or not spi.pending or not spi.enabled or spi.active:
                continue
            able = [
                n for n, pe in enumerate(self.ref.pes) if pe.awake and pe.enables[spi.group] and not self.dpg[n] >> spi.group & 1
            ]
            at = self.chosen().get(intid)
            if at is not None:
                assert at in able
            elif self.ref.groups[spi.group]:
                assert all(self.ref.candidate(pe, self.chosen()) is not None for pe in able), "a PE is free"

    def nothing_is_outstanding(self) -> None:
        """Every message has had its response, and nothing waits."""
        gic = self.bench.gic
        assert self.its.drained()
        assert not gic.gicd.rwp
        assert not gic.gicd.control_outstanding
        for pe, (gicr, gicc) in enumerate(zip(gic.gicr, gic.gicc, strict=True)):
            assert gicr.waker.power in (Power.AWAKE, Power.ASLEEP)
            assert gicr.offer.settled(gicr.best() if gicr.waker.power == Power.AWAKE else None)
            assert gicr.commands.moving is None
            assert not gicr.commands.syncing
            assert set(gicr.dist.outstanding.values()) == {0}
            assert self.bench.read("GICR_CTLR", pe) & 1 << 3 == 0
            assert gicc.requests.outstanding == 0
            offer = gic.gicd.offers[pe]
            assert not offer.clearing
            assert offer.replaced < 0
            assert (offer.held is None) == (gicr.dist.spi is None)


def _interrupt(rng: Random) -> int:
    return rng.choice(PRIVATE + SPIS)


def _wired(rng: Random) -> int:
    return rng.choice([20, 21, *SPIS])


def _pe(rng: Random) -> int:
    return rng.randrange(3)


def _end(player: Player, rng: Random) -> None:
    """End, and with EOImode 1 mostly deactivate too."""
    if player.can_end():
        pe, intid = player.end(_pe(rng))
        if intid < LPIS[0] and _often(rng):
            player.deactivate(intid, pe)


def _revive(player: Player, rng: Random) -> None:
    """Bring a PE back that was put to sleep, masked or reset."""
    pe = _pe(rng)
    player.waker(pe, True)
    for group in (0, 1):
        player.igrpen(pe, group, True)
    player.pmr(pe, MASKS[-1])


def _take(player: Player, rng: Random) -> None:
    if player.can_take():
        player.take(_pe(rng))


def _often(rng: Random) -> bool:
    return rng.random() < 0.85


STEPS: Final[list[tuple[int, Callable[[Player, Random], None]]]] = [
    (30, _take),
    (10, _end),
    (6, lambda m, r: m.write_pending(_interrupt(r), _pe(r), r.random() < 0.7)),
    (6, lambda m, r: m.wire(_wired(r), _pe(r), r.random() < 0.5)),
    (3, lambda m, r: m.pulse(_wired(r), _pe(r))),
    (5, lambda m, r: m.sgi(r.choice(list(SgiKind)), r.choice([1, 2]), _pe(r), r.randrange(8))),
    (6, lambda m, r: m.message(r.choice(LPIS))),
    (2, lambda m, r: m.acknowledge(m.pe(_pe(r)), r.randrange(2))),
    (3, lambda m, r: m.enable(_interrupt(r), _pe(r), _often(r))),
    (2, lambda m, r: m.group(_interrupt(r), _pe(r), r.randrange(2))),
    (3, lambda m, r: m.priority(_interrupt(r), _pe(r), r.choice(PRIORITIES))),
    (2, lambda m, r: m.trigger(_wired(r), _pe(r), r.random() < 0.5)),
    (4, lambda m, r: m.route(r.choice(SPIS), r.choice([0, 1, 2, ANY, ANY, NOBODY]))),
    (1, lambda m, r: m.gicd_ctlr(r.choice([0, 1, 2, 3, 3, 3, 3, 3, 3, 3]))),
    (2, lambda m, r: m.igrpen(_pe(r), r.randrange(2), _often(r))),
    (2, lambda m, r: m.pmr(_pe(r), r.choice(MASKS))),
    (1, lambda m, r: m.eoimode(_pe(r), r.random() < 0.5)),
    (1, lambda m, r: m.exclude(_pe(r), r.choice([0, 0, 1, 2, 3]))),
    (4, lambda m, r: m.write_active(_interrupt(r), _pe(r), r.random() < 0.15)),
    (3, _revive),
    (2, lambda m, r: m.configure_lpi(r.choice(LPIS), r.choice(PRIORITIES), _often(r))),
    (1, lambda m, r: m.clear_or_discard(r.choice(LPIS), r.random() < 0.3)),
    (3, lambda m, r: m.move(r.choice(LPIS), _pe(r))),
    (1, lambda m, r: m.move_all(_pe(r), _pe(r))),
    (3, lambda m, r: m.deactivate(_interrupt(r), _pe(r))),
    (2, lambda m, r: m.waker(_pe(r), _often(r))),
    (1, lambda m, r: m.reset_pe(_pe(r))),
]


def random_step(player: Player, rng: Random) -> None:
    """One step."""
    (act,) = rng.choices([act for _, act in STEPS], weights=[weight for weight, _ in STEPS])
    act(player, rng)
