"""GICv4 and GICv4.1 beyond the rules: identity, vPE table, virtual SGIs, command errors, invalidation, Dirty in model time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from irqpath.config.sizes import FIRST_LPI, SPURIOUS, GicConfig, Gicv4Config, ItsConfig, VirtualConfig, qemu_virt_gicv4
from irqpath.core.errors import ArchError, ConfigError, InputError
from irqpath.core.memory import Memory
from irqpath.core.transactions import OutLine, PeState, RegWrite, VpeMapping
from irqpath.gic.common.vpe_table import Vpe, read_sgi, read_vpe, write_sgi, write_vpe
from irqpath.gic.gicc.pe_state import IMO
from irqpath.gic.its.encoding import Command, movi, vinvall, vmapi, vmapti, vmovi, vmovp, vsgi, vsync
from irqpath.gic.its.virtual import find_vpe
from irqpath.regs import GITS
from irqpath.sim.model_platform import ModelPlatform
from irqpath.sim.timing.profile import Costs, named
from irqpath_testbench.sequences.fields import INDIRECT, VALID
from irqpath_testbench.tools.faults.injection import models
from unit.models.drive import reports
from unit.models.gicv4_drive import DIRTY, DOORBELL, PENDING_LAST, VCONFS, VPE_TABLE, VPTS, Gicv4Bench, vmapp
from unit.models.secure_drive import SecureBench
from unit.models.virtual_drive import lr

BASE = FIRST_LPI
GICV4 = VirtualConfig(gicv4=True)


def test_identity() -> None:
    """GICR_TYPER, GITS_TYPER, GICD_TYPER2 and the types of the tables."""
    v40, v41 = Gicv4Bench(models()), Gicv4Bench(models(), v41=True, shared_table=2)
    assert v40.gic.config.gicr_typer(0) & 0b110 == 0b110
    assert v41.gic.config.gicr_typer(0) >> 7 & 1
    assert v41.gic.config.gicr_typer(0) >> 26 & 1
    typers = [bench.its[0].read("GITS_TYPER") for bench in (v40, v41)]
    assert [typer >> 1 & 1 for typer in typers] == [1, 1]
    assert [typer >> 37 & 0x3F for typer in typers] == [0b000001, 0b101101]
    assert [bench.its[0].read("GITS_BASER2") >> 56 & 7 for bench in (v40, v41)] == [2, 2]
    assert qemu_virt_gicv4(1).config.gicd_typer == 0x37E0008


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"virtual": None, "gicv4": Gicv4Config()}, "virtual=VirtualConfig"),
        ({"virtual": VirtualConfig(gicv4=True), "gicv4": Gicv4Config()}, "itt_entry_bytes of 12"),
        (
            {"virtual": VirtualConfig(gicv4=True), "gicv4": Gicv4Config(v41=True), "its": (ItsConfig(itt_entry_bytes=16),)},
            "of 32",
        ),
    ],
)
def test_impossible_configurations(fields: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        GicConfig(**fields)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(ConfigError, match="sgis needs v41"):
        Gicv4Config(sgis=True)


@pytest.mark.parametrize("v41", [False, True])
def test_vpe_entries(v41: bool) -> None:
    """What is written is read, virtual SGIs' configuration apart from it."""
    mem = Memory()
    vpe = Vpe(1023, 0xF_FFFF_FFFF_0000, 24, *((9000, 0xFFFF, 0xF_FFFF_FFFF_0000) if v41 else ()))
    for intid in range(16) if v41 else ():
        write_sgi(0x1000, intid, (intid ^ 5) << 4 | intid & 3, mem)
    write_vpe(0x1000, vpe, v41, mem)
    assert read_vpe(0x1000, v41, mem) == vpe
    assert not v41 or [read_sgi(0x1000, n, mem) for n in range(16)] == [(n ^ 5) << 4 | n & 3 for n in range(16)]
    write_vpe(0x1000, None, v41, mem)
    assert read_vpe(0x1000, v41, mem) is None


