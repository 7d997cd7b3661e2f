"""The generated macros of the Verilog put words together and take them apart as Python does."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from irqpath.core.links import CHANNELS, encode, message_name
from irqpath.core.links.layout import Layout
from irqpath.core.links.ports import RECORD, WORDS

GENERATED: Final = Path(__file__).resolve().parents[3] / "hdl" / "generated"
HEADERS: Final = ("irqpath_links.vh", "irqpath_records.vh")
#: Random values of each message.
_TIMES: Final = 20


def _values(fields: Layout, draw: random.Random) -> Iterator[dict[str, int]]:
    """Of the fields as they are carried: all ones, and at random."""
    yield {f.name: (1 << f.width) - 1 for f in fields}
    for _ in range(_TIMES if fields else 0):
        yield {f.name: draw.getrandbits(f.width) for f in fields}


def _cases() -> Iterator[tuple[str, int, Layout, Mapping[str, int], int]]:
    """What macros begin with, bits of the word, its fields and their values, and the word that Python gives."""
    draw = random.Random(14)
    for channel in CHANNELS.values():
        for message in channel:
            for values in _values(message.layout, draw):
                sent = message.type(**{f.name: values[f.name] << f.align for f in message.layout})
                name = message_name(channel, message.type)
                yield name, channel.bits_for(message), message.layout, values, encode(channel.name, sent)
    for word in (*WORDS.values(), RECORD):
        for values in _values(word.layout, draw):
            packed = sum(values[f.name] << f.lsb for f in word.layout)
            yield word.name.upper(), word.bits, word.layout, values, packed


def _bench() -> str:
    """Packs each case into a wire of its width, and shows those that differ; a bit too many or too few shows too."""
    lines = [f'`include "{header}"' for header in HEADERS] + ["module bench;"]
    for n, (name, bits, fields, values, word) in enumerate(_cases()):
        given = ", ".join(f"{f.width}'h{values[f.name]:x}" for f in fields)
        packed = f"`{name}_PACK({given})" if fields else f"`{name}_PACK"
        lines.append(f"    wire [{bits - 1}:0] word{n} = {packed};")
        lines.append(f"    initial #1 if (word{n} !== {bits}'h{word:x} || $bits({packed}) != {bits})")
        lines.append(f'        $display("{name} %h", word{n});')
        for f in fields:
            lines.append(f"    initial #1 if (word{n}[`{name}_{f.name.upper()}] !== {f.width}'h{values[f.name]:x})")
            lines.append(f'        $display("{name}.{f.name}");')
    return "\n".join([*lines, "endmodule", ""])


def wrong(folder: Path, headers: Path = GENERATED) -> set[str]:
    """Messages and fields for which the headers' macros do not give what Python does."""
    tools = [shutil.which(tool) for tool in ("iverilog", "vvp")]
    assert all(tools), "iverilog or vvp is not on PATH: install Icarus Verilog (Debian: apt-get install iverilog)"
    (folder / "bench.v").write_text(_bench(), encoding="utf-8")
    # $bits is SystemVerilog; the macros are included as they are
    build = [str(tools[0]), "-g2012", "-I", str(headers), "-o", "image", "bench.v"]
    subprocess.run(build, cwd=folder, check=True)
    said = subprocess.run([str(tools[1]), "image"], cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {line.split()[0] for line in said.splitlines()}


def test_macros_agree_with_python(tmp_path: Path) -> None:
    assert len(list(_cases())) > 1000
    assert wrong(tmp_path) == set()


@pytest.mark.parametrize(
    ("header", "old", "new", "found"),
    [
        ("irqpath_links.vh", "`define STREAM_SET_INTID 39:16", "`define STREAM_SET_INTID 40:17", {"STREAM_SET.intid"}),
        ("irqpath_links.vh", "{24'd0, intid_, 12'd0, `STREAM_RELEASE}", "{25'd0, intid_, 11'd0, `STREAM_RELEASE}",
         {"STREAM_RELEASE", "STREAM_RELEASE.intid"}),
        ("irqpath_links.vh", "`define ITS_VLPI_SET 5'h11", "`define ITS_VLPI_SET 5'h12", {"ITS_VLPI_SET"}),
        ("irqpath_links.vh", "{60'd0, `STREAM_GENERATE_SGI_ACK}", "{59'd0, `STREAM_GENERATE_SGI_ACK}",
         {"STREAM_GENERATE_SGI_ACK"}),
        ("irqpath_records.vh", "{op_, register_, data_}", "{register_, op_, data_}",
         {"SYS_REQUEST", "SYS_REQUEST.op", "SYS_REQUEST.register"}),
        ("irqpath_records.vh", "offer_, 24'd0, accept_, payload_}", "24'd0, offer_, accept_, payload_}",
         {"RECORD", "RECORD.offer"}),
    ],
)  # fmt: skip
def test_a_wrong_macro_is_found(tmp_path: Path, header: str, old: str, new: str, found: set[str]) -> None:
    for name in HEADERS:
        text = (GENERATED / name).read_text(encoding="utf-8")
        if name == header:
            assert text.count(old) == 1
            text = text.replace(old, new)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert wrong(tmp_path, tmp_path) == found
