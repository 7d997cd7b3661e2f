"""What takes how long: profiles as data, and for each kind of block the timer that says what costs what.

`profile` has the tables and reads the files of `profiles`, `term` what a timer is and says, `rooms` what keeps an input waiting
though its block is idle, and a module a kind of block its timer. A co-simulation's rows (calibration, local error) and the model
platform's stations use the same timers. It imports cli, core, config, gic and regs.
"""