ERRORS: list[tuple[Command, ArchError]] = [
    (vmapp(0x7FFF, 0), ArchError.VMAPP_VPE_OOR),
    (vmapp(1, 7), ArchError.VMAPP_PROCNUM_OOR),
    ((0x29, 1 << 32, 1 << 63, VPTS | 31), ArchError.VMAPP_VPTSIZE_OOR),
    (vmapti(9, 0, 0, BASE), ArchError.VMAPTI_DEVICE_OOR),
    (vmapti(1, 32, 0, BASE), ArchError.VMAPTI_ID_OOR),
    (vmapti(1, 0, 0x7FFF, BASE), ArchError.VMAPTI_VPE_OOR),
    (vmapti(1, 0, 0, 8191), ArchError.VMAPTI_VIRTUALID_OOR),
    (vmapti(1, 0, 0, BASE, 100), ArchError.VMAPTI_PHYSICALID_OOR),
    (vmapi(1, 0, 0), ArchError.VMAPTI_VIRTUALID_OOR),
    (vmovi(1, 5, 0), ArchError.VMOVI_UNMAPPED),
    (vmovi(1, 0, 1), ArchError.VMOVI_UNMAPPED),
    (vmovp(1, 0), ArchError.VMOVP_UNMAPPED),
    (vmovp(0, 7), ArchError.VMOVP_PROCNUM_OOR),
    (vinvall(1), ArchError.VPE_UNMAPPED),
    (vsync(0x7FFF), ArchError.VSYNC_VPE_OOR),
    (movi(1, 0, 0), ArchError.MOVI_UNMAPPED),
    (vsgi(0, 1), ArchError.ITS_BAD_COMMAND),
]


@pytest.mark.parametrize(("command", "error"), ERRORS, ids=lambda value: value.name if isinstance(value, ArchError) else None)
def test_command_errors(command: Command, error: ArchError) -> None:
    """Each is reported and stalls the queue, and changes nothing."""
    bench = Gicv4Bench(models())
    bench.map_vpe(0)
    bench.map_event(0, 0, BASE)
    before = bench.memory.dump(VPE_TABLE, 4096)
    bench.its[0].go(command)
    assert bench.found == [error]
    assert bench.its[0].read("GITS_CREADR") & 1
    assert bench.memory.dump(VPE_TABLE, 4096) == before


def test_vsync_of_a_vpe_that_was_just_unmapped() -> None:
    """As Linux sends it: there is nothing to wait for."""
    bench = Gicv4Bench(models())
    bench.map_vpe(0)
    bench.its[0].go(vmapp(0, 0, valid=False), vsync(0))
    assert bench.its[0].drained()
    assert not bench.found


def test_vmapi_and_reserved_commands() -> None:
    """VMAPI's vINTID is the EventID; a device with enough EventID bits."""
    from irqpath.gic.its.encoding import mapd
    from unit.models.its_drive import ITTS

    bench = Gicv4Bench(models())
    bench.map_vpe(0)
    bench.vconfig(BASE + 3)
    bench.its[0].go(mapd(2, ITTS + 0x80_0000, 13), vmapi(2, BASE + 3, 0), vsync(0))
    bench.schedule(0)
    bench.msi(2, BASE + 3)
    assert bench.guest_takes() == [BASE + 3]


@pytest.mark.parametrize("where", ["vpt", "table"])
def test_virtual_sgis_wherever_their_configuration_lives(where: str) -> None:
    """Configured while away and while resident, moved with the vPE, cleared, queried."""
    lib = models()
    bench = Gicv4Bench(lib, pes=2, v41=True, policy=lib.Policy(vsgi_config=where))  # type: ignore[arg-type]  # a parameter
    bench.lpi_config(9000)
    bench.map_vpe(0, doorbell=9000)
    bench.its[0].go(vsgi(0, 3, priority=9), vsgi(0, 4, priority=8))
    bench.schedule(0)
    bench.its[0].go(vsgi(0, 5, priority=7))
    bench.deschedule(flags=DOORBELL)
    sgir(bench, 4)
    assert bench.take() == [9000]
    sgir(bench, 3)
    sgir(bench, 5)
    bench.its[0].go(vsgi(0, 3, clear=1), vmovp(0, 1, doorbell=9001))
    bench.gicr(1, "GICR_VSGIR", 0)
    assert bench.gicr(1, "GICR_VSGIPENDR") == 0b11_0000
    bench.schedule(0, pe=1)
    bench.gicr(1, "GICR_VSGIR", 0)
    assert bench.gicr(1, "GICR_VSGIPENDR") == 0b11_0000
    assert bench.guest_takes(1) == [5, 4]
    assert not bench.found


