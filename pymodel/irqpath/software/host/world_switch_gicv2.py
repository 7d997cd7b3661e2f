"""The world switch of a GICv2's virtual CPU interface (arch/arm64/kvm/vgic/vgic-v2.c): GICH, which is memory-mapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from irqpath.config.sizes import VirtualConfig
from irqpath.sim.platform import Pe
from irqpath.software.kvm.list_register import ListRegister, decode_gicv2, encode_gicv2
from irqpath.software.kvm.vcpu import Entry, Interface

_EN, _UIE = 1 << 0, 1 << 1
#: Cycles of the exception return: meanwhile a line that what was written raises gets to the PE.
_RETURN = 4
#: GICH_VMCR: where the mask stands, whose upper five bits there are
_PMR = 27


@dataclass(slots=True)
class WorldSwitchGicv2:
    """Of a machine with a GICv2."""

    virtual: VirtualConfig

    async def boot(self, pe: Pe) -> None:
        """The CPU interface knows nothing of Exception levels."""

    @staticmethod
    def mask(interface: Interface) -> int:
        """The guest's priority mask."""
        return interface.vmcr >> _PMR << 3

    async def load(self, pe: Pe, interface: Interface | None) -> None:
        """vgic_v2_load; None: a vCPU that has not run, all of whose registers are 0."""
        await pe.write("GICH_VMCR", 0 if interface is None else interface.vmcr)
        saved = {} if interface is None else dict(interface.active_priorities)
        await pe.write("GICH_APR", saved.get("GICH_APR", 0))

    async def put(self, pe: Pe) -> Interface:
        """vgic_v2_put."""
        return Interface(await pe.read("GICH_VMCR"), (("GICH_APR", await pe.read("GICH_APR")),))

    async def enter(self, pe: Pe, entry: Entry) -> None:
        """vgic_v2_restore_state; GICH_HCR last, for the reason that GICv3's is."""
        for n, lr in enumerate(entry.list_registers):
            await pe.write(f"GICH_LR{n}", encode_gicv2(lr))
        await pe.write("GICH_HCR", _EN | (_UIE if entry.underflow else 0))
        await pe.spend(_RETURN)

    async def leave(self, pe: Pe, written: Sequence[ListRegister]) -> list[ListRegister]:
        """save_lrs: what List registers hold now; those that are empty (GICH_ELSR) are not read."""
        found: list[ListRegister] = []
        empty = 0
        for word in range((len(written) + 31) // 32):
            empty |= await pe.read(f"GICH_ELSR{word}") << 32 * word
        await pe.write("GICH_HCR", 0)
        for n, lr in enumerate(written):
            found.append(lr.invalid() if empty >> n & 1 else decode_gicv2(await pe.read(f"GICH_LR{n}")))
            await pe.write(f"GICH_LR{n}", 0)
        return found
