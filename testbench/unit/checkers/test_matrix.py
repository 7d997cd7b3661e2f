"""Events × states of a virtual interface: cells are told from the state before the event; an impossible one is not silent."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from irqpath.config.sizes import VirtualConfig
from irqpath.core.link import Link
from irqpath.core.transactions import Observed, PeState, Reset, SysRead, SysWrite, Transaction
from irqpath.gic.gicc.cpu_interface import CpuInterface
from irqpath.regs import ICC, ICH
from irqpath_testbench.dut.parameters import VIRTUAL
from irqpath_testbench.env import coverage_matrix
from irqpath_testbench.env.coverage_matrix import EVENTS, STATES, VirtualMatrix, impossible, matrix
from irqpath_testbench.sequences import guests

_SYS = Link.gicc(0, "sys")


class _Watched:
    """A CPU interface whose inputs the matrix sees first."""

    def __init__(self) -> None:
        device = replace(VIRTUAL, pes=1)
        self.unit = CpuInterface(0, device.gic(), device.policy())
        assert self.unit.virtualization is not None
        self.hits: Counter[str] = Counter()
        self.matrix = VirtualMatrix(self.unit, self.unit.virtualization, lambda _, cell: self.hits.update([cell]))

    def enters(self, t: Transaction, link: Link = _SYS) -> set[str]:
        """The cells that it hits."""
        before = Counter(self.hits)
        self.matrix.saw(Observed(link, 1, 1, t))
        self.unit.predict(link, t)
        return set(self.hits - before)

    def write(self, name: str, value: int) -> set[str]:
        """A system register."""
        return self.enters(SysWrite((ICH if name.startswith("ICH") else ICC).by_name(name).offset, value))

    def read(self, name: str) -> set[str]:
        """A system register."""
        return self.enters(SysRead((ICH if name.startswith("ICH") else ICC).by_name(name).offset))


def test_cells_are_of_the_state_before() -> None:
    """From a List register's write to the guest's end."""
    watched = _Watched()
    assert watched.write("ICH_VMCR_EL2", guests.OPEN) == {"ICH_VMCR written, nothing listed", "ICH_VMCR written, off"}
    watched.write("ICH_HCR_EL2", guests.EN)
    assert watched.write("ICH_LR0_EL2", guests.lr(40)) == {"LR pending, nothing listed"}
    assert watched.write("ICH_LR0_EL2", guests.lr(41)) == {
        f"{event}, {state}" for event in ("LR pending", "signalled LR rewritten") for state in ("pending", "vIRQ high")
    }
    assert watched.enters(guests.GUEST) == {"to EL1, pending", "to EL1, vIRQ high"}
    assert watched.read("ICC_IAR1_EL1") == {"acknowledge, pending", "acknowledge, vIRQ high"}
    assert watched.read("ICC_IAR1_EL1") == {"spurious acknowledge, active"}
    assert watched.write("ICC_EOIR1_EL1", 41) == {"EOIR, active"}
    assert watched.write("ICC_SGI1R_EL1", 0) == {"trap, nothing listed"}
    assert watched.enters(PeState(2)) == {"to EL2, nothing listed"}
    assert watched.enters(Reset(), Link.gicc(0, "reset")) == {"reset, nothing listed"}
    assert not watched.matrix.reached


def test_an_impossible_cell_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its reason; here one that is called impossible and is not."""
    monkeypatch.setattr(coverage_matrix, "_IMPOSSIBLE", {("to EL2", "nothing listed"): "nobody goes there"})
    watched = _Watched()
    watched.enters(PeState(2))
    assert watched.matrix.reached == ["PE 0, cycle 1: to EL2, nothing listed, though nobody goes there"]


@pytest.mark.parametrize("registers", [1, 2, 16])
def test_there_are_few_cells(registers: int) -> None:
    """Each once; none that is impossible."""
    config = VirtualConfig(list_registers=registers)
    cells, never = matrix(config), impossible(config)
    assert len(set(cells)) == len(cells) == len(EVENTS) * len(STATES) - len(never)
    assert len(EVENTS) * len(STATES) <= 400
    assert all(never.values())
