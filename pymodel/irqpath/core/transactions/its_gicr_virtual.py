"""its_gicr, of a GICv4: virtual LPIs, and in GICv4.1 vPEs and virtual SGIs. Each is answered by an `LpiAck`."""

from __future__ import annotations

from dataclasses import dataclass

from irqpath.core.transactions.its_gicr import LpiAck


@dataclass(frozen=True, slots=True)
class VlpiSet:
    """Make a virtual LPI of a vPE pending (GICv4). `vpe`: vPEID; `vpt`: address of its virtual pending table; `doorbell`: the
    physical LPI to make pending while the vPE is not resident, 1023 for none."""

    vpe: int
    vpt: int
    intid: int
    doorbell: int


@dataclass(frozen=True, slots=True)
class VlpiClear:
    """Make a virtual LPI not pending."""

    vpe: int
    vpt: int
    intid: int


@dataclass(frozen=True, slots=True)
class VlpiInv:
    """Read a virtual LPI's configuration again."""

    vpe: int
    vpt: int
    intid: int


@dataclass(frozen=True, slots=True)
class VlpiInvall:
    """Read the configuration of all virtual LPIs of a vPE again."""

    vpe: int
    vpt: int


@dataclass(frozen=True, slots=True)
class VlpiTake:
    """Give a virtual LPI's pending state away (VMOVI); the acknowledgement says whether it was pending."""

    vpe: int
    vpt: int
    intid: int


@dataclass(frozen=True, slots=True)
class VpeSync:
    """Acknowledge when all commands for the vPE before have taken effect (VSYNC)."""

    vpe: int
    vpt: int


@dataclass(frozen=True, slots=True)
class VpeMove:
    """The vPE leaves this Redistributor (VMOVP, GICv4.1); the acknowledgement's `pending`: groups for which it awaited its
    default doorbell (bit n: Group n)."""

    vpe: int


@dataclass(frozen=True, slots=True)
class VpeArrive:
    """The vPE belongs to this Redistributor now (VMOVP, GICv4.1). `groups`: its default doorbell is awaited for these (bit n:
    Group n)."""

    vpe: int
    groups: int


@dataclass(frozen=True, slots=True)
class VpeMapping:
    """What VMAPP or VMOVP says of a vPE, for a Redistributor whose vPE table is not the ITS's (GICv4.1). `valid`: 0 unmaps;
    `pe`, `vpt`, `bits`, `doorbell`, `its`, `vconf`: as of `vpe_table.Vpe`; `alloc`: the entry is made anew."""

    vpe: int
    valid: int
    pe: int
    vpt: int
    bits: int
    doorbell: int
    its: int
    vconf: int
    alloc: int


@dataclass(frozen=True, slots=True)
class VsgiConfig:
    """Configuration of a virtual SGI (VSGI, GICv4.1); `clear`: its pending state is removed too."""

    vpe: int
    vpt: int
    intid: int
    enable: int
    priority: int
    group: int
    clear: int


@dataclass(frozen=True, slots=True)
class VsgiSet:
    """Make a virtual SGI pending (GITS_SGIR, GICv4.1)."""

    vpe: int
    vpt: int
    intid: int


@dataclass(frozen=True, slots=True)
class VpeInvdb:
    """Read the configuration of the vPE's default doorbell again (INVDB, GICv4.1)."""

    vpe: int
    vpt: int


@dataclass(frozen=True, slots=True)
class VpeElsewhere(LpiAck):
    """The response instead where the vPE has moved, without the ITS, to the Redistributor of `pe`, which shares this one's vPE
    table (GICv4.1): nothing was done here."""

    pe: int = 0
