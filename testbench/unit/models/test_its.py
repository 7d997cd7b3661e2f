"""The ITS beyond its rules: every command error, table sizes, halves of registers, hand-over of held LPIs, several ITSs."""

from __future__ import annotations

import pytest

from irqpath.config.policy import Policy
from irqpath.config.sizes import FIRST_LPI, SPURIOUS, GicConfig, ItsConfig
from irqpath.core.errors import ArchError
from irqpath.core.memory import Memory
from irqpath.core.transactions import (
    Activate,
    Clear,
    ClearAck,
    CommandDone,
    Control,
    DownstreamControlAck,
    LpiAck,
    LpiSet,
    LpiSync,
    LpiTake,
    LpiTakeAny,
    Msi,
    MsiAck,
    PeStatusAck,
    Set,
    UpstreamControl,
)
from irqpath.gic.gicr.redistributor import Redistributor
from irqpath.gic.its.encoding import (
    COMMAND_BYTES,
    Command,
    clear,
    discard,
    interrupt,
    inv,
    invall,
    mapc,
    mapd,
    mapi,
    mapti,
    movall,
    movi,
    sync,
)
from irqpath.regs import GITS
from irqpath_testbench.sequences.fields import PTZ, STALLED, VALID
from irqpath_testbench.tools.faults.injection import models
from unit.models.drive import PEND, PROP, Bench, on, reg_write, write_request
from unit.models.its_drive import DEVICES, ITTS, QUEUE, ModelItsDriver, bogus, its_bench

SMALL = ItsConfig(device_bits=4, event_bits=6, collection_bits=3)


def ready(pes: int = 2, its: tuple[ItsConfig, ...] = (SMALL,), **policy: str) -> tuple[Bench, ModelItsDriver]:
    """A booted GIC with LPIs enabled and its first ITS ready, device 1 mapped with four events to PE 0."""
    bench, driver = its_bench(Bench(models(), GicConfig(pes=pes, its=its), Policy(**policy)))  # type: ignore[arg-type]  # fields of Policy
    driver.map()
    return bench, driver


# --- command errors -----------------------------------------------------------------------------------------------------

FAULTS: list[tuple[Command, ArchError]] = [
    (bogus(), ArchError.ITS_BAD_COMMAND),
    (mapd(16, ITTS, 4), ArchError.MAPD_DEVICE_OOR),
    (mapd(2, ITTS, 6), ArchError.MAPD_ITTSIZE_OOR),
    (mapc(8, 0), ArchError.MAPC_COLLECTION_OOR),
    (mapc(1, 2), ArchError.MAPC_PROCNUM_OOR),
    (mapti(16, 0, 8192, 0), ArchError.MAPTI_DEVICE_OOR),
    (mapti(2, 0, 8192, 0), ArchError.MAPTI_UNMAPPED_DEVICE),
    (mapti(1, 32, 8192, 0), ArchError.MAPTI_ID_OOR),
    (mapti(1, 0, 8192, 8), ArchError.MAPTI_COLLECTION_OOR),
    (mapti(1, 0, 8191, 0), ArchError.MAPTI_PHYSICALID_OOR),
    (mapti(1, 0, 1 << 16, 0), ArchError.MAPTI_PHYSICALID_OOR),
    (mapi(1, 0, 0), ArchError.MAPTI_PHYSICALID_OOR),
    (interrupt(1, 9), ArchError.INT_UNMAPPED),
    (interrupt(2, 0), ArchError.INT_UNMAPPED),
    (interrupt(1, 32), ArchError.INT_UNMAPPED),
    (clear(1, 9), ArchError.CLEAR_UNMAPPED),
    (discard(1, 9), ArchError.DISCARD_UNMAPPED),
    (inv(1, 9), ArchError.INV_UNMAPPED),
    (invall(1), ArchError.INVALL_UNMAPPED),
    (movi(1, 9, 0), ArchError.MOVI_UNMAPPED),
    (movi(1, 0, 1), ArchError.MOVI_UNMAPPED),
    (movall(0, 2), ArchError.MOVALL_PROCNUM_OOR),
    (movall(2, 0), ArchError.MOVALL_PROCNUM_OOR),
    (sync(2), ArchError.SYNC_PROCNUM_OOR),
]


