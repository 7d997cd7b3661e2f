"""KVM's world switches, predicted: a model of its vgic is told what reached KVM, and must write what KVM wrote.

What the recording doesn't hold is inferred: an interrupt's first appearance in a List register tells that a device injected it
before, and its priority and group are learned from there. With more interrupts than List registers, those that appear at the
next entry are taken to have waited already. Everything else is the model's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from irqpath.software.kvm.interrupt import FIRST_LPI, FIRST_PPI, FIRST_SPI, NOBODY, VgicIrq
from irqpath.software.kvm.list_register import ListRegister
from irqpath.software.kvm.vcpu import Interface
from irqpath.software.kvm.vgic import Vgic, sgi1r_targets
from irqpath.trace.findings import Deviation, Findings
from irqpath.trace.kvm.origins import Origin, origins
from irqpath.trace.kvm.recognition import UNKNOWN
from irqpath.trace.kvm.switches import (
    HCR_EN,
    HCR_UIE,
    PHYSICAL_TIMER,
    VIRTUAL_TIMER,
    Entered,
    Handled,
    Happening,
    Left,
    Restored,
    Runs,
    Saved,
    SgiTrapped,
    TimerActive,
    TimerTaken,
    TimerWire,
)
from irqpath.trace.kvm.vcpus import numbers

#: Kinds of what is compared, as reports name them.
LIST_REGISTER, USED, UNDERFLOW = "List register", "List registers used", "underflow enable"
VMCR, ACTIVE_PRIORITIES, TIMER_STATE = "VMCR", "active priorities", "timer's active state"
RUNS, FIRST_LOAD, NO_VCPU = "guest runs", "first load of a vCPU", "happening without a vCPU"
#: A deviation that is explained: KVM queues an SGI at some time between its trap and the PE's next access.
UNDER_WAY = "SGI whose trap another PE was still handling at the entry"
#: The same for a vCPU that is loaded as one that never ran.
ANEW = "vCPU that begins anew: another guest, or a reset"
#: Not in the recording: what a device does to its line, what it injects while the guest is busy with it, and, of a guest with a
#: GICv2, who asked for an SGI.
FELL, AGAIN, SOURCE = "line of a device that fell", "injected again while active", "source of an SGI"


class Judge:
    """Plays the happenings of one recording to a model of the vgic; `findings` has what was compared, and what deviates."""

    def __init__(
        self, happenings: Sequence[Happening], findings: Findings, *, list_registers: int = 4, gicv2: bool = False
    ) -> None:
        self.findings: Final = findings
        self.numbers: Final = numbers(happenings)
        self.origins: Final = origins(happenings, self.numbers)
        self._happenings = happenings
        count = max(self.numbers, default=0) + 1
        self.vgic: Final = Vgic(max(1, count), list_registers=list_registers, gicv2=gicv2, physical_level=self._timer_level)
        for timer in (VIRTUAL_TIMER, PHYSICAL_TIMER):
            self.vgic.map_physical(timer, timer)
        self._next = self._following()
        self._learned: set[tuple[int, int]] = set()
        self._wires: dict[tuple[int, int], bool] = {}
        self._cpus: dict[int, int] = {}
        self._inside: set[int] = set()
        #: by vCPU and INTID: what the last exit left in a List register
        self._left: dict[tuple[int, int], ListRegister] = {}
        self._saved: dict[int, dict[str, int]] = {}
        #: (vCPU, INTID) of timers that must be made inactive, by what the last exit left
        self._outstanding: set[tuple[int, int]] = set()
        self._first_vmcr: int | None = None
        #: by PE: an SGI that trapped there, and that KVM has perhaps not queued yet: (vCPU, value)
        self._under_way: dict[int, tuple[int, int]] = {}
        self._handlers: Final[dict[type[Happening], Callable[[int, int], None]]] = {
            Saved: self._save,
            Restored: self._restore,
            Entered: self._enter,
            Left: self._leave,
            TimerTaken: self._timer_taken,
            TimerActive: self._timer_active,
            SgiTrapped: self._sgi_trapped,
            Handled: self._sgi_handled,
            Runs: self._run,
        }

    def run(self) -> None:
        """All of it."""
        for n, (h, vcpu) in enumerate(zip(self._happenings, self.numbers, strict=True)):
            if isinstance(h, TimerWire):
                self._wires[h.cpu, h.intid] = h.level
                continue
            handler = self._handlers.get(type(h))
            if handler is None:
                continue
            if vcpu == UNKNOWN:
                self.findings.unchecked[NO_VCPU] += 1
                continue
            self._cpus[vcpu] = h.cpu
            handler(n, vcpu)

    def _following(self) -> dict[int, int]:
        """By index of each entry: that of the same vCPU's next one."""
        last: dict[int, int] = {}
        found = {}
        for n in self.origins:
            vcpu = self.numbers[n]
            if vcpu in last:
                found[last[vcpu]] = n
            last[vcpu] = n
        return found

    def _timer_level(self, irq: VgicIrq) -> bool:
        return self._wires.get((self._cpus.get(irq.target, 0), irq.physical), False)

    # --- what KVM saves and restores --------------------------------------------------------------------------------------

    def _save(self, n: int, vcpu: int) -> None:
        h = self._happenings[n]
        assert isinstance(h, Saved)
        self._saved.setdefault(vcpu, {})[h.register] = h.value

    def _restore(self, n: int, vcpu: int) -> None:
        h = self._happenings[n]
        assert isinstance(h, Restored)
        saved = self._saved.pop(vcpu, None)
        if saved:
            vmcr = next((value for name, value in saved.items() if "VMCR" in name), 0)
            self.vgic.put(vcpu, Interface(vmcr, tuple((name, value) for name, value in saved.items() if "VMCR" not in name)))
        interface = self.vgic.load(vcpu)
        if interface is None:
            self.findings.unchecked[FIRST_LOAD] += 1
            if self._first_vmcr is None and "VMCR" in h.register:
                self._first_vmcr = h.value
            return
        if "VMCR" in h.register and h.value == self._first_vmcr != interface.vmcr:
            self.findings.tolerated[ANEW] += 1
            self._begin_anew(vcpu)
            return
        kind = VMCR if "VMCR" in h.register else ACTIVE_PRIORITIES
        expected = interface.vmcr if kind == VMCR else dict(interface.active_priorities).get(h.register, 0)
        self.findings.compared[kind] += 1
        if expected != h.value:
            self._deviate(h, kind, f"{h.register} of vCPU {vcpu}", expected, h.value)

    def _begin_anew(self, vcpu: int) -> None:
        """A vCPU of another guest, or the same one after a reset, which user space does."""
        self.vgic.reset_vcpu(vcpu)
        self._learned = {(whose, intid) for whose, intid in self._learned if whose not in (vcpu, NOBODY)}
        self._outstanding = {pair for pair in self._outstanding if pair[0] != vcpu}
        self._inside.discard(vcpu)

    # --- what reaches KVM -------------------------------------------------------------------------------------------------

    def _timer_taken(self, n: int, vcpu: int) -> None:
        h = self._happenings[n]
        assert isinstance(h, TimerTaken)
        self.vgic.inject(h.intid, level=True, vcpu=vcpu)

    def _timer_active(self, n: int, vcpu: int) -> None:
        h = self._happenings[n]
        assert isinstance(h, TimerActive)
        self._outstanding.discard((vcpu, h.intid))
        # The level isn't recorded; that it's up follows from the write where the guest doesn't have the timer already.
        level = h.active and not self.vgic.irq(h.intid, vcpu).active
        self.findings.compared[TIMER_STATE] += 1
        if self.vgic.timer_loaded(h.intid, vcpu, level=level) != h.active:
            self._deviate(h, TIMER_STATE, f"timer {h.intid} of vCPU {vcpu}", "active", "inactive", h.intid)

    def _sgi_trapped(self, n: int, vcpu: int) -> None:
        h = self._happenings[n]
        assert isinstance(h, SgiTrapped)
        self._under_way[h.cpu] = vcpu, h.value

    def _sgi_handled(self, n: int, vcpu: int) -> None:
        del vcpu
        under_way = self._under_way.pop(self._happenings[n].cpu, None)
        if under_way is not None:
            self.vgic.sgi1r(under_way[1], under_way[0])

    def _sgis_under_way(self, h: Entered, vcpu: int) -> None:
        """Another PE is handling a trap as this one enters: the SGI came first if KVM wrote it, else it comes after."""
        for cpu, (source, value) in list(self._under_way.items()):
            intid, targets = sgi1r_targets(value, source, len(self.vgic.vcpus))
            if vcpu not in targets:
                continue
            if any(lr.intid == intid and lr.pending for lr in h.registers):
                del self._under_way[cpu]
                self.vgic.sgi1r(value, source)
            else:
                self.findings.tolerated[UNDER_WAY] += 1

    # --- world switches ---------------------------------------------------------------------------------------------------

    def _enter(self, n: int, vcpu: int) -> None:
        h = self._happenings[n]
        assert isinstance(h, Entered)
        self._inside.add(vcpu)
        self._sgis_under_way(h, vcpu)
        for lr, origin in zip(h.registers, self.origins[n], strict=True):
            self._learn(vcpu, lr)
            if not origin.predicted:
                self._infer(vcpu, lr)
            self._infer_more(n, vcpu, lr)
        if h.hcr & HCR_UIE and n in self._next:
            self._infer_those_that_wait(vcpu, self._next[n])
        for _, intid in sorted(pair for pair in self._outstanding if pair[0] == vcpu):
            self._outstanding.discard((vcpu, intid))
            self._deviate(h, TIMER_STATE, f"timer {intid} of vCPU {vcpu}", "made inactive", "left active", intid)
        self._infer_what_fell(vcpu, h)
        entry = self.vgic.flush(vcpu)
        self._compare_registers(h, vcpu, entry.list_registers, self.origins[n])
        self.findings.compared[USED] += 1
        if len(entry.list_registers) != len(h.registers):
            self._deviate(h, USED, f"vCPU {vcpu}", len(entry.list_registers), len(h.registers))
        self.findings.compared[UNDERFLOW] += 1
        expected = HCR_EN | (HCR_UIE if entry.underflow else 0)
        if expected != h.hcr & (HCR_EN | HCR_UIE):
            self._deviate(h, UNDERFLOW, f"HCR of vCPU {vcpu}", expected, h.hcr & (HCR_EN | HCR_UIE))

    def _infer_those_that_wait(self, vcpu: int, following: int) -> None:
        after = self._happenings[following]
        assert isinstance(after, Entered)
        for lr, origin in zip(after.registers, self.origins[following], strict=True):
            if not origin.predicted:
                self._learn(vcpu, lr)
                self._infer(vcpu, lr)

    def _infer_what_fell(self, vcpu: int, h: Entered) -> None:
        """The line of an SPI is a device's, of which nothing is recorded: KVM did not write it although there was room."""
        written = {lr.intid for lr in h.registers}
        if len(written) == self.vgic.list_registers:
            return
        for irq in self.vgic.vcpus[vcpu].ap_list:
            if _is_device_line(irq) and irq.line_level and not irq.active and irq.intid not in written:
                irq.line_level = False
                self.findings.unchecked[FELL] += 1

    def _learn(self, vcpu: int, lr: ListRegister) -> None:
        """Priority, group and trigger are the guest's choice, in registers of which a recording holds no access."""
        key = (vcpu if lr.intid < FIRST_SPI else NOBODY, lr.intid)
        if key in self._learned:
            return
        self._learned.add(key)
        irq = self.vgic.irq(lr.intid, vcpu)
        irq.priority, irq.group = lr.priority, lr.group
        if FIRST_SPI <= lr.intid < FIRST_LPI:
            irq.edge = not lr.eoi

    def _infer(self, vcpu: int, lr: ListRegister) -> None:
        """Somebody injected it."""
        irq = self.vgic.irq(lr.intid, vcpu)
        if lr.intid >= FIRST_SPI and irq.listed_by == NOBODY:
            irq.target = vcpu
        irq.active = lr.active
        if self._is_sgi_of_gicv2(lr):
            self.vgic.sgi(lr.intid, (vcpu,) if lr.pending else (), lr.source)
        else:
            self.vgic.inject(lr.intid, level=lr.pending, vcpu=vcpu)

    def _is_sgi_of_gicv2(self, lr: ListRegister) -> bool:
        return self.vgic.gicv2 and lr.intid < FIRST_PPI

    def _infer_more(self, n: int, vcpu: int, lr: ListRegister) -> None:
        """What came on top of what the vCPU had: pending again although the last exit left it active alone; of an SGI of a GICv2
        guest, one more source, which the next entry tells."""
        irq = self.vgic.irq(lr.intid, vcpu)
        left = self._left.pop((vcpu, lr.intid), None)
        if self._is_sgi_of_gicv2(lr):
            missing = {lr.source} if lr.pending and not irq.source >> lr.source & 1 and not (left and left.pending) else set()
            if lr.eoi and irq.source in (0, 1 << lr.source):
                missing |= self._next_sources(n, lr)
            for source in missing:
                self.vgic.sgi(lr.intid, (vcpu,), source)
                self.findings.unchecked[SOURCE] += 1
        elif left and left.active and not left.pending and lr.pending and irq.edge and not irq.pending and lr.intid >= FIRST_PPI:
            self.vgic.inject(lr.intid, level=True, vcpu=vcpu)
            self.findings.unchecked[AGAIN] += 1

    def _next_sources(self, n: int, lr: ListRegister) -> set[int]:
        after = self._happenings[self._next[n]] if n in self._next else None
        if not isinstance(after, Entered):
            return set()
        return {other.source for other in after.registers if other.intid == lr.intid and other.source != lr.source}

    def _compare_registers(self, h: Entered, vcpu: int, expected: Sequence[ListRegister], origins: Sequence[Origin]) -> None:
        mine = {lr.intid: lr for lr in expected}
        for lr, origin in zip(h.registers, origins, strict=True):
            counts = self.findings.compared if origin.predicted else self.findings.unchecked
            counts[f"{LIST_REGISTER}: {origin.value}"] += 1
            found = mine.pop(lr.intid, None)
            if found != lr:
                seen = f"{_text(lr)}, {origin.value}"
                self._deviate(h, LIST_REGISTER, f"INTID {lr.intid} of vCPU {vcpu}", _text(found), seen, lr.intid)
                self._adopt(vcpu, lr, missed=found is None)
        for lr in mine.values():
            self._deviate(h, LIST_REGISTER, f"INTID {lr.intid} of vCPU {vcpu}", _text(lr), _text(None), lr.intid)
            self._drop(vcpu, lr)

    def _adopt(self, vcpu: int, lr: ListRegister, *, missed: bool) -> None:
        """After a deviation the model goes on from what was recorded."""
        if missed:
            self._infer(vcpu, lr)
            irq = self.vgic.irq(lr.intid, vcpu)
            irq.pending_latch = irq.line_level = False

    def _drop(self, vcpu: int, lr: ListRegister) -> None:
        irq = self.vgic.irq(lr.intid, vcpu)
        irq.pending_latch = irq.line_level = irq.active = False

    def _leave(self, n: int, vcpu: int) -> None:
        h = self._happenings[n]
        assert isinstance(h, Left)
        self._inside.discard(vcpu)
        self._left |= {(vcpu, lr.intid): lr for lr in h.registers if lr.live}
        self._outstanding |= {(vcpu, intid) for intid in self.vgic.fold(vcpu, h.registers)}

    def _run(self, n: int, vcpu: int) -> None:
        h = self._happenings[n]
        self.findings.compared[RUNS] += 1
        waiting = [irq for irq in self.vgic.vcpus[vcpu].ap_list if irq.wanted == vcpu and not _is_device_line(irq)]
        if vcpu not in self._inside and waiting:
            names = ", ".join(str(irq.intid) for irq in waiting)
            self._deviate(h, RUNS, f"vCPU {vcpu}", f"List registers for INTID {names}", "none", *(irq.intid for irq in waiting))

    def _deviate(self, h: Happening, kind: str, what: str, expected: int | str, seen: int | str, *intids: int) -> None:
        self.findings.deviations.append(Deviation(h.event, kind, what, h.cpu, expected, seen, "", intids))


def _is_device_line(irq: VgicIrq) -> bool:
    return not irq.edge and not irq.mapped


def _text(lr: ListRegister | None) -> str:
    if lr is None:
        return "not in a List register"
    state = "".join(("P" if lr.pending else "", "A" if lr.active else "")) or "invalid"
    more = f", pINTID {lr.physical}" if lr.physical >= 0 else ", EOI" if lr.eoi else ""
    return f"{state}, group {lr.group}, priority {lr.priority:#04x}{more}"
