"""ITS commands as software writes them: the four 64-bit words of each (IHI 0069 5.3, table of each command's format).

For drivers and stimulus. The models decode commands by tables of their own (`commands`, `virtual`), and nothing here is shared
with them: an error in one of the two must show as a difference. This module imports nothing of the models.

Arguments have the order in which the fields stand in the command, and their values: `size` and `vpt_size` are bits minus one
(R34), `rdbase` is what goes into bits [51:16], addresses are whole. No argument is checked, so that faulty commands can be made.
"""

from __future__ import annotations

from typing import Final, TypeAlias

#: DW0 to DW3.
Command: TypeAlias = tuple[int, int, int, int]

COMMAND_BYTES: Final = 32
#: Dbell_pINTID that stands for no doorbell (GICv4.0).
_NO_DOORBELL: Final = 1023

MOVI: Final = 0x01
INT: Final = 0x03
CLEAR: Final = 0x04
SYNC: Final = 0x05
MAPD: Final = 0x08
MAPC: Final = 0x09
MAPTI: Final = 0x0A
MAPI: Final = 0x0B
INV: Final = 0x0C
INVALL: Final = 0x0D
MOVALL: Final = 0x0E
DISCARD: Final = 0x0F
VMOVI: Final = 0x21
VMOVP: Final = 0x22
VSGI: Final = 0x23
VSYNC: Final = 0x25
VMAPP: Final = 0x29
VMAPTI: Final = 0x2A
VMAPI: Final = 0x2B
VINVALL: Final = 0x2D
INVDB: Final = 0x2E


# --- physical ---------------------------------------------------------------------------------------------------------------


def mapd(device: int, itt: int, size: int, *, valid: bool = True) -> Command:
    """MAPD: a DeviceID to its ITT, whose EventIDs have `size` + 1 bits."""
    return MAPD | device << 32, size, itt | valid << 63, 0


def mapc(icid: int, rdbase: int, *, valid: bool = True) -> Command:
    """MAPC: a collection to a Redistributor."""
    return MAPC, 0, icid | rdbase << 16 | valid << 63, 0


def mapti(device: int, event: int, intid: int, icid: int) -> Command:
    """MAPTI: an event to an LPI and a collection."""
    return MAPTI | device << 32, event | intid << 32, icid, 0


def mapi(device: int, event: int, icid: int) -> Command:
    """MAPI: an event to the LPI of the same number."""
    return MAPI | device << 32, event, icid, 0


def movi(device: int, event: int, icid: int) -> Command:
    """MOVI: an event to another collection, with its pending state."""
    return MOVI | device << 32, event, icid, 0


def movall(source: int, target: int) -> Command:
    """MOVALL: pending LPIs of one Redistributor (RDbase1) join those of another (RDbase2)."""
    return MOVALL, 0, source << 16, target << 16


def interrupt(device: int, event: int) -> Command:
    """INT: as if the device had sent its message."""
    return INT | device << 32, event, 0, 0


def clear(device: int, event: int) -> Command:
    """CLEAR: not pending any more."""
    return CLEAR | device << 32, event, 0, 0


def discard(device: int, event: int) -> Command:
    """DISCARD: unmapped and not pending."""
    return DISCARD | device << 32, event, 0, 0


def inv(device: int, event: int) -> Command:
    """INV: its configuration is read again."""
    return INV | device << 32, event, 0, 0


def invall(icid: int) -> Command:
    """INVALL: the configuration of a collection's LPIs is read again."""
    return INVALL, 0, icid, 0


def sync(rdbase: int) -> Command:
    """SYNC: what came before has taken effect at that Redistributor."""
    return SYNC, 0, rdbase << 16, 0


# --- virtual ----------------------------------------------------------------------------------------------------------------


def vmapp(vpe: int, rdbase: int, vpt: int, vpt_size: int, *, valid: bool = True) -> Command:
    """VMAPP of GICv4.0: a vPE to a Redistributor; `vpt`: address of its virtual pending table."""
    return VMAPP, vpe << 32, rdbase << 16 | valid << 63, vpt | vpt_size


def vmapp_v41(
    vpe: int, rdbase: int, vpt: int, vpt_size: int, vconf: int, doorbell: int, *, alloc: bool, ptz: bool, valid: bool = True
) -> Command:
    """VMAPP of GICv4.1; `vconf`: address of the vPE's configuration table, `doorbell`: its default one."""
    head = VMAPP | alloc << 8 | ptz << 9 | vconf
    return head, vpe << 32 | doorbell, rdbase << 16 | valid << 63, vpt | vpt_size


def vmapti(device: int, event: int, vpe: int, intid: int, doorbell: int = _NO_DOORBELL) -> Command:
    """VMAPTI: an event to a virtual LPI of a vPE."""
    return VMAPTI | device << 32, event | vpe << 32, intid | doorbell << 32, 0


def vmapi(device: int, event: int, vpe: int, doorbell: int = _NO_DOORBELL) -> Command:
    """VMAPI: an event to the virtual LPI of the same number."""
    return VMAPI | device << 32, event | vpe << 32, doorbell << 32, 0


def vmovi(device: int, event: int, vpe: int, doorbell: int | None = None) -> Command:
    """VMOVI: an event to another vPE; a doorbell sets D."""
    return VMOVI | device << 32, event | vpe << 32, 0 if doorbell is None else 1 | doorbell << 32, 0


def vmovp(vpe: int, rdbase: int, *, sequence: int = 0, itslist: int = 0, doorbell: int | None = None) -> Command:
    """VMOVP: a vPE to another Redistributor; a default doorbell sets DB (GICv4.1)."""
    return VMOVP | sequence << 32, vpe << 32 | itslist, rdbase << 16 | (doorbell is not None) << 63, doorbell or 0


def vsgi(vpe: int, intid: int, *, enable: int = 1, priority: int = 0xA, group: int = 1, clear: int = 0) -> Command:
    """VSGI: configuration of a virtual SGI; `priority`: its upper four bits."""
    return VSGI | enable << 8 | clear << 9 | group << 10 | priority << 20 | intid << 32, vpe << 32, 0, 0


def vsync(vpe: int) -> Command:
    """VSYNC: what came before has taken effect for that vPE."""
    return VSYNC, vpe << 32, 0, 0


def vinvall(vpe: int) -> Command:
    """VINVALL: the configuration of a vPE's virtual LPIs is read again."""
    return VINVALL, vpe << 32, 0, 0


def invdb(vpe: int) -> Command:
    """INVDB: the configuration of a vPE's default doorbell is read again."""
    return INVDB, vpe << 32, 0, 0
