"""Transactions to message words and back."""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from typing import Final

from irqpath.core.errors import LinkError
from irqpath.core.link import Link
from irqpath.core.links.layout import check
from irqpath.core.links.messages import CHANNELS
from irqpath.core.transactions import Transaction

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
    used = (1 << CHANNELS[channel].kind_bits) - 1
    kind = word & used
    message = _BY_KIND[channel].get(kind)
    if message is None:
        raise LinkError(f"{channel} message {word:#x} is of kind {kind}, which does not exist there")
    values = {}
    for field in message.layout:
        values[field.name] = (word & field.mask) >> field.lsb << field.align
        used |= field.mask
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
    for name, lsb, width, align in message.layout:
        value: int = getattr(transaction, name)
        if value >> width + align:
            raise LinkError(f"{type(transaction).__name__}.{name} is {value}: it has {width + align} bits on {channel}")
        if value & (1 << align) - 1:
            raise LinkError(f"{type(transaction).__name__}.{name} is {value:#x}: on {channel} its low {align} bits are zero")
        word |= value >> align << lsb
    return word


def check_layouts() -> None:
    """Raise `LinkError` unless every message has a kind and a type of its own and places all fields of its transaction, without
    overlap, in the bits that its channel permits."""
    for name, channel in CHANNELS.items():
        for message in channel:
            placed = {field.name for field in message.layout}
            wanted = {f.name for f in fields(message.type)}
            if placed != wanted:
                raise LinkError(f"{name} {message.type.__name__}: layout has {placed}, the transaction {wanted}")
            check(f"{name} {message.type.__name__}", message.layout, channel.limit, (1 << channel.kind_bits) - 1)
        if any(m.kind >> channel.kind_bits for m in channel) or not (
            len({m.kind for m in channel}) == len({m.type for m in channel}) == len(channel)
        ):
            raise LinkError(f"{name}: kinds have {channel.kind_bits} bits, and each is of one message")
