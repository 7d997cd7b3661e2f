"""The commands of GICv4 and GICv4.1 in an ITS, and those of GICv3 when their event is mapped to a virtual LPI (IHI 0069 5.3).

Encodings: command number in DW0[7:0]; DeviceID DW0[63:32]; EventID DW1[31:0]; vPEID DW1[47:32]; doorbell DW2[63:32].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from irqpath.config.sizes import FIRST_LPI, SPURIOUS
from irqpath.core.errors import ArchError
from irqpath.core.transactions import (
    LpiAck,
    VlpiClear,
    VlpiInv,
    VlpiInvall,
    VlpiSet,
    VlpiTake,
    VpeArrive,
    VpeElsewhere,
    VpeInvdb,
    VpeMapping,
    VpeMove,
    VpeMoved,
    VpeSync,
    VsgiConfig,
    VsgiSet,
)
from irqpath.gic.common.tables import Device, VirtualTranslation, read_virtual, write_translation
from irqpath.gic.common.vpe_table import SGI_CONFIG, Vpe, clear_sgis, read_vpe, write_vpe
from irqpath.gic.its import commands as its_commands
from irqpath.gic.its.commands import CommandFault, Words
from irqpath.gic.its.host import Gicv4ItsHost, ItsHost

#: What concerns a vPE at its Redistributor.
VpeCommand = (
    VlpiSet | VlpiClear | VlpiInv | VlpiInvall | VlpiTake | VpeSync | VpeMove | VpeInvdb | VsgiConfig | VsgiSet
)  # fmt: skip
#: What a command returns: its operands; None when it waits for other ITSs.
Result = tuple[int, ...] | None


def _vpeid(w: Words) -> int:
    return w.dw1 >> 32 & 0xFFFF


def vpe_address(its: Gicv4ItsHost, vpe: int) -> int | None:
    """Address of the vPE's entry; None if the vPEID has none."""
    return None if vpe >> its.config.vpe_bits else its.tables[2].entry_address(vpe, its.mem)


def find_vpe(its: Gicv4ItsHost, vpe: int) -> Vpe | None:
    """The vPE, None if this ITS has not mapped it."""
    at = vpe_address(its, vpe)
    found = None if at is None else read_vpe(at, its.gicv4.v41, its.mem)
    if found is not None and its.gicv4.v41 and not found.its >> its.number & 1:
        return None
    return found


def mapped_vpe(its: Gicv4ItsHost, vpe: int, error: ArchError) -> Vpe:
    """The vPE; raises `CommandFault(error)` if it is not mapped."""
    found = find_vpe(its, vpe)
    if found is None:
        raise CommandFault(error, f"vPEID {vpe}")
    return found


def _announce(its: Gicv4ItsHost, vpe: int, entry: Vpe | None, rdbase: int) -> None:
    if entry is None:
        its.wrote("vpe", vpe=vpe, valid=0, size=0, vpt=0, rdbase=rdbase)
    else:
        its.wrote("vpe", vpe=vpe, valid=1, size=entry.bits - 1, vpt=entry.vpt, rdbase=rdbase)


# --- vPEs ---------------------------------------------------------------------------------------------------------------


def vmapp(its: Gicv4ItsHost, w: Words) -> Result:
    """VMAPP: map a vPE to a Redistributor and its virtual pending table, or unmap it; GICv4.1 adds ALLOC, PTZ, the configuration
    table and the default doorbell."""
    vpe, rdbase = _vpeid(w), w.rdbase
    vpt, size = w.dw3 & 0x000F_FFFF_FFFF_0000, w.dw3 & 0x1F
    operands = (vpe, rdbase, w.valid, vpt >> 16, size)
    at = vpe_address(its, vpe)
    if at is None:
        raise CommandFault(ArchError.VMAPP_VPE_OOR, f"vPEID {vpe}")
    if not w.valid:
        old = find_vpe(its, vpe)
        _unmap(its, at, w)
        if old is not None:
            _tell(its, vpe, read_vpe(at, its.gicv4.v41, its.mem), old.pe)
        _announce(its, vpe, None, rdbase)
        return operands
    pe = its.pe_of(rdbase)
    if pe is None:
        raise CommandFault(ArchError.VMAPP_PROCNUM_OOR, f"vPEID {vpe}, RDbase {rdbase:#x}")
    if size >= its.gic_intid_bits:
        raise CommandFault(ArchError.VMAPP_VPTSIZE_OOR, f"vPEID {vpe}, VPT_size {size}")
    entry = Vpe(pe, vpt, size + 1)
    _look_for_mapping(its, at, w)
    if its.gicv4.v41:
        entry = _map_v41(its, at, w, entry)
    write_vpe(at, entry, its.gicv4.v41, its.mem)
    _tell(its, vpe, entry, pe, alloc=w.dw0 >> 8 & 1)
    _announce(its, vpe, entry, rdbase)
    return operands


