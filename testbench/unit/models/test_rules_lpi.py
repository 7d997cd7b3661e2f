"""Rules of LPIs: no active state, tables in memory, ranges, invalidation, enabling and disabling (R23, R26 to R33, R82)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from irqpath.config.sizes import SPURIOUS
from irqpath.core.errors import ArchError, ConfigError
from irqpath.core.memory import Memory
from irqpath.core.transactions import Activate, Clear, ClearAck, Control, DownstreamControlAck, PeStatusAck, Set, UpstreamControl
from irqpath_testbench.sequences.fields import PTZ
from unit.models.drive import PEND, PROP, RWP_GICR, Bench, on, reg_read, reg_write, reports
from unit.models.rule_tests import rule

if TYPE_CHECKING:
    from irqpath.gic.gicr.redistributor import Redistributor
    from irqpath_testbench.tools.faults.injection import Lib

FETCHES = ("pending", "cached", "use")
CES, IR = 0b010, 0b100


def direct(lib: Lib, *, fetch: str = "pending", bits: int = 15, enable: bool = True, **config: object) -> Bench:
    """A GIC of one PE with direct LPIs (GICR_SETLPIR), brought up and, if so wanted, with LPIs enabled."""
    sizes = lib.GicConfig(direct_lpi=True, its=(), **config)  # type: ignore[arg-type]  # fields of GicConfig
    bench = Bench(lib, sizes, lib.Policy(lpi_config=fetch)).boot()  # type: ignore[arg-type]  # one of FETCHES
    if enable:
        bench.lpis(bits=bits)
    return bench


@rule("R23", faults=("lpi-stays-pending",))
def test_activation_clears_pending(lib: Lib) -> None:
    bench = direct(lib)
    bench.lpi_config(8200, 0x80)
    bench.write("GICR_SETLPIR", 8200)
    assert (bench.irq(), bench.ack()) == (1, 8200)
    bench.write("GICR_SETLPIR", 8200)  # while the first is handled: a new cause
    assert bench.ack() == SPURIOUS, "its priority runs"
    bench.eoi(8200)
    assert bench.take() == [8200]
    assert not bench.found


@rule("R26", faults=("lpi-of-group-0", "lpi-by-group-0-enable"))
def test_lpis_are_group_1(lib: Lib) -> None:
    bench = direct(lib)
    bench.lpi_config(8200)
    bench.write("GICD_CTLR", 1)
    bench.write("GICR_SETLPIR", 8200)
    assert (bench.irq(), bench.fiq()) == (0, 0)
    bench.write("GICD_CTLR", 2)
    assert (bench.irq(), bench.fiq()) == (1, 0)
    assert bench.ack(group=0) == SPURIOUS
    assert bench.ack(group=1) == 8200


@rule("R27", faults=("configuration-table-at-intid",))
def test_configuration_table(lib: Lib) -> None:
    bench = direct(lib)
    for intid, priority in ((8192, 0x80), (8193, 0x40), (20000, 0x60)):
        bench.memory.write(PROP + intid - 8192, 1, priority | 1)
        bench.write("GICR_SETLPIR", intid)
    assert bench.take() == [8193, 20000, 8192]


@rule("R27", faults=("pending-table-at-8192",))
def test_pending_table_is_written_at_the_intid(lib: Lib) -> None:
    bench = direct(lib)
    for intid in (8192, 8207, 20000):
        bench.write("GICR_SETLPIR", intid)
    bench.write("GICR_CTLR", 0)
    table = int.from_bytes(bench.memory.dump(PEND, 1 << 15 - 3), "little")
    assert table == 1 << 8192 | 1 << 8207 | 1 << 20000


@rule("R27", faults=("pending-table-first-kilobyte",))
def test_pending_table_is_read(lib: Lib) -> None:
    bench = direct(lib, enable=False)
    for intid in (8192, 8199, 8200, 20000):
        bench.lpi_config(intid)
        address = PEND + intid // 8
        bench.memory.write(address, 1, bench.memory.read(address, 1) | 1 << intid % 8)
    for address in range(PEND, PEND + 1024, 8):
        bench.memory.write(address, 8, 0xFFFF_FFFF_FFFF_FFFF)
    bench.lpis(ptz=False)
    assert bench.take() == [8192, 8199, 8200, 20000]
    assert bench.memory.dump(PEND, 1024) == b"\xff" * 1024, "the first kilobyte is not touched"


@rule("R28", faults=("ptz-reads-back", "pending-table-never-read"))
def test_ptz(lib: Lib) -> None:
    bench = direct(lib, enable=False)
    bench.write("GICR_PENDBASER", PEND | PTZ)
    assert bench.read("GICR_PENDBASER") == PEND
    bench.lpi_config(8200)
    bench.memory.write(PEND + 8200 // 8, 1, 1)
    bench.lpis(ptz=False)
    assert bench.take() == [8200]


@rule("R28", "R33", faults=("ptz-for-ever", "flush-forgets"))
def test_pending_lpis_survive_enablelpis(lib: Lib) -> None:
    """PTZ speaks of the table as it was when software wrote it, not of what a disabling puts there."""
    bench = direct(lib)
    for intid in (8200, 8201):
        bench.lpi_config(intid)
        bench.write("GICR_SETLPIR", intid)
    bench.write("GICR_CTLR", 0)
    assert (bench.irq(), bench.read("GICR_CTLR") & RWP_GICR) == (0, 0)
    assert bench.lpi_in_table(8200) == bench.lpi_in_table(8201) == 1
    bench.write("GICR_CTLR", 1)
    assert bench.take() == [8200, 8201]


@rule("R29", faults=("idbits-of-propbaser", "idbits-of-typer", "idbits-one-less"))
def test_range_is_the_smaller_of_two(lib: Lib) -> None:
    for table_bits, typer_bits in ((14, 14), (14, 16), (15, 16), (16, 14), (16, 16), (13, 16)):
        bench = direct(lib, bits=table_bits, intid_bits=typer_bits)
        limit = 1 << min(table_bits, typer_bits)
        expected = []
        for intid in (8192, limit - 1, limit, (1 << max(table_bits, typer_bits)) - 1):
            bench.lpi_config(intid)
            bench.write("GICR_SETLPIR", intid)
            if 8192 <= intid < limit:
                expected.append(intid)
        assert bench.take() == sorted(set(expected))


@rule("R29", "D5", faults=("one-lpi-too-many",))
def test_intid_beyond_the_range_is_no_lpi(lib: Lib) -> None:
    bench = direct(lib, bits=14)
    bench.lpi_config(1 << 14, 0x80)
    bench.write("GICR_SETLPIR", 1 << 14)
    assert (bench.irq(), bench.ack()) == (0, SPURIOUS)


@rule("R82", faults=("lpis-wider-than-the-cpu-interface",))
def test_an_lpi_fits_the_cpu_interface(lib: Lib) -> None:
    """ICC_CTLR_EL1.IDbits: an LPI above 2^16 comes whole where there are 24 bits; where there are 16, there is none."""
    bench = direct(lib, bits=17, intid_bits=17, cpu_intid_bits=24)
    bench.lpi_config(0x1_2345)
    bench.write("GICR_SETLPIR", 0x1_2345)
    assert bench.ack() == 0x1_2345
    with pytest.raises(ConfigError, match="the CPU interfaces take 16 bits"):
        lib.GicConfig(intid_bits=17, cpu_intid_bits=16)


@rule("R30", faults=("inv-does-nothing", "inv-keeps-cache"))
def test_invlpir_takes_the_new_configuration(lib: Lib) -> None:
    for fetch in FETCHES:
        bench = direct(lib, fetch=fetch)
        bench.lpi_config(8200, 0x80)
        bench.write("GICR_SETLPIR", 8200)
        assert bench.take() == [8200]
        bench.lpi_config(8200, enabled=False)
        bench.write("GICR_INVLPIR", 8200)
        bench.write("GICR_SETLPIR", 8200)
        assert (bench.irq(), bench.ack()) == (0, SPURIOUS)
        bench.lpi_config(8200, 0x80)
        bench.write("GICR_INVLPIR", 8200)
        assert bench.take() == [8200], "it was pending all along"


@rule("R30", faults=("invall-does-nothing", "invall-keeps-cache"))
def test_invallr_takes_every_new_configuration(lib: Lib) -> None:
    for fetch in FETCHES:
        bench = direct(lib, fetch=fetch)
        for intid, priority in ((8200, 0x40), (8201, 0x80)):
            bench.lpi_config(intid, priority)
            bench.write("GICR_SETLPIR", intid)
        assert bench.take() == [8200, 8201]
        for intid, priority in ((8200, 0x80), (8201, 0x40), (8202, 0x60)):
            bench.lpi_config(intid, priority)
        bench.write("GICR_INVALLR", 0)
        for intid in (8200, 8201, 8202):
            bench.write("GICR_SETLPIR", intid)
        assert bench.take() == [8201, 8202, 8200]


@rule("R30", faults=("invall-does-nothing",))
def test_invallr_reorders_what_is_pending(lib: Lib) -> None:
    for fetch in FETCHES:
        bench = direct(lib, fetch=fetch)
        bench.msr("ICC_PMR_EL1", 0)
        for intid, priority in ((8200, 0x40), (8201, 0x80)):
            bench.lpi_config(intid, priority)
            bench.write("GICR_SETLPIR", intid)
        bench.lpi_config(8200, 0xC0)
        bench.write("GICR_INVALLR", 0)
        bench.msr("ICC_PMR_EL1", 0xFF)
        assert bench.take() == [8201, 8200]


# --- with a CPU interface that takes its time ---------------------------------------------------------------------------


def holding(lib: Lib, memory: Memory | None = None) -> Redistributor:
    """A Redistributor whose CPU interface holds LPI 8200; LPI 8201 is pending too."""
    memory = memory or Memory()
    for intid, priority in ((8200, 0x40), (8201, 0x80)):
        memory.write(PROP + intid - 8192, 1, priority | 1)
    gicr = lib.Redistributor(0, lib.GicConfig(direct_lpi=True, its=()), memory)
    reg_write(gicr, "GICR_WAKER", 0)
    gicr.predict("stream0.up", DownstreamControlAck())
    gicr.predict("stream0.up", UpstreamControl(3))
    gicr.predict("dist0.down", PeStatusAck())
    gicr.predict("dist0.down", PeStatusAck())
    gicr.predict("dist0.down", Control(3))
    reg_write(gicr, "GICR_PROPBASER", PROP | 14)
    reg_write(gicr, "GICR_PENDBASER", PEND | PTZ)
    reg_write(gicr, "GICR_CTLR", 1)
    assert on(reg_write(gicr, "GICR_SETLPIR", 8200), "stream0.down") == [Set(8200, 0x40, 1)]
    reg_write(gicr, "GICR_SETLPIR", 8201)
    return gicr


@rule("R30", faults=("inv-does-nothing",))
def test_a_forwarded_lpi_is_retrieved(lib: Lib) -> None:
    """GICR_INVLPIR of an LPI that the CPU interface holds: it is taken back and, if still pending, forwarded again."""
    gicr = holding(lib, memory := Memory())
    memory.write(PROP + 8, 1, 0xC0 | 1)
    assert on(reg_write(gicr, "GICR_INVLPIR", 8200), "stream0.down") == [Clear(8200)]
    assert on(gicr.predict("stream0.up", ClearAck(8200)), "stream0.down") == [Set(8201, 0x80, 1)]
    memory.write(PROP + 9, 1, 0)
    assert on(reg_write(gicr, "GICR_INVLPIR", 8201), "stream0.down") == [Clear(8201)]
    assert on(gicr.predict("stream0.up", ClearAck(8201)), "stream0.down") == [Set(8200, 0xC0, 1)]


@rule("R31", "D8", faults=("disable-without-rwp", "flush-forgets"))
def test_rwp_covers_the_disabling_of_lpis(lib: Lib) -> None:
    gicr = holding(lib)
    assert on(reg_write(gicr, "GICR_CTLR", 0), "stream0.down") == [Clear(8200)]
    assert reg_read(gicr, "GICR_CTLR") == CES | RWP_GICR
    gicr.predict("stream0.up", ClearAck(8200))
    assert reg_read(gicr, "GICR_CTLR") == CES
    assert on(reg_write(gicr, "GICR_CTLR", 1), "stream0.down") == [Set(8200, 0x40, 1)]


@rule("R31", "R32", "D8", faults=("lpis-disabled-at-any-time",))
def test_lpis_stay_enabled_without_ces(lib: Lib) -> None:
    """Without GICR_CTLR.CES EnableLPIs cannot be cleared."""
    for disable in (True, False):
        bench = Bench(lib, lib.GicConfig(its=(), lpi_disable=disable)).boot()
        bench.lpis()
        bench.write("GICR_CTLR", 0)
        assert bench.read("GICR_CTLR") == (CES if disable else 1)


@rule("R31", faults=("disable-without-rwp",))
def test_lpi_acknowledged_while_disabling(lib: Lib) -> None:
    gicr = holding(lib)
    reg_write(gicr, "GICR_CTLR", 0)
    gicr.predict("stream0.up", Activate(8200))
    assert reg_read(gicr, "GICR_CTLR") in (CES, CES | RWP_GICR)
    gicr.predict("stream0.up", ClearAck(8200))
    assert reg_read(gicr, "GICR_CTLR") == CES
    assert on(reg_write(gicr, "GICR_CTLR", 1), "stream0.down") == [Set(8201, 0x80, 1)], "8200 is not pending any more"
    reg_write(gicr, "GICR_CTLR", 0)
    assert reg_read(gicr, "GICR_CTLR") == CES | RWP_GICR


@rule("R31", faults=("tables-change-while-disabling", "tables-change-while-enabled", "enabled-again-while-disabling"))
def test_unpredictable_while_disabling(lib: Lib) -> None:
    gicr = holding(lib)
    for name in ("GICR_PROPBASER", "GICR_PENDBASER"):
        before = reg_read(gicr, name)
        assert reports(reg_write(gicr, name, 0)) == [ArchError.LPI_REG_WHILE_ENABLED]
        assert reg_read(gicr, name) == before
    reg_write(gicr, "GICR_CTLR", 0)
    for name in ("GICR_PROPBASER", "GICR_PENDBASER"):
        before = reg_read(gicr, name)
        assert reports(reg_write(gicr, name, 0)) == [ArchError.LPI_REG_WHILE_ENABLED]
        assert reg_read(gicr, name) == before
    assert reports(reg_write(gicr, "GICR_CTLR", 1)) == [ArchError.LPI_REG_WHILE_ENABLED]
    gicr.predict("stream0.up", ClearAck(8200))
    assert reg_read(gicr, "GICR_CTLR") == CES
    assert on(reg_write(gicr, "GICR_CTLR", 1), "stream0.down") == [Set(8200, 0x40, 1)], "no pending LPI was lost"
    reg_write(gicr, "GICR_CTLR", 0)
    gicr.predict("stream0.up", ClearAck(8200))
    reg_write(gicr, "GICR_PROPBASER", 0)
    assert reg_read(gicr, "GICR_PROPBASER") == 0, "with RWP 0 the tables may change"


@rule("R32", faults=("invlpir-needs-direct-lpis", "ir-not-shown"))
def test_invlpir_without_direct_lpis(lib: Lib) -> None:
    for ir in (False, True):
        bench = Bench(lib, lib.GicConfig(invlpir_without_rvpeid=ir)).boot()
        bench.lpis()
        assert bench.read("GICR_CTLR") == (IR if ir else 0) | CES | 1
        bench.lpi_config(8200, enabled=False)
        bench.gic.gicr[0].lpi.set_pending(8200)
        bench.lpi_config(8200)
        bench.write("GICR_INVLPIR", 8200)
        assert bench.read("GICR_SYNCR") == 0
        assert bench.irq() == ir


@rule("R32", faults=("ces-not-shown", "disable-without-ces"))
def test_ces_says_whether_lpis_can_be_disabled(lib: Lib) -> None:
    for ces in (False, True):
        bench = direct(lib, lpi_disable=ces)
        shown = CES if ces else 0
        assert bench.read("GICR_CTLR") == shown | 1
        bench.write("GICR_CTLR", 0)
        assert bench.read("GICR_CTLR") == (shown if ces else 1)


@rule("R33", faults=("disabled-lpi-dropped", "inv-does-nothing"))
def test_a_disabled_lpi_becomes_pending(lib: Lib) -> None:
    for fetch in FETCHES:
        bench = direct(lib, fetch=fetch)
        bench.lpi_config(8200, enabled=False)
        bench.write("GICR_SETLPIR", 8200)
        assert (bench.irq(), bench.ack()) == (0, SPURIOUS)
        bench.lpi_config(8200)
        bench.write("GICR_INVLPIR", 8200)
        assert (bench.irq(), bench.ack()) == (1, 8200)
