"""Events × states of a GICv2: cells are told from the state before the event; an impossible one is not silent; the scenario
reaches all others."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, Observed, PeReset, RegRead, RegWrite, Transaction
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.sim.gicv2_platform import Gicv2Platform
from irqpath_testbench.dut.parameters import GICV2
from irqpath_testbench.env import coverage_matrix_gicv2
from irqpath_testbench.env.coverage_matrix_gicv2 import EVENTS, IMPOSSIBLE, STATES, Gicv2Matrix, matrix
from irqpath_testbench.env.plan_gicv2 import FRAMES
from irqpath_testbench.sequences.gicv2_matrix import events_in_states
from irqpath_testbench.sequences.randoms import Randoms


class _Watched:
    """A GICv2 whose inputs the matrix sees first."""

    def __init__(self, pes: int = 1) -> None:
        self.dut = replace(GICV2, pes=pes).dut()
        assert self.dut.gicv2 is not None  # it is one
        self.config = self.dut.gicv2
        self.unit = Gicv2(self.config, self.dut.policy)
        self.hits: Counter[str] = Counter()
        self.matrix = Gicv2Matrix(self.unit, lambda _, cell: self.hits.update([cell]))

    def saw(self, o: Observed) -> None:
        """Any transaction."""
        if o.link in self.unit.inputs():
            assert o.link in self.matrix.links
            self.matrix.saw(o)
            self.unit.predict(o.link, o.transaction)

    def enters(self, link: Link, t: Transaction) -> set[str]:
        """The cells that it hits."""
        before = Counter(self.hits)
        self.saw(Observed(link, 1, 1, t))
        return set(self.hits - before)

    def write(self, name: str, value: int) -> set[str]:
        """A register."""
        frame = name[:4].lower()
        return self.enters(Link.of(frame, "reg"), RegWrite(FRAMES[frame].element(name).offset, 4, value, 0))

    def read(self, name: str) -> set[str]:
        """A register."""
        frame = name[:4].lower()
        return self.enters(Link.of(frame, "reg"), RegRead(FRAMES[frame].element(name).offset, 4, 0))


def test_cells_are_of_the_state_before() -> None:
    """From an SGI to its end."""
    watched = _Watched()
    off = {"GICD off", "GICC off", "idle"}
    assert watched.write("GICD_CTLR", 3) == {f"GICD_CTLR written, {state}" for state in off}
    watched.write("GICC_CTLR", 3)
    assert watched.write("GICC_PMR", 0xF8) == {"GICC_PMR written, idle"}
    watched.write("GICD_ISENABLER0", 0xFFFF_FFFF)
    assert watched.write("GICD_SGIR", 2 << 24 | 5) == {"SGI sent, idle"}
    assert watched.read("GICC_AIAR") == {"spurious acknowledge, SGI pending", "spurious acknowledge, IRQ high"}
    assert watched.read("GICC_IAR") == {"acknowledge, SGI pending", "acknowledge, IRQ high"}
    assert watched.enters(Link.gicv2_ppi(0), LineChange(20, 1)) == {"PPI's wire, active"}
    assert watched.read("GICC_IAR") == {f"spurious acknowledge, {state}" for state in ("PPI pending", "masked", "active")}
    assert watched.enters(Link.gicc(0, "reset"), PeReset()) == {
        f"reset, {state}" for state in ("PPI pending", "masked", "active")
    }
    assert not watched.matrix.reached


def test_an_impossible_cell_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its reason; here one that is called impossible and is not."""
    monkeypatch.setitem(coverage_matrix_gicv2.IMPOSSIBLE, ("reset", "idle"), "nobody resets it")
    watched = _Watched()
    watched.enters(Link.gicc(0, "reset"), PeReset())
    assert watched.matrix.reached == ["PE 0, cycle 1: reset, idle, though nobody resets it"]


def test_there_are_few_cells() -> None:
    """Each once; none that is impossible."""
    cells = matrix()
    assert len(set(cells)) == len(cells) == len(EVENTS) * len(STATES) - len(IMPOSSIBLE)
    assert len(EVENTS) * len(STATES) <= 400
    assert all(IMPOSSIBLE.values())


@pytest.mark.parametrize("pes", [1, 4])
def test_the_scenario_reaches_every_cell(pes: int) -> None:
    """On the models."""
    watched = _Watched(pes)
    platform = Gicv2Platform(watched.config, watched.dut.policy, listen=watched.saw)
    platform.run(events_in_states(platform, Randoms("3:matrix")))
    assert [cell for cell in matrix() if cell not in watched.hits] == []
    assert watched.matrix.reached == []
