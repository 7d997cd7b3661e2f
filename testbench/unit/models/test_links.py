"""Messages on the wire: every message survives encoding and decoding, and nothing else is accepted; the description of links."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irqpath.core.errors import LinkError
from irqpath.core.link import Link
from irqpath.core.links import (
    BEAT_BITS,
    CHANNELS,
    FAMILIES,
    Channel,
    Field,
    Message,
    channel_of,
    check_families,
    check_layouts,
    decode,
    encode,
    families,
    numbered,
    records_header,
    unpacker,
    verilog_header,
)
from irqpath.core.links.layout import Layout, layout
from irqpath.core.links.ports import RECORD, WORDS, Word
from irqpath.core.transactions import Activate, Set, SgiAck, SpiOffer, VpeMapping

EVERY = [pytest.param(channel, m, id=f"{channel}-{m.type.__name__}") for channel in CHANNELS for m in CHANNELS[channel]]


@pytest.mark.parametrize(("channel", "message"), EVERY)
@settings(max_examples=30)
@given(data=st.data())
def test_round_trip(channel: str, message: Message, data: st.DataObject) -> None:
    fields = message.layout
    values = {f.name: data.draw(st.integers(0, (1 << f.width) - 1), f.name) << f.align for f in fields}
    sent = message.type(**values)
    word = encode(channel, sent)
    of = CHANNELS[channel]
    assert word & (1 << of.kind_bits) - 1 == message.kind
    assert word.bit_length() <= max(message.bits, of.kind_bits) <= of.bits_for(message) <= of.limit
    assert decode(channel, word) == sent


@pytest.mark.parametrize(("channel", "message"), EVERY)
def test_stray_bits_are_refused(channel: str, message: Message) -> None:
    used = (1 << CHANNELS[channel].kind_bits) - 1 | sum(field.mask for field in message.layout)
    for bit in range(CHANNELS[channel].limit):
        if not used >> bit & 1:
            with pytest.raises(LinkError, match=f"{message.type.__name__}.* has bits set outside its fields"):
                decode(channel, message.kind | 1 << bit)


@pytest.mark.parametrize(("channel", "message"), EVERY)
def test_fields_that_do_not_fit_are_refused(channel: str, message: Message) -> None:
    nothing = {field.name: 0 for field in message.layout}
    for name, _, width, align in message.layout:
        value = 1 << width + align
        with pytest.raises(LinkError, match=rf"{name} is {value}: it has {width + align} bits on {channel}"):
            encode(channel, message.type(**nothing | {name: value}))
        with pytest.raises(LinkError, match=rf"{name} is -1: it has {width + align} bits"):
            encode(channel, message.type(**nothing | {name: -1}))
        if align:
            with pytest.raises(LinkError, match=rf"{name} is 0x1: on {channel} its low {align} bits are zero"):
                encode(channel, message.type(**nothing | {name: 1}))


@pytest.mark.parametrize("channel", CHANNELS)
def test_unknown_kinds_are_refused(channel: str) -> None:
    known = {m.kind for m in CHANNELS[channel]}
    assert len(known) == len(CHANNELS[channel])
    for kind in set(range(1 << CHANNELS[channel].kind_bits)) - known:
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
    assert channel_of("its1.gicr2.cmd") == "its_cmd"
    assert channel_of("its1.its0.peer") == "its_peer"
    assert channel_of("gicr3.scan") == "gicr_scan"
    with pytest.raises(LinkError, match=r"carries no messages; there are stream_down, "):
        channel_of("gicc0.sys")
    for name in ("stream0", "dist0.sideways"):
        with pytest.raises(LinkError, match=r"no link's name"):
            channel_of(name)


@pytest.mark.parametrize(
    ("placed", "text"),
    [
        (layout(("intid", 16, 24)), "layout has"),
        (layout(("group", 4, 2), ("priority", 5, 8), ("intid", 16, 24)), "priority overlaps"),
        (layout(("group", 2, 2), ("priority", 8, 8), ("intid", 16, 24)), "group overlaps"),
        (layout(("group", 4, 2), ("priority", 8, 8), ("intid", 48, 24)), "intid does not lie in 64 bits"),
        (layout(("group", 4, 0), ("priority", 8, 8), ("intid", 16, 24)), "group does not lie in 64 bits"),
    ],
)
def test_wrong_layouts_are_refused(placed: Layout, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    check_layouts()
    monkeypatch.setitem(CHANNELS, "dist_down", Channel("dist_down", (Message(0x1, SpiOffer, placed),)))
    with pytest.raises(LinkError, match=rf"dist_down SpiOffer.*{text}"):
        check_layouts()


def test_kinds_of_one_channel_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    for messages in ((Message(1, SgiAck), Message(1, Activate, layout(("intid", 16, 24)))), (Message(16, SgiAck),)):
        monkeypatch.setitem(CHANNELS, "dist_down", Channel("dist_down", messages))
        with pytest.raises(LinkError, match="dist_down: kinds have 4 bits, and each is of one message"):
            check_layouts()


def test_header_tells_kinds_of_gicv4() -> None:
    """SgiMode and all that is virtual have no bit among the kinds of other devices."""
    header = verilog_header()
    for channel in CHANNELS.values():
        if any(not message.gicv4 for message in channel):
            found = re.search(rf"`define {channel.name.upper()}_KINDS (\d+)'h(\w+)", header)
            assert found and int(found[1]) == 1 << channel.kind_bits
            assert [m.type for m in channel if int(found[2], 16) >> m.kind & 1] == [m.type for m in channel if not m.gicv4]


def test_header_has_every_message() -> None:
    header = verilog_header()
    defined = re.findall(r"`define (\w+)[ (]", header)
    assert len(defined) == len(set(defined)), "a name is defined twice"
    kinds = re.findall(r"`define (\w+) [45]'h", header)
    assert len(kinds) == sum(len(messages) for messages in CHANNELS.values())
    for channel, messages in CHANNELS.items():
        for message in messages:
            for name, lsb, width, _ in message.layout:
                select = f"{lsb + width - 1}:{lsb}" if width > 1 else f"{lsb}"
                assert re.search(rf"`define {channel.split('_')[0].upper()}_\w+_{name.upper()} {select}\n", header)


def test_long_messages_take_more_beats() -> None:
    beats = {m.type.__name__: m.beats for channel in ("stream_down", "stream_up") for m in CHANNELS[channel]}
    assert beats["Quiesce"] == beats["GenerateSgiAck"] == beats["UpstreamControl"] == 1
    assert beats["DownstreamControl"] == 2
    assert beats["Set"] == beats["Activate"] == beats["VSet"] == 3
    assert beats["GenerateSgi"] == 4
    assert all(CHANNELS[name].bits == 4 * BEAT_BITS for name in ("stream_down", "stream_up"))
    assert all(dataclasses.is_dataclass(m.type) for messages in CHANNELS.values() for m in messages)


def test_room_for_gicv4() -> None:
    """19 commands to a Redistributor have 5-bit kinds, and the longest fits in the 192 bits that a record has room for."""
    cmd = CHANNELS["its_cmd"]
    assert (len(cmd), cmd.kind_bits, cmd.limit) == (19, 5, 192)
    assert cmd.bits == 40 < 64 < cmd.gicv4_bits == max(m.bits for m in cmd) <= RECORD.layout[0].width == 192
    entry = VpeMapping(0xFFFF, 1, 0xFFFF, (1 << 52) - (1 << 16), 63, 1023, 0xFFFF, (1 << 52) - (1 << 12), 1)
    assert decode("its_cmd", encode("its_cmd", entry)) == entry


# --- which links there are ----------------------------------------------------------------------------------------------


def test_numbers_of_links() -> None:
    """Each link has its own, up to the largest GIC that there is room for; a PE's and an ITS's come in their order."""
    check_families()
    links = numbered(240, 16)
    names = [name for name, _ in links.values()]
    assert len(set(names)) == len(names) > 240 * 48
    assert max(links) < 1 << 16
    small = {name: number for number, (name, _) in numbered(2).items()}
    assert {name: number for name, number in small.items() if links[number][0] != name} == {}
    order = [str(link) for link in sorted(small, key=small.__getitem__)]
    for first, second in (("gicc0.sys", "its0.gicr0.ack"), ("its0.gicr0.ack", "gicc1.sys"), ("stream1.up", "gicd.reg")):
        assert order.index(Link(first)) < order.index(Link(second))
    for first, second in (("gicd.spi", "its0.reg"), ("its0.mem_rsp", "sw.mem"), ("sw.mem_rsp", "mem.reset")):
        assert order.index(Link(first)) < order.index(Link(second))


def test_no_room_is_said() -> None:
    family = next(f for f in FAMILIES if f.name == "its_cmd")
    assert family.number(its=1, pe=3) == family.first + 2 + 3 * 256
    with pytest.raises(LinkError, match=r"its\{its\}.gicr\{pe\}.cmd: pe is 240, there is room for 0 to 239"):
        family.number(its=0, pe=240)
    with pytest.raises(LinkError, match=r"has the indexes \['its', 'pe'\], not \['pe'\]"):
        family.number(pe=0)


def test_links_with_one_number_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    twin = dataclasses.replace(FAMILIES[0], pattern="gicc{pe}.reset")
    monkeypatch.setattr(families, "FAMILIES", (*FAMILIES, twin))
    with pytest.raises(LinkError, match=r"gicc0.reset has the number 0 of gicc0.sys"):
        numbered(1)


def test_what_a_link_carries_fits_a_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHANNELS, "its_peer", dataclasses.replace(CHANNELS["its_peer"], limit=193))
    with pytest.raises(LinkError, match="its_peer: 193 bits"):
        check_families()


@pytest.mark.parametrize("word", WORDS.values(), ids=lambda word: word.name)
@given(data=st.data())
def test_unpacker(word: Word, data: st.DataObject) -> None:
    """It gives the fields of a word, wherever they lie."""
    values = [data.draw(st.integers(0, (1 << f.width) - 1)) for f in word.layout]
    packed = sum(value << f.lsb for value, f in zip(values, word.layout, strict=True))
    parts = [packed >> 64 * n & (1 << 64) - 1 for n in range(3)]
    assert list(unpacker(word.layout)(*parts)) == values


def test_unpacker_takes_what_lies_in_two_words() -> None:
    take = unpacker((Field("one", 60, 8), Field("two", 120, 40, 12), Field("three", 191, 1)))
    word = 0xA5 << 60 | 0x12_3456_789A << 120 | 1 << 191
    assert take(*(word >> 64 * n & (1 << 64) - 1 for n in range(3))) == (0xA5, 0x12_3456_789A << 12, 1)
    for field in (Field("long", 60, 80), Field("high", 190, 4)):
        with pytest.raises(LinkError, match=f"{field.name} does not lie in two of 3 words"):
            unpacker((field,))


def test_records_header_has_every_link_and_field() -> None:
    header = records_header()
    defined = re.findall(r"`define (\w+)[ (]", header)
    assert len(defined) == len(set(defined)), "a name is defined twice"
    assert {f"IRQPATH_LINK_{family.name}" for family in FAMILIES} < set(defined)
    assert {f"{word.name.upper()}_{field.name.upper()}" for word in WORDS.values() for field in word.layout} < set(defined)
