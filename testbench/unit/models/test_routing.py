"""Where interrupts go: SPIs by affinity and 1-of-N, message-based SPIs, SGIs to their targets."""

from __future__ import annotations

import pytest

from irqpath.config.policy import Policy
from irqpath.config.sizes import SPURIOUS, GicConfig
from irqpath.core.errors import ArchError
from irqpath.regs import GICD
from irqpath_testbench.tools.faults.injection import models
from unit.models.drive import IRM, Bench, sgir

AFF3 = 1 << 32


def booted(pes: int = 4, policy: Policy | None = None, **config: object) -> Bench:
    """A GIC without LPIs, brought up."""
    sizes = GicConfig(pes=pes, lpis=False, its=(), **config)  # type: ignore[arg-type]  # fields of GicConfig
    return Bench(models(), sizes, policy).boot()


def irqs(bench: Bench) -> list[int]:
    """nIRQ of every PE."""
    return [bench.irq(pe) for pe in range(bench.config.pes)]


# --- by affinity --------------------------------------------------------------------------------------------------------


def test_every_spi_reaches_every_pe() -> None:
    bench = booted(3, spis=64)
    for intid in range(32, 96):
        for pe in range(3):
            bench.set_up(intid, pe=pe, edge=True)
            bench.pulse(intid)
            assert irqs(bench) == [int(n == pe) for n in range(3)]
            assert bench.take(pe) == [intid]


def test_all_four_affinity_levels() -> None:
    affinities = (0x0000_0000, 0x0000_0100, 0x0001_0000, 0x0100_0000)
    bench = booted(4, affinities=affinities, aff3_valid=True)
    for pe, affinity in enumerate(affinities):
        bench.set_up(40, pe=pe, edge=True)
        bench.route(40, affinity)
        bench.pulse(40)
        assert irqs(bench) == [int(n == pe) for n in range(4)]
        bench.take(pe)
    assert bench.read("GICD_IROUTER40") == AFF3


def test_aff3_is_not_kept_without_a3v() -> None:
    bench = booted(1)
    bench.write("GICD_IROUTER40", AFF3 | 5)
    assert bench.read("GICD_IROUTER40") == 5


def test_rerouting_a_pending_spi_takes_it_along() -> None:
    bench = booted(3)
    bench.set_up(40)
    bench.wire(40, 1)
    for pe in (1, 2, 0):
        bench.route(40, pe)
        assert irqs(bench) == [int(n == pe) for n in range(3)]
    assert bench.ack(0) == 40
    bench.route(40, 1)
    assert irqs(bench) == [0, 0, 0], "it is active"
    bench.eoi(40, 0)
    assert irqs(bench) == [0, 1, 0]


def test_an_spi_is_deactivated_from_any_pe() -> None:
    bench = booted(2)
    bench.set_up(40, edge=True)
    bench.pulse(40)
    bench.msr("ICC_CTLR_EL1", 2, 0)
    bench.msr("ICC_CTLR_EL1", 2, 1)
    assert bench.ack(0) == 40
    bench.eoi(40, 0)
    assert bench.active(40)
    bench.msr("ICC_DIR_EL1", 40, 1)
    assert not bench.active(40)


def test_gicd_keeps_nothing_of_sgis_and_ppis() -> None:
    bench = booted(1)
    for suffix in ("ISENABLER", "ISPENDR", "ISACTIVER", "IGROUPR"):
        bench.write(f"GICD_{suffix}0", 0xFFFF_FFFF)
        assert bench.read(f"GICD_{suffix}0") == 0


# --- 1-of-N -------------------------------------------------------------------------------------------------------------


def one_of_n(bench: Bench, *intids: int, priority: int = 0xA0) -> None:
    """Set up edge-triggered SPIs with Interrupt_Routing_Mode 1."""
    for intid in intids:
        bench.set_up(intid, edge=True, priority=priority)
        bench.write(f"GICD_IROUTER{intid}", IRM)


def test_one_of_n_goes_to_one_pe() -> None:
    bench = booted(3)
    one_of_n(bench, 40)
    bench.pulse(40)
    assert sum(irqs(bench)) == 1
    assert [bench.ack(pe) for pe in range(3)].count(40) == 1
    assert bench.active(40)


def test_one_of_n_interrupts_spread() -> None:
    bench = booted(3)
    one_of_n(bench, 40, 41, 42, 43)
    for intid in (40, 41, 42, 43):
        bench.pulse(intid)
    assert irqs(bench) == [1, 1, 1]
    assert sorted(intid for pe in range(3) for intid in bench.take(pe)) == [40, 41, 42, 43]


def test_one_of_n_avoids_pes_that_take_no_part() -> None:
    bench = booted(4)
    one_of_n(bench, 40)
    bench.msr("ICC_IGRPEN1_EL1", 0, 0)
    bench.write("GICR_CTLR", 1 << 25, 1)
    bench.write("GICR_WAKER", 2, 2)
    bench.pulse(40)
    assert irqs(bench) == [0, 0, 0, 1]
    bench.write("GICR_CTLR", 1 << 25, 3)
    assert irqs(bench) == [0, 0, 0, 0], "DPG1NS takes it back"
    assert bench.pending(40)
    bench.msr("ICC_IGRPEN1_EL1", 1, 0)
    assert irqs(bench) == [1, 0, 0, 0]


def test_dpg_of_the_other_group_does_not_matter() -> None:
    bench = booted(1)
    one_of_n(bench, 40)
    bench.write("GICR_CTLR", 1 << 24)
    bench.pulse(40)
    assert irqs(bench) == [1]


