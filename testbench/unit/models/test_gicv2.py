"""GICv2 beyond the rules: what each Security state sees of GICD and GICC, preemption, GICH and GICV, the message frame."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irqpath.config.gicv2 import Gicv2Config, V2mConfig, qemu_virt_gicv2
from irqpath.config.policy import QEMU
from irqpath.config.sizes import SPURIOUS, VirtualConfig
from irqpath.core.errors import ArchError, ConfigError
from irqpath.core.transactions import LineChange, OutLine, RegRead, RegReadData, Reset
from irqpath.gic.gicv2.registers import gicd_frame
from irqpath.gic.gicv2.virtual import pack_lr, unpack_lr
from irqpath_testbench.tools.faults.injection import models
from unit.models.gicv2_drive import ACKCTL, CBPR, EOIMODE, FIQEN, Gicv2Bench

VIRTUAL = VirtualConfig(id_bits=10, gicv2=True)


def bench_of(**config: Any) -> Gicv2Bench:
    return Gicv2Bench(models(), **config)


# --- Distributor --------------------------------------------------------------------------------------------------------


def test_identity() -> None:
    bench = bench_of(pes=3, spis=64, security=True, lockable_spis=5)
    assert bench.read("GICD_TYPER") == 2 | 2 << 5 | 1 << 10 | 5 << 11
    assert bench.read("GICD_PIDR2") == 0x2B
    assert gicd_offset("GICD_PIDR2") == 0xFE8
    assert bench.read("GICC_IIDR") >> 16 & 0xF == 2
    assert qemu_virt_gicv2(2).config.typer == 0x28


def gicd_offset(name: str) -> int:
    """Offset in the 4 KB frame of a GICv2."""
    return gicd_frame(False).element(name).offset


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"pes": 9}, "pes"),
        ({"spis": 33}, "spis"),
        ({"priority_bits": 4, "security": True}, "priority_bits"),
        ({"virtual": VirtualConfig()}, "virtual"),
        ({"v3": True, "lockable_spis": 1}, "lockable_spis"),
        ({"lockable_spis": 32}, "lockable_spis"),
        ({"security": True, "groups": False}, "security"),
    ],
)
def test_impossible_configurations(fields: dict[str, object], names: str) -> None:
    with pytest.raises(ConfigError, match=f"Gicv2Config.{names}"):
        Gicv2Config(**fields)  # type: ignore[arg-type]  # wrong on purpose


def test_targets() -> None:
    """SGIs and PPIs read as the accessing PE; with one PE all is RAZ/WI; PEs that do not exist are RAZ/WI (QEMU keeps them)."""
    bench = bench_of(pes=3)
    assert [bench.read("GICD_ITARGETSR0", pe) for pe in range(3)] == [0x0101_0101, 0x0202_0202, 0x0404_0404]
    bench.write("GICD_ITARGETSR8", 0xFFFF_FFFF)
    assert bench.read("GICD_ITARGETSR8") == 0x0707_0707
    qemu = Gicv2Bench(models(), QEMU, pes=3)
    qemu.write("GICD_ITARGETSR8", 0xFFFF_FFFF)
    assert qemu.read("GICD_ITARGETSR8") == 0xFFFF_FFFF
    alone = bench_of()
    alone.write("GICD_ITARGETSR8", 0xFFFF_FFFF)
    assert (alone.read("GICD_ITARGETSR8"), alone.read("GICD_ITARGETSR0")) == (0, 0)
    alone.boot().wire(40, 1)
    assert alone.ack() == 40


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("group", [0, 1])
def test_who_may_send_an_sgi(secure: bool, group: int) -> None:
    """Secure software names the group by NSATT; Non-secure software reaches Group 1, and Group 0 where NSACR grants it."""
    bench = bench_of(security=True).boot()
    bench.write("GICD_IGROUPR0", group << 5)
    for granted in range(4):
        bench.write("GICD_NSACR0", granted << 10)
        for nsatt in (0, 1):
            bench.write("GICD_CPENDSGIR1", 0xFF00)
            bench.sgi(5, 1, nsatt=nsatt, secure=secure)
            expected = group == nsatt if secure else bool(group or granted)
            assert bool(bench.read("GICD_ISPENDR0") >> 5 & 1) is expected


def test_nonsecure_view_of_the_enables() -> None:
    bench = bench_of(security=True)
    bench.write("GICD_CTLR", 0b11)
    assert (bench.read("GICD_CTLR"), bench.read("GICD_CTLR", secure=False)) == (3, 1)
    bench.write("GICD_CTLR", 0, secure=False)
    assert bench.read("GICD_CTLR") == 1
    bench.write("GICD_IGROUPR1", 5)
    bench.write("GICD_IGROUPR1", 0xFF, secure=False)
    assert (bench.read("GICD_IGROUPR1"), bench.read("GICD_IGROUPR1", secure=False)) == (5, 0)


def test_banked_registers() -> None:
    """SGIs and PPIs are each PE's own, SPIs shared."""
    bench = bench_of(pes=2).boot()
    bench.write("GICD_ICENABLER0", 1 << 20, 1)
    assert [bench.read("GICD_ISENABLER0", pe) >> 20 & 1 for pe in range(2)] == [1, 0]
    bench.wire(20, 1, 1)
    assert [bench.read("GICD_ISPENDR0", pe) >> 20 & 1 for pe in range(2)] == [0, 1]
    bench.write("GICD_ICENABLER1", 1, 1)
    assert bench.read("GICD_ISENABLER1", 0) & 1 == 0


