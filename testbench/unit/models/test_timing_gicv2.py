"""The timer of a GICv2: what it counts of the golden model's state (the order of its Verilog: hdl/gicv2/irqpath_gicv2.v)."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest

from irqpath.config.gicv2 import Gicv2Config, V2mConfig
from irqpath.config.sizes import VirtualConfig
from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, PeReset, RegRead, RegReadData, RegWrite, Reset, Transaction
from irqpath.gic.gicv2.gic import Gicv2
from irqpath.regs import GICC, GICD2, GICH, GICV, V2M
from irqpath.sim.timing.gicv2 import Gicv2Timer
from irqpath.sim.timing.profile import named
from irqpath.sim.timing.term import Term
from irqpath_testbench.tools.faults.injection import InjectedFault, injected

_FRAMES = {"GICD": GICD2, "GICC": GICC, "GICH": GICH, "GICV": GICV, "V2M_": V2M}
_SPIS = Link("gicd.spi")
#: What follows from an input: nothing but the best interrupts and the lines; SGIs follow their sources; SPIs are looked at.
PLAIN, OF_SGIS, OF_SPIS = (), (("sgis", 1),), (("pes", 4),)
Counts = tuple[tuple[str, int], ...]
#: HW=1, active and Group 1: a List register's bits beside its INTIDs.
_LISTED = 1 << 31 | 2 << 28 | 1 << 30


class Timed:
    """A GICv2 and its timer."""

    def __init__(self, timer: type[Gicv2Timer] = Gicv2Timer, pes: int = 4) -> None:
        virtual = VirtualConfig(list_registers=4, id_bits=10, gicv2=True)
        self.gic = Gicv2(Gicv2Config(pes=pes, spis=64, virtual=virtual, v2m=V2mConfig(40, 8)))
        self.timer = timer(self.gic)
        self.last = 0
        #: what the lines cost that changed with the last input
        self.lines: list[Term | None] = []

    def takes(self, link: Link, transaction: Transaction) -> Counts:
        """An input: what is counted of it. Its lines change when it ends, and its response comes at once."""
        self.timer.enters(link, transaction)
        outputs = self.gic.predict(link, transaction)
        self.timer.predicted(outputs)
        self.lines = []
        for to, what in outputs:
            if isinstance(what, RegReadData):
                self.last = what.value
            if to.end == "rsp":
                assert self.timer.leaves(to, what) == Term("taken")
            elif to.end == "irq":
                self.lines.append(self.timer.leaves(to, what))
        ends = self.timer.ends()
        assert all(line == Term("line", ends.counts) for line in self.lines)
        return ends.counts

    def write(self, name: str, value: int, pe: int = 0, size: int = 4) -> Counts:
        """A write, by the register's name."""
        at = _FRAMES[name[:4]].element(name).offset
        return self.takes(Link.of(name[:4].lower().rstrip("_"), "reg"), RegWrite(at, size, value, pe))

    def read(self, name: str, pe: int = 0) -> Counts:
        """A read, which may acknowledge."""
        at = _FRAMES[name[:4]].element(name).offset
        return self.takes(Link.of(name[:4].lower(), "reg"), RegRead(at, 4, pe))

    def boot(self) -> Timed:
        """Everything enabled, SPIs of PE 0."""
        self.write("GICD_CTLR", 3)
        for n in range(3):
            self.write(f"GICD_ISENABLER{n}", 0xFFFF_FFFF)
        for n in range(8, 24):
            self.write(f"GICD_ITARGETSR{n}", 0x0101_0101)
        self.write("GICC_PMR", 0xF8)
        self.write("GICC_CTLR", 3)
        return self


