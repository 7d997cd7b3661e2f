"""The golden models as a machine: a discrete-event clock, links and blocks that take time, PEs that run async software.

It imports config, core, gic and regs.
"""
