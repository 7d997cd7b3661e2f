"""Rules of GICv2 and of legacy operation: SGIs by source, security, AckCtl (R2, R3, R17, R18, R80), and others
that it shares with GICv3."""

from __future__ import annotations

from irqpath.config.sizes import SPURIOUS, VirtualConfig
from irqpath.core.errors import ArchError
from irqpath.core.transactions import OutLine
from irqpath_testbench.tools.faults.injection import Lib
from unit.models.gicv2_drive import ACKCTL, EOIMODE, FIQEN, Gicv2Bench
from unit.models.rule_tests import rule


@rule("R17", faults=("sgi-sources-merged", "sgi-source-not-shown", "sgi-eoi-source-unchecked"))
def test_sgis_are_pending_from_each_source(lib: Lib) -> None:
    """Three PEs send the same SGI: it is taken three times, each with its source; the end of interrupt must echo it."""
    bench = Gicv2Bench(lib, pes=4).boot()
    for source in (3, 1, 2):
        bench.sgi(5, 0b0001, source)
        bench.sgi(5, 0b0001, source)
    assert bench.read("GICD_SPENDSGIR1") == 0b1110 << 8
    assert bench.take() == [1 << 10 | 5, 2 << 10 | 5, 3 << 10 | 5]
    assert not bench.found
    bench.sgi(6, 0b0001, 2)
    assert bench.ack() == 2 << 10 | 6
    bench.eoi(6)
    assert bench.found == [ArchError.EOIR_WRONG_INTID]


@rule("R17", faults=("sgir-filter-ignored",))
def test_target_list_filter(lib: Lib) -> None:
    bench = Gicv2Bench(lib, pes=3).boot()
    bench.sgi(1, 0b111, 1, filter_=1)
    assert [bench.ack(pe) for pe in range(3)] == [1 << 10 | 1, SPURIOUS, 1 << 10 | 1]
    bench.sgi(2, 0b101, 1, filter_=2)
    bench.eoi(1 << 10 | 1, 0)
    bench.eoi(1 << 10 | 1, 2)
    assert [bench.ack(pe) for pe in range(3)] == [SPURIOUS, 1 << 10 | 2, SPURIOUS]


@rule("R18", faults=("ispendr-reaches-sgis", "icpendr-reaches-sgis", "cpendsgir-clears-all"))
def test_pending_state_of_sgis(lib: Lib) -> None:
    bench = Gicv2Bench(lib, pes=2).boot()
    bench.write("GICD_ISPENDR0", 1 << 3)
    assert bench.read("GICD_ISPENDR0") == 0
    bench.write("GICD_SPENDSGIR0", 0b11 << 24)
    assert bench.read("GICD_ISPENDR0") == 1 << 3
    bench.write("GICD_ICPENDR0", 1 << 3)
    assert bench.read("GICD_ISPENDR0") == 1 << 3
    bench.write("GICD_CPENDSGIR0", 0b01 << 24)
    assert bench.read("GICD_CPENDSGIR0") == 0b10 << 24
    assert bench.take() == [1 << 10 | 3]


@rule("R17", faults=("spi-of-all-targets",))
def test_an_spi_is_handled_by_one_of_its_targets(lib: Lib) -> None:
    """The 1-N model: both lines rise, one PE gets it, the other reads 1023."""
    bench = Gicv2Bench(lib, pes=2).boot()
    bench.write("GICD_ITARGETSR8", 0b11)
    bench.wire(32, 1)
    assert [bench.lines[pe][OutLine.IRQ] for pe in range(2)] == [1, 1]
    assert bench.ack(1) == 32
    assert bench.lines[0][OutLine.IRQ] == 0
    assert bench.ack(0) == SPURIOUS
    bench.wire(32, 0)
    bench.eoi(32, 1)
    assert bench.take(0) == []


@rule("R80", faults=("ackctl-in-v3", "v3-ignores-group"))
def test_ackctl_is_gicv2s_only(lib: Lib) -> None:
    """With AckCtl a read of GICC_IAR takes Group 1 as well; a GICv3 in legacy operation has it RAZ/WI, and reads 1022."""
    for v3 in (False, True):
        bench = Gicv2Bench(lib, v3=v3).boot(3 | ACKCTL)
        assert bool(bench.read("GICC_CTLR") & ACKCTL) is not v3
        bench.write("GICD_IGROUPR1", 1)
        bench.wire(32, 1)
        assert bench.lines[0][OutLine.IRQ] == 1
        assert bench.ack() == (1022 if v3 else 32)
        assert bench.read("GICC_AIAR") == (32 if v3 else SPURIOUS)
        assert bench.read("GICD_TYPER") >> 11 & 0x1F == 0


@rule("R2", faults=("nonsecure-priority-whole", "nonsecure-priority-upper-half"))
def test_nonsecure_view_of_priorities_in_gicv2(lib: Lib) -> None:
    bench = Gicv2Bench(lib, security=True)
    bench.write("GICD_IGROUPR1", 0xFFFF_FFFF)
    bench.write("GICD_IPRIORITYR8", 0x4080_B0F8)
    assert bench.read("GICD_IPRIORITYR8", secure=False) == 0x8000_60F0
    bench.write("GICD_IPRIORITYR8", 0x4080_60F0, secure=False)
    assert bench.read("GICD_IPRIORITYR8") == 0xA0C0_B0F8


