"""Rules of the Redistributor: RWP, sleep, and every crossing of messages on the stream (IHI 0069 appendix A)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from irqpath.config.sizes import SPURIOUS
from irqpath.core.memory import Memory
from irqpath.core.transactions import (
    Activate,
    ActivateAck,
    Clear,
    ClearAck,
    Control,
    ControlAck,
    DownstreamControl,
    DownstreamControlAck,
    LineChange,
    OutLine,
    PeStatus,
    PeStatusAck,
    Quiesce,
    QuiesceAck,
    RegWrite,
    Release,
    Set,
    SgiDeliver,
    SgiKind,
    SpiActivate,
    SpiActivateAck,
    SpiOffer,
    SpiRecall,
    SpiRecallAck,
    SpiRelease,
    SysRead,
    SysReadData,
    SysWrite,
    UpstreamControl,
    UpstreamControlAck,
)
from unit.models.drive import RWP_GICR, Bench, on, reg_read, reg_write, sysreg
from unit.models.rule_tests import rule

if TYPE_CHECKING:
    from irqpath.core.transactions import Transaction
    from irqpath.gic.gicc.cpu_interface import CpuInterface
    from irqpath.gic.gicr.redistributor import Redistributor
    from irqpath_testbench.tools.faults.injection import Lib

SLEEP, ASLEEP = 0b010, 0b100
LINK = "stream0.down"


def sgi(intid: int) -> SgiDeliver:
    """An SGI of Group 1 arrives."""
    return SgiDeliver(SgiKind.SGI1R, intid)


def awake(lib: Lib, **priorities: int) -> Redistributor:
    """A Redistributor that is awake; SGIs 1 to 3 and PPI 20 enabled, of Group 1, with the priorities given as p<INTID>."""
    gicr = lib.Redistributor(0, lib.GicConfig(its=()), Memory())
    reg_write(gicr, "GICR_WAKER", 0)
    gicr.predict("stream0.up", DownstreamControlAck())
    gicr.predict("stream0.up", UpstreamControl(3))
    gicr.predict("dist0.down", PeStatusAck())
    gicr.predict("dist0.down", PeStatusAck())
    gicr.predict("dist0.down", Control(3))
    reg_write(gicr, "GICR_IGROUPR0", 0xFFFF_FFFF)
    reg_write(gicr, "GICR_ISENABLER0", 1 << 20 | 0b1110)
    for name, priority in priorities.items():
        gicr.predict("gicr0.reg", write_byte(int(name[1:]), priority))
    return gicr


def write_byte(intid: int, priority: int) -> Transaction:
    """One byte of GICR_IPRIORITYR."""
    return RegWrite(0x1_0400 + intid, 1, priority)


def down(gicr: Redistributor, link: str, message: Transaction) -> list[Transaction]:
    """What goes to the CPU interface because of an input."""
    return on(gicr.predict(link, message), LINK)


def up(gicr: Redistributor, message: Transaction) -> list[Transaction]:
    """What goes to the CPU interface because of its message."""
    return down(gicr, "stream0.up", message)


def rwp(gicr: Redistributor) -> bool:
    """GICR_CTLR.RWP."""
    return bool(reg_read(gicr, "GICR_CTLR") & RWP_GICR)


@rule("R21", faults=("gicr-rwp-not-of-icenabler", "gicr-rwp-ends-early"))
def test_rwp_covers_icenabler0(lib: Lib) -> None:
    gicr = awake(lib, p1=0x80)
    assert not rwp(gicr)
    assert down(gicr, "dist0.down", sgi(1)) == [Set(1, 0x80, 1)]
    assert not rwp(gicr)
    assert on(reg_write(gicr, "GICR_ICENABLER0", 0b10), LINK) == [Clear(1)]
    assert rwp(gicr)
    up(gicr, ClearAck(1))
    assert not rwp(gicr)


@rule("R21", faults=("gicr-rwp-not-of-dpg",))
def test_rwp_covers_dpg(lib: Lib) -> None:
    gicr = awake(lib)
    for dpg in (1, 3, 0):
        assert reg_write(gicr, "GICR_CTLR", dpg << 24) == [("dist0.up", PeStatus(3, 1, dpg))]
        assert rwp(gicr)
        gicr.predict("dist0.down", PeStatusAck())
        assert not rwp(gicr)
        assert reg_read(gicr, "GICR_CTLR") >> 24 == dpg


@rule("R21", faults=("gicr-rwp-of-isenabler",))
def test_rwp_covers_nothing_else(lib: Lib) -> None:
    gicr = awake(lib, p1=0x80, p2=0x40)
    for name, value in (
        ("GICR_ISENABLER0", 1 << 4),
        ("GICR_ISPENDR0", 0b010),
        ("GICR_ISPENDR0", 0b100),  # replaces the first, which is not back yet
        ("GICR_ICPENDR0", 0b010),
        ("GICR_ISACTIVER0", 0b100),
        ("GICR_IPRIORITYR0", 0x4040_4040),
        ("GICR_IGROUPR0", 0),
    ):
        reg_write(gicr, name, value)
        assert not rwp(gicr), name


@rule("R22", faults=("children-sleep-at-once", "children-awake-at-once"))
def test_children_asleep_lags(lib: Lib) -> None:
    gicr = lib.Redistributor(0, lib.GicConfig(its=()), Memory())
    assert reg_read(gicr, "GICR_WAKER") == SLEEP | ASLEEP
    assert on(reg_write(gicr, "GICR_WAKER", 0), LINK) == [DownstreamControl(0, 5)]
    assert reg_read(gicr, "GICR_WAKER") == ASLEEP
    gicr.predict("stream0.up", DownstreamControlAck())
    assert reg_read(gicr, "GICR_WAKER") == 0
    assert on(reg_write(gicr, "GICR_WAKER", SLEEP), LINK) == [Quiesce()]
    assert reg_read(gicr, "GICR_WAKER") == SLEEP
    gicr.predict("stream0.up", QuiesceAck())
    assert reg_read(gicr, "GICR_WAKER") == SLEEP | ASLEEP


@rule("R22", faults=("sleep-goes-on-forwarding", "quiesce-keeps-held"))
def test_a_sleeping_pe_gets_nothing(lib: Lib) -> None:
    bench = Bench(lib, lib.GicConfig(its=())).boot()
    for intid in (20, 40):
        bench.set_up(intid)
        bench.wire(intid, 1)
    bench.write("GICR_WAKER", SLEEP)
    assert (bench.read("GICR_WAKER"), bench.irq(), bench.ack()) == (SLEEP | ASLEEP, 0, SPURIOUS)
    assert bench.wakes == [1], "the PE must be woken"
    bench.write("GICR_WAKER", 0)
    assert (bench.wakes, bench.irq(), bench.ack()) == ([0], 1, 20)


# --- crossings: what is on its way to the CPU interface meets what comes from there -------------------------------------


@rule("stream", faults=("replaced-activation-lost", "second-replacement-sent"))
def test_set_crosses_activation(lib: Lib) -> None:
    gicr = awake(lib, p1=0x80, p2=0x40, p3=0x20)
    assert down(gicr, "dist0.down", sgi(1)) == [Set(1, 0x80, 1)]
    assert down(gicr, "dist0.down", sgi(2)) == [Set(2, 0x40, 1)]
    assert down(gicr, "dist0.down", sgi(3)) == [], "one replacement at a time"
    assert up(gicr, Activate(1)) == [ActivateAck(1), Set(3, 0x20, 1)]
    assert reg_read(gicr, "GICR_ISACTIVER0") == 0b0010
    assert reg_read(gicr, "GICR_ISPENDR0") == 0b1100
    assert up(gicr, Release(2)) == []
    assert up(gicr, Activate(3)) == [ActivateAck(3), Set(2, 0x40, 1)]


@rule("stream", faults=("released-interrupt-lost",))
def test_higher_set_brings_a_release(lib: Lib) -> None:
    gicr = awake(lib, p1=0x80, p2=0x40)
    down(gicr, "dist0.down", sgi(1))
    assert down(gicr, "dist0.down", sgi(2)) == [Set(2, 0x40, 1)]
    assert up(gicr, Release(1)) == []
    assert reg_read(gicr, "GICR_ISPENDR0") == 0b110, "released means still pending"
    assert up(gicr, Activate(2)) == [ActivateAck(2), Set(1, 0x80, 1)]


@rule("stream", faults=("clear-ack-forgets-activation", "set-during-clear"))
def test_clear_crosses_activation(lib: Lib) -> None:
    gicr = awake(lib, p1=0x80, p2=0xA0)
    down(gicr, "dist0.down", sgi(1))
    assert on(reg_write(gicr, "GICR_ICENABLER0", 0b10), LINK) == [Clear(1)]
    assert down(gicr, "dist0.down", sgi(2)) == [], "not before the Clear is acknowledged"
    assert up(gicr, Activate(1)) == [ActivateAck(1)]
    assert up(gicr, ClearAck(1)) == [Set(2, 0xA0, 1)]
    assert reg_read(gicr, "GICR_ISACTIVER0") == 0b010
    assert reg_read(gicr, "GICR_ISPENDR0") == 0b100


@rule("stream", faults=("quiescing-activation-lost",))
def test_quiesce_crosses_activation(lib: Lib) -> None:
    gicr = awake(lib, p1=0x80, p2=0xA0)
    down(gicr, "dist0.down", sgi(1))
    assert on(reg_write(gicr, "GICR_WAKER", SLEEP), LINK) == [Quiesce()]
    assert up(gicr, Activate(1)) == [ActivateAck(1)]
    assert down(gicr, "dist0.down", sgi(2)) == []
    assert up(gicr, QuiesceAck()) == []
    assert reg_read(gicr, "GICR_ISACTIVER0") == 0b010
    reg_write(gicr, "GICR_WAKER", 0)
    assert up(gicr, DownstreamControlAck()) == [Set(2, 0xA0, 1)]


@rule("dist", faults=("recall-answered-early",))
def test_recall_waits_for_the_cpu_interface(lib: Lib) -> None:
    gicr = awake(lib)
    assert down(gicr, "dist0.down", SpiOffer(40, 0x80, 1)) == [Set(40, 0x80, 1)]
    assert gicr.predict("dist0.down", SpiRecall(40)) == [(LINK, Clear(40))]
    assert gicr.predict("stream0.up", ClearAck(40)) == [("dist0.up", SpiRecallAck(40))]


@rule("dist", faults=("recall-answered-early",))
def test_recall_crosses_activation(lib: Lib) -> None:
    gicr = awake(lib)
    down(gicr, "dist0.down", SpiOffer(40, 0x80, 1))
    assert gicr.predict("dist0.down", SpiRecall(40)) == [(LINK, Clear(40))]
    out = gicr.predict("stream0.up", Activate(40))
    assert on(out, "dist0.up") == [SpiActivate(40), SpiRecallAck(40)], "the activation goes first"
    assert gicr.predict("stream0.up", ClearAck(40)) == []
    assert gicr.predict("dist0.down", SpiActivateAck(40)) == [(LINK, ActivateAck(40))]


@rule("dist", faults=("recall-answered-early",))
def test_new_offer_brings_the_old_one_back(lib: Lib) -> None:
    gicr = awake(lib, p1=0x20)
    down(gicr, "dist0.down", SpiOffer(40, 0x80, 1))
    assert gicr.predict("dist0.down", SpiOffer(41, 0x40, 1)) == [(LINK, Set(41, 0x40, 1))]
    assert gicr.predict("stream0.up", Release(40)) == [("dist0.up", SpiRelease(40))]
    down(gicr, "dist0.down", sgi(1))
    up(gicr, Release(41))
    out = gicr.predict("dist0.down", SpiOffer(42, 0x30, 1))
    assert out == [("dist0.up", SpiRelease(41))], "it was not at the CPU interface: it comes back at once"
    down(gicr, "dist0.down", SpiRecall(42))
    up(gicr, Activate(1))
    down(gicr, "dist0.down", SpiOffer(43, 0x30, 1))
    assert gicr.predict("dist0.down", SpiRecall(43)) == [(LINK, Clear(43))]


@rule("dist", faults=("recall-leaves-the-replaced",))
def test_recall_of_one_that_waits_withdraws_the_one_before(lib: Lib) -> None:
    """The CPU interface holds 40, which is no candidate since 41 was offered; 41 waits, for SGI 1 is not back yet."""
    gicr = awake(lib, p1=0xC0)
    down(gicr, "dist0.down", sgi(1))
    assert gicr.predict("dist0.down", SpiOffer(40, 0x80, 1)) == [(LINK, Set(40, 0x80, 1))]
    assert gicr.predict("dist0.down", SpiOffer(41, 0x40, 1)) == []
    assert gicr.predict("dist0.down", SpiRecall(41)) == [("dist0.up", SpiRecallAck(41)), (LINK, Clear(40))]
    assert on(gicr.predict("stream0.up", ClearAck(40)), "dist0.up") == [SpiRelease(40)]


# --- the same crossings seen by the CPU interface -----------------------------------------------------------------------


def open_interface(lib: Lib) -> CpuInterface:
    """A CPU interface with both groups enabled and no mask."""
    gicc = lib.CpuInterface(0, lib.GicConfig())
    for name, value in (("ICC_PMR_EL1", 0xFF), ("ICC_IGRPEN0_EL1", 1), ("ICC_IGRPEN1_EL1", 1)):
        gicc.predict("gicc0.sys", SysWrite(sysreg(name), value))
        gicc.predict(LINK, UpstreamControlAck())
    return gicc


def iar(gicc: CpuInterface) -> int:
    """ICC_IAR1_EL1."""
    (response,) = on(gicc.predict("gicc0.sys", SysRead(sysreg("ICC_IAR1_EL1"))), "gicc0.sys_rsp")
    assert isinstance(response, SysReadData)
    return response.value


@rule("stream", faults=("set-loses-held", "clear-takes-any", "quiesce-keeps-held"))
def test_cpu_interface_gives_back_what_it_holds(lib: Lib) -> None:
    gicc = open_interface(lib)
    assert gicc.predict(LINK, Set(40, 0x80, 1)) == [("gicc0.irq", LineChange(OutLine.IRQ, 1))]
    assert gicc.predict(LINK, Set(41, 0x40, 0)) == [
        ("stream0.up", Release(40)),
        ("gicc0.irq", LineChange(OutLine.IRQ, 0)),
        ("gicc0.irq", LineChange(OutLine.FIQ, 1)),
    ]
    assert gicc.predict(LINK, Clear(40)) == [("stream0.up", ClearAck(40))], "it is not held any more: 41 stays"
    out = on(gicc.predict(LINK, Quiesce()), "stream0.up")
    assert out == [Release(41), QuiesceAck()]
    assert iar(gicc) == SPURIOUS
    assert gicc.predict(LINK, Clear(41)) == [("stream0.up", ClearAck(41))]
    assert gicc.predict(LINK, Quiesce()) == [("stream0.up", QuiesceAck())]


@rule("stream", faults=("clear-takes-any",))
def test_cpu_interface_acknowledged_before_the_clear(lib: Lib) -> None:
    gicc = open_interface(lib)
    gicc.predict(LINK, Set(40, 0x80, 1))
    assert iar(gicc) == 40
    gicc.predict(LINK, Set(41, 0x40, 1))
    assert gicc.predict(LINK, Clear(40)) == [("stream0.up", ClearAck(40))]
    assert iar(gicc) == 41


@rule("R21", faults=("gicr-rwp-ends-early", "clear-ack-forgets-activation"))
def test_rwp_lasts_until_the_cleared_interrupt_is_accounted_for(lib: Lib) -> None:
    """ICENABLER0 while software acknowledges: RWP falls only when the interrupt is known to be active."""
    gicr = awake(lib, p1=0x80)
    down(gicr, "dist0.down", sgi(1))
    reg_write(gicr, "GICR_ICENABLER0", 0b10)
    up(gicr, Activate(1))
    up(gicr, ClearAck(1))
    assert not rwp(gicr)
    assert reg_read(gicr, "GICR_ISACTIVER0") == 0b10
    reg_write(gicr, "GICR_ISENABLER0", 0b10)
    reg_write(gicr, "GICR_ICACTIVER0", 0b10)
    assert down(gicr, "dist0.down", sgi(1)) == [Set(1, 0x80, 1)]
    assert on(gicr.predict("dist0.down", Control(1)), LINK) == [Clear(1)]
    reg_write(gicr, "GICR_ICENABLER0", 0b10)
    assert rwp(gicr)
    assert on(gicr.predict("stream0.up", ClearAck(1)), "dist0.up") == [ControlAck()]
    assert not rwp(gicr)
