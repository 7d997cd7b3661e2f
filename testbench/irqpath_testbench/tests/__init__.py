"""Co-simulation tests that run inside the simulator, one file a path, and open-loop traffic of any.

A fault to inject into the golden models must be in place before any of them is imported, so that comes first.

It imports env, irqpath, sequences, tools.faults and tools.oracle (its generator).
"""

from irqpath_testbench.tools.faults.injection import install_from_environment

install_from_environment()