@pytest.mark.parametrize("choice", ["stall", "skip"])
@pytest.mark.parametrize(("command", "error"), FAULTS, ids=[f"{e.name}-{n}" for n, (_, e) in enumerate(FAULTS)])
def test_a_faulty_command_changes_nothing(command: Command, error: ArchError, choice: str) -> None:
    bench, its = ready(its_command_error=choice)
    before = [bench.memory.dump(at, 0x2_0000) for at in (DEVICES, ITTS, PEND)]
    its.put(command)
    out = bench.send("its0.reg", write_request("GITS_CWRITER", its.tail))
    assert bench.found == [error]
    assert not [t for _, t in out if isinstance(t, CommandDone)]
    assert bench.irq() == 0
    assert its.drained() == (choice == "skip")
    assert [bench.memory.dump(at, 0x2_0000) for at in (DEVICES, ITTS, PEND)] == before


def test_commands_are_announced_with_their_operands() -> None:
    bench, its = ready()
    commands = (
        mapc(1, 1),
        mapd(2, ITTS + 0x40_0000, 3),
        mapti(2, 3, 8200, 1),
        movi(2, 3, 0),
        sync(1),
        mapd(2, 0, 0, valid=False),
    )
    its.put(*commands)
    out = bench.send("its0.reg", write_request("GITS_CWRITER", its.tail))
    done = [t for _, t in out if isinstance(t, CommandDone)]
    assert [(t.name, t.operands) for t in done] == [
        ("mapc", (1, 1, 1)),
        ("mapd", (2, 3, ITTS + 0x40_0000 >> 8, 1)),
        ("mapti", (2, 3, 1, 8200)),
        ("movi", (2, 3, 0)),
        ("sync", (1,)),
        ("mapd", (2, 0, 0, 0)),
    ]


# --- messages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("device", "event"), [(0, 0), (1, 4), (1, 32), (1, 1 << 31), (15, 0), (16, 0), (1 << 20, 0)])
def test_unmapped_messages_are_dropped(device: int, event: int) -> None:
    bench, _ = ready()
    assert on(bench.msi(device, event), "its0.msi_rsp") == [MsiAck()]
    assert bench.found == [ArchError.MSI_UNMAPPED]
    assert bench.irq() == 0


def test_a_disabled_its_takes_no_messages() -> None:
    bench, its = ready()
    its.write("GITS_CTLR", 0)
    assert bench.msi(1, 0) == [("its0.msi_rsp", MsiAck())]
    assert not bench.found
    its.write("GITS_CTLR", 1)
    bench.msi(1, 0)
    assert bench.take() == [8192]


@pytest.mark.parametrize("synced", [False, True])
def test_an_its_may_map_at_a_sync_only(synced: bool) -> None:
    """By the Policy: a message that comes before is lost. A command that follows MAPTI sees what it said."""
    bench, its = its_bench(Bench(models(), GicConfig(pes=2, its=(SMALL,)), Policy(its_maps_at_sync=True)))
    its.map()
    its.go(sync(0))
    its.go(mapti(1, 4, 8195, 0), interrupt(1, 4), *[sync(0)] * synced)
    assert bench.take() == [8195]
    bench.msi(1, 4)
    assert bench.take() == [8195] * synced
    assert bench.found == [ArchError.MSI_UNSYNCED] * (not synced)


def test_int_is_a_message() -> None:
    bench, its = ready()
    its.go(interrupt(1, 3))
    assert bench.take() == [8195]


def test_two_events_may_share_an_lpi() -> None:
    bench, its = ready()
    its.go(mapti(1, 3, 8192, 0))
    bench.msi(1, 0)
    bench.msi(1, 3)
    assert bench.take() == [8192]


# --- tables -------------------------------------------------------------------------------------------------------------


def test_flat_table_ends_where_its_pages_end() -> None:
    bench, its = its_bench(Bench(models(), GicConfig(), Policy(its_command_error="skip")))
    its.write("GITS_CTLR", 0)
    its.tables(pages=2)
    its.write("GITS_CTLR", 1)
    last = 2 * 4096 // 8 - 1
    its.go(mapd(last, ITTS, 4), mapc(last, 0))
    assert not bench.found
    its.go(mapd(last + 1, ITTS, 4), mapc(last + 1, 0))
    assert bench.found == [ArchError.MAPD_DEVICE_OOR, ArchError.MAPC_COLLECTION_OOR]


@pytest.mark.parametrize("page_size", [0, 1, 2, 3])
def test_page_sizes(page_size: int) -> None:
    bench, its = its_bench(Bench(models(), GicConfig(), Policy(its_command_error="skip")))
    its.write("GITS_CTLR", 0)
    its.tables(pages=1, page_size=page_size)
    its.write("GITS_CTLR", 1)
    entries = (4096, 16384, 65536, 65536)[page_size] // 8
    its.go(mapd(entries - 1, ITTS, 4))
    assert not bench.found
    its.go(mapd(entries, ITTS, 4))
    assert bench.found == [ArchError.MAPD_DEVICE_OOR]


