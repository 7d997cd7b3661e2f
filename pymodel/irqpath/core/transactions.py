"""Every hop of an interrupt is one of these: small, immutable, typed. Models, monitors and trace readers speak them.

A transaction says *what*; `Observed` adds *where* (the link's name) and *when* (cycles of offer and acceptance). Fields are
plain integers in the units of the specification: INTIDs, 8-bit priorities (lower is higher, R1), group 0 or 1 (one Security
state), offsets in bytes from the frame's base.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from irqpath.core.errors import ArchError
from irqpath.virtio import faults


class OutLine(enum.IntEnum):
    """Output wires of a CPU interface and of a Redistributor (`LineChange.line` of an outgoing link)."""

    IRQ = 0
    FIQ = 1
    WAKE = 2
    VIRQ = 3
    VFIQ = 4
    MAINTENANCE = 5


class SgiKind(enum.IntEnum):
    """The register that generated an SGI (IHI 0069 12.1, SGI forwarding)."""

    SGI0R = 0
    SGI1R = 1
    ASGI1R = 2


# --- reg: memory-mapped registers, one frame a block --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegRead:
    """Software on PE `pe` reads `size` bytes at `offset` of the block's frame. `secure`: AxPROT[1] is 0; with one Security
    state it has no meaning."""

    offset: int
    size: int
    pe: int = 0
    secure: bool = True


@dataclass(frozen=True, slots=True)
class RegWrite:
    """Software on PE `pe` writes the low `size` bytes of `value` at `offset` of the block's frame; `secure` as in `RegRead`."""

    offset: int
    size: int
    value: int
    pe: int = 0
    secure: bool = True


@dataclass(frozen=True, slots=True)
class RegReadData:
    """Answer to a `RegRead`; `ok` is False for an error response (AXI SLVERR)."""

    value: int
    ok: bool = True


@dataclass(frozen=True, slots=True)
class RegWriteAck:
    """Answer to a `RegWrite`; `ok` is False for an error response (AXI SLVERR)."""

    ok: bool = True


@dataclass(frozen=True, slots=True)
class Msi:
    """A device writes EventID `event` to GITS_TRANSLATER with DeviceID `device`; `size` is 2 or 4 bytes."""

    device: int
    event: int
    size: int = 4


@dataclass(frozen=True, slots=True)
class MsiAck:
    """Answer to an `Msi`."""

    ok: bool = True


# --- sysreg: the PE and its CPU interface -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SysRead:
    """MRS of the register with the 16-bit encoding `reg` = {op0, op1, CRn, CRm, op2}."""

    reg: int


@dataclass(frozen=True, slots=True)
class SysWrite:
    """MSR of the register with the 16-bit encoding `reg`."""

    reg: int
    value: int


@dataclass(frozen=True, slots=True)
class SysReadData:
    """Answer to a `SysRead`; `ok` is False where the instruction is UNDEFINED."""

    value: int
    ok: bool = True


@dataclass(frozen=True, slots=True)
class SysWriteAck:
    """Answer to a `SysWrite`; `ok` is False where the instruction is UNDEFINED."""

    ok: bool = True


@dataclass(frozen=True, slots=True)
class SysTrap:
    """Answer to a `SysRead` or `SysWrite` that traps to Exception level `el` and has no effect here (ICH_HCR_EL2, SCR_EL3)."""

    el: int


@dataclass(frozen=True, slots=True)
class PeState:
    """What the CPU interface must know of its PE, told on change: the Exception level, HCR_EL2's bits FMO, IMO, AMO, TGE and
    E2H in place, SCR_EL3's bits NS, IRQ, FIQ and EEL2 in place. A PE without EL3 says NS = 1."""

    el: int
    hcr: int = 0
    scr: int = 1


@dataclass(frozen=True, slots=True)
class Barrier:
    """DSB: complete when every acknowledge owed to this CPU interface has arrived (IHI 0069 appendix A)."""


@dataclass(frozen=True, slots=True)
class BarrierAck:
    """The `Barrier` is complete."""


# --- irq: wires ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LineChange:
    """A wire changed to `level`. Inputs: `line` is the INTID of a PPI or SPI; outputs: an `OutLine`."""

    line: int
    level: int


@dataclass(frozen=True, slots=True)
class Reset:
    """The block was reset."""


@dataclass(frozen=True, slots=True)
class PeReset:
    """Told to a Redistributor: its PE and CPU interface were reset, the Redistributor was not."""


# --- stream: Redistributor and CPU interface (IHI 0069 appendix A) ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Set:
    """Down: this is now the highest priority pending interrupt; it replaces the one held."""

    intid: int
    priority: int
    group: int


