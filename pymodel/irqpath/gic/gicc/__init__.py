"""GICC, the CPU interface of one PE: physical (IHI 0069 12.2) and virtual (12.3, 12.4).

It imports config, core, gic.common and regs; no other block.

`cpu_interface` is the block for one Security state, `secure` for two, extended INTIDs and non-maskable interrupts. What either
has of EL2 is a part of it, `virtualization`, around `virtual_interface`, which GICv2 uses as well.
"""
