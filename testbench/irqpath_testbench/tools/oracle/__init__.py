"""Two machines, QEMU and the golden models, driven with the same sequences of operations; everything read is compared.

`server/` is the program that runs inside QEMU and reads and writes registers for us.

It imports irqpath and tools.toolchain.
"""