@dataclass(frozen=True, slots=True)
class Clear:
    """Down: the interrupt is not pending any more."""

    intid: int


@dataclass(frozen=True, slots=True)
class Quiesce:
    """Down: give back what is held, prepare to sleep."""


@dataclass(frozen=True, slots=True)
class DownstreamControl:
    """Down: settings for the CPU interface; `identifier` says which, `value` 16 bits."""

    identifier: int
    value: int


@dataclass(frozen=True, slots=True)
class ActivateAck:
    """Down: `Activate` has been carried out."""

    intid: int


@dataclass(frozen=True, slots=True)
class DeactivateAck:
    """Down: `Deactivate` has been carried out."""

    intid: int


@dataclass(frozen=True, slots=True)
class GenerateSgiAck:
    """Down: `GenerateSgi` has been carried out."""


@dataclass(frozen=True, slots=True)
class UpstreamControlAck:
    """Down: `UpstreamControl` has been carried out."""


@dataclass(frozen=True, slots=True)
class Activate:
    """Up: software acknowledged the interrupt (ICC_IAR)."""

    intid: int


@dataclass(frozen=True, slots=True)
class Release:
    """Up: the CPU interface gives the pending interrupt back, unacknowledged."""

    intid: int


@dataclass(frozen=True, slots=True)
class Deactivate:
    """Up: software deactivated the interrupt (ICC_EOIR with EOImode 0, ICC_DIR)."""

    intid: int


@dataclass(frozen=True, slots=True)
class DeactivateNs:
    """Up: as `Deactivate`, by Non-secure software (two Security states): only of Non-secure Group 1."""

    intid: int


@dataclass(frozen=True, slots=True)
class GenerateSgi:
    """Up: software wrote ICC_SGI0R, ICC_SGI1R or ICC_ASGI1R; with two Security states 4 is added to `kind` where Non-secure
    software did. `aff` is Aff3.Aff2.Aff1, 24 bits; `targets` 16 bits."""

    kind: int
    intid: int
    irm: int
    aff: int
    rs: int
    targets: int


@dataclass(frozen=True, slots=True)
class UpstreamControl:
    """Up: the group enables of the CPU interface: bit 0 Group 0, bit 1 Group 1."""

    enables: int


@dataclass(frozen=True, slots=True)
class ClearAck:
    """Up: `Clear` done; if the interrupt was acknowledged before, its `Activate` has gone ahead."""

    intid: int


@dataclass(frozen=True, slots=True)
class QuiesceAck:
    """Up: nothing is held any more."""


@dataclass(frozen=True, slots=True)
class DownstreamControlAck:
    """Up: the settings are in use."""


@dataclass(frozen=True, slots=True)
class VSet:
    """Down: the highest priority pending virtual LPI or SGI of the resident vPE; it replaces the one held (GICv4)."""

    intid: int
    priority: int
    group: int


@dataclass(frozen=True, slots=True)
class VClear:
    """Down: the virtual interrupt is not pending any more, or its vPE is leaving."""

    intid: int


@dataclass(frozen=True, slots=True)
class VActivateAck:
    """Down: `VActivate` has been carried out."""

    intid: int


@dataclass(frozen=True, slots=True)
class VActivate:
    """Up: the guest acknowledged the virtual interrupt that the Redistributor holds out (ICV_IAR)."""

    intid: int


@dataclass(frozen=True, slots=True)
class VRelease:
    """Up: the CPU interface gives the virtual interrupt back, unacknowledged."""

    intid: int


@dataclass(frozen=True, slots=True)
class VClearAck:
    """Up: `VClear` done; if the interrupt was acknowledged before, its `VActivate` has gone ahead."""

    intid: int


# --- dist: Distributor and Redistributor --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpiOffer:
    """Down: the best SPI for this PE; it replaces the one offered before, which comes back as `SpiRelease`."""

    intid: int
    priority: int
    group: int


@dataclass(frozen=True, slots=True)
class SpiRecall:
    """Down: the offered SPI is not deliverable any more; answered by `SpiRecallAck`, after `SpiActivate` if that was faster."""

    intid: int


@dataclass(frozen=True, slots=True)
class SgiDeliver:
    """Down: an SGI for this PE; the Redistributor decides whether its group permits it (R76)."""

    kind: int
    intid: int


@dataclass(frozen=True, slots=True)
class Control:
    """Down: GICD_CTLR's group enables: bit 0 Group 0, bit 1 Group 1."""

    enables: int


@dataclass(frozen=True, slots=True)
class SgiMode:
    """Down: whether SGIs have no active state from now on (GICD_CTLR.nASSGIreq, GICv4.1)."""

    no_active_state: int


@dataclass(frozen=True, slots=True)
class SpiActivateAck:
    """Down: the Distributor has made the SPI active."""

    intid: int


