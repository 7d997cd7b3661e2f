"""stream, of a GICv4: virtual interrupts that a Redistributor presents to its CPU interface."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VSet:
    """Down: the highest priority pending virtual LPI or SGI of the resident vPE; it replaces the one held (GICv4)."""

    intid: int
    priority: int
    group: int


@dataclass(frozen=True, slots=True)
class VClear:
    """Down: the virtual interrupt is not pending any more, or its vPE is leaving."""

    intid: int


@dataclass(frozen=True, slots=True)
class VActivateAck:
    """Down: `VActivate` has been carried out."""

    intid: int


@dataclass(frozen=True, slots=True)
class VActivate:
    """Up: the guest acknowledged the virtual interrupt that the Redistributor presents (ICV_IAR)."""

    intid: int


@dataclass(frozen=True, slots=True)
class VRelease:
    """Up: the CPU interface gives the virtual interrupt back, unacknowledged."""

    intid: int


@dataclass(frozen=True, slots=True)
class VClearAck:
    """Up: `VClear` done; if the interrupt was acknowledged before, its `VActivate` has gone ahead."""

    intid: int