def test_byte_accesses() -> None:
    bench = bench_of(pes=2)
    out = bench.send("gicd.reg", RegRead(0x400, 1))
    assert [t.value for _, t in out if isinstance(t, RegReadData)] == [0]
    out = bench.send("gicd.reg", RegRead(0x100, 1))
    assert [t.ok for _, t in out if isinstance(t, RegReadData)] == [False]


# --- CPU interface ------------------------------------------------------------------------------------------------------


def test_nonsecure_view_of_the_cpu_interface() -> None:
    """CTLR, PMR, BPR, RPR; the aliases are Secure software's."""
    bench = bench_of(security=True)
    bench.write("GICC_CTLR", 0b10 | CBPR | 0b11 << 7 | 1 << 10)
    assert bench.read("GICC_CTLR", secure=False) == 1 | 0b11 << 5 | 1 << 9
    bench.write("GICC_CTLR", 0, secure=False)
    assert bench.read("GICC_CTLR") == CBPR
    bench.write("GICC_BPR", 4)
    assert bench.read("GICC_BPR", secure=False) == 5
    bench.write("GICC_CTLR", 0)
    bench.write("GICC_BPR", 6, secure=False)
    assert (bench.read("GICC_ABPR"), bench.read("GICC_BPR", secure=False), bench.read("GICC_BPR")) == (6, 6, 4)
    bench.write("GICC_PMR", 0x80, secure=False)
    assert bench.read("GICC_PMR") == 0
    bench.write("GICC_PMR", 0x90)
    assert bench.read("GICC_PMR", secure=False) == 0x20
    bench.write("GICC_PMR", 0xF0, secure=False)
    assert bench.read("GICC_PMR") == 0xF8
    assert bench.read("GICC_RPR", secure=False) == 0xFF
    for name in ("GICC_ABPR", "GICC_AIAR", "GICC_AHPPIR", "GICC_NSAPR0"):
        assert bench.read(name, secure=False) == 0


def test_what_each_state_acknowledges() -> None:
    """Secure: Group 0, and 1022 for Group 1 without AckCtl; Non-secure and the alias: Group 1, and 1023 for Group 0."""
    bench = bench_of(security=True).boot()
    bench.wire(40, 1)
    assert bench.read("GICC_HPPIR") == 40
    assert bench.read("GICC_HPPIR", secure=False) == bench.read("GICC_IAR", secure=False) == SPURIOUS
    assert bench.read("GICC_AHPPIR") == bench.read("GICC_AIAR") == SPURIOUS
    assert bench.ack() == 40
    bench.write("GICC_EOIR", 40, secure=False)
    assert bench.found == [ArchError.EOIR_WRONG_GROUP]
    bench.wire(40, 0)
    bench.eoi(40)
    bench.write("GICD_IGROUPR1", 0xFFFF_FFFF)
    bench.wire(41, 1)
    assert bench.read("GICC_HPPIR") == bench.ack() == 1022
    assert bench.read("GICC_AHPPIR") == 41
    assert bench.read("GICC_AIAR") == 41
    assert bench.read("GICC_RPR", secure=False) == 0x40
    assert bench.read("GICC_APR0", secure=False) == 1 << (0xA0 - 0x80) // 8
    assert bench.read("GICC_NSAPR0") == 1 << 0xA0 // 8
    bench.wire(41, 0)
    bench.write("GICC_AEOIR", 41)
    assert bench.read("GICC_RPR") == 0xFF
    bench.write("GICC_CTLR", 3 | ACKCTL)
    bench.wire(41, 1)
    assert bench.ack() == 41


