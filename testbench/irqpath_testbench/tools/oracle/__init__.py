"""Two machines, QEMU and the golden models, driven with the same sequences of operations; everything read is compared."""
