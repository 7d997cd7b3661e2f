"""Links as objects: what a name gives, and that one module parses and builds names."""

from __future__ import annotations

import ast
import copy
import json
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from irqpath.config.gicv2 import Gicv2Config
from irqpath.config.policy import QEMU
from irqpath.config.sizes import qemu_virt_gicv4
from irqpath.core.errors import LinkError
from irqpath.core.link import DEVICE, DEVICE_ENDS, FAMILIES, Link, block_kind, block_name, block_number
from irqpath.core.links import CHANNELS
from irqpath.core.places import ROOT, SOURCES
from irqpath.core.transactions import RegRead, RegReadData
from irqpath.gic.common.memory_block import MemBlock
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.gic.system import Gic

FIELDS: Final = ("unit", "number", "block", "peer", "end", "kind", "pe", "response")


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("gicd.spi", ("gicd", -1, "gicd", -1, "spi", "gicd_spi", -1, None)),
        ("gicd.ppi7", ("gicd", -1, "gicd", 7, "ppi", "gicd_ppi", 7, None)),
        ("gicr12.mem", ("gicr", 12, "gicr12", -1, "mem", "gicr_mem", 12, "gicr12.mem_rsp")),
        ("gicc0.sys", ("gicc", 0, "gicc0", -1, "sys", "gicc_sys", 0, "gicc0.sys_rsp")),
        ("gicc.reg", ("gicc", -1, "gicc", -1, "reg", "gicc_reg", -1, "gicc.rsp")),
        ("v2m.reg", ("v2m", -1, "v2m", -1, "reg", "v2m_reg", -1, "v2m.rsp")),
        ("stream3.down", ("stream", 3, "stream3", -1, "down", "stream_down", 3, None)),
        ("dist0.up", ("dist", 0, "dist0", -1, "up", "dist_up", 0, None)),
        ("its1.msi", ("its", 1, "its1", -1, "msi", "its_msi", -1, "its1.msi_rsp")),
        ("its0.gicr2.cmd", ("its", 0, "its0", 2, "cmd", "its_cmd", 2, "its0.gicr2.ack")),
        ("its1.its0.peer", ("its", 1, "its1", 0, "peer", "its_peer", -1, None)),
        ("pci00.1.notify", (DEVICE, -1, "pci00.1", -1, "notify", "device_notify", -1, "pci00.1.rsp")),
        ("virtq0.msi", (DEVICE, -1, "virtq0", -1, "msi", "device_msi", -1, None)),
    ],
)
def test_what_a_name_says(name: str, fields: tuple[object, ...]) -> None:
    assert tuple(getattr(Link(name), field) for field in FIELDS) == fields


def test_there_is_one_link_of_a_name_and_it_does_not_change() -> None:
    link = Link.gicr(3, "reg")
    assert link is Link("gicr3.reg") is Link(link) is copy.deepcopy(link) is copy.copy(link) is pickle.loads(pickle.dumps(link))
    assert link.sibling("rsp") is link.response
    for name in ("number", "other"):
        with pytest.raises(AttributeError, match="a link does not change"):
            setattr(link, name, 4)
        with pytest.raises(AttributeError, match="a link does not change"):
            delattr(link, name)
    assert link.number == 3


def test_a_link_is_its_name_where_names_are_written_and_compared() -> None:
    link, name = Link("its0.gicr2.ack"), "its0.gicr2.ack"
    assert (link == name, hash(link) == hash(name), f"{link}", repr(link)) == (True, True, name, repr(name))
    assert json.dumps({link: [link]}) == json.dumps({name: [name]})
    by_name: dict[str, int] = {name: 1}
    by_link: dict[str, int] = {link: 1}
    assert by_name[link] == by_link[name] == 1
    assert type(str(link)) is str


