"""The state of one virtual interrupt, as KVM keeps it while it is in no List register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from irqpath.software.kvm.list_register import NO_PHYSICAL

#: `VgicIrq.listed_by` of one that is on no vCPU's list.
NOBODY: Final = -1
#: INTIDs below this one are SGIs; below `FIRST_SPI`, a vCPU's own.
FIRST_PPI: Final = 16
FIRST_SPI: Final = 32
#: From this one on they are LPIs, which are always edge-triggered.
FIRST_LPI: Final = 8192


@dataclass(slots=True)
class VgicIrq:
    """`edge`: edge-triggered, else level-sensitive; `line_level`: its input as last told; `pending_latch`: made pending by an
    edge, a message or software; `physical`: INTID of the physical interrupt that it is mapped to, else `NO_PHYSICAL`;
    `source`: one bit a requesting CPU that an SGI of GICv2 is pending for, `active_source` the one that it is active for;
    `target`: the vCPU that gets it; `listed_by`: the vCPU whose list it is on."""

    intid: int
    target: int
    edge: bool = True
    enabled: bool = True
    priority: int = 0
    group: int = 1
    line_level: bool = False
    pending_latch: bool = False
    active: bool = False
    physical: int = NO_PHYSICAL
    source: int = 0
    active_source: int = 0
    listed_by: int = NOBODY

    @property
    def pending(self) -> bool:
        """Pending for its guest: a level-sensitive one also while its input is up."""
        return self.pending_latch or (self.line_level and not self.edge)

    @property
    def mapped(self) -> bool:
        """The guest's deactivation deactivates a physical interrupt (HW=1)."""
        return self.physical != NO_PHYSICAL

    @property
    def mapped_level(self) -> bool:
        """Mapped and level-sensitive: KVM sees its input rise, and must look for its fall."""
        return self.mapped and not self.edge

    @property
    def wanted(self) -> int:
        """The vCPU whose List registers it belongs into now, or `NOBODY`: one that is active stays with the vCPU that has it."""
        if self.active:
            return self.listed_by if self.listed_by != NOBODY else self.target
        return self.target if self.enabled and self.pending else NOBODY

    def place(self) -> tuple[bool, bool, int]:
        """Its place when there are more than List registers: active ones first, then what may be delivered, by priority."""
        deliverable = self.enabled and self.pending
        if self.active:
            return False, False, 0
        return True, not deliverable, self.priority if deliverable else 0
