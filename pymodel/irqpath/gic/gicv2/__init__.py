"""GICv2 (IHI 0048): Distributor, CPU interfaces, GICH and GICV.

It imports config, core, gic.common, regs and the virtual interface of gicc.
"""
