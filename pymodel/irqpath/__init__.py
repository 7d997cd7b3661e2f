"""Golden models of an Arm GIC, of virtio and of the software around them; needs no simulator.

Importing this package loads nothing else: set-up and the command line run before any third-party package is there.
"""

__version__ = "0.1.0"