def _look_for_mapping(its: Gicv4ItsHost, at: int, w: Words) -> None:
    """Report a VMAPP of a vPE that is mapped. In GICv4.1 every ITS maps it, the first of them with ALLOC."""
    old = read_vpe(at, its.gicv4.v41, its.mem)
    if old is not None and (not its.gicv4.v41 or w.dw0 >> 8 & 1 or old.its >> its.number & 1):
        its.report(ArchError.VMAPP_REMAP, f"vPEID {_vpeid(w)}")


def _tell(its: Gicv4ItsHost, vpe: int, entry: Vpe | None, pe: int, *, alloc: int = 0) -> None:
    """GICv4.1: a Redistributor with a vPE table of its own has to be told."""
    if its.gicv4.v41 and not its.shares_vpe_table(pe):
        e = entry or Vpe(pe, 0, 1)
        message = VpeMapping(vpe, int(entry is not None), e.pe, e.vpt, e.bits, e.doorbell, e.its, e.vconf, alloc)
        its.rds.call(pe, message)


def ask(its: Gicv4ItsHost, vpe: int, entry: Vpe, message: VpeCommand) -> LpiAck:
    """Send to the vPE's Redistributor; where it has moved on by becoming resident (GICv4.1, `VpeElsewhere`), there."""
    ack = its.rds.call(entry.pe, message)
    if isinstance(ack, VpeElsewhere):
        write_vpe(vpe_at(its, vpe), replace(entry, pe=ack.pe), True, its.mem)
        ack = its.rds.call(ack.pe, message)
    return ack


def _map_v41(its: Gicv4ItsHost, at: int, w: Words, entry: Vpe) -> Vpe:
    """GICv4.1: with ALLOC the entry is made anew, else this ITS joins those that have mapped the vPE, if its table is theirs."""
    alloc, ptz = w.dw0 >> 8 & 1, w.dw0 >> 9 & 1
    entry = replace(entry, doorbell=w.dw1 & 0xFFFF_FFFF, its=1 << its.number, vconf=w.dw0 & 0x000F_FFFF_FFFF_0000)
    if not alloc:
        old = read_vpe(at, True, its.mem)
        return entry if old is None else replace(old, its=old.its | entry.its)
    if its.policy.vsgi_config == "table":
        clear_sgis(at, its.mem)
    elif not ptz:  # software vouches for a table of zeros with PTZ; without it, the SGIs' configuration is made so
        for word in range(2):
            its.mem.write(entry.vpt + SGI_CONFIG + 8 * word, 8, 0)
    return entry


def _unmap(its: Gicv4ItsHost, at: int, w: Words) -> None:
    """V = 0. In GICv4.1 the entry goes with ALLOC; without, only this ITS has it no more."""
    old = read_vpe(at, True, its.mem) if its.gicv4.v41 else None
    if old is None or w.dw0 >> 8 & 1:
        write_vpe(at, None, its.gicv4.v41, its.mem)
    else:
        write_vpe(at, replace(old, its=old.its & ~(1 << its.number)), True, its.mem)


