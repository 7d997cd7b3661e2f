"""Checker qualification: broken rules of the base test, faults injected into RTL and in models. Run by pytest on the host."""
