"""Which vCPU each happening belongs to.

In a recording of GICv4 the pending table that GICR_VPENDBASER names tells it, from when the vCPU is loaded until it is put. In
others nothing names a vCPU; it is recognized by what it brings (`recognition`).
"""

from __future__ import annotations

from collections.abc import Sequence

from irqpath.trace.kvm.recognition import UNKNOWN, recognized
from irqpath.trace.kvm.switches import Happening, Mapped, Resident, Saved, TimerTaken


def numbers(happenings: Sequence[Happening]) -> list[int]:
    """The vCPU of each happening, or `UNKNOWN`."""
    if any(isinstance(h, Resident) for h in happenings):
        return named(happenings)
    return recognized(happenings)


def named(happenings: Sequence[Happening]) -> list[int]:
    """By pending tables. vPEs are numbered in the order of their numbers in the ITS, as KVM makes them."""
    mapped = [h for h in happenings if isinstance(h, Mapped) and h.valid]
    vpes = sorted({h.vpe for h in mapped})
    by_table = {h.table: vpes.index(h.vpe) for h in mapped}
    found = [UNKNOWN] * len(happenings)
    current: dict[int, int] = {}
    last: dict[int, int] = {}
    #: by PE: happenings whose vCPU the next residency will tell
    waiting: dict[int, list[int]] = {}
    for n, h in enumerate(happenings):
        if isinstance(h, Mapped):
            continue
        if isinstance(h, Resident):
            if h.valid:
                current[h.cpu] = by_table.get(h.table, UNKNOWN)
                for earlier in waiting.pop(h.cpu, ()):
                    found[earlier] = current[h.cpu]
            found[n] = current.get(h.cpu, UNKNOWN)
            if not h.valid:
                last[h.cpu] = current.pop(h.cpu, UNKNOWN)
        elif h.cpu in current:
            found[n] = current[h.cpu]
        elif isinstance(h, Saved | TimerTaken) and h.cpu not in waiting:
            found[n] = last.get(h.cpu, UNKNOWN)  # a vCPU that blocks is put, keeps its timer, and is put again by the scheduler
        elif isinstance(h, Saved):
            if "VMCR" in h.register:
                del waiting[h.cpu]  # a vCPU that was loaded and put without having been resident
        else:
            waiting.setdefault(h.cpu, []).append(n)
    return found
