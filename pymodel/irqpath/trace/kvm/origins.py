"""Whether a recording holds the cause of an interrupt that KVM put into a List register. No model has a say in it.

It does for a timer (the host acknowledges its physical interrupt, or makes it active as it loads the vCPU), for an SGI that
trapped, and for whatever the last exit left pending or active. What a device or QEMU injects it doesn't hold: an LPI, say, is
*inferred* where it first appears, and predicted from then on.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

from irqpath.software.kvm.interrupt import FIRST_LPI, FIRST_PPI, FIRST_SPI
from irqpath.software.kvm.vgic import sgi1r_targets
from irqpath.trace.kvm.recognition import UNKNOWN
from irqpath.trace.kvm.switches import (
    PHYSICAL_TIMER,
    VIRTUAL_TIMER,
    Entered,
    Happening,
    Left,
    SgiTrapped,
    TimerActive,
    TimerTaken,
)


@enum.unique
class Origin(enum.Enum):
    """Why an interrupt is in a List register; the value is how reports name it."""

    TIMER_TAKEN = "timer that the host acknowledged"
    TIMER_LOADED = "timer that the host made active at the load"
    SGI_TRAPPED = "SGI that trapped"
    LIVE = "live at the last exit"
    LPI = "first appearance of an LPI"
    SPI = "first appearance of an SPI"
    SGI = "first appearance of an SGI"
    PPI = "first appearance of a PPI"
    TIMER = "timer without a recorded cause"

    @property
    def predicted(self) -> bool:
        """The recording holds the cause."""
        return self in _PREDICTED


_PREDICTED = frozenset((Origin.TIMER_TAKEN, Origin.TIMER_LOADED, Origin.SGI_TRAPPED, Origin.LIVE))


@dataclass(slots=True)
class _Vcpu:
    """Interrupts with a cause that no List register has had yet, and those that the last exit left."""

    causes: dict[int, Origin] = field(default_factory=dict)
    live: set[int] = field(default_factory=set)

    def entered(self, entered: Entered) -> tuple[Origin, ...]:
        found = tuple(self._origin(lr.intid) for lr in entered.registers)
        for lr in entered.registers:
            self.causes.pop(lr.intid, None)
        return found

    def _origin(self, intid: int) -> Origin:
        if intid in self.live:
            return Origin.LIVE
        return self.causes.get(intid) or _first(intid)

    def left(self, left: Left) -> None:
        self.live = {lr.intid for lr in left.registers if lr.live} | (self.live - {lr.intid for lr in left.registers})


def _first(intid: int) -> Origin:
    if intid >= FIRST_LPI:
        return Origin.LPI
    if intid >= FIRST_SPI:
        return Origin.SPI
    if intid in (VIRTUAL_TIMER, PHYSICAL_TIMER):
        return Origin.TIMER
    return Origin.PPI if intid >= FIRST_PPI else Origin.SGI


def origins(happenings: Sequence[Happening], numbers: Sequence[int]) -> dict[int, tuple[Origin, ...]]:
    """By index of each `Entered` of a known vCPU: the origins of its List registers, in order."""
    count = max(numbers, default=0) + 1
    vcpus = [_Vcpu() for _ in range(count)]
    found = {}
    for n, (h, number) in enumerate(zip(happenings, numbers, strict=True)):
        if number == UNKNOWN:
            continue
        vcpu = vcpus[number]
        match h:
            case TimerTaken():
                vcpu.causes[h.intid] = Origin.TIMER_TAKEN
            case TimerActive(active=True):
                vcpu.causes.setdefault(h.intid, Origin.TIMER_LOADED)
            case TimerActive(active=False):
                vcpu.causes.pop(h.intid, None)
            case SgiTrapped():
                intid, targets = sgi1r_targets(h.value, number, count)
                for target in targets:
                    vcpus[target].causes[intid] = Origin.SGI_TRAPPED
            case Entered():
                found[n] = vcpu.entered(h)
            case Left():
                vcpu.left(h)
            case _:
                pass
    return found
