"""The scoreboards, fed with what the models themselves did: as it is they are content; any one record dropped, doubled or changed
they notice."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import fields, replace

import pytest

from irqpath.config.sizes import GicConfig, VirtualConfig
from irqpath.core.link import Link
from irqpath.core.transactions import (
    CommandStep,
    DownstreamControl,
    GenerateSgi,
    LineChange,
    LpiClear,
    LpiSet,
    LpiSync,
    MemRead,
    Msi,
    Observed,
    PeReset,
    RegRead,
    RegReadData,
    RegWrite,
    RegWriteAck,
    Reset,
    SgiDeliver,
    SgiRequest,
    SpiActivate,
    SpiOffer,
    SpiRecallAck,
    SysRead,
    SysWrite,
    Transaction,
)
from irqpath.gic.system import Gic
from irqpath.regs import GICR, GITS, ICC
from irqpath.sim.model_platform import ModelPlatform
from irqpath_testbench.env.coverage import Coverage
from irqpath_testbench.env.plan import plan, uncovered_bins
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.env.scoreboards.block import BlockScoreboard, text
from irqpath_testbench.env.scoreboards.journeys import JourneyScoreboard, summary
from irqpath_testbench.env.scoreboards.order import Order
from irqpath_testbench.env.scoreboards.ports import ObservedPort, PortScoreboard
from irqpath_testbench.sequences import guests, sgi, sgi_random
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.software import sweep
from irqpath_testbench.tools.picture import PICTURE, draw

CONFIG = RunConfig(path="sgi", folder="").gic()


@pytest.fixture(scope="module")
def records() -> list[Observed]:
    """A run of random traffic on the model platform."""
    found: list[Observed] = []
    platform = ModelPlatform(CONFIG, listen=found.append)

    async def software() -> None:
        await sgi_random.random_traffic(platform, Randoms("11"), 120)
        await sweep(platform)

    platform.run(software())
    return found


class Boards:
    """All scoreboards of one run."""

    def __init__(self) -> None:
        self.blocks = [BlockScoreboard(block) for block in Gic(CONFIG).blocks()]
        self.journeys = JourneyScoreboard(CONFIG)

    def feed(self, records: list[Observed]) -> None:
        """Hand over a whole run, then end it."""
        cycle = 0
        for observed in records:
            cycle = observed.accept
            for board in self.blocks:
                if observed.link in board.model.outputs():
                    board.left(observed)
            for board in self.blocks:
                if observed.link in board.model.inputs():
                    board.entered(observed)
            self.journeys.saw(observed)
        for board in self.blocks:
            board.finish(cycle)
        self.journeys.finish(cycle)

    def mismatches(self) -> int:
        """How many checks failed."""
        return sum(len(board.mismatches) for board in self.blocks) + len(self.journeys.mismatches)


def test_the_models_agree_with_themselves(records: list[Observed]) -> None:
    """An untouched run has no mismatch, and everything was compared."""
    boards = Boards()
    boards.feed(records)
    assert boards.mismatches() == 0
    assert boards.journeys.closed["sgi"] > 100
    assert sum(board.compared.total() for board in boards.blocks) > 2000
    assert all(board.compared for board in boards.blocks)


def test_a_response_is_compared_while_the_next_input_is_at_work() -> None:
    """It is expected since the input before; when the device then rests for long, it must not pass for one that never came."""
    (model,) = (block for block in Gic(RunConfig(path="lpi", folder="").gic()).blocks() if block.name == "its0")
    board = PortScoreboard(model, ObservedPort("its0"), {Link("its0.mem"): Link("its0.mem_rsp")}, bound=100)
    board.entered(Observed(Link("its0.reg"), 10, 10, RegRead(GITS.element("GITS_CREADR").offset, 4)))
    board.entered(Observed(Link("its0.step"), 11, 11, CommandStep()))
    board.left(Observed(Link("its0.rsp"), 11, 11, RegReadData(0)))
    board.left(Observed(Link("its0.mem"), 13, 30, MemRead(0, 8)))
    board.batch_ended(120)
    assert board.mismatches == []
    assert board.compared["its0.rsp"] == 1


def test_what_follows_a_reset_is_no_response_to_what_was_before() -> None:
    """A reset flushes what is expected on the stream when it comes, not when the model is asked about it."""
    (model,) = (block for block in Gic(RunConfig(path="lpi", folder="").gic()).blocks() if block.name == "gicr0")
    board = PortScoreboard(model, ObservedPort("gicr0"), {Link("gicr0.mem"): Link("gicr0.mem_rsp")}, bound=100)
    waker = GICR.element("GICR_WAKER").offset
    board.entered(Observed(Link("gicr0.reg"), 10, 10, RegWrite(waker, 4, 0)))  # begins to wake: settings go down
    board.entered(Observed(Link("gicr0.reset"), 12, 12, PeReset()))  # before they were taken; they are sent again
    board.left(Observed(Link("gicr0.rsp"), 11, 11, RegWriteAck()))
    board.left(Observed(Link("stream0.down"), 14, 15, DownstreamControl(0, 5)))
    board.batch_ended(20)
    board.finish(120)
    assert [m.check for m in board.mismatches if m.link == "stream0.down"] == []
    assert board.compared["stream0.down"] == board.flushed == 1


def _of(masters: str) -> tuple[Link, ...]:
    """The links of masters that have letters for names."""
    return tuple(Link.of(master, "mem") for master in masters)


def _take(order: Order, master: str, offer: int, accept: int, transaction: Transaction | None = None) -> str:
    """The master whose input `order` says was taken too early, "" for none. A reset is of them all."""
    link = Link("mem.reset") if isinstance(transaction, Reset) else Link.of(master, "mem")
    observed = Observed(link, offer, accept, transaction or MemRead(0, 8))
    order.remember(observed)
    passed = order.passed(observed)
    return "" if passed is None else f"{passed.link.block}@{passed.accept}"


def test_order_by_rank_and_in_turn() -> None:
    """An earlier rank goes first; within one, whoever follows the last; a reset begins anew; what is not judged may wait."""
    order = Order((_of("abc"), _of("de")), unjudged=(LpiSync,), partial=_of("p"))
    for master, offer, accept in (("a", 1, 1), ("c", 1, 2), ("a", 2, 3), ("d", 1, 4), ("e", 1, 5)):
        assert _take(order, master, offer, accept) == ""
    assert _take(order, "d", 3, 6) == ""  # e was in turn
    assert _take(order, "b", 4, 7) == "d@6"
    assert _take(order, "a", 4, 8, LpiSync()) == ""
    assert _take(order, "all", 9, 9, Reset()) == ""
    assert _take(order, "b", 1, 10) == ""  # whatever waits over a reset
    assert _take(order, "all", 11, 11, Reset()) == ""
    assert _take(order, "c", 12, 12) == ""
    assert _take(order, "b", 12, 13) == "c@12"  # after a reset the first is in turn, then the second


def test_a_master_that_is_passed_over() -> None:
    """Of three that ask at once, the second is served last: the third was out of turn. Once is enough, however long ago."""
    order = Order((_of("abc"),))
    assert _take(order, "a", 1, 1) == ""
    assert _take(order, "c", 1, 3) == ""  # nobody knows yet that b waits
    assert _take(order, "b", 1, 5) == "c@3"
    for cycle in range(10, 300, 10):  # two that share, as they should
        assert _take(order, "a", cycle - 3, cycle) == _take(order, "b", cycle - 1, cycle + 2) == ""


def test_links_that_share_a_seat() -> None:
    """Three and two, in turn with each other, and in turn among themselves."""
    order = Order(((_of("abc"), _of("de")),))
    for master, offer, accept in (("a", 1, 1), ("d", 1, 2), ("b", 1, 3), ("e", 1, 4), ("c", 1, 5), ("d", 4, 6)):
        assert _take(order, master, offer, accept) == ""
    assert _take(order, "a", 6, 7) == ""
    assert _take(order, "b", 6, 8) == ""  # nobody knows yet that e waits
    assert _take(order, "e", 7, 9) == "b@8"
    assert _take(order, "d", 9, 10) == ""
    assert _take(order, "c", 9, 11) == "d@10"
    assert _take(order, "e", 12, 12) == _take(order, "b", 12, 13) == ""
    assert _take(order, "a", 12, 14) == "b@13"  # both waited, and c was the last of them


def test_masters_in_turn_as_a_simulation_of_them_has_it() -> None:
    """Random requests of five masters, served in turn: no complaint; with two neighbours swapped now and then: one each time that
    somebody waited for it."""
    rng = random.Random(4)
    for swaps in (False, True):
        order, complaints, turn, waiting = Order((_of("abcde"),)), 0, 0, dict[int, int]()
        for cycle in range(2, 4000, 2):
            for master in range(5):
                if master not in waiting and rng.random() < 0.3:
                    waiting[master] = cycle - rng.randrange(2)
            ready = sorted(waiting, key=lambda m: (m - turn) % 5)
            if not ready:
                continue
            chosen = ready[1] if swaps and len(ready) > 1 and rng.random() < 0.05 else ready[0]
            complaints += bool(_take(order, "abcde"[chosen], waiting.pop(chosen), cycle))
            turn = (chosen + 1) % 5
        assert (complaints > 20) is swaps, complaints
        assert swaps or complaints == 0


def _dropped(records: list[Observed], at: int, _: random.Random) -> list[Observed]:
    return records[:at] + records[at + 1 :]


def _doubled(records: list[Observed], at: int, _: random.Random) -> list[Observed]:
    return [*records[: at + 1], *records[at:]]


def _changed(records: list[Observed], at: int, rng: random.Random) -> list[Observed]:
    """One integer field of one transaction has one bit flipped."""
    o = records[at]
    names = [f.name for f in fields(o.transaction) if type(getattr(o.transaction, f.name)) is int]
    name = rng.choice(names)
    value = getattr(o.transaction, name) ^ 1 << rng.randrange(3)
    return [*records[:at], o._replace(transaction=replace(o.transaction, **{name: value})), *records[at + 1 :]]


def _early(records: list[Observed], at: int, _: random.Random) -> list[Observed]:
    """Offered long before anything could have caused it."""
    return [*records[:at], records[at]._replace(offer=0), *records[at + 1 :]]


Tamper = Callable[[list[Observed], int, random.Random], list[Observed]]


def _worth_changing(transaction: Transaction) -> bool:
    """What software asked is stimulus: another question is another run, not a wrong one."""
    return not isinstance(transaction, SysRead | SysWrite) and any(
        type(getattr(transaction, f.name)) is int for f in fields(transaction)
    )


@pytest.mark.parametrize("tamper", [_dropped, _doubled, _changed, _early])
def test_one_wrong_record_is_noticed(tamper: Tamper, records: list[Observed]) -> None:
    """On every kind of link that a block puts out."""
    rng = random.Random(tamper.__name__)
    outputs = [link for block in Gic(CONFIG).blocks() for link in block.outputs()]
    kinds = sorted({link.rstrip("0123456789.") for link in outputs})
    for link in sorted({o.link for o in records} & set(outputs)):
        places = [n for n, o in enumerate(records) if o.link == link and n > 20]
        if tamper is _changed:
            places = [n for n in places if _worth_changing(records[n].transaction)]
        for place in rng.sample(places, min(2, len(places))):
            boards = Boards()
            boards.feed(tamper(records, place, rng))
            assert boards.mismatches(), f"{tamper.__name__} {text(records[place].transaction)} on {link} unnoticed"
    assert kinds


def test_an_output_that_comes_too_late_is_noticed() -> None:
    """The bound counts from the acceptance of its cause."""
    board = BlockScoreboard(Gic(CONFIG).gicc[0], bound=100)
    board.entered(Observed(Link("gicc0.sys"), 10, 10, SysRead(0xC230)))
    board.batch_ended(100)
    assert not board.mismatches
    board.batch_ended(111)
    assert [m.check for m in board.mismatches] == ["late"]
    assert "ICC_PMR_EL1" in board.mismatches[0].cause
    assert "ICC_PMR_EL1" in board.mismatches[0].rule


def test_coverage_finds_uncovered_bins(records: list[Observed]) -> None:
    """A run without crossings has them uncovered; what it did is hit."""
    coverage = Coverage(CONFIG)
    planned = plan("sgi", RunConfig(path="sgi", folder="").dut())
    assert len(uncovered_bins(planned, {})) == sum(len(group.bins) for group in planned)
    for observed in records:
        coverage.saw(observed)
    missing = uncovered_bins(planned, {f"{group}: {name}": count for (group, name), count in coverage.hits.items()})
    assert not any(bin_.startswith("register") for bin_ in missing)
    assert "crossing on the stream: Quiesce with Activate" in missing


@pytest.mark.rule("R81")
@pytest.mark.parametrize("rss", [False, True])
@pytest.mark.parametrize("reached", [0, 1])
def test_a_journey_goes_where_the_register_says(rss: bool, reached: int) -> None:
    """Its targets are worked out from what was written, not from the messages of blocks that may all err alike."""
    config = replace(CONFIG, pes=2, range_selector=rss, cpu_range_selector=rss, affinities=(0x01, 0x11 if rss else 0x02))
    board = JourneyScoreboard(config)
    value = sgi.sgir(5, targets=0b10, rs=1)  # PE 1 with RSS; without it RS is RES0, and PE 0 is meant
    for link, message in (
        ("gicc0.sys", SysWrite(ICC.by_name("ICC_SGI1R_EL1").offset, value)),
        ("stream0.up", GenerateSgi(1, 5, 0, 0, 1, 0b10)),
        ("dist0.up", SgiRequest(1, 5, 0, 0, 1, 0b10)),
        (f"dist{reached}.down", SgiDeliver(1, 5)),
    ):
        board.saw(Observed(Link(link), 1, 2, message))
    board.finish(10)
    assert ("spurious delivery" in [m.check for m in board.mismatches]) == (reached != rss)


def test_of_two_list_registers_with_a_vintid_the_higher_priority_is_acknowledged() -> None:
    """Whichever List register has it, and whichever was written first."""
    config = GicConfig(pes=1, virtual=VirtualConfig())
    board, told = JourneyScoreboard(config), list[int]()
    board.told = lambda journey, latency: told.append(getattr(journey.cause.transaction, "value", 0) >> 48 & 0xFF)

    async def software(platform: ModelPlatform) -> None:
        pe = platform.pes[0]
        await guests.set_up(pe)
        for n, priority in ((0, 0x90), (2, 0x80), (3, 0x80)):
            await pe.msr(f"ICH_LR{n}_EL2", guests.lr(40, priority))
        await pe.enter(guests.GUEST)
        for _ in range(3):
            assert await pe.mrs("ICC_IAR1_EL1") == 40
            await pe.msr("ICC_EOIR1_EL1", 40)

    platform = ModelPlatform(config, listen=board.saw)
    platform.run(software(platform))
    board.finish(platform.now)
    assert (told, board.mismatches, board.open()) == ([0x80, 0x80, 0x90], [], [])


@pytest.mark.parametrize("pe", [0, 1])
def test_who_gives_back_an_spi(pe: int) -> None:
    """PE 0 responds to a recall late, when the interrupt has been offered to PE 1: that one still has it, and may acknowledge it
    though its level fell. What PE 1 gives back itself it can't."""
    board, link = JourneyScoreboard(CONFIG), Link("gicd.spi")
    config = [(0x0084, 1 << 7), (0x0104, 1 << 7)]  # GICD_IGROUPR1, GICD_ISENABLER1
    for offset, value in config:
        board.saw(Observed(Link("gicd.reg"), 1, 2, RegWrite(offset, 4, value)))
    for at, message in (
        (link, LineChange(39, 1)),
        (Link("dist1.down"), SpiOffer(39, 0x80, 1)),
        (link, LineChange(39, 0)),
        (Link(f"dist{pe}.up"), SpiRecallAck(39)),
        (Link("dist1.up"), SpiActivate(39)),
    ):
        board.saw(Observed(at, 3, 4, message))
    assert [m.check for m in board.mismatches] == ["spurious activation"] * pe


