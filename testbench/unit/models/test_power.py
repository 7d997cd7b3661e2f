"""Sleep, wake and reset: of a PE in every state of its connection, and of the blocks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from irqpath.config.policy import QEMU, Policy
from irqpath.config.sizes import SPURIOUS, GicConfig
from irqpath.core.errors import ArchError
from irqpath.core.memory import Memory
from irqpath.core.transactions import (
    Activate,
    Control,
    Deactivate,
    DeactivateAck,
    DownstreamControl,
    DownstreamControlAck,
    GenerateSgi,
    Out,
    PeReset,
    PeStatus,
    PeStatusAck,
    Quiesce,
    QuiesceAck,
    Release,
    Reset,
    Set,
    SgiAck,
    SgiDeliver,
    SgiKind,
    SgiRequest,
    SpiActivate,
    SpiActivateAck,
    SpiDeactivate,
    SpiDeactivateAck,
    SpiOffer,
    SpiRecall,
    SpiRecallAck,
    SpiRelease,
    Transaction,
    UpstreamControl,
)
from irqpath.gic.gicr.redistributor import Redistributor
from irqpath.gic.gicr.waker import Power
from irqpath_testbench.tools.faults.injection import models
from unit.models.drive import Bench, on, reg_read, reg_write, reports

SLEEP, ASLEEP = 0b010, 0b100
DOWN = "stream0.down"
STATES = (Power.ASLEEP, Power.WAKING, Power.AWAKE, Power.QUIESCING)


def redistributor(state: Power, policy: Policy | None = None) -> Redistributor:
    """A Redistributor in that state; SGIs enabled in Group 1; SGI 1 pending, at the CPU interface if that is connected."""
    gicr = Redistributor(0, GicConfig(its=()), Memory(), policy or Policy())
    gicr.predict("dist0.down", Control(3))
    reg_write(gicr, "GICR_IGROUPR0", 0xFFFF_FFFF)
    reg_write(gicr, "GICR_ISENABLER0", 0xFFFF)
    gicr.predict("dist0.down", SgiDeliver(SgiKind.SGI1R, 1))
    if state is not Power.ASLEEP:
        reg_write(gicr, "GICR_WAKER", 0)
    if state in (Power.AWAKE, Power.QUIESCING):
        gicr.predict("stream0.up", DownstreamControlAck())
        gicr.predict("stream0.up", UpstreamControl(3))
        gicr.predict("dist0.down", PeStatusAck())
        gicr.predict("dist0.down", PeStatusAck())
    if state is Power.QUIESCING:
        reg_write(gicr, "GICR_WAKER", SLEEP)
    assert gicr.waker.power is state
    return gicr


def up(gicr: Redistributor, message: Transaction) -> list[Transaction]:
    """What goes to the CPU interface because of its message."""
    return on(gicr.predict("stream0.up", message), DOWN)


# --- sleep and wake -----------------------------------------------------------------------------------------------------


def test_all_states_pass_in_order() -> None:
    gicr = redistributor(Power.ASLEEP)
    acts: list[Callable[[], list[Out]]] = [
        lambda: reg_write(gicr, "GICR_WAKER", 0),
        lambda: gicr.predict("stream0.up", DownstreamControlAck()),
        lambda: reg_write(gicr, "GICR_WAKER", SLEEP),
        lambda: gicr.predict("stream0.up", QuiesceAck()),
    ]
    seen = [([t for _, t in act() if isinstance(t, (Quiesce, DownstreamControl))], gicr.waker.power) for act in acts]
    assert seen == [
        ([DownstreamControl(0, 5)], Power.WAKING),
        ([], Power.AWAKE),
        ([Quiesce()], Power.QUIESCING),
        ([], Power.ASLEEP),
    ]


@pytest.mark.parametrize("state", [Power.WAKING, Power.QUIESCING])
def test_changing_ones_mind_is_reported_and_followed(state: Power) -> None:
    gicr = redistributor(state)
    wanted = SLEEP if state is Power.WAKING else 0
    out = reg_write(gicr, "GICR_WAKER", wanted)
    assert reports(out) == [ArchError.WAKER_TWICE]
    assert on(out, DOWN) == [], "the hand-shake under way comes to its end first"
    if state is Power.WAKING:
        assert up(gicr, DownstreamControlAck()) == [Quiesce()]
        assert up(gicr, QuiesceAck()) == []
        assert gicr.waker.power is Power.ASLEEP
    else:
        assert up(gicr, Release(1)) == []
        assert up(gicr, QuiesceAck()) == [DownstreamControl(0, 5)]
        assert up(gicr, DownstreamControlAck()) == [Set(1, 0, 1)]
        assert gicr.waker.power is Power.AWAKE


def test_the_distributor_is_told() -> None:
    gicr = redistributor(Power.ASLEEP)
    reg_write(gicr, "GICR_WAKER", 0)
    assert on(gicr.predict("stream0.up", DownstreamControlAck()), "dist0.up") == [PeStatus(0, 1, 0)]
    gicr.predict("stream0.up", UpstreamControl(2))
    assert on(reg_write(gicr, "GICR_WAKER", SLEEP), "dist0.up") == [], "one status at a time"
    assert gicr.predict("dist0.down", PeStatusAck()) == [("dist0.up", PeStatus(2, 0, 0))], "the latest"
    assert gicr.predict("dist0.down", PeStatusAck()) == []


def test_a_sleeping_pe_is_woken() -> None:
    for intid in (3, 20, 40):
        bench = Bench(models(), GicConfig(pes=2, its=())).boot()
        bench.set_up(intid, pe=1, edge=True)
        bench.write("GICR_WAKER", SLEEP, 1)
        assert bench.wakes == [0, 0]
        bench.pend(intid, 1)
        assert bench.wakes == [0, 1]
        assert bench.irq(1) == 0
        bench.write("GICR_WAKER", 0, 1)
        assert (bench.wakes, bench.irq(1), bench.ack(1)) == ([0, 0], 1, intid)


def test_nothing_wakes_a_pe_for_a_disabled_group() -> None:
    bench = Bench(models(), GicConfig(its=())).boot()
    bench.set_up(20)
    bench.write("GICR_WAKER", SLEEP)
    bench.write("GICD_CTLR", 1)
    bench.wire(20, 1)
    assert bench.wakes == [0]
    bench.write("GICD_CTLR", 3)
    assert bench.wakes == [1]


def test_a_policy_that_only_mirrors_the_bit() -> None:
    bench = Bench(models(), GicConfig(its=()), QEMU).boot()
    bench.set_up(20)
    bench.write("GICR_WAKER", SLEEP)
    assert bench.read("GICR_WAKER") == SLEEP | ASLEEP
    bench.wire(20, 1)
    assert (bench.irq(), bench.ack()) == (1, 20)


# --- reset of a PE ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_reset_of_a_pe_in_every_state(state: Power) -> None:
    """The Redistributor takes back what the CPU interface held, and starts a hand-shake anew that the reset cut short."""
    gicr = redistributor(state)
    sent = on(gicr.predict("gicr0.reset", PeReset()), DOWN)
    assert sent == ([DownstreamControl(0, 5)] if state is Power.WAKING else [])
    assert gicr.waker.power is (Power.ASLEEP if state is Power.QUIESCING else state)
    assert reg_read(gicr, "GICR_ISPENDR0") == 0b10, "SGI 1 is still pending"
    assert gicr.offer.held is None
    if state in (Power.ASLEEP, Power.QUIESCING):
        reg_write(gicr, "GICR_WAKER", 0)
    if gicr.waker.power is Power.WAKING:
        up(gicr, DownstreamControlAck())
    assert up(gicr, UpstreamControl(3))[-1] == Set(1, 0, 1), "it comes again once the groups are enabled"


@pytest.mark.parametrize("state", STATES)
def test_reset_of_a_pe_in_a_whole_gic(state: Power) -> None:
    bench = Bench(models(), GicConfig(its=())).boot()
    for intid in (20, 40):
        bench.set_up(intid)
        bench.wire(intid, 1)
    if state in (Power.ASLEEP, Power.QUIESCING):
        bench.write("GICR_WAKER", SLEEP)
    assert bench.irq() == (state in (Power.AWAKE, Power.WAKING))
    bench.reset_pe(0)
    assert (bench.lines[0], bench.mrs("ICC_PMR_EL1"), bench.mrs("ICC_IGRPEN1_EL1")) == ([0, 0], 0, 0)
    bench.boot_pe(0)
    bench.enable(20)
    assert (bench.irq(), bench.ack(), bench.pending(40)) == (1, 20, True)


def test_an_active_interrupt_stays_active_across_a_reset_of_its_pe() -> None:
    bench = Bench(models(), GicConfig(its=())).boot()
    for intid in (20, 40):
        bench.set_up(intid, priority=intid, edge=True)
        bench.pulse(intid)
    assert (bench.ack(), bench.ack()) == (20, SPURIOUS)
    bench.reset_pe(0)
    bench.boot_pe(0)
    assert bench.active(20)
    assert bench.mrs("ICC_RPR_EL1") == 0xFF
    assert bench.ack() == 40


def test_offers_of_the_distributor_survive() -> None:
    """An SPI that a reset CPU interface held comes back; one that GICD has replaced or recalled meanwhile goes back to it."""
    gicr = redistributor(Power.AWAKE)
    gicr.predict("stream0.up", Activate(1))
    gicr.predict("dist0.down", SpiOffer(40, 0x80, 1))
    gicr.predict("dist0.down", SpiOffer(41, 0x40, 1))
    assert gicr.predict("gicr0.reset", PeReset())[0] == ("dist0.up", SpiRelease(40))
    assert up(gicr, UpstreamControl(3))[-1] == Set(41, 0x40, 1)
    gicr.predict("dist0.down", SpiRecall(41))
    assert gicr.predict("gicr0.reset", PeReset())[0] == ("dist0.up", SpiRecallAck(41))


def test_acknowledgements_outstanding_at_the_reset_are_flushed() -> None:
    gicr = redistributor(Power.AWAKE)
    gicr.predict("dist0.down", SpiOffer(40, 0x80, 1))
    for message, request in (
        (GenerateSgi(1, 2, 0, 0, 0, 1), SgiRequest(1, 2, 0, 0, 0, 1)),
        (Deactivate(40), SpiDeactivate(40)),
        (Activate(40), SpiActivate(40)),
    ):
        assert on(gicr.predict("stream0.up", message), "dist0.up")[0] == request
    gicr.predict("gicr0.reset", PeReset())
    gicr.predict("stream0.up", Deactivate(41))
    for flushed in (SgiAck(), SpiDeactivateAck(40), SpiActivateAck(40)):
        assert gicr.predict("dist0.down", flushed) == [], "for a CPU interface that has forgotten it"
    assert gicr.predict("dist0.down", SpiDeactivateAck(41)) == [(DOWN, DeactivateAck(41))]


# --- reset of the blocks ------------------------------------------------------------------------------------------------


def test_reset_of_the_whole_gic() -> None:
    bench = Bench(models(), GicConfig(pes=2)).boot()
    bench.lpis()
    for intid in (3, 20, 40):
        bench.set_up(intid, edge=True, pe=1)
        bench.pend(intid, 1)
    assert bench.ack(1) == 3
    for link in ("gicd.reset", "gicr0.reset", "gicr1.reset", "gicc0.reset", "gicc1.reset", "its0.reset"):
        bench.send(link, Reset())
    fresh = Bench(models(), GicConfig(pes=2))
    names = ["GICD_CTLR", "GICD_ISPENDR1", "GICD_ISACTIVER1", "GICD_ISENABLER1", "GICD_IROUTER40", "GICD_ICFGR2"]
    names += ["GICR_CTLR", "GICR_WAKER", "GICR_ISPENDR0", "GICR_ISACTIVER0", "GICR_IPRIORITYR5", "GICR_PROPBASER"]
    for pe in (0, 1):
        assert [bench.read(name, pe) for name in names] == [fresh.read(name, pe) for name in names]
        for name in ("ICC_PMR_EL1", "ICC_BPR1_EL1", "ICC_RPR_EL1", "ICC_AP1R0_EL1", "ICC_IGRPEN1_EL1"):
            assert bench.mrs(name, pe) == fresh.mrs(name, pe)
    assert bench.lines == [[0, 0], [0, 0]]
    bench.boot()
    bench.set_up(41, edge=True, pe=1)
    bench.pend(41)
    assert bench.take(1) == [41]


def test_wires_outlast_a_reset() -> None:
    """What drives a wire is not reset with GICD: a level that is still there is pending again."""
    bench = Bench(models(), GicConfig(its=())).boot()
    bench.wire(40, 1)
    bench.wire(20, 1)
    bench.send("gicd.reset", Reset())
    bench.send("gicr0.reset", Reset())
    assert bench.pending(40)
    assert bench.pending(20)
