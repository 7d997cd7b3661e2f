"""What QEMU does otherwise than the architecture says, or leaves out: each by name, with a reason and the narrowest predicate.

An `Exemption` names the register and the bits that may read differently, and the state of the models in which they may. Where
QEMU's state itself would leave the architecture's, the operation that takes it there is an `Avoidance`: it is not driven. What
the architecture leaves open is no matter for these lists but for the `qemu` Policy. Every use of an entry is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from irqpath_testbench.tools.oracle.generator.ops import Op
from irqpath_testbench.tools.oracle.models import ModelMachine
from irqpath_testbench.tools.oracle.outcome import Fault, Outcome


@dataclass(frozen=True, slots=True)
class Situation:
    """State just before an operation; `known`: what software knows (`Knowledge`, of a GICv2 `Gicv2Knowledge`)."""

    op: Op
    models: ModelMachine
    known: Any


@dataclass(frozen=True, slots=True)
class Exemption:
    """`register`: name of the array or register that is accessed, "" for any and for reserved space; `mask`: bits of the value
    that may differ; `lines`: the lines may; `fault`: the fault that QEMU may report instead of none; `when`: in which state."""

    name: str
    register: str
    reason: str
    mask: int = 0
    fault: int = Fault.NONE
    lines: bool = False
    when: Callable[[Situation], bool] = lambda _: True

    def covers(self, expected: Outcome, seen: Outcome, shift: int = 0) -> bool:
        """Whether the two outcomes differ in nothing but what is exempt; `shift`: lowest accessed bit of the register."""
        if not self.lines and expected[2:] != seen[2:] and seen.before >= 0:
            return False
        if seen.fault != expected.fault:
            return bool(self.fault) and (expected.fault, seen.fault) == (Fault.NONE, self.fault)
        return not (expected.value ^ seen.value) & ~(self.mask >> shift)


@dataclass(frozen=True, slots=True)
class Avoidance:
    """An operation that is not driven: QEMU would go another way than the architecture, and stay there."""

    name: str
    reason: str
    when: Callable[[Situation], bool]


@dataclass(frozen=True, slots=True)
class Deviations:
    """All that is known of one machine. `not_driven`: tags of `generator.TAGS` that are never broken on it, with the reason."""

    exemptions: tuple[Exemption, ...]
    avoidances: tuple[Avoidance, ...]
    not_driven: dict[str, str]
