"""Rules of the CPU interface: priorities, acknowledge, end of interrupt (R1, R10 to R16, R23)."""

from __future__ import annotations

import pytest

from irqpath.config.sizes import SPURIOUS
from irqpath.core.errors import ArchError
from irqpath.core.transactions import Activate, Deactivate, Set, SysRead, SysWrite
from irqpath_testbench.tools.faults.injection import Lib, models
from unit.models.drive import Bench, on, reports, sysreg
from unit.models.rule_tests import rule

HIGH, MIDDLE, LOW = 0x40, 0x80, 0xC0


def booted(lib: Lib, **config: object) -> Bench:
    """A GIC of one PE without LPIs, brought up."""
    return Bench(lib, lib.GicConfig(lpis=False, its=(), **config)).boot()  # type: ignore[arg-type]  # fields of GicConfig


@rule("R1", faults=("pmr-keeps-low-bits", "priority-keeps-low-bits"))
def test_unimplemented_priority_bits_read_as_zero(lib: Lib) -> None:
    for bits, mask in ((4, 0xF0), (5, 0xF8), (8, 0xFF)):
        bench = booted(lib, priority_bits=bits)
        bench.msr("ICC_PMR_EL1", 0xFF)
        assert bench.mrs("ICC_PMR_EL1") == mask
        for name in ("GICR_IPRIORITYR0", "GICR_IPRIORITYR7", "GICD_IPRIORITYR8", "GICD_IPRIORITYR15"):
            bench.write(name, 0xFFFF_FFFF)
            assert bench.read(name) == mask * 0x0101_0101


@rule("R1", faults=("higher-value-first", "spi-outranks-lower-value"))
def test_lower_priority_value_goes_first(lib: Lib) -> None:
    for first, second in ((20, 21), (21, 20), (5, 20), (20, 40), (40, 20), (40, 41), (41, 40)):
        bench = booted(lib)
        for intid, priority in ((first, HIGH), (second, LOW)):
            bench.set_up(intid, priority=priority, edge=True)
        bench.msr("ICC_IGRPEN1_EL1", 0)
        bench.pend(second)
        bench.pend(first)
        bench.msr("ICC_IGRPEN1_EL1", 1)
        assert bench.take() == [first, second]


@rule("R10", faults=("pmr-not-strict", "pmr-masks-group-priority"))
def test_priority_must_be_above_the_mask(lib: Lib) -> None:
    bench = booted(lib)
    bench.msr("ICC_BPR1_EL1", 7)  # the group priority is bit 7 alone; the mask looks at the whole priority
    bench.set_up(40, priority=MIDDLE, edge=True)
    bench.pulse(40)
    for mask, signalled in ((0, False), (MIDDLE - 8, False), (MIDDLE, False), (MIDDLE + 8, True), (0xFF, True)):
        bench.msr("ICC_PMR_EL1", mask)
        assert bench.irq() == signalled, hex(mask)
        if not signalled:
            assert bench.ack() == SPURIOUS
    bench.msr("ICC_PMR_EL1", MIDDLE + 0x18)
    bench.set_priority(40, MIDDLE + 0x18)
    assert (bench.irq(), bench.ack()) == (0, SPURIOUS)
    bench.set_priority(40, MIDDLE + 0x10)
    assert (bench.irq(), bench.ack()) == (1, 40)


@rule("R10", faults=("preempts-equal-priority", "running-priority-whole", "iar-ignores-priority"))
def test_group_priority_must_be_above_the_running_one(lib: Lib) -> None:
    bench = booted(lib)
    bench.msr("ICC_BPR1_EL1", 5)  # group priority: bits [7:5]
    for intid, priority in ((40, MIDDLE + 0x10), (41, MIDDLE), (42, MIDDLE - 8)):
        bench.set_up(intid, priority=priority, edge=True)
    bench.pulse(40)
    assert bench.ack() == 40
    bench.pulse(41)  # ranks before 40, but only by its subpriority
    assert (bench.irq(), bench.ack()) == (0, SPURIOUS)
    bench.pulse(42)
    assert (bench.irq(), bench.ack()) == (1, 42)


@rule("R10", faults=("disabled-group-signalled", "iar-of-other-group", "group-disabled-in-gicd-forwarded"))
def test_group_must_be_enabled_and_asked_for(lib: Lib) -> None:
    for blocks in (False, True):
        bench = Bench(lib, lib.GicConfig(lpis=False, its=()), lib.Policy(disabled_group_blocks=blocks)).boot()
        for group, intid in ((0, 20), (1, 21)):
            bench.set_up(intid, group=group, edge=True)
            other = 1 - group
            bench.msr(f"ICC_IGRPEN{group}_EL1", 0)
            bench.pulse(intid)
            assert (bench.lines[0], bench.ack(group=group)) == ([0, 0], SPURIOUS)
            bench.msr(f"ICC_IGRPEN{group}_EL1", 1)
            bench.write("GICD_CTLR", 1 << other)
            assert (bench.lines[0], bench.ack(group=group)) == ([0, 0], SPURIOUS)
            bench.write("GICD_CTLR", 3)
            assert (bench.irq(), bench.fiq()) == (group, other)
            assert bench.ack(group=other) == SPURIOUS
            assert bench.ack(group=group) == intid
            bench.eoi(intid, group=group)


