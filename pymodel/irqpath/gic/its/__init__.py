"""ITS, the Interrupt Translation Service (IHI 0069 5): commands, registers, the block.

It imports config, core, gic.common and regs; no other block.
"""
