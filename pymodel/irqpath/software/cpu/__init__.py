"""What host and guest software share: a CPU as drivers see it, a PE in guest mode and its exits, what software costs.

It imports core, sim and virtio, and of software the costs.
"""
