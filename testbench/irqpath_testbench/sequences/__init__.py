"""Scenarios: software on PEs, as async Python over `irqpath.sim.platform`, so that each runs on the models and on RTL
unchanged. They import irqpath, and `dut` for the sizes of a device."""
