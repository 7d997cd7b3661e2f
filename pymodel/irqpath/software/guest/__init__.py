"""A guest's software: its kernel's interrupt handling, drivers of virtio, and what it runs.

It imports config, core and virtio, and of software cpu, irqchip, packets and the workload; it knows nothing of the host.
"""
