"""Fuzzing of virtqueues: no traceback, no hang, no stray write, whatever the other side does.

`corpus/` holds inputs that found something once, a folder a target (device, registers, state).

It imports irqpath, tools.sim and tools.toolchain.
"""
