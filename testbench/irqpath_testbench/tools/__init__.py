"""Tools: each folder is one, most of them a command of `irqpath`. They import everything below; `baremetal` builds what
`sequences.baremetal` keeps, `calibrate` learns from the rows of `env`."""
