"""GICD, the Distributor (IHI 0069 12.8): registers, SPIs, the block.

It imports config, core, gic.common and regs; no other block.
"""
