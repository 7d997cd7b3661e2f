"""GICv2 (IHI 0048): Distributor, CPU interfaces, GICH and GICV. It imports gic.common and the virtual interface of gicc."""
