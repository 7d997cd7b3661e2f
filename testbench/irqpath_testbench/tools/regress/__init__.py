"""`irqpath regress`: many runs from one plan, resumable, with one result.

A job is a frozen record of what is to run (`job.py`), its result is one record, written once and whole (`record.py`). What runs
a job knows nothing of who schedules it; what reports reads records alone. `plans` has the project's own plans (`plan.py`).

It imports dut, env, irqpath, tools.faults, tools.sim and tools.toolchain.
"""
