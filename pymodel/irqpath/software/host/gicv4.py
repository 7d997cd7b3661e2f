"""GICv4 as Linux and KVM use it (irq-gic-v4.c, vgic-v4.c): a vPE for each vCPU, VLPIs for the events of an assigned device,
residency, and the doorbell that wakes a vCPU which has blocked; GICv4.1: virtual SGIs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from irqpath.config.sizes import FIRST_LPI, SPURIOUS, GicConfig
from irqpath.gic.its.encoding import Command, inv, vinvall, vmapp, vmapp_v41, vmapti, vmovp, vsgi, vsync
from irqpath.regs import VLPI, VSGI
from irqpath.sim.platform import Pe
from irqpath.software.cpu.protocol import poll
from irqpath.software.irqchip.its import Its
from irqpath.software.kvm.vcpu import VgicVcpu

#: The host's LPIs by which it is told that something waits for a vPE: one each, by vPEID.
DOORBELLS: Final = FIRST_LPI + 64
#: Where tables lie: pending ones, one each vPE, and configurations, one each virtual machine.
_PENDING_TABLES: Final = 0x8100_0000
_CONFIGURATIONS: Final = 0x8200_0000
#: of vPEs, one each Redistributor
_VPE_TABLES: Final = 0x8300_0000
_STRIDE: Final = 0x1_0000
_ID_BITS: Final = 14
_SGIS: Final = 16
# GICR_VPENDBASER; the first three of both, then GICv4.1's
_VALID, _PENDING_LAST, _DIRTY = 1 << 63, 1 << 61, 1 << 60
_REQUEST_DOORBELL, _GROUPS = 1 << 62, 3 << 58
#: GITS_SGIR: of vPE
_SGIR_VPE: Final = 32


@dataclass(slots=True)
class Vpe:
    """A vPE. `home`: the PE to whose Redistributor it is mapped; `pending_last`: something waits for it while it is not
    resident, or may; `sgis`: what its SGIs are configured as (enabled, priority, group)."""

    number: int
    home: int
    pending_last: bool = False
    sgis: list[tuple[bool, int, int]] = field(default_factory=lambda: [(False, 0, 0)] * _SGIS)

    @property
    def doorbell(self) -> int:
        """Its doorbell's INTID."""
        return DOORBELLS + self.number

    @property
    def table(self) -> int:
        """Its pending table."""
        return _PENDING_TABLES + self.number * _STRIDE