def sgir(bench: Gicv4Bench, intid: int, vpe: int = 0) -> None:
    """GITS_SGIR."""
    bench.send("its0.reg", RegWrite(bench.gic.its[0].frame.element("GITS_SGIR").offset, 8, vpe << 32 | intid))


@pytest.mark.parametrize(
    ("level", "sharing"), [(1, [True, True, True, False]), (2, [True, True, False, False]), (3, [True, False, False, False])]
)
def test_who_shares_a_vpe_table(level: int, sharing: list[bool]) -> None:
    """As software finds out: GITS_MPIDR and GICR_TYPER.Affinity agree down to the level of GITS_TYPER.SVPET and of
    GICR_TYPER.CommonLPIAff; what the configuration says is the same."""
    affinities = (0x0101_0100, 0x0101_0200, 0x0102_0100, 0x0201_0100)
    bench = Gicv4Bench(models(), pes=4, v41=True, shared_table=level, common_lpi_aff=level, affinities=affinities)
    frame = bench.gic.its[0].frame
    mpidr = bench.read_at("its0.reg", frame.element("GITS_MPIDR").offset, 4).value
    assert bench.its[0].read("GITS_TYPER") >> 41 & 3 == level
    mask = 0xFFFF_FFFF & ~(0xFFFF_FFFF >> 8 * level)
    typers = [bench.read("GICR_TYPER", pe) for pe in range(4)]
    assert {typer >> 24 & 3 for typer in typers} == {level}
    assert [(typer >> 32 ^ mpidr) & mask == 0 for typer in typers] == sharing
    assert [bench.config.shares_lpi_tables(0, pe) for pe in range(4)] == sharing


def test_group_enables_of_the_vpe() -> None:
    """GICR_VPENDBASER.VGrp0En and VGrp1En say what is presented, and what PendingLast counts."""
    bench = Gicv4Bench(models(), v41=True)
    bench.map_vpe(0)
    bench.map_event(0, 0, BASE)
    bench.its[0].go(vsgi(0, 3, group=0))
    bench.msi(1, 0)
    bench.gicr(0, "GICR_VPENDBASER", VALID | 1 << 59)
    assert (bench.virq(), bench.vfiq()) == (0, 0)
    sgir(bench, 3)
    assert (bench.virq(), bench.vfiq()) == (0, 1)
    assert bench.guest_ack(group=0) == 3
    bench.guest_eoi(3, group=0)
    bench.gicr(0, "GICR_VPENDBASER", 1 << 59)
    assert not bench.gicr(0, "GICR_VPENDBASER") & PENDING_LAST
    bench.schedule(0)
    assert bench.guest_takes() == [BASE]


def test_indirect_vpe_table() -> None:
    """GITS_BASER2 and GICR_VPROPBASER describe one table of two levels."""
    bench = Gicv4Bench(models(), v41=True)
    level1 = 0x6300_0000
    bench.memory.write(level1, 8, VPE_TABLE | VALID)
    bench.its[0].write("GITS_CTLR", 0)
    bench.its[0].write("GITS_BASER2", level1 | VALID | INDIRECT)
    bench.its[0].write("GITS_CTLR", 1)
    bench.gicr(0, "GICR_VPROPBASER", level1 | VALID | 1 << 55)
    bench.map_vpe(3)
    bench.map_event(0, 3, BASE)
    bench.msi(1, 0)
    bench.schedule(3)
    assert bench.guest_takes() == [BASE]
    bench.deschedule()
    bench.schedule(4096)
    assert bench.found == [ArchError.VPE_NOT_IN_TABLE]


