"""KVM's world switches, predicted: a model of its vgic is told what reached KVM, and must write what KVM wrote.

What the recording doesn't hold is inferred: an interrupt's first appearance in a List register tells that a device injected it
before, and its priority and group are learned from there. With more interrupts than List registers, those that appear at the
next entry are taken to have waited already. Everything else is the model's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from irqpath.software.kvm.interrupt import VgicIrq
from irqpath.software.kvm.list_register import ListRegister
from irqpath.software.kvm.vcpu import Interface
from irqpath.software.kvm.vgic import Vgic, sgi1r_targets
from irqpath.trace.findings import Deviation, Findings
from irqpath.trace.kvm.inference import Inference, is_device_line
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
        self._inference = Inference(self.vgic, happenings, self.numbers, self.origins, findings.unchecked)
        self._wires: dict[tuple[int, int], bool] = {}
        self._cpus: dict[int, int] = {}
        self._inside: set[int] = set()
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
        self._inference.forget(vcpu)
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
        self._inference.entered(n, vcpu, h, underflow=bool(h.hcr & HCR_UIE))
        for _, intid in sorted(pair for pair in self._outstanding if pair[0] == vcpu):
            self._outstanding.discard((vcpu, intid))
            self._deviate(h, TIMER_STATE, f"timer {intid} of vCPU {vcpu}", "made inactive", "left active", intid)
        entry = self.vgic.flush(vcpu)
        self._compare_registers(h, vcpu, entry.list_registers, self.origins[n])
        self.findings.compared[USED] += 1
        if len(entry.list_registers) != len(h.registers):
            self._deviate(h, USED, f"vCPU {vcpu}", len(entry.list_registers), len(h.registers))
        self.findings.compared[UNDERFLOW] += 1
        expected = HCR_EN | (HCR_UIE if entry.underflow else 0)
        if expected != h.hcr & (HCR_EN | HCR_UIE):
            self._deviate(h, UNDERFLOW, f"HCR of vCPU {vcpu}", expected, h.hcr & (HCR_EN | HCR_UIE))

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
            self._inference.injected(vcpu, lr)
            irq = self.vgic.irq(lr.intid, vcpu)
            irq.pending_latch = irq.line_level = False

    def _drop(self, vcpu: int, lr: ListRegister) -> None:
        irq = self.vgic.irq(lr.intid, vcpu)
        irq.pending_latch = irq.line_level = irq.active = False

    def _leave(self, n: int, vcpu: int) -> None:
        h = self._happenings[n]
        assert isinstance(h, Left)
        self._inside.discard(vcpu)
        self._inference.left(vcpu, h)
        self._outstanding |= {(vcpu, intid) for intid in self.vgic.fold(vcpu, h.registers)}

    def _run(self, n: int, vcpu: int) -> None:
        h = self._happenings[n]
        self.findings.compared[RUNS] += 1
        waiting = [irq for irq in self.vgic.vcpus[vcpu].ap_list if irq.wanted == vcpu and not is_device_line(irq)]
        if vcpu not in self._inside and waiting:
            names = ", ".join(str(irq.intid) for irq in waiting)
            self._deviate(h, RUNS, f"vCPU {vcpu}", f"List registers for INTID {names}", "none", *(irq.intid for irq in waiting))

    def _deviate(self, h: Happening, kind: str, what: str, expected: int | str, seen: int | str, *intids: int) -> None:
        self.findings.deviations.append(Deviation(h.event, kind, what, h.cpu, expected, seen, "", intids))


def _text(lr: ListRegister | None) -> str:
    if lr is None:
        return "not in a List register"
    state = "".join(("P" if lr.pending else "", "A" if lr.active else "")) or "invalid"
    more = f", pINTID {lr.physical}" if lr.physical >= 0 else ", EOI" if lr.eoi else ""
    return f"{state}, group {lr.group}, priority {lr.priority:#04x}{more}"
