"""Presets as the real ones are: what KVM's vgic (arch/arm64/kvm/vgic) and QEMU's hw/intc do where the architecture leaves a
choice, or where they leave it."""

from __future__ import annotations

import pytest

from irqpath.config.policy import GIC600, IRQPATH, KVM, PRESETS, QEMU, Policy
from irqpath.config.sizes import GicConfig, ItsConfig
from irqpath.core.errors import ArchError
from irqpath.core.transactions import OutLine
from irqpath.regs import GITS
from irqpath_testbench.sequences.fields import VALID
from irqpath_testbench.tools.faults.injection import models
from unit.models.drive import Bench
from unit.models.gicv2_drive import Gicv2Bench
from unit.models.its_drive import DEVICES, ModelItsDriver

POLICIES = pytest.mark.parametrize("policy", PRESETS.values(), ids=lambda policy: policy.name)


def bench_of(policy: Policy, *, pes: int = 1) -> Bench:
    """A GICv3 with an ITS as after a reset."""
    return Bench(models(), GicConfig(pes=pes, its=(ItsConfig(),)), policy)


def without_waker(bench: Bench) -> Bench:
    """Everything that signals a PPI, but for GICR_WAKER."""
    bench.write("GICD_CTLR", 0b11)
    for name, value in (("GICR_IGROUPR0", 1 << 27), ("GICR_ISENABLER0", 1 << 27)):
        bench.write(name, value)
    bench.msr("ICC_PMR_EL1", 0xF0)
    bench.msr("ICC_IGRPEN1_EL1", 1)
    bench.wire(27, 1)
    return bench


@POLICIES
def test_waker(policy: Policy) -> None:
    """KVM: RAZ/WI, and gates nothing; QEMU: mirrors what is written, and gates nothing; else it gates."""
    bench = without_waker(bench_of(policy))
    assert bench.irq() == (policy in (KVM, QEMU))
    assert bench.read("GICR_WAKER") == (0 if policy is KVM else 0b110)
    bench.write("GICR_WAKER", 0)
    assert bench.irq() == (policy is not GIC600), "a GIC-600's Redistributor is off until GICR_PWRR turns it on"
    bench.write("GICR_WAKER", 0b10)
    assert bench.read("GICR_WAKER") == (0 if policy is KVM else 0b110)


def test_an_spi_and_an_lpi_need_no_waker_either() -> None:
    """KVM's PEs are awake for GICD too, and after a reset of the PE."""
    bench = bench_of(KVM, pes=2)
    bench.write("GICD_CTLR", 2)
    bench.set_up(40, pe=1)
    for pe in (0, 1):
        bench.msr("ICC_PMR_EL1", 0xF0, pe)
        bench.msr("ICC_IGRPEN1_EL1", 1, pe)
    bench.wire(40, 1)
    assert (bench.irq(0), bench.irq(1)) == (0, 1)
    bench.reset_pe(1)
    assert bench.irq(1) == 0
    bench.msr("ICC_PMR_EL1", 0xF0, 1)
    bench.msr("ICC_IGRPEN1_EL1", 1, 1)
    assert bench.ack(1) == 40


@POLICIES
def test_page_size_of_a_table(policy: Policy) -> None:
    """GITS_BASER.Page_Size after a reset: 64 KB for QEMU and KVM, which has no other."""
    its = ModelItsDriver(bench_of(policy))
    size = 2 if policy in (QEMU, KVM) else 0
    for n in range(8):
        assert its.read(f"GITS_BASER{n}") >> 8 & 3 == (size if n < 2 else 0)
    for written in range(3):
        its.write("GITS_BASER0", DEVICES | VALID | written << 8 | 1)
        assert its.read("GITS_BASER0") >> 8 & 3 == (2 if policy is KVM else written)
    assert its.read("GITS_BASER0") & 0xFFFF_FFFF_0000 == DEVICES


@POLICIES
def test_an_its_without_queue_or_tables(policy: Policy) -> None:
    """KVM does not enable it; the others do, and all say so. One that is enabled may be written to again."""
    for missing in ("GITS_CBASER", "GITS_BASER0", "GITS_BASER1", ""):
        bench = bench_of(policy)
        its = ModelItsDriver(bench)
        for name in ("GITS_CBASER", "GITS_BASER0", "GITS_BASER1"):
            its.write(name, DEVICES | (VALID if name != missing else 0))
        for again in (False, True):
            bench.found.clear()
            its.write("GITS_CTLR", 1)
            refused = policy is KVM and missing
            assert its.read("GITS_CTLR") & 1 == (not refused)
            assert bench.found == [ArchError.ITS_ENABLED_WITHOUT_TABLES] * bool(missing and (refused or not again))


