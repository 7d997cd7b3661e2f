"""Registers that a GICv3.0 with one Security state does not have, bit by bit: extended ranges, superpriority, active priorities
of all levels, every List register, aliases between Security states and Exception levels, the vPE table of GICv4.1."""

from __future__ import annotations

import pytest

from irqpath.config.sizes import GicConfig, VirtualConfig
from irqpath.regs import EPPI, ESPI, Register
from irqpath_testbench.tools.faults.injection import models
from unit.models.gicv2_drive import Gicv2Bench
from unit.models.gicv4_drive import Gicv4Bench
from unit.models.secure_drive import SecureBench
from unit.models.virtual_drive import BOTH, PENDING, VirtualBench, lr

_PATTERNS = (0xFFFF_FFFF_FFFF_FFFF, 0xA5A5_5A5A_C33C_3CC3, 0)
_ESPIS, _EPPIS = 64, 32
#: What of a register keeps what is written, for interrupts that are there: 5 priority bits, triggers, an affinity.
_KEPT = {
    "IPRIORITYR": 0xF8F8_F8F8,
    "ICFGR": 0xAAAA_AAAA,
    "IROUTER": 0x80FF_FFFF,  # Aff3 is not there: GICD_TYPER.A3V is 0
}


def _bench(*, security: bool, aff3: bool = False) -> SecureBench:
    return SecureBench(models(), security=security, espis=_ESPIS, eppis=_EPPIS, nmi=True, aff3_valid=aff3)


def _kind(register: Register) -> str:
    """IPRIORITYR of GICD_IPRIORITYRE."""
    return register.name.partition("_")[2].rstrip("E0")


def _there(register: Register) -> int:
    """How many elements belong to interrupts that are there."""
    private = register.name.startswith("GICR")
    interrupts = (_EPPIS if private else _ESPIS) if register.name.endswith("E") else 32
    per_element = {"IPRIORITYR": 4, "ICFGR": 16, "NSACR": 16, "IROUTER": 1}.get(_kind(register), 32)
    return interrupts // per_element


