"""`Board`: a whole machine by address, for who has a CPU of his own: an instruction-set simulator, a debugger, a test program.

Register frames and RAM at addresses, system registers by name or encoding, wires, messages, the lines of each PE. It is the same
for a GICv2 and a GICv3 or GICv4. It has no clock: everything settles within one call.

It imports gic, config, regs and core.
"""
