"""The model platform in time: links, wires, back-pressure, the order in which blocks take what waits, resets, memory.

That it is as the Verilog is shown by every co-simulation. Here: what each rule says, and that a bug in one changes when
something happens, which is what a co-simulation compares.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from irqpath import CheckError, GicConfig, ModelPlatform
from irqpath.config.sizes import VirtualConfig
from irqpath.core.link import Link
from irqpath.core.transactions import (
    GenerateSgiAck,
    LineChange,
    Msi,
    Observed,
    Set,
    SgiDeliver,
    SgiRequest,
    SysWrite,
    Transaction,
    UpstreamControl,
    UpstreamControlAck,
)
from irqpath.sim.channel import NEVER, Channel
from irqpath.sim.kernel import Event, Kernel
from irqpath.sim.throttle import Throttle
from irqpath.sim.wires import Driver, Wires
from irqpath_testbench.sequences import guests, lpi, lpi_random, sgi, sgi_random, virq_random, wired_random
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.tools.faults.injection import InjectedFault, injected

CONFIG = GicConfig(pes=2)
VIRTUAL = GicConfig(pes=2, virtual=VirtualConfig())


class Ear:
    """A receiver that remembers when it was woken."""

    def __init__(self) -> None:
        self.woken: list[int] = []

    def wake(self, cycle: int) -> None:
        """See `Receiver`."""
        self.woken.append(cycle)


# --- links --------------------------------------------------------------------------------------------------------------


def test_the_head_of_a_link_is_offered_when_the_one_before_has_gone() -> None:
    ear = Ear()
    link = Channel(Link("dist0.down"), ear)
    for cycle in (5, 5, 9):
        link.put(cycle, SgiDeliver(1, 3))
    assert (link.offer, link.ready) == (5, 5)
    assert [link.waiting(cycle) for cycle in (4, 5, 9)] == [0, 2, 3]
    link.take(7)
    assert (link.offer, link.waiting(7), link.waiting(8)) == (8, 2, 1)
    link.take(8)
    assert link.offer == 9
    link.take(9)
    assert link.ready == NEVER
    assert ear.woken == [5, 8, 9]


def test_a_message_takes_its_beats_on_a_stream() -> None:
    link = Channel(Link("stream0.down"), Ear())
    link.put(5, Set(9, 0x80, 1))
    assert (link.offer, link.ready) == (5, 7)
    link.take(10)
    link.put(6, UpstreamControlAck())
    assert (link.offer, link.ready) == (11, 11)


def test_a_stream_in_reset() -> None:
    """What was on it is lost; what comes meanwhile is, to the CPU interface, or waits."""
    down, up = Channel(Link("stream0.down"), Ear()), Channel(Link("stream0.up"), Ear())
    for link, message in ((down, GenerateSgiAck()), (up, UpstreamControl(3))):
        link.put(5, message)
        link.close(lossy=link == down)
        link.put(6, message)
        assert link.ready == NEVER
        link.open(9)
    assert (len(down.queue), len(up.queue), up.offer) == (0, 1, 10)
    down.put(9, GenerateSgiAck())
    assert down.offer == 10


# --- wires --------------------------------------------------------------------------------------------------------------


def wires(*changes: tuple[int, int, int]) -> Wires:
    """Wires that change: (cycle, line, level)."""
    found = Wires(Link("gicd.spi"), Ear())
    for cycle, line, level in changes:
        found.put(cycle, LineChange(line, level))
    return found


def test_wires_are_taken_one_by_one_the_lowest_first() -> None:
    some = wires((5, 40, 1), (5, 33, 1), (6, 32, 1))
    assert some.next(4) == 5
    assert some.next(5) == 5
    assert (some.take(), some.offer) == (LineChange(33, 1), 5)
    assert some.next(6) == 6
    assert (some.take(), some.offer) == (LineChange(32, 1), 6)
    assert (some.take(), some.offer) == (LineChange(40, 1), 5)
    assert some.next(7) == NEVER


def test_a_pulse_is_kept_and_one_more_merges() -> None:
    """A rise is kept until it is taken in; a fall and a rise between leave no trace."""
    some = wires((5, 40, 1), (6, 40, 0), (7, 40, 1), (8, 40, 0))
    assert some.next(9) == 9
    assert (some.take(), some.offer) == (LineChange(40, 1), 5)
    assert (some.take(), some.offer) == (LineChange(40, 0), 8)
    assert some.next(9) == NEVER
    some = wires((5, 40, 1))
    some.next(5)
    some.take()
    some.put(7, LineChange(40, 0))
    some.put(8, LineChange(40, 1))
    assert some.next(9) == NEVER


def test_the_last_level_of_a_cycle_counts() -> None:
    some = wires((5, 40, 1), (5, 40, 0))
    assert some.next(6) == NEVER


def test_wires_move_in_the_order_of_cycles() -> None:
    """Whoever tells them first."""
    some = wires((7, 40, 1), (5, 33, 1))
    assert (some.next(4), some.next(5)) == (5, 5)
    assert (some.take(), some.offer) == (LineChange(33, 1), 5)
    assert some.next(5) == 7


def test_a_wire_that_software_and_another_block_drive() -> None:
    """It is high while either drives it high."""
    some = wires((5, 25, 1), (8, 25, 0))
    driver = Driver(some, 25)
    driver.moves(6, 1)
    some.next(5)
    assert some.take() == LineChange(25, 1)
    driver.moves(10, 0)
    assert (some.next(9), some.next(10)) == (10, 10)
    assert (some.take(), some.offer) == (LineChange(25, 0), 10)
    driver.moves(15, 1)
    driver.falls(13)
    assert some.next(15) == NEVER


# --- back-pressure ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 17, 46])
def test_the_throttle_is_the_register_of_the_testbench(seed: int) -> None:
    """throttle.v, bit by bit."""
    state, low = 0x2AAA_5555 ^ seed, []
    for _ in range(9000):
        low.append(state & 0x7F)
        state = (state << 7 | (state >> 24 ^ state >> 21) & 0x7F) & 0x7FFF_FFFF
    for level in range(8):
        throttle = Throttle(seed)
        expected = [cycle for cycle, bits in enumerate(low) if not bits & (1 << level) - 1]
        found, cycle = [], 0
        while (cycle := throttle.next(cycle, level)) < len(low):
            found.append(cycle)
            cycle += 1
        assert found == expected


def test_back_pressure_ends_for_what_waits() -> None:
    async def software(platform: ModelPlatform) -> None:
        pe = platform.pes[0]
        platform.pressure(7)
        await platform.spend(5)
        job = platform.start(read(pe), "read")
        await platform.spend(6)
        platform.pressure(0)
        await job.join()
        assert platform.now < 20
        await pe.read("GICD_TYPER")

    async def read(pe: Any) -> None:
        await pe.read("GICD_TYPER")

    platform = ModelPlatform(CONFIG)
    platform.run(software(platform))


# --- software -----------------------------------------------------------------------------------------------------------


def test_timers_go_before_hardware_and_who_waits_longest_goes_first() -> None:
    kernel, log = Kernel(), []
    first, second = Event(), Event()
    tickets = [kernel.ticket(), kernel.ticket()]

    async def waits(name: str, event: Event) -> None:
        await event
        log.append(name)
        await kernel.after(0)
        log.append(f"{name} goes on")

    async def sleeps() -> None:
        await kernel.after(5)
        log.append("timer")

    def tells() -> None:
        kernel.tell(tickets[1], second)
        kernel.tell(tickets[0], first)

    for name, event in (("second", second), ("first", first)):
        kernel.start(waits(name, event), name)
    kernel.edge(5, tells)

    async def main() -> None:
        await kernel.after(6)

    kernel.start(sleeps(), "timer")
    kernel.run(kernel.start(main(), "main"), 10)
    assert log == ["timer", "first", "first goes on", "second", "second goes on"]


def test_a_reset_ends_the_access_that_is_under_way() -> None:
    async def software(platform: ModelPlatform) -> None:
        pe = platform.pes[1]
        job = platform.start(access(pe), "access")
        await platform.reset_pe(1)
        assert platform.now == 8
        await job.join()
        assert await pe.mrs("ICC_PMR_EL1") == 0

    async def access(pe: Any) -> None:
        with pytest.raises(CheckError, match="PE 1: MSR of ICC_PMR_EL1 was ended by a reset"):
            await pe.msr("ICC_PMR_EL1", 0xF0)
        with pytest.raises(CheckError, match="PE 1: the barrier was ended by a reset"):
            await pe.dsb()

    platform = ModelPlatform(CONFIG)
    platform.run(software(platform))


def test_a_state_is_told_when_it_is_taken() -> None:
    """The PE goes on in the cycle in which its CPU interface takes it; a reset ends it, as it ends accesses."""

    async def software(platform: ModelPlatform) -> None:
        pe = platform.pes[1]
        await pe.enter(guests.GUEST)
        assert platform.now == 2
        await pe.enter(guests.HYPERVISOR)
        assert platform.now == 5
        job = platform.start(pe.enter(guests.GUEST), "enter")
        await platform.reset_pe(1)
        await job.join()
        await pe.msr("ICH_HCR_EL2", guests.EN)

    platform = ModelPlatform(VIRTUAL)
    platform.run(software(platform))


def test_a_reset_ends_the_maintenance_interrupt() -> None:
    seen: list[tuple[int, int]] = []

    def listen(o: Observed) -> None:
        if o.link.end == "ppi" and isinstance(o.transaction, LineChange):
            seen.append((o.offer, o.transaction.level))

    async def software(platform: ModelPlatform) -> None:
        pe = platform.pes[0]
        await asks(pe)
        assert platform.now == 3
        await platform.reset_pe(0)
        await platform.quiesce()
        platform.start(in_vain(pe), "which is not to be")
        await platform.spend(1)
        await platform.reset_pe(0)
        await platform.quiesce()

    async def asks(pe: Any) -> None:
        await pe.msr("ICH_HCR_EL2", guests.EN | guests.NPIE)

    async def in_vain(pe: Any) -> None:
        with pytest.raises(CheckError, match="ended by a reset"):
            await asks(pe)

    platform = ModelPlatform(VIRTUAL, listen=listen)
    platform.run(software(platform))
    assert seen == [(5, 1), (6, 0)]


def test_memory_has_as_many_pages_as_it_is_given() -> None:
    async def software(platform: ModelPlatform) -> None:
        for page in (0, 7, 0):
            await platform.store(page << 12, 8, page)
        with pytest.raises(CheckError, match="the memory at 0x9000 answered with an error: all its pages are taken"):
            await platform.store(9 << 12, 8, 1)
        assert [await platform.load(page << 12, 8) for page in (7, 9)] == [7, 0]

    platform = ModelPlatform(CONFIG, pages=2)
    platform.run(software(platform))


def test_a_message_without_an_its() -> None:
    platform = ModelPlatform(GicConfig(lpis=False, its=()))
    with pytest.raises(CheckError, match="device 3 sends event 4, and there is no ITS"):
        platform.run(platform.send_msi(3, 4))


# --- gates and journeys -------------------------------------------------------------------------------------------------


def watched(software: Callable[[ModelPlatform], Coroutine[Any, Any, None]], config: GicConfig = CONFIG) -> list[Observed]:
    """Every transaction."""
    seen: list[Observed] = []
    platform = ModelPlatform(config, listen=seen.append)
    platform.run(software(platform))
    return seen


def test_gicd_takes_an_sgi_only_while_each_queue_has_room() -> None:
    seen = watched(lambda platform: sgi_random.random_traffic(platform, Randoms("5:gate"), 200), GicConfig(pes=4))
    on_way: dict[int, list[tuple[int, int]]] = {pe: [] for pe in range(4)}
    for o in seen:
        if o.link.kind == "dist_down":
            on_way[o.link.pe].append((o.offer, o.accept))
    taken = [o.accept for o in seen if isinstance(o.transaction, SgiRequest)]
    assert taken
    for accept in taken:
        assert all(sum(offer <= accept <= accepted for offer, accepted in queue) < 2 for queue in on_way.values())


def latency(seen: list[Observed], cause: type[Transaction], causes: Callable[[Transaction], bool]) -> set[int]:
    """Cycles from the offer of each such cause to the next rise of a line."""
    found, since = set(), -1
    for o in seen:
        if type(o.transaction) is cause and causes(o.transaction):
            since = o.offer
        elif isinstance(o.transaction, LineChange) and o.link.kind == "gicc_irq" and o.transaction.level and since >= 0:
            found.add(o.accept - since)
            since = -1
    return found


def test_an_sgi_takes_15_cycles_to_the_line_and_an_lpi_41() -> None:
    """As the Verilog's do."""
    seen = watched(lambda platform: sgi.every_sgi(platform, Randoms("1:sgi")))
    assert min(latency(seen, SysWrite, lambda t: isinstance(t, SysWrite) and t.reg in SGIRS)) == 15
    seen = watched(lambda platform: lpi.every_lpi(platform, Randoms("1:lpi")))
    assert latency(seen, Msi, lambda t: True) == {41}


