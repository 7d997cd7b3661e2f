"""Rules of the virtual CPU interface: List registers, maintenance, priority drop and deactivation (R10 to R16, R24, R25, R50 to
R53, R79)."""

from __future__ import annotations

from irqpath.config.sizes import SPURIOUS
from irqpath.core.errors import ArchError
from irqpath_testbench.tools.faults.injection import Lib
from unit.models.rule_tests import rule
from unit.models.virtual_drive import ACTIVE, BOTH, EN, INVALID, OPEN, PENDING, VirtualBench, lr

UIE, LRENPIE, NPIE = 1 << 1, 1 << 2, 1 << 3
VGRP0E, VGRP0D, VGRP1E, VGRP1D = 1 << 4, 1 << 5, 1 << 6, 1 << 7
EOIMODE, CBPR = 1 << 9, 1 << 4


@rule(
    "R10",
    faults=(
        "virtual-pmr-not-strict",
        "virtual-preempts-equal",
        "virtual-disabled-group",
        "virtual-active-pending-signalled",
        "virtual-en-ignored",
        "virtual-worst-first",
    ),
)
def test_which_virtual_interrupt_is_signalled(lib: Lib) -> None:
    """The best pending List register of an enabled group, above VPMR and the running priority; ICH_HCR_EL2.En gates it."""
    bench = VirtualBench(lib).virtual_boot(lr(40, 0xA0), lr(41, 0x90), lr(42, 0x80, state=BOTH))
    assert bench.virq()
    assert bench.guest_read("ICC_HPPIR1_EL1") == 41
    bench.guest_write("ICC_PMR_EL1", 0x90)
    assert not bench.virq()
    assert bench.guest_ack() == SPURIOUS
    bench.guest_write("ICC_PMR_EL1", 0x98)
    assert bench.guest_ack() == 41
    assert not bench.virq()
    bench.guest_write("ICC_PMR_EL1", 0xF8)
    bench.msr("ICH_LR3_EL2", lr(43, 0x90))
    assert not bench.virq()
    bench.msr("ICH_LR3_EL2", lr(43, 0x88))
    assert bench.virq()
    bench.guest_write("ICC_IGRPEN1_EL1", 0)
    assert not bench.virq()
    bench.guest_write("ICC_IGRPEN1_EL1", 1)
    assert bench.virq()
    bench.msr("ICH_HCR_EL2", 0)
    assert not bench.virq()


@rule("R12", "R11", faults=("virtual-cbpr-ignored", "virtual-bpr-not-clamped"))
def test_virtual_binary_points(lib: Lib) -> None:
    """VBPR0 and VBPR1 have their least values; with VCBPR Group 1 uses VBPR0 and VBPR1 reads as VBPR0 + 1."""
    bench = VirtualBench(lib).virtual_boot(vmcr=OPEN)
    assert bench.mrs("ICH_VMCR_EL2") >> 18 & 0x3F == 2 << 3 | 3
    bench.guest_write("ICC_BPR1_EL1", 1)
    assert bench.guest_read("ICC_BPR1_EL1") == 3
    bench.guest_write("ICC_BPR0_EL1", 5)
    bench.guest_write("ICC_CTLR_EL1", 1)
    assert bench.guest_read("ICC_BPR1_EL1") == 6
    bench.guest_write("ICC_BPR1_EL1", 7)
    assert bench.guest_read("ICC_BPR1_EL1") == 6
    bench.msr("ICH_LR0_EL2", lr(40, 0xB8))
    assert bench.guest_ack() == 40
    assert bench.guest_read("ICC_RPR_EL1") == 0x80


