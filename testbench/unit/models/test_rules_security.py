"""Rules of two Security states, extended INTIDs and superpriority (R2 to R6, R26, R76, R77)."""

from __future__ import annotations

import pytest

from irqpath.config.sizes import FIRST_EPPI, FIRST_ESPI, FIRST_LPI, SPURIOUS, GicConfig, VirtualConfig
from irqpath.core.errors import ArchError
from irqpath.core.transactions import OutLine, PeState
from irqpath_testbench.sequences.fields import PTZ
from irqpath_testbench.tools.faults.injection import Lib, models
from unit.models.drive import PEND, PROP, sgir
from unit.models.rule_tests import rule
from unit.models.secure_drive import SecureBench

IRQ, FIQ = (1, 0), (0, 1)


def lines(bench: SecureBench, pe: int = 0) -> tuple[int, int]:
    """nIRQ and nFIQ."""
    return bench.lines[pe][OutLine.IRQ], bench.lines[pe][OutLine.FIQ]


@rule("R2", faults=("nonsecure-priority-whole", "nonsecure-priority-of-secure-half-hidden", "nonsecure-priority-upper-half"))
def test_nonsecure_view_of_priorities(lib: Lib) -> None:
    """A read shows the lower half as a whole, a write stays in it; priorities of hidden interrupts are RAZ/WI."""
    bench = SecureBench(lib, security=True)
    bench.reg("GICD_IGROUPR1", 0b1110)
    bench.reg("GICD_IPRIORITYR8", 0x40_80_B0_F8)
    assert bench.reg("GICD_IPRIORITYR8", secure=False) == 0x80_00_60_00
    bench.reg("GICD_IPRIORITYR8", 0x40_80_60_F0, secure=False)
    assert bench.reg("GICD_IPRIORITYR8") == 0xA0_C0_B0_F8
    bench.reg("GICR_IGROUPR0", 1)
    bench.reg("GICR_IPRIORITYR0", 0xF8_F8)
    assert bench.reg("GICR_IPRIORITYR0", secure=False) == 0xF0
    bench.reg("GICR_IPRIORITYR0", 0x78_78)
    assert bench.reg("GICR_IPRIORITYR0", secure=False) == 0xF0, "Secure software may put it into its half"


@rule("R3", faults=("secure-spis-shown", "secure-spis-changed", "nsacr-ignored", "nsacr-grants-all"))
def test_secure_spis_are_hidden_unless_nsacr_grants(lib: Lib) -> None:
    bench = SecureBench(lib, security=True)
    bench.group(33, 1)
    arrays = (("ISENABLER", "ICENABLER", 4), ("ISPENDR", "ICPENDR", 1), ("ISACTIVER", "ICACTIVER", 4))
    for setter, clearer, level in arrays:
        for granted in range(4):
            bench.reg("GICD_NSACR2", granted)
            bench.reg(f"GICD_{clearer}1", 3)
            bench.reg(f"GICD_{setter}1", 3, secure=False)
            assert bench.reg(f"GICD_{setter}1") == 2 | (granted >= level), (setter, granted)
            bench.reg(f"GICD_{setter}1", 3)
            seen = bench.reg(f"GICD_{clearer}1", secure=False)
            bench.reg(f"GICD_{clearer}1", 3, secure=False)
            may_clear = level == 1 and granted >= 2
            assert bench.reg(f"GICD_{clearer}1") == (0 if may_clear else 1), (clearer, granted)
            assert seen == (3 if granted >= 2 and setter != "ISENABLER" else 2)
    for granted in range(4):
        bench.reg("GICD_NSACR2", granted)
        bench.reg("GICD_IROUTER32", 0)
        bench.reg("GICD_IROUTER32", 5, secure=False)
        assert bench.reg("GICD_IROUTER32") == (5 if granted == 3 else 0)
        bench.reg("GICD_ICPENDR1", 3)
        bench.reg("GICD_SETSPI_NSR", 32, secure=False)
        bench.reg("GICD_CLRSPI_SR", 32, secure=False)
        bench.reg("GICD_ICFGR2", 2)
        bench.reg("GICD_SETSPI_NSR", 32, secure=False)
        assert bench.reg("GICD_ISPENDR1") & 1 == (granted >= 1)
        bench.reg("GICD_CLRSPI_SR", 32)
        assert bench.reg("GICD_ISPENDR1") & 1 == 0
        bench.reg("GICD_ICFGR2", 0)
    for name in ("GICD_IGROUPR1", "GICD_IGRPMODR1", "GICD_NSACR2"):
        before = bench.reg(name)
        bench.reg(name, 0xFFFF_FFFF, secure=False)
        assert (bench.reg(name, secure=False), bench.reg(name)) == (0, before)


