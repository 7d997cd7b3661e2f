"""What a List register holds, and its formats: ICH_LR<n>_EL2 of GICv3 (DDI 0601) and GICH_LR<n> of GICv2 (IHI 0048, 5.3.10)."""

from __future__ import annotations

from typing import Final, NamedTuple

#: `ListRegister.physical` where HW is 0.
NO_PHYSICAL: Final = -1

# Offsets of fields: GICv3
_PHYSICAL, _PRIORITY, _GROUP, _HW, _PENDING, _ACTIVE = 32, 48, 60, 61, 62, 63
_EOI: Final = 41
# and GICv2
_PHYSICAL_2, _EOI_2, _PRIORITY_2, _PENDING_2, _ACTIVE_2, _GROUP_2, _HW_2 = 10, 19, 23, 28, 29, 30, 31


class ListRegister(NamedTuple):
    """One virtual interrupt. `physical`: the INTID that the guest's deactivation deactivates, too (HW=1), else `NO_PHYSICAL`;
    `eoi`: its end asks for maintenance; `source`: the requesting CPU of an SGI of a GICv2 guest."""

    intid: int
    pending: bool
    active: bool
    group: int
    priority: int
    physical: int = NO_PHYSICAL
    eoi: bool = False
    source: int = 0

    @property
    def live(self) -> bool:
        """Pending, active or both."""
        return self.pending or self.active

    @property
    def ended(self) -> bool:
        """Its end asks for maintenance, and it has come."""
        return self.eoi and self.physical == NO_PHYSICAL and not self.live

    def invalid(self) -> ListRegister:
        """The same without a state: what is kept of one that the guest has finished."""
        return self._replace(pending=False, active=False)


def encode_gicv3(lr: ListRegister) -> int:
    """The value of ICH_LR<n>_EL2. For a GICv2 guest the requesting CPU of an SGI stands where GICv2 has it."""
    value = lr.intid | lr.priority << _PRIORITY | lr.group << _GROUP | lr.pending << _PENDING | lr.active << _ACTIVE
    if lr.physical != NO_PHYSICAL:
        return value | 1 << _HW | lr.physical << _PHYSICAL
    return value | lr.eoi << _EOI | lr.source << _PHYSICAL_2


def decode_gicv3(value: int) -> ListRegister:
    """What a value of ICH_LR<n>_EL2 holds, of a GICv3 guest."""
    hw = bool(value >> _HW & 1)
    return ListRegister(
        intid=value & 0xFFFF_FFFF,
        pending=bool(value >> _PENDING & 1),
        active=bool(value >> _ACTIVE & 1),
        group=value >> _GROUP & 1,
        priority=value >> _PRIORITY & 0xFF,
        physical=value >> _PHYSICAL & 0x1FFF if hw else NO_PHYSICAL,
        eoi=not hw and bool(value >> _EOI & 1),
    )


def encode_gicv2(lr: ListRegister) -> int:
    """The value of GICH_LR<n>. It keeps the upper five bits of the priority."""
    value = lr.intid | lr.priority >> 3 << _PRIORITY_2 | lr.group << _GROUP_2
    value |= lr.pending << _PENDING_2 | lr.active << _ACTIVE_2
    if lr.physical != NO_PHYSICAL:
        return value | 1 << _HW_2 | lr.physical << _PHYSICAL_2
    return value | lr.eoi << _EOI_2 | lr.source << _PHYSICAL_2


def decode_gicv2(value: int) -> ListRegister:
    """What a value of GICH_LR<n> holds."""
    hw = bool(value >> _HW_2 & 1)
    return ListRegister(
        intid=value & 0x3FF,
        pending=bool(value >> _PENDING_2 & 1),
        active=bool(value >> _ACTIVE_2 & 1),
        group=value >> _GROUP_2 & 1,
        priority=(value >> _PRIORITY_2 & 0x1F) << 3,
        physical=value >> _PHYSICAL_2 & 0x3FF if hw else NO_PHYSICAL,
        eoi=not hw and bool(value >> _EOI_2 & 1),
        source=0 if hw else value >> _PHYSICAL_2 & 7,
    )
