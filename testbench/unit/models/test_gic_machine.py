"""Random software and devices on a whole GIC of one to three PEs, compared with the reference at quiescence after every step."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from irqpath.core.errors import IrqpathError
from irqpath.core.transactions import SgiKind
from irqpath_testbench.tools.faults.injection import copied, find, injected
from unit.models.player import LPIS, PRIORITIES, PRIVATE, SPIS, Player, random_step
from unit.models.reference import ANY, NOBODY

pes = st.integers(0, 2)
groups = st.integers(0, 1)
intids = st.sampled_from(PRIVATE + SPIS)
wired = st.sampled_from([20, 21, *SPIS])
lpis = st.sampled_from(LPIS)
on = st.booleans()


class Machine(Player, RuleBasedStateMachine):
    """The actions of a `Player` as rules, after random traffic of `steps` steps, and its checks as invariants."""

    @initialize(
        count=st.integers(1, 3),
        slots=st.sampled_from([2, 3, 0]),
        group0=st.sets(intids),
        ranks=st.permutations(PRIORITIES),
        seed=st.integers(0, (1 << 32) - 1),
        steps=st.integers(0, 150),
    )
    def boot(self, count: int, slots: int, group0: set[int], ranks: list[int], seed: int, steps: int) -> None:
        """Set up, then traffic."""
        self.set_up(count, slots, group0, ranks)
        rng = Random(seed)
        for _ in range(steps):
            self.check()
            random_step(self, rng)

    enable = rule(intid=intids, pe=pes, on=on)(Player.enable)
    group = rule(intid=intids, pe=pes, group=groups)(Player.group)
    priority = rule(intid=intids, pe=pes, priority=st.sampled_from(PRIORITIES))(Player.priority)
    trigger = rule(intid=wired, pe=pes, edge=on)(Player.trigger)
    route = rule(intid=st.sampled_from(SPIS), where=st.sampled_from([0, 1, 2, ANY, NOBODY]))(Player.route)
    gicd_ctlr = rule(enables=st.integers(0, 3))(Player.gicd_ctlr)
    igrpen = rule(pe=pes, group=groups, on=on)(Player.igrpen)
    pmr = rule(pe=pes, pmr=st.sampled_from([0, 0x40, 0x80, 0xF8]))(Player.pmr)
    eoimode = rule(pe=pes, split=on)(Player.eoimode)
    exclude = rule(pe=pes, dpg=st.integers(0, 3))(Player.exclude)
    write_pending = rule(intid=intids, pe=pes, on=on)(Player.write_pending)
    write_active = rule(intid=intids, pe=pes, on=on)(Player.write_active)
    wire = rule(intid=wired, pe=pes, level=on)(Player.wire)
    pulse = rule(intid=wired, pe=pes)(Player.pulse)
    sgi = rule(kind=st.sampled_from(list(SgiKind)), intid=st.sampled_from([1, 2]), source=pes, listed=st.integers(0, 7))(
        Player.sgi
    )
    message = rule(intid=lpis)(Player.message)
    configure_lpi = rule(intid=lpis, priority=st.sampled_from(PRIORITIES), enabled=on)(Player.configure_lpi)
    clear_or_discard = rule(intid=lpis, drop=on)(Player.clear_or_discard)
    move = rule(intid=lpis, pe=pes)(Player.move)
    move_all = rule(source=pes, to=pes)(Player.move_all)
    take = precondition(Player.can_take)(rule(pe=pes)(Player.take))
    acknowledge = rule(pe=pes, group=groups)(Player.acknowledge)

    @precondition(Player.can_end)
    @rule(pe=pes)
    def end_one(self, pe: int) -> None:
        """As `Player.end`; a rule returns nothing."""
        self.end(pe)

    deactivate = rule(intid=intids, pe=pes)(Player.deactivate)
    waker = rule(pe=pes, awake=on)(Player.waker)
    reset_pe = rule(pe=pes)(Player.reset_pe)

    lines_agree = invariant()(Player.lines_agree)
    state_agrees = invariant()(Player.state_agrees)
    one_of_n_goes_where_it_may = invariant()(Player.one_of_n_goes_where_it_may)
    nothing_is_outstanding = invariant()(Player.nothing_is_outstanding)


Machine.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestMachine = Machine.TestCase


def long_traffic(seed: int, steps: int) -> Player:
    """A run without Hypothesis: its seed is all that is needed to repeat it."""
    rng = Random(seed)
    player = Player()
    player.set_up(1 + seed % 3, (2, 3, 0)[seed % 3], rng.sample(PRIVATE + SPIS, 3), rng.sample(PRIORITIES, len(PRIORITIES)))
    for _ in range(steps):
        random_step(player, rng)
        player.check()
    return player


@pytest.mark.parametrize("seed", range(8))
def test_long_traffic(seed: int) -> None:
    assert long_traffic(seed, 1500).acknowledged > 40, "the traffic must get somewhere"


@pytest.mark.parametrize(
    "name",
    [
        "absent-pe-is-pe-0",
        "eoir-drops-lowest",
        "iar-of-other-group",
        "latch-survives-activation",
        "lpi-stays-pending",
        "movi-leaves-pending",
        "set-loses-held",
        "spi-outranks-lower-value",
    ],
)
def test_traffic_notices_a_bug(name: str) -> None:
    fault = find(name)
    with copied([fault.module]):
        long_traffic(0, 100)
    with injected(fault), pytest.raises((AssertionError, IrqpathError)):
        for seed in range(6):
            long_traffic(seed, 600)
