"""GICR, the Redistributor of one PE (IHI 0069 12.10).

It imports config, core, gic.common and regs; no other block.

`redistributor` is the block; its parts are the link to GICD, GICR_WAKER, LPIs with the commands of ITSs for them, and the GICv4
part (`vlpi`, with the vPE table, doorbells and virtual SGIs). `host`: what registers and the GICv4 part use of the block.
"""
