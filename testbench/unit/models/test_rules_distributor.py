"""Rules of the Distributor: pending state of SPIs, routing, RWP, and the crossings on the link to a Redistributor."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from irqpath.config.sizes import SPURIOUS, VirtualConfig
from irqpath.core.errors import ArchError
from irqpath.core.transactions import (
    Control,
    ControlAck,
    LineChange,
    PeState,
    PeStatus,
    SpiActivate,
    SpiActivateAck,
    SpiOffer,
    SpiRecall,
    SpiRecallAck,
    SpiRelease,
)
from unit.models.drive import IRM, RWP_GICD, Bench, on, reg_read, reg_write, sgir, write_request
from unit.models.rule_tests import rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from irqpath.config.policy import Policy
    from irqpath.core.transactions import Transaction
    from irqpath.gic.gicd.distributor import Distributor
    from irqpath_testbench.tools.faults.injection import Lib

ABSENT = 0x00_00_07_0F


def booted(lib: Lib, pes: int = 1) -> Bench:
    """A GIC without LPIs, brought up."""
    return Bench(lib, lib.GicConfig(pes=pes, lpis=False, its=())).boot()


@rule("R7", faults=("level-ignores-latch", "level-ignores-line", "level-latched"))
def test_level_is_latch_or_line(lib: Lib) -> None:
    for intid in (20, 40):
        bench = booted(lib)
        bench.set_up(intid)
        for line, latch in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0)):
            bench.wire(intid, line)
            (bench.pend if latch else bench.unpend)(intid)
            assert bench.pending(intid) == bool(line or latch), (line, latch)
            assert bench.irq() == (line or latch)
        bench.wire(intid, 1)
        bench.wire(intid, 0)
        assert not bench.pending(intid), "a line that has come and gone leaves nothing"


@rule("R8", faults=("latch-survives-activation", "latch-survives-icpendr"))
def test_written_pending_state_is_used_up(lib: Lib) -> None:
    for intid in (20, 40):
        bench = booted(lib)
        bench.set_up(intid)
        bench.pend(intid)
        assert bench.ack() == intid
        assert not bench.pending(intid), "activation uses the latch up"
        bench.eoi(intid)
        assert bench.ack() == SPURIOUS
        bench.pend(intid)
        bench.unpend(intid)
        assert not bench.pending(intid)
        assert bench.irq() == 0


@rule("R8", faults=("latch-survives-activation", "level-ignores-line"))
def test_line_keeps_an_active_interrupt_pending(lib: Lib) -> None:
    for intid in (20, 40):
        bench = booted(lib)
        bench.set_up(intid)
        bench.pend(intid)
        bench.wire(intid, 1)
        assert bench.ack() == intid
        assert bench.pending(intid)
        assert bench.active(intid)
        bench.wire(intid, 0)
        assert not bench.pending(intid), "the latch was used up; the line is gone"
        bench.eoi(intid)
        assert bench.ack() == SPURIOUS


@rule("R9", faults=("icpendr-clears-line",))
def test_icpendr_cannot_clear_a_line(lib: Lib) -> None:
    for intid in (20, 40):
        bench = booted(lib)
        bench.set_up(intid)
        bench.wire(intid, 1)
        bench.unpend(intid)
        assert bench.pending(intid)
        assert (bench.irq(), bench.ack()) == (1, intid)
        bench.wire(intid, 0)
        bench.eoi(intid)
        assert not bench.pending(intid)


@rule("R9", faults=("icpendr-clears-message",))
def test_icpendr_cannot_clear_a_message(lib: Lib) -> None:
    """A level-sensitive SPI set by message stays pending until GICD_CLRSPI_NSR (DDI 0601, GICD_SETSPI_NSR)."""
    bench = booted(lib)
    bench.set_up(40)
    bench.set_up(41, edge=True)
    bench.write("GICD_SETSPI_NSR", 40)
    bench.write("GICD_SETSPI_NSR", 41)
    bench.unpend(40)
    bench.unpend(41)
    assert bench.pending(40)
    assert not bench.pending(41), "edge-triggered: the message set the latch"
    assert bench.ack() == 40
    assert bench.pending(40), "active and pending"
    bench.write("GICD_CLRSPI_NSR", 40)
    assert not bench.pending(40)


@rule("R19", faults=("absent-pe-is-pe-0", "absent-pe-is-any", "absent-pe-drops"))
def test_spi_of_an_absent_pe_stays_pending(lib: Lib) -> None:
    bench = booted(lib, pes=2)
    bench.set_up(40, edge=True)
    bench.route(40, ABSENT)
    bench.pulse(40)
    assert bench.pending(40)
    assert [bench.irq(0), bench.irq(1)] == [0, 0]
    bench.route(40, bench.config.affinities[1])
    assert [bench.irq(0), bench.irq(1)] == [0, 1]
    assert bench.ack(1) == 40


@rule("R20", faults=("itargetsr-works", "sgir-works"))
def test_legacy_targets_are_razwi(lib: Lib) -> None:
    bench = booted(lib)
    bench.set_up(40, priority=0x40)
    bench.set_up(3)
    bench.write("GICD_ITARGETSR10", 0xFFFF_FFFF)
    assert bench.read("GICD_ITARGETSR10") == 0
    assert bench.read("GICD_IPRIORITYR10") == 0x40
    bench.write("GICD_SGIR", 3 | 1 << 16 | 1 << 15)
    assert bench.read("GICD_SGIR") == 0
    assert bench.irq() == 0
    assert not bench.pending(3)


@rule("R20", faults=("irouter-ignored", "irouter-only-aff0"))
def test_irouter_routes(lib: Lib) -> None:
    affinities = (0x000, 0x001, 0x100, 0x1_0000)
    bench = Bench(lib, lib.GicConfig(pes=4, lpis=False, its=(), affinities=affinities)).boot()
    for pe in (3, 2, 1, 0):
        bench.set_up(40, pe=pe, edge=True)
        bench.pulse(40)
        assert [bench.irq(n) for n in range(4)] == [int(n == pe) for n in range(4)]
        assert bench.take(pe) == [40]


# --- SGIs ---------------------------------------------------------------------------------------------------------------

SGI_REGISTERS = ("ICC_SGI0R_EL1", "ICC_SGI1R_EL1", "ICC_ASGI1R_EL1")
#: Where the group is set that a Secure write of the register reaches; Group 0 is reached otherwise.
_REACHES = {"ICC_SGI1R_EL1": "GICR_IGRPMODR0", "ICC_ASGI1R_EL1": "GICR_IGROUPR0"}
VARIANTS: tuple[dict[str, Any], ...] = ({}, {"virtual": VirtualConfig()}, {"nmi": True}, {"security": True})


def sgi_bench(lib: Lib, policy: Policy | None = None, **config: Any) -> Bench:
    """PEs, those of odd number with Aff0 above 15 if SGIs reach that far, whose SGIs are pending where they arrive."""
    both = config.get("range_selector") and config.get("cpu_range_selector", True)
    affinities = tuple(pe | (0x10 if both and pe % 2 else 0) for pe in range(4))
    bench = Bench(lib, lib.GicConfig(pes=4, lpis=False, its=(), affinities=affinities, **config), policy)
    bench.write("GICD_CTLR", 3)
    if bench.config.security or bench.config.virtual:
        for pe in range(4):
            bench.send(f"gicc{pe}.sys", PeState(3 if bench.config.security else 2, 0, 0))
    return bench


def reached(bench: Bench, register: str, **fields: int) -> list[int]:
    """PEs at which SGI 3, sent by PE 2 in a group that the register reaches, is pending."""
    group = _REACHES.get(register, "") if bench.config.security else ""
    for pe in range(4 if group else 0):
        for name in ("GICR_IGROUPR0", "GICR_IGRPMODR0"):
            bench.write(name, 1 << 3 if name == group else 0, pe)
    bench.msr(register, sgir(3, **fields), 2)
    found = [pe for pe in range(4) if bench.pending(3, pe)]
    for pe in found:
        bench.unpend(3, pe)
    return found


@rule("R81", faults=("rs-counts-at-the-cpu-interface", "rs-never-counts"))
def test_the_range_selector_counts_where_the_cpu_interface_has_it(lib: Lib) -> None:
    for variant, register in itertools.product(VARIANTS, SGI_REGISTERS):
        far: dict[str, Any] = {"range_selector": True}
        for has in (far, {}, far | {"cpu_range_selector": False}):
            bench = sgi_bench(lib, **variant, **has)
            rss = has == far
            assert bench.mrs("ICC_CTLR_EL1") >> 18 & 1 == rss
            assert bench.read("GICD_TYPER") >> 26 & 1 == bool(has)
            assert reached(bench, register, targets=0xF) == ([0, 2] if rss else [0, 1, 2, 3])
            assert reached(bench, register, targets=0xF, rs=1) == ([1, 3] if rss else [0, 1, 2, 3])
            assert reached(bench, register, targets=0xF, rs=15) == ([] if rss else [0, 1, 2, 3])
            assert reached(bench, register, irm=1, rs=1) == [0, 1, 3]
            assert bench.found == [], (variant, register, has)


@rule("R81", faults=("rs-counts-at-the-distributor", "rs-never-ignored"))
def test_a_range_selector_that_only_the_cpu_interface_has(lib: Lib) -> None:
    for variant, register in itertools.product(VARIANTS, SGI_REGISTERS):
        for choice in ("zero", "ignore"):
            bench = sgi_bench(lib, lib.Policy(sgi_range=choice), cpu_range_selector=True, **variant)
            assert bench.mrs("ICC_CTLR_EL1") >> 18 & 1
            assert reached(bench, register, targets=0xF) == [0, 1, 2, 3]
            assert bench.found == []
            assert reached(bench, register, targets=0xB, rs=1) == ([0, 1, 3] if choice == "zero" else [])
            assert reached(bench, register, irm=1, rs=15) == ([0, 1, 3] if choice == "zero" else [])
            assert bench.found == [ArchError.SGI_RANGE] * 2


# --- RWP, one block at a time -----------------------------------------------------------------------------------------


def offering(lib: Lib, *, pes: int = 1) -> Distributor:
    """A Distributor of awake PEs that has offered SPI 40 to PE 0; nothing else is under way."""
    gicd = lib.Distributor(lib.GicConfig(pes=pes, lpis=False, its=()))
    gicd.predict("gicd.reg", write_request("GICD_CTLR", 3))
    for pe in range(pes):
        gicd.predict(f"dist{pe}.up", ControlAck())
        gicd.predict(f"dist{pe}.up", PeStatus(3, 1, 0))
    for name, value in (("GICD_IGROUPR1", 1 << 8), ("GICD_IPRIORITYR10", 0x80), ("GICD_ISENABLER1", 1 << 8)):
        gicd.predict("gicd.reg", write_request(name, value))
    assert SpiOffer(40, 0x80, 1) in on(gicd.predict("gicd.spi", LineChange(40, 1)), "dist0.down")
    return gicd


def rwp(gicd: Distributor) -> bool:
    """GICD_CTLR.RWP."""
    return bool(reg_read(gicd, "GICD_CTLR") & RWP_GICD)


@rule("R21", faults=("gicd-rwp-not-of-icenabler", "gicd-rwp-ends-early"))
def test_rwp_covers_icenabler(lib: Lib) -> None:
    gicd = offering(lib)
    assert not rwp(gicd)
    assert on(reg_write(gicd, "GICD_ICENABLER1", 1 << 8), "dist0.down") == [SpiRecall(40)]
    assert rwp(gicd)
    gicd.predict("dist0.up", SpiRecallAck(40))
    assert not rwp(gicd)


@rule("R21", faults=("gicd-rwp-not-of-groups", "gicd-rwp-ignores-control", "gicd-rwp-ends-early", "gicd-rwp-of-enabling"))
def test_rwp_covers_the_disabling_of_a_group(lib: Lib) -> None:
    responses: tuple[tuple[str, Transaction], ...] = (
        ("dist0.up", ControlAck()),
        ("dist0.up", SpiRecallAck(40)),
        ("dist1.up", ControlAck()),
    )
    for order in itertools.permutations(responses):
        disable_group_1(offering(lib, pes=2), order)


def disable_group_1(gicd: Distributor, order: Iterable[tuple[str, Transaction]]) -> None:
    """Disable the group of the SPI that PE 0 was offered: RWP holds until the last of the responses."""
    out = reg_write(gicd, "GICD_CTLR", 1)
    assert on(out, "dist0.down") == [Control(1), SpiRecall(40)]
    assert on(out, "dist1.down") == [Control(1)]
    assert rwp(gicd)
    for step in order:
        assert rwp(gicd), f"before {step}"
        gicd.predict(*step)
    assert not rwp(gicd)
    reg_write(gicd, "GICD_CTLR", 3)
    assert not rwp(gicd), "enabling is not tracked"


@rule("R21", faults=("gicd-rwp-ends-early",))
def test_rwp_waits_for_the_recalled_spi(lib: Lib) -> None:
    gicd = offering(lib)
    reg_write(gicd, "GICD_CTLR", 1)
    gicd.predict("dist0.up", ControlAck())
    assert rwp(gicd)
    gicd.predict("dist0.up", SpiActivate(40))
    gicd.predict("dist0.up", SpiRecallAck(40))
    assert not rwp(gicd)


@rule("R21", faults=("gicd-rwp-of-isenabler",))
def test_gicd_rwp_covers_nothing_else(lib: Lib) -> None:
    gicd = offering(lib)
    for name, value in (
        ("GICD_ISENABLER1", 1 << 9),
        ("GICD_ISPENDR1", 1 << 9),
        ("GICD_ISACTIVER1", 1 << 9),
        ("GICD_IPRIORITYR10", 0x40),
        ("GICD_ICFGR2", 2 << 16),
        ("GICD_IROUTER40", ABSENT),
    ):
        reg_write(gicd, name, value)
        assert not rwp(gicd), name


# --- crossings on the link to a Redistributor -------------------------------------------------------------------------


@rule("dist", faults=("recall-forgets-activation",))
def test_spi_recall_crosses_activation(lib: Lib) -> None:
    gicd = offering(lib)
    assert on(reg_write(gicd, "GICD_ICENABLER1", 1 << 8), "dist0.down") == [SpiRecall(40)]
    assert on(gicd.predict("dist0.up", SpiActivate(40)), "dist0.down") == [SpiActivateAck(40)]
    assert gicd.predict("dist0.up", SpiRecallAck(40)) == []
    assert reg_read(gicd, "GICD_ISACTIVER1") == 1 << 8
    assert not gicd.offers[0].clearing
    assert not gicd.located


@rule("dist", faults=("recall-forgets-activation",))
def test_released_spi_comes_again(lib: Lib) -> None:
    gicd = offering(lib)
    reg_write(gicd, "GICD_IGROUPR1", 1 << 8 | 1 << 9)
    reg_write(gicd, "GICD_IPRIORITYR10", 0x4080)
    reg_write(gicd, "GICD_ISENABLER1", 1 << 9)
    assert on(gicd.predict("gicd.spi", LineChange(41, 1)), "dist0.down") == [SpiOffer(41, 0x40, 1)]
    assert gicd.predict("dist0.up", SpiRelease(40)) == [], "41 is the better one"
    out = on(gicd.predict("dist0.up", SpiActivate(41)), "dist0.down")
    assert out == [SpiActivateAck(41), SpiOffer(40, 0x80, 1)]
    reg_write(gicd, "GICD_ICENABLER1", 1 << 8)
    gicd.predict("dist0.up", SpiActivate(40))
    gicd.predict("dist0.up", SpiRecallAck(40))
    assert reg_read(gicd, "GICD_ISACTIVER1") == 0b11 << 8


@rule("dist", faults=("released-spi-lost",))
def test_rerouted_spi_waits_for_the_old_pe(lib: Lib) -> None:
    """An SPI goes to another PE only after the first has given it back; if that PE was faster, it is active there."""
    gicd = offering(lib, pes=2)
    out = reg_write(gicd, "GICD_IROUTER40", 1)
    assert out == [("dist0.down", SpiRecall(40))]
    assert gicd.predict("dist0.up", SpiRecallAck(40)) == [("dist1.down", SpiOffer(40, 0x80, 1))]
    assert reg_write(gicd, "GICD_IROUTER40", IRM) == [("dist1.down", SpiRecall(40))]
    out = gicd.predict("dist1.up", SpiRelease(40))
    assert out == [("dist0.down", SpiOffer(40, 0x80, 1))]
