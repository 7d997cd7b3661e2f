"""`irqpath conformance`: what of the architecture the golden models have, what exercises each piece of it, and who agrees with
it.

`touches` says what counts, `watch` watches the models, `evidence` keeps what was seen, `rows` sets it beside the descriptions
of the registers, the commands, the paths and the rules. Nothing of it is typed by hand.

It imports irqpath, tools.faults, tools.oracle, tools.sim and tools.toolchain.
"""

from irqpath_testbench.tools.conformance.cli import add_arguments, run

__all__ = ["add_arguments", "run"]
