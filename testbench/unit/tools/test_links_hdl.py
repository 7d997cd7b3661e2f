"""No bit position of a message stands in the Verilog but in the generated headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from irqpath.core.links import CHANNELS, message_name
from irqpath.core.places import ROOT

FOLDERS: Final = (ROOT / "hdl", ROOT / "testbench" / "irqpath_testbench" / "dut" / "hdl")
SOURCES: Final = sorted(
    path
    for folder in FOLDERS
    for path in folder.rglob("*.v*")
    if path.suffix in (".v", ".vh") and path.parent.name != "generated"
)
_KINDS: Final = "|".join(message_name(channel, message.type) for channel in CHANNELS.values() for message in channel)
#: Words of messages, by how they are called.
_WORD: Final = r"\b(?:(?:\w+_)?msg|\w+_word)"
BY_HAND: Final = {
    "a kind in a concatenation": re.compile(rf"\{{[^{{}};]*`(?:{_KINDS})\b(?!_)[^{{}};]*\}}"),
    "bits of a message by their number": re.compile(rf"{_WORD}\[\d[\d:]*\]|{_WORD}\[\d+ ?\* ?\w+ ?(?:\+ ?\d+ ?)?\+: ?\d+\]"),
    "the width of a message": re.compile(r"\[63:0\]\s*(?:\w+_)?msg\b|\[64 ?\* ?PES ?- ?1:0\]\s*(?:\w+, )*(?:\w+_)?msg\b"),
    "a payload by hand": re.compile(r"monitor #[^;]*\.payload\(\{"),
}


def by_hand(text: str) -> Iterator[str]:
    """What is put together or taken apart by hand in a source."""
    code = re.sub(r"//.*", "", text)
    for what, pattern in BY_HAND.items():
        for found in pattern.finditer(code):
            yield f"{what}: {found[0].split(chr(10))[0]}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_messages_come_from_the_description(path: Path) -> None:
    assert list(by_hand(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    [
        "up_in = {24'd0, held_intid, 12'd0, `STREAM_RELEASE};",
        "wire [63:0] about = {38'd0, intid, 12'd0, one ? `DIST_SPI_ACTIVATE_ACK : `DIST_SPI_DEACTIVATE_ACK};",
        "ack_msg <= {24'd0, which,\n    11'd0, pending, `ITS_LPI_ACK};",
        "wire [3:0] kind = down_msg[3:0];",
        "held_group <= dn_msg[4];",
        "wire [3:0] kind = dist_up_msg[64*p +: 4];",
        "wire [63:0] cmd_msg;",
        "input wire [64*PES-1:0] ack_msg,",
        "monitor #(.LINK(1)) msi (.clk(clk), .payload({msi_device, msi_event}));",
    ],
)
def test_what_is_by_hand_is_noticed(line: str) -> None:
    assert list(by_hand(line)) != []


@pytest.mark.parametrize(
    "line",
    [
        "up_in = `STREAM_RELEASE_PACK(held_intid);",
        "{ack_valid, ack_msg} <= {1'b1, `ITS_LPI_ACK_PACK({1'b0, pending}, intid)};",
        "`ITS_LPI_TAKE: {ask, follow} = {!holds, F_TAKE};",
        "wire [3:0] kind = down_msg[`STREAM_DOWN_KIND];",
        "link_properties #(.WIDTH(17)) beats (.payload({tlast, tdata}));",
    ],
)
def test_what_comes_from_it_is_not(line: str) -> None:
    assert list(by_hand(line)) == []