def test_invalidation_by_registers() -> None:
    """GICR_INVLPIR and GICR_INVALLR with V and vPEID."""
    bench = Gicv4Bench(models(), v41=True)
    bench.map_vpe(0)
    bench.map_event(0, 0, BASE)
    bench.schedule(0)
    bench.msi(1, 0)
    for register, value in (("GICR_INVLPIR", VALID | BASE), ("GICR_INVALLR", VALID)):
        bench.vconfig(BASE, enabled=False)
        assert bench.virq()
        bench.gicr(0, register, BASE)
        assert bench.virq(), "without V it is about physical LPIs"
        bench.gicr(0, register, value)
        assert not bench.virq()
        bench.vconfig(BASE)
        bench.gicr(0, register, value | 1 << 32)
        assert not bench.virq(), "another vPE"
        bench.gicr(0, register, value)
        assert bench.virq()
    assert bench.gicr(0, "GICR_SYNCR") == 0


def test_alloc_and_ptz() -> None:
    """VMAPP with ALLOC makes the entry anew, without it an ITS joins and leaves; without PTZ the SGIs are disabled."""
    bench = Gicv4Bench(models(), v41=True, number_of_its=2)
    bench.map_vpe(0)
    bench.its[0].go(vsgi(0, 3))
    bench.map_vpe(0, its=1)
    for driver in bench.its:
        driver.go(vinvall(0))
        assert driver.drained()
    bench.its[1].go(vmapp(0, 0, valid=False, alloc=0, v41=True))
    bench.its[0].go(vinvall(0))
    assert not bench.found
    bench.its[1].go(vinvall(0))
    assert bench.found == [ArchError.VPE_UNMAPPED]
    sgir(bench, 3)
    bench.its[0].go(vmapp(0, 0, valid=False, alloc=1, v41=True), vmapp(0, 0, alloc=1, ptz=0, v41=True))
    bench.schedule(0)
    assert bench.guest_ack() == SPURIOUS


def test_many_virtual_lpis_spill_and_come_back() -> None:
    """More pending than the store holds, across residencies: taken once each, by priority."""
    lib = models()
    bench = Gicv4Bench(lib, policy=lib.Policy(lpi_store=2))
    bench.map_vpe(0)
    for event in range(12):
        bench.map_event(event, 0, BASE + event, priority=0x40 + 8 * (event * 5 % 12))
    for event in (3, 7):
        bench.msi(1, event)
    bench.schedule(0)
    for event in range(12):
        bench.msi(1, event)
    assert bench.deschedule() & PENDING_LAST
    bench.schedule(0)
    assert bench.guest_takes() == [BASE + event for event in sorted(range(12), key=lambda event: event * 5 % 12)]
    assert not bench.deschedule() & PENDING_LAST


def test_a_sleeping_redistributor_takes_its_virtual_interrupt_back() -> None:
    bench = Gicv4Bench(models())
    bench.map_vpe(0)
    bench.map_event(0, 0, BASE)
    bench.schedule(0)
    bench.msi(1, 0)
    assert bench.virq()
    bench.write("GICR_WAKER", 2)
    assert not bench.virq()
    bench.write("GICR_WAKER", 0)
    assert bench.virq()
    bench.reset_pe(0)
    bench.virtual_boot()
    assert bench.guest_takes() == [BASE]