def vmovp(its: Gicv4ItsHost, w: Words) -> Result:
    """VMOVP: the vPE belongs to another Redistributor. With GITS_TYPER.VMOVP = 1 this ITS tells the others, and a VSYNC waits for
    them. With 0 every ITS of ITSList gets the command with the same sequence number (R62), and carries it out by itself:
    GITS_CREADR passes, for software may wait for one ITS before it asks the next (Linux does); the first hands the vPE over."""
    vpe = _vpeid(w)
    entry = mapped_vpe(its, vpe, ArchError.VMOVP_UNMAPPED)
    pe = its.pe_of(w.rdbase)
    if pe is None:
        raise CommandFault(ArchError.VMOVP_PROCNUM_OOR, f"vPEID {vpe}, RDbase {w.rdbase:#x}")
    first = True  # the others of ITSList find the vPE handed over
    if not its.gicv4.vmovp:
        sequence, itslist = w.dw0 >> 32 & 0xFFFF, w.dw1 & 0xFFFF
        if not itslist >> its.number & 1 or itslist >> its.number_of_its:
            raise CommandFault(ArchError.VMOVP_ITSLIST, f"vPEID {vpe}, ITSList {itslist:#x}")
        first = its.meet(sequence, itslist)
    moved = replace(entry, pe=pe)
    db = w.dw2 >> 63 if its.gicv4.v41 else 0  # there is a default doorbell in the command
    if db:
        moved = replace(moved, doorbell=w.dw3 & 0xFFFF_FFFF)
    if its.gicv4.v41 and pe != entry.pe and first:
        _hand_over(its, vpe, entry, pe)
    write_vpe(vpe_at(its, vpe), moved, its.gicv4.v41, its.mem)
    for there in {entry.pe, pe}:
        _tell(its, vpe, moved, there)
    _announce(its, vpe, moved, w.rdbase)
    if its.gicv4.vmovp:
        its.tell_others(VpeMoved(vpe, pe, db, moved.doorbell if db else 0))
    return vpe, w.rdbase


def vpe_at(its: Gicv4ItsHost, vpe: int) -> int:
    """Address of the entry of a vPE that is mapped."""
    at = vpe_address(its, vpe)
    assert at is not None  # it is mapped
    return at


def _hand_over(its: Gicv4ItsHost, vpe: int, entry: Vpe, target: int) -> None:
    """GICv4.1: a default doorbell that is awaited at the old Redistributor is awaited at the new one."""
    groups = ask(its, vpe, entry, VpeMove(vpe)).pending
    its.rds.call(target, VpeArrive(vpe, groups))


def other_moved(its: Gicv4ItsHost, t: VpeMoved) -> None:
    """Another ITS carried out VMOVP: this one's table follows."""
    entry = find_vpe(its, t.vpe)
    if entry is not None:
        moved = replace(entry, pe=t.pe, doorbell=t.doorbell if t.db else entry.doorbell)
        write_vpe(vpe_at(its, t.vpe), moved, its.gicv4.v41, its.mem)


def vsync(its: Gicv4ItsHost, w: Words) -> Result:
    """VSYNC: complete when all before has taken effect for the vPE, at the other ITSs too; of one that is not mapped (software
    has just unmapped it) there is nothing to wait for at a Redistributor."""
    vpe = _vpeid(w)
    if vpe in its.outstanding:
        return None
    if vpe_address(its, vpe) is None:
        raise CommandFault(ArchError.VSYNC_VPE_OOR, f"vPEID {vpe}")
    entry = find_vpe(its, vpe)
    if entry is not None:
        ask(its, vpe, entry, VpeSync(vpe, entry.vpt))
    return (vpe,)


def vinvall(its: Gicv4ItsHost, w: Words) -> Result:
    """VINVALL: the configuration of the vPE's virtual LPIs is read again."""
    vpe = _vpeid(w)
    entry = mapped_vpe(its, vpe, ArchError.VPE_UNMAPPED)
    ask(its, vpe, entry, VlpiInvall(vpe, entry.vpt))
    return (vpe,)


def invdb(its: Gicv4ItsHost, w: Words) -> Result:
    """INVDB: the configuration of the default doorbell is read again."""
    vpe = _vpeid(w)
    entry = mapped_vpe(its, vpe, ArchError.VPE_UNMAPPED)
    ask(its, vpe, entry, VpeInvdb(vpe, entry.vpt))
    return (vpe,)


# --- virtual SGIs -------------------------------------------------------------------------------------------------------


def vsgi(its: Gicv4ItsHost, w: Words) -> Result:
    """VSGI: configure a virtual SGI: sgi_intid DW0[35:32], priority DW0[23:20], group DW0[10], clear DW0[9], enable DW0[8]."""
    vpe, intid = _vpeid(w), w.dw0 >> 32 & 0xF
    entry = mapped_vpe(its, vpe, ArchError.VPE_UNMAPPED)
    enable, clear, group, priority = w.dw0 >> 8 & 1, w.dw0 >> 9 & 1, w.dw0 >> 10 & 1, w.dw0 >> 20 & 0xF
    ask(its, vpe, entry, VsgiConfig(vpe, entry.vpt, intid, enable, priority, group, clear))
    return vpe, intid, enable, priority, group, clear


