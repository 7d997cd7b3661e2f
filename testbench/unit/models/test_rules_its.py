"""Rules of the ITS: commands, tables, the command queue (R30, R34 to R49), and known defects of other implementations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from irqpath.config.sizes import SPURIOUS
from irqpath.core.errors import ArchError
from irqpath.core.memory import Memory
from irqpath.core.transactions import CommandStep, EntryWritten, LpiAck, LpiSet, LpiTake, LpiTakeAny
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
from irqpath_testbench.sequences.fields import INDIRECT, RETRY, STALLED, VALID
from unit.models.drive import Bench, Redistributors, reg_read, reg_write, write_request
from unit.models.its_drive import COLLECTIONS, DEVICES, ITTS, QUEUE, ModelItsDriver, bogus, its_bench
from unit.models.rule_tests import rule

if TYPE_CHECKING:
    from irqpath.gic.its.its import Its
    from irqpath_testbench.tools.faults.injection import Lib

#: A level-2 page of the device table.
LEVEL2 = 0x5180_0000


def ready(lib: Lib, *, pes: int = 1, policy: dict[str, str] | None = None) -> tuple[Bench, ModelItsDriver]:
    """A booted GIC with LPIs enabled and its ITS ready."""
    return its_bench(Bench(lib, lib.GicConfig(pes=pes), lib.Policy(**(policy or {}))))  # type: ignore[arg-type]  # fields of Policy


@rule("R34", "D2", faults=("mapd-size-is-bits", "event-limit-plus-one"))
def test_mapd_size_is_bits_minus_one(lib: Lib) -> None:
    for bits in (1, 2, 5):
        bench, its = ready(lib)
        its.go(mapc(0, 0), mapd(1, ITTS, bits - 1))
        last = (1 << bits) - 1
        for event in range(last + 1):
            bench.lpi_config(8192 + event)
            its.go(mapti(1, event, 8192 + event, 0))
            bench.msi(1, event)
        assert its.drained()
        assert bench.take() == [8192 + event for event in range(last + 1)]
        its.go(mapti(1, last + 1, 9000, 0))
        assert bench.found == [ArchError.MAPTI_ID_OOR]
        assert its.read("GITS_CREADR") & STALLED


@rule("R35", faults=("rdbase-always-a-number", "rdbase-always-an-address", "rdbase-not-checked"))
def test_rdbase_is_a_number_or_an_address(lib: Lib) -> None:
    for pta in (False, True):
        config = lib.GicConfig(pes=3, its=(lib.ItsConfig(pta=pta),))
        bench, its = its_bench(Bench(lib, config))
        assert its.read("GITS_TYPER") >> 19 & 1 == pta
        for pe in range(3):
            its.map(pe=(config.gicr_base + pe * config.gicr_stride) >> 16 if pta else pe)
            bench.msi(1, 2)
            assert bench.take(pe) == [8194]
            its.go(*(discard(1, event) for event in range(4)))
        its.go(mapc(0, (config.gicr_base >> 16) + 1 if pta else 3))
        assert bench.found == [ArchError.MAPC_PROCNUM_OOR]


@rule("R88", faults=("rdbase-always-an-address", "rdbase-from-the-wrong-bits"))
def test_rdbase_is_a_processor_number(lib: Lib) -> None:
    """GITS_TYPER.PTA = 0: MAPC, MOVALL and SYNC name the PE by its number, in bits [51:16]; the last PE gets its LPIs."""
    bench, its = its_bench(Bench(lib, lib.GicConfig(pes=3)))
    its.map(pe=2)
    bench.msi(1, 0)
    assert bench.take(2) == [8192]
    bench.msi(1, 1)
    its.go(movall(2, 1), sync(1), sync(2))
    assert its.drained()
    assert bench.take(2) == []
    assert bench.take(1) == [8193]
    its.go(sync(3))
    assert bench.found == [ArchError.SYNC_PROCNUM_OOR]


@rule("R36", faults=("mapi-counts-from-8192", "mapti-of-any-intid"))
def test_mapi_maps_to_the_event(lib: Lib) -> None:
    bench, its = ready(lib, policy={"its_command_error": "skip"})
    bench.lpi_config(8195)
    its.go(mapc(0, 0), mapd(1, ITTS, 13), mapi(1, 8195, 0))
    bench.msi(1, 8195)
    assert bench.take() == [8195]
    its.go(mapi(1, 40, 0), mapti(1, 41, 8191, 0))
    assert bench.found == [ArchError.MAPTI_PHYSICALID_OOR] * 2


@rule("R37", faults=("remap-always-overwrites", "remap-always-ignored"))
def test_mapti_of_a_mapped_event_is_a_policy(lib: Lib) -> None:
    for choice, delivered in (("overwrite", 8300), ("ignore", 8192)):
        bench, its = ready(lib, policy={"its_remap": choice})
        its.map()
        bench.lpi_config(8300)
        its.go(mapti(1, 0, 8300, 0))
        assert its.drained()
        bench.msi(1, 0)
        assert bench.take() == [delivered]


@rule("R38", faults=("mapti-needs-collection", "unmapped-collection-is-pe-0"))
def test_mapti_before_its_collection(lib: Lib) -> None:
    bench, its = ready(lib)
    bench.lpi_config(8192)
    its.go(mapd(1, ITTS, 4), mapti(1, 0, 8192, 7))
    assert its.drained()
    assert not bench.found
    bench.msi(1, 0)
    assert bench.found == [ArchError.MSI_UNMAPPED]
    assert bench.ack() == SPURIOUS
    its.go(mapc(7, 0))
    bench.msi(1, 0)
    assert bench.take() == [8192]


@rule("R39", faults=("discard-keeps-pending", "discard-keeps-mapping"))
def test_discard_clears_and_unmaps(lib: Lib) -> None:
    bench, its = ready(lib)
    its.map()
    bench.msi(1, 0)
    assert bench.irq()
    its.go(discard(1, 0))
    assert its.drained()
    assert (bench.irq(), bench.ack()) == (0, SPURIOUS)
    bench.msi(1, 0)
    assert bench.found == [ArchError.MSI_UNMAPPED]
    bench.msi(1, 1)
    assert bench.take() == [8193]


@rule("R39", "D10", faults=("discard-without-collection",))
def test_discard_needs_a_mapped_collection(lib: Lib) -> None:
    bench, its = ready(lib)
    its.map()
    its.go(mapc(0, 0, valid=False), discard(1, 0))
    assert bench.found == [ArchError.DISCARD_UNMAPPED]
    assert its.read("GITS_CREADR") & STALLED


@rule("R40", faults=("clear-unmaps", "clear-does-nothing"))
def test_clear_keeps_the_mapping(lib: Lib) -> None:
    bench, its = ready(lib)
    its.map()
    bench.msi(1, 0)
    its.go(clear(1, 0))
    assert (bench.irq(), bench.ack()) == (0, SPURIOUS)
    bench.msi(1, 0)
    assert bench.take() == [8192]


@rule("R41", faults=("movi-leaves-pending", "movi-copies-pending"))
def test_movi_moves_what_is_pending(lib: Lib) -> None:
    bench, its = ready(lib, pes=2)
    its.map()
    its.go(mapc(1, 1))
    bench.msi(1, 0)
    its.go(movi(1, 0, 1), movi(1, 1, 1))
    assert its.drained()
    assert [bench.irq(0), bench.irq(1)] == [0, 1]
    assert (bench.take(0), bench.take(1)) == ([], [8192])
    bench.msi(1, 0)
    bench.msi(1, 2)
    assert (bench.take(0), bench.take(1)) == ([8194], [8192])


@rule("R41", faults=("movi-to-unmapped", "movi-from-unmapped"))
def test_movi_needs_both_collections(lib: Lib) -> None:
    bench, its = ready(lib, pes=2, policy={"its_command_error": "skip"})
    its.map()
    its.go(movi(1, 0, 5))
    assert bench.found == [ArchError.MOVI_UNMAPPED]
    bench.msi(1, 0)
    assert bench.take(0) == [8192]
    its.go(mapc(1, 1), mapc(0, 0, valid=False), movi(1, 0, 1))
    assert bench.found == [ArchError.MOVI_UNMAPPED] * 2


@rule("R41", faults=("movi-copies-pending",))
def test_movi_asks_the_old_pe(lib: Lib) -> None:
    """The ITS on its own: the LPI becomes pending at the new PE only if the old one gave it away."""
    for pending in (0, 1):
        rds = Redistributors()
        its = lib.Its(0, lib.GicConfig(pes=2), memory := Memory(), rds)
        drive(its, memory, mapc(0, 0), mapc(1, 1), mapd(1, ITTS, 4), mapti(1, 0, 8192, 0))
        rds.responses = [LpiAck(pending, 8192 * pending)]
        drive(its, memory, movi(1, 0, 1), at=4)
        assert rds.commands == [(0, LpiTake(8192)), (1, LpiSet(8192))][: 1 + pending]


def drive(its: Its, memory: Memory, *commands: Command, at: int = 0) -> None:
    """Let an ITS on its own take commands, from entry `at` of its queue on; entry 0 sets it up first."""
    if not at:
        for name, value in (("GITS_BASER0", DEVICES | VALID | 15), ("GITS_BASER1", COLLECTIONS | VALID | 15)):
            reg_write(its, name, value)
        reg_write(its, "GITS_CBASER", QUEUE | VALID)
        reg_write(its, "GITS_CTLR", 1)
    for number, command in enumerate(commands, at):
        for word, value in enumerate(command):
            memory.write(QUEUE + number * COMMAND_BYTES + 8 * word, 8, value)
    reg_write(its, "GITS_CWRITER", (at + len(commands)) * COMMAND_BYTES)
    for _ in commands:
        its.predict("its0.step", CommandStep())


@rule("R42", faults=("movall-moves-one", "movall-loses", "movall-changes-mapping"))
def test_movall_merges(lib: Lib) -> None:
    bench, its = ready(lib, pes=2)
    its.map()
    its.map(2, events=2, pe=1, icid=1, first=8300)
    for event in (0, 1, 2):
        bench.msi(1, event)
    bench.msi(2, 0)
    its.go(movall(0, 1))
    assert its.drained()
    assert (bench.take(0), bench.take(1)) == ([], [8192, 8193, 8194, 8300])
    bench.msi(1, 0)
    assert (bench.take(0), bench.take(1)) == ([8192], []), "no mapping has changed"


@rule("R42", faults=("movall-moves-one",))
def test_movall_goes_on_until_nothing_is_left(lib: Lib) -> None:
    rds = Redistributors()
    its = lib.Its(0, lib.GicConfig(pes=2), memory := Memory(), rds)
    rds.responses = [LpiAck(1, 8192), LpiAck(), LpiAck(1, 8193), LpiAck(), LpiAck()]
    drive(its, memory, movall(0, 1))
    assert rds.commands == [(0, LpiTakeAny()), (1, LpiSet(8192)), (0, LpiTakeAny()), (1, LpiSet(8193)), (0, LpiTakeAny())]


@rule("R43", faults=("device-cached-for-ever",))
def test_mapd_drops_what_was_known(lib: Lib) -> None:
    bench, its = ready(lib)
    its.map()
    bench.msi(1, 0)
    assert bench.take() == [8192]
    bench.lpi_config(8400)
    its.go(mapd(1, ITTS + 0x80_0000, 4), mapti(1, 0, 8400, 0))
    bench.msi(1, 0)
    assert bench.take() == [8400]
    bench.msi(1, 1)
    assert bench.found[-1:] == [ArchError.MSI_UNMAPPED], "the new ITT has no event 1"
    its.go(mapd(1, 0, 4, valid=False))
    bench.msi(1, 0)
    assert bench.found[-2:] == [ArchError.MSI_UNMAPPED] * 2


@rule("R44", faults=("cbaser-keeps-creadr",))
def test_cbaser_zeroes_creadr(lib: Lib) -> None:
    _, its = ready(lib)
    its.go(sync(0), sync(0))
    assert its.read("GITS_CREADR") == 2 * COMMAND_BYTES
    its.write("GITS_CTLR", 0)
    its.write("GITS_CBASER", QUEUE | VALID)
    assert its.read("GITS_CREADR") == 0


@rule("R45", faults=("cwriter-beyond-queue", "cwriter-not-reported"))
def test_cwriter_beyond_the_queue(lib: Lib) -> None:
    bench, its = ready(lib)
    its.put(sync(0), sync(0))
    its.write("GITS_CWRITER", its.queue_bytes + 2 * COMMAND_BYTES)
    assert bench.found == [ArchError.ITS_CWRITER_OOR]
    assert its.read("GITS_CREADR") == 0, "the queue is invalid: nothing is taken"
    its.write("GITS_CWRITER", 2 * COMMAND_BYTES)
    assert its.read("GITS_CREADR") == 2 * COMMAND_BYTES


@rule("R46", faults=("any-write-retries", "retry-does-nothing", "retry-skips", "retry-reads-back"))
def test_retry_clears_a_stall(lib: Lib) -> None:
    bench, its = ready(lib)
    its.go(sync(0), bogus(), mapc(3, 0))
    stalled = COMMAND_BYTES | STALLED
    assert its.read("GITS_CREADR") == stalled
    its.go()
    assert its.read("GITS_CREADR") == stalled
    its.go(retry=True)
    assert its.read("GITS_CREADR") == stalled, "the same command is as faulty as before"
    assert bench.found == [ArchError.ITS_BAD_COMMAND] * 2
    for word, value in enumerate(sync(0)):
        bench.memory.write(QUEUE + COMMAND_BYTES + 8 * word, 8, value)
    its.go(retry=True)
    assert its.drained()
    its.go(sync(0), retry=True)
    assert its.read("GITS_CWRITER") & RETRY == 0
    assert its.drained(), "without a stall Retry means nothing"


@rule("R47", faults=("always-skips", "always-stalls"))
def test_faulty_command_is_a_policy(lib: Lib) -> None:
    for choice in ("stall", "skip"):
        bench, its = ready(lib, policy={"its_command_error": choice})
        its.map()
        its.go(bogus(), interrupt(1, 0))
        assert bench.found == [ArchError.ITS_BAD_COMMAND]
        assert its.drained() == (choice == "skip")
        assert bench.irq() == (choice == "skip")


@rule("R48", faults=("level-1-valid-ignored",))
def test_level_1_entries_must_be_valid(lib: Lib) -> None:
    bench, its = ready(lib, policy={"its_command_error": "skip"})
    its.write("GITS_CTLR", 0)
    its.tables(flags=INDIRECT)
    its.write("GITS_CTLR", 1)
    for entry, mapped in ((0, False), (LEVEL2, False), (LEVEL2 | VALID, True)):
        bench.found.clear()
        bench.memory.write(DEVICES, 8, entry)
        its.go(mapd(1, ITTS, 4))
        assert (not bench.found) == mapped, hex(entry)


@rule("R48", "D4", faults=("indirect-ignored", "level-1-index-by-bytes"))
def test_two_level_device_table(lib: Lib) -> None:
    """A level-1 entry is architected: bit 63 valid, the address of a page of the size that GITS_BASER gives."""
    for page_size, page_bytes in enumerate((4096, 16384, 65536)):
        bench, its = ready(lib)
        its.write("GITS_CTLR", 0)
        its.tables(page_size=page_size, flags=INDIRECT, pages=1)
        its.write("GITS_CTLR", 1)
        device = page_bytes // 8 + 1  # the second entry of the second page
        bench.memory.write(DEVICES + 8, 8, LEVEL2 | VALID)
        its.map(device)
        bench.msi(device, 1)
        assert bench.take() == [8193]
        assert bench.memory.read(LEVEL2 + 8, 8), "the entry lies in the page that level 1 names"
        assert bench.memory.read(DEVICES, 8) == 0
        assert not bench.found


@rule("R48", faults=("mapd-size-is-bits",))
def test_entries_are_compared_by_meaning(lib: Lib) -> None:
    """What a command writes is announced by its fields, which do not depend on the size of an entry or on its bits."""
    seen = []
    for bytes_ in (8, 12, 16):
        config = lib.GicConfig(its=(lib.ItsConfig(itt_entry_bytes=bytes_),))
        bench, its = its_bench(Bench(lib, config))
        its.put(mapc(0, 0), mapd(1, ITTS, 4), mapti(1, 31, 8200, 0))
        bench.lpi_config(8200)
        out = bench.send("its0.reg", write_request("GITS_CWRITER", its.tail))
        seen.append([t for _, t in out if isinstance(t, EntryWritten)])
        bench.msi(1, 31)
        assert bench.take() == [8200]
    assert seen[0] == seen[1] == seen[2]
    assert [entry.table for entry in seen[0]] == ["collection", "device", "translation"]


@rule("R49", faults=("queue-wraps-early", "queue-never-wraps", "full-queue-is-empty"))
def test_full_queue(lib: Lib) -> None:
    """A queue of 128 entries is full with 127 commands; equal pointers mean empty."""
    for start in (0, 5, 127):
        memory = Memory()
        its = lib.Its(0, lib.GicConfig(), memory, Redistributors())
        drive(its, memory, *[sync(0)] * start)
        for number in range(128):
            memory.write(QUEUE + number * COMMAND_BYTES, 8, sync(0)[0])
        full = (start - 1) % 128 * COMMAND_BYTES
        reg_write(its, "GITS_CWRITER", full)
        steps = 0
        while its.has_command() and steps < 200:
            its.predict("its0.step", CommandStep())
            steps += 1
        assert steps == 127
        assert reg_read(its, "GITS_CREADR") == full
        assert its.predict("its0.step", CommandStep()) == [], "equal pointers: empty"


@rule("D3", faults=("baser-ored",))
def test_baser_bits_can_be_cleared(lib: Lib) -> None:
    _, its = ready(lib)
    its.write("GITS_CTLR", 0)
    fixed = its.read("GITS_BASER0") & (7 << 56 | 0x1F << 48)
    its.write("GITS_BASER0", VALID | INDIRECT | 0x5555_5000 | 0xFF)
    its.write("GITS_BASER0", VALID | 0x0AAA_0000 | 0x01)
    assert its.read("GITS_BASER0") == fixed | VALID | 0x0AAA_0000 | 0x01
    its.write("GITS_BASER0", 0)
    assert its.read("GITS_BASER0") == fixed


@rule("R30", "D7", faults=("invall-everywhere",))
def test_invall_is_for_the_pe_of_its_collection(lib: Lib) -> None:
    """Where configurations are cached, those of another PE's LPIs stay as they were, until an INVALL of its collection."""
    bench, its = ready(lib, pes=2, policy={"lpi_config": "cached"})
    its.map()
    its.map(2, pe=1, icid=1, first=8200)
    for device, intid in ((1, 8192), (2, 8200)):
        bench.lpi_config(intid, enabled=False)
        its.go(inv(device, 0), interrupt(device, 0))
        bench.lpi_config(intid)
    its.go(invall(0), sync(0))
    assert (bench.take(0), bench.take(1)) == ([8192], [])
    its.go(invall(1), sync(1))
    assert bench.take(1) == [8200]
    its.go(invall(9))
    assert bench.found == [ArchError.INVALL_UNMAPPED]


@rule("R30", faults=("invall-of-unmapped",))
def test_invall_needs_a_mapped_collection(lib: Lib) -> None:
    bench, its = ready(lib)
    its.map()
    its.go(invall(9))
    assert bench.found == [ArchError.INVALL_UNMAPPED]
    assert its.read("GITS_CREADR") & STALLED


@rule("R30", faults=("inv-does-nothing", "invall-does-nothing"))
def test_inv_and_invall_take_the_new_configuration(lib: Lib) -> None:
    for command in (inv(1, 0), invall(0)):
        for fetch in ("pending", "cached", "use"):
            bench, its = ready(lib, policy={"lpi_config": fetch})
            its.map()
            bench.lpi_config(8192, enabled=False)
            its.go(command, sync(0))
            bench.msi(1, 0)
            assert bench.irq() == 0
            bench.lpi_config(8192)
            its.go(command, sync(0))
            assert bench.take() == [8192]
