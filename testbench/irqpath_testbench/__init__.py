"""The verification side of irqpath: set-up, tools, cocotb and pyuvm environment, tests.

Importing this package loads nothing else: set-up runs it before any third-party package is there.

It imports irqpath.
"""