@rule("R11", faults=("bpr1-minimum-of-bpr0", "bpr-without-minimum", "bpr1-reset-of-bpr0"))
def test_binary_points_have_a_minimum(lib: Lib) -> None:
    for bits, least in ((4, 3), (5, 2), (6, 1), (7, 0), (8, 0)):
        bench = Bench(lib, lib.GicConfig(priority_bits=bits))
        assert bench.mrs("ICC_BPR0_EL1") == least
        assert bench.mrs("ICC_BPR1_EL1") == least + 1
        for value in range(8):
            bench.msr("ICC_BPR0_EL1", value)
            bench.msr("ICC_BPR1_EL1", value)
            assert bench.mrs("ICC_BPR0_EL1") == max(value, least)
            assert bench.mrs("ICC_BPR1_EL1") == max(value, least + 1)


def split(bench: Bench, group: int) -> int:
    """Mask of the bits that decide on preemption in a group: found by what preempts an interrupt of priority 0xB8."""
    decisive = 0
    for bit in range(3, 8):
        if not 0xB8 >> bit & 1:
            continue  # with that bit changed it would rank lower
        bench.set_up(20, priority=0xB8, group=group, edge=True)
        bench.set_up(21, priority=0xB8 ^ 1 << bit, group=group, edge=True)
        bench.pulse(20)
        assert bench.ack(group=group) == 20
        bench.pulse(21)
        if bench.lines[0] != [0, 0]:
            decisive |= 1 << bit
            assert bench.ack(group=group) == 21
            bench.eoi(21, group=group)
        bench.unpend(21)
        bench.eoi(20, group=group)
    return decisive


@rule("R11", faults=("bpr1-splits-as-bpr0",))
def test_binary_point_of_group_1_splits_one_bit_lower(lib: Lib) -> None:
    for value in range(3, 8):
        bench = booted(lib)
        bench.msr("ICC_BPR0_EL1", value)
        bench.msr("ICC_BPR1_EL1", value)
        assert split(bench, 0) == 0xB8 & 0xFF << (value + 1)
        assert split(bench, 1) == 0xB8 & 0xFF << value


@rule("R12", faults=("cbpr-not-used", "cbpr-reads-bpr0", "cbpr-not-saturated", "cbpr-writes-bpr1"))
def test_common_binary_point(lib: Lib) -> None:
    bench = booted(lib)
    bench.msr("ICC_BPR1_EL1", 3)
    bench.msr("ICC_CTLR_EL1", 1)
    for value in range(2, 8):
        bench.msr("ICC_BPR0_EL1", value)
        assert bench.mrs("ICC_BPR1_EL1") == min(value + 1, 7)
        assert split(bench, 1) == 0xB8 & 0xFF << (value + 1)
    bench.msr("ICC_BPR1_EL1", 6)
    assert bench.mrs("ICC_BPR1_EL1") == 7, "the write is ignored"
    bench.msr("ICC_CTLR_EL1", 0)
    assert bench.mrs("ICC_BPR1_EL1") == 3


def nest(bench: Bench, *interrupts: tuple[int, int, int]) -> None:
    """Acknowledge (INTID, priority, group) one within the other."""
    for intid, priority, group in interrupts:
        bench.set_up(intid, priority=priority, group=group, edge=True)
        (bench.pend if intid < 16 else bench.pulse)(intid)
        assert bench.ack(group=group) == intid


@rule("R13", faults=("one-set-of-active-priorities", "eoir-drops-lowest", "eoir-keeps-running-priority"))
def test_active_priorities_of_each_group(lib: Lib) -> None:
    bench = booted(lib)
    nest(bench, (20, LOW, 1), (21, MIDDLE, 0), (22, HIGH, 1))

    def state() -> tuple[bool, bool, int]:
        """Whether anything is active in Group 0 and in Group 1 (what else the bits say is the implementation's), and RPR."""
        return bench.mrs("ICC_AP0R0_EL1") != 0, bench.mrs("ICC_AP1R0_EL1") != 0, bench.mrs("ICC_RPR_EL1")

    assert state() == (True, True, HIGH)
    bench.eoi(22, group=1)
    assert state() == (True, True, MIDDLE)
    bench.eoi(21, group=0)
    assert state() == (False, True, LOW)
    bench.eoi(20, group=1)
    assert state() == (False, False, 0xFF)
    assert not bench.found