def send_sgi(its: Gicv4ItsHost, value: int) -> None:
    """GITS_SGIR."""
    vpe = value >> 32 & 0xFFFF
    entry = find_vpe(its, vpe)
    if entry is None:
        its.report(ArchError.VPE_UNMAPPED, f"GITS_SGIR, vPEID {vpe}")
        return
    ask(its, vpe, entry, VsgiSet(vpe, entry.vpt, value & 0xF))


# --- events -------------------------------------------------------------------------------------------------------------


def _device(its: Gicv4ItsHost, w: Words) -> Device:
    device = its.device(w.device)
    if device is None:
        raise CommandFault(ArchError.VMAPTI_DEVICE_OOR, f"DeviceID {w.device}")
    if w.event >= device.events:
        raise CommandFault(ArchError.VMAPTI_ID_OOR, f"DeviceID {w.device}, EventID {w.event}")
    return device


def _rings(its: Gicv4ItsHost, doorbell: int) -> bool:
    """Whether it is a doorbell: a physical LPI, or 1023 for none."""
    return doorbell == SPURIOUS or FIRST_LPI <= doorbell < its.lpi_limit


def _map(its: Gicv4ItsHost, w: Words, intid: int) -> int:
    """VMAPTI and VMAPI; returns the doorbell."""
    where = f"DeviceID {w.device}, EventID {w.event}"
    vpe, doorbell = _vpeid(w), w.dw2 >> 32
    device = _device(its, w)
    if vpe_address(its, vpe) is None:
        raise CommandFault(ArchError.VMAPTI_VPE_OOR, f"{where}, vPEID {vpe}")
    if not FIRST_LPI <= intid < its.lpi_limit:
        raise CommandFault(ArchError.VMAPTI_VIRTUALID_OOR, f"{where}, vINTID {intid}")
    if not its.gicv4.individual_doorbells:
        doorbell = SPURIOUS
    if not _rings(its, doorbell):
        raise CommandFault(ArchError.VMAPTI_PHYSICALID_OOR, f"{where}, doorbell {doorbell}")
    if not its_commands.remapped(its, device, w.event, where):
        _write(its, device, w.event, VirtualTranslation(intid, vpe, doorbell))
    return doorbell


def _write(its: Gicv4ItsHost, device: Device, event: int, t: VirtualTranslation) -> None:
    write_translation(device, event, its.config, its.mem, t)
    its.wrote(
        "translation", itt=device.itt, event=event, valid=1, intid=t.intid, icid=0, virtual=1, vpe=t.vpe, doorbell=t.doorbell
    )


def vmapti(its: Gicv4ItsHost, w: Words) -> Result:
    """VMAPTI: map an event to a virtual LPI of a vPE."""
    intid = w.dw2 & 0xFFFF_FFFF
    doorbell = _map(its, w, intid)
    return w.device, w.event, _vpeid(w), intid, doorbell


def vmapi(its: Gicv4ItsHost, w: Words) -> Result:
    """VMAPI: as VMAPTI, the vINTID is the EventID."""
    doorbell = _map(its, w, w.event)
    return w.device, w.event, _vpeid(w), doorbell


def find_event(its: Gicv4ItsHost, device_id: int, event: int) -> tuple[Device, VirtualTranslation] | None:
    """The device and the virtual mapping of an event, None if it has none."""
    device = its.device(device_id)
    if device is None or event >= device.events:
        return None
    found = read_virtual(device, event, its.config, its.mem)
    return None if found is None else (device, found)