@rule("R4", faults=("gicr-consults-nsacr", "gicr-shows-secure"))
def test_redistributors_do_not_consult_nsacr(lib: Lib) -> None:
    bench = SecureBench(lib, security=True)
    bench.reg("GICR_NSACR", 0xFFFF_FFFF)
    bench.group(1, 1)
    bench.reg("GICR_ISPENDR0", 0b11, secure=False)
    assert bench.reg("GICR_ISPENDR0") == 0b10
    bench.reg("GICR_ISPENDR0", 0b11)
    assert bench.reg("GICR_ISPENDR0", secure=False) == 0b10
    bench.reg("GICR_WAKER", 0, secure=False)
    assert bench.reg("GICR_WAKER") & 2
    assert bench.reg("GICR_WAKER", secure=False) == 0


@rule("R5", faults=("grpmod-with-one-state",))
def test_one_security_state_has_no_group_modifier(lib: Lib) -> None:
    for nmi in (False, True):
        bench = SecureBench(lib, nmi=nmi)
        for name in ("GICD_IGRPMODR1", "GICD_NSACR2", "GICR_IGRPMODR0", "GICR_NSACR"):
            bench.reg(name, 0xFFFF_FFFF)
            assert bench.reg(name) == 0


@rule("R6", faults=("reserved-group-is-secure",))
def test_reserved_group_is_nonsecure_group_1(lib: Lib) -> None:
    bench = SecureBench(lib, security=True).secure_boot()
    bench.reg("GICD_IGROUPR1", 1)
    bench.reg("GICD_IGRPMODR1", 1)
    bench.at(1)
    bench.drive(32, 1)
    assert lines(bench) == IRQ
    assert bench.ack() == 32


@rule("R10", faults=("secure-group-1-irq-everywhere", "nonsecure-group-1-irq-everywhere", "group-0-not-fiq"))
def test_irq_or_fiq_by_group_and_state(lib: Lib) -> None:
    """Group 0 always FIQ; Group 1 IRQ where it belongs to the Security state, FIQ elsewhere and at EL3."""
    bench = SecureBench(lib, security=True).secure_boot()
    for group, secure_el1, nonsecure_el1, el3 in ((0, FIQ, FIQ, FIQ), (1, FIQ, IRQ, FIQ), (2, IRQ, FIQ, FIQ)):
        bench.group(32, group)
        bench.drive(32, 1)
        assert lines(bench.at(1, secure=True)) == secure_el1
        assert lines(bench.at(1)) == nonsecure_el1
        assert lines(bench.at(3)) == el3
        bench.drive(32, 0)


@rule("R10", faults=("iar1-of-other-state", "iar0-at-el3-plain", "hppir-of-disabled-group"))
def test_what_each_state_acknowledges(lib: Lib) -> None:
    """IAR1 gives each Security state its own Group 1; IAR0 is Secure's, and tells EL3 whose interrupt another one is."""
    bench = SecureBench(lib, security=True).secure_boot()
    for group, expected in (
        (0, {(1, False): (SPURIOUS, SPURIOUS), (1, True): (32, SPURIOUS), (3, True): (32, SPURIOUS)}),
        (1, {(1, False): (SPURIOUS, 32), (1, True): (SPURIOUS, SPURIOUS), (3, True): (1021, 32)}),
        (2, {(1, False): (SPURIOUS, SPURIOUS), (1, True): (SPURIOUS, 32), (3, True): (1020, 32)}),
    ):
        bench.group(32, group)
        bench.drive(32, 1)
        for (el, secure), shown in expected.items():
            bench.at(el, secure=secure)
            assert (bench.mrs("ICC_HPPIR0_EL1"), bench.mrs("ICC_HPPIR1_EL1")) == shown, (group, el, secure)
        bench.at(1, secure=group != 1)
        assert bench.mrs(f"ICC_IAR{min(group, 1)}_EL1") == 32
        bench.drive(32, 0)
        bench.msr(f"ICC_EOIR{min(group, 1)}_EL1", 32)
    assert not bench.found
    blocking = SecureBench(lib, lib.Policy(disabled_group_blocks=True), security=True).secure_boot()
    blocking.group(32, 2)
    blocking.drive(32, 1)
    assert blocking.at(3, secure=True).mrs("ICC_HPPIR1_EL1") == 32
    blocking.msr("ICC_IGRPEN1_EL3", 1)
    assert blocking.mrs("ICC_HPPIR1_EL1") == SPURIOUS