@rule("R14", faults=("eoir-idle-not-reported", "eoir-of-any-group", "eoir-of-any-intid"))
def test_mismatched_end_is_reported(lib: Lib) -> None:
    bench = booted(lib)
    bench.eoi(20)
    assert bench.found == [ArchError.EOIR_NOT_ACTIVE]
    nest(bench, (20, LOW, 1), (21, MIDDLE, 0))
    bench.eoi(20, group=1)  # the highest active priority is of Group 0
    assert bench.found[1:] == [ArchError.EOIR_WRONG_GROUP]
    assert bench.mrs("ICC_RPR_EL1") == MIDDLE
    assert bench.active(20)
    bench.eoi(22, group=0)
    assert bench.found[2:] == [ArchError.EOIR_WRONG_INTID]


@rule("R15", faults=("eoimode-ignored-by-eoir", "eoimode-ignored-by-dir", "dir-does-nothing"))
def test_split_priority_drop(lib: Lib) -> None:
    bench = booted(lib)
    for intid in (5, 20, 40):
        nest(bench, (intid, MIDDLE, 1))
        bench.msr("ICC_DIR_EL1", intid)
        assert bench.found == [ArchError.DIR_WITHOUT_EOIMODE]
        assert bench.active(intid), "ICC_DIR_EL1 has no say with EOImode 0"
        bench.found.clear()
        bench.eoi(intid)
        assert not bench.active(intid)
    bench.msr("ICC_CTLR_EL1", 2)
    for intid in (5, 20, 40):
        nest(bench, (intid, MIDDLE, 1))
        bench.eoi(intid)
        assert bench.mrs("ICC_RPR_EL1") == 0xFF
        assert bench.active(intid), "only the priority was dropped"
        bench.msr("ICC_DIR_EL1", intid)
        assert not bench.active(intid)
    assert not bench.found


@rule("R16", faults=("eoir-of-special-intid", "eoir-of-spurious"))
def test_special_intids_are_ignored(lib: Lib) -> None:
    bench = booted(lib)
    assert bench.ack() == SPURIOUS
    assert bench.mrs("ICC_RPR_EL1") == 0xFF, "reading a special INTID activates nothing"
    nest(bench, (20, MIDDLE, 1))
    for intid in (1020, 1021, 1022, 1023):
        bench.eoi(intid)
        bench.msr("ICC_CTLR_EL1", 2)
        bench.msr("ICC_DIR_EL1", intid)
        bench.msr("ICC_CTLR_EL1", 0)
    assert bench.mrs("ICC_RPR_EL1") == MIDDLE
    assert bench.active(20)
    assert not bench.found
    bench.eoi(20)
    assert bench.mrs("ICC_RPR_EL1") == 0xFF


@rule("R23", faults=("lpi-deactivated", "dir-of-lpi"))
def test_lpi_is_never_deactivated(lib: Lib) -> None:
    gicc = lib.CpuInterface(0, lib.GicConfig())
    for name, value in (("ICC_PMR_EL1", 0xFF), ("ICC_IGRPEN1_EL1", 1)):
        gicc.predict("gicc0.sys", SysWrite(sysreg(name), value))
    gicc.predict("stream0.down", Set(8200, MIDDLE, 1))
    assert Activate(8200) in on(gicc.predict("gicc0.sys", SysRead(sysreg("ICC_IAR1_EL1"))), "stream0.up")
    out = gicc.predict("gicc0.sys", SysWrite(sysreg("ICC_EOIR1_EL1"), 8200))
    assert Deactivate(8200) not in on(out, "stream0.up")
    assert not reports(out)
    gicc.predict("gicc0.sys", SysWrite(sysreg("ICC_CTLR_EL1"), 2))
    out = gicc.predict("gicc0.sys", SysWrite(sysreg("ICC_DIR_EL1"), 8200))
    assert Deactivate(8200) not in on(out, "stream0.up")
    assert reports(out) == [ArchError.DIR_OF_LPI]


@pytest.mark.rule("R13")
def test_as_many_active_priorities_as_levels() -> None:
    """With five priority bits all levels but the least, which PMR always masks, are active at once, and unwind in order."""
    bench = booted(models())
    for level in range(30, -1, -1):
        nest(bench, (level, level << 3, 1))
        assert bench.mrs("ICC_RPR_EL1") == level << 3
    for level in range(31):
        assert bench.mrs("ICC_RPR_EL1") == level << 3
        bench.eoi(level)
    assert not bench.found
