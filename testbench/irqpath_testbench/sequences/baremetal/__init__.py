"""Bare metal: a small GIC test of ours in C and assembly (`program/`: source and binaries), and the PE that runs it.

It imports irqpath.
"""
