"""The pyuvm environment: agents, scoreboards, journeys, coverage, and the base test. It imports irqpath, dut and sequences."""
