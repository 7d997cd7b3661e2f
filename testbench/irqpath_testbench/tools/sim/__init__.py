"""`irqpath sim`: build the Verilog, simulate the scenarios of each path, check every transaction, print one table; then replay
recordings of Linux against the golden models, and send packets through those of each generation.

It imports dut, env, irqpath, sequences, tools.conformance, tools.faults and tools.toolchain.
"""

from irqpath_testbench.tools.sim.cli import add_arguments, run

__all__ = ["add_arguments", "run"]
