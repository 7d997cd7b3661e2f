"""Words of ITS commands (IHI 0069 5.3)."""

from __future__ import annotations

from typing import TypeAlias

Words: TypeAlias = tuple[int, int, int, int]

_V = 1 << 63


def mapd(device: int, size: int, itt: int, valid: bool = True) -> Words:
    """MAPD; `size`: bits of EventID minus one (R34), `itt`: address."""
    return 0x08 | device << 32, size, itt | valid * _V, 0


def mapc(icid: int, rdbase: int, valid: bool = True) -> Words:
    """MAPC; `rdbase`: processor number, or address >> 16."""
    return 0x09, 0, icid | rdbase << 16 | valid * _V, 0


def mapti(device: int, event: int, intid: int, icid: int) -> Words:
    """MAPTI."""
    return 0x0A | device << 32, event | intid << 32, icid, 0


def mapi(device: int, event: int, icid: int) -> Words:
    """MAPI."""
    return 0x0B | device << 32, event, icid, 0


def on_event(number: int, device: int, event: int) -> Words:
    """INT (0x03), CLEAR (0x04), INV (0x0C), DISCARD (0x0F)."""
    return number | device << 32, event, 0, 0


def movi(device: int, event: int, icid: int) -> Words:
    """MOVI."""
    return 0x01 | device << 32, event, icid, 0


def invall(icid: int) -> Words:
    """INVALL."""
    return 0x0D, 0, icid, 0


def movall(source: int, target: int) -> Words:
    """MOVALL."""
    return 0x0E, 0, source << 16, target << 16


def sync(rdbase: int) -> Words:
    """SYNC."""
    return 0x05, 0, rdbase << 16, 0


def vmapp(vpe: int, rdbase: int, vpt: int, bits: int, valid: bool = True) -> Words:
    """VMAPP of GICv4.0; `bits`: of virtual INTIDs, `vpt`: address of the virtual pending table."""
    return 0x29, vpe << 32, rdbase << 16 | valid * _V, vpt | bits - 1


def vmapti(device: int, event: int, vpe: int, intid: int, doorbell: int) -> Words:
    """VMAPTI; `doorbell`: physical LPI, 1023 for none."""
    return 0x2A | device << 32, event | vpe << 32, intid | doorbell << 32, 0


def vmovi(device: int, event: int, vpe: int, doorbell: int | None) -> Words:
    """VMOVI; `doorbell`: None leaves it as it is."""
    return 0x21 | device << 32, event | vpe << 32, 0 if doorbell is None else 1 | doorbell << 32, 0


def vmovp(vpe: int, rdbase: int) -> Words:
    """VMOVP where one ITS suffices."""
    return 0x22, vpe << 32, rdbase << 16, 0


def on_vpe(number: int, vpe: int) -> Words:
    """VSYNC (0x25), VINVALL (0x2D)."""
    return number, vpe << 32, 0, 0


VSYNC, VINVALL = 0x25, 0x2D
INT, CLEAR, INV, DISCARD = 0x03, 0x04, 0x0C, 0x0F
