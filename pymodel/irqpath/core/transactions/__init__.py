"""Every hop of an interrupt is one of these: small, immutable, typed. Models, monitors and trace readers speak them.

A transaction says *what*; `Observed` adds *where* (the link) and *when* (cycles of offer and acceptance). Fields are
plain integers in the units of the specification: INTIDs, 8-bit priorities (lower is higher, R1), group 0 or 1 (one Security
state), offsets in bytes from the frame's base.

One module a family of links. Everybody imports the names from here, whichever family they belong to: who has to do with several
links, as every block has, names one module; `Transaction` is the union of all.

It imports core.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from irqpath.core.link import Link
from irqpath.core.transactions.dist import (
    Control,
    ControlAck,
    PeStatus,
    PeStatusAck,
    SgiAck,
    SgiDeliver,
    SgiMode,
    SgiRequest,
    SpiActivate,
    SpiActivateAck,
    SpiDeactivate,
    SpiDeactivateAck,
    SpiDeactivateNs,
    SpiOffer,
    SpiRecall,
    SpiRecallAck,
    SpiRelease,
    WakeRequest,
)
from irqpath.core.transactions.its_gicr import (
    LpiAck,
    LpiClear,
    LpiInv,
    LpiInvall,
    LpiSet,
    LpiSync,
    LpiTake,
    LpiTakeAny,
)
from irqpath.core.transactions.its_gicr_virtual import (
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
    VpeSync,
    VsgiConfig,
    VsgiSet,
)
from irqpath.core.transactions.mem import (
    BarrierKind,
    MemBarrier,
    MemRead,
    MemReadData,
    MemWrite,
    MemWriteAck,
)
from irqpath.core.transactions.probes import (
    CommandDone,
    EntryWritten,
    Report,
    SgiPended,
)
from irqpath.core.transactions.registers import (
    Msi,
    MsiAck,
    RegRead,
    RegReadData,
    RegWrite,
    RegWriteAck,
)
from irqpath.core.transactions.steps import (
    CommandStep,
    ScanStep,
    VmovpReached,
    VpeMoved,
    VpeMovedAck,
    VsgiQuery,
)
from irqpath.core.transactions.stream import (
    Activate,
    ActivateAck,
    Clear,
    ClearAck,
    Deactivate,
    DeactivateAck,
    DeactivateNs,
    DownstreamControl,
    DownstreamControlAck,
    GenerateSgi,
    GenerateSgiAck,
    Quiesce,
    QuiesceAck,
    Release,
    Set,
    SgiKind,
    UpstreamControl,
    UpstreamControlAck,
)
from irqpath.core.transactions.stream_virtual import (
    VActivate,
    VActivateAck,
    VClear,
    VClearAck,
    VRelease,
    VSet,
)
from irqpath.core.transactions.sysreg import (
    Barrier,
    BarrierAck,
    PeState,
    SysRead,
    SysReadData,
    SysTrap,
    SysWrite,
    SysWriteAck,
)
from irqpath.core.transactions.virtio import (
    DeviceBroken,
    Kick,
    StatusChange,
)
from irqpath.core.transactions.wires import (
    LineChange,
    OutLine,
    PeReset,
    Reset,
)

__all__ = (
    "Activate", "ActivateAck", "Barrier", "BarrierAck", "BarrierKind", "Clear", "ClearAck", "CommandDone", "CommandStep",
    "Control", "ControlAck", "Deactivate", "DeactivateAck", "DeactivateNs", "DeviceBroken", "DownstreamControl",
    "DownstreamControlAck", "EntryWritten", "GenerateSgi", "GenerateSgiAck", "Kick", "LineChange", "LpiAck", "LpiClear",
    "LpiInv", "LpiInvall", "LpiSet", "LpiSync", "LpiTake", "LpiTakeAny", "MemBarrier", "MemRead", "MemReadData", "MemWrite",
    "MemWriteAck", "Msi", "MsiAck", "Observed", "Out", "OutLine", "PeReset", "PeState", "PeStatus", "PeStatusAck", "Quiesce",
    "QuiesceAck", "RegRead", "RegReadData", "RegRequest", "RegWrite", "RegWriteAck", "Release", "Report", "Reset", "ScanStep",
    "Set", "SgiAck", "SgiDeliver", "SgiKind", "SgiMode", "SgiPended", "SgiRequest", "SpiActivate", "SpiActivateAck",
    "SpiDeactivate", "SpiDeactivateAck", "SpiDeactivateNs", "SpiOffer", "SpiRecall", "SpiRecallAck", "SpiRelease",
    "StatusChange", "SysRead", "SysReadData", "SysTrap", "SysWrite", "SysWriteAck", "Transaction", "UpstreamControl",
    "UpstreamControlAck", "VActivate", "VActivateAck", "VClear", "VClearAck", "VRelease", "VSet", "VlpiClear", "VlpiInv",
    "VlpiInvall", "VlpiSet", "VlpiTake", "VmovpReached", "VpeArrive", "VpeElsewhere", "VpeInvdb", "VpeMapping", "VpeMove",
    "VpeMoved", "VpeMovedAck", "VpeSync", "VsgiConfig", "VsgiQuery", "VsgiSet", "WakeRequest",
)  # fmt: skip

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

#: One thing a block does: (the link, which equals its name; what goes over it).
Out: TypeAlias = tuple[Link, Transaction]


class Observed(NamedTuple):
    """A transaction that a monitor saw: on link `link`, offered in cycle `offer`, accepted in cycle `accept`.

    A named tuple, for it is made once a record: half the time of a frozen dataclass, and never compared with another type.
    """

    link: Link
    offer: int
    accept: int
    transaction: Transaction
