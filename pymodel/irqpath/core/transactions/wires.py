"""irq: wires, and resets."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class OutLine(enum.IntEnum):
    """Output wires of a CPU interface and of a Redistributor (`LineChange.line` of an outgoing link)."""

    IRQ = 0
    FIQ = 1
    WAKE = 2
    VIRQ = 3
    VFIQ = 4
    MAINTENANCE = 5


@dataclass(frozen=True, slots=True)
class LineChange:
    """A wire changed to `level`. Inputs: `line` is the INTID of a PPI or SPI; outputs: an `OutLine`."""

    line: int
    level: int


@dataclass(frozen=True, slots=True)
class Reset:
    """The block was reset."""


@dataclass(frozen=True, slots=True)
class PeReset:
    """Told to a Redistributor, and to a GICv2: a PE and its CPU interface were reset, all else was not."""
