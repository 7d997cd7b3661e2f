"""Rules of GICv4 and GICv4.1: residency, doorbells, virtual SGIs, VMOVP (R54 to R62, R78, R82, R86)."""

from __future__ import annotations

import pytest

from irqpath.config.sizes import SPURIOUS, Gicv4Config, VirtualConfig
from irqpath.core.errors import ArchError, ConfigError
from irqpath.core.transactions import CommandStep, RegWrite, ScanStep, VpeMoved, VpeMovedAck
from irqpath.gic.its.encoding import clear, discard, interrupt, inv, invdb, vinvall, vmapti, vmovi, vmovp, vsgi, vsync
from irqpath_testbench.sequences.fields import VALID
from irqpath_testbench.tools.faults.injection import Lib
from unit.models.drive import on, reg_read, write_request
from unit.models.gicv4_drive import DIRTY, DOORBELL, IDAI, PENDING_LAST, VGRP1EN, VPTS, Gicv4Bench, vmapp
from unit.models.rule_tests import rule
from unit.models.virtual_drive import lr


@rule("R54", faults=("vpendbaser-while-resident", "vpropbaser-while-resident"))
def test_fields_change_only_while_no_vpe_is_resident(lib: Lib) -> None:
    bench = Gicv4Bench(lib)
    bench.map_vpe(0)
    bench.schedule(0)
    bench.gicr(0, "GICR_VPENDBASER", VALID | VPTS + 0x10_0000)
    assert bench.gicr(0, "GICR_VPENDBASER") & 0xFFFF_FFFF_0000 == VPTS
    before = bench.gicr(0, "GICR_VPROPBASER")
    bench.gicr(0, "GICR_VPROPBASER", 0x7000_0000)
    assert bench.gicr(0, "GICR_VPROPBASER") == before
    assert bench.found == [ArchError.VPE_REG_WHILE_RESIDENT] * 2


@rule("R55", "R86", "D11", faults=("dirty-never", "vpendbaser-while-dirty"))
def test_dirty_holds_while_the_table_is_read(lib: Lib) -> None:
    """The Redistributor on its own: Dirty is 1 until the last step of the scan, and a write meanwhile is refused."""
    bench = Gicv4Bench(lib)
    bench.map_vpe(0)
    bench.map_event(0, 0, 8192)
    gicr = bench.gic.gicr[0]
    at = gicr.frame.element("GICR_VPENDBASER").offset
    out = gicr.predict("gicr0.reg", RegWrite(at, 8, VALID | VPTS))
    steps = 0
    while ("gicr0.scan", ScanStep()) in out:
        assert bench_dirty(gicr)
        out = gicr.predict("gicr0.scan", ScanStep())
        steps += 1
        if steps == 2:
            refused = gicr.predict("gicr0.reg", RegWrite(at, 8, 0))
            assert any(getattr(t, "error", None) is ArchError.VPENDBASER_WHILE_DIRTY for _, t in refused)
    assert not bench_dirty(gicr)
    assert steps == (1 << 14) // 8 // 64 - 8192 // 8 // 64
    assert gicr.vlpi is not None
    assert gicr.vlpi.resident


@rule("R86", faults=("vpe-leaves-awake-only",))
def test_a_vpe_leaves_while_the_pe_sleeps(lib: Lib) -> None:
    """The CPU interface of a PE that sleeps holds nothing, so the change is complete at once."""
    bench = Gicv4Bench(lib)
    bench.map_vpe(0)
    bench.map_event(0, 0, 8192)
    bench.schedule(0)
    bench.msi(1, 0)
    bench.gicr(0, "GICR_WAKER", 2)
    assert bench.deschedule() & DIRTY == 0
    assert bench.in_vpt(0, 8192)