def test_preemption_and_split_end() -> None:
    """A higher group priority preempts; with EOImode the priority drops first, GICC_DIR deactivates."""
    bench = bench_of().boot(3 | EOIMODE)
    bench.write("GICD_IPRIORITYR10", 0x4048_80A0)
    bench.write("GICC_BPR", 3)
    for intid, line in ((40, 1), (41, 1), (43, 1), (42, 0)):
        bench.wire(intid, 1)
        assert bench.lines[0][OutLine.IRQ] == line
        if line:
            assert bench.ack() == intid
        else:
            assert bench.ack() == SPURIOUS
    for intid in (43, 42, 41, 40):
        if intid == 42:
            assert bench.ack() == 42
        bench.eoi(intid)
        assert bench.read("GICD_ISACTIVER1") >> intid % 32 & 1
        bench.wire(intid, 0)
        bench.write("GICC_DIR", intid)
        assert not bench.read("GICD_ISACTIVER1") >> intid % 32 & 1
    assert not bench.found
    bench.eoi(40)
    assert bench.found == [ArchError.EOIR_NOT_ACTIVE]
    bench.write("GICC_CTLR", 3)
    bench.write("GICC_DIR", 40)
    assert bench.found[1:] == [ArchError.DIR_WITHOUT_EOIMODE]


def test_group_enables_at_both_ends() -> None:
    """Distributor and CPU interface must both enable a group; one that is disabled here does not hide the other."""
    bench = bench_of().boot(3 | FIQEN)
    bench.write("GICD_IGROUPR1", 1)
    bench.write("GICD_IPRIORITYR8", 0x80_40)
    bench.wire(32, 1)
    bench.wire(33, 1)
    for register in ("GICD_CTLR", "GICC_CTLR"):
        bench.write(register, 1 | FIQEN if register == "GICC_CTLR" else 1)
        assert (bench.lines[0][OutLine.IRQ], bench.lines[0][OutLine.FIQ]) == (0, 1)
        bench.write(register, 3 | FIQEN if register == "GICC_CTLR" else 3)
        assert (bench.lines[0][OutLine.IRQ], bench.lines[0][OutLine.FIQ]) == (1, 0)


# --- message frame ------------------------------------------------------------------------------------------------------


def test_message_frame() -> None:
    """A write of an SPI of the frame is a pulse; others are ignored."""
    bench = bench_of(spis=64, v2m=V2mConfig(40, 8, 0x123)).boot()
    assert bench.read("V2M_MSI_TYPER") == 40 << 16 | 8
    assert bench.read("V2M_MSI_IIDR") == 0x123
    bench.write("GICD_ICFGR2", 0xFFFF_FFFF)
    for intid in (39, 48, 40, 47):
        bench.write("V2M_MSI_SETSPI_NS", intid)
    assert bench.take() == [40, 47]


# --- virtual interface --------------------------------------------------------------------------------------------------


@given(st.integers(0, (1 << 32) - 1))
def test_list_registers_in_both_layouts(value: int) -> None:
    """GICH_LR to the core's layout and back: all but what is reserved without HW."""
    kept = value & ~(7 << 20)
    if not value >> 31:
        source = value >> 10 & 7 if value & 0x3FF < 16 else 0
        kept = kept & ~(0x3FF << 10) | source << 10 | (value >> 19 & 1) << 19
    assert pack_lr(unpack_lr(value)) == kept


def virtual_bench(registers: int = 4) -> Gicv2Bench:
    bench = bench_of(pes=2, virtual=VirtualConfig(list_registers=registers, id_bits=10, gicv2=True)).boot()
    bench.write("GICH_HCR", 1)
    bench.write("GICH_VMCR", 0xF8 << 24 | 3)
    return bench


def lr32(intid: int, *, group: int = 0, priority: int = 0x14, eoi: int = 0, source: int = 0) -> int:
    """GICH_LR of a pending virtual interrupt without HW."""
    return group << 30 | 1 << 28 | priority << 23 | eoi << 19 | source << 10 | intid


