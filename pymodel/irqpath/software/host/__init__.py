"""The host's software: its kernel on each PE and its threads, KVM, QEMU with its event loop and devices.

It imports virtio, core, config, regs, gic (`gic.its.encoding`), sim, and of software cpu, irqchip, kvm and packets.
"""
