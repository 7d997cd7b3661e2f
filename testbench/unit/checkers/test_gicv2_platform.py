"""The model platform with a GICv2: how long inputs take, in which order they are taken, and that a bug in one of the rules
changes when something happens, which is what a co-simulation compares."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from irqpath.config.gicv2 import Gicv2Config, V2mConfig
from irqpath.config.sizes import VirtualConfig
from irqpath.core.errors import CheckError
from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, Observed, OutLine, RegWrite
from irqpath.sim.gicv2_platform import Gicv2Platform
from irqpath_testbench.sequences import gicv2, gicv2_random
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.tools.faults.injection import InjectedFault, injected

Software = Callable[[Any], Coroutine[Any, Any, None]]


def config(pes: int = 2, spis: int = 64) -> Gicv2Config:
    """With everything."""
    virtual = VirtualConfig(list_registers=4, id_bits=10, gicv2=True)
    return Gicv2Config(pes=pes, spis=spis, virtual=virtual, v2m=V2mConfig(32, 32))


def watched(software: Software, what: Gicv2Config) -> list[Observed]:
    """Every transaction."""
    seen: list[Observed] = []
    platform = Gicv2Platform(what, listen=seen.append)
    platform.run(software(platform))
    return seen


def to_line(seen: list[Observed], link: Link) -> int:
    """Cycles from the last offer on a link to the line that rises next."""
    since = -1
    for o in seen:
        if o.link == link:
            since = o.offer
        elif since >= 0 and isinstance(o.transaction, LineChange) and o.link.end == "irq" and o.transaction.level:
            return o.accept - since
    raise AssertionError(f"no line rises after {link}")


@pytest.mark.parametrize("pes", [1, 2, 8])
def test_how_long_an_interrupt_takes(pes: int) -> None:
    """A PPI 4 cycles, an SGI 5, and an SPI 2 more for each PE."""

    async def ppi(platform: Gicv2Platform) -> None:
        await gicv2.bring_up(platform)
        await platform.quiesce()
        platform.wire(20, 1)
        await platform.quiesce()

    async def sgi(platform: Gicv2Platform) -> None:
        await gicv2.bring_up(platform)
        await platform.quiesce()
        await gicv2.send(platform.pes[0], 3, 1)
        await platform.quiesce()

    async def spi(platform: Gicv2Platform) -> None:
        await gicv2.bring_up(platform)
        await platform.pes[0].write("GICD_ISENABLER1", 1)
        await platform.quiesce()
        platform.wire(32, 1)
        await platform.quiesce()

    assert to_line(watched(ppi, config(pes)), Link.gicv2_ppi(0)) == 4
    assert to_line(watched(sgi, config(pes)), Link("gicd.reg")) == 5
    assert to_line(watched(spi, config(pes)), Link("gicd.spi")) == 4 + 2 * pes


def test_inputs_are_taken_in_turn_and_a_reset_first() -> None:
    async def software(platform: Gicv2Platform) -> None:
        pe = platform.pes[0]
        for link in ("gicv.reg", "v2m.reg", "gich.reg", "gicd.reg", "gicc.reg"):
            platform.start(ask(pe, link.partition(".")[0]), link)
        await platform.spend(3)
        platform.wire(20, 1, 1)
        platform.wire(19, 1, 1)
        platform.wire(25, 1, 0)
        platform.wire(40, 1)
        platform.start(platform.reset_pe(1), "reset of PE 1")
        platform.start(platform.reset_pe(0), "reset of PE 0")
        await platform.quiesce()

    async def ask(pe: Any, block: str) -> None:
        await pe.read_at(block, 0, 4)

    seen = watched(software, config())
    taken = [str(o.link) for o in seen if o.link in inputs()]
    assert taken[:8] == ["gicd.reg", "gicc0.reset", "gicc1.reset", "gicc.reg", "gich.reg", "gicv.reg", "v2m.reg", "gicd.spi"]
    assert taken[8:] == ["gicd.ppi0", "gicd.ppi1", "gicd.ppi1"]
    assert [o.transaction.line for o in seen if isinstance(o.transaction, LineChange) and o.link == Link.gicv2_ppi(1)] == [19, 20]


def inputs() -> set[Link]:
    """Of a GICv2 of two PEs."""
    frames = {Link.of(name, "reg") for name in ("gicd", "gicc", "gich", "gicv", "v2m")}
    return frames | {Link("gicd.spi")} | {Link.gicv2_ppi(pe) for pe in (0, 1)} | {Link.gicc(pe, "reset") for pe in (0, 1)}


def test_a_pe_in_reset_is_reset_once() -> None:
    async def software(platform: Gicv2Platform) -> None:
        platform.start(platform.reset_pe(0), "first")
        await platform.spend(1)
        await platform.reset_pe(0)
        assert platform.now == 9
        await platform.reset_pe(0)
        await platform.quiesce()

    seen = watched(software, config())
    assert [(str(o.link), o.accept) for o in seen] == [("gicc0.reset", 3), ("gicc0.reset", 12)]


def test_a_message_takes_the_level_of_a_wire_back() -> None:
    """A wire that is high comes anew, since when it rose; one that fell before does not fall a second time."""

    async def software(platform: Gicv2Platform) -> None:
        platform.wire(40, 1)
        await platform.spend(50)
        await platform.pes[0].write("V2M_MSI_SETSPI_NS", 40)
        await platform.spend(50)
        platform.start(platform.pes[0].write("V2M_MSI_SETSPI_NS", 40), "message")
        platform.wire(40, 0)
        await platform.quiesce()
        platform.wire(40, 1)
        await platform.quiesce()

    seen = [o for o in watched(software, config()) if o.link == Link("gicd.spi")]
    assert [(o.offer, o.transaction.level) for o in seen if isinstance(o.transaction, LineChange)][:2] == [(2, 1), (2, 1)]
    assert [o.transaction.level for o in seen if isinstance(o.transaction, LineChange)] == [1, 1, 1]
    assert seen[2].offer > seen[1].accept


def test_lines_that_software_sees() -> None:
    """nIRQ, nFIQ, vIRQ and vFIQ; the maintenance interrupt is a wire that leaves the GIC."""
    seen: list[Observed] = []

    async def software(platform: Gicv2Platform) -> None:
        pe = platform.pes[0]
        await pe.write("GICH_HCR", 1 | 1 << 3)  # NPIE: no List register is pending
        await platform.quiesce()
        assert pe.lines == 0

    platform = Gicv2Platform(config(), listen=seen.append)
    platform.run(software(platform))
    assert [o.transaction for o in seen if o.link == Link.gicc(0, "irq")] == [LineChange(OutLine.MAINTENANCE, 1)]


@pytest.mark.parametrize(
    ("software", "error"),
    [
        (lambda platform: platform.pes[1].msr("ICC_PMR_EL1", 1), "PE 1 has no system registers for its CPU interface"),
        (lambda platform: platform.store(0x40, 8, 1), "the memory at 0x40 is not there"),
        (lambda platform: platform.send_msi(3, 4), "there is no ITS"),
    ],
    ids=["system registers", "memory", "ITS"],
)
def test_what_it_does_not_have(software: Software, error: str) -> None:
    platform = Gicv2Platform(config())
    with pytest.raises(CheckError, match=error):
        platform.run(software(platform))
    with pytest.raises(CheckError, match="INTID 96 has no wire"):
        platform.wire(96, 1)


# --- that a bug is noticed ----------------------------------------------------------------------------------------------


async def traffic(platform: Any) -> None:
    """Resets at once, messages to wires that are high or have just fallen, back-pressure, then random traffic."""
    for pe in platform.pes:
        platform.start(platform.reset_pe(pe.index), "reset")
    await platform.quiesce()
    pe = platform.pes[0]
    platform.wire(40, 1)
    await platform.quiesce()
    await pe.write("V2M_MSI_SETSPI_NS", 40)
    await platform.quiesce()
    platform.wire(40, 0)
    await pe.write("V2M_MSI_SETSPI_NS", 40)
    await platform.quiesce()
    platform.wire(40, 1)
    await platform.quiesce()
    platform.wire(40, 0)
    platform.pressure(2)
    jobs = [platform.start(reads(pe, block), block) for block in ("gicd", "gicc", "gich", "gicv", "v2m")]
    for job in jobs:
        await job.join()
    await gicv2_random.random_traffic(platform, Randoms("3:gicv2"), 150)


async def reads(pe: Any, block: str) -> None:
    """Some, of one frame."""
    for _ in range(20):
        await pe.read_at(block, 0, 4)


def times() -> list[tuple[str, int, int]]:
    """When each transaction was offered and accepted, on the models as they are imported now."""
    seen: list[tuple[str, int, int]] = []
    models = importlib.import_module("irqpath.sim.gicv2_platform")
    platform = models.Gicv2Platform(config(4), listen=lambda o: seen.append((str(o.link), o.offer, o.accept)))
    platform.run(traffic(platform))
    return seen


PLATFORM = "irqpath.sim.gicv2_platform"


@pytest.mark.parametrize(
    "fault",
    [
        InjectedFault("first-first", PLATFORM, "self._turn = which + 1", "self._turn = 0"),
        InjectedFault("wires-before", PLATFORM, "turn % turns", "-turn % turns"),
        InjectedFault("last-pe-first", PLATFORM, "min(waiting)", "max(waiting)"),
        InjectedFault("reset-late", PLATFORM, "OFFERED + 1", "OFFERED + 2"),
        InjectedFault("level-stays", PLATFORM, "self.spis.lower(now, intid)", "pass"),
        InjectedFault("one-seed", PLATFORM, "PORT_SEED * number", "PORT_SEED"),
        InjectedFault("rise-as-first", "irqpath.sim.wires", "if line in self._told:", "if False:"),
    ],
    ids=lambda fault: fault.name,
)
def test_a_bug_changes_when_something_happens(fault: InjectedFault) -> None:
    """So a co-simulation, which compares that, finds it."""
    usual = times()
    with injected(fault):
        assert times() != usual


def test_every_write_is_answered() -> None:
    """Under back-pressure too."""
    seen = watched(traffic, config(4))
    writes = sum(isinstance(o.transaction, RegWrite) for o in seen)
    assert writes == sum(type(o.transaction).__name__ == "RegWriteAck" for o in seen) > 100