def test_guest_of_a_gicv2() -> None:
    """GICV: acknowledge with the source of an SGI, AckCtl, the aliases, end with maintenance, DIR, and the state in GICH_VMCR."""
    bench = virtual_bench()
    bench.write("GICH_LR0", lr32(5, source=3, eoi=1))
    bench.write("GICH_LR1", lr32(40, group=1, priority=0x18))
    assert bench.read("GICV_HPPIR") == 3 << 10 | 5
    assert bench.read("GICV_AIAR") == SPURIOUS
    assert bench.read("GICV_IAR") == 3 << 10 | 5
    assert bench.read("GICV_RPR") == 0xA0
    bench.write("GICV_EOIR", 3 << 10 | 5)
    assert bench.read("GICH_EISR0") == 1
    assert bench.lines[0][OutLine.MAINTENANCE] == 1
    bench.write("GICH_LR0", 0)
    assert bench.lines[0][OutLine.MAINTENANCE] == 0
    assert bench.read("GICV_IAR") == 1022
    assert bench.read("GICV_AHPPIR") == 40
    bench.write("GICV_CTLR", 3 | ACKCTL | EOIMODE)
    assert bench.read("GICH_VMCR") & 0x3FF == 3 | ACKCTL | EOIMODE
    assert bench.read("GICV_IAR") == 40
    bench.write("GICV_AEOIR", 40)
    assert bench.read("GICH_LR1") >> 28 & 3 == 2
    bench.write("GICV_DIR", 40)
    assert bench.read("GICH_LR1") >> 28 & 3 == 0
    assert bench.read("GICH_ELSR0") == 0xF
    assert bench.lines[1][OutLine.VIRQ] == 0


@pytest.mark.parametrize(
    ("intid", "group", "other", "own"),
    [
        (1023, 0, "GICV_AIAR", "GICV_IAR"),
        (1022, 1, "GICV_IAR", "GICV_AIAR"),
    ],
)
def test_special_intid_in_a_list_register(intid: int, group: int, other: str, own: str) -> None:
    """The other group's register returns the same number without taking it."""
    bench = virtual_bench()
    bench.write("GICH_LR0", lr32(intid, group=group))
    assert bench.read(other) == intid
    assert bench.read("GICH_ELSR0") == 0xE
    assert bench.read(own) == intid
    assert bench.read("GICH_ELSR0") == 0xF
    assert bench.read("GICV_RPR") == 0xFF


def test_virtual_fiq_and_enables() -> None:
    bench = virtual_bench()
    bench.write("GICH_LR0", lr32(40))
    assert (bench.lines[0][OutLine.VIRQ], bench.lines[0][OutLine.VFIQ]) == (1, 0)
    bench.write("GICV_CTLR", 3 | FIQEN)
    assert (bench.lines[0][OutLine.VIRQ], bench.lines[0][OutLine.VFIQ]) == (0, 1)
    bench.write("GICV_PMR", 0x80)
    assert (bench.lines[0][OutLine.VIRQ], bench.lines[0][OutLine.VFIQ]) == (0, 0)
    bench.write("GICV_PMR", 0xFF)
    assert bench.read("GICV_PMR") == 0xF8
    bench.write("GICV_BPR", 0)
    bench.write("GICV_ABPR", 0)
    assert (bench.read("GICV_BPR"), bench.read("GICV_ABPR")) == (2, 3)
    bench.write("GICH_HCR", 0)
    assert bench.lines[0][OutLine.VFIQ] == 0


def test_sixty_four_list_registers() -> None:
    """The second words of EISR and ELSR; List registers that do not exist are RAZ/WI."""
    bench = virtual_bench(64)
    assert bench.read("GICH_VTR") & 0x3F == 63
    for n in range(64):
        bench.write(f"GICH_LR{n}", lr32(100 + n, priority=n % 31, eoi=1))
    assert (bench.read("GICH_ELSR0"), bench.read("GICH_ELSR1")) == (0, 0)
    for _ in range(64):
        bench.write("GICV_EOIR", bench.read("GICV_IAR"))
    assert (bench.read("GICH_EISR0"), bench.read("GICH_EISR1")) == (0xFFFF_FFFF, 0xFFFF_FFFF)
    few = virtual_bench()
    few.write("GICH_LR4", 0xFFFF_FFFF)
    assert few.read("GICH_LR4") == 0


def test_end_without_a_list_register() -> None:
    bench = virtual_bench()
    bench.write("GICH_APR", 1 << 20)
    bench.write("GICV_EOIR", 77)
    assert bench.read("GICH_HCR") >> 27 == 1
    assert bench.read("GICH_APR") == 0


def test_resets() -> None:
    """A PE's interface alone, and all."""
    bench = virtual_bench()
    bench.write("GICH_LR0", lr32(40))
    bench.wire(40, 1)
    assert bench.lines[0][OutLine.VIRQ] == bench.lines[0][OutLine.IRQ] == 1
    out = bench.gic.reset_pe(0)
    assert out == [("gicc0.irq", LineChange(OutLine.IRQ, 0)), ("gicc0.irq", LineChange(OutLine.VIRQ, 0))]
    assert bench.read("GICD_ISENABLER1") == 0xFFFF_FFFF
    bench.send("gicd.reset", Reset())
    assert bench.read("GICD_ISENABLER1") == 0
    assert bench.read("GICD_ISPENDR1") >> 8 & 1, "wires stay as they are"