@rule("R14", faults=("nonsecure-ends-secure", "secure-ends-nonsecure"))
def test_end_of_interrupt_by_the_wrong_state(lib: Lib) -> None:
    bench = SecureBench(lib, security=True).secure_boot()
    for group in (1, 2):
        bench.group(32, group)
        bench.drive(32, 1)
        bench.at(1, secure=group == 2)
        assert bench.ack() == 32
        bench.at(1, secure=group == 1)
        bench.msr("ICC_EOIR1_EL1", 32)
        assert bench.found == [ArchError.EOIR_WRONG_GROUP] * group
        assert bench.at(3, secure=True).mrs("ICC_RPR_EL1") == 0xA0
        bench.drive(32, 0)
        bench.at(1, secure=group == 2).msr("ICC_EOIR1_EL1", 32)
        assert bench.at(3, secure=True).mrs("ICC_RPR_EL1") == 0xFF


@rule("R15", faults=("nonsecure-deactivates-secure",))
def test_nonsecure_software_deactivates_its_own_only(lib: Lib) -> None:
    bench = SecureBench(lib, security=True).secure_boot()
    bench.group(32, 1)
    for intid in (5, 32, 33):
        name = "GICR_ISACTIVER0" if intid < 32 else "GICD_ISACTIVER1"
        bench.reg(name, 1 << intid % 32)
        bench.at(1).msr("ICC_CTLR_EL1", 2)
        bench.msr("ICC_DIR_EL1", intid)
        assert bench.reg(name) >> intid % 32 & 1 == (intid != 32), intid
        bench.at(1, secure=True).msr("ICC_CTLR_EL1", 2)
        bench.msr("ICC_DIR_EL1", intid)
        assert bench.reg(name) >> intid % 32 & 1 == 0


@rule("R11", "R12", faults=("bpr1-not-banked", "secure-bpr1-minimum", "secure-cbpr-plus-one"))
def test_banked_binary_points(lib: Lib) -> None:
    bench = SecureBench(lib, security=True)
    for secure, least in ((True, 2), (False, 3)):
        bench.at(1, secure=secure).msr("ICC_BPR1_EL1", 0)
        assert bench.mrs("ICC_BPR1_EL1") == least
    bench.at(1, secure=True).msr("ICC_BPR1_EL1", 5)
    assert bench.at(1).mrs("ICC_BPR1_EL1") == 3
    bench.at(3, secure=True).msr("ICC_CTLR_EL3", 0b11)
    bench.msr("ICC_BPR0_EL1", 4)
    assert bench.at(1, secure=True).mrs("ICC_BPR1_EL1") == 4
    assert bench.at(1).mrs("ICC_BPR1_EL1") == 5
    bench.msr("ICC_BPR1_EL1", 7)
    assert bench.mrs("ICC_BPR1_EL1") == 5
    bench.at(1, secure=True).msr("ICC_BPR1_EL1", 6)
    assert bench.mrs("ICC_BPR0_EL1") == 6


@rule("R26", "D6", faults=("lpi-priority-raw",))
def test_lpis_lie_in_the_nonsecure_half(lib: Lib) -> None:
    """The priority of the configuration table is the Non-secure view: a Secure interrupt of 0x78 goes first."""
    bench = SecureBench(lib, security=True, lpis=True, direct_lpi=True).secure_boot()
    bench.reg("GICR_PROPBASER", PROP | 14)
    bench.reg("GICR_PENDBASER", PEND | PTZ)
    bench.reg("GICR_CTLR", 1)
    bench.memory.write(PROP, 1, 0x20 | 1)
    bench.reg("GICR_SETLPIR", FIRST_LPI)
    bench.reg("GICD_IPRIORITYR8", 0x78)
    bench.drive(32, 1)
    bench.at(3, secure=True)
    assert bench.mrs("ICC_HPPIR0_EL1") == 32
    assert bench.mrs("ICC_IAR0_EL1") == 32
    bench.drive(32, 0)
    bench.msr("ICC_EOIR0_EL1", 32)
    assert bench.at(1).ack() == FIRST_LPI
    assert bench.at(3, secure=True).mrs("ICC_RPR_EL1") == 0x90


