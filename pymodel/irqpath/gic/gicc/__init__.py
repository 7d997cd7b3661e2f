"""GICC, the CPU interface of one PE: physical (IHI 0069 12.2) and virtual (12.3, 12.4). It imports gic.common; no other block."""