@pytest.mark.parametrize("disabled", [False, True])
def test_a_clear_is_ignored_where_lpis_are_disabled(disabled: bool) -> None:
    """What the pending table holds comes back with GICR_CTLR.EnableLPIs."""
    board, reg, cmd = JourneyScoreboard(RunConfig(path="lpi", folder="").gic()), Link("gicr0.reg"), Link("its0.gicr0.cmd")
    enables, disables = RegWrite(0, 4, 1), RegWrite(0, 4, 0)
    seen: list[tuple[Link, Transaction]] = [
        (reg, RegWrite(GICR.element("GICR_PROPBASER").offset, 8, 13)),
        (reg, enables),
        (Link("its0.msi"), Msi(0, 0)),
        (cmd, LpiSet(8200)),
        *([(reg, disables)] if disabled else []),
        (cmd, LpiClear(8200)),
        (reg, enables),
    ]
    for at, message in seen:
        board.saw(Observed(at, 3, 4, message))
    assert (board.is_pending((0, 8200)), board.lost["CLEAR or DISCARD"], board.mismatches) == (disabled, not disabled, [])


def test_summary_of_cycles() -> None:
    """Least, median, greatest; nothing of nothing."""
    assert summary([5, 1, 3]) == {"min": 1, "median": 3, "max": 5}
    assert summary([]) == {}


def test_the_picture_is_fresh() -> None:
    """The committed picture is what `python -m irqpath_testbench.tools.picture` draws."""
    assert PICTURE.read_text() == draw()
