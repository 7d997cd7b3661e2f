"""Golden models of the interrupt controller's blocks: GICD, GICR, GICC, ITS, and `Gic`, which joins them."""
