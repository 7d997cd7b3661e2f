"""After a guest has run: what its List registers say goes back into the interrupts' own state."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from irqpath.software.kvm.interrupt import FIRST_PPI, FIRST_SPI, NOBODY, VgicIrq
from irqpath.software.kvm.list_register import ListRegister
from irqpath.software.kvm.vcpu import VgicVcpu


def fold(
    vcpu: VgicVcpu,
    registers: Sequence[ListRegister],
    find: Callable[[int], VgicIrq | None],
    *,
    physical_level: Callable[[VgicIrq], bool],
    ended: Callable[[int], None],
    gicv2: bool = False,
) -> tuple[int, ...]:
    """Take back List registers as they are at the exit. Returns INTIDs of physical interrupts that must be made inactive.

    `find`: the vCPU's interrupt of an INTID, None for an LPI that was unmapped; `physical_level`: the input of a mapped one;
    `ended`: is told each SPI whose end was asked for, before its state is taken back.
    """
    vcpu.underflow = False
    inactive = []
    for lr in registers:
        if lr.ended and lr.intid >= FIRST_SPI:
            ended(lr.intid)
        irq = find(lr.intid)
        if irq is None:
            continue
        deactivated = irq.active and not lr.active
        _take_back(irq, lr, of_sgi=gicv2 and lr.intid < FIRST_PPI)
        if irq.mapped_level and (lr.pending or (deactivated and irq.line_level)):
            irq.line_level = physical_level(irq)
            if not irq.line_level:
                inactive.append(irq.physical)
    vcpu.used = 0
    return tuple(inactive)


def _take_back(irq: VgicIrq, lr: ListRegister, *, of_sgi: bool) -> None:
    """Active always; pending of an edge, for a level-sensitive one has its line; the latch of one that is done is cleared."""
    irq.active = lr.active
    if lr.active and of_sgi:
        irq.active_source = lr.source
    if irq.edge and lr.pending:
        irq.pending_latch = True
        if of_sgi:
            irq.source |= 1 << lr.source
    if not irq.edge and not lr.live:
        irq.pending_latch = False


def prune(vcpu: VgicVcpu, queue: Callable[[VgicIrq], None]) -> None:
    """Take off the list what belongs into no List register of this vCPU any more; `queue` has it put on another's."""
    leaving = [irq for irq in vcpu.ap_list if irq.wanted != vcpu.number]
    if not leaving:
        return
    vcpu.ap_list = [irq for irq in vcpu.ap_list if irq.wanted == vcpu.number]
    for irq in leaving:
        irq.listed_by = NOBODY
        queue(irq)