def _all_in_group1(bench: SecureBench) -> None:
    bench.reg("GICR_IGROUPR0", 0xFFFF_FFFF)
    bench.reg("GICR_IGROUPRE0", 0xFFFF_FFFF)
    for n in range(1, bench.config.spis // 32 + 1):
        bench.reg(f"GICD_IGROUPR{n}", 0xFFFF_FFFF)
    for n in range(_ESPIS // 32):
        bench.reg(f"GICD_IGROUPRE{n}", 0xFFFF_FFFF)


def _storing() -> list[Register]:
    """Registers that keep what is written; the pairs that set and clear have a test of their own."""
    return [r for r in (*ESPI.registers, *EPPI.registers) if not _kind(r).startswith(("IS", "IC")) or _kind(r) == "ICFGR"]


@pytest.mark.parametrize("security", [False, True], ids=["DS=1", "DS=0"])
@pytest.mark.parametrize("register", _storing(), ids=lambda r: r.name)
def test_registers_of_extended_ranges_keep_what_is_written(register: Register, security: bool) -> None:
    """As the registers of INTIDs below 1020 do; IGRPMODR and NSACR are RAZ/WI with one Security state, elements beyond the
    interrupts that are there always (DDI 0601, GICD_*E; R5)."""
    bench = _bench(security=security)
    kept = _KEPT.get(_kind(register), 0xFFFF_FFFF)
    if not security and _kind(register) in ("IGRPMODR", "NSACR"):
        kept = 0
    if _kind(register) == "INMIR":  # RES0 for interrupts of Group 0
        _all_in_group1(bench)
    if register.name == "GICD_INMIR":  # element 0 is GICR_INMIR0's
        first, there = 1, bench.config.spis // 32
    else:
        first, there = register.first, _there(register)
    for index in (first, first + there - 1, first + there):
        if index >= register.first + register.count:
            continue
        name = register.element_name(index)
        for pattern in _PATTERNS:
            value = pattern & ((1 << register.width_bits) - 1)
            bench.reg(name, value)
            assert bench.reg(name) == (value & kept if index < first + there else 0), name


@pytest.mark.parametrize("aff3", [False, True])
def test_routes_of_extended_spis_have_aff3_where_affinities_do(aff3: bool) -> None:
    """GICD_TYPER.A3V (DDI 0601, GICD_IROUTER<n>E)."""
    bench = _bench(security=False, aff3=aff3)
    for value in (0xA5_0001_0203, 0x5A_0000_0000):
        bench.reg("GICD_IROUTERE63", value)
        assert bench.reg("GICD_IROUTERE63") == (value if aff3 else value & 0xFFFF_FFFF)


@pytest.mark.parametrize("security", [False, True], ids=["DS=1", "DS=0"])
@pytest.mark.parametrize("what", ["ENABLER", "PENDR", "ACTIVER"])
@pytest.mark.parametrize("block", ["GICD", "GICR"])
def test_set_and_clear_registers_of_extended_ranges(block: str, what: str, security: bool) -> None:
    """One sets, one clears, both show (DDI 0601, GICD_ISENABLER<n>E and its kin)."""
    bench = _bench(security=security)
    s, c = (f"{block}_I{letter}{what}{'E'}0" for letter in "SC")
    for name, value, state in ((s, 0x8000_FF01, 0x8000_FF01), (c, 0xF01, 0x8000_F000), (s, 2, 0x8000_F002), (c, 0, 0x8000_F002)):
        bench.reg(name, value)
        assert (bench.reg(s), bench.reg(c)) == (state, state)
    bench.reg(c, 0xFFFF_FFFF)
    assert bench.reg(s) == 0


def _wide(bits: int) -> VirtualBench:
    """A PE with all priority bits, physical and virtual."""
    virtual = VirtualConfig(list_registers=16, priority_bits=8, preemption_bits=bits)
    return VirtualBench(models(), GicConfig(lpis=False, its=(), priority_bits=8, virtual=virtual))


@pytest.mark.parametrize("group", [0, 1])
def test_every_level_of_active_priority(group: int) -> None:
    """With 8 priority bits 128 levels nest: an acknowledgement sets the level's bit of ICC_AP<x>R<n>_EL1, an end drops the
    highest (R13)."""
    bench = _wide(7)
    bench.msr("ICC_PMR_EL1", 0xFF)
    bench.write("GICD_CTLR", 3)
    bench.write("GICR_WAKER", 0)
    bench.write("GICR_IGROUPR0", 0xFFFF_FFFF * group)
    bench.write("GICR_ISENABLER0", 0xFFFF_FFFF)
    bench.msr("ICC_IGRPEN0_EL1", 1)
    bench.msr("ICC_IGRPEN1_EL1", 1)
    bench.msr(f"ICC_BPR{group}_EL1", 0)
    levels = 0
    for level in range(126, -1, -1):  # the lowest of 128 is the idle priority
        bench.write("GICR_ICACTIVER0", 1)
        bench.write("GICR_IPRIORITYR0", level << 1)
        bench.write("GICR_ISPENDR0", 1)
        assert bench.mrs(f"ICC_IAR{group}_EL1") == 0
        levels |= 1 << level
        assert _active(bench, f"ICC_AP{group}R", "EL1") == levels
        assert bench.mrs("ICC_RPR_EL1") == level << 1
    for level in range(127):
        assert bench.mrs("ICC_RPR_EL1") == level << 1
        bench.msr(f"ICC_EOIR{group}_EL1", 0)
        levels &= ~(1 << level)
        assert _active(bench, f"ICC_AP{group}R", "EL1") == levels
    assert bench.mrs("ICC_RPR_EL1") == 0xFF
    for n in (3, 2, 1, 0):  # software that saves and restores a PE puts levels back
        bench.msr(f"ICC_AP{group}R{n}_EL1", 0x8000_0100)
        assert bench.mrs(f"ICC_AP{group}R{n}_EL1") == 0x8000_0100
        assert bench.mrs("ICC_RPR_EL1") == (32 * n + 8) << 1
    for n in range(4):
        bench.msr(f"ICC_AP{group}R{n}_EL1", 0)
    assert bench.mrs("ICC_RPR_EL1") == 0xFF


def _active(bench: VirtualBench, name: str, level: str) -> int:
    return sum(bench.mrs(f"{name}{n}_{level}") << 32 * n for n in range(4))


@pytest.mark.parametrize("group", [0, 1])
def test_every_level_of_virtual_active_priority(group: int) -> None:
    """The same for a guest; the hypervisor sees the levels in ICH_AP<x>R<n>_EL2 and can put them back (IHI 0069 6)."""
    bench = _wide(7)
    bench.virtual_boot()
    bench.guest_write(f"ICC_BPR{group}_EL1", 0)
    levels = 0
    for level in range(126, -1, -1):
        bench.msr("ICH_LR0_EL2", lr(40 + level, level << 1, group=group))
        assert bench.guest_ack(group=group) == 40 + level
        levels |= 1 << level
        assert _active(bench, f"ICH_AP{group}R", "EL2") == levels
        assert sum(bench.guest_read(f"ICC_AP{group}R{n}_EL1") << 32 * n for n in range(4)) == levels
        assert bench.guest_read("ICC_RPR_EL1") == level << 1
    for n in (3, 2, 1, 0):
        bench.msr(f"ICH_AP{group}R{n}_EL2", 0x4000_0010)
        assert bench.mrs(f"ICH_AP{group}R{n}_EL2") == 0x4000_0010
    assert bench.guest_read("ICC_RPR_EL1") == 4 << 1
    for n in range(4):
        bench.msr(f"ICH_AP{group}R{n}_EL2", 0)
    assert bench.guest_read("ICC_RPR_EL1") == 0xFF
    for n in range(4):
        bench.guest_write(f"ICC_AP{group}R{n}_EL1", 0x4000_0010)
        assert bench.guest_read(f"ICC_AP{group}R{n}_EL1") == 0x4000_0010
        bench.guest_write(f"ICC_AP{group}R{n}_EL1", levels >> 32 * n & 0xFFFF_FFFF)
        assert bench.mrs(f"ICH_AP{group}R{n}_EL2") == levels >> 32 * n & 0xFFFF_FFFF
    bench.msr("ICH_LR0_EL2", 0)
    bench.guest_eoi(40, group=group)
    assert bench.guest_read("ICC_RPR_EL1") == 2  # the highest level was dropped


@pytest.mark.parametrize("n", range(16))
def test_every_list_register_ends_a_physical_interrupt(n: int) -> None:
    """HW = 1 in any List register: its own pINTID is deactivated, and no other (R52); its fields read as written."""
    bench = _wide(5)
    bench.boot()
    physical = 32 + n
    for intid in (physical, 48):
        bench.write(f"GICD_ISACTIVER{intid // 32}", 1 << intid % 32)
    value = lr(0xC8 + n, 0x58, physical=physical)
    bench.virtual_boot()
    bench.msr(f"ICH_LR{n}_EL2", value)
    assert bench.mrs(f"ICH_LR{n}_EL2") == value
    assert bench.guest_ack() == 0xC8 + n
    assert bench.read("GICD_ISACTIVER1") == 1 << n | 1 << 16
    bench.guest_eoi(0xC8 + n)
    assert bench.read("GICD_ISACTIVER1") == 1 << 16
    assert bench.mrs(f"ICH_LR{n}_EL2") >> 62 == 0


@pytest.mark.parametrize("n", range(16))
def test_every_list_register_may_hold_a_virtual_nmi(n: int) -> None:
    """ICH_LR<n>_EL2.NMI is there with FEAT_GICv3_NMI, and RES0 without it (DDI 0601, ICH_LR<n>_EL2)."""
    for nmi in (False, True):
        virtual = VirtualConfig(list_registers=16, nmi=nmi)
        bench = SecureBench(models(), nmi=nmi, security=True, virtual=virtual).at(2)
        for written in (lr(40, state=PENDING) | 1 << 59, lr(40, state=BOTH)):
            bench.msr(f"ICH_LR{n}_EL2", written)
            assert bench.mrs(f"ICH_LR{n}_EL2") == (written if nmi else written & ~(1 << 59))


def test_icc_ctlr_el3_shows_the_banked_registers_of_el1() -> None:
    """CBPR and EOImode of both copies of ICC_CTLR_EL1, and PMHE, are written at EL3; at EL1 EOImode is too, and CBPR is read-only
    with two Security states (DDI 0601, ICC_CTLR_EL1 and ICC_CTLR_EL3)."""
    bench = SecureBench(models(), security=True)
    #: bit of ICC_CTLR_EL3, bit of ICC_CTLR_EL1, Secure copy, can be written there
    aliases = ((0, 0, True, False), (1, 0, False, False), (3, 1, True, True), (4, 1, False, True))
    for high, low, secure, writable in aliases:
        for value in (1, 0):
            bench.at(3, secure=True).msr("ICC_CTLR_EL3", value << high)
            assert bench.mrs("ICC_CTLR_EL3") >> high & 1 == value
            assert bench.at(1, secure=secure).mrs("ICC_CTLR_EL1") >> low & 1 == value
            assert bench.at(1, secure=not secure).mrs("ICC_CTLR_EL1") >> low & 1 == 0
        bench.at(1, secure=secure).msr("ICC_CTLR_EL1", 1 << low)
        assert bench.at(3, secure=True).mrs("ICC_CTLR_EL3") & 0b11011 == writable << high
        bench.at(1, secure=secure).msr("ICC_CTLR_EL1", 0)
    for value in (1, 0):
        bench.at(3, secure=True).msr("ICC_CTLR_EL3", value << 6)
        assert bench.mrs("ICC_CTLR_EL3") >> 6 & 1 == value


def test_secure_software_sees_eoimode_of_both_states() -> None:
    """GICv2 with Security Extensions: GICC_CTLR.EOImodeS is bit 9, EOImodeNS bit 10; Non-secure software has the latter as its
    bit 9 (IHI 0048 4.4.1)."""
    bench = Gicv2Bench(models(), security=True)
    for ns in (1, 0):
        bench.write("GICC_CTLR", ns << 10)
        assert bench.read("GICC_CTLR") >> 9 & 0b11 == ns << 1
        assert bench.read("GICC_CTLR", secure=False) >> 9 & 0b11 == ns
    bench.write("GICC_CTLR", 1 << 9, secure=False)
    assert bench.read("GICC_CTLR") >> 9 & 0b11 == 0b10


def test_the_register_of_the_vpe_table_keeps_its_fields() -> None:
    """GICv4.1: GICR_VPROPBASER describes a table of vPEs; Entry_Size is read-only (DDI 0601, GICR_VPROPBASER)."""
    bench = Gicv4Bench(models(), v41=True)
    entry_size = 3 << 59
    kept = 0x7F | 7 << 7 | 3 << 10 | 0x000F_FFFF_FFFF_F000 | 1 << 52 | 3 << 53 | 1 << 55 | 7 << 56 | 1 << 63
    for pattern in _PATTERNS:
        bench.gicr(0, "GICR_VPROPBASER", pattern)
        assert bench.gicr(0, "GICR_VPROPBASER") == pattern & kept | entry_size
