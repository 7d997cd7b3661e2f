"""Injected faults: faults injected into models (`faults`) and in Verilog (`rtl_faults`), and mutants of its gates (`mutate`).

The bugs are data in the *.toml here, one file a kind. `faults` imports no model, so that nothing is loaded before a bug is in
place; `rtl_faults` imports dut, with which `rtl_copy` edits copies of the Verilog; `mutate` imports what runs a simulation.

It imports dut and irqpath.
"""
