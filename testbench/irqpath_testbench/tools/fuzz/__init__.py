"""Fuzzing of virtqueues: no traceback, no hang, no stray write, whatever the other side does."""
