"""What is said where a property of hdl/formal, or a handshake, does not hold in simulation: what should, which block sees to it,
and where to look."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from irqpath.core.links.families import numbered
from irqpath.core.links.ports import RECORD
from irqpath.core.places import HDL
from irqpath_testbench.dut.properties import explained, properties, sentences
from irqpath_testbench.dut.recorder import BROKEN_PROPERTY, Breach, Records
from irqpath_testbench.env.environment import protocol_mismatch

PES = 2
NUMBERS = {str(link): number for number, (link, _) in numbered(PES).items()}
WATCHED = sorted((HDL / "formal").glob("*_properties.v"))


def recorded(link: str, code: int, name: str, tmp_path: Path) -> Breach:
    """What Python reads of a record by the testbench."""
    values = {
        "payload": int.from_bytes(name.encode(), "big"),
        "accept": 70,
        "offer": 70,
        "code": code,
        "link": NUMBERS[link],
    }
    word = sum(values[field.name] << field.lsb for field in RECORD.layout)
    (breach,) = Records(tmp_path, PES).decode(word.to_bytes(RECORD.bits // 8, "little"))
    assert isinstance(breach, Breach)
    return breach


@pytest.mark.parametrize(
    ("link", "name", "module", "block", "says"),
    [
        ("dist1.up", "acknowledges", "dist_properties", "GICD", "it acknowledges to GICR only what GICR asked for, once"),
        ("stream0.up", "acknowledges", "stream_properties", "GICR", "it acknowledges to GICC only what GICC asked for, once"),
        ("its0.gicr1.cmd", "acknowledges", "command_properties", "GICR", "it acknowledges a command of the ITS once"),
        ("gicr1.mem", "one access", "memory_properties", "the master", "only after the last was answered"),
        ("gicc0.sys", "one access", "sysreg_properties", "GICC", "it accepts one access at a time"),
        ("its0.reg", "one access", "register_properties", "registers", "it accepts one access at a time"),
        ("sw.mem", "nobody", "grant_properties", "the arbiter", "it chooses one where any asks"),
    ],
)
def test_a_property_is_explained(link: str, name: str, module: str, block: str, says: str, tmp_path: Path) -> None:
    """By its sentence, its block and its place; on its link, for modules share names."""
    found = protocol_mismatch(recorded(link, BROKEN_PROPERTY, name, tmp_path))
    assert (found.check, found.link, found.cycle) == ("protocol", link, 70)
    assert says in found.expected
    assert found.observed == f"the property {name!r} does not hold"
    place = found.rule.rpartition("hdl/")[2]
    file, line = place.split(":")
    assert (
        found.rule
        == f"property {name!r} of {found.rule.partition(' of ')[2].partition(';')[0]}; see hdl/formal/{module}.v:{line}"
    )
    assert block in found.rule
    assert f'"{name}"' in (HDL / file).read_text().splitlines()[int(line) - 1]


def test_a_handshake_is_explained(tmp_path: Path) -> None:
    found = protocol_mismatch(recorded("dist0.up", 3, "", tmp_path))
    assert (found.expected, found.rule) == ("a well-formed transfer", "handshake of the link (AXI4)")
    assert found.observed == "VALID fell without a transfer"


def test_a_property_of_an_old_build(tmp_path: Path) -> None:
    found = protocol_mismatch(recorded("dist0.up", BROKEN_PROPERTY, "forgotten", tmp_path))
    assert "'forgotten'" in found.expected and "build the simulation anew" in found.rule
    assert explained("dist0.up", "VALID fell without a transfer") is None


def test_every_watched_property_has_a_sentence() -> None:
    """And every sentence is of one."""
    there = {(path.stem, p.name) for path in WATCHED for p in properties(f"formal/{path.name}")}
    assert {(s.module, name) for name, each in sentences().items() for s in each} == there


def test_a_link_and_a_name_are_one_property() -> None:
    """Among modules that share a name at most one is recorded on a link."""
    for name, each in sentences().items():
        for link in NUMBERS:
            assert sum(fnmatchcase(link, sentence.links) for sentence in each) <= 1, (name, link)