@rule("R82", faults=("virtual-lpis-wider-than-the-cpu-interface",))
def test_virtual_lpis_fit_the_virtual_cpu_interface(lib: Lib) -> None:
    """GICv4: a virtual LPI has up to GICD_TYPER.IDbits + 1 bits."""
    its = (lib.ItsConfig(itt_entry_bytes=16),)
    for bits in (16, 24):
        fields = {"intid_bits": 17, "cpu_intid_bits": 24, "its": its, "gicv4": Gicv4Config()}
        virtual = VirtualConfig(gicv4=True, id_bits=bits)
        if bits == 24:
            assert lib.GicConfig(virtual=virtual, **fields)  # type: ignore[arg-type]  # its fields
        else:
            with pytest.raises(ConfigError, match="id_bits=16 takes fewer"):
                lib.GicConfig(virtual=virtual, **fields)  # type: ignore[arg-type]  # its fields


def bench_dirty(gicr: object) -> bool:
    """GICR_VPENDBASER.Dirty."""
    return bool(gicr.vlpi.read_vpendbaser() & DIRTY)  # type: ignore[attr-defined]  # a Redistributor


@rule("R56", faults=("pending-last-ignores-enable", "pending-last-never"))
def test_pending_last(lib: Lib) -> None:
    """After Valid went from 1 to 0 it says whether an enabled interrupt of the vPE is pending."""
    bench = Gicv4Bench(lib)
    bench.map_vpe(0)
    bench.map_event(0, 0, 8192)
    bench.schedule(0)
    assert not bench.deschedule() & PENDING_LAST
    bench.schedule(0)
    bench.msi(1, 0)
    assert bench.deschedule() & PENDING_LAST
    bench.vconfig(8192, enabled=False)
    bench.its[0].go(inv(1, 0), vsync(0))
    bench.schedule(0)
    assert not bench.deschedule() & PENDING_LAST
    assert bench.in_vpt(0, 8192)


