"""`irqpath evolution`: what interrupts cost from one generation of GIC to the next.

`irqpath evolution run` (`cli`) sends the same packets through the models of a machine of each generation. `asked` is what was
asked for, and the command that asks for a part of it again; `course` runs it, with its progress. `data` makes plain data of what
came of it, of which all else is made: `tables`, and a `page` with packets in `sequence`, distributions and loads as `plots`, and
`story.toml` for its text; and the `picture` of README.md. `irqpath evolution predict` is irqpath.software.costs.

It imports irqpath.cli, irqpath.core, irqpath.software and tools.toolchain.
"""

from __future__ import annotations

from irqpath_testbench.tools.evolution.cli import add_arguments, run

__all__ = ["add_arguments", "run"]
