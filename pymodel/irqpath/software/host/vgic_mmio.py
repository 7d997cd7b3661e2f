"""What KVM does at a guest's access to its Distributor and Redistributors (arch/arm64/kvm/vgic/vgic-mmio-v3.c)."""

from __future__ import annotations

from collections.abc import Callable
from string import digits
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.core.link import block_number
from irqpath.regs import GICD, GICR, Access
from irqpath.software.kvm.interrupt import FIRST_SPI, VgicIrq
from irqpath.software.kvm.vgic import Vgic

_ARE, _DS = 1 << 4, 1 << 6
#: One bit an interrupt: what is read, and what a 1 (of the first of set and clear) or any value does.
_INTERRUPTS: Final = 32


class VgicMmio:
    """The emulated frames of a guest with `spis` SPIs. Interrupts' own state is the vgic's; the rest is `registers`, by frame and
    name, which read as they were written."""

    #: ARE = 1, and there are Redistributors
    affinity_routing = True

    def __init__(self, vgic: Vgic, spis: int, intid_bits: int) -> None:
        self._vgic = vgic
        self._spis = spis
        self._intid_bits = intid_bits
        self.registers: Final[dict[tuple[str, str], int]] = {}

    def read(self, block: str, offset: int, size: int, by: int = 0) -> int:
        """A read of "gicd" or "gicr<vcpu>" by vCPU `by`. Raises `CheckError` where there is no register."""
        register, access, vcpu = self._find(block, offset, size, by)
        value = self._read(block, register, access.index, vcpu)
        return value >> access.shift & (1 << 8 * size) - 1

    def write(self, block: str, offset: int, size: int, value: int, by: int = 0) -> tuple[int, ...]:
        """A write by vCPU `by`. Returns vCPUs that it sends an SGI. Raises `CheckError`."""
        register, access, vcpu = self._find(block, offset, size, by)
        return self._write(block, register, access, size, value, vcpu)

    def _find(self, block: str, offset: int, size: int, by: int) -> tuple[str, Access, int]:
        frame = GICD if block == "gicd" else GICR
        access = frame.lookup(offset, size)
        if access is None:
            raise CheckError(f"a guest's access: {frame.explain(offset, size)}")
        name, vcpu = frame.registers[access.register].name, by if frame is GICD else block_number(block)
        array = name.rstrip(digits)  # of a Redistributor, GICR_ICFGR0 and GICR_ICFGR1 are registers of their own
        if array != name and array.partition("_")[2] in _ARRAYS:
            return array, access._replace(index=int(name.removeprefix(array))), vcpu
        return name, access, vcpu

    def _read(self, block: str, register: str, index: int, vcpu: int) -> int:
        kind = register.partition("_")[2]
        if kind in _BITS:
            irqs = self._irqs(index * _INTERRUPTS, _INTERRUPTS, vcpu)
            return sum(_BITS[kind](irq) << n for n, irq in enumerate(irqs))
        if kind == "IPRIORITYR":
            return sum(irq.priority << 8 * n for n, irq in enumerate(self._irqs(4 * index, 4, vcpu)))
        if kind == "ICFGR":
            return sum(irq.edge << 2 * n + 1 for n, irq in enumerate(self._irqs(16 * index, 16, vcpu)))
        if register == "GICD_TYPER":
            return self._typer()
        if register == "GICR_TYPER":
            last = vcpu == len(self._vgic.vcpus) - 1
            return 1 | last << 4 | vcpu << 8 | vcpu << 32
        value = self.registers.get((block, f"{register}{index}"), 0)
        return value | _ARE | _DS if register == "GICD_CTLR" and self.affinity_routing else value

    def _typer(self) -> int:
        return self._spis // 32 | 1 << 17 | self._intid_bits - 1 << 19

    def _write(self, block: str, register: str, access: Access, size: int, value: int, vcpu: int) -> tuple[int, ...]:
        kind = register.partition("_")[2]
        if kind in _WRITES:
            first = access.index * _INTERRUPTS + access.shift
            for n, irq in enumerate(self._irqs(first, 8 * size, vcpu)):
                if value >> n & 1 or kind == "IGROUPR":
                    _WRITES[kind](irq, value >> n & 1)
                    self._vgic.queue(irq)
        elif kind == "IPRIORITYR":
            for n, irq in enumerate(self._irqs(4 * access.index + access.shift // 8, size, vcpu)):
                irq.priority = value >> 8 * n & 0xFF
        elif kind == "ICFGR":
            for n, irq in enumerate(self._irqs(16 * access.index, 16, vcpu)):
                if irq.intid >= FIRST_SPI:
                    irq.edge = bool(value >> 2 * n + 1 & 1)
        elif kind == "IROUTER":
            self._vgic.irq(access.index).target = value & 0xFF
        elif kind != "WAKER":  # it is always awake
            self.registers[block, f"{register}{access.index}"] = value
        return ()

    def _irqs(self, first: int, count: int, vcpu: int) -> list[VgicIrq]:
        """Interrupts by INTID; those of a Redistributor are its vCPU's own."""
        return [self._vgic.irq(intid, vcpu) for intid in range(first, first + count)]


def _set_enabled(irq: VgicIrq, _: int) -> None:
    irq.enabled = True


def _clear_enabled(irq: VgicIrq, _: int) -> None:
    irq.enabled = False


def _set_pending(irq: VgicIrq, _: int) -> None:
    irq.pending_latch = True


def _clear_pending(irq: VgicIrq, _: int) -> None:
    irq.pending_latch = False


def _clear_active(irq: VgicIrq, _: int) -> None:
    irq.active = False


def _set_group(irq: VgicIrq, group: int) -> None:
    irq.group = group


_BITS: Final[dict[str, Callable[[VgicIrq], int]]] = {
    "ISENABLER": lambda irq: irq.enabled,
    "ICENABLER": lambda irq: irq.enabled,
    "ISPENDR": lambda irq: irq.pending,
    "ICPENDR": lambda irq: irq.pending,
    "ISACTIVER": lambda irq: irq.active,
    "ICACTIVER": lambda irq: irq.active,
    "IGROUPR": lambda irq: irq.group,
}
_ARRAYS: Final = {*_BITS, "ICFGR"}
_WRITES: Final[dict[str, Callable[[VgicIrq, int], None]]] = {
    "ISENABLER": _set_enabled,
    "ICENABLER": _clear_enabled,
    "ISPENDR": _set_pending,
    "ICPENDR": _clear_pending,
    "ICACTIVER": _clear_active,
    "IGROUPR": _set_group,
}
