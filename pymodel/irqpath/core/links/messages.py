"""Messages on links between blocks, as data: their kinds and where their fields lie.

The kinds and fields of the stream are those of IHI 0069 appendix A. Its bit positions are OURS: they were not checked against
the published encoding, and nothing outside this package and the generated headers depends on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from irqpath.core import transactions as t
from irqpath.core.links.layout import Layout, layout

KIND_BITS: Final = 4
BEAT_BITS: Final = 16


@dataclass(frozen=True, slots=True)
class Message:
    """One kind of message: its number on the wire, its transaction type and where the fields lie. `gicv4`: only a device with
    GICv4 has it."""

    kind: int
    type: type
    layout: Layout = ()
    gicv4: bool = False

    @property
    def bits(self) -> int:
        """Bits that the message uses."""
        return max([KIND_BITS, *(field.end for field in self.layout)])

    @property
    def beats(self) -> int:
        """16-bit beats on the stream."""
        return -(-self.bits // BEAT_BITS)


@dataclass(frozen=True, slots=True)
class Channel:
    """Messages that travel on links of one family; the low bits of a word say the kind. `beat`: the word travels in beats of so
    many bits, low beat first (0: as a whole); `least`: bits of a word at least; `limit`: at most."""

    name: str
    messages: tuple[Message, ...]
    kind_bits: int = KIND_BITS
    beat: int = 0
    least: int = 0
    limit: int = 64

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)

    @property
    def bits(self) -> int:
        """Bits of a word on a device without GICv4: those that its messages use, and whole beats."""
        return self._whole(message.bits for message in self.messages if not message.gicv4)

    @property
    def gicv4_bits(self) -> int:
        """Bits of a word on a device with GICv4."""
        return self._whole(message.bits for message in self.messages)

    def bits_for(self, message: Message) -> int:
        """Bits of the word on the devices that have the message."""
        return self.gicv4_bits if message.gicv4 else self.bits

    def _whole(self, lengths: Iterator[int]) -> int:
        bits = max([self.kind_bits, self.least, *lengths])
        return -(-bits // self.beat) * self.beat if self.beat else bits


_INTID: Final = layout(("intid", 16, 24))
_CANDIDATE: Final = layout(("group", 4, 2), ("priority", 8, 8), ("intid", 16, 24))
_SGI: Final = layout(("kind", 4, 2), ("irm", 6, 1), ("rs", 8, 4), ("intid", 12, 4), ("targets", 16, 16), ("aff", 32, 24))
_VPE: Final = layout(("vpe", 40, 16))
#: a virtual pending table is aligned to 64 KB (VMAPP's VPT_addr)
_VPT: Final = (*_VPE, *layout(("vpt", 56, 36, 16)))
_VLPI: Final = (*_INTID, *_VPT)
_MAPPING: Final = layout(
    ("pe", 16, 16),
    ("bits", 32, 6),
    ("valid", 38, 1),
    ("alloc", 39, 1),
    ("vpe", 40, 16),
    ("vpt", 56, 36, 16),
    ("doorbell", 92, 24),
    ("its", 116, 16),
    ("vconf", 132, 40, 12),  # aligned to 4 KB (VMAPP's VCONF_ADDR)
)
_VSGI: Final = (
    *layout(("intid", 16, 4), ("priority", 20, 4), ("enable", 24, 1), ("group", 25, 1), ("clear", 26, 1)),
    *_VPT,
)
_ACK: Final = layout(("pending", 4, 2), ("intid", 16, 24))

STREAM_DOWN: Final = Channel(
    "stream_down",
    (
        Message(0x1, t.Set, _CANDIDATE),
        Message(0x2, t.VSet, _CANDIDATE, gicv4=True),
        Message(0x3, t.Clear, _INTID),
        Message(0x4, t.Quiesce),
        Message(0x5, t.VClear, _INTID, gicv4=True),
        Message(0x8, t.DownstreamControl, layout(("identifier", 8, 8), ("value", 16, 16))),
        Message(0x9, t.UpstreamControlAck),
        Message(0xA, t.DeactivateAck, _INTID),
        Message(0xB, t.GenerateSgiAck),
        Message(0xC, t.ActivateAck, _INTID),
        Message(0xD, t.VActivateAck, _INTID, gicv4=True),
    ),
    beat=BEAT_BITS,
    least=64,  # one receiver for both directions
)
STREAM_UP: Final = Channel(
    "stream_up",
    (
        Message(0x1, t.Activate, _INTID),
        Message(0x2, t.VActivate, _INTID, gicv4=True),
        Message(0x3, t.Release, _INTID),
        Message(0x4, t.ClearAck, _INTID),
        Message(0x5, t.QuiesceAck),
        Message(0x6, t.Deactivate, _INTID),
        Message(0x7, t.GenerateSgi, _SGI),
        Message(0x8, t.UpstreamControl, layout(("enables", 8, 2))),
        Message(0x9, t.DownstreamControlAck),
        Message(0xA, t.VRelease, _INTID, gicv4=True),
        Message(0xB, t.VClearAck, _INTID, gicv4=True),
    ),
    beat=BEAT_BITS,
    least=64,  # one receiver for both directions
)
DIST_DOWN: Final = Channel(
    "dist_down",
    (
        Message(0x1, t.SpiOffer, _CANDIDATE),
        Message(0x2, t.SpiRecall, _INTID),
        Message(0x3, t.SgiDeliver, layout(("kind", 4, 2), ("intid", 16, 4))),
        Message(0x4, t.Control, layout(("enables", 8, 2))),
        Message(0x5, t.SpiActivateAck, _INTID),
        Message(0x6, t.SpiDeactivateAck, _INTID),
        Message(0x7, t.SgiAck),
        Message(0x8, t.PeStatusAck),
        Message(0x9, t.WakeRequest),
        Message(0xA, t.SgiMode, layout(("no_active_state", 8, 1)), gicv4=True),
    ),
)
DIST_UP: Final = Channel(
    "dist_up",
    (
        Message(0x1, t.SpiActivate, _INTID),
        Message(0x2, t.SpiRelease, _INTID),
        Message(0x3, t.SpiRecallAck, _INTID),
        Message(0x4, t.SpiDeactivate, _INTID),
        Message(0x5, t.SgiRequest, _SGI),
        Message(0x6, t.PeStatus, layout(("awake", 4, 1), ("dpg", 5, 2), ("enables", 8, 2))),
        Message(0x7, t.ControlAck),
    ),
)
ITS_CMD: Final = Channel(
    "its_cmd",
    (
        Message(0x01, t.LpiSet, _INTID),
        Message(0x02, t.LpiClear, _INTID),
        Message(0x03, t.LpiInv, _INTID),
        Message(0x04, t.LpiInvall),
        Message(0x05, t.LpiTake, _INTID),
        Message(0x06, t.LpiTakeAny),
        Message(0x07, t.LpiSync),
        Message(0x11, t.VlpiSet, (*_VLPI, *layout(("doorbell", 92, 24))), gicv4=True),
        Message(0x12, t.VlpiClear, _VLPI, gicv4=True),
        Message(0x13, t.VlpiInv, _VLPI, gicv4=True),
        Message(0x14, t.VlpiInvall, _VPT, gicv4=True),
        Message(0x15, t.VlpiTake, _VLPI, gicv4=True),
        Message(0x17, t.VpeSync, _VPT, gicv4=True),
        Message(0x18, t.VpeMove, _VPE, gicv4=True),
        Message(0x19, t.VpeArrive, (*layout(("groups", 16, 2)), *_VPE), gicv4=True),
        Message(0x1A, t.VpeMapping, _MAPPING, gicv4=True),
        Message(0x1B, t.VsgiConfig, _VSGI, gicv4=True),
        Message(0x1C, t.VsgiSet, (*layout(("intid", 16, 4)), *_VPT), gicv4=True),
        Message(0x1D, t.VpeInvdb, _VPT, gicv4=True),
    ),
    kind_bits=5,
    limit=192,
)
ITS_ACK: Final = Channel(
    "its_ack",
    (Message(0x8, t.LpiAck, _ACK), Message(0x9, t.VpeElsewhere, (*_ACK, *layout(("pe", 40, 16))), gicv4=True)),
    limit=192,
)
ITS_PEER: Final = Channel(
    "its_peer",
    (
        Message(0x1, t.VpeMoved, layout(("db", 4, 1), ("vpe", 16, 16), ("pe", 32, 16), ("doorbell", 48, 24)), gicv4=True),
        Message(0x2, t.VpeMovedAck, layout(("vpe", 16, 16)), gicv4=True),
        Message(0x3, t.VmovpReached, layout(("its", 4, 4), ("sequence", 16, 16), ("itslist", 32, 16)), gicv4=True),
    ),
    limit=192,
)
GICR_SCAN: Final = Channel(
    "gicr_scan",
    (Message(0x1, t.ScanStep, gicv4=True), Message(0x2, t.VsgiQuery, layout(("vpe", 16, 16)), gicv4=True)),
)
DEVICE_NOTIFY: Final = Channel("device_notify", (Message(0x1, t.Kick, layout(("queue", 16, 16), ("value", 32, 32))),))
#: Links that carry messages, by the name that the Verilog header uses.
CHANNELS: Final[dict[str, Channel]] = {
    channel.name: channel
    for channel in (
        STREAM_DOWN, STREAM_UP, DIST_DOWN, DIST_UP, ITS_CMD, ITS_ACK, ITS_PEER, GICR_SCAN, DEVICE_NOTIFY,
    )
}  # fmt: skip
