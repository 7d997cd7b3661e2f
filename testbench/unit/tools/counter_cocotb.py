"""The cocotb side of test_simulators: runs inside the simulator, so pytest does not collect it."""

from __future__ import annotations

import cocotb
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject, LogicArrayObject, LogicObject
from cocotb.triggers import ClockCycles


class Counter(HierarchyObject):
    """The names in rtl/counter.v, for the type checker."""

    clk: LogicObject
    rst: LogicObject
    count: LogicArrayObject
    previous: LogicArrayObject


@cocotb.test()
async def counts(dut: Counter) -> None:
    """Ten cycles after reset the counter holds ten, and `previous` what its memory held."""
    dut.rst.value = 1
    Clock(dut.clk, 10, "ns").start()
    await ClockCycles(dut.clk, 2)
    dut.rst.value = 0
    await ClockCycles(dut.clk, 11)
    assert int(dut.count.value) == 10
    assert int(dut.previous.value) == 8
