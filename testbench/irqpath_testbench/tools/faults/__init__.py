"""Injected faults: bugs planted in models (`plants`) and in Verilog (`rtl_plants`), and mutants of its gates (`mutate`).

The bugs are data in the *.toml here, one file a kind. `plants` imports no model, so that nothing is loaded before a bug is in
place; `rtl_plants` imports dut, `mutate` what runs a simulation.
"""
