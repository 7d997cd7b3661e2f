"""What no recording of KVM holds, concluded from what KVM wrote: which interrupts devices injected, and the guest's settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from irqpath.software.kvm.interrupt import FIRST_LPI, FIRST_PPI, FIRST_SPI, NOBODY, VgicIrq
from irqpath.software.kvm.list_register import ListRegister
from irqpath.software.kvm.vgic import Vgic
from irqpath.trace.kvm.origins import Origin
from irqpath.trace.kvm.switches import Entered, Happening, Left

#: Besides first appearances: what a device does to its line, what it injects while the guest is busy with it, and who asked for
#: an SGI of a guest with a GICv2.
FELL, AGAIN, SOURCE = "line of a device that fell", "injected again while active", "source of an SGI"


class Inference:
    """Tells `vgic` what must have happened for an entry to be as it was; `counts` has how often."""

    def __init__(
        self,
        vgic: Vgic,
        happenings: Sequence[Happening],
        numbers: Sequence[int],
        origins: Mapping[int, tuple[Origin, ...]],
        counts: Counter[str],
    ) -> None:
        self._vgic: Final = vgic
        self._happenings = happenings
        self._numbers = numbers
        self._origins = origins
        self._counts = counts
        self._next = self._following()
        self._learned: set[tuple[int, int]] = set()
        #: by vCPU and INTID: what the last exit left in a List register
        self._left: dict[tuple[int, int], ListRegister] = {}

    def entered(self, n: int, vcpu: int, h: Entered, *, underflow: bool) -> None:
        """Before the model fills List registers for this entry; `underflow`: more wait than there are List registers."""
        for lr, origin in zip(h.registers, self._origins[n], strict=True):
            self._learn(vcpu, lr)
            if not origin.predicted:
                self.injected(vcpu, lr)
            self._more(n, vcpu, lr)
        if underflow and n in self._next:
            self._those_that_wait(vcpu, self._next[n])
        self._what_fell(vcpu, h)

    def left(self, vcpu: int, h: Left) -> None:
        """What an exit left."""
        self._left |= {(vcpu, lr.intid): lr for lr in h.registers if lr.live}

    def forget(self, vcpu: int) -> None:
        """The vCPU begins anew: its guest's settings may be others."""
        self._learned = {(whose, intid) for whose, intid in self._learned if whose not in (vcpu, NOBODY)}
        self._left = {key: lr for key, lr in self._left.items() if key[0] != vcpu}

    def _following(self) -> dict[int, int]:
        """By index of each entry: that of the same vCPU's next one."""
        last: dict[int, int] = {}
        found = {}
        for n in self._origins:
            vcpu = self._numbers[n]
            if vcpu in last:
                found[last[vcpu]] = n
            last[vcpu] = n
        return found

    def _learn(self, vcpu: int, lr: ListRegister) -> None:
        """Priority, group and trigger are the guest's choice, in registers of which a recording holds no access."""
        key = (vcpu if lr.intid < FIRST_SPI else NOBODY, lr.intid)
        if key in self._learned:
            return
        self._learned.add(key)
        irq = self._vgic.irq(lr.intid, vcpu)
        irq.priority, irq.group = lr.priority, lr.group
        if FIRST_SPI <= lr.intid < FIRST_LPI:
            irq.edge = not lr.eoi

    def injected(self, vcpu: int, lr: ListRegister) -> None:
        """Somebody injected it."""
        irq = self._vgic.irq(lr.intid, vcpu)
        if lr.intid >= FIRST_SPI and irq.listed_by == NOBODY:
            irq.target = vcpu
        irq.active = lr.active
        if self._is_sgi_of_gicv2(lr):
            self._vgic.sgi(lr.intid, (vcpu,) if lr.pending else (), lr.source)
        else:
            self._vgic.inject(lr.intid, level=lr.pending, vcpu=vcpu)

    def _is_sgi_of_gicv2(self, lr: ListRegister) -> bool:
        return self._vgic.gicv2 and lr.intid < FIRST_PPI

    def _more(self, n: int, vcpu: int, lr: ListRegister) -> None:
        """What came on top of what the vCPU had: pending again although the last exit left it active alone; of an SGI of a GICv2
        guest, one more source, which the next entry tells."""
        irq = self._vgic.irq(lr.intid, vcpu)
        left = self._left.pop((vcpu, lr.intid), None)
        if self._is_sgi_of_gicv2(lr):
            missing = {lr.source} if lr.pending and not irq.source >> lr.source & 1 and not (left and left.pending) else set()
            if lr.eoi and irq.source in (0, 1 << lr.source):
                missing |= self._next_sources(n, lr)
            for source in missing:
                self._vgic.sgi(lr.intid, (vcpu,), source)
                self._counts[SOURCE] += 1
        elif left and left.active and not left.pending and lr.pending and irq.edge and not irq.pending and lr.intid >= FIRST_PPI:
            self._vgic.inject(lr.intid, level=True, vcpu=vcpu)
            self._counts[AGAIN] += 1

    def _next_sources(self, n: int, lr: ListRegister) -> set[int]:
        after = self._happenings[self._next[n]] if n in self._next else None
        if not isinstance(after, Entered):
            return set()
        return {other.source for other in after.registers if other.intid == lr.intid and other.source != lr.source}

    def _those_that_wait(self, vcpu: int, following: int) -> None:
        """What first appears at the next entry has waited already, for want of List registers."""
        after = self._happenings[following]
        assert isinstance(after, Entered)
        for lr, origin in zip(after.registers, self._origins[following], strict=True):
            if not origin.predicted:
                self._learn(vcpu, lr)
                self.injected(vcpu, lr)

    def _what_fell(self, vcpu: int, h: Entered) -> None:
        """The line of an SPI is a device's, of which nothing is recorded: KVM did not write it although there was room."""
        written = {lr.intid for lr in h.registers}
        if len(written) == self._vgic.list_registers:
            return
        for irq in self._vgic.vcpus[vcpu].ap_list:
            if is_device_line(irq) and irq.line_level and not irq.active and irq.intid not in written:
                irq.line_level = False
                self._counts[FELL] += 1


def is_device_line(irq: VgicIrq) -> bool:
    """Its level is a device's, which nothing in a recording tells."""
    return not irq.edge and not irq.mapped
