"""Co-simulation tests that run inside the simulator, one file a path.

A bug to plant in the golden models must be in place before any of them is imported, so that comes first.
"""

from irqpath_testbench.tools.faults.plants import install_from_environment

install_from_environment()
