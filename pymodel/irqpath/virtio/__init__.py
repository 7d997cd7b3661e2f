"""Golden models of virtio (OASIS virtio 1.2): both sides of a virtqueue, PCI and MMIO transports, net and block devices.

The names are those of Linux and of the literature. A `Vring` is the memory that both sides share; a `Virtqueue` is what a
driver holds in its hand; a `VringVirtqueue` wraps the two, so that one leads to the other (`to_vvq`). `device_queue` makes
the other side of the same ring.

It imports core, and of gic what every block is (`gic.common.block`).
"""