def vmovi(its: Gicv4ItsHost, w: Words) -> Result:
    """VMOVI: another vPE for an event, and with D another doorbell; the pending state moves along."""
    vpe, change, doorbell = _vpeid(w), w.dw2 & 1, w.dw2 >> 32
    changes = bool(change) and its.gicv4.individual_doorbells
    found = find_event(its, w.device, w.event)
    if found is None:
        raise CommandFault(ArchError.VMOVI_UNMAPPED, f"DeviceID {w.device}, EventID {w.event}")
    device, old = found
    if changes and not _rings(its, doorbell):
        raise CommandFault(ArchError.VMOVI_PHYSICALID_OOR, f"DeviceID {w.device}, EventID {w.event}, doorbell {doorbell}")
    source = mapped_vpe(its, old.vpe, ArchError.VMOVI_UNMAPPED)
    target = mapped_vpe(its, vpe, ArchError.VMOVI_UNMAPPED)
    new = VirtualTranslation(old.intid, vpe, doorbell if changes else old.doorbell)
    _write(its, device, w.event, new)
    if vpe != old.vpe and ask(its, old.vpe, source, VlpiTake(old.vpe, source.vpt, old.intid)).pending:
        ask(its, vpe, target, VlpiSet(vpe, target.vpt, new.intid, new.doorbell))
    return w.device, w.event, vpe, change, doorbell


def translate(its: Gicv4ItsHost, device: int, event: int) -> bool:
    """A message: True if its event is mapped to a virtual LPI; one of a vPE that is not mapped is dropped."""
    found = find_event(its, device, event)
    if found is None:
        return False
    t = found[1]
    entry = find_vpe(its, t.vpe)
    if entry is None:
        its.report(ArchError.MSI_UNMAPPED, f"DeviceID {device}, EventID {event}, vPEID {t.vpe}")
    else:
        ask(its, t.vpe, entry, VlpiSet(t.vpe, entry.vpt, t.intid, t.doorbell))
    return True


def _either(
    physical: Callable[[ItsHost, Words], tuple[int, ...]],
    virtual: Callable[[Gicv4ItsHost, Words, Device, VirtualTranslation, Vpe], None],
    error: ArchError,
) -> Callable[[Gicv4ItsHost, Words], Result]:
    """A command of GICv3 whose event may be mapped to a virtual LPI."""

    def execute(its: Gicv4ItsHost, w: Words) -> Result:
        found = find_event(its, w.device, w.event)
        if found is None:
            return physical(its, w)
        virtual(its, w, *found, mapped_vpe(its, found[1].vpe, error))
        return w.device, w.event

    return execute


def _set(its: Gicv4ItsHost, w: Words, device: Device, t: VirtualTranslation, vpe: Vpe) -> None:
    ask(its, t.vpe, vpe, VlpiSet(t.vpe, vpe.vpt, t.intid, t.doorbell))


def _clear(its: Gicv4ItsHost, w: Words, device: Device, t: VirtualTranslation, vpe: Vpe) -> None:
    ask(its, t.vpe, vpe, VlpiClear(t.vpe, vpe.vpt, t.intid))


def _discard(its: Gicv4ItsHost, w: Words, device: Device, t: VirtualTranslation, vpe: Vpe) -> None:
    write_translation(device, w.event, its.config, its.mem, None)
    its.wrote("translation", itt=device.itt, event=w.event, valid=0, intid=0, icid=0)
    _clear(its, w, device, t, vpe)


def _inv(its: Gicv4ItsHost, w: Words, device: Device, t: VirtualTranslation, vpe: Vpe) -> None:
    ask(its, t.vpe, vpe, VlpiInv(t.vpe, vpe.vpt, t.intid))


Command = tuple[str, Callable[[Gicv4ItsHost, Words], Result]]
#: Commands of an ITS in a GICv4, by number.
COMMANDS_V40: Final[dict[int, Command]] = {
    0x03: ("int", _either(its_commands.interrupt, _set, ArchError.INT_UNMAPPED)),
    0x04: ("clear", _either(its_commands.clear, _clear, ArchError.CLEAR_UNMAPPED)),
    0x0C: ("inv", _either(its_commands.inv, _inv, ArchError.INV_UNMAPPED)),
    0x0F: ("discard", _either(its_commands.discard, _discard, ArchError.DISCARD_UNMAPPED)),
    0x21: ("vmovi", vmovi),
    0x22: ("vmovp", vmovp),
    0x25: ("vsync", vsync),
    0x29: ("vmapp", vmapp),
    0x2A: ("vmapti", vmapti),
    0x2B: ("vmapi", vmapi),
    0x2D: ("vinvall", vinvall),
}
#: And what GICv4.1 adds.
COMMANDS_V41: Final[dict[int, Command]] = {0x23: ("vsgi", vsgi), 0x2E: ("invdb", invdb)}
