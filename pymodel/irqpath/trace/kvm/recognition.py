"""Which vCPU is loaded where nothing names it: the one that fits what comes before and after.

A vCPU that is loaded on another PE it isn't; it has the VMCR that was saved; its next entry shows what its last exit left, its
timer and the SGIs that trapped for it, and no other SGIs. Where several fit at first, each is followed, until what comes later
tells them apart: the most probable few hypotheses at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from irqpath.software.kvm.interrupt import FIRST_PPI
from irqpath.software.kvm.vgic import sgi1r_targets
from irqpath.trace.kvm.switches import Entered, Happening, Left, Restored, Saved, SgiTrapped, TimerTaken

#: A happening that belongs to no vCPU that is known.
UNKNOWN: Final = -1

#: Hypotheses that are followed at a time.
_MOST: Final = 8
#: What tells against a hypothesis: an interrupt that is missing or comes from nowhere, a vCPU on another PE than before, one with
#: another VMCR than was saved, one that begins anew, one more vCPU.
_MISFIT, _MOVED, _OTHER_VMCR, _ANEW, _ONE_MORE = 4, 1, 1000, 40, 44
#: Decisions, the last one first: (index of the load, vCPU), and those before.
_Decisions: TypeAlias = "tuple[int, int, _Decisions] | None"


@dataclass(frozen=True, slots=True)
class _Vcpu:
    """`vmcr`: as it was saved, None before; `brings`: INTIDs that its next entry must show; `cpu`: the PE it was on last."""

    vmcr: int | None = None
    brings: frozenset[int] = frozenset()
    cpu: int = UNKNOWN


@dataclass(slots=True)
class _Hypothesis:
    """`loaded`, `last`: vCPUs by PE; `against`: what tells against it, so far."""

    vcpus: list[_Vcpu] = field(default_factory=list)
    loaded: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    against: int = 0
    decisions: _Decisions = None

    def branch(self, n: int, cpu: int, number: int, against: int) -> _Hypothesis:
        """The same with this vCPU loaded."""
        vcpus = [*self.vcpus, _Vcpu()] if number == len(self.vcpus) else list(self.vcpus)
        loaded = self.loaded | {cpu: number}
        return _Hypothesis(vcpus, loaded, dict(self.last), self.against + against, (n, number, self.decisions))

    def alike(self) -> tuple[object, ...]:
        """Two hypotheses that are alike in this have the same future."""
        return tuple(self.vcpus), tuple(sorted(self.loaded.items())), tuple(sorted(self.last.items()))

    def bring(self, number: int, intids: frozenset[int]) -> None:
        """More that the vCPU's next entry must show."""
        self.vcpus[number] = replace(self.vcpus[number], brings=self.vcpus[number].brings | intids)


def recognized(happenings: Sequence[Happening]) -> list[int]:
    """The vCPU of each happening, or `UNKNOWN`; numbered in the order in which they first come."""
    best = _follow(happenings)
    decided: dict[int, int] = {}
    decisions = best.decisions
    while decisions is not None:
        n, number, decisions = decisions
        decided[n] = number
    found = []
    loaded: dict[int, int] = {}
    last: dict[int, int] = {}
    for n, h in enumerate(happenings):
        if n in decided:
            loaded[h.cpu] = decided[n]
        if isinstance(h, Saved):
            last[h.cpu] = loaded.pop(h.cpu, last.get(h.cpu, UNKNOWN))
            found.append(last[h.cpu])
        elif isinstance(h, TimerTaken):
            found.append(loaded.get(h.cpu, last.get(h.cpu, UNKNOWN)))
        else:
            found.append(loaded.get(h.cpu, UNKNOWN))
    return found


def _follow(happenings: Sequence[Happening]) -> _Hypothesis:
    hypotheses = [_Hypothesis()]
    first = next((h.value for h in happenings if isinstance(h, Restored) and "VMCR" in h.register), None)
    for n, h in enumerate(happenings):
        if isinstance(h, Restored):
            if h.cpu not in hypotheses[0].loaded:  # the same in all: they differ in who, not in when
                hypotheses = _fittest([b for one in hypotheses for b in _branches(one, n, h, first)])
        else:
            for one in hypotheses:
                _happens(one, h)
    return min(hypotheses, key=lambda one: one.against)


def _happens(one: _Hypothesis, h: Happening) -> None:
    if isinstance(h, Saved):
        _put(one, h)
        return
    number = one.loaded.get(h.cpu, UNKNOWN)
    if isinstance(h, TimerTaken) and number == UNKNOWN:
        number = one.last.get(h.cpu, UNKNOWN)  # a vCPU that blocks keeps its timer until the scheduler takes its PE
    if number == UNKNOWN:
        return
    match h:
        case TimerTaken():
            one.bring(number, frozenset((h.intid,)))
        case SgiTrapped():
            intid, targets = sgi1r_targets(h.value, number, len(one.vcpus))
            for target in targets:
                one.bring(target, frozenset((intid,)))
        case Entered():
            _entered(one, number, h)
        case Left():
            one.bring(number, frozenset(lr.intid for lr in h.registers if lr.live))
        case _:
            pass


def _fittest(hypotheses: list[_Hypothesis]) -> list[_Hypothesis]:
    best: dict[tuple[object, ...], _Hypothesis] = {}
    for one in sorted(hypotheses, key=lambda one: one.against):
        best.setdefault(one.alike(), one)
        if len(best) == _MOST:
            break
    return list(best.values())


def _branches(one: _Hypothesis, n: int, h: Restored, first: int | None) -> list[_Hypothesis]:
    taken = set(one.loaded.values())
    vmcr = h.value if "VMCR" in h.register else None
    found = []
    for number, vcpu in enumerate(one.vcpus):
        if number in taken:
            continue
        against = _MOVED if vcpu.cpu != h.cpu else 0
        if None not in (vmcr, vcpu.vmcr) and vmcr != vcpu.vmcr:
            against += _ANEW if vmcr == first else _OTHER_VMCR
        found.append(one.branch(n, h.cpu, number, against))
    if not found or vmcr == first:
        found.append(one.branch(n, h.cpu, len(one.vcpus), _ONE_MORE))
    return found


def _put(one: _Hypothesis, h: Saved) -> None:
    number = one.loaded.pop(h.cpu, one.last.get(h.cpu, UNKNOWN))
    if number == UNKNOWN:
        return
    one.last[h.cpu] = number
    vmcr = h.value if "VMCR" in h.register else one.vcpus[number].vmcr
    one.vcpus[number] = replace(one.vcpus[number], vmcr=vmcr, cpu=h.cpu)


def _entered(one: _Hypothesis, number: int, h: Entered) -> None:
    vcpu = one.vcpus[number]
    shown = frozenset(lr.intid for lr in h.registers)
    strange = [lr for lr in h.registers if lr.intid not in vcpu.brings and (lr.active or lr.intid < FIRST_PPI)]
    one.against += _MISFIT * (len(vcpu.brings - shown) + len(strange))
    one.vcpus[number] = replace(vcpu, brings=vcpu.brings - shown)
