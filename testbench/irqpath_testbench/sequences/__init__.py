"""Scenarios: software on PEs, as async Python over `irqpath.platform`, so that each runs on the models and on RTL unchanged."""
