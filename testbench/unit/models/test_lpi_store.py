"""The store of pending LPIs with spill into memory, against a reference that keeps everything in a dictionary."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from irqpath.config.policy import LpiConfigFetch, Policy
from irqpath.config.sizes import FIRST_LPI, GicConfig
from irqpath.core.memory import Memory
from irqpath.gic.gicr.lpi import LpiUnit
from irqpath_testbench.tools.faults.injection import models
from unit.models.drive import PEND, PROP, Bench

BITS = 14
LIMIT = 1 << BITS
#: Few enough to meet each other, in one word of the pending table, in its neighbour and at the ends.
INTIDS = [*range(FIRST_LPI, FIRST_LPI + 6), FIRST_LPI + 63, FIRST_LPI + 64, 12000, LIMIT - 1]
PRIORITIES = [0x00, 0x40, 0x44, 0x80, 0xF8]


class Store(RuleBasedStateMachine):
    """Random traffic on one LpiUnit. `pending`: what must be pending; `config`: byte that counts; `held`: what GICC may hold."""

    @initialize(
        capacity=st.integers(2, 4), fetch=st.sampled_from(["pending", "cached", "use"]), bits=st.sampled_from([0xF8, 0xF0, 0xFF])
    )
    def make(self, capacity: int, fetch: LpiConfigFetch, bits: int) -> None:
        self.memory = Memory()
        self.mask = bits & 0xFC
        self.held: set[int] = set()
        policy = Policy(lpi_store=capacity, lpi_config=fetch)
        self.unit = LpiUnit(self.memory, policy, bits, 16, lambda intid: intid in self.held)
        self.unit.propbaser, self.unit.pendbaser = PROP | (BITS - 1), PEND
        self.pending: set[int] = set()
        self.config = dict.fromkeys(INTIDS, 0)
        self.capacity = capacity
        for n, intid in enumerate(INTIDS):
            self._configure(intid, PRIORITIES[n % len(PRIORITIES)], True)
        self.unit.enable()

    def _configure(self, intid: int, priority: int, enabled: bool) -> None:
        self.config[intid] = priority | enabled
        self.memory.write(PROP + intid - FIRST_LPI, 1, priority | enabled)

    def expected(self) -> tuple[int, int, int] | None:
        """The best candidate, by priority, then by INTID; when the CPU interface may hold all slots, of those.

        One that it may hold needs no slot: cleared and set again, it waits in the table while another has its slot.
        """
        stored = {entry[0] for entry in self.unit.slots if entry is not None}
        among = stored if len(stored) == self.capacity and stored <= self.held else self.pending
        ranks = [(self.config[i] & self.mask, i, 1) for i in among if self.config[i] & 1]
        return min(ranks, default=None)

    # --- what happens ---------------------------------------------------------------------------------------------------

    @rule(intid=st.sampled_from(INTIDS))
    def set_pending(self, intid: int) -> None:
        self.unit.set_pending(intid)
        self.pending.add(intid)

    @rule(intid=st.sampled_from(INTIDS))
    def clear_pending(self, intid: int) -> None:
        assert self.unit.clear_pending(intid) == (intid in self.pending)
        self.pending.discard(intid)

    @rule(intid=st.sampled_from([0, 40, FIRST_LPI - 1, LIMIT, LIMIT + 1, 1 << 20]))
    def out_of_range(self, intid: int) -> None:
        self.unit.set_pending(intid)
        assert not self.unit.clear_pending(intid)
        self.unit.invalidate(intid)

    @rule(intid=st.sampled_from(INTIDS), priority=st.sampled_from(PRIORITIES), enabled=st.booleans())
    def change_one(self, intid: int, priority: int, enabled: bool) -> None:
        self._configure(intid, priority, enabled)
        self.unit.invalidate(intid)

    @rule(shift=st.integers(0, 4), disabled=st.sets(st.sampled_from(INTIDS), max_size=3))
    def change_all(self, shift: int, disabled: set[int]) -> None:
        for n, intid in enumerate(INTIDS):
            self._configure(intid, PRIORITIES[(n + shift) % len(PRIORITIES)], intid not in disabled)
        self.unit.invalidate_all()

    @precondition(lambda self: len(self.held) < 2)
    @rule()
    def forward(self) -> None:
        """The CPU interface gets the best one; one that it replaces may be on its way back."""
        best = self.unit.best()
        if best is not None:
            self.held.add(best[1])

    @rule(acknowledged=st.booleans())
    def bring_back(self, acknowledged: bool) -> None:
        """What the CPU interface holds is acknowledged or released."""
        for intid in sorted(self.held):
            self.held.discard(intid)
            if acknowledged:
                assert self.unit.clear_pending(intid) == (intid in self.pending)
                self.pending.discard(intid)

    @rule()
    def disable_and_enable(self) -> None:
        self.unit.disable()
        assert self.unit.best() is None
        self.held.clear()
        self.unit.flush()
        assert self.in_table() == self.pending
        self.unit.enable()

    @rule()
    def give_one_away(self) -> None:
        intid = self.unit.any_pending()
        assert (intid < 0) == (not self.pending)
        if intid >= 0:
            assert self.unit.clear_pending(intid)
            self.pending.remove(intid)
            self.held.discard(intid)

    # --- what always holds ----------------------------------------------------------------------------------------------

    def in_table(self) -> set[int]:
        """INTIDs whose bit of the pending table is set."""
        return {i for i in INTIDS if self.memory.read(PEND + i // 8, 1) >> (i % 8) & 1}

    @invariant()
    def the_best_is_known(self) -> None:
        if hasattr(self, "unit"):
            assert self.unit.best() == self.expected()

    @invariant()
    def each_is_in_one_place(self) -> None:
        if hasattr(self, "unit"):
            stored = [entry[0] for entry in self.unit.slots if entry is not None]
            assert len(stored) == len(set(stored)) <= self.capacity
            assert not set(stored) & self.in_table()
            assert set(stored) | self.in_table() == self.pending

    def teardown(self) -> None:
        """Everything comes out, in order."""
        if not hasattr(self, "unit"):
            return
        self.held.clear()
        while (best := self.unit.best()) is not None:
            assert best == self.expected()
            assert self.unit.clear_pending(best[1])
            self.pending.remove(best[1])
        assert all(not self.config[intid] & 1 for intid in self.pending)


Store.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=30,
)
TestStore = Store.TestCase


@pytest.mark.parametrize("capacity", [2, 3, 4, 32, 0])
@pytest.mark.parametrize("fetch", ["pending", "cached", "use"])
def test_many_lpis_come_in_order(capacity: int, fetch: LpiConfigFetch) -> None:
    """A whole GIC: more LPIs than slots, taken in order of (priority, INTID), across EnableLPIs off and on."""
    config = GicConfig(direct_lpi=True, its=())
    bench = Bench(models(), config, Policy(lpi_store=capacity, lpi_config=fetch)).boot()
    bench.lpis(bits=BITS)
    bench.msr("ICC_PMR_EL1", 0)
    intids = [FIRST_LPI + 7 * n % 101 for n in range(60)]
    for n, intid in enumerate(intids):
        bench.lpi_config(intid, 0x20 + 8 * (n * 5 % 13))
        bench.write("GICR_SETLPIR", intid)
        bench.write("GICR_SETLPIR", intid)
    order = sorted(intids, key=lambda intid: (bench.memory.read(PROP + intid - FIRST_LPI, 1), intid))
    bench.write("GICR_CTLR", 0)
    bench.write("GICR_CTLR", 1)
    for intid in order[10:20]:
        bench.write("GICR_CLRLPIR", intid)
    bench.msr("ICC_PMR_EL1", 0xFF)
    assert bench.take() == order[:10] + order[20:]
    assert bench.memory.dump(PEND, LIMIT // 8) == bytes(LIMIT // 8)


def test_store_that_is_all_in_flight() -> None:
    """The CPU interface may hold as many LPIs as there are slots; a better one then waits in the table."""
    memory = Memory()
    held = {FIRST_LPI, FIRST_LPI + 1}
    unit = LpiUnit(memory, Policy(lpi_store=2), 0xF8, 16, held.__contains__)
    unit.propbaser, unit.pendbaser = PROP | (BITS - 1), PEND
    for intid, priority in ((FIRST_LPI, 0x80), (FIRST_LPI + 1, 0x60), (FIRST_LPI + 2, 0x40)):
        memory.write(PROP + intid - FIRST_LPI, 1, priority | 1)
    unit.enable()
    for n in range(3):
        unit.set_pending(FIRST_LPI + n)
    assert unit.best() == (0x60, FIRST_LPI + 1, 1), "the best that fits"
    held.clear()
    assert unit.best() == (0x40, FIRST_LPI + 2, 1)
