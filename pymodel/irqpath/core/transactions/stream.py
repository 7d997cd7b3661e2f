"""stream: Redistributor and CPU interface (IHI 0069 appendix A). Down: to the CPU interface; up: from it."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class SgiKind(enum.IntEnum):
    """The register that generated an SGI (IHI 0069 12.1, SGI forwarding)."""

    SGI0R = 0
    SGI1R = 1
    ASGI1R = 2


@dataclass(frozen=True, slots=True)
class Set:
    """Down: this is now the highest priority pending interrupt; it replaces the one held."""

    intid: int
    priority: int
    group: int


@dataclass(frozen=True, slots=True)
class Clear:
    """Down: the interrupt is not pending any more."""

    intid: int


@dataclass(frozen=True, slots=True)
class Quiesce:
    """Down: give back what is held, prepare to sleep."""


@dataclass(frozen=True, slots=True)
class DownstreamControl:
    """Down: settings for the CPU interface; `identifier` says which, `value` 16 bits."""

    identifier: int
    value: int


@dataclass(frozen=True, slots=True)
class ActivateAck:
    """Down: `Activate` has been carried out."""

    intid: int


@dataclass(frozen=True, slots=True)
class DeactivateAck:
    """Down: `Deactivate` has been carried out."""

    intid: int


@dataclass(frozen=True, slots=True)
class GenerateSgiAck:
    """Down: `GenerateSgi` has been carried out."""


@dataclass(frozen=True, slots=True)
class UpstreamControlAck:
    """Down: `UpstreamControl` has been carried out."""


@dataclass(frozen=True, slots=True)
class Activate:
    """Up: software acknowledged the interrupt (ICC_IAR)."""

    intid: int


@dataclass(frozen=True, slots=True)
class Release:
    """Up: the CPU interface gives the pending interrupt back, unacknowledged."""

    intid: int


@dataclass(frozen=True, slots=True)
class Deactivate:
    """Up: software deactivated the interrupt (ICC_EOIR with EOImode 0, ICC_DIR)."""

    intid: int


@dataclass(frozen=True, slots=True)
class DeactivateNs:
    """Up: as `Deactivate`, by Non-secure software (two Security states): only of Non-secure Group 1."""

    intid: int


@dataclass(frozen=True, slots=True)
class GenerateSgi:
    """Up: software wrote ICC_SGI0R, ICC_SGI1R or ICC_ASGI1R; with two Security states 4 is added to `kind` where Non-secure
    software did. `aff` is Aff3.Aff2.Aff1, 24 bits; `targets` 16 bits."""

    kind: int
    intid: int
    irm: int
    aff: int
    rs: int
    targets: int


@dataclass(frozen=True, slots=True)
class UpstreamControl:
    """Up: the group enables of the CPU interface: bit 0 Group 0, bit 1 Group 1."""

    enables: int


@dataclass(frozen=True, slots=True)
class ClearAck:
    """Up: `Clear` done; if the interrupt was acknowledged before, its `Activate` has gone ahead."""

    intid: int


@dataclass(frozen=True, slots=True)
class QuiesceAck:
    """Up: nothing is held any more."""


@dataclass(frozen=True, slots=True)
class DownstreamControlAck:
    """Up: the settings are in use."""