class Gicv4:
    """The vPEs of a virtual machine, one for each vCPU, from number `first` on; at first vCPU n's is at the Redistributor of PE
    `homes[n]`. `sgis`: its SGIs are virtual ones.

    With GICv4.0 the doorbell stays enabled while the vPE is resident, where none is sent; Linux disables it there.
    """

    def __init__(self, its: Its, config: GicConfig, homes: list[int], first: int = 0) -> None:
        self._its = its
        self._v41 = config.gicv4 is not None and config.gicv4.v41
        self.sgis: Final = config.gicv4 is not None and config.gicv4.sgis
        self.vpes: Final = [Vpe(first + n, home) for n, home in enumerate(homes)]
        self._configurations = _CONFIGURATIONS + first * _STRIDE
        #: events by VLPI: to which device they belong, their number, and the vPE that gets it
        self._events: dict[int, tuple[int, int, Vpe]] = {}

    async def map_vpes(self) -> None:
        """its_vpe_irq_domain_activate: VMAPP, and its doorbell."""
        for vpe in self.vpes:
            await self._its.configure(vpe.doorbell, enabled=True)
            await self._its.run(self._vmapp(vpe), vinvall(vpe.number), vsync(vpe.number))

    def _vmapp(self, vpe: Vpe) -> Command:
        if not self._v41:
            return vmapp(vpe.number, vpe.home, vpe.table, _ID_BITS - 1)
        return vmapp_v41(
            vpe.number, vpe.home, vpe.table, _ID_BITS - 1, self._configurations, vpe.doorbell, alloc=True, ptz=True
        )  # fmt: skip

    # --- what the guest's ITS tells -------------------------------------------------------------------------------------

    async def forward(self, device: int, event: int, intid: int, vcpu: int) -> None:
        """kvm_vgic_v4_set_forwarding: this event is a VLPI of the vCPU from now on."""
        vpe = self.vpes[vcpu]
        self._events[intid] = device, event, vpe
        await self._its.map_device(device)
        doorbell = SPURIOUS if self._v41 else vpe.doorbell
        await self._its.run(vmapti(device, event, vpe.number, intid, doorbell), vsync(vpe.number))

    async def configure(self, intid: int, *, enabled: bool, priority: int) -> None:
        """The guest has configured an LPI; if that is a VLPI, its configuration is another."""
        if intid in self._events:
            device, event, vpe = self._events[intid]
            await self._its.store(self._configurations + intid - FIRST_LPI, 1, priority & 0xFC | enabled)
            await self._its.run(inv(device, event), vsync(vpe.number))

    # --- virtual SGIs ---------------------------------------------------------------------------------------------------

    async def configure_sgis(self, state: VgicVcpu) -> None:
        """its_configure_sgi, of those of a vCPU whose configuration has changed."""
        vpe = self.vpes[state.number]
        for intid in range(_SGIS):
            irq = state.private[intid]
            wanted = irq.enabled, irq.priority, irq.group
            if vpe.sgis[intid] != wanted:
                vpe.sgis[intid] = wanted
                await self._its.run(
                    vsgi(vpe.number, intid, enable=irq.enabled, priority=irq.priority >> 4, group=irq.group), vsync(vpe.number)
                )

    async def send_sgi(self, intid: int, vcpu: int, pe: Pe) -> None:
        """its_sgi_set_irqchip_state: GITS_SGIR. The vPE has it at once, or its doorbell rings."""
        place = VSGI.element("GITS_SGIR")
        value = self.vpes[vcpu].number << _SGIR_VPE | intid
        await pe.write_at("its0", place.offset, place.register.width_bytes, value)

    # --- residency ------------------------------------------------------------------------------------------------------

    async def load(self, pe: Pe, vcpu: int) -> None:
        """vgic_v4_load: VMOVP, if it was elsewhere, and its_make_vpe_resident; until its pending table is read
        (its_wait_vpt_parse_complete)."""
        vpe = self.vpes[vcpu]
        if vpe.home != pe.index:
            vpe.home = pe.index
            await self._its.run(vmovp(vpe.number, pe.index, doorbell=vpe.doorbell if self._v41 else None), vsync(vpe.number))
        if not self._v41:
            await _write(pe, "GICR_VPROPBASER", self._configurations | _ID_BITS - 1)
        await _write(pe, "GICR_VPENDBASER", _VALID | (vpe.number | _GROUPS if self._v41 else vpe.table))
        await self._not_dirty(pe)
        vpe.pending_last = False

    async def put(self, pe: Pe, vcpu: int, *, blocking: bool) -> None:
        """its_make_vpe_non_resident; one that blocks wants its doorbell, another comes back by itself."""
        vpe = self.vpes[vcpu]
        value = await self._read(pe, "GICR_VPENDBASER") & ~(_VALID | _PENDING_LAST)
        if self._v41:
            value = value & ~_REQUEST_DOORBELL | (_REQUEST_DOORBELL if blocking else _PENDING_LAST)
        await _write(pe, "GICR_VPENDBASER", value)
        left = await self._not_dirty(pe)
        vpe.pending_last = vpe.pending_last or bool(left & _PENDING_LAST) or (self._v41 and not blocking)

    async def _not_dirty(self, pe: Pe) -> int:
        """Until Dirty is clear; GICR_VPENDBASER then."""
        return await poll(pe, lambda: self._read(pe, "GICR_VPENDBASER"), _DIRTY, "GICR_VPENDBASER.Dirty")

    async def _read(self, pe: Pe, name: str) -> int:
        place = VLPI.element(name)
        value, _ = await pe.read_at(f"gicr{pe.index}", place.offset, place.register.width_bytes)
        return value


async def init_vpe_table(pe: Pe) -> None:
    """allocate_vpe_l1_table: the Redistributor's table of vPEs (GICv4.1), which it shares with no other, nor with the ITS."""
    await _write(pe, "GICR_VPROPBASER", _VALID | _VPE_TABLES + pe.index * _STRIDE)


async def _write(pe: Pe, name: str, value: int) -> None:
    place = VLPI.element(name)
    await pe.write_at(f"gicr{pe.index}", place.offset, place.register.width_bytes, value)
