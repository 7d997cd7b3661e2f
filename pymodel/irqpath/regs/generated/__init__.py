# Generated: do not edit; regenerate with "irqpath regs generate".
"""Register tables, one module a block.

It imports regs.
"""
