"""The cost of an LPI does not grow with PEs that are merely there, nor with LPIs that are merely mapped: counted, not timed."""

from __future__ import annotations

import pytest

from irqpath.core.errors import CheckError
from irqpath_testbench.tools.bench.lpi import LpiMachine, cost

_COUNT = 64


@pytest.fixture(scope="module")
def base() -> float:
    """Calls for an LPI in the smallest machine."""
    return LpiMachine(1, 64).calls(_COUNT, 1)


@pytest.mark.parametrize(("pes", "mapped", "targets"), [(8, 64, 8), (64, 64, 8), (64, 64, 64), (1, 8192, 1), (8, 1 << 17, 8)])
def test_calls_an_lpi(base: float, pes: int, mapped: int, targets: int) -> None:
    """The same, exactly; every LPI was acknowledged by the PE that it is mapped to."""
    assert 50 < base < 500
    assert LpiMachine(pes, mapped).calls(_COUNT, targets) == base


def test_lost_lpi_is_noticed() -> None:
    """An LPI that does not arrive ends the measurement, naming it."""
    machine = LpiMachine(2, 64)
    machine.gic.memory.load(0x1_0000_0000, bytes(64))  # configuration bytes: disabled
    with pytest.raises(CheckError, match=r"PE 0 of 2 acknowledged \[1023\] instead of LPI 8192 \(64 mapped\)"):
        machine.lpis(1, 2)


def test_failed_process_is_reported() -> None:
    """What goes wrong in the process that measures is said in this one."""
    with pytest.raises(CheckError, match=r"with 0 PEs and 64 mapped failed: ConfigError: GicConfig\.pes is 0"):
        cost(0, 64, 1)
