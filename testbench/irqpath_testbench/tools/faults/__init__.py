"""Injected faults: bugs planted in models and in Verilog, and mutants of its gates."""
