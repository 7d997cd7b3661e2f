"""dist: Distributor and Redistributor. Down: to the Redistributor; up: from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpiOffer:
    """Down: the best SPI for this PE; it replaces the one offered before, which comes back as `SpiRelease`."""

    intid: int
    priority: int
    group: int


@dataclass(frozen=True, slots=True)
class SpiRecall:
    """Down: the offered SPI is not deliverable any more; answered by `SpiRecallAck`, after `SpiActivate` if that was faster."""

    intid: int


@dataclass(frozen=True, slots=True)
class SgiDeliver:
    """Down: an SGI for this PE; the Redistributor decides whether its group permits it (R76)."""

    kind: int
    intid: int


@dataclass(frozen=True, slots=True)
class Control:
    """Down: GICD_CTLR's group enables: bit 0 Group 0, bit 1 Group 1."""

    enables: int


@dataclass(frozen=True, slots=True)
class SgiMode:
    """Down: whether SGIs have no active state from now on (GICD_CTLR.nASSGIreq, GICv4.1)."""

    no_active_state: int


@dataclass(frozen=True, slots=True)
class SpiActivateAck:
    """Down: the Distributor has made the SPI active."""

    intid: int


@dataclass(frozen=True, slots=True)
class SpiDeactivateAck:
    """Down: the Distributor has made the SPI inactive."""

    intid: int


@dataclass(frozen=True, slots=True)
class SgiAck:
    """Down: the SGI request went out to all its targets."""


@dataclass(frozen=True, slots=True)
class PeStatusAck:
    """Down: the Distributor uses the new status."""


@dataclass(frozen=True, slots=True)
class WakeRequest:
    """Down: an SPI waits for this sleeping PE."""


@dataclass(frozen=True, slots=True)
class SpiActivate:
    """Up: the PE acknowledged the SPI."""

    intid: int


@dataclass(frozen=True, slots=True)
class SpiRelease:
    """Up: the SPI comes back unacknowledged."""

    intid: int


@dataclass(frozen=True, slots=True)
class SpiRecallAck:
    """Up: the recalled SPI is held nowhere on this side."""

    intid: int


@dataclass(frozen=True, slots=True)
class SpiDeactivate:
    """Up: software on this PE deactivated the SPI."""

    intid: int


@dataclass(frozen=True, slots=True)
class SpiDeactivateNs:
    """Up: as `SpiDeactivate`, by Non-secure software."""

    intid: int


@dataclass(frozen=True, slots=True)
class SgiRequest:
    """Up: software on this PE generated an SGI; fields as `GenerateSgi`."""

    kind: int
    intid: int
    irm: int
    aff: int
    rs: int
    targets: int


@dataclass(frozen=True, slots=True)
class PeStatus:
    """Up: what the Distributor must know of this PE: group enables of the CPU interface, awake or not, DPG0 and DPG1NS."""

    enables: int
    awake: int
    dpg: int


@dataclass(frozen=True, slots=True)
class ControlAck:
    """Up: nothing of a disabled group is held on this side any more."""
