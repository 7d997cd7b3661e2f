"""What a machine is configured as: sizes and identity of a GIC (`sizes`), of a GICv2 (`gicv2`), and a choice for
everything that the architecture leaves open (`policy`). It imports core only."""
