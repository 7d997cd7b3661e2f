"""GICD, the Distributor (IHI 0069 12.8): registers, SPIs, the block. It imports gic.common; no other block."""
