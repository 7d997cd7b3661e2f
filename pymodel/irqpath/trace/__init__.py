"""Recordings of real software (format LabTrace 1), and their replay against the golden models.

`reader` reads the file; `replay` feeds the events to the models (`machine`, `memory_events`, `virtio`), compares reads, and has
outputs compared (`output_events` and the modules of checks that it leads to); `reporter` and `findings` keep what differs. It
imports the models and what lies below them, and cli.

It imports cli, config, core, gic, regs and virtio.
"""