@dataclass(frozen=True, slots=True)
class SpiDeactivateAck:
    """Down: the Distributor has made the SPI inactive."""

    intid: int


@dataclass(frozen=True, slots=True)
class SgiAck:
    """Down: the SGI request went out to all its targets."""


@dataclass(frozen=True, slots=True)
class PeStatusAck:
    """Down: the Distributor uses the new status."""


@dataclass(frozen=True, slots=True)
class WakeRequest:
    """Down: an SPI waits for this sleeping PE."""


@dataclass(frozen=True, slots=True)
class SpiActivate:
    """Up: the PE acknowledged the SPI."""

    intid: int


@dataclass(frozen=True, slots=True)
class SpiRelease:
    """Up: the SPI comes back unacknowledged."""

    intid: int


@dataclass(frozen=True, slots=True)
class SpiRecallAck:
    """Up: the recalled SPI is held nowhere on this side."""

    intid: int


@dataclass(frozen=True, slots=True)
class SpiDeactivate:
    """Up: software on this PE deactivated the SPI."""

    intid: int


@dataclass(frozen=True, slots=True)
class SpiDeactivateNs:
    """Up: as `SpiDeactivate`, by Non-secure software."""

    intid: int


@dataclass(frozen=True, slots=True)
class SgiRequest:
    """Up: software on this PE generated an SGI; fields as `GenerateSgi`."""

    kind: int
    intid: int
    irm: int
    aff: int
    rs: int
    targets: int


@dataclass(frozen=True, slots=True)
class PeStatus:
    """Up: what the Distributor must know of this PE: group enables of the CPU interface, awake or not, DPG0 and DPG1NS."""

    enables: int
    awake: int
    dpg: int


@dataclass(frozen=True, slots=True)
class ControlAck:
    """Up: nothing of a disabled group is held on this side any more."""


# --- its_gicr: ITS and Redistributor ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LpiSet:
    """Make an LPI pending."""

    intid: int


@dataclass(frozen=True, slots=True)
class LpiClear:
    """Make an LPI not pending."""

    intid: int


@dataclass(frozen=True, slots=True)
class LpiInv:
    """Read the LPI's configuration again."""

    intid: int


@dataclass(frozen=True, slots=True)
class LpiInvall:
    """Read the configuration of all LPIs again."""


@dataclass(frozen=True, slots=True)
class LpiTake:
    """Give the LPI's pending state away (MOVI): not pending here any more; the acknowledge says whether it was."""

    intid: int


@dataclass(frozen=True, slots=True)
class LpiTakeAny:
    """Give away any one pending LPI (MOVALL); the acknowledge says which."""