def test_wires_and_resets() -> None:
    gic = Timed().boot()
    assert gic.takes(_SPIS, LineChange(40, 1)) == OF_SPIS and gic.lines
    assert gic.takes(Link.gicv2_ppi(0), LineChange(20, 1)) == PLAIN
    assert gic.takes(Link.gicc(0, "reset"), PeReset()) == PLAIN and gic.lines
    gic.timer.enters(Link("gicd.reset"), Reset())
    assert gic.timer.ends() == Term("reset") == gic.timer.leaves(Link.gicc(0, "irq"), LineChange(0, 0))


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("GICD_CTLR", PLAIN),
        ("GICD_SGIR", OF_SGIS),
        ("GICD_SPENDSGIR1", OF_SGIS),
        ("GICD_CPENDSGIR3", OF_SGIS),
        ("GICD_IGROUPR0", PLAIN),
        ("GICD_IGROUPR1", OF_SPIS),
        ("GICD_ISENABLER2", OF_SPIS),
        ("GICD_ICENABLER3", PLAIN),
        ("GICD_ISPENDR2", OF_SPIS),
        ("GICD_ICPENDR1", OF_SPIS),
        ("GICD_ISACTIVER1", OF_SPIS),
        ("GICD_ICACTIVER31", PLAIN),
        ("GICD_IPRIORITYR7", PLAIN),
        ("GICD_IPRIORITYR8", OF_SPIS),
        ("GICD_IPRIORITYR23", OF_SPIS),
        ("GICD_IPRIORITYR24", PLAIN),
        ("GICD_ITARGETSR7", PLAIN),
        ("GICD_ITARGETSR8", OF_SPIS),
        ("GICD_ICFGR1", PLAIN),
        ("GICD_ICFGR2", OF_SPIS),
        ("GICD_ICFGR5", OF_SPIS),
        ("GICD_ICFGR6", PLAIN),
        ("GICD_NSACR2", PLAIN),
        ("GICC_PMR", PLAIN),
        ("GICH_LR0", PLAIN),
        ("GICV_CTLR", PLAIN),
    ],
)
def test_registers(name: str, counts: Counts) -> None:
    """There are 64 SPIs: INTIDs 32 to 95."""
    assert Timed().boot().write(name, 0) == counts


def test_what_is_no_register_changes_nothing() -> None:
    gic = Timed().boot()
    for offset, size in ((0x104, 1), (0x104, 8), (0x0FFC, 4), (0x1F00, 4), (0x105, 4)):
        assert gic.takes(Link("gicd.reg"), RegWrite(offset, size, 1)) == PLAIN
    assert gic.takes(Link("gicd.reg"), RegWrite(0x428, 1, 0x80)) == OF_SPIS
    assert Timed(pes=1).boot().write("GICD_ITARGETSR8", 1) == PLAIN  # with one PE there are none


@pytest.mark.parametrize(("intid", "counts"), [(31, PLAIN), (39, PLAIN), (40, OF_SPIS), (47, OF_SPIS), (48, PLAIN)])
def test_messages(intid: int, counts: Counts) -> None:
    """The frame has SPIs 40 to 47."""
    assert Timed().boot().write("V2M_MSI_SETSPI_NS", intid) == counts


