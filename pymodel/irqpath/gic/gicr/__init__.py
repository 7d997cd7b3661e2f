"""GICR, the Redistributor of one PE (IHI 0069 12.10): registers, LPIs, VLPIs, the block.

It imports gic.common; no other block.
"""
