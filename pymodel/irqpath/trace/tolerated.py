"""Deviations of the reference machine that a replay allows, each by register, field and condition, with its reason.

The QEMU policy makes the golden models behave as that machine wherever the architecture leaves a choice, so this list holds
only what the machine does against the architecture.
"""

from __future__ import annotations

from typing import Final

from irqpath.trace.findings import Tolerance

QEMU_VIRT: Final[tuple[Tolerance, ...]] = ()
