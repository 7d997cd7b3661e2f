"""A guest's virtual interrupt controller: interrupts come in from devices, timers and other vCPUs, and reach List registers.

    vgic.inject(intid, level=True, vcpu=0)     a device's line or message, a timer
    entry = vgic.flush(0)                      before vCPU 0 runs: what to write
    vgic.fold(0, registers)                    after it ran: what was read back

Sources: Linux 6.12, arch/arm64/kvm/vgic; what List registers mean, IHI 0069 and IHI 0048. A guest's accesses to its distributor
are not emulated here: who does that changes the fields of `VgicIrq` and calls `queue`. A disabled distributor is not modelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from irqpath.core.errors import InputError
from irqpath.software.kvm import flush, fold
from irqpath.software.kvm.interrupt import FIRST_LPI, FIRST_SPI, NOBODY, VgicIrq
from irqpath.software.kvm.list_register import ListRegister
from irqpath.software.kvm.vcpu import Entry, Interface, VgicVcpu

#: ICC_SGI1R_EL1: to all but the one that asks, and where the INTID stands.
_IRM: Final = 1 << 40
_SGI_INTID: Final = 24
#: Targets of one value: one bit each.
_TARGETS: Final = 16


def _no_level(irq: VgicIrq) -> bool:
    del irq
    return False


def _nobody_asks(intid: int) -> None:
    del intid


def sgi1r_targets(value: int, source: int, vcpus: int) -> tuple[int, tuple[int, ...]]:
    """The INTID and the targets of a value of ICC_SGI1R_EL1 that vCPU `source` writes, in a guest of so many vCPUs."""
    intid = value >> _SGI_INTID & 0xF
    if value & _IRM:
        return intid, tuple(number for number in range(vcpus) if number != source)
    first = (value >> 16 & 0xFF) * _TARGETS
    # A range other than 0 holds targets whose affinity 0 is 16 or more, which KVM gives to no vCPU.
    numbers = () if value >> 44 & 0xF else (first + bit for bit in range(_TARGETS) if value >> bit & 1)
    return intid, tuple(number for number in numbers if number < vcpus)


class Vgic:
    """`vcpus`: how many the guest has; `list_registers`: how many the machine has; `gicv2`: the guest has a GICv2.

    `physical_level` tells the input of an interrupt that is mapped to a physical one; `ended` is told each SPI whose line's
    owner wants to know that the guest is done with it. Raises `InputError` for sizes that no machine has.
    """

    def __init__(
        self,
        vcpus: int = 1,
        *,
        list_registers: int = 4,
        gicv2: bool = False,
        physical_level: Callable[[VgicIrq], bool] = _no_level,
        ended: Callable[[int], None] = _nobody_asks,
    ) -> None:
        if not 1 <= vcpus <= (8 if gicv2 else 512) or not 1 <= list_registers <= (64 if gicv2 else 16):
            raise InputError(f"a vgic of {vcpus} vCPUs with {list_registers} List registers")
        self.vcpus: Final = [VgicVcpu(number) for number in range(vcpus)]
        self.list_registers: Final = list_registers
        self.gicv2: Final = gicv2
        #: SPIs, and LPIs that are mapped, by INTID
        self.shared: Final[dict[int, VgicIrq]] = {}
        self._physical_level = physical_level
        self._ended = ended

    def irq(self, intid: int, vcpu: int = 0) -> VgicIrq:
        """The interrupt; `vcpu` tells whose, for an SGI or a PPI. An SPI or LPI exists from when it is first named."""
        if intid < FIRST_SPI:
            return self.vcpus[vcpu].private[intid]
        found = self.shared.get(intid)
        if found is None:
            found = self.shared[intid] = VgicIrq(intid, vcpu, edge=intid >= FIRST_LPI)
        return found

    def map_physical(self, intid: int, physical: int) -> None:
        """The guest's deactivation of this PPI is to deactivate that physical interrupt (HW=1): a timer's."""
        for vcpu in self.vcpus:
            vcpu.private[intid].physical = physical

    def inject(self, intid: int, *, level: bool, vcpu: int = 0) -> None:
        """Tell an input: of a level-sensitive interrupt its level, of an edge-triggered one (`level` true) an edge."""
        irq = self.irq(intid, vcpu)
        if irq.edge:
            irq.pending_latch = irq.pending_latch or level
        else:
            irq.line_level = level
        self.queue(irq)

    def sgi(self, intid: int, targets: Iterable[int], source: int = 0) -> None:
        """An SGI to these vCPUs, asked for by vCPU `source`."""
        for number in targets:
            irq = self.vcpus[number].private[intid]
            irq.pending_latch = True
            if self.gicv2:
                irq.source |= 1 << source
            self.queue(irq)

    def sgi1r(self, value: int, source: int) -> tuple[int, ...]:
        """A guest's write of ICC_SGI1R_EL1, trapped. Returns the vCPUs that it targets; as KVM numbers them, 16 to each value
        of affinity 1."""
        intid, targets = sgi1r_targets(value, source, len(self.vcpus))
        self.sgi(intid, targets, source)
        return targets

    def queue(self, irq: VgicIrq) -> None:
        """Put an interrupt whose state has changed on the list of the vCPU that is to have it."""
        vcpu = irq.wanted
        if irq.listed_by == NOBODY and vcpu != NOBODY:
            self.vcpus[vcpu].ap_list.append(irq)
            irq.listed_by = vcpu

    def flush(self, vcpu: int) -> Entry:
        """What is written into List registers before the vCPU runs."""
        return flush.flush(self.vcpus[vcpu], self.list_registers, gicv2=self.gicv2)

    def fold(self, vcpu: int, registers: Sequence[ListRegister]) -> tuple[int, ...]:
        """Take back the List registers that the vCPU ran with. Returns INTIDs of physical interrupts to be made inactive."""
        state = self.vcpus[vcpu]
        inactive: tuple[int, ...] = ()
        if registers:
            inactive = fold.fold(
                state,
                registers,
                lambda intid: state.private[intid] if intid < FIRST_SPI else self.shared.get(intid),
                physical_level=self._physical_level,
                ended=self._ended,
                gicv2=self.gicv2,
            )
        fold.prune(state, self.queue)
        return inactive

    def unmap(self, intid: int) -> None:
        """An LPI is no longer mapped: it is forgotten, and what a List register still holds of it is not taken back."""
        irq = self.shared.pop(intid, None)
        if irq is not None and irq.listed_by != NOBODY:
            self.vcpus[irq.listed_by].ap_list.remove(irq)

    def timer_loaded(self, intid: int, vcpu: int, *, level: bool) -> bool:
        """The vCPU is loaded on a PE with its timer's output at `level`. Returns whether the physical interrupt is to be made
        active, so that the host does not take it: the guest has it, or is about to."""
        self.inject(intid, level=level, vcpu=vcpu)
        return level or self.vcpus[vcpu].private[intid].active

    def reset_vcpu(self, vcpu: int) -> None:
        """The vCPU begins anew: nothing pending, active or restored; its mapped interrupts stay mapped."""
        for irq in self.vcpus[vcpu].ap_list:
            irq.pending_latch = irq.line_level = irq.active = False
            irq.listed_by = NOBODY
        mapped = {intid: irq.physical for intid, irq in self.vcpus[vcpu].private.items()}
        self.vcpus[vcpu] = VgicVcpu(vcpu)
        for intid, pintid in mapped.items():
            self.vcpus[vcpu].private[intid].physical = pintid

    def put(self, vcpu: int, interface: Interface) -> None:
        """The vCPU leaves its PE: what its virtual CPU interface held."""
        self.vcpus[vcpu].save(interface)

    def load(self, vcpu: int) -> Interface | None:
        """The vCPU comes to a PE: what its virtual CPU interface must hold, None for one that was never put."""
        return self.vcpus[vcpu].interface
