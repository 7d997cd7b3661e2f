"""The world switch of the virtual CPU interface, as KVM does it (arch/arm64/kvm/hyp/vgic-v3-sr.c): List registers at each entry
and exit, VMCR and active priorities when a vCPU is loaded and put.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from irqpath.config.sizes import VirtualConfig
from irqpath.core.transactions import PeState
from irqpath.gic.gicc.pe_state import FMO, IMO
from irqpath.sim.platform import Pe
from irqpath.software.host.scheduler import HYPERVISOR
from irqpath.software.kvm.list_register import ListRegister, decode_gicv3, encode_gicv3
from irqpath.software.kvm.vcpu import Entry, Interface

#: A guest, whose interrupts are all virtual.
GUEST: Final = PeState(1, IMO | FMO)
_EN, _UIE = 1 << 0, 1 << 1
#: ICH_VMCR_EL2
_PMR: Final = 24


class Switch(Protocol):
    """What KVM asks of it, whichever the GIC."""

    async def boot(self, pe: Pe) -> None:
        """The PE is the hypervisor's."""

    @staticmethod
    def mask(interface: Interface) -> int:
        """The guest's priority mask."""

    async def load(self, pe: Pe, interface: Interface | None) -> None:
        """What the virtual CPU interface of a vCPU that comes to this PE must hold; None: it has not run."""

    async def put(self, pe: Pe) -> Interface:
        """What it holds when the vCPU leaves the PE."""

    async def enter(self, pe: Pe, entry: Entry) -> None:
        """The guest runs now."""

    async def leave(self, pe: Pe, written: Sequence[ListRegister]) -> list[ListRegister]:
        """It does not; what List registers hold."""


@dataclass(slots=True)
class WorldSwitch:
    """Of a machine with GICv3 virtual CPU interfaces."""

    virtual: VirtualConfig

    async def boot(self, pe: Pe) -> None:
        """The PE is at EL2."""
        await pe.enter(HYPERVISOR)

    @staticmethod
    def mask(interface: Interface) -> int:
        """The guest's priority mask."""
        return interface.vmcr >> _PMR

    @property
    def _active_priorities(self) -> list[str]:
        words = range(max(1, (1 << self.virtual.preemption_bits) // 32))
        return [f"ICH_AP{group}R{n}_EL2" for group in (0, 1) for n in words]

    async def load(self, pe: Pe, interface: Interface | None) -> None:
        """vgic_v3_load; None: a vCPU that has not run, all of whose registers are 0."""
        await pe.msr("ICH_VMCR_EL2", 0 if interface is None else interface.vmcr)
        saved = {} if interface is None else dict(interface.active_priorities)
        for name in self._active_priorities:
            await pe.msr(name, saved.get(name, 0))

    async def put(self, pe: Pe) -> Interface:
        """vgic_v3_put."""
        vmcr = await pe.mrs("ICH_VMCR_EL2")
        return Interface(vmcr, tuple([(name, await pe.mrs(name)) for name in self._active_priorities]))

    async def enter(self, pe: Pe, entry: Entry) -> None:
        """__vgic_v3_restore_state, then the guest's Exception level. ICH_HCR_EL2 comes last: UIE asks for maintenance as long as
        there are no List registers, and that would be the guest's next exit."""
        for n, lr in enumerate(entry.list_registers):
            await pe.msr(f"ICH_LR{n}_EL2", encode_gicv3(lr))
        await pe.msr("ICH_HCR_EL2", _EN | (_UIE if entry.underflow else 0))
        await pe.enter(GUEST)

    async def leave(self, pe: Pe, written: Sequence[ListRegister]) -> list[ListRegister]:
        """__vgic_v3_save_state: what List registers hold now; those that are empty (ICH_ELRSR_EL2) are not read."""
        await pe.enter(HYPERVISOR)
        found: list[ListRegister] = []
        empty = await pe.mrs("ICH_ELRSR_EL2") if written else 0
        await pe.msr("ICH_HCR_EL2", 0)
        for n, lr in enumerate(written):
            found.append(lr.invalid() if empty >> n & 1 else decode_gicv3(await pe.mrs(f"ICH_LR{n}_EL2")))
            await pe.msr(f"ICH_LR{n}_EL2", 0)
        return found
