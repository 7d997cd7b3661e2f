"""Interrupts with superpriority (FEAT_GICv3_NMI), physical and virtual: what they rank before, what masks them, how they are
acknowledged and ended, and where the active ones show (DDI 0601 ICC_RPR_EL1, ICC_AP1R<n>_EL1, ICC_NMIAR1_EL1, GICD_INMIR<n>,
ICH_LR<n>_EL2, ICV_RPR_EL1; IHI 0069 4.6.3, 4.8)."""

from __future__ import annotations

from typing import Final

from irqpath.config.policy import QEMU
from irqpath.config.sizes import IS_NMI, SPURIOUS, GicConfig, VirtualConfig
from irqpath.core.errors import ArchError, ConfigError
from irqpath.core.transactions import OutLine
from irqpath.gic.gicc.virtual_interface import LR_NMI, NMI_BIT
from irqpath_testbench.tools.faults.injection import Lib, models
from unit.models.rule_tests import rule
from unit.models.secure_drive import SecureBench
from unit.models.virtual_drive import ACTIVE, EN, INVALID, OPEN, VirtualBench, lr

NMI: Final = 1 << NMI_BIT
NMI_NS: Final = 1 << 62


def secure_bench(lib: Lib) -> SecureBench:
    """SPI 33 and 34 in Non-secure, 35 and 36 in Secure Group 1; 33 and 35 have superpriority; all at 0xA0."""
    bench = SecureBench(lib, security=True, nmi=True).secure_boot()
    for intid, group in ((33, 1), (34, 1), (35, 2), (36, 2)):
        bench.group(intid, group)
    bench.reg("GICD_INMIR1", 0b1010)
    return bench


@rule("R10", faults=("nonsecure-nmi-before-secure", "nonsecure-nmi-after-its-half"))
def test_nonsecure_superpriority_ranks_between_the_halves(lib: Lib) -> None:
    """It loses to any Secure priority and wins against every Non-secure one; Secure superpriority wins against all."""
    bench = secure_bench(lib)
    bench.reg("GICD_IPRIORITYR8", 0x78_80_A0_78)
    bench.reg("GICD_IPRIORITYR9", 0x00)
    bench.group(36, 2)
    bench.at(3, secure=True)
    for intid in range(32, 37):
        bench.drive(intid, 1)
    order = []
    for _ in range(5):
        order.append(bench.mrs("ICC_HPPIR0_EL1") if bench.mrs("ICC_HPPIR1_EL1") == SPURIOUS else bench.mrs("ICC_HPPIR1_EL1"))
        bench.drive(order[-1], 0)
    assert order == [35, 36, 32, 33, 34]


@rule("R10", faults=("nmi-hidden-by-pmr", "nonsecure-nmi-never-masked", "nonsecure-nmi-masked-at-the-half"))
def test_what_masks_superpriority(lib: Lib) -> None:
    """ICC_PMR_EL1 does not, unless it leaves no Non-secure priority, which only Secure software can have it do."""
    bench = secure_bench(lib)
    lines = bench.lines[0]
    bench.drive(33, 1)
    for pmr, el, secure, shown in (
        (0x80, 1, False, 1),
        (0x78, 1, False, 0),
        (0x80, 1, True, 0),
        (0x88, 1, True, 1),
    ):
        bench.at(3, secure=True)
        bench.msr("ICC_PMR_EL1", pmr)
        bench.at(el, secure=secure)
        assert lines[OutLine.IRQ] | lines[OutLine.FIQ] == shown, hex(pmr)
    bench.at(3, secure=True)
    bench.msr("ICC_PMR_EL1", 0)
    bench.drive(35, 1)
    assert lines[OutLine.FIQ] == 1, "nothing masks Secure superpriority"


@rule("R10", faults=("nmi-preempts-nmi", "nmi-not-before-equal", "running-of-nonsecure-nmi"))
def test_what_superpriority_preempts(lib: Lib) -> None:
    """A running priority of its own value, but not superpriority; Secure priorities preempt a Non-secure one."""
    bench = secure_bench(lib)
    bench.reg("GICD_IPRIORITYR8", 0x80_80_80_40)
    bench.at(1)
    bench.drive(34, 1)
    assert bench.ack() == 34
    assert bench.mrs("ICC_RPR_EL1") == 0x80
    bench.drive(33, 1)
    assert bench.ack() == IS_NMI
    assert bench.mrs("ICC_NMIAR1_EL1") == 33
    assert bench.mrs("ICC_RPR_EL1") == 0x80 | NMI
    bench.reg("GICD_INMIR1", 0b1110)
    bench.reg("GICD_ISPENDR1", 0b100)
    bench.reg("GICD_ICACTIVER1", 0b100)
    assert bench.mrs("ICC_NMIAR1_EL1") == SPURIOUS, "34 has superpriority too now, and does not preempt another"
    bench.drive(32, 1)
    assert bench.lines[0][OutLine.FIQ] == 1, "Group 0, priority 0x40"
    bench.at(1, secure=True)
    assert bench.mrs("ICC_IAR0_EL1") == 32
    assert bench.mrs("ICC_RPR_EL1") == 0x40 | NMI_NS
    bench.drive(35, 1)
    assert bench.mrs("ICC_NMIAR1_EL1") == 35
    assert bench.mrs("ICC_RPR_EL1") == NMI | NMI_NS