@rule("R76", faults=("sgi-nsacr-ignored", "sgi-asks-wrong-group", "sgi1r-not-to-group-0"))
def test_the_target_permits_sgis(lib: Lib) -> None:
    """Register, Security state, group at the target, GICR_NSACR: all combinations (IHI 0069 12.1)."""
    permitted = {
        ("SGI0R", True): {0: 0},
        ("SGI1R", True): {0: 0, 2: 0},
        ("ASGI1R", True): {1: 0},
        ("SGI0R", False): {0: 1},
        ("SGI1R", False): {1: 0},
        ("ASGI1R", False): {0: 1, 2: 2},
    }
    bench = SecureBench(lib, security=True).secure_boot()
    for (register, secure), groups in permitted.items():
        for group in range(3):
            bench.group(3, group)
            for nsacr in range(4):
                bench.reg("GICR_NSACR", nsacr << 6)
                bench.reg("GICR_ICPENDR0", 0xFFFF)
                bench.at(1, secure=secure)
                bench.msr(f"ICC_{register}_EL1", sgir(3, 1))
                expected = group in groups and nsacr >= groups[group]
                assert bool(bench.reg("GICR_ISPENDR0") >> 3 & 1) is expected, (register, secure, group, nsacr)


@rule("R77", faults=("pmr-view-without-shift", "pmr-leaves-its-half", "rpr-view-whole"))
def test_nonsecure_views_of_pmr_and_rpr(lib: Lib) -> None:
    """With SCR_EL3.FIQ set, Non-secure software below EL3 sees the lower half only."""
    bench = SecureBench(lib, security=True).secure_boot()
    bench.at(3, secure=True).msr("ICC_PMR_EL1", 0xB0)
    assert bench.at(1).mrs("ICC_PMR_EL1") == 0xB0
    bench.at(1, fiq=True)
    assert bench.mrs("ICC_PMR_EL1") == 0x60
    bench.msr("ICC_PMR_EL1", 0x80)
    assert bench.at(3, secure=True).mrs("ICC_PMR_EL1") == 0xC0
    bench.msr("ICC_PMR_EL1", 0x40)
    bench.at(1, fiq=True).msr("ICC_PMR_EL1", 0x80)
    assert bench.mrs("ICC_PMR_EL1") == 0
    assert bench.at(3, secure=True).mrs("ICC_PMR_EL1") == 0x40
    bench.msr("ICC_PMR_EL1", 0xFF)
    assert bench.at(1, fiq=True).mrs("ICC_RPR_EL1") == 0xFF
    bench.group(32, 1)
    bench.drive(32, 1)
    assert bench.ack() == 32
    assert bench.mrs("ICC_RPR_EL1") == 0x40
    assert bench.at(1).mrs("ICC_RPR_EL1") == 0xA0


def test_traps_to_el3() -> None:
    """SCR_EL3.IRQ and FIQ take the registers of their interrupts to EL3; the common ones when both are set."""
    bench = SecureBench(models(), security=True)
    cases = ((1, "ok", "ok", "ok"), (3, "ok", "EL3", "ok"), (5, "EL3", "ok", "ok"), (7, "EL3", "EL3", "EL3"))
    for scr, group0, group1, common in cases:
        bench.send("gicc0.sys", PeState(1, 0, scr))
        assert bench.access("ICC_IAR0_EL1") == group0
        assert bench.access("ICC_IAR1_EL1") == group1
        assert bench.access("ICC_PMR_EL1") == common
        assert bench.access("ICC_CTLR_EL3") == "UNDEFINED"


@pytest.mark.parametrize("security", [False, True])
def test_extended_spis_and_ppis(security: bool) -> None:
    """The first and the last of each range: enabled, routed, prioritised, taken, ended."""
    bench = SecureBench(models(), security=security, espis=64, eppis=64, pes=2).secure_boot_if(security)
    for intid, block, element, first in (
        (FIRST_ESPI, "GICD", 0, FIRST_ESPI),
        (FIRST_ESPI + 63, "GICD", 1, FIRST_ESPI),
        (FIRST_EPPI, "GICR", 0, FIRST_EPPI),
        (FIRST_EPPI + 63, "GICR", 1, FIRST_EPPI),
    ):
        bit, offset = 1 << intid % 32, intid - first
        bench.reg(f"{block}_IGROUPRE{element}", bit, 1)
        bench.reg(f"{block}_IPRIORITYRE{offset // 4}", 0xC0 << 8 * (offset % 4), 1)
        bench.reg(f"{block}_ISENABLERE{element}", bit, 1)
        if block == "GICD":
            bench.reg(f"GICD_IROUTERE{offset}", bench.config.affinities[1])
        if security:
            bench.at(1, pe=1)
        bench.drive(intid, 1, 1)
        assert bench.reg(f"{block}_ISPENDRE{element}", pe=1) == bit
        assert lines(bench, 1) == IRQ
        assert bench.ack(1) == intid
        assert bench.reg(f"{block}_ISACTIVERE{element}", pe=1) == bit
        bench.drive(intid, 0, 1)
        bench.eoi(intid, 1)
        assert bench.reg(f"{block}_ISACTIVERE{element}", pe=1) == 0
    assert not bench.found