def test_dirty_lasts_in_model_time() -> None:
    """On the platform with a clock, Dirty holds for as long as the Redistributor reads the table, step by step."""
    config = GicConfig(its=(), virtual=VirtualConfig(gicv4=True), gicv4=Gicv4Config())
    platform = ModelPlatform(config)
    memory = platform.gic.memory
    memory.write(VCONFS, 1, 0xA1)
    memory.write(VPTS + BASE // 8, 1, 1)
    frame = platform.gic.gicr[0].frame
    prop, pend = (frame.element(f"GICR_V{name}BASER").offset for name in ("PROP", "PEND"))
    seen: list[int] = []

    async def software() -> None:
        pe = platform.pes[0]
        await pe.write("GICR_WAKER", 0)
        await pe.write_at("gicr0", prop, 8, VCONFS | 15)
        await pe.msr("ICH_HCR_EL2", 1)
        await pe.msr("ICH_VMCR_EL2", 0xFF << 24 | 2)
        await pe.write_at("gicr0", pend, 8, VPTS | VALID)
        start = platform.now
        while (await pe.read_at("gicr0", pend, 8))[0] & DIRTY:
            seen.append(platform.now - start)
        assert await pe.wait_interrupt(100)

    platform.run(software())
    steps = ((1 << 16) - BASE) // 8 // 64
    assert seen[-1] > steps


def test_a_maintenance_interrupt_reaches_its_ppi_on_the_platform() -> None:
    """GICC's output is wired to the PPI outside the GIC."""
    platform = ModelPlatform(GicConfig(its=(), lpis=False, virtual=VirtualConfig()))

    async def software() -> None:
        pe = platform.pes[0]
        await pe.write("GICD_CTLR", 3)
        await pe.write("GICR_WAKER", 0)
        await pe.write("GICR_IGROUPR0", 0xFFFF_FFFF)
        await pe.write("GICR_ISENABLER0", 1 << 25)
        await pe.msr("ICC_PMR_EL1", 0xFF)
        await pe.msr("ICC_IGRPEN1_EL1", 1)
        await pe.msr("ICH_HCR_EL2", 1 | 1 << 3)
        assert await pe.wait_interrupt(1000)
        assert await pe.mrs("ICC_IAR1_EL1") == 25

    platform.run(software())


@pytest.mark.parametrize("v41", [False, True])
def test_virtual_lpis_and_doorbells_in_model_time(v41: bool) -> None:
    """A GICv4 that was set up is restored into the platform with a clock: a message reaches the guest; while its vPE is away it
    rings the doorbell, and is there when the vPE comes back."""
    bench = Gicv4Bench(models(), v41=v41)
    bench.lpi_config(9000)
    bench.map_vpe(0, doorbell=9000)
    bench.map_event(0, 0, BASE, doorbell=SPURIOUS if v41 else 9000)
    bench.schedule(0)
    platform = ModelPlatform(bench.config)
    platform.gic.restore(bench.gic.state())
    frame = platform.gic.gicr[0].frame
    pend = frame.element("GICR_VPENDBASER").offset

    async def software() -> None:
        pe = platform.pes[0]
        await platform.send_msi(1, 0)
        await platform.quiesce()
        assert pe.lines & 1 << OutLine.VIRQ
        platform.gic.gicc[0].predict("gicc0.sys", PeState(1, IMO))
        assert await pe.mrs("ICC_IAR1_EL1") == BASE
        await pe.msr("ICC_EOIR1_EL1", BASE)
        platform.gic.gicc[0].predict("gicc0.sys", PeState(2))
        resident = (await pe.read_at("gicr0", pend, 8))[0]
        await pe.write_at("gicr0", pend, 8, resident & ~(VALID | PENDING_LAST) | DOORBELL)
        await platform.quiesce()
        assert not pe.lines
        await platform.send_msi(1, 0)
        await platform.quiesce()
        assert await pe.mrs("ICC_IAR1_EL1") == 9000
        await pe.msr("ICC_EOIR1_EL1", 9000)
        await pe.write_at("gicr0", pend, 8, resident & ~PENDING_LAST)
        await platform.quiesce()
        assert pe.lines & 1 << OutLine.VIRQ

    platform.run(software())
    assert not platform.reports


@pytest.mark.parametrize("v41", [False, True])
def test_a_cpu_interface_that_sleeps_holds_nothing_up(v41: bool) -> None:
    """GICR_WAKER.ProcessorSleep: a vPE leaves all the same, Dirty becomes 0, and VSYNC completes."""
    bench = Gicv4Bench(models(), v41=v41)
    bench.map_vpe(0)
    bench.map_event(0, 0, FIRST_LPI)
    bench.schedule(0)
    bench.msi(1, 0)
    bench.gicr(0, "GICR_WAKER", 2)
    assert bench.gicr(0, "GICR_WAKER") == 6
    bench.its[0].go(vsync(0))
    assert bench.its[0].drained()
    assert bench.deschedule() & (DIRTY | PENDING_LAST) == PENDING_LAST
    assert bench.in_vpt(0, FIRST_LPI)
    bench.its[0].go(vsync(0))
    assert bench.its[0].drained()
    bench.gicr(0, "GICR_WAKER", 0)
    bench.schedule(0)
    assert bench.guest_takes() == [FIRST_LPI]


def test_vmovi_checks_its_doorbell() -> None:
    """D = 1 with a doorbell that is neither 1023 nor an LPI: a command error, and nothing is changed; without D, or where virtual
    LPIs have no doorbells of their own, the field does not count."""
    for own, change, doorbell in ((True, 1, 1022), (True, 1, 8191), (True, 1, 1 << 16), (True, 0, 5), (False, 1, 5)):
        bench = Gicv4Bench(models(), v41=True, individual_doorbells=own)
        for vpe in (0, 1):
            bench.map_vpe(vpe)
        bench.map_event(0, 0, FIRST_LPI)
        bench.vconfig(FIRST_LPI, vpe=1)
        head, event, _, _ = vmovi(1, 0, 1)
        bench.its[0].go((head, event, doorbell << 32 | change, 0))
        wrong = own and change
        assert bench.found == [ArchError.VMOVI_PHYSICALID_OOR] * wrong
        bench.msi(1, 0)
        assert bench.in_vpt(0 if wrong else 1, FIRST_LPI)


def test_an_extended_interrupt_of_a_list_register() -> None:
    """HW = 1: pINTID has 13 bits for the extended ranges (GICv3.1), which end with the virtual interrupt as others do."""
    for frame, intid in (("GICR", 1056), ("GICD", 4096)):
        bench = SecureBench(models(), espis=32, eppis=32, virtual=VirtualConfig()).secure_boot_if(False)
        bench.reg(f"{frame}_IGROUPRE0", 1)
        bench.reg(f"{frame}_ISENABLERE0", 1)
        bench.msr("ICC_CTLR_EL1", 2)
        bench.drive(intid, 1)
        assert bench.ack() == intid
        bench.drive(intid, 0)
        bench.eoi(intid)
        bench.virtual_boot(lr(40, physical=intid))
        assert bench.reg(f"{frame}_ISACTIVERE0") == 1
        assert bench.guest_ack() == 40
        bench.guest_eoi(40)
        assert bench.reg(f"{frame}_ISACTIVERE0") == 0
        assert not bench.found


@pytest.mark.parametrize("vmovp_bit", [False, True])
def test_several_itss_with_vpe_tables_of_their_own(vmovp_bit: bool) -> None:
    """GICv4.1, GITS_TYPER.SVPET = 0: what the second ITS maps without ALLOC leaves the vPE's configuration table and default
    doorbell as they were, and a VMOVP with DB reaches the tables of all."""
    count = 6
    bench = Gicv4Bench(models(), pes=2, v41=True, number_of_its=count, vmovp=vmovp_bit)
    for its in range(1, count):
        bench.its[its].write("GITS_CTLR", 0)
        bench.its[its].write("GITS_BASER2", 0x6300_0000 + its * 0x10_0000 | VALID | 15)
        bench.its[its].write("GITS_CTLR", 1)
    for pe in (0, 1):
        bench.gicr(pe, "GICR_VPROPBASER", 0x6A00_0000 + pe * 0x10_0000 | VALID | 15)
    bench.vconfig(FIRST_LPI)
    for its in range(count):
        bench.map_vpe(0, its=its, doorbell=9000)
        bench.its[its].go(vmapti(1, 0, 0, FIRST_LPI), vsync(0))
    assert not bench.found
    for its in range(count):
        bench.schedule(0)
        bench.msi(1, 0, its)
        assert bench.guest_takes() == [FIRST_LPI]
        bench.deschedule()
    bench.lpi_config(9000)
    bench.lpi_config(9001)
    for its in range(1 if vmovp_bit else count):
        bench.its[its].go(vmovp(0, 1, sequence=1, itslist=(1 << count) - 1, doorbell=9001), vsync(0))
    for its in (5,) if vmovp_bit else range(count):
        bench.its[its].go(vmovp(0, 0, sequence=2, itslist=(1 << count) - 1), vsync(0))
    bench.schedule(0)
    bench.deschedule(flags=DOORBELL)
    bench.msi(1, 0, 3)
    assert bench.ack() == 9001
    assert not bench.found


def test_a_vpe_may_be_mapped_by_every_its() -> None:
    """`VpeMapping` says by which, one bit each."""
    bench = Gicv4Bench(models(), v41=True)
    mapping = VpeMapping(0, 1, 0, VPTS, 14, SPURIOUS, 0xFFFF, VCONFS, 0)
    assert not reports(bench.gic.gicr[0].predict("its0.gicr0.cmd", mapping))
    with pytest.raises(InputError, match="its=0x10000: it must be 16 bits"):
        bench.gic.gicr[0].predict("its0.gicr0.cmd", replace(mapping, its=1 << 16))


class FarItss:
    """Three ITSs in model time whose messages to each other take 300 cycles, each with tables of its own; vPE 0 is mapped."""

    def __init__(self, *, v41: bool, vmovp: bool) -> None:
        its = ItsConfig(itt_entry_bytes=16, vpe_entry_bytes=32 if v41 else 8)
        config = GicConfig(pes=2, its=(its,) * 3, virtual=GICV4, gicv4=Gicv4Config(v41=v41, vmovp=vmovp))
        learned = named("irqpath")
        far = {**learned.blocks, "links": Costs({"its_peer": 300})}
        self.v41 = v41
        self.platform = ModelPlatform(config, profile=replace(learned, blocks=far))
        self.tails = [0, 0, 0]

    async def write(self, block: str, name: str, value: int) -> None:
        """Software writes a register."""
        frame = GITS if block.startswith("its") else self.platform.gic.gicr[0].frame
        at = frame.element(name)
        assert await self.platform.pes[0].write_at(block, at.offset, at.register.width_bytes, value)

    async def boot(self) -> None:
        """Tables, queues, vPE 0."""
        for k in range(3):
            for n in range(3):
                await self.write(f"its{k}", f"GITS_BASER{n}", 0x5100_0000 + n * 0x100_0000 + k * 0x10_0000 | VALID | 15)
            await self.write(f"its{k}", "GITS_CBASER", 0x5000_0000 + k * 0x1_0000 | VALID)
            await self.write(f"its{k}", "GITS_CTLR", 1)
        for n in range(2):
            await self.write(f"gicr{n}", "GICR_WAKER", 0)
            if self.v41:
                await self.write(f"gicr{n}", "GICR_VPROPBASER", 0x6A00_0000 + n * 0x10_0000 | VALID | 15)
        for k in range(3):
            await self.go(k, vmapp(0, 0, alloc=int(k == 0), v41=self.v41), vsync(0))

    async def go(self, k: int, *commands: Command) -> int:
        """Commands for ITS k; cycles until GITS_CREADR is at GITS_CWRITER."""
        platform = self.platform
        for command in commands:
            for n, word in enumerate(command):
                platform.gic.memory.write(0x5000_0000 + k * 0x1_0000 + self.tails[k] + 8 * n, 8, word)
            self.tails[k] += 32
        await self.write(f"its{k}", "GITS_CWRITER", self.tails[k])
        start = platform.now
        while platform.gic.its[k].creadr != self.tails[k]:
            await platform.spend(5)
            assert platform.now - start < 5000, "it waits for ever"
        return platform.now - start

    def places(self) -> list[int]:
        """Where each ITS thinks that vPE 0 is."""
        found = [find_vpe(unit, 0) for unit in self.platform.gic.its]
        return [-1 if entry is None else entry.pe for entry in found]


@pytest.mark.parametrize("v41", [False, True])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
@pytest.mark.parametrize("vmovp_bit", [False, True])
def test_vmovp_in_model_time(vmovp_bit: bool, order: tuple[int, ...], v41: bool) -> None:
    """GITS_TYPER.VMOVP = 1: one ITS has the command, and when GITS_CREADR has passed its VSYNC every ITS knows the new place. 0:
    all have it, whatever the order, and none waits for the others."""
    bench = FarItss(v41=v41, vmovp=vmovp_bit)

    async def software() -> None:
        await bench.boot()
        for sequence, target in enumerate((1, 0, 1, 0)):
            for k in order[:1] if vmovp_bit else order:
                took = await bench.go(k, vmovp(0, target, sequence=sequence % 2, itslist=0b111), vsync(0))
                assert (took >= 600) == vmovp_bit, "there and back"
            assert bench.places() == [target] * 3
            await bench.platform.quiesce()

    bench.platform.run(software())
    assert bench.platform.reports == []
