"""Host and guest software, and what it costs: folders of their own, each with its head.

`cpu` is what the two sides share; `irqchip` has the drivers of the interrupt controller that both have; `guest` and `host` are
the sides; `kvm` is KVM's vgic as plain data; `costs` published machines. Here are the packets that go through it all, what is
sent (`workload`), the `machine` that joins them, its `evolution` from one GIC to the next, and one packet seen from everywhere
(`recording`). They import cli, config, core, regs, sim and virtio.
"""