def test_one_of_n_leaves_a_pe_that_falls_asleep() -> None:
    bench = booted(2)
    one_of_n(bench, 40)
    bench.pulse(40)
    first = irqs(bench).index(1)
    bench.write("GICR_WAKER", 2, first)
    assert irqs(bench) == [int(pe != first) for pe in range(2)]
    assert bench.take(1 - first) == [40]


def test_e1nwf_wakes_a_pe() -> None:
    for e1nwf in (0, 1 << 7):
        bench = booted(2)
        one_of_n(bench, 40)
        bench.write("GICD_CTLR", 3 | e1nwf)
        for pe in (0, 1):
            bench.write("GICR_WAKER", 2, pe)
        bench.pulse(40)
        assert sum(bench.wakes) == bool(e1nwf)
        for pe in (0, 1):
            bench.write("GICR_WAKER", 0, pe)
        assert sum(irqs(bench)) == 1


def test_without_one_of_n_the_bit_is_not_kept() -> None:
    bench = booted(2, one_of_n=False)
    bench.set_up(40, edge=True)
    bench.write("GICD_IROUTER40", IRM | 1)
    assert bench.read("GICD_IROUTER40") == 1
    bench.pulse(40)
    assert irqs(bench) == [0, 1]


# --- message-based SPIs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [2, 4])
def test_message_spis(size: int) -> None:
    bench = booted(1)
    bench.set_up(40)
    bench.set_up(41, edge=True)
    send, take = (GICD.element(name).offset for name in ("GICD_SETSPI_NSR", "GICD_CLRSPI_NSR"))
    for intid in (40, 41):
        assert bench.write_at("gicd.reg", send, size, intid)
        assert bench.pending(intid)
        assert bench.write_at("gicd.reg", take, size, intid)
        assert not bench.pending(intid)
        bench.write_at("gicd.reg", send, size, intid)
        assert bench.ack() == intid
        assert bench.pending(intid) == (intid == 40), "a level lasts until it is cleared"
        bench.write_at("gicd.reg", take, size, intid)
        bench.eoi(intid)
        assert irqs(bench) == [0]


def test_messages_to_nothing_are_ignored() -> None:
    bench = booted(1)
    for name in ("GICD_SETSPI_NSR", "GICD_CLRSPI_NSR", "GICD_SETSPI_SR", "GICD_CLRSPI_SR"):
        for intid in (0, 20, 31, 64, 1019, 1020, 1023, 0x1FFF):
            bench.write(name, intid)
    for word in range(32):
        assert bench.read(f"GICD_ISPENDR{word}") == 0
    bench.write("GICD_SETSPI_SR", 40)
    assert not bench.pending(40), "WI with one Security state"


# --- SGIs ---------------------------------------------------------------------------------------------------------------


def with_sgi(bench: Bench, intid: int = 3, group: int = 1) -> Bench:
    """Enable one SGI at every PE."""
    for pe in range(bench.config.pes):
        bench.set_up(intid, pe=pe, group=group)
    return bench


def test_sgi_to_a_list() -> None:
    bench = with_sgi(booted(4))
    bench.msr("ICC_SGI1R_EL1", sgir(3, 0b1010), 0)
    assert irqs(bench) == [0, 1, 0, 1]
    assert (bench.ack(1), bench.ack(3)) == (3, 3)


def test_sgi_to_all_others() -> None:
    bench = with_sgi(booted(4))
    bench.msr("ICC_SGI1R_EL1", sgir(3, 0xFFFF, irm=1), 2)
    assert irqs(bench) == [1, 1, 0, 1]


def test_sgi_to_itself_and_to_nobody() -> None:
    bench = with_sgi(booted(2))
    bench.msr("ICC_SGI1R_EL1", sgir(3, 0b100), 0)
    bench.msr("ICC_SGI1R_EL1", sgir(3, 1, aff=0x7), 0)
    assert irqs(bench) == [0, 0]
    bench.msr("ICC_SGI1R_EL1", sgir(3, 1), 0)
    assert irqs(bench) == [1, 0]


def test_sgi_to_another_cluster_and_range() -> None:
    affinities = (0x000, 0x100, 0x01_00_00, 0x100_0000, 0x011)
    bench = with_sgi(booted(5, affinities=affinities, aff3_valid=True, range_selector=True))
    for pe, (aff, rs, targets) in enumerate(((0, 0, 1), (1, 0, 1), (0x100, 0, 1), (0x1_0000, 0, 1), (0, 1, 2))):
        bench.msr("ICC_SGI1R_EL1", sgir(3, targets, aff=aff, rs=rs), 0)
        assert irqs(bench) == [int(n == pe) for n in range(5)]
        bench.take(pe)


def test_a_pending_sgi_merges() -> None:
    bench = with_sgi(booted(2))
    for _ in range(3):
        bench.msr("ICC_SGI1R_EL1", sgir(3, 2), 0)
    assert bench.take(1) == [3]


@pytest.mark.parametrize("register", ["ICC_SGI0R_EL1", "ICC_SGI1R_EL1", "ICC_ASGI1R_EL1"])
@pytest.mark.parametrize("group", [0, 1])
@pytest.mark.parametrize("reaches", [False, True])
def test_the_target_decides_by_its_group(register: str, group: int, reaches: bool) -> None:
    bench = with_sgi(booted(2, Policy(sgi1r_reaches_group0=reaches)), group=group)
    bench.msr(register, sgir(3, 2), 0)
    wanted = (group == 1 or reaches) if register == "ICC_SGI1R_EL1" else group == 0
    assert bench.pending(3, 1) == wanted
    assert bench.found == ([] if wanted else [ArchError.SGI_NOT_PERMITTED])
    assert bench.ack(1, group) == (3 if wanted else SPURIOUS)
