"""Time as a whole: after a run of the Verilog the same software with the same seed runs on the model platform, and journeys,
links and the run's length are compared. No verdict about what is right depends on it.

It imports dut, env (its configuration and its journeys) and irqpath.
"""
