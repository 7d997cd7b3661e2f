"""probe: what no wire carries; for reports, coverage and comparison with recordings."""

from __future__ import annotations

from dataclasses import dataclass

from irqpath.core.errors import ArchError
from irqpath.core.faults import Fault


@dataclass(frozen=True, slots=True)
class Report:
    """Something the architecture calls an error or UNPREDICTABLE was done; the model goes on as its Policy says. Of a virtio
    device: its driver did something that the specification forbids."""

    error: ArchError | Fault
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SgiPended:
    """An SGI became pending at this PE (`merged`: it was pending already)."""

    intid: int
    merged: bool


@dataclass(frozen=True, slots=True)
class CommandDone:
    """An ITS command was carried out; `operands` in the order of the command's fields."""

    name: str
    operands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EntryWritten:
    """An ITS table entry was written, by its meaning (R48). `table`: "device", "collection", "translation" or "vpe"."""

    table: str
    fields: tuple[tuple[str, int], ...]
