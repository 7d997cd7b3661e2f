"""`irqpath bench`: what checking costs, measured with both sides in one run.

It imports dut, env, irqpath, sequences, tools.interop, tools.oracle, tools.sim and tools.toolchain.
"""

from irqpath_testbench.tools.bench.cli import add_arguments, run

__all__ = ["add_arguments", "run"]