@rule("R13", faults=("nmi-not-in-ap1r0", "nmi-dropped-last", "nmi-eoir-drops-level"))
def test_active_superpriority_is_ended_first(lib: Lib) -> None:
    """ICC_AP1R0_EL1.NMI shows it, a write restores it, and EOIR drops it before the level of the same value."""
    bench = secure_bench(lib)
    bench.reg("GICD_IPRIORITYR8", 0x80_80_80_80)
    bench.at(1)
    for intid in (34, 33):
        bench.drive(intid, 1)
        assert bench.mrs("ICC_NMIAR1_EL1" if intid == 33 else "ICC_IAR1_EL1") == intid
    assert bench.mrs("ICC_AP1R0_EL1") == NMI | 1 << 0x80 // 8
    bench.eoi(33)
    assert (bench.mrs("ICC_AP1R0_EL1"), bench.mrs("ICC_RPR_EL1")) == (1 << 0x80 // 8, 0x80)
    assert bench.reg("GICD_ISACTIVER1") == 0b100
    bench.msr("ICC_AP1R0_EL1", NMI)
    assert bench.mrs("ICC_RPR_EL1") == 0x80 | NMI
    bench.at(1, fiq=True)
    assert bench.mrs("ICC_RPR_EL1") == NMI, "0x80 in the Non-secure view"
    bench.eoi(33)
    assert bench.mrs("ICC_RPR_EL1") == 0xFF
    assert not bench.found


@rule("R10", faults=("group-0-has-superpriority",))
def test_group_0_has_no_superpriority(lib: Lib) -> None:
    """Its bits of GICD_INMIR<n> and GICR_INMIR0 are RES0, and one that was set before has no effect."""
    bench = SecureBench(lib, nmi=True).secure_boot_if(False)
    for name, group in (("GICD_INMIR1", "GICD_IGROUPR1"), ("GICR_INMIR0", "GICR_IGROUPR0")):
        bench.reg(name, 0xFFFF_FFFF)
        assert bench.reg(name) == 0
        bench.reg(group, 0xF0)
        bench.reg(name, 0xFFFF_FFFF)
        assert bench.reg(name) == 0xF0
        bench.reg(group, 0)
        assert bench.reg(name) == 0
    bench.reg("GICD_ISENABLER1", 0xFF)
    bench.reg("GICD_IPRIORITYR9", 0xA0A0_A0A0)
    bench.drive(36, 1)
    bench.drive(32, 1)
    assert bench.ack(group=0) == 32
    bench.drive(32, 0)


def virtual_bench(lib: Lib, *lrs: int, **policy: str) -> VirtualBench:
    config = lib.GicConfig(lpis=False, its=(), virtual=VirtualConfig(nmi=True))
    return VirtualBench(lib, config, lib.Policy(**policy)).virtual_boot(*lrs)  # type: ignore[arg-type]  # its fields


@rule(
    "R10", faults=("virtual-nmi-hidden-by-vpmr", "virtual-nmi-by-iar", "virtual-nmiar-takes-all", "virtual-nmi-ranks-by-priority")
)
def test_virtual_superpriority(lib: Lib) -> None:
    """It ranks before every priority whatever its own, VPMR does not hide it, ICV_IAR1_EL1 says 1022 and ICV_NMIAR1_EL1 takes
    it and nothing else; by Policy ICV_IAR1_EL1 takes it."""
    bench = virtual_bench(lib, lr(40, 0x10), lr(41, 0xF8) | LR_NMI, lr(42, 0x00))
    assert bench.guest_read("ICC_HPPIR1_EL1") == 41
    bench.guest_write("ICC_PMR_EL1", 0)
    assert bench.virq()
    assert bench.guest_ack() == IS_NMI
    assert bench.guest_read("ICC_NMIAR1_EL1") == 41
    assert (bench.lr_state(1), bench.virq()) == (ACTIVE, 0)
    bench.guest_write("ICC_PMR_EL1", 0xF8)
    assert not bench.virq(), "not even priority 0 preempts it"
    bench.guest_eoi(41)
    assert bench.lr_state(1) == INVALID
    assert bench.guest_read("ICC_NMIAR1_EL1") == SPURIOUS
    assert bench.guest_ack() == 42
    by_iar = virtual_bench(lib, lr(41, 0xF8) | LR_NMI, nmi_acknowledge="iar")
    assert by_iar.guest_ack() == 41
    assert by_iar.mrs("ICH_AP1R0_EL2") == NMI
    without = VirtualBench(lib).virtual_boot(lr(41) | LR_NMI)
    assert without.mrs("ICH_LR0_EL2") == lr(41)
    without.enter()
    assert without.access("ICC_NMIAR1_EL1") == "UNDEFINED"


@rule("R13", faults=("virtual-nmi-not-in-ap1r0", "virtual-nmi-not-in-rpr", "virtual-nmi-dropped-last", "virtual-nmi-twice"))
def test_active_virtual_superpriority(lib: Lib) -> None:
    """ICH_AP1R0_EL2.NMI and ICV_RPR_EL1.NMI show it; it preempts priority 0 and is ended first; another does not preempt it."""
    bench = virtual_bench(lib, lr(40, 0x00), lr(41, 0x50) | LR_NMI)
    bench.msr("ICH_LR1_EL2", 0)
    assert bench.guest_ack() == 40
    bench.msr("ICH_LR1_EL2", lr(41, 0x50) | LR_NMI)
    assert bench.guest_read("ICC_NMIAR1_EL1") == 41
    assert bench.mrs("ICH_AP1R0_EL2") == bench.guest_read("ICC_AP1R0_EL1") == NMI | 1
    assert (bench.mrs("ICH_AP0R0_EL2"), bench.guest_read("ICC_RPR_EL1")) == (0, NMI)
    bench.msr("ICH_LR2_EL2", lr(42) | LR_NMI)
    assert not bench.virq()
    bench.guest_eoi(41)
    assert (bench.lr_state(0), bench.lr_state(1)) == (ACTIVE, INVALID)
    assert (bench.guest_read("ICC_RPR_EL1"), bench.virq()) == (0, 1)
    bench.msr("ICH_LR2_EL2", 0)
    bench.guest_eoi(40)
    assert bench.guest_read("ICC_RPR_EL1") == 0xFF
    bench.msr("ICH_AP1R0_EL2", NMI)
    assert bench.guest_read("ICC_RPR_EL1") == NMI
    bench.guest_eoi(40)
    assert bench.mrs("ICH_AP1R0_EL2") == 0
    assert bench.found == []


@rule("R10", faults=("virtual-nmi-without-the-feature",))
def test_no_virtual_superpriority_without_the_feature(lib: Lib) -> None:
    """The bit is RES0 then, and means nothing even where the Policy keeps it (QEMU)."""
    bench = VirtualBench(lib, policy=QEMU).virtual_boot(lr(40, 0x50), lr(41, 0xA0) | LR_NMI)
    assert bench.mrs("ICH_LR1_EL2") == lr(41, 0xA0) | LR_NMI
    assert (bench.guest_ack(), bench.virq()) == (40, 0)


@rule("R10", faults=("virtual-nmi-in-group-0",))
def test_virtual_group_0_has_no_superpriority(lib: Lib) -> None:
    bench = virtual_bench(lib, lr(40, 0xA0, group=0) | LR_NMI, lr(41, 0x90, group=0))
    assert bench.guest_ack(group=0) == 41


def test_virtual_nmi_is_trapped_and_redirected_as_group_1() -> None:
    """TALL1 traps ICC_NMIAR1_EL1, HCR_EL2.IMO redirects it; a wrong INTID is reported and leaves its List register."""
    bench = virtual_bench(models(), lr(41) | LR_NMI, lr(42, state=ACTIVE))
    bench.enter(hcr=1 << 3)
    assert bench.access("ICC_NMIAR1_EL1") == "UNDEFINED", "to the physical interface, which has none"
    bench.leave()
    bench.msr("ICH_HCR_EL2", EN | 1 << 12)
    bench.enter()
    assert bench.access("ICC_NMIAR1_EL1") == "EL2"
    bench.leave()
    bench.virtual_boot(vmcr=OPEN)
    assert bench.guest_read("ICC_NMIAR1_EL1") == 41
    bench.guest_eoi(42)
    assert bench.found == [ArchError.UNDEFINED_SYSREG, ArchError.EOIR_WRONG_INTID]
    assert bench.lr_state(1) == ACTIVE


def test_priorities_leave_room_for_nonsecure_superpriority() -> None:
    """With two Security states: seven bits at most, whatever the Policy stores."""
    bench = SecureBench(models(), QEMU, security=True, nmi=True)
    bench.reg("GICD_IPRIORITYR8", 0xFF)
    assert bench.reg("GICD_IPRIORITYR8") == 0xFE
    try:
        GicConfig(security=True, nmi=True, priority_bits=8)
    except ConfigError as error:
        assert "priority_bits" in str(error)
    else:
        raise AssertionError("8 bits leave no room")


def test_restored_superpriority_goes_on() -> None:
    """Saved while a physical and a virtual one are active: the copy ends them alike."""
    for bench in (secure_bench(models()), secure_bench(models())):
        bench.at(1)
        bench.drive(33, 1)
        assert bench.mrs("ICC_NMIAR1_EL1") == 33
        state = bench.gic.state()
        copy = secure_bench(models())
        copy.gic.restore(state)
        assert copy.mrs("ICC_RPR_EL1") == 0x80 | NMI
        copy.eoi(33)
        assert copy.mrs("ICC_RPR_EL1") == 0xFF
    guest = virtual_bench(models(), lr(41) | LR_NMI)
    assert guest.guest_read("ICC_NMIAR1_EL1") == 41
    copied = virtual_bench(models())
    copied.gic.restore(guest.gic.state())
    assert copied.guest_read("ICC_RPR_EL1") == NMI
    copied.guest_eoi(41)
    assert copied.lr_state(0) == INVALID
