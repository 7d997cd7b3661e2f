"""What software takes on machines that exist, as published, and what that says of a machine of which little is known.

`machines.toml` has the machines, their clocks and times, `hops.toml` what a time is composed of, single published figures, and
what nobody has published; `data` reads both. `ratios` and `composition` are the two ways to predict a time from others,
`prediction` asks both, leaves one machine out at a time to see how far each errs, and takes the better; `report` and `command`
are `irqpath evolution predict`. It imports cli and core.
"""
