"""Scoreboards: one a block (does what leaves it follow from what entered it?) and one for journeys (is every interrupt
delivered, once?). They know transactions only, no simulator.

It imports dut, irqpath and sequences.
"""