@pytest.mark.parametrize("security", [False, True])
def test_messages_reach_extended_spis(security: bool) -> None:
    """GICD_SETSPI_NSR.INTID has 13 bits: edge and level, the first and the last, and none beyond."""
    bench = SecureBench(models(), security=security, espis=64).secure_boot_if(security)
    for n in (0, 1):
        bench.reg(f"GICD_IGROUPRE{n}", 0xFFFF_FFFF)
        bench.reg(f"GICD_ISENABLERE{n}", 0xFFFF_FFFF)
        for k in range(8):
            bench.reg(f"GICD_IPRIORITYRE{8 * n + k}", 0xA0A0_A0A0)
    if security:
        bench.at(1)
    for intid in (FIRST_ESPI, FIRST_ESPI + 63):
        word = (intid - FIRST_ESPI) // 16
        bench.reg("GICD_SETSPI_NSR", intid, secure=False)
        assert bench.ack() == intid
        bench.eoi(intid)
        assert bench.ack() == intid, "level-sensitive: until GICD_CLRSPI_NSR"
        bench.reg("GICD_CLRSPI_NSR", intid, secure=False)
        bench.eoi(intid)
        assert bench.ack() == SPURIOUS
        bench.reg(f"GICD_ICENABLERE{word // 2}", 0xFFFF_FFFF)
        bench.reg(f"GICD_ICFGRE{word}", 0xAAAA_AAAA)
        bench.reg(f"GICD_ISENABLERE{word // 2}", 0xFFFF_FFFF)
        bench.reg("GICD_SETSPI_NSR", intid, secure=False)
        assert bench.take() == [intid]
    bench.reg("GICD_SETSPI_NSR", FIRST_ESPI + 64, secure=False)
    assert bench.ack() == SPURIOUS
    assert not bench.found


@pytest.mark.parametrize("acknowledge", ["nmiar", "iar"])
def test_superpriority(acknowledge: str) -> None:
    """It ranks before every priority, no mask hides it, and nothing preempts it."""
    lib = models()
    bench = SecureBench(lib, lib.Policy(nmi_acknowledge=acknowledge), nmi=True).secure_boot_if(False)  # type: ignore[arg-type]  # one of two
    bench.reg("GICD_IGROUPR1", 0xFFFF_FFFF)
    bench.reg("GICD_ISENABLER1", 0xFFFF_FFFF)
    bench.reg("GICD_IPRIORITYR8", 0x20_00_F0_80)
    bench.reg("GICD_INMIR1", 0b10)
    bench.drive(32, 1)
    assert bench.ack() == 32
    bench.msr("ICC_PMR_EL1", 0)
    bench.drive(34, 1)
    bench.drive(33, 1)
    assert lines(bench) == IRQ
    if acknowledge == "nmiar":
        assert bench.ack() == 1022
        assert bench.mrs("ICC_NMIAR1_EL1") == 33
    else:
        assert bench.ack() == 33
    bench.msr("ICC_PMR_EL1", 0xFF)
    assert lines(bench) == (0, 0)
    assert bench.mrs("ICC_RPR_EL1") == 1 << 63
    bench.drive(33, 0)
    bench.eoi(33)
    assert bench.mrs("ICC_NMIAR1_EL1") == SPURIOUS
    assert bench.ack() == 34
    assert not bench.found


def test_identity_with_security_and_extended_ranges() -> None:
    config = GicConfig(security=True, espis=1024, eppis=64, nmi=True, virtual=VirtualConfig(nmi=True))
    assert config.gicd_typer >> 8 & 7 == 0b111
    assert config.gicd_typer >> 27 == 31
    assert config.gicr_typer(0) >> 27 & 0x1F == 2