@POLICIES
def test_triggers_of_ppis(policy: Policy) -> None:
    """KVM's PPIs are level-sensitive, whatever is written; SPIs are as they are configured."""
    bench = bench_of(policy)
    bench.write("GICR_ICFGR1", 0xAAAA_AAAA)
    bench.write("GICD_ICFGR2", 0xAAAA_AAAA)
    assert bench.read("GICR_ICFGR1") == (0 if policy is KVM else 0xAAAA_AAAA)
    assert bench.read("GICR_ICFGR0") == 0xAAAA_AAAA
    assert bench.read("GICD_ICFGR2") == 0xAAAA_AAAA


@pytest.mark.parametrize("size", ["4K", "16K", "64K"])
def test_page_size_is_a_policy(size: str) -> None:
    its = ModelItsDriver(bench_of(Policy(its_page_size=size)))  # type: ignore[arg-type]  # one of three
    assert its.read("GITS_BASER0") >> 8 & 3 == ("4K", "16K", "64K").index(size)


def test_after_a_reset() -> None:
    """KVM's interrupts are in Group 1 in a GICv3, Group 0 in a GICv2; SGIs are enabled, and can be disabled."""
    bench, other = bench_of(KVM), bench_of(IRQPATH)
    assert [bench.read(name) for name in ("GICR_IGROUPR0", "GICD_IGROUPR1")] == [0xFFFF_FFFF] * 2
    assert [other.read(name) for name in ("GICR_IGROUPR0", "GICD_IGROUPR1")] == [0, 0]
    old = Gicv2Bench(models(), KVM)
    assert old.read("GICD_IGROUPR0") == 0
    for any_bench, array in ((bench, "GICR_ISENABLER0"), (old, "GICD_ISENABLER0")):
        assert any_bench.read(array) == 0xFFFF
    bench.write("GICR_ICENABLER0", 1)
    old.write("GICD_ICENABLER0", 1)
    for any_bench, array in ((bench, "GICR_ISENABLER0"), (old, "GICD_ISENABLER0")):
        assert any_bench.read(array) == 0xFFFE
    assert other.read("GICR_ISENABLER0") == 0


def test_one_enable_of_both_groups() -> None:
    """KVM's GICD_CTLR has EnableGrp1 alone in a GICv3, bit 0 alone in a GICv2, and both groups follow it."""
    bench = bench_of(KVM)
    for written, shown in ((1, 0), (2, 2), (3, 2), (0, 0)):
        bench.write("GICD_CTLR", written)
        assert bench.read("GICD_CTLR") & 3 == shown
    bench.write("GICD_CTLR", 2)
    bench.set_up(27, group=0)
    bench.msr("ICC_PMR_EL1", 0xF0)
    bench.msr("ICC_IGRPEN0_EL1", 1)
    bench.wire(27, 1)
    assert bench.fiq() == 1
    old = Gicv2Bench(models(), KVM)
    for written, shown in ((2, 0), (1, 1), (3, 1)):
        old.write("GICD_CTLR", written)
        assert old.read("GICD_CTLR") & 3 == shown


def test_targets_of_a_gicv2_with_one_pe() -> None:
    """KVM keeps what is written, of PEs that there are; else GICD_ITARGETSR is RAZ/WI. The SPI comes in any case."""
    for policy in (KVM, QEMU, IRQPATH):
        bench = Gicv2Bench(models(), policy)
        assert bench.read("GICD_ITARGETSR0") == (0x0101_0101 if policy is KVM else 0)
        for written in (0xFF00_01FE, 0x0101_0101, 0):
            bench.write("GICD_ITARGETSR8", written)
            assert bench.read("GICD_ITARGETSR8") == (written & 0x0101_0101 if policy is KVM else 0)
        bench.boot()
        bench.write("GICD_ISENABLER1", 1)
        bench.wire(32, 1)
        assert bench.lines[0][OutLine.IRQ] or bench.lines[0][OutLine.FIQ], policy.name


def test_an_spi_with_several_targets() -> None:
    """KVM sends it to the lowest-numbered alone, and without any to PE 0; the others to all, or nowhere."""
    for policy in (KVM, IRQPATH):
        for targets, lowest in ((0b110, 1), (0b100, 2), (0, 0), (0b1000, 0)):
            bench = Gicv2Bench(models(), policy, pes=3).boot()
            bench.write("GICD_ISENABLER1", 1)
            bench.write("GICD_ITARGETSR8", targets)
            bench.wire(32, 1)
            asked = {pe for pe in range(3) if any(bench.lines[pe])}
            assert asked == ({lowest} if policy is KVM else {pe for pe in range(3) if targets >> pe & 1})
            before = list(bench.gic.gicd.targeted)
            bench.gic.restore(bench.gic.state())
            assert bench.gic.gicd.targeted == before


@POLICIES
def test_translater_by_the_register_port(policy: Policy) -> None:
    """It carries no DeviceID: dropped, and reported."""
    bench = bench_of(policy)
    ModelItsDriver(bench).boot()
    at = GITS.element("GITS_TRANSLATER").offset
    for size in (2, 4):
        assert bench.write_at("its0.reg", at, size, 5)
    assert bench.found == [ArchError.TRANSLATER_WITHOUT_DEVICE] * 2
    assert bench.read_at("its0.reg", at, 4).value == 0
