"""`irqpath bench`: what checking costs, measured with both sides in one run."""

from irqpath_testbench.tools.bench.cli import add_arguments, run

__all__ = ["add_arguments", "run"]