def test_without_tables_nothing_can_be_mapped() -> None:
    bench, its = its_bench(Bench(models(), GicConfig(), Policy(its_command_error="skip")))
    its.write("GITS_CTLR", 0)
    for n in (0, 1):
        its.write(f"GITS_BASER{n}", 0)
    its.write("GITS_CTLR", 1)
    its.go(mapd(1, ITTS, 4), mapc(0, 0))
    assert bench.found == [ArchError.ITS_ENABLED_WITHOUT_TABLES, ArchError.MAPD_DEVICE_OOR, ArchError.MAPC_COLLECTION_OOR]


def test_tables_high_in_memory() -> None:
    """64 KB pages: bits [15:12] of GITS_BASER are bits [51:48] of the address."""
    bench, its = its_bench(Bench(models(), GicConfig()))
    its.write("GITS_CTLR", 0)
    its.write("GITS_BASER0", VALID | 0x1234_5678_0000 | 0xA << 12 | 2 << 8)
    its.write("GITS_CTLR", 1)
    its.map()
    assert bench.memory.read(0xA_1234_5678_0000 + 8, 8)
    bench.msi(1, 0)
    assert bench.take() == [8192]


# --- queue and registers ------------------------------------------------------------------------------------------------


def test_queue_wraps_again_and_again() -> None:
    bench, its = ready()
    for _ in range(300):
        its.go(interrupt(1, 1))
        assert bench.take() == [8193]
    assert its.drained()


def test_queue_of_several_pages() -> None:
    bench = Bench(models(), GicConfig(its=(SMALL,))).boot()
    bench.lpis()
    its = ModelItsDriver(bench, queue_pages=3).boot()
    its.go(*[sync(0)] * 383)
    assert its.drained()
    assert its.read("GITS_CREADR") == 383 * COMMAND_BYTES
    its.go(sync(0), sync(0))
    assert its.read("GITS_CREADR") == COMMAND_BYTES


def test_commands_wait_for_enabled_and_valid() -> None:
    bench = Bench(models(), GicConfig(its=(SMALL,))).boot()
    bench.lpis()
    its = ModelItsDriver(bench).boot(enable=False)
    its.go(sync(0))
    assert its.read("GITS_CREADR") == 0
    its.write("GITS_CTLR", 1)
    assert its.drained()
    its.write("GITS_CTLR", 0)
    its.write("GITS_CBASER", QUEUE)
    its.write("GITS_CTLR", 1)
    assert its.read("GITS_CREADR") == 0


def test_quiescent() -> None:
    _, its = ready()
    its.go(bogus(), sync(0))
    assert its.read("GITS_CREADR") & STALLED
    assert its.read("GITS_CTLR") == 1 << 31 | 1
    its.write("GITS_CTLR", 0)
    assert its.read("GITS_CTLR") == 1 << 31


def test_registers_are_fixed_while_enabled() -> None:
    bench, its = ready()
    before = [its.read(name) for name in ("GITS_CBASER", "GITS_BASER0", "GITS_BASER1")]
    for name in ("GITS_CBASER", "GITS_BASER0", "GITS_BASER1"):
        its.write(name, 0)
    assert bench.found == [ArchError.ITS_REG_WHILE_ENABLED] * 3
    assert [its.read(name) for name in ("GITS_CBASER", "GITS_BASER0", "GITS_BASER1")] == before
    its.write("GITS_BASER5", VALID)
    assert its.read("GITS_BASER5") == 0


def test_cwriter_by_its_low_half() -> None:
    bench, its = ready()
    its.put(sync(0))
    at = GITS.element("GITS_CWRITER").offset
    assert bench.write_at("its0.reg", at, 4, its.tail)
    assert its.drained()
    assert bench.write_at("its0.reg", at + 4, 4, 0xFFFF_FFFF)
    assert its.read("GITS_CWRITER") == its.tail, "the upper half is RES0"


# --- hand-over of LPIs that a CPU interface holds -----------------------------------------------------------------------

CMD, ACK, DOWN = "its0.gicr0.cmd", "its0.gicr0.ack", "stream0.down"


def holding(*intids: int) -> Redistributor:
    """A Redistributor with pending LPIs of equal priority; its CPU interface holds the lowest."""
    memory = Memory()
    gicr = Redistributor(0, GicConfig(pes=2), memory)
    reg_write(gicr, "GICR_WAKER", 0)
    gicr.predict("stream0.up", DownstreamControlAck())
    gicr.predict("stream0.up", UpstreamControl(3))
    gicr.predict("dist0.down", PeStatusAck())
    gicr.predict("dist0.down", PeStatusAck())
    gicr.predict("dist0.down", Control(3))
    reg_write(gicr, "GICR_PROPBASER", PROP | 14)
    reg_write(gicr, "GICR_PENDBASER", PEND | PTZ)
    reg_write(gicr, "GICR_CTLR", 1)
    for intid in intids:
        memory.write(PROP + intid - FIRST_LPI, 1, 0x81)
        gicr.predict(CMD, LpiSet(intid))
    return gicr


