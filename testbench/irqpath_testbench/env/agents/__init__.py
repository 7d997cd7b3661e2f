"""pyuvm agents, one per link: item, driver and monitor. Monitors publish what the recorder wrote; none wakes every cycle.

It imports dut and irqpath.
"""