@rule("R3", faults=("nonsecure-sees-group-0", "nonsecure-changes-group-0", "nsacr-ignored"))
def test_secure_interrupts_are_hidden(lib: Lib) -> None:
    """Every array with one bit an interrupt; GICD_NSACR grants pending, then clearing, then targets."""
    bench = Gicv2Bench(lib, pes=2, security=True).boot()
    bench.write("GICD_IGROUPR1", 0xFFFF_0000)
    for pair in (("ISENABLER", "ICENABLER"), ("ISPENDR", "ICPENDR"), ("ISACTIVER", "ICACTIVER")):
        bench.write(f"GICD_{pair[0]}1", 0x0001_0001)
        assert bench.read(f"GICD_{pair[0]}1", secure=False) & 0xFFFF == 0
        bench.write(f"GICD_{pair[1]}1", 0x0001_0001, secure=False)
        assert bench.read(f"GICD_{pair[1]}1") & 0x0001_0001 == 1
    bench.write("GICD_ICPENDR1", 0xFFFF_FFFF)
    for level, pends, clears, targets in ((0, 0, 0, 0), (1, 1, 0, 0), (2, 1, 1, 0), (3, 1, 1, 1)):
        bench.write("GICD_NSACR2", level)
        bench.write("GICD_ITARGETSR8", 1)
        bench.write("GICD_ISPENDR1", 1, secure=False)
        assert bench.read("GICD_ISPENDR1") & 1 == pends
        bench.write("GICD_ISPENDR1", 1)
        bench.write("GICD_ICPENDR1", 1, secure=False)
        assert bench.read("GICD_ISPENDR1") & 1 == 1 - clears
        bench.write("GICD_ITARGETSR8", 2, secure=False)
        assert bench.read("GICD_ITARGETSR8") & 0xFF == 1 + targets
        bench.write("GICD_ICPENDR1", 1)


@rule("R52", faults=("gicv2-hw-not-passed-on",))
def test_list_register_for_a_physical_interrupt(lib: Lib) -> None:
    """GICH_LR with HW = 1: GICV_EOIR deactivates the physical interrupt."""
    bench = Gicv2Bench(lib, virtual=VirtualConfig(id_bits=10, gicv2=True)).boot(3 | EOIMODE)
    bench.wire(27, 1)
    assert bench.ack() == 27
    bench.eoi(27)
    bench.write("GICH_HCR", 1)
    bench.write("GICH_VMCR", 0xF8 << 24 | 1)
    bench.write("GICH_LR0", 1 << 31 | 1 << 28 | 0x14 << 23 | 27 << 10 | 27)
    assert bench.lines[0][OutLine.VIRQ] == 1
    assert bench.read("GICV_IAR") == 27
    bench.wire(27, 0)
    assert bench.read("GICD_ISACTIVER0") >> 27 & 1 == 1
    bench.write("GICV_EOIR", 27)
    assert bench.read("GICD_ISACTIVER0") >> 27 & 1 == 0
    assert bench.read("GICH_ELSR0") == 0xF


@rule("R12", faults=("gicv-abpr-follows-cbpr", "gicv-abpr-ignores-writes", "virtual-cbpr-ignored"))
def test_gicv_abpr_is_vbpr1_whatever_cbpr(lib: Lib) -> None:
    """With GICV_CTLR.CBPR it is not used, but stays the alias of GICH_VMCR.VBPR1 that it is."""
    bench = Gicv2Bench(lib, virtual=VirtualConfig(id_bits=10, gicv2=True)).boot()
    bench.write("GICH_HCR", 1)
    bench.write("GICV_CTLR", 3)
    bench.write("GICV_PMR", 0xF8)
    bench.write("GICV_BPR", 5)
    bench.write("GICV_ABPR", 4)
    for cbpr in (1 << 4, 0):
        bench.write("GICV_CTLR", 3 | cbpr)
        assert (bench.read("GICV_BPR"), bench.read("GICV_ABPR")) == (5, 4)
    bench.write("GICV_CTLR", 3 | 1 << 4)
    bench.write("GICV_ABPR", 7)
    assert (bench.read("GICV_ABPR"), bench.read("GICH_VMCR") >> 18 & 7) == (7, 7)
    bench.write("GICV_ABPR", 3)
    bench.write("GICH_LR0", 1 << 30 | 1 << 28 | 0x17 << 23 | 40)
    assert bench.read("GICV_AIAR") == 40
    assert bench.read("GICV_RPR") == 0x80, "GICV_BPR splits Group 1"


@rule("R10", faults=("gicv2-fiqen-ignored",))
def test_group_0_signals_fiq_with_fiqen(lib: Lib) -> None:
    bench = Gicv2Bench(lib).boot(3 | FIQEN)
    bench.wire(40, 1)
    assert (bench.lines[0][OutLine.IRQ], bench.lines[0][OutLine.FIQ]) == (0, 1)
    bench.write("GICC_CTLR", 3)
    assert (bench.lines[0][OutLine.IRQ], bench.lines[0][OutLine.FIQ]) == (1, 0)
