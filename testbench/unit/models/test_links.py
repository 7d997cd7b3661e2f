"""Messages on the wire: every message survives encoding and decoding, and nothing else is accepted."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irqpath.core import links
from irqpath.core.errors import LinkError
from irqpath.core.links import BEAT_BITS, CHANNELS, Message, channel_of, check_layouts, decode, encode, verilog_header
from irqpath.core.transactions import Activate, Set, SgiAck, SpiOffer

EVERY = [pytest.param(channel, m, id=f"{channel}-{m.type.__name__}") for channel in CHANNELS for m in CHANNELS[channel]]


@pytest.mark.parametrize(("channel", "message"), EVERY)
@settings(max_examples=30)
@given(data=st.data())
def test_round_trip(channel: str, message: Message, data: st.DataObject) -> None:
    values = {name: data.draw(st.integers(0, (1 << width) - 1), name) for name, _, width in message.layout}
    sent = message.type(**values)
    word = encode(channel, sent)
    assert word & 0xF == message.kind
    assert word.bit_length() <= message.bits <= message.beats * BEAT_BITS <= 64
    assert decode(channel, word) == sent


@pytest.mark.parametrize(("channel", "message"), EVERY)
def test_stray_bits_are_refused(channel: str, message: Message) -> None:
    used = 0xF | sum(((1 << width) - 1) << lsb for _, lsb, width in message.layout)
    for bit in range(64):
        if not used >> bit & 1:
            with pytest.raises(LinkError, match=f"{message.type.__name__}.* has bits set outside its fields"):
                decode(channel, message.kind | 1 << bit)


@pytest.mark.parametrize(("channel", "message"), EVERY)
def test_fields_that_do_not_fit_are_refused(channel: str, message: Message) -> None:
    for name, _, width in message.layout:
        values = {other: 0 for other, _, _ in message.layout} | {name: 1 << width}
        with pytest.raises(LinkError, match=rf"{name} is {1 << width}: it has {width} bits on {channel}"):
            encode(channel, message.type(**values))


@pytest.mark.parametrize("channel", CHANNELS)
def test_unknown_kinds_are_refused(channel: str) -> None:
    known = {m.kind for m in CHANNELS[channel]}
    assert len(known) == len(CHANNELS[channel])
    for kind in set(range(16)) - known:
        with pytest.raises(LinkError, match=f"{channel} message .* is of kind {kind}, which does not exist there"):
            decode(channel, kind)


def test_a_channel_carries_its_own_messages_only() -> None:
    with pytest.raises(LinkError, match="stream_up does not carry Set"):
        encode("stream_up", Set(1, 0, 0))
    with pytest.raises(LinkError, match="dist_up does not carry SgiAck"):
        encode("dist_up", SgiAck())
    assert encode("stream_down", Set(40, 0x80, 1)) != encode("stream_up", Activate(40))


def test_channel_names() -> None:
    assert channel_of("stream12.down") == "stream_down"
    assert channel_of("dist0.up") == "dist_up"
    with pytest.raises(LinkError, match=r"carries no messages; there are stream_down, "):
        channel_of("gicc0.sys")
    for name in ("stream0", "dist0.sideways"):
        with pytest.raises(LinkError, match=r"no link's name"):
            channel_of(name)


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ((("intid", 16, 24),), "layout has"),
        ((("group", 4, 2), ("priority", 5, 8), ("intid", 16, 24)), "priority overlaps"),
        ((("group", 2, 2), ("priority", 8, 8), ("intid", 16, 24)), "group overlaps"),
        ((("group", 4, 2), ("priority", 8, 8), ("intid", 48, 24)), "layout has"),
    ],
)
def test_wrong_layouts_are_refused(layout: links.Layout, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_layouts()
    monkeypatch.setitem(CHANNELS, "dist_down", (Message(0x1, SpiOffer, layout),))
    with pytest.raises(LinkError, match=rf"dist_down SpiOffer.*{text}"):
        check_layouts()


def test_header_has_every_message() -> None:
    header = verilog_header()
    defined = set(re.findall(r"`define (\w+) 4'h", header))
    assert len(defined) == sum(len(messages) for messages in CHANNELS.values())
    for channel, messages in CHANNELS.items():
        for message in messages:
            for name, lsb, width in message.layout:
                select = f"{lsb + width - 1}:{lsb}" if width > 1 else f"{lsb}"
                assert re.search(rf"`define {channel.split('_')[0].upper()}_\w+_{name.upper()} {select}\n", header)


def test_long_messages_take_more_beats() -> None:
    beats = {m.type.__name__: m.beats for channel in ("stream_down", "stream_up") for m in CHANNELS[channel]}
    assert beats["Quiesce"] == beats["GenerateSgiAck"] == beats["UpstreamControl"] == 1
    assert beats["DownstreamControl"] == 2
    assert beats["Set"] == beats["Activate"] == 3
    assert beats["GenerateSgi"] == 4
    assert all(dataclasses.is_dataclass(m.type) for messages in CHANNELS.values() for m in messages)
