"""Drivers of interrupt controllers (drivers/irqchip of Linux 6.12), which the host's kernel and the guest's both have.

They import core, config, software.cpu, and of gic how an ITS command is written (`gic.its.encoding`).
"""
