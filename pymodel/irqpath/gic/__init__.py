"""Golden models of the interrupt controller's blocks, a folder a block, and `system.Gic`, which joins them.

In each folder imports run one way: what the parts use of their block (`host`), the parts and registers, the block. A block does
not import another; what two of them need is in `common`. Models import core, config and regs, and nothing of simulators.
"""
