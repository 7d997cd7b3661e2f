"""What can't have come over a link is refused with one error, and nothing has happened: a table made of every input of every
block, and the cases that a person makes by mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any, Final

import pytest

from irqpath.config.gicv2 import Gicv2Config, V2mConfig
from irqpath.config.sizes import GicConfig, Gicv4Config, ItsConfig, VirtualConfig
from irqpath.core.errors import InputError, IrqpathError, LinkError
from irqpath.core.transactions import (
    GenerateSgi,
    LineChange,
    MemRead,
    MemWrite,
    Msi,
    PeState,
    RegRead,
    RegWrite,
    Set,
    SpiOffer,
    SysRead,
    SysWrite,
    Transaction,
)
from irqpath.gic.common.block import Block
from irqpath.gic.common.inputs import LIMITS, as_text
from irqpath.gic.common.memory_block import MemBlock
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.gic.system import Gic

_ITS: Final = ItsConfig(itt_entry_bytes=16, vpe_entry_bytes=32)
GICS: Final = {
    "physical": GicConfig(pes=2, direct_lpi=True),
    "GICv4.1": GicConfig(
        pes=2,
        its=(_ITS, _ITS),
        virtual=VirtualConfig(gicv4=True, vsgi_eoi_count=True),
        gicv4=Gicv4Config(v41=True, sgis=True, vmovp=False, sgis_without_active_state=True),
    ),
    "secure": GicConfig(pes=2, security=True, espis=64, eppis=32, nmi=True, virtual=VirtualConfig(nmi=True)),
}
GICV2: Final = Gicv2Config(pes=3, virtual=VirtualConfig(id_bits=10, gicv2=True), v2m=V2mConfig(40, 8))


def _blocks() -> Iterator[tuple[str, Block]]:
    """A block of each kind, with the name of its configuration; of PEs and ITSs the last."""
    for name, config in GICS.items():
        gic = Gic(config)
        yield from ((name, block) for block in (gic.gicd, gic.gicr[-1], gic.gicc[-1], gic.its[-1]))
    yield "GICv2", Gicv2(GICV2)
    yield "memory", MemBlock(("gicr0", "sw"))


def _legal(link: str, kind: type) -> Any:
    """A transaction that the link carries."""
    given = {
        "size": 4,
        "line": 20 if "ppi" in link else 40,
        "intid": 40 if kind.__name__.startswith(("Set", "Spi", "Clear")) else 3,
    }
    return kind(**{f.name: given.get(f.name, 0) for f in fields(kind)})


INPUTS: Final = [
    pytest.param(block, link, kind, id=f"{name}-{link}-{kind.__name__}")
    for name, block in _blocks()
    for link, kind in sorted(block.accepted(), key=lambda pair: (pair[0], pair[1].__name__))
]
#: What no field takes: negative (-1 is superpriority in a priority), far too wide, and what is no number at all.
NEVER: Final = (-2, 1 << 80, 1.5, "1", None)


@pytest.mark.parametrize(("block", "link", "kind"), INPUTS)
def test_every_field_of_every_input_is_looked_at(block: Block, link: str, kind: type) -> None:
    """By `check` and by `predict`, which leaves the state as it was; the error names link, transaction and field."""
    legal = _legal(link, kind)
    block.check(link, legal)
    before = block.state() if not isinstance(block, MemBlock) else None
    for f in fields(kind):
        for value in NEVER:
            with pytest.raises(
                InputError, match=rf"^{re.escape(link)}: {kind.__name__} with \w+=.*: it must be [^\n]+$"
            ) as raised:
                block.predict(link, replace(legal, **{f.name: value}))
            assert f"with {f.name}=" in str(raised.value) or f.name == "size"  # what a value may be depends on the size
    if before is not None:
        assert block.state() == before


def test_every_field_has_a_limit() -> None:
    """Of every transaction that enters some block."""
    kinds = {kind for _, block in _blocks() for _, kind in block.accepted()}
    assert len(kinds) > 60
    for kind in kinds:
        assert {f.name for f in fields(kind)} == {limit.field for limit in LIMITS.get(kind, ())}, kind.__name__


WRONG: Final = (
    ("physical", "gicd.spi", LineChange(31, 1), "line=0x1f: it must be the INTID of a wire of this link: 32 to 63"),
    ("physical", "gicd.spi", LineChange(64, 1), "line=0x40"),
    ("physical", "gicd.spi", LineChange(40, 2), "level=2: it must be 0 or 1"),
    ("physical", "gicd.spi", LineChange(40, -1), "level=-1"),
    ("physical", "gicr0.ppi", LineChange(15, 1), "line=0xf: it must be the INTID of a wire of this link: 16 to 31"),
    ("physical", "gicr0.ppi", LineChange(32, 1), "line=0x20"),
    ("secure", "gicd.spi", LineChange(4160, 1), "32 to 63, 4096 to 4159"),
    ("secure", "gicr0.ppi", LineChange(1088, 1), "16 to 31, 1056 to 1087"),
    ("physical", "gicd.reg", RegWrite(0, 4, 1 << 32), "value=0x100000000: it must be as wide as the access at most"),
    ("physical", "gicd.reg", RegWrite(0, 1, 0x100), "value=0x100"),
    ("physical", "gicd.reg", RegWrite(0, 4, -1), "value=-1"),
    ("physical", "gicd.reg", RegRead(0, 3), "size=3: it must be 1, 2, 4 or 8 bytes"),
    ("physical", "gicd.reg", RegRead(-4, 4), "offset=-4"),
    ("physical", "gicd.reg", RegRead(0, 4, pe=2), "pe=2: it must be a PE that there is, 0 to 1"),
    ("physical", "gicr1.reg", RegRead(0, 4, pe=-1), "pe=-1"),
    ("physical", "gicc0.sys", SysRead(1 << 16), "reg=0x10000: it must be 16 bits"),
    ("physical", "gicc0.sys", SysWrite(0xC230, 1 << 64), "value=0x10000000000000000: it must be 64 bits"),
    ("secure", "gicc0.sys", PeState(4), "el=4: it must be 2 bits"),
    ("physical", "its0.msi", Msi(1 << 32, 0), "device=0x100000000"),
    ("physical", "its0.msi", Msi(0, 1 << 32), "event=0x100000000: it must be as wide as the access"),
    ("physical", "its0.msi", Msi(0, 1 << 16, size=2), "event=0x10000"),
    ("physical", "its0.msi", Msi(0, 0, size=1), "size=1: it must be 2 or 4 bytes"),
    ("physical", "stream0.down", Set(1 << 24, 0, 0), "intid=0x1000000: it must be 24 bits"),
    ("physical", "stream0.down", Set(40, 256, 0), "priority=0x100: it must be 8 bits, or -1 for superpriority"),
    ("physical", "stream0.down", Set(40, 0, 3), "group=3: it must be 0, 1 or 2"),
    ("physical", "stream0.up", GenerateSgi(3, 0, 0, 0, 0, 1), "kind=3"),
    ("physical", "stream0.up", GenerateSgi(1, 16, 0, 0, 0, 1), "intid=0x10: it must be 4 bits"),
    ("physical", "dist0.down", SpiOffer(31, 0, 0), "intid=0x1f: it must be an interrupt that there is: 32 to 63"),
)


@pytest.mark.parametrize(("gic", "link", "transaction", "says"), WRONG)
def test_what_cannot_be_is_refused(gic: str, link: str, transaction: Transaction, says: str) -> None:
    """At the border of a whole GIC."""
    with pytest.raises(InputError, match=re.escape(says)):
        Gic(GICS[gic]).send(link, transaction)


@pytest.mark.parametrize(
    ("link", "transaction", "says"),
    [
        ("gicd.reg", RegRead(0, 4, pe=3), "gicd.reg: RegRead with pe=3: it must be a PE that there is, 0 to 2"),
        ("gicc.reg", RegWrite(0, 4, 1 << 32), "gicc.reg: RegWrite with value=0x100000000"),
        (
            "gicd.spi",
            LineChange(20, 1),
            "gicd.spi: LineChange with line=0x14: it must be the INTID of a wire of this link: 32 to 63",
        ),
        ("gicd.ppi2", LineChange(5, 1), "gicd.ppi2: LineChange with line=5"),
        ("gicd.ppi3", LineChange(20, 1), "gicv2 has no input 'gicd.ppi3' that carries LineChange"),
        ("gicd.reg", LineChange(20, 1), "gicv2 has no input 'gicd.reg' that carries LineChange"),
    ],
)
def test_a_gicv2_refuses_too(link: str, transaction: Transaction, says: str) -> None:
    with pytest.raises(LinkError, match=re.escape(says)):
        Gicv2(GICV2).send(link, transaction)


@pytest.mark.parametrize(
    ("transaction", "says"),
    [
        (MemRead(2, 4), "address=2: it must be aligned to the size"),
        (MemRead(1 << 52, 4), "address=0x10000000000000: it must be 52 bits"),
        (MemWrite(0, 2, 0x1_0000), "value=0x10000"),
    ],
)
def test_a_memory_refuses_and_takes_no_page(transaction: Transaction, says: str) -> None:
    memory = MemBlock(("sw",), pages=1)
    with pytest.raises(InputError, match=re.escape(says)):
        memory.predict("sw.mem", transaction)
    assert memory.predict("sw.mem", MemWrite(0x5000, 8, 1))


def test_a_wrong_link_or_type() -> None:
    """The error names what there is; with many links, without their numbers."""
    gic = Gic(GICS["physical"])
    for link, transaction in (("gicc7.sys", SysRead(0)), ("gicd", SysRead(0)), ("gicd.reg", SysRead(0)), ("gicd.reg", None)):
        with pytest.raises(LinkError) as raised:
            gic.send(link, transaction)  # type: ignore[arg-type]  # wrong on purpose
        assert "\n" not in str(raised.value)
    with pytest.raises(LinkError, match=r"there are dist<n>\.down, ") as raised:
        Gic(GicConfig(pes=64, its=(), lpis=False)).send("gicc64.sys", SysRead(0))
    assert len(str(raised.value)) < 300
    for pe in (2, -1):
        with pytest.raises(IrqpathError, match=f"gicc{pe}.reset"):
            gic.reset_pe(pe)


def test_nothing_is_lost_where_an_input_was_refused() -> None:
    """The GIC goes on as if nobody had asked."""
    gic = Gic(GICS["physical"])
    before = gic.state()
    for name, link, transaction, _ in WRONG:
        if name == "physical":
            with pytest.raises(InputError):
                gic.send(link, transaction)
    assert gic.state() == before
    assert gic.send("gicd.reg", RegRead(0, 4))


def test_runs_as_text() -> None:
    assert as_text(0) == "none"
    assert as_text(0b1011_0000) == "4 to 5, 7"
