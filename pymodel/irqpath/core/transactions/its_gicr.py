"""its_gicr: ITS and Redistributor, physical LPIs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LpiSet:
    """Make an LPI pending."""

    intid: int


@dataclass(frozen=True, slots=True)
class LpiClear:
    """Make an LPI not pending."""

    intid: int


@dataclass(frozen=True, slots=True)
class LpiInv:
    """Read the LPI's configuration again."""

    intid: int


@dataclass(frozen=True, slots=True)
class LpiInvall:
    """Read the configuration of all LPIs again."""


@dataclass(frozen=True, slots=True)
class LpiTake:
    """Give the LPI's pending state away (MOVI): not pending here any more; the acknowledgement says whether it was."""

    intid: int


@dataclass(frozen=True, slots=True)
class LpiTakeAny:
    """Give away any one pending LPI (MOVALL); the acknowledgement says which."""


@dataclass(frozen=True, slots=True)
class LpiSync:
    """Acknowledge when all commands before have taken effect."""


@dataclass(frozen=True, slots=True)
class LpiAck:
    """Response to each of these, and of those in `its_gicr_virtual`. `pending`: the LPI was pending; `intid`: which one
    `LpiTakeAny` gave away (else 0)."""

    pending: int = 0
    intid: int = 0