@rule("R13", faults=("virtual-drop-lowest",))
def test_virtual_drop_of_the_highest(lib: Lib) -> None:
    bench = VirtualBench(lib).virtual_boot(lr(40, 0xA0))
    assert bench.guest_ack() == 40
    bench.msr("ICH_LR1_EL2", lr(41, 0x50, group=0))
    assert bench.vfiq()
    assert bench.guest_ack(group=0) == 41
    assert (bench.mrs("ICH_AP0R0_EL2"), bench.mrs("ICH_AP1R0_EL2")) == (1 << 0x50 // 8, 1 << 0xA0 // 8)
    bench.guest_eoi(41, group=0)
    assert bench.guest_read("ICC_RPR_EL1") == 0xA0
    bench.guest_eoi(40)
    assert bench.guest_read("ICC_RPR_EL1") == 0xFF


@rule("R15", faults=("virtual-eoimode-ignored", "virtual-dir-ignored"))
def test_virtual_split_of_drop_and_deactivation(lib: Lib) -> None:
    bench = VirtualBench(lib).virtual_boot(lr(40), vmcr=OPEN | EOIMODE)
    assert bench.guest_ack() == 40
    bench.guest_eoi(40)
    assert bench.guest_read("ICC_RPR_EL1") == 0xFF
    assert bench.lr_state(0) == ACTIVE
    bench.guest_write("ICC_DIR_EL1", 40)
    assert bench.lr_state(0) == INVALID


@rule("R16", faults=("virtual-eoir-of-special",))
def test_virtual_end_of_a_special_intid(lib: Lib) -> None:
    bench = VirtualBench(lib).virtual_boot(lr(40))
    assert bench.guest_ack() == 40
    for intid in range(1020, 1024):
        bench.guest_eoi(intid)
    assert bench.guest_read("ICC_RPR_EL1") == 0xA0


@rule("R24", faults=("vlpi-in-lr-never-active", "vlpi-in-lr-split"))
def test_virtual_lpi_in_a_list_register(lib: Lib) -> None:
    """It goes active, and EOIR clears it even with EOImode 1."""
    bench = VirtualBench(lib).virtual_boot(lr(8192), vmcr=OPEN | EOIMODE)
    assert bench.guest_ack() == 8192
    assert bench.lr_state(0) == ACTIVE
    bench.guest_eoi(8192)
    assert bench.lr_state(0) == INVALID


@rule("R25", faults=("vlpi-counts-in-eoicount", "eoicount-never-counts", "eoicount-with-eoimode"))
def test_end_without_a_list_register(lib: Lib) -> None:
    """EOIR with EOImode 0 and DIR with EOImode 1 count in EOIcount where no List register has the interrupt; of a virtual LPI
    there is nothing to count."""
    bench = VirtualBench(lib).virtual_boot(hcr=EN | LRENPIE)
    bench.msr("ICH_AP1R0_EL2", 0xF << 4)
    assert not bench.maintenance()
    bench.guest_eoi(8200)
    assert bench.eoi_count() == 0
    assert bench.mrs("ICH_AP1R0_EL2") == 0xE << 4
    bench.guest_eoi(50)
    assert bench.eoi_count() == 1
    assert bench.maintenance()
    bench.guest_write("ICC_CTLR_EL1", 2)
    bench.guest_eoi(51)
    assert bench.eoi_count() == 1
    bench.guest_write("ICC_DIR_EL1", 51)
    assert bench.eoi_count() == 2
    bench.msr("ICH_HCR_EL2", EN | LRENPIE)
    assert not bench.maintenance()


@rule("R79", faults=("vsgi-eoicount-ignored",))
def test_ends_of_virtual_sgis_need_not_count(lib: Lib) -> None:
    from irqpath.config.sizes import VirtualConfig

    config = lib.GicConfig(lpis=False, its=(), virtual=VirtualConfig(gicv4=True, vsgi_eoi_count=True))
    for flag, expected in ((0, 1), (1 << 8, 0)):
        bench = VirtualBench(lib, config).virtual_boot(hcr=EN | flag)
        bench.msr("ICH_AP1R0_EL2", 1 << 4)
        bench.guest_eoi(3)
        assert bench.eoi_count() == expected
        bench.msr("ICH_AP1R0_EL2", 1 << 4)
        bench.guest_eoi(33)
        assert bench.eoi_count() == expected + 1


@rule("R50", faults=("eisr-of-hw", "eisr-while-active", "elrsr-ignores-eoi"))
def test_eisr(lib: Lib) -> None:
    """State invalid, HW 0, EOI 1; ELRSR is its complement among the invalid ones."""
    bench = VirtualBench(lib).virtual_boot(lr(40, eoi=True), lr(41), lr(42, state=INVALID, physical=0x3FF))
    assert (bench.mrs("ICH_EISR_EL2"), bench.mrs("ICH_ELRSR_EL2")) == (0, 0b1100)
    assert bench.guest_ack() == 40
    assert bench.mrs("ICH_EISR_EL2") == 0
    bench.guest_eoi(40)
    assert (bench.mrs("ICH_EISR_EL2"), bench.mrs("ICH_ELRSR_EL2")) == (0b0001, 0b1100)
    assert bench.maintenance()
    assert bench.mrs("ICH_MISR_EL2") == 1
    bench.msr("ICH_LR0_EL2", 0)
    assert not bench.maintenance()


@rule("R51", faults=("underflow-of-none-only", "np-counts-active", "lrenp-without-count"))
def test_underflow_np_and_lrenp(lib: Lib) -> None:
    bench = VirtualBench(lib).virtual_boot(lr(40), lr(41))
    for bit, lrs, due in (
        (UIE, (lr(40), lr(41)), False),
        (UIE, (lr(40), 0), True),
        (UIE, (0, 0), True),
        (NPIE, (lr(40, state=ACTIVE), lr(41)), False),
        (NPIE, (lr(40, state=ACTIVE), lr(41, state=BOTH)), True),
        (LRENPIE, (0, 0), False),
    ):
        bench.virtual_boot(*lrs, hcr=EN | bit)
        assert bool(bench.maintenance()) is due, (bit, lrs)
        assert bench.mrs("ICH_MISR_EL2") == (bit if due else 0)
        bench.msr("ICH_HCR_EL2", bit)
        assert not bench.maintenance(), "ICH_HCR_EL2.En gates the interrupt"
        assert bench.mrs("ICH_MISR_EL2") == (bit if due else 0)


@rule("R51", "D1", faults=("vgrp0d-tests-group-1",))
def test_maintenance_by_the_guests_enables(lib: Lib) -> None:
    """VGrp0E and VGrp0D follow VENG0, VGrp1E and VGrp1D follow VENG1."""
    bench = VirtualBench(lib).virtual_boot()
    bench.msr("ICH_HCR_EL2", EN | VGRP0E | VGRP0D | VGRP1E | VGRP1D)
    for enables in range(4):
        bench.msr("ICH_VMCR_EL2", 0xFF << 24 | enables)
        expected = (VGRP0E if enables & 1 else VGRP0D) | (VGRP1E if enables & 2 else VGRP1D)
        assert bench.mrs("ICH_MISR_EL2") == expected
        bench.guest_write("ICC_IGRPEN0_EL1", 1 - (enables & 1))
        assert bench.mrs("ICH_MISR_EL2") & (VGRP0E | VGRP0D) == (VGRP0D if enables & 1 else VGRP0E)


@rule("R52", faults=("hw-not-passed-on", "hw-at-priority-drop"))
def test_deactivation_reaches_the_physical_interrupt(lib: Lib) -> None:
    """The physical interrupt stays active until the guest deactivates the virtual one."""
    bench = VirtualBench(lib).boot()
    assert isinstance(bench, VirtualBench)
    bench.set_up(27, priority=0x80)
    bench.msr("ICC_CTLR_EL1", 2)
    bench.wire(27, 1)
    assert bench.ack() == 27
    bench.eoi(27)
    bench.virtual_boot(lr(27, physical=27), vmcr=OPEN | EOIMODE)
    assert bench.guest_ack() == 27
    bench.wire(27, 0)
    assert bench.active(27)
    bench.guest_eoi(27)
    assert bench.active(27)
    bench.guest_write("ICC_DIR_EL1", 27)
    assert not bench.active(27)
    assert bench.lr_state(0) == INVALID


@rule("R53", faults=("hw-pending-active-silent",))
def test_pending_and_active_with_hw_is_reported(lib: Lib) -> None:
    bench = VirtualBench(lib).virtual_boot(lr(40, state=BOTH), lr(41, state=PENDING, physical=41))
    assert not bench.found
    bench.msr("ICH_LR2_EL2", lr(42, state=BOTH, physical=42))
    assert bench.found == [ArchError.LR_HW_PENDING_ACTIVE]
