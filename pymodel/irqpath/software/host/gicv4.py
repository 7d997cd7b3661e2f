"""GICv4 as Linux and KVM use it (irq-gic-v4.c, vgic-v4.c): a vPE for the vCPU, VLPIs for the events of an assigned device,
residency, and the doorbell that wakes a vCPU which has blocked.
"""

from __future__ import annotations

from typing import Final

from irqpath.config.sizes import FIRST_LPI, SPURIOUS, GicConfig
from irqpath.gic.its.encoding import Command, inv, vinvall, vmapp, vmapp_v41, vmapti, vsync
from irqpath.regs import VLPI
from irqpath.sim.platform import Pe
from irqpath.software.cpu.protocol import poll
from irqpath.software.irqchip.its import Its

#: The host's LPI by which it is told that a VLPI waits for the vPE.
DOORBELL: Final = FIRST_LPI + 64
#: Where the vPE's tables lie.
_PENDING_TABLE: Final = 0x8100_0000
_CONFIGURATIONS: Final = 0x8110_0000
#: The only vPE.
_VPE: Final = 0
_ID_BITS: Final = 14
# GICR_VPENDBASER; the first three of both, then GICv4.1's
_VALID, _PENDING_LAST, _DIRTY = 1 << 63, 1 << 61, 1 << 60
_REQUEST_DOORBELL, _GROUPS = 1 << 62, 3 << 58


class Gicv4:
    """The vPE of a vCPU, at the Redistributor of PE `home`. `pending_last`: a VLPI waits for it while it is not resident, or one
    may. `resident`: at which PE it is, None at none.

    With GICv4.0 the doorbell stays enabled while the vPE is resident, where none is sent; Linux disables it there.
    """

    def __init__(self, its: Its, config: GicConfig, home: int = 0) -> None:
        self._its = its
        self._v41 = config.gicv4 is not None and config.gicv4.v41
        self._home = home
        self.pending_last = False
        self.resident: int | None = None
        #: events by VLPI: to which device they belong, and their number
        self._events: dict[int, tuple[int, int]] = {}

    async def init_cpu(self, pe: Pe) -> None:
        """The Redistributor's table: of vPEs (GICv4.1), or of the configurations of all VLPIs."""
        value = _VALID | self._its.layout.vpes if self._v41 else _CONFIGURATIONS | _ID_BITS - 1
        await self._write(pe, "GICR_VPROPBASER", value)

    async def map_vpe(self) -> None:
        """its_vpe_irq_domain_activate: VMAPP, and its doorbell."""
        await self._its.configure(DOORBELL, enabled=True)
        await self._its.run(self._vmapp(), vinvall(_VPE), vsync(_VPE))

    def _vmapp(self) -> Command:
        if not self._v41:
            return vmapp(_VPE, self._home, _PENDING_TABLE, _ID_BITS - 1)
        return vmapp_v41(
            _VPE, self._home, _PENDING_TABLE, _ID_BITS - 1, _CONFIGURATIONS, DOORBELL, alloc=True, ptz=True
        )  # fmt: skip

    # --- what the guest's ITS tells -------------------------------------------------------------------------------------

    async def forward(self, device: int, event: int, intid: int) -> None:
        """kvm_vgic_v4_set_forwarding: this event is a VLPI from now on."""
        self._events[intid] = device, event
        await self._its.map_device(device)
        await self._its.run(vmapti(device, event, _VPE, intid, SPURIOUS if self._v41 else DOORBELL), vsync(_VPE))

    async def configure(self, intid: int, *, enabled: bool, priority: int) -> None:
        """The guest has configured an LPI; if that is a VLPI, its configuration is another."""
        if intid in self._events:
            await self._its.store(_CONFIGURATIONS + intid - FIRST_LPI, 1, priority & 0xFC | enabled)
            await self._its.run(inv(*self._events[intid]), vsync(_VPE))

    # --- residency ------------------------------------------------------------------------------------------------------

    async def load(self, pe: Pe) -> None:
        """its_make_vpe_resident, and until its pending table is read (its_wait_vpt_parse_complete)."""
        value = _VPE | _GROUPS if self._v41 else _PENDING_TABLE
        await self._write(pe, "GICR_VPENDBASER", _VALID | value)
        await self._not_dirty(pe)
        self.resident = pe.index
        self.pending_last = False

    async def put(self, pe: Pe, *, blocking: bool) -> None:
        """its_make_vpe_non_resident; one that blocks wants its doorbell, another comes back by itself."""
        value = await self._read(pe, "GICR_VPENDBASER") & ~(_VALID | _PENDING_LAST)
        if self._v41:
            value = value & ~_REQUEST_DOORBELL | (_REQUEST_DOORBELL if blocking else _PENDING_LAST)
        await self._write(pe, "GICR_VPENDBASER", value)
        self.resident = None
        left = await self._not_dirty(pe)
        self.pending_last = self.pending_last or bool(left & _PENDING_LAST) or (self._v41 and not blocking)

    async def _not_dirty(self, pe: Pe) -> int:
        """Until Dirty is clear; GICR_VPENDBASER then."""
        return await poll(pe, lambda: self._read(pe, "GICR_VPENDBASER"), _DIRTY, "GICR_VPENDBASER.Dirty")

    async def _read(self, pe: Pe, name: str) -> int:
        place = VLPI.element(name)
        value, _ = await pe.read_at(f"gicr{pe.index}", place.offset, place.register.width_bytes)
        return value

    async def _write(self, pe: Pe, name: str, value: int) -> None:
        place = VLPI.element(name)
        await pe.write_at(f"gicr{pe.index}", place.offset, place.register.width_bytes, value)
