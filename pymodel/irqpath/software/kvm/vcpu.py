"""What KVM keeps of a vCPU: its interrupts, the list of those that are active or pending, and its virtual CPU interface."""

from __future__ import annotations

from dataclasses import dataclass, field

from irqpath.software.kvm.interrupt import FIRST_PPI, FIRST_SPI, VgicIrq
from irqpath.software.kvm.list_register import ListRegister


@dataclass(frozen=True, slots=True)
class Interface:
    """What a virtual CPU interface holds besides List registers: `vmcr`, and active priorities by the register's name."""

    vmcr: int
    active_priorities: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """What is written before the guest runs: List registers from 0 on, and whether an underflow is to be told (HCR.UIE)."""

    list_registers: tuple[ListRegister, ...]
    underflow: bool


@dataclass(slots=True)
class VgicVcpu:
    """`private`: SGIs and PPIs by INTID; `ap_list`: interrupts that are active or pending for this vCPU, the oldest first;
    `used`: List registers that the guest runs with; `underflow`: HCR.UIE; `interface`: as it was when the vCPU was last put,
    None before."""

    number: int
    private: dict[int, VgicIrq] = field(default_factory=dict)
    ap_list: list[VgicIrq] = field(default_factory=list)
    used: int = 0
    underflow: bool = False
    interface: Interface | None = None

    def __post_init__(self) -> None:
        for intid in range(FIRST_SPI):
            self.private.setdefault(intid, VgicIrq(intid, self.number, edge=intid < FIRST_PPI))

    def save(self, interface: Interface) -> None:
        """The vCPU is put: this is what its virtual CPU interface holds."""
        self.interface = interface