def life_cycles(gic: Timed) -> Iterator[tuple[str, Counts, Counts]]:
    """What each access to GICC, GICH and GICV is counted as, and what it is to be."""
    yield "nothing to acknowledge", gic.read("GICC_IAR"), PLAIN
    yield "nothing to end", gic.write("GICC_EOIR", 40), PLAIN
    gic.write("GICD_SGIR", 1 << 16 | 3)
    yield "an SGI that is looked at", gic.read("GICC_HPPIR"), PLAIN
    yield "an SGI", gic.read("GICC_IAR"), OF_SGIS
    yield "the end of an SGI", gic.write("GICC_EOIR", 3), PLAIN
    gic.takes(Link.gicv2_ppi(0), LineChange(20, 1))
    yield "a PPI", gic.read("GICC_IAR"), PLAIN
    gic.takes(Link.gicv2_ppi(0), LineChange(20, 0))
    yield "an SPI that is not active ends", gic.write("GICC_EOIR", 41), OF_SPIS
    yield "nothing is active any more", gic.write("GICC_EOIR", 41), PLAIN
    gic.write("GICD_ICACTIVER0", 1 << 20)
    gic.takes(_SPIS, LineChange(41, 1))
    yield "an SPI", gic.read("GICC_IAR"), OF_SPIS
    yield "DIR while EOImode is 0", gic.write("GICC_DIR", 41), PLAIN
    yield "AEOIR of Group 0", gic.write("GICC_AEOIR", 41), PLAIN
    yield "INTID beyond the last", gic.write("GICC_EOIR", 96), PLAIN
    gic.write("GICC_CTLR", 3 | 1 << 9)
    yield "EOIR with EOImode 1", gic.write("GICC_EOIR", 41), PLAIN
    yield "DIR", gic.write("GICC_DIR", 41), OF_SPIS
    yield "DIR of what is not active", gic.write("GICC_DIR", 41), OF_SPIS
    yield "DIR beyond the last", gic.write("GICC_DIR", 96), PLAIN
    yield "DIR of a PPI", gic.write("GICC_DIR", 20), PLAIN
    gic.write("GICD_IGROUPR1", 1 << 41 - 32)
    gic.write("GICC_CTLR", 3 | 1 << 2)
    yield "an SPI of Group 1", gic.read("GICC_AIAR"), OF_SPIS
    yield "AEOIR of Group 1", gic.write("GICC_AEOIR", 41), OF_SPIS
    yield "with AckCtl", gic.read("GICC_IAR"), OF_SPIS
    gic.write("GICH_HCR", 1)
    gic.write("GICV_CTLR", 3)
    gic.write("GICH_APR", 1)
    gic.write("GICH_LR0", _LISTED | 41 << 10 | 50)
    gic.write("GICH_LR1", _LISTED | 20 << 10 | 51)
    yield "a guest's end of a PPI", gic.write("GICV_EOIR", 51), PLAIN
    gic.write("GICH_APR", 1)
    yield "a guest's end of an SPI", gic.write("GICV_EOIR", 50), OF_SPIS
    gic.write("GICH_APR", 1)
    yield "a guest's end of what is not listed", gic.write("GICV_EOIR", 50), PLAIN
    gic.write("GICV_CTLR", 3 | 1 << 9)
    gic.write("GICH_LR0", _LISTED | 41 << 10 | 50)
    yield "a guest's DIR", gic.write("GICV_DIR", 50), OF_SPIS
    gic.write("GICH_LR0", 2 << 28 | 1 << 30 | 1 << 19 | 50)  # with EOI, where HW=1 has the physical INTID
    yield "a guest's DIR without HW", gic.write("GICV_DIR", 50), PLAIN


def test_acknowledgements_and_ends() -> None:
    for what, counted, wanted in life_cycles(Timed().boot()):
        assert counted == wanted, what


def test_the_profile_has_what_the_timer_names() -> None:
    """An SPI's wire to the line of one PE of four: 4 cycles, and 2 for each of them; an SGI: 5."""
    costs = named("irqpath").blocks["gicv2"]
    assert costs.numbers() == 5
    assert [costs.cycles(Term(name, counts)) for name in ("line", "ends") for counts in (PLAIN, OF_SGIS, OF_SPIS)] == [
        4,
        5,
        12,
    ] * 2


TIMER = "irqpath.sim.timing.gicv2"
FAULTS = (
    InjectedFault("half-a-word", TIMER, '"GICD_ICFGR": 2,', '"GICD_ICFGR": 1,'),
    InjectedFault("a-word-more", TIMER, "<= self._words and", "<= self._words + 1 and"),
    InjectedFault("nothing-active", TIMER, "bool(cpu.ap[0] | cpu.ap[1]) and (", "("),
    InjectedFault("any-group", TIMER, '(group == 1 or name == "GICC_EOIR")', "True"),
    InjectedFault("beyond-the-last", TIMER, "intid > self._last_spi or bool", "bool"),
    InjectedFault("without-hw", TIMER, "and before & LR_HW and", "and"),
    InjectedFault("looks-only", TIMER, '"GICC_IAR", "GICC_AIAR"', '"GICC_IAR", "GICC_HPPIR"'),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_bug_of_the_timer_is_found(fault: InjectedFault) -> None:
    with injected(fault):
        timer = importlib.import_module(TIMER).Gicv2Timer
        right = [counted == wanted for _, counted, wanted in life_cycles(Timed(timer).boot())]
        right += [Timed(timer).boot().write(*what) == OF_SPIS for what in (("GICD_ICFGR5", 0), ("GICD_ICFGR2", 0))]
        right.append(Timed(timer).boot().write("GICD_IGROUPR3", 0) == PLAIN)
    assert not all(right)