@pytest.mark.parametrize(
    "name",
    [
        "gicd.ppi",
        "gicd.ppi01",
        "gicd.reg5",
        "gicd3.reg",
        "gicr.reg",
        "gicr03.reg",
        "gicr0.foo",
        "gicr-1.reg",
        "stream.up",
        "dist0.sideways",
        "its0.cmd",
        "its0.gicr2.reg",
        "its0.gicr.cmd",
        "mem.mem",
        "foo.bar",
        "gicd",
        ".reg",
        "",
        "gicd.reg\n",
    ],
)
def test_a_name_that_no_link_has(name: str) -> None:
    with pytest.raises(
        LinkError, match=r"is no link's name; there are gicd\.reg\|rsp\|spi\|.*, stream<n>\.down\|up, .*<name>\.reg"
    ):
        Link(name)


def test_builders_give_what_names_give() -> None:
    assert [Link.gicr(1, "ppi"), Link.gicc(2, "irq"), Link.its(0, "step"), Link.of("virtq0", "irq"), Link.gicv2_ppi(3)] == [
        "gicr1.ppi",
        "gicc2.irq",
        "its0.step",
        "virtq0.irq",
        "gicd.ppi3",
    ]
    assert [Link.stream(4, "up"), Link.dist(5, "down"), Link.its_gicr(0, 6, "cmd"), Link.its_its(1, 0)] == [
        "stream4.up",
        "dist5.down",
        "its0.gicr6.cmd",
        "its1.its0.peer",
    ]
    assert Link.its_gicr(0, 6, "cmd").pattern() == "its<n>.gicr<n>.cmd"


def test_names_of_blocks() -> None:
    names = ["gicd", "gicr17", "gicc0", "its2", "mem", "gicv2", "v2m"]
    assert [block_kind(name) for name in names] == ["gicd", "gicr", "gicc", "its", "mem", "gicv2", "v2m"]
    assert [block_number(name) for name in names] == [-1, 17, 0, 2, -1, -1, -1]
    assert block_name("gicr", 17) == "gicr17"
    for wrong in ("", "GICR0", "gicr01", "3"):
        with pytest.raises(LinkError, match="no block's name"):
            block_kind(wrong)


def test_every_link_of_the_models_is_of_a_family_and_every_family_is_of_the_models() -> None:
    config = qemu_virt_gicv4(2).config
    gic, old = Gic(config, QEMU), Gicv2(Gicv2Config(pes=2))
    blocks = [*gic.blocks(), old, *old.frames.values(), MemBlock(["sw", "its0", "gicr0", "gicr1"])]
    links = {link for block in blocks for link in (*block.inputs(), *block.outputs())}
    assert all(type(link) is Link for link in links)
    kinds = {f"{family.partition('<')[0]}_{end.removesuffix('<n>')}" for family, ends in FAMILIES.items() for end in ends}
    own = {f"{block_kind(block.name)}_probe" for block in blocks}
    unused = kinds - own - {link.kind for link in links}
    # a GICv2 without its extensions, of a machine with one ITS
    assert unused == {
        "its_peer",
        "gich_reg",
        "gich_rsp",
        "gich_probe",
        "gicv_reg",
        "gicv_rsp",
        "gicv_probe",
        "v2m_reg",
        "v2m_rsp",
    } | {"v2m_probe"}
    assert set(CHANNELS) <= kinds | {f"{DEVICE}_{end}" for end in DEVICE_ENDS}


def test_a_gic_takes_names_and_tells_links() -> None:
    gic = Gic(qemu_virt_gicv4(1).config, QEMU)
    for link in ("gicd.reg", Link("gicd.reg")):
        ((answering, response),) = gic.send(link, RegRead(4, 4))
        assert (type(answering), answering, type(response)) == (Link, "gicd.rsp", RegReadData)
    with pytest.raises(LinkError, match=r"no block listens to link 'gicd\.foo'"):
        gic.send("gicd.foo", RegRead(4, 4))


# --- one module parses and builds names -------------------------------------------------------------------------------------

