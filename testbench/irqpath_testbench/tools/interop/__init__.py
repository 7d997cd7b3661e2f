"""Virtqueues against code that is not ours: Linux's virtio_ring.c as the driver, DPDK's vhost library as the device.

It imports irqpath, tools.setup and tools.toolchain.
"""
