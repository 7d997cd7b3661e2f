"""What a block tells itself or its like: its own next step, and what ITSs tell each other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandStep:
    """The ITS takes the next command of its queue (its own decision; the recorder logs it, as it logs samples of wires)."""


@dataclass(frozen=True, slots=True)
class ScanStep:
    """A Redistributor reads the next part of a virtual pending table (its own decision, as `CommandStep`)."""


@dataclass(frozen=True, slots=True)
class VsgiQuery:
    """A Redistributor looks up which virtual SGIs of a vPE are pending (GICR_VSGIR)."""

    vpe: int


@dataclass(frozen=True, slots=True)
class VpeMoved:
    """One ITS to the others: a vPE belongs to another Redistributor now (GITS_TYPER.VMOVP = 1), with `db` with another default
    doorbell (GICv4.1)."""

    vpe: int
    pe: int
    db: int = 0
    doorbell: int = 0


@dataclass(frozen=True, slots=True)
class VpeMovedAck:
    """Response to a `VpeMoved`: this ITS sends to the new place from now on; a VSYNC waits for it."""

    vpe: int


@dataclass(frozen=True, slots=True)
class VmovpReached:
    """One ITS to the others: it carries out the VMOVP with this sequence number for those of `itslist` (GITS_TYPER.VMOVP = 0)."""

    its: int
    sequence: int
    itslist: int
