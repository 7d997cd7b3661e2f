"""Before a guest runs: its pending and active interrupts go into List registers."""

from __future__ import annotations

from irqpath.software.kvm.interrupt import FIRST_PPI, VgicIrq
from irqpath.software.kvm.list_register import ListRegister
from irqpath.software.kvm.vcpu import Entry, VgicVcpu


def flush(vcpu: VgicVcpu, count: int, *, gicv2: bool = False) -> Entry:
    """Fill at most `count` List registers from the vCPU's list; pending state of edges moves into them.

    With more than `count` interrupts the list is sorted: active ones, then pending ones by priority; those that find no place
    stay, and an underflow is asked for. `gicv2`: the guest has a GICv2, whose SGIs are pending once for each requesting CPU:
    such an SGI comes again, and nothing of less priority before it.
    """
    depth, several = _depth(vcpu, gicv2=gicv2)
    if depth > count or several:
        vcpu.ap_list.sort(key=VgicIrq.place)
    registers: list[ListRegister] = []
    least = 0xFF
    for irq in vcpu.ap_list:
        if several and irq.priority > least:
            break
        if irq.wanted == vcpu.number:
            registers.append(populate(irq, gicv2=gicv2))
            if irq.source:
                least = irq.priority
        if len(registers) == count:
            if irq is not vcpu.ap_list[-1]:
                vcpu.underflow = True
            break
    vcpu.used = len(registers)
    return Entry(tuple(registers), vcpu.underflow)


def _depth(vcpu: VgicVcpu, *, gicv2: bool) -> tuple[int, bool]:
    """List registers that the whole list wants; whether one of its SGIs wants several."""
    if not gicv2:
        return len(vcpu.ap_list), False
    wants = [irq.source.bit_count() if irq.intid < FIRST_PPI and irq.source else 1 for irq in vcpu.ap_list]
    return sum(wants), any(want > 1 for want in wants)


def populate(irq: VgicIrq, *, gicv2: bool = False) -> ListRegister:
    """The List register of an interrupt; what it takes of the interrupt's pending state is no longer the interrupt's own."""
    of_sgi = gicv2 and irq.intid < FIRST_PPI
    may_pend = not irq.active
    eoi, source = False, irq.active_source if irq.active and of_sgi else 0
    if irq.active and of_sgi and irq.source.bit_count() > 1:
        eoi = True
    elif irq.active and not irq.mapped and irq.edge:
        may_pend = True  # active and pending; a mapped one's pending state is the physical interrupt's
    if not irq.mapped and not irq.edge:
        eoi = True  # whoever drives the line wants to know when the guest is done
    pending = may_pend and irq.pending
    if pending:
        if irq.edge:
            irq.pending_latch = False
        if of_sgi:
            source, more = _next_source(irq)
            eoi = eoi or more
        if irq.mapped_level:
            irq.line_level = False  # only its rise is seen: fold looks for what it is then
    return ListRegister(irq.intid, pending, irq.active, irq.group, irq.priority, irq.physical, eoi, source)


def _next_source(irq: VgicIrq) -> tuple[int, bool]:
    """The lowest CPU that an SGI is pending for, which it no longer is; whether there are others, for which it still is."""
    lowest = irq.source & -irq.source
    irq.source &= ~lowest
    if irq.source:
        irq.pending_latch = True
    return max(0, lowest.bit_length() - 1), bool(irq.source)
