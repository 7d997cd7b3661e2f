"""How transactions lie in the messages that cross RTL links: the one place for the encoding, on the Python side.

The Verilog side is `hdl/generated/irqpath_links.vh`, generated from here. Every message is a word of at most 64 bits whose low
four bits say its kind. `dist` carries it whole; `stream` in 16-bit AXI4-Stream beats, low beat first, TLAST on the last.

The kinds and fields of the stream are those of IHI 0069 appendix A. Its bit positions are OURS: they were not checked against
the published encoding, and nothing outside this module and the generated header depends on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Final

from irqpath.core import transactions as t
from irqpath.core.errors import LinkError
from irqpath.core.link import Link
from irqpath.core.transactions import Transaction

KIND_BITS: Final = 4
BEAT_BITS: Final = 16

#: (field, lowest bit, width in bits)
Layout = tuple[tuple[str, int, int], ...]

_INTID: Final = (("intid", 16, 24),)
_CANDIDATE: Final = (("group", 4, 2), ("priority", 8, 8), ("intid", 16, 24))
_SGI: Final = (("kind", 4, 2), ("irm", 6, 1), ("rs", 8, 4), ("intid", 12, 4), ("targets", 16, 16), ("aff", 32, 24))


@dataclass(frozen=True, slots=True)
class Message:
    """One kind of message: its number on the wire, its transaction type and where the fields lie."""

    kind: int
    type: type
    layout: Layout = ()

    @property
    def bits(self) -> int:
        """Bits that the message uses."""
        return max([KIND_BITS, *(lsb + width for _, lsb, width in self.layout)])

    @property
    def beats(self) -> int:
        """16-bit beats on the stream."""
        return -(-self.bits // BEAT_BITS)


STREAM_DOWN: Final = (
    Message(0x1, t.Set, _CANDIDATE),
    Message(0x3, t.Clear, _INTID),
    Message(0x4, t.Quiesce),
    Message(0x8, t.DownstreamControl, (("identifier", 8, 8), ("value", 16, 16))),
    Message(0x9, t.UpstreamControlAck),
    Message(0xA, t.DeactivateAck, _INTID),
    Message(0xB, t.GenerateSgiAck),
    Message(0xC, t.ActivateAck, _INTID),
)
STREAM_UP: Final = (
    Message(0x1, t.Activate, _INTID),
    Message(0x3, t.Release, _INTID),
    Message(0x4, t.ClearAck, _INTID),
    Message(0x5, t.QuiesceAck),
    Message(0x6, t.Deactivate, _INTID),
    Message(0x7, t.GenerateSgi, _SGI),
    Message(0x8, t.UpstreamControl, (("enables", 8, 2),)),
    Message(0x9, t.DownstreamControlAck),
)
DIST_DOWN: Final = (
    Message(0x1, t.SpiOffer, _CANDIDATE),
    Message(0x2, t.SpiRecall, _INTID),
    Message(0x3, t.SgiDeliver, (("kind", 4, 2), ("intid", 16, 4))),
    Message(0x4, t.Control, (("enables", 8, 2),)),
    Message(0x5, t.SpiActivateAck, _INTID),
    Message(0x6, t.SpiDeactivateAck, _INTID),
    Message(0x7, t.SgiAck),
    Message(0x8, t.PeStatusAck),
    Message(0x9, t.WakeRequest),
)
DIST_UP: Final = (
    Message(0x1, t.SpiActivate, _INTID),
    Message(0x2, t.SpiRelease, _INTID),
    Message(0x3, t.SpiRecallAck, _INTID),
    Message(0x4, t.SpiDeactivate, _INTID),
    Message(0x5, t.SgiRequest, _SGI),
    Message(0x6, t.PeStatus, (("awake", 4, 1), ("dpg", 5, 2), ("enables", 8, 2))),
    Message(0x7, t.ControlAck),
)
ITS_GICR_CMD: Final = (
    Message(0x1, t.LpiSet, _INTID),
    Message(0x2, t.LpiClear, _INTID),
    Message(0x3, t.LpiInv, _INTID),
    Message(0x4, t.LpiInvall),
    Message(0x5, t.LpiTake, _INTID),
    Message(0x6, t.LpiTakeAny),
    Message(0x7, t.LpiSync),
)
ITS_GICR_ACK: Final = (Message(0x8, t.LpiAck, (("pending", 4, 1), ("intid", 16, 24))),)
#: Links that carry messages, by the name that the Verilog header uses.
CHANNELS: Final[dict[str, tuple[Message, ...]]] = {
    "stream_down": STREAM_DOWN,
    "stream_up": STREAM_UP,
    "dist_down": DIST_DOWN,
    "dist_up": DIST_UP,
    "its_cmd": ITS_GICR_CMD,
    "its_ack": ITS_GICR_ACK,
}
_BY_KIND: Final = {channel: {m.kind: m for m in messages} for channel, messages in CHANNELS.items()}
_BY_TYPE: Final = {channel: {m.type: m for m in messages} for channel, messages in CHANNELS.items()}


def channel_of(link: str) -> str:
    """The channel of a link's name: "stream3.down" gives "stream_down", "its0.gicr2.cmd" gives "its_cmd".

    Raises `LinkError` where messages do not travel.
    """
    channel = Link(link).kind
    if channel not in CHANNELS:
        raise LinkError(f"link {link!r} carries no messages; there are {', '.join(CHANNELS)}")
    return channel


@lru_cache(maxsize=1 << 16)
def decode(channel: str, word: int) -> Transaction:
    """The transaction in a message word. Raises `LinkError` for a kind that the channel does not have, or stray bits."""
    message = _BY_KIND[channel].get(word & 0xF)
    if message is None:
        raise LinkError(f"{channel} message {word:#x} is of kind {word & 0xF}, which does not exist there")
    used = (1 << KIND_BITS) - 1
    values = {}
    for name, lsb, width in message.layout:
        values[name] = word >> lsb & ((1 << width) - 1)
        used |= ((1 << width) - 1) << lsb
    if word & ~used:
        raise LinkError(f"{channel} message {word:#x} ({message.type.__name__}) has bits set outside its fields")
    decoded: Transaction = message.type(**values)
    return decoded


def encode(channel: str, transaction: Transaction) -> int:
    """The message word of a transaction. Raises `LinkError` if the channel does not carry it or a field does not fit."""
    message = _BY_TYPE[channel].get(type(transaction))
    if message is None:
        raise LinkError(f"{channel} does not carry {type(transaction).__name__}")
    word = message.kind
    for name, lsb, width in message.layout:
        value: int = getattr(transaction, name)
        if value >> width:
            raise LinkError(f"{type(transaction).__name__}.{name} is {value}: it has {width} bits on {channel}")
        word |= value << lsb
    return word


def check_layouts() -> None:
    """Raise `LinkError` unless every message places all fields of its transaction, without overlap, in 64 bits."""
    for channel, messages in CHANNELS.items():
        for message in messages:
            placed = {name for name, _, _ in message.layout}
            wanted = {f.name for f in fields(message.type)}
            if placed != wanted or message.bits > 64:
                raise LinkError(f"{channel} {message.type.__name__}: layout has {placed}, the transaction {wanted}")
            used = (1 << KIND_BITS) - 1
            for name, lsb, width in message.layout:
                mask = ((1 << width) - 1) << lsb
                if used & mask:
                    raise LinkError(f"{channel} {message.type.__name__}.{name} overlaps another field")
                used |= mask


def _snake(name: str) -> str:
    return "".join(f"_{c}" if c.isupper() and n else c for n, c in enumerate(name)).upper()


def _header_lines() -> Iterator[str]:
    yield "// Generated by `irqpath regs generate` from pymodel/irqpath/core/links.py. Do not edit."
    yield "// Messages on the dist and stream links: kinds, fields (as part selects), beats on the stream."
    yield "`ifndef IRQPATH_LINKS_VH"
    yield "`define IRQPATH_LINKS_VH"
    for channel, messages in CHANNELS.items():
        yield f"// {channel}"
        for m in messages:
            name = f"{channel.split('_')[0].upper()}_{_snake(m.type.__name__)}"
            yield f"`define {name} 4'h{m.kind:X}"
            for field, lsb, width in m.layout:
                select = f"{lsb + width - 1}:{lsb}" if width > 1 else str(lsb)
                yield f"`define {name}_{field.upper()} {select}"
    for channel in ("stream_down", "stream_up"):
        yield f"// beats of a {channel} message, less one, by kind: two bits each"
        table = sum((m.beats - 1) << 2 * m.kind for m in CHANNELS[channel])
        yield f"`define {channel.upper()}_LAST_BEATS 32'h{table:08X}"
    yield "`endif"


def verilog_header() -> str:
    """Text of `hdl/generated/irqpath_links.vh`."""
    return "\n".join(_header_lines()) + "\n"
