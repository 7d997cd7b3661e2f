"""What blocks of an interrupt controller are made of: banks of registers, frames, offers, Security states, tables in memory.

It imports core, config and regs; no block."""
