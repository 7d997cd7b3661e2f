"""`Board`: its device-tree text."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import Any

import pytest

from irqpath import (
    Board,
    ConfigError,
    GicConfig,
    Gicv2Config,
)
from unit.models.board_drive import CONFIGS, V41

#: A node's contents: properties, then nodes (dtc's order), as device-tree source.
_TOKEN = re.compile(r'\s*("[^"]*"|/dts-v1/|[\w,.#@+-]+:?|&\w+|[<>{};=,/])')


def parse(text: str) -> dict[str, Any]:
    """A device tree's source as nested dicts; fails where `dtc` would not take it."""
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        assert found, f"no token at {text[at : at + 30]!r}"
        tokens.append(found[1])
        at = found.end()
    tokens.reverse()

    def take(wanted: str) -> None:
        assert tokens.pop() == wanted, wanted

    def cells() -> list[int | str]:
        take("<")
        values: list[int | str] = []
        while tokens[-1] != ">":
            token = tokens.pop()
            values.append(token if token.startswith("&") else int(token, 0))
        take(">")
        return values

    def node() -> dict[str, Any]:
        inside: dict[str, Any] = {}
        nodes = False
        take("{")
        while tokens[-1] != "}":
            name = tokens.pop()
            if name.endswith(":"):
                inside[":"] = inside.get(":", [])
                name = tokens.pop()
            assert name not in inside, f"{name} twice"
            if tokens[-1] == "{":
                nodes = True
                inside[name] = node()
                continue
            assert not nodes, f"the property {name} follows a node"
            values: list[Any] = []
            if tokens[-1] == "=":
                take("=")
                while True:
                    values += [tokens.pop().strip('"')] if tokens[-1].startswith('"') else [cells()]
                    if tokens[-1] != ",":
                        break
                    take(",")
            take(";")
            inside[name] = values
        take("}")
        take(";")
        return inside

    take("/dts-v1/")
    take(";")
    take("/")
    root = node()
    assert not tokens
    return root


@pytest.mark.parametrize("name", [*CONFIGS, "gicv41"])
def test_device_tree(name: str) -> None:
    board = Board(CONFIGS.get(name, V41))
    root = parse(board.device_tree())
    gic = root["interrupt-controller@8000000"]
    assert root["interrupt-parent"] == [["&gic"]]
    assert gic["interrupt-controller"] == []
    assert gic["#interrupt-cells"] == [[3]]
    assert ("interrupts" in gic) == (board.config.virtual is not None)
    regions = {(region.base, region.size): region.name for region in board.places.regions}
    for node in (gic, *(inside for inside in gic.values() if isinstance(inside, dict))):
        assert node["compatible"][0].startswith("arm,")
        for high, low, size_high, size in node["reg"]:
            place = (high << 32 | low, size_high << 32 | size)
            first = board.places.at(place[0], 1)
            assert place in regions or (first is not None and first.name == "gicr0"), place
    nodes = [inside for inside in gic if "@" in inside]
    assert len(nodes) == (len(board.config.its) if isinstance(board.config, GicConfig) else board.config.v2m is not None)
    assert all("msi-controller" in gic[inside] for inside in nodes)


@pytest.mark.parametrize("name", [*CONFIGS, "gicv41"])
def test_dtc_takes_the_device_tree(name: str) -> None:
    """The compiler itself, where it is at hand, without a warning."""
    dtc = shutil.which("dtc")
    if dtc is None:
        pytest.skip("no dtc on PATH")
    config = CONFIGS.get(name, V41)
    messages = ((32, 32),) if isinstance(config, GicConfig) and config.message_spis else ()
    source = Board(config).device_tree(messages)
    done = subprocess.run([dtc, "-O", "dtb", "-o", os.devnull], input=source, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_device_tree_of_message_based_spis() -> None:
    board = Board(GicConfig(spis=64))
    gic = parse(board.device_tree(((64, 16), (90, 6))))["interrupt-controller@8000000"]
    assert gic["mbi-ranges"] == [[64, 16], [90, 6]]
    assert gic["msi-controller"] == []
    with pytest.raises(ConfigError, match="mbi_ranges has 7 SPIs from 90 on: GICD_SETSPI_NSR takes those from 32 to 95"):
        board.device_tree(((90, 7),))
    with pytest.raises(ConfigError, match="none here"):
        Board(GicConfig(message_spis=False)).device_tree(((32, 1),))
    with pytest.raises(ConfigError, match="GICv2m"):
        Board(Gicv2Config()).device_tree(((32, 1),))


def test_a_device_tree_that_is_none() -> None:
    """The parser of this test notices what `dtc` would."""
    text = Board(GicConfig()).device_tree()
    changes = (
        (";\n\t\t#size", "\n\t\t#size"),
        ("};\n};", "};\n}"),
        ("<3>", "<3"),
        ("reg =", "compatible ="),
        ("ranges;", "a {};"),
    )
    for old, new in changes:
        with pytest.raises((AssertionError, ValueError, IndexError)):
            parse(text.replace(old, new, 1))
