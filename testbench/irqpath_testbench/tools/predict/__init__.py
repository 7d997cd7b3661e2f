"""`irqpath predict`: how long interrupts take, by a profile of costs and without any Verilog, and where their time goes.

It imports dut, env, irqpath, sequences and tools.sim.
"""

from __future__ import annotations

from irqpath_testbench.tools.predict.cli import add_arguments, run

__all__ = ["add_arguments", "run"]