def test_taking_an_lpi_that_is_held() -> None:
    gicr = holding(8200, 8201)
    assert gicr.predict(CMD, LpiTake(8200)) == [(DOWN, Clear(8200))]
    out = gicr.predict("stream0.up", ClearAck(8200))
    assert out == [(ACK, LpiAck(1, 8200)), (DOWN, Set(8201, 0x80, 1))]
    assert gicr.predict(CMD, LpiTake(8200)) == [(ACK, LpiAck(0, 0))]


def test_software_may_be_faster_than_a_move() -> None:
    gicr = holding(8200, 8201)
    gicr.predict(CMD, LpiTake(8200))
    out = gicr.predict("stream0.up", Activate(8200))
    assert on(out, ACK) == [LpiAck(0, 0)], "it was acknowledged here: nothing to move"
    gicr.predict("stream0.up", ClearAck(8200))
    assert gicr.best() == (0x80, 8201, 1)


def test_taking_any_until_nothing_is_left() -> None:
    gicr = holding(8200, 8201)
    assert on(gicr.predict(CMD, LpiTakeAny()), DOWN) == [Clear(8200)]
    assert on(gicr.predict("stream0.up", Activate(8200)), ACK) == [LpiAck(1, 8201)], "8200 is gone: another one"
    gicr.predict("stream0.up", ClearAck(8200))
    assert gicr.predict(CMD, LpiTakeAny()) == [(ACK, LpiAck(0, 0))]


def test_sync_waits_for_the_cpu_interface() -> None:
    gicr = holding(8200)
    assert gicr.predict(CMD, LpiSync()) == [(ACK, LpiAck())]
    reg_write(gicr, "GICR_CTLR", 0)
    assert gicr.predict(CMD, LpiSync()) == []
    assert on(gicr.predict("stream0.up", ClearAck(8200)), ACK) == [LpiAck()]


@pytest.mark.parametrize("masked", [False, True])
def test_movall_and_movi_of_held_lpis_in_a_whole_gic(masked: bool) -> None:
    bench, its = ready()
    its.go(mapc(1, 1))
    bench.msr("ICC_PMR_EL1", 0 if masked else 0xFF)
    for event in range(4):
        bench.msi(1, event)
    its.go(movi(1, 0, 1))
    its.go(movi(1, 2, 1))
    assert bench.take(1) == [8192, 8194]
    its.go(movall(0, 1), movall(0, 1))
    assert its.drained()
    assert (bench.take(0), bench.take(1)) == ([], [8193, 8195])
    for pe in (0, 1):
        assert bench.gic.gicr[pe].offer.settled(None)


def test_movall_of_more_lpis_than_slots() -> None:
    bench = Bench(models(), GicConfig(pes=2, its=(SMALL,)), Policy(lpi_store=2))
    its_bench(bench)
    its = ModelItsDriver(bench).boot()
    its.map(events=32)
    for event in range(32):
        bench.msi(1, event)
    its.go(movall(0, 1))
    assert its.drained()
    assert (bench.take(0), bench.take(1)) == ([], [8192 + event for event in range(32)])


# --- two ITSs -----------------------------------------------------------------------------------------------------------


def test_two_its_reach_the_same_redistributors() -> None:
    bench = Bench(models(), GicConfig(pes=2, its=(SMALL, SMALL))).boot()
    bench.lpis()
    first = ModelItsDriver(bench, 0).boot()
    first.map(events=2)
    second = ModelItsDriver(bench, 1)
    second.write("GITS_CTLR", 0)
    for name, value in (("GITS_BASER0", DEVICES + 0x8_0000 | VALID | 15), ("GITS_BASER1", DEVICES + 0x9_0000 | VALID | 15)):
        second.write(name, value)
    second.write("GITS_CBASER", QUEUE | VALID)
    second.write("GITS_CTLR", 1)
    second.map(2, events=2, pe=1, first=8300)
    bench.send("its1.msi", Msi(2, 1))
    bench.msi(1, 1)
    assert (bench.take(0), bench.take(1)) == ([8193], [8301])
    bench.send("its1.msi", Msi(1, 1))
    assert bench.found == [ArchError.MSI_UNMAPPED], "each has its own tables"
    assert bench.ack(0) == SPURIOUS
