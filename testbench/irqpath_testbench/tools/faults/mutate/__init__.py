"""`irqpath mutate`: how many small changes of a block's gates the checks notice. All mutants are in one build, of which a run
picks one.

It imports dut, env, irqpath, tools.sim and tools.toolchain.
"""

from irqpath_testbench.tools.faults.mutate.cli import add_arguments, run

__all__ = ["add_arguments", "run"]
