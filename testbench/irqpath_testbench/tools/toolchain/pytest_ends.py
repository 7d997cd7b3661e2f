"""A pytest plugin: tests end with whoever started them. pytest-xdist's workers outlive a parent that was killed by many seconds,
and so does what they simulate."""

from __future__ import annotations

import os

import pytest

from irqpath.cli import signals


def pytest_configure(config: pytest.Config) -> None:
    """A worker ends with the process that hands out the tests, and that one with make where make started it."""
    if hasattr(config, "workerinput"):
        signals.end_with_parent(os.getppid())
    else:
        signals.end_with_make()
