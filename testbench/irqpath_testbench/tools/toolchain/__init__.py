"""Finds the programs and libraries that irqpath runs, and says how to get those that are missing.

Standard library only, since set-up uses it before anything is installed. Start with `environment.for_simulator`,
which gives a subprocess environment in which a simulator builds and runs.

It imports dut, irqpath and tools.oracle.
"""
