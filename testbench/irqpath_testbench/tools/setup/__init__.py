"""Set-up of a checkout: from a bare Python to a `.venv` in which everything runs. Standard library only.

It imports irqpath and tools.toolchain.
"""
