"""Proofs of the Verilog: `irqpath formal`. They are data, proofs.toml (`proofs`), of properties in hdl/formal; SymbiYosys runs
them (`symbiyosys`).

It imports irqpath, dut, tools.faults and tools.toolchain.
"""

from irqpath_testbench.tools.formal.cli import add_arguments, run

__all__ = ["add_arguments", "run"]