@rule("R57", faults=("idai-ignored", "summary-not-updated"))
def test_only_the_architected_part_counts_with_idai(lib: Lib) -> None:
    """Software may change the table while its vPE is away: with IDAI it is read again."""
    bench = Gicv4Bench(lib)
    bench.map_vpe(0)
    bench.map_event(0, 0, 8192)
    bench.schedule(0)
    bench.deschedule()
    bench.memory.write(VPTS + 8192 // 8, 1, 1)
    bench.schedule(0, flags=IDAI)
    assert bench.guest_takes() == [8192]
    bench.deschedule()
    bench.msi(1, 0)
    bench.schedule(0)
    assert bench.guest_takes() == [8192]


@rule("R58", faults=("vlpi-wins-ties-always", "vlpi-loses-to-worse"))
def test_virtual_lpi_against_a_list_register(lib: Lib) -> None:
    """Strictly better priority wins; who wins a tie is a choice of the Policy."""
    for wins in (False, True):
        bench = Gicv4Bench(lib, policy=lib.Policy(vlpi_wins_ties=wins))
        bench.map_vpe(0)
        bench.map_event(0, 0, 8192, priority=0x80)
        bench.schedule(0)
        bench.msi(1, 0)
        for priority, expected in ((0x88, 8192), (0x80, 8192 if wins else 40), (0x78, 40)):
            bench.msr("ICH_LR0_EL2", lr(40, priority))
            assert bench.guest_read("ICC_HPPIR1_EL1") == expected


@rule("R59", "D9", faults=("doorbell-of-pending", "doorbell-while-resident", "doorbell-1023"))
def test_individual_doorbells(lib: Lib) -> None:
    """GICv4.0: a virtual LPI that becomes pending while its vPE is not resident makes its doorbell pending; 1023 is none."""
    bench = Gicv4Bench(lib)
    bench.map_vpe(0)
    bench.map_event(0, 0, 8192, doorbell=9000)
    bench.map_event(1, 0, 8193)
    bench.msi(1, 0)
    assert bench.take() == [9000]
    bench.msi(1, 0)
    assert bench.take() == []
    bench.msi(1, 1)
    assert bench.take() == []
    bench.schedule(0)
    assert sorted(bench.guest_takes()) == [8192, 8193]
    bench.msi(1, 0)
    assert bench.take() == []
    assert bench.guest_takes() == [8192]


@rule("R59", faults=("default-doorbell-twice", "default-doorbell-of-disabled", "default-doorbell-unasked"))
def test_default_doorbell_once_per_non_residency(lib: Lib) -> None:
    """GICv4.1: asked for by GICR_VPENDBASER.Doorbell, for the first enabled interrupt only."""
    bench = Gicv4Bench(lib, v41=True)
    bench.lpi_config(9000)
    bench.map_vpe(0, doorbell=9000)
    bench.map_event(0, 0, 8192)
    bench.map_event(1, 0, 8193)
    bench.map_event(2, 0, 8194)
    bench.vconfig(8194, enabled=False)
    bench.schedule(0)
    assert not bench.deschedule(flags=DOORBELL) & PENDING_LAST
    bench.msi(1, 2)
    assert bench.take() == []
    bench.msi(1, 0)
    assert bench.take() == [9000]
    bench.msi(1, 1)
    assert bench.take() == []
    bench.schedule(0)
    assert bench.guest_takes() == [8192, 8193]
    bench.deschedule()
    bench.msi(1, 0)
    assert bench.take() == []


@rule("R78", faults=("doorbell-though-pending", "doorbell-though-told"))
def test_doorbell_request_is_ignored_when_something_is_pending(lib: Lib) -> None:
    """Nor when software says PendingLast itself."""
    bench = Gicv4Bench(lib, v41=True)
    bench.lpi_config(9000)
    bench.map_vpe(0, doorbell=9000)
    bench.map_event(0, 0, 8192)
    bench.map_event(1, 0, 8193)
    bench.schedule(0)
    bench.msi(1, 0)
    assert bench.deschedule(flags=DOORBELL) & PENDING_LAST
    bench.msi(1, 1)
    assert bench.take() == []
    bench.schedule(0)
    bench.guest_takes()
    assert bench.deschedule(flags=DOORBELL | PENDING_LAST) & PENDING_LAST
    bench.msi(1, 1)
    assert bench.take() == []


@rule("R60", faults=("vsgi-stays-pending", "vsgi-priority-ignored", "vsgi-group-ignored"))
def test_virtual_sgis_have_no_active_state(lib: Lib) -> None:
    """Configured by VSGI, sent by GITS_SGIR; the acknowledgement clears the pending state, EOIR drops the priority; the guest's
    own SGIs still trap."""
    bench = Gicv4Bench(lib, v41=True)
    bench.map_vpe(0)
    bench.its[0].go(vsgi(0, 3, priority=0x5), vsgi(0, 4, priority=0x4), vsgi(0, 5, group=0), vsgi(0, 6, enable=0))
    bench.schedule(0)
    for intid in (3, 4, 5, 6):
        send(bench, 0, intid)
    assert bench.guest_read("ICC_HPPIR1_EL1") == 4
    assert bench.guest_takes() == [4, 3]
    assert bench.guest_ack(group=0) == 5
    bench.guest_eoi(5, group=0)
    bench.enter()
    assert bench.access("ICC_SGI1R_EL1", 0) == "EL2"
    bench.leave()
    send(bench, 0, 3)
    assert bench.guest_takes() == [3]
    bench.gicr(0, "GICR_VSGIR", 0)
    assert bench.gicr(0, "GICR_VSGIPENDR") == 1 << 6
    assert bench.eoi_count() == 4


def send(bench: Gicv4Bench, vpe: int, intid: int, its: int = 0) -> None:
    """GITS_SGIR."""
    at = bench.gic.its[its].frame.element("GITS_SGIR").offset
    bench.send(f"its{its}.reg", RegWrite(at, 8, vpe << 32 | intid))


@rule("R61", faults=("nassgireq-while-enabled", "nassgireq-no-effect"))
def test_nassgireq(lib: Lib) -> None:
    """GICD_CTLR.nASSGIreq changes only while the groups are disabled; then SGIs have no active state."""
    bench = Gicv4Bench(lib, v41=True, sgis_without_active_state=True)
    bench.set_up(3)
    for flag in (0, 1 << 8):
        bench.write("GICD_CTLR", 3 | flag)
        assert not bench.read("GICD_CTLR") >> 8 & 1
        bench.pend(3)
        assert bench.ack() == 3
        assert bench.active(3)
        bench.eoi(3)
    bench.write("GICD_CTLR", 0)
    bench.write("GICD_CTLR", 1 << 8)
    bench.write("GICD_CTLR", 3 | 1 << 8)
    assert bench.read("GICD_CTLR") >> 8 & 1
    bench.pend(3)
    assert bench.ack() == 3
    assert not bench.active(3)
    bench.eoi(3)


@rule("R62", faults=("vmovp-others-stale",))
def test_one_its_suffices_for_vmovp(lib: Lib) -> None:
    """GITS_TYPER.VMOVP = 1: the other ITS's table follows."""
    bench = Gicv4Bench(lib, pes=2, number_of_its=3)
    for its in (1, 2):
        bench.its[its].write("GITS_CTLR", 0)
        bench.its[its].write("GITS_BASER2", 0x6300_0000 + its * 0x10_0000 | VALID | 15)
        bench.its[its].write("GITS_CTLR", 1)
    for its in range(3):
        bench.map_vpe(0, 0, its=its)
    bench.vconfig(8192)
    for its in (2, 1, 0):
        bench.its[its].go(vmapti(1, 0, 0, 8192), vmovp(0, 1) if its == 0 else vsync(0))
    bench.schedule(0, pe=1)
    for its in range(3):
        bench.msi(1, 0, its)
        assert bench.guest_takes(1) == [8192]


@rule("R62", faults=("vmovp-waits-for-the-others", "vmovp-sequence-never-ends"))
def test_vmovp_passes_before_the_other_itss_have_it(lib: Lib) -> None:
    """GITS_TYPER.VMOVP = 0: software may wait for one ITS before it asks the next; each carries the command out, the vPE is
    handed over once. A sequence number can come again when all of ITSList have had it; before it is reported."""
    bench = Gicv4Bench(lib, pes=2, v41=True, number_of_its=2, vmovp=False)
    for its in (0, 1):
        bench.map_vpe(0, 0, its=its)
    bench.its[0].go(vsgi(0, 3))
    for target in (1, 0):
        for its in (0, 1):
            bench.its[its].go(vmovp(0, target, sequence=7, itslist=0b11), vsync(0))
            assert bench.its[its].drained()
        bench.schedule(0, pe=target)
        send(bench, 0, 3)
        assert bench.guest_takes(target) == [3]
        bench.deschedule(target)
    assert not bench.found
    for _ in range(2):
        bench.its[0].go(vmovp(0, 1, sequence=9, itslist=0b11), vsync(0))
    assert bench.its[0].drained()
    assert bench.found == [ArchError.VMOVP_SEQUENCE]


@rule("R62", faults=("vsync-leaves-other-itss-out",))
def test_vsync_waits_until_every_its_knows(lib: Lib) -> None:
    """GITS_TYPER.VMOVP = 1: the commands before VSYNC have taken effect at the other ITSs too when GITS_CREADR passes it."""
    bench = Gicv4Bench(lib, pes=2, number_of_its=3)
    for its in range(3):
        bench.map_vpe(0, 0, its=its)
    queue, its0 = bench.its[0], bench.gic.its[0]
    start = queue.read("GITS_CREADR")
    queue.put(vmovp(0, 1), vsync(0), vsync(0))
    its0.predict("its0.reg", write_request("GITS_CWRITER", queue.tail))
    moved = on(its0.predict("its0.step", CommandStep()), "its0.its1.peer")
    assert moved == [VpeMoved(0, 1)]
    assert its0.creadr == start + 32, "VMOVP itself is through"
    for peer in (1, 2):
        its0.predict("its0.step", CommandStep())
        assert its0.creadr == start + 32, "the others do not know yet"
        assert not its0.has_command()
        assert not reg_read(its0, "GITS_CTLR") >> 31, "not quiescent"
        (response,) = on(bench.gic.its[peer].predict(f"its0.its{peer}.peer", moved[0]), f"its{peer}.its0.peer")
        assert response == VpeMovedAck(0)
        its0.predict(f"its{peer}.its0.peer", response)
    assert its0.creadr == start + 64
    its0.predict("its0.step", CommandStep())
    assert its0.creadr == start + 96, "nothing is outstanding any more"


@rule("R59", faults=("vmovp-keeps-doorbell", "vmovp-always-changes-doorbell", "vmovp-forgets-groups", "vmovp-forgets-doorbell"))
def test_vmovp_and_the_default_doorbell(lib: Lib) -> None:
    """GICv4.1: with DB the command brings a new default doorbell; it is awaited at the new place as at the old one, for the same
    groups."""
    for doorbell, rings in ((None, 9000), (9001, 9001)):
        bench = Gicv4Bench(lib, pes=2, v41=True)
        for intid in (9000, 9001):
            bench.lpi_config(intid)
        bench.map_vpe(0, doorbell=9000)
        bench.map_event(0, 0, 8192)
        bench.its[0].go(vsgi(0, 3, group=0))
        bench.gicr(0, "GICR_VPENDBASER", VALID | VGRP1EN)
        bench.gicr(0, "GICR_VPENDBASER", DOORBELL | VGRP1EN)
        bench.its[0].go(vmovp(0, 1, doorbell=doorbell))
        send(bench, 0, 3)
        assert (bench.take(0), bench.take(1)) == ([], []), "Group 0 was not enabled"
        bench.msi(1, 0)
        assert (bench.take(0), bench.take(1)) == ([], [rings])
        bench.its[0].go(interrupt(1, 0))
        assert bench.take(1) == [], "once"
        assert not bench.found


@rule("R59", "R62", faults=("vmovp-hands-over-twice",))
def test_vmovp_of_several_itss_hands_the_doorbell_over_once(lib: Lib) -> None:
    """Every ITS and every Redistributor with a vPE table of its own: the first of ITSList hands over, the others have
    nothing to add."""
    bench = Gicv4Bench(lib, pes=2, v41=True, number_of_its=2, vmovp=False, common_lpi_aff=3, affinities=(0x0000, 0x0100))
    bench.its[1].write("GITS_CTLR", 0)
    bench.its[1].write("GITS_BASER2", 0x6300_0000 | VALID | 15)
    separate_tables(bench, {0: 0x6600_0000, 1: 0x6700_0000})
    bench.its[1].write("GITS_CTLR", 1)
    bench.lpi_config(9000)
    for its in (0, 1):
        bench.its[its].go(vmapp(0, 0, doorbell=9000, v41=True), vsync(0))
    bench.map_event(0, 0, 8192)
    bench.schedule(0)
    bench.deschedule(flags=DOORBELL)
    for its in (1, 0):
        bench.its[its].go(vmovp(0, 1, sequence=5, itslist=0b11))
    assert bench.its[0].drained() and bench.its[1].drained()
    bench.msi(1, 0)
    assert (bench.take(0), bench.take(1)) == ([], [9000])


@rule("R59", faults=("vmovp-leaves-doorbell-behind",))
def test_a_doorbell_is_awaited_in_one_place(lib: Lib) -> None:
    """A vPE that left PE 0, was resident on PE 1 without a doorbell and comes back by VMOVP awaits none."""
    bench = Gicv4Bench(lib, pes=2, v41=True)
    bench.lpi_config(9000)
    bench.map_vpe(0, doorbell=9000)
    bench.map_event(0, 0, 8192)
    bench.schedule(0)
    bench.deschedule(flags=DOORBELL)
    bench.schedule(0, pe=1)
    bench.deschedule(1)
    bench.its[0].go(vmovp(0, 0))
    bench.msi(1, 0)
    assert (bench.take(0), bench.take(1)) == ([], [])


@rule("R62", faults=("residency-does-not-move", "residency-moves-everywhere"))
def test_residency_moves_a_vpe_where_the_table_is_shared(lib: Lib) -> None:
    """GICv4.1: among Redistributors of one GICR_TYPER.CommonLPIAff a vPE needs no VMOVP; between others it does."""
    clusters = (0x0000, 0x0001, 0x0100)
    for aff, pe, reached in ((3, 1, True), (3, 2, False), (0, 2, True)):
        bench = Gicv4Bench(lib, pes=3, v41=True, common_lpi_aff=aff, affinities=clusters)
        assert bench.read("GICR_TYPER") >> 24 & 3 == aff
        bench.map_vpe(0)
        bench.map_event(0, 0, 8192)
        bench.its[0].go(vsgi(0, 3))
        bench.schedule(0, pe=pe)
        bench.msi(1, 0)
        send(bench, 0, 3)
        assert bench.guest_takes(pe) == ([3, 8192] if reached else [])
        bench.deschedule(pe)
        bench.schedule(0)
        bench.msi(1, 0)
        assert 8192 in bench.guest_takes(0)


def separate_tables(bench: Gicv4Bench, groups: dict[int, int]) -> None:
    """Redistributors whose vPE table is not the ITSs': PE -> address of it."""
    for pe, table in groups.items():
        bench.gicr(pe, "GICR_VPROPBASER", table | VALID | 15)


@rule("R62", faults=("redistributor-not-told", "vpe-elsewhere-not-asked", "redistributor-not-told-of-unmapping"))
def test_vpe_tables_of_redistributors_alone(lib: Lib) -> None:
    """GITS_TYPER.SVPET = 0: the ITS tells the Redistributors what it maps, and finds a vPE that has moved among those of one
    table by becoming resident."""
    bench = Gicv4Bench(lib, pes=2, v41=True)
    separate_tables(bench, {0: 0x6600_0000, 1: 0x6600_0000})
    bench.lpi_config(9000)
    bench.map_vpe(0, doorbell=9000)
    bench.map_event(0, 0, 8192)
    bench.its[0].go(vsgi(0, 3))
    for pe in (0, 1, 0):
        bench.schedule(0, pe=pe)
        bench.msi(1, 0)
        send(bench, 0, 3)
        assert bench.guest_takes(pe) == [3, 8192]
        bench.deschedule(pe, flags=DOORBELL)
        bench.its[0].go(interrupt(1, 0))
        assert (bench.take(pe), bench.take(1 - pe)) == ([9000], [])
        bench.its[0].go(clear(1, 0), vinvall(0), vsync(0))
    assert bench.its[0].drained()
    assert not bench.found
    bench.its[0].go(vmapp(0, 0, valid=False, v41=True))
    bench.schedule(0)
    assert bench.found == [ArchError.VPE_NOT_IN_TABLE]


@rule("R62", faults=("redistributor-not-told-of-move",))
def test_vmovp_to_a_redistributor_with_another_table(lib: Lib) -> None:
    """Two groups of GICR_TYPER.CommonLPIAff, of which the ITS shares the table of the first."""
    bench = Gicv4Bench(lib, pes=2, v41=True, common_lpi_aff=3, shared_table=3, affinities=(0x0000, 0x0100))
    separate_tables(bench, {1: 0x6700_0000})
    bench.lpi_config(9000)
    bench.map_vpe(0, doorbell=9000)
    bench.map_event(0, 0, 8192)
    bench.schedule(0)
    bench.deschedule(flags=DOORBELL)
    for pe in (1, 0, 1):
        bench.its[0].go(vmovp(0, pe), vsync(0))
        bench.msi(1, 0)
        assert bench.take(1 - pe) == []
        bench.take(pe)
        bench.schedule(0, pe=pe)
        assert bench.guest_takes(pe) == [8192]
        bench.msi(1, 0)
        assert bench.guest_takes(pe) == [8192]
        bench.deschedule(pe, flags=DOORBELL)
    bench.msi(1, 0)
    assert bench.take(1) == [9000]
    assert not bench.found


@rule("R30", faults=("vinvall-rings-nothing",))
def test_vinvall_for_a_vpe_that_awaits_its_doorbell(lib: Lib) -> None:
    """A virtual LPI that was pending while disabled rings the default doorbell when INV or VINVALL bring the configuration."""
    for command in (vinvall(0), inv(1, 0)):
        bench = Gicv4Bench(lib, v41=True)
        bench.lpi_config(9000)
        bench.map_vpe(0, doorbell=9000)
        bench.map_event(0, 0, 8192)
        bench.vconfig(8192, enabled=False)
        bench.schedule(0)
        bench.deschedule(flags=DOORBELL)
        bench.msi(1, 0)
        assert bench.take() == []
        bench.vconfig(8192)
        bench.its[0].go(command, vsync(0))
        assert bench.take() == [9000]
        bench.its[0].go(command, vsync(0))
        assert bench.take() == []


@rule("R60", faults=("alloc-keeps-sgis", "redistributor-keeps-sgis"))
def test_an_allocated_vpe_starts_without_virtual_sgis(lib: Lib) -> None:
    """What an earlier vPE of the same vPEID had configured is gone, wherever it lived."""
    for where, shared in (("vpt", 1), ("table", 1), ("table", 0)):
        bench = Gicv4Bench(lib, v41=True, policy=lib.Policy(vsgi_config=where), shared_table=shared)  # type: ignore[arg-type]  # a parameter
        if not shared:
            separate_tables(bench, {0: 0x6600_0000})
        bench.map_vpe(0)
        bench.its[0].go(vsgi(0, 3))
        bench.its[0].go(vmapp(0, 0, valid=False, v41=True))
        bench.its[0].go(vmapp(0, 0, ptz=0, v41=True))
        bench.schedule(0)
        send(bench, 0, 3)
        assert bench.guest_takes() == []


@rule("R59", faults=("vmovi-keeps-doorbell", "vmovi-loses-pending"))
def test_vmovi_moves_pending_state_and_doorbell(lib: Lib) -> None:
    bench = Gicv4Bench(lib, pes=2)
    bench.map_vpe(0, 0)
    bench.map_vpe(1, 1)
    bench.map_event(0, 0, 8192, doorbell=9000)
    bench.msi(1, 0)
    assert bench.take() == [9000]
    bench.lpi_config(9001)
    bench.its[0].go(vmovi(1, 0, 1, 9001), vsync(1))
    assert (bench.in_vpt(0, 8192), bench.in_vpt(1, 8192)) == (0, 1)
    assert bench.take(1) == [9001]
    bench.schedule(1, pe=1)
    assert bench.guest_takes(1) == [8192]


@rule("R40", "R39", faults=("virtual-clear-ignored", "virtual-discard-keeps-mapping"))
def test_commands_of_gicv3_reach_virtual_lpis(lib: Lib) -> None:
    """INT, CLEAR, INV and DISCARD of an event that is mapped to a virtual LPI."""
    bench = Gicv4Bench(lib)
    bench.map_vpe(0)
    bench.map_event(0, 0, 8192)
    bench.schedule(0)
    bench.its[0].go(interrupt(1, 0))
    assert bench.virq()
    bench.its[0].go(clear(1, 0))
    assert not bench.virq()
    bench.vconfig(8192, enabled=False)
    bench.its[0].go(inv(1, 0), interrupt(1, 0))
    assert not bench.virq()
    bench.vconfig(8192)
    bench.its[0].go(inv(1, 0))
    assert bench.virq()
    bench.its[0].go(discard(1, 0))
    assert not bench.virq()
    bench.msi(1, 0)
    assert bench.guest_ack() == SPURIOUS
    assert bench.found == [ArchError.MSI_UNMAPPED]


@rule("R30", faults=("invdb-ignored",))
def test_invdb(lib: Lib) -> None:
    """The default doorbell is a physical LPI: its configuration is read again by INVDB."""
    bench = Gicv4Bench(lib, v41=True)
    bench.lpi_config(9000, enabled=False)
    bench.map_vpe(0, doorbell=9000)
    bench.map_event(0, 0, 8192)
    bench.schedule(0)
    bench.deschedule(flags=DOORBELL)
    bench.msi(1, 0)
    assert bench.take() == []
    bench.lpi_config(9000)
    bench.its[0].go(invdb(0), vsync(0))
    assert bench.take() == [9000]
