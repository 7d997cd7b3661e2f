"""What an operation gave, in terms that every machine can state."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple, Protocol

from irqpath_testbench.tools.oracle.generator.ops import Op

#: ISR_EL1
IRQ_BIT: Final = 1 << 7
FIQ_BIT: Final = 1 << 6


class Fault(IntEnum):
    """Why an operation did not simply run."""

    NONE = 0
    UNDEFINED = 1
    TRAP_EL2 = 2
    TRAP_EL3 = 3
    ABORT = 4
    #: A physical interrupt was taken to a higher level before the operation could run.
    INTERRUPTED = 5
    OTHER = 6


class Outcome(NamedTuple):
    """`value`: of a read, else 0. `before`, `after`: ISR_EL1 as the operation's PE and exception level shows it around it:
    bit 7 IRQ, bit 6 FIQ; -1 where the machine does not tell."""

    value: int
    fault: int
    before: int
    after: int


class Machine(Protocol):
    """Executes operations from reset on."""

    def reset(self) -> None:
        """All state as after a reset, the sequence's memory zero."""

    def run(self, ops: list[Op]) -> list[Outcome]:
        """Execute; one outcome an operation."""