@dataclass(frozen=True, slots=True)
class LpiSync:
    """Acknowledge when all commands before have taken effect."""


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
    """Give a virtual LPI's pending state away (VMOVI); the acknowledge says whether it was pending."""

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
    """The vPE leaves this Redistributor (VMOVP, GICv4.1); the acknowledge's `pending`: groups for which it awaited its
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
class LpiAck:
    """Answer to each of the above. `pending`: the LPI was pending; `intid`: which one `LpiTakeAny` gave away (else 0)."""

    pending: int = 0
    intid: int = 0


@dataclass(frozen=True, slots=True)
class VpeElsewhere(LpiAck):
    """The answer instead where the vPE has moved, without the ITS, to the Redistributor of `pe`, which shares this one's vPE
    table (GICv4.1): nothing was done here."""

    pe: int = 0


# --- what a block tells itself or its like ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScanStep:
    """A Redistributor reads the next part of a virtual pending table (its own decision, as `CommandStep`)."""


@dataclass(frozen=True, slots=True)
class VsgiQuery:
    """A Redistributor looks up which virtual SGIs of a vPE are pending (GICR_VSGIR)."""

    vpe: int


@dataclass(frozen=True, slots=True)
class VpeMoved:
    """One ITS to the others: a vPE belongs to another Redistributor now (GITS_TYPER.VMOVP = 1), with `db` with another default
    doorbell (GICv4.1)."""

    vpe: int
    pe: int
    db: int = 0
    doorbell: int = 0


@dataclass(frozen=True, slots=True)
class VpeMovedAck:
    """Answer to a `VpeMoved`: this ITS sends to the new place from now on; a VSYNC waits for it."""

    vpe: int


@dataclass(frozen=True, slots=True)
class VmovpReached:
    """One ITS to the others: it carries out the VMOVP with this sequence number for those of `itslist` (GITS_TYPER.VMOVP = 0)."""

    its: int
    sequence: int
    itslist: int


# --- mem: blocks and memory ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MemRead:
    """A block reads `size` (1, 2, 4, 8) bytes at a physical address."""

    address: int
    size: int


@dataclass(frozen=True, slots=True)
class MemWrite:
    """A block writes `size` (1, 2, 4, 8) bytes at a physical address."""

    address: int
    size: int
    value: int


@dataclass(frozen=True, slots=True)
class MemReadData:
    """Answer to a `MemRead`."""

    value: int


@dataclass(frozen=True, slots=True)
class MemWriteAck:
    """Answer to a `MemWrite`; not `ok` is an error response."""

    ok: bool = True


class BarrierKind(enum.IntEnum):
    """What a `MemBarrier` keeps in order: reads after reads, writes after writes, or all accesses."""

    READ = 0
    WRITE = 1
    FULL = 2


@dataclass(frozen=True, slots=True)
class MemBarrier:
    """One side of a virtqueue orders its accesses: those before are seen before those after (virtio 1.2, 2.7.13.3; R66)."""

    kind: BarrierKind


# --- virtio: driver and device ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kick:
    """The driver notifies the device: `value` goes to the notification register of queue `queue` (virtio 1.2, 2.9)."""

    queue: int
    value: int


@dataclass(frozen=True, slots=True)
class DeviceBroken:
    """A device set DEVICE_NEEDS_RESET because of one fault of its driver (virtio 1.2, 2.1.2)."""

    fault: faults.QueueFault


@dataclass(frozen=True, slots=True)
class StatusChange:
    """Device status is now `value` (virtio 1.2, 2.1)."""

    value: int


# --- its: its own next step ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CommandStep:
    """The ITS takes the next command of its queue (its own decision; the recorder logs it, as it logs samples of wires)."""


# --- probe: what no wire carries; for reports, coverage and comparison with recordings ----------------------------------


@dataclass(frozen=True, slots=True)
class Report:
    """Something the architecture calls an error or UNPREDICTABLE was done; the model goes on as its Policy says. Of a virtio
    device: its driver did something that the specification forbids."""

    error: ArchError | faults.Fault
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SgiPended:
    """An SGI became pending at this PE (`merged`: it was pending already)."""

    intid: int
    merged: bool


@dataclass(frozen=True, slots=True)
class CommandDone:
    """An ITS command was carried out; `operands` in the order of the command's fields."""

    name: str
    operands: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EntryWritten:
    """An ITS table entry was written, by its meaning (R48). `table`: "device", "collection", "translation" or "vpe"."""

    table: str
    fields: tuple[tuple[str, int], ...]


RegRequest: TypeAlias = RegRead | RegWrite
Transaction: TypeAlias = (
    RegRead | RegWrite | RegReadData | RegWriteAck | Msi | MsiAck
    | SysRead | SysWrite | SysReadData | SysWriteAck | SysTrap | PeState | Barrier | BarrierAck | LineChange | Reset | PeReset
    | Set | Clear | Quiesce | DownstreamControl | ActivateAck | DeactivateAck | GenerateSgiAck | UpstreamControlAck
    | Activate | Release | Deactivate | GenerateSgi | UpstreamControl | ClearAck | QuiesceAck | DownstreamControlAck
    | DeactivateNs | SpiDeactivateNs | SgiMode | VSet | VClear | VActivateAck | VActivate | VRelease | VClearAck
    | SpiOffer | SpiRecall | SgiDeliver | Control | SpiActivateAck | SpiDeactivateAck | SgiAck | PeStatusAck | WakeRequest
    | SpiActivate | SpiRelease | SpiRecallAck | SpiDeactivate | SgiRequest | PeStatus | ControlAck
    | LpiSet | LpiClear | LpiInv | LpiInvall | LpiTake | LpiTakeAny | LpiSync | LpiAck
    | VpeElsewhere
    | VlpiSet | VlpiClear | VlpiInv | VlpiInvall | VlpiTake | VpeSync | VpeMove | VpeArrive | VpeMapping | VsgiConfig
    | VsgiSet | VpeInvdb
    | ScanStep | VsgiQuery | VpeMoved | VpeMovedAck | VmovpReached
    | MemRead | MemWrite | MemReadData | MemWriteAck | CommandStep
    | Report | SgiPended | CommandDone | EntryWritten
    | MemBarrier | Kick | DeviceBroken | StatusChange
)  # fmt: skip

#: One thing a block does: (name of the link, what goes over it).
Out: TypeAlias = tuple[str, Transaction]


class Observed(NamedTuple):
    """A transaction that a monitor saw: on link `link`, offered in cycle `offer`, accepted in cycle `accept`.

    A named tuple, for it is made once a record: half the time of a frozen dataclass, and never compared with another type.
    """

    link: str
    offer: int
    accept: int
    transaction: Transaction