HOME: Final = "irqpath/core/link.py"
ENDS: Final = "|".join(sorted({end.replace("<n>", "") for ends in (*FAMILIES.values(), DEVICE_ENDS) for end in ends}))
#: An f-string, with {} for what it puts in, that gives a link's name.
_BUILT: Final = re.compile(rf"(?=.*\{{\}})[a-z0-9_{{}}]+(\.[a-z0-9{{}}]+)*\.({ENDS}|ppi\{{\}}|\{{\}})")
_BEGINS: Final = re.compile(r"(gic[cdr]|its|stream|dist)\d*[.{]|(\{\}|mem|sw|gic[cdhrv]|v2m)\.(?!\{\})")
_CUTS: Final = frozenset(
    (
        "partition",
        "rpartition",
        "split",
        "rsplit",
        "strip",
        "lstrip",
        "rstrip",
        "startswith",
        "endswith",
        "removeprefix",
        "removesuffix",
        "index",
        "find",
        "replace",
    )
)
#: What is cut off a block's name to have its kind or its number.
_LETTERS: Final = frozenset(("0123456789", "abcdefghijklmnopqrstuvwxyz"))


def _is_link(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name == "link" or name.endswith("_link")


def _built(node: ast.JoinedStr) -> bool:
    text = "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
    return bool(_BUILT.fullmatch(text) and _BEGINS.match(text))


def _parsed(node: ast.AST) -> bool:
    if isinstance(node, ast.Subscript):
        return _is_link(node.value) and isinstance(node.slice, ast.Slice)
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if isinstance(node.func.value, ast.Name) and node.func.value.id == "re":
        return any(_is_link(argument) for argument in node.args)
    if node.func.attr not in _CUTS:
        return False
    constants = [c.value for a in node.args for c in ast.walk(a) if isinstance(c, ast.Constant) and isinstance(c.value, str)]
    ends = any(re.fullmatch(rf"\.({ENDS})", constant) for constant in constants)
    return _is_link(node.func.value) or ends or bool(_LETTERS & set(constants))


def _found(text: str) -> Iterator[int]:
    """Lines that build or parse a link's name."""
    for node in ast.walk(ast.parse(text)):
        if (isinstance(node, ast.JoinedStr) and _built(node)) or _parsed(node):
            yield getattr(node, "lineno", 0)


def _modules() -> list[Path]:
    return [path for source in SOURCES for path in sorted(source.glob("irqpath*/**/*.py"))]


def test_one_module_parses_and_builds_names_of_links() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in _modules()
        if not path.as_posix().endswith(HOME)
        for line in _found(path.read_text(encoding="utf-8"))
    }
    assert not found, f"`Link` has what a name says, and builds names: {', '.join(sorted(found))}"


@pytest.mark.parametrize(
    "line",
    [
        'x = f"gicr{pe}.reg"',
        'x = f"{self.name}.probe"',
        'x = f"stream{pe}.down"',
        'x = f"its{k}.gicr{pe}.cmd"',
        'x = f"its0.gicr{pe}.{way}"',
        'x = f"gicd.ppi{pe}"',
        'x = f"{master}.mem_rsp"',
        "x = int(link[4:])",
        'x = link.partition(".")[0]',
        'x = observed.link.startswith("stream")',
        'x = name.endswith((".cmd", ".ack"))',
        'x = block.rstrip("0123456789")',
        'x = re.sub("[0-9]+", "", out_link)',
    ],
)
def test_a_name_that_is_parsed_or_built_elsewhere_is_found(line: str) -> None:
    assert list(_found(line)) == [1]


@pytest.mark.parametrize(
    "line",
    [
        'x = f"{path}.json"',
        'x = f"lpi.pend{pe}"',
        'x = f"{name}.q{number}"',
        'x = f"gicr{pe}"',
        'x = name.startswith("ICC_")',
        "x = link.pe",
        'x = f"{count} of {link}"',
        'x = text.partition(".")',
    ],
)
def test_other_strings_are_not(line: str) -> None:
    assert not list(_found(line))
