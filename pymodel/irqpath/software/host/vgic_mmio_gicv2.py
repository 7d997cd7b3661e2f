"""What KVM does at a guest's access to the Distributor of a GICv2 (arch/arm64/kvm/vgic/vgic-mmio-v2.c)."""

from __future__ import annotations

from irqpath.regs import Access
from irqpath.software.host.vgic_mmio import VgicMmio
from irqpath.software.kvm.interrupt import FIRST_SPI
from irqpath.software.kvm.vgic import Vgic

# GICD_SGIR
_FILTER, _TARGETS = 24, 16
_OTHERS, _SELF = 1, 2


class VgicMmioGicv2(VgicMmio):
    """The emulated Distributor; what is private of it is the accessing vCPU's. All interrupts are of Group 0."""

    affinity_routing = False

    def __init__(self, vgic: Vgic, spis: int) -> None:
        super().__init__(vgic, spis, intid_bits=10)
        for vcpu in range(len(vgic.vcpus)):
            for intid in range(FIRST_SPI + spis):
                vgic.irq(intid, vcpu).group = 0
        for intid in range(FIRST_SPI, FIRST_SPI + spis):
            vgic.irq(intid).target = 0

    def _typer(self) -> int:
        return self._spis // 32 | len(self._vgic.vcpus) - 1 << 5

    def _read(self, block: str, register: str, index: int, vcpu: int) -> int:
        if register == "GICD_ITARGETSR":
            return sum(1 << irq.target << 8 * n for n, irq in enumerate(self._irqs(4 * index, 4, vcpu)))
        return super()._read(block, register, index, vcpu)

    def _write(self, block: str, register: str, access: Access, size: int, value: int, vcpu: int) -> tuple[int, ...]:
        if register == "GICD_SGIR":
            return self._sgi(value, vcpu)
        if register == "GICD_ITARGETSR":
            for n, irq in enumerate(self._irqs(4 * access.index + access.shift // 8, size, vcpu)):
                targets = value >> 8 * n & (1 << len(self._vgic.vcpus)) - 1
                if irq.intid >= FIRST_SPI:
                    irq.target = max(0, (targets & -targets).bit_length() - 1)
                    self._vgic.queue(irq)
            return ()
        return super()._write(block, register, access, size, value, vcpu)

    def _sgi(self, value: int, source: int) -> tuple[int, ...]:
        """vgic_mmio_write_sgir."""
        everybody = range(len(self._vgic.vcpus))
        chosen = value >> _FILTER & 3
        if chosen == _OTHERS:
            targets = tuple(n for n in everybody if n != source)
        elif chosen == _SELF:
            targets = (source,)
        else:
            targets = tuple(n for n in everybody if value >> _TARGETS + n & 1)
        self._vgic.sgi(value & 0xF, targets, source)
        return targets