SGIRS = (0xC65D, 0xC65E, 0xC65F)


# --- that a bug is noticed ----------------------------------------------------------------------------------------------


TRAFFIC: dict[str, Callable[[Any], Coroutine[Any, Any, None]]] = {
    "sgi": lambda platform: sgi_random.random_traffic(platform, Randoms("3:sgi"), 120),
    "spi": lambda platform: wired_random.random_spis(platform, Randoms("3:spi"), 120),
    "lpi": lambda platform: lpi_random.random_lpis(platform, Randoms("3:lpi"), 120),
    "maint": lambda platform: virq_random.random_maintenance(platform, Randoms("3:maint"), 120),
}


def times(path: str) -> list[tuple[str, int, int]]:
    """When each transaction was offered and accepted, on the models as they are imported now."""
    seen: list[tuple[str, int, int]] = []
    models = importlib.import_module("irqpath.sim.model_platform")
    sizes = importlib.import_module("irqpath.config.sizes")
    config = sizes.GicConfig(pes=4, virtual=sizes.VirtualConfig() if path == "maint" else None)
    platform = models.ModelPlatform(config, listen=lambda o: seen.append((str(o.link), o.offer, o.accept)))
    platform.run(TRAFFIC[path](platform))
    return seen


SIM = "irqpath.sim"
TOLD = "self._around.told(link, transaction)"


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("sgi", InjectedFault("head-late", f"{SIM}.channel", "soonest = self.last + 1", "soonest = self.last + 2")),
        ("spi", InjectedFault("highest-wire", f"{SIM}.wires", "line = min(self._changed)", "line = max(self._changed)")),
        (
            "spi",
            InjectedFault("pulse-lost", f"{SIM}.wires", "    self._caught.add(line)\n", "    pass\n"),
        ),
        ("sgi", InjectedFault("more-room", f"{SIM}.stations", "< SGI_ROOM", "< SGI_ROOM + 1")),
        ("sgi", InjectedFault("more-credits", f"{SIM}.stations", "< CREDITS", "< CREDITS + 4")),
        ("spi", InjectedFault("first-pe-first", f"{SIM}.stations", "self._turn = (pe + 1) % count", "self._turn = 0")),
        ("lpi", InjectedFault("first-master-first", f"{SIM}.stations", "self._turn = (n + 1) % count", "self._turn = 0")),
        ("spi", InjectedFault("registers-first", f"{SIM}.stations", "not (asked and self._wire_last)", "not asked")),
        ("lpi", InjectedFault("its-in-order", f"{SIM}.stations", "self._turn = which + 1", "self._turn = 0")),
        ("lpi", InjectedFault("left-at-the-end", f"{SIM}.station", "        self.leave(self.block.drain())\n", "")),
        ("maint", InjectedFault("maintenance-late", f"{SIM}.sinks", "moves(cycle, ", "moves(cycle + 1, ")),
        ("maint", InjectedFault("state-late", f"{SIM}.stations", TOLD, f"self._kernel.edge(now + 1, lambda: {TOLD})")),
        ("sgi", InjectedFault("who-comes-first", f"{SIM}.kernel", "told.sort(key=itemgetter(0))", "told.reverse()")),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_bug_changes_when_something_happens(path: str, fault: InjectedFault) -> None:
    """So a co-simulation, which compares that, finds it."""
    usual = times(path)
    with injected(fault):
        assert times(path) != usual
