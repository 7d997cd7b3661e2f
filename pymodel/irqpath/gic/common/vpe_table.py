"""The vPE table (GITS_BASER2, and GICR_VPROPBASER in GICv4.1) and what lies in a virtual pending table (IHI 0069 5.2, 6).

Entries are ours (R48). A GICv4.0 entry has 8 bytes, a GICv4.1 entry 32:

    word 0   bit 63 valid, bits [62:58] VPT_size, bits [51:36] number of the PE, bits [35:0] VPT_addr [51:16]
    word 1   GICv4.1: bits [31:0] default doorbell, bits [47:32] the ITSs that have mapped the vPE
    word 2   GICv4.1: VCONF_addr, in place
    word 3   GICv4.1, and what is free above: configuration of virtual SGIs (`Policy.vsgi_config`): word 1 [63:48] enables, word 2
             [15:0] groups, word 3 priorities, four bits a SGI

In GICv4.1 Redistributors of one GICR_TYPER.CommonLPIAff have one table, which may be that of the ITSs too (GITS_TYPER.SVPET); to
others an ITS tells what VMAPP and VMOVP say (`VpeMapping`). Their configuration of virtual SGIs does not follow a vPE to a table
of others where `Policy.vsgi_config` has it in the table.

In a virtual pending table the bit of a virtual LPI is that of its INTID; the first 1 KB is IMPLEMENTATION DEFINED, ours:

    bytes 0, 1     pending virtual SGIs (GICv4.1)
    bytes 16..31   configuration of virtual SGIs: bit 0 enable, bit 1 group, bits [7:4] priority
    byte 32        1: nothing is pending in this table
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from irqpath.core.memory import MemPort
from irqpath.gic.common.tables import VALID

SGI_PENDING: Final = 0
SGI_CONFIG: Final = 16
SUMMARY: Final = 32
#: Value of the summary byte.
NOTHING_PENDING: Final = 1

_PE, _SIZE = 36, 58


@dataclass(frozen=True, slots=True)
class Vpe:
    """A mapped vPE. `pe`: where its Redistributor is; `vpt`: address of its pending table; `bits`: INTID bits of it; the rest is
    GICv4.1's: `doorbell`: default doorbell, 1023 for none; `its`: bit mask of the ITSs that mapped it; `vconf`: address of its
    configuration table."""

    pe: int
    vpt: int
    bits: int
    doorbell: int = 1023
    its: int = 0
    vconf: int = 0


def read_vpe(at: int, v41: bool, mem: MemPort) -> Vpe | None:
    """The vPE whose entry lies at `at`, None if it is not mapped."""
    word = mem.read(at, 8)
    if not word & VALID:
        return None
    shape = (word >> _PE & 0xFFFF, (word & 0xF_FFFF_FFFF) << 16, (word >> _SIZE & 0x1F) + 1)
    if not v41:
        return Vpe(*shape)
    second = mem.read(at + 8, 8)
    return Vpe(*shape, second & 0xFFFF_FFFF, second >> 32 & 0xFFFF, mem.read(at + 16, 8) & ~0xFFFF)


def write_vpe(at: int, vpe: Vpe | None, v41: bool, mem: MemPort) -> None:
    """Write an entry; None unmaps."""
    if vpe is None:
        mem.write(at, 8, 0)
        return
    if v41:
        keep = 0xFFFF << 48
        mem.write(at + 8, 8, mem.read(at + 8, 8) & keep | vpe.doorbell | vpe.its << 32)
        mem.write(at + 16, 8, mem.read(at + 16, 8) & 0xFFFF | vpe.vconf)
    mem.write(at, 8, VALID | (vpe.bits - 1) << _SIZE | vpe.pe << _PE | vpe.vpt >> 16)


def read_sgi(at: int, intid: int, mem: MemPort) -> int:
    """Configuration of a virtual SGI in the vPE's entry: bit 0 enable, bit 1 group, bits [7:4] priority."""
    enable, group = mem.read(at + 8, 8) >> 48 + intid & 1, mem.read(at + 16, 8) >> intid & 1
    return (mem.read(at + 24, 8) >> 4 * intid & 0xF) << 4 | group << 1 | enable


def write_sgi(at: int, intid: int, config: int, mem: MemPort) -> None:
    """The opposite of `read_sgi`."""
    places = ((8, 48 + intid, 1, config & 1), (16, intid, 1, config >> 1 & 1), (24, 4 * intid, 4, config >> 4))
    for word, lsb, width, value in places:
        mask = (1 << width) - 1 << lsb
        mem.write(at + word, 8, mem.read(at + word, 8) & ~mask | value << lsb)


def clear_sgis(at: int, mem: MemPort) -> None:
    """All virtual SGIs of the vPE's entry are disabled, in Group 0, of priority 0."""
    mem.write(at + 8, 8, mem.read(at + 8, 8) & ~(0xFFFF << 48))
    mem.write(at + 16, 8, mem.read(at + 16, 8) & ~0xFFFF)
    mem.write(at + 24, 8, 0)
