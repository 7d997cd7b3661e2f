"""ITS, the Interrupt Translation Service (IHI 0069 5): commands, registers, the block. It imports gic.common; no other block."""
