"""Comparisons: a PPI Redistributor whose wake line dips and which swaps acknowledgements that have nothing to do with each
other. In a window that allows it it passes, each use counted by its rule; in an ordered queue, and one step beyond the window, it
does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from irqpath.config.sizes import GicConfig
from irqpath.core.errors import ConfigError
from irqpath.core.link import Link
from irqpath.core.transactions import (
    Activate,
    ActivateAck,
    Control,
    Deactivate,
    DeactivateAck,
    DownstreamControlAck,
    LineChange,
    Observed,
    PeStatusAck,
    RegRead,
    RegReadData,
    RegWrite,
    Set,
    Transaction,
    UpstreamControl,
    WakeRequest,
)
from irqpath.gic.gicr.redistributor import Redistributor
from irqpath.regs import GICR
from irqpath_testbench.dut.comparison import DIPPED, EXACT, LEFT_OUT, Comparison, Freedom, Window
from irqpath_testbench.env.scoreboards.block import BlockScoreboard
from irqpath_testbench.env.scoreboards.ports import ObservedPort, PortScoreboard

CONFIG = GicConfig(pes=1, spis=32, lpis=False, its=())
ACKNOWLEDGEMENTS = Freedom(
    "acknowledgements of other interrupts",
    "the state of one interrupt does not depend on another's",
    lambda later, earlier: (
        isinstance(later, ActivateAck | DeactivateAck)
        and isinstance(earlier, ActivateAck | DeactivateAck)
        and later.intid != earlier.intid
    ),
)
WINDOW = Window((ACKNOWLEDGEMENTS,), depth=1, settle=8)
#: What a device puts out for an input: (cycles after it, link, transaction).
Put = tuple[int, Link, Transaction]
#: What the toy makes of the outputs of an input's number: other outputs.
Bend = Callable[[int, list[Put]], list[Put]]


def _register(name: str, value: int) -> RegWrite:
    return RegWrite(GICR.element(name).offset, 4, value)


#: Software and a CPU interface: PPIs 20 to 23 become pending and are acknowledged while the PE sleeps and wakes.
INPUTS: tuple[tuple[str, Transaction], ...] = (
    ("dist0.down", Control(3)),
    ("gicr0.reg", _register("GICR_IGROUPR0", 0xFFFF_FFFF)),
    ("gicr0.reg", _register("GICR_ISENABLER0", 0x00F0_0000)),
    ("dist0.down", WakeRequest()),
    ("gicr0.ppi", LineChange(20, 1)),  # 4: while the wake line is high
    ("gicr0.reg", _register("GICR_WAKER", 0)),  # 5
    ("stream0.up", DownstreamControlAck()),
    ("stream0.up", DownstreamControlAck()),
    ("stream0.up", UpstreamControl(3)),
    ("dist0.down", PeStatusAck()),
    ("gicr0.ppi", LineChange(21, 1)),
    ("gicr0.ppi", LineChange(22, 1)),
    *(("stream0.up", Activate(intid)) for intid in (20, 21, 22)),  # 12
    *(("gicr0.ppi", LineChange(intid, 0)) for intid in (20, 21, 22)),
    *(("stream0.up", Deactivate(intid)) for intid in (20, 21, 22)),  # 18
    ("gicr0.reg", RegRead(GICR.element("GICR_ISACTIVER0").offset, 4)),
)
APART = 20


def _run(comparison: Comparison, bend: Bend = lambda _, puts: puts, board: BlockScoreboard | None = None) -> BlockScoreboard:
    """The toy, checked: a Redistributor, bent."""
    toy = Redistributor(0, CONFIG, ObservedPort("gicr0"))
    if board is None:
        board = BlockScoreboard(Redistributor(0, CONFIG, ObservedPort("gicr0")), 200, comparison=comparison)
    seen: list[Observed] = []
    for number, (link, transaction) in enumerate(INPUTS):
        start = (number + 1) * APART
        seen.append(Observed(Link(link), start, start, transaction))
        out = [(n + 2, where, t) for n, (where, t) in enumerate(toy.predict(link, transaction)) if not where.endswith("probe")]
        seen += [Observed(where, start + after, start + after, t) for after, where, t in bend(number, out)]
    for observed in sorted(seen, key=lambda o: o.accept):
        (board.left if observed.link in board.leaving() else board.entered)(observed)
        board.batch_ended(observed.accept)
    board.finish(seen[-1].accept + 1)
    return board


def _at(number: int, *more: Put, delay: Callable[[Put], int] = lambda _: 0) -> Bend:
    """At input `number` there is more, and what `delay` says comes so much later."""

    def bend(here: int, puts: list[Put]) -> list[Put]:
        return [(after + delay((after, link, t)), link, t) for after, link, t in puts] + list(more) if here == number else puts

    return bend


def _dip(cycles: int, first: int = 2, number: int = 4) -> Bend:
    low, high = (LineChange(2, level) for level in (0, 1))
    return _at(number, (first, Link("gicr0.wake"), low), (first + cycles, Link("gicr0.wake"), high))


def _late(number: int, kind: type[Transaction], cycles: int) -> Bend:
    return _at(number, delay=lambda put: cycles if isinstance(put[2], kind) else 0)


def _checks(board: BlockScoreboard) -> set[str]:
    return {mismatch.check for mismatch in board.mismatches}


@pytest.mark.parametrize("comparison", [EXACT, WINDOW])
def test_a_redistributor_that_keeps_order(comparison: Comparison) -> None:
    """Nothing differs, and no rule was used."""
    board = _run(comparison)
    assert (board.mismatches, board.used) == ([], {})
    assert board.compared["stream0.down"] > 10
    assert board.compared["gicr0.wake"] == 2


def test_acknowledgements_that_are_swapped() -> None:
    """The acknowledgement of 20 comes after that of 21: legal in the window, not in the queue."""
    swapped = _late(18, DeactivateAck, APART + 5)
    board = _run(WINDOW, swapped)
    assert (board.mismatches, board.used) == ([], {ACKNOWLEDGEMENTS.name: 1})
    assert _checks(_run(EXACT, swapped)) == {"differs"}


def test_one_step_beyond_the_window() -> None:
    """It comes after those of 21 and of 22: two pass it, one at a time, which is legal; a third at once is not; nor is one of the
    same interrupt, or one that no rule is for, however near."""
    assert _run(WINDOW, _late(18, DeactivateAck, 2 * APART + 5)).used == {ACKNOWLEDGEMENTS.name: 2}
    both = [_late(18, DeactivateAck, 2 * APART + 5), _late(19, DeactivateAck, APART + 6)]
    beyond = _run(WINDOW, lambda n, puts: both[1](n, both[0](n, puts)))
    assert _checks(beyond) == {"out of order"}
    assert beyond.mismatches[0].rule == "it passes 2 that were announced before it; its window has 1"
    assert "DeactivateAck(intid=20)" in beyond.mismatches[0].expected
    assert _run(replace(WINDOW, depth=2), lambda n, puts: both[1](n, both[0](n, puts))).mismatches == []
    other = _run(WINDOW, _late(12, ActivateAck, APART + 5))  # a Set follows it
    assert "no freedom of its window lets it pass ActivateAck(intid=20)" in [m.rule for m in other.mismatches]
    assert _checks(_run(replace(WINDOW, freedoms=()), _late(18, DeactivateAck, APART + 5))) == {"out of order"}
    assert _checks(_run(WINDOW, _late(12, Set, APART + 5))) == {"out of order"}


def test_what_never_comes_is_late_in_a_window_too() -> None:
    """A window opens the order, not the bound."""
    late = [_late(18, DeactivateAck, 300), _late(21, RegReadData, 260)]
    assert "late" in _checks(_run(WINDOW, lambda n, puts: late[1](n, late[0](n, puts))))


def test_a_wrong_field_in_a_window_is_held_against_what_is_nearest() -> None:
    """Field by field, as without a window."""

    def wrong(number: int, puts: list[Put]) -> list[Put]:
        bent = [
            (a, link, DeactivateAck(t.intid ^ 64) if isinstance(t, DeactivateAck) and t.intid == 21 else t) for a, link, t in puts
        ]
        return _late(18, DeactivateAck, 2 * APART + 5)(number, bent)

    board = _run(WINDOW, wrong)
    assert [m.differs for m in board.mismatches if m.check == "differs"] != []
    value = _at(21, delay=lambda _: 0)

    def value_wrong(number: int, puts: list[Put]) -> list[Put]:
        return value(
            number, [(a, link, RegReadData(t.value ^ 1 << 23) if isinstance(t, RegReadData) else t) for a, link, t in puts]
        )

    (mismatch,) = _run(WINDOW, value_wrong).mismatches
    assert (mismatch.check, mismatch.link) == ("differs", "gicr0.rsp")
    assert "in value" in mismatch.differs
    assert "GICR_ISACTIVER0" in mismatch.rule


def test_a_line_that_dips() -> None:
    """For 3 cycles after an input: it settles. In a queue each change counts."""
    board = _run(WINDOW, _dip(3))
    assert (board.mismatches, board.used) == ([], {DIPPED: 1})
    assert _checks(_run(EXACT, _dip(3))) == {"unexpected"}


def test_a_line_that_does_not_settle() -> None:
    """One cycle too long; one that moves when nothing had happened for one cycle too long; one that stays where it is."""
    assert _run(WINDOW, _dip(8)).mismatches == []
    board = _run(WINDOW, _dip(9))
    assert board.mismatches[0].check == "line not settled"
    assert "LineChange(line=2, level=1)" in board.mismatches[0].expected
    assert "WakeRequest" in board.mismatches[0].cause
    assert _run(WINDOW, _dip(2, first=8)).mismatches == []
    assert "line moved" in _checks(_run(WINDOW, _dip(2, first=9)))
    assert "line not settled" in _checks(_run(WINDOW, lambda n, puts: [p for p in puts if p[1] != "gicr0.wake"]))


def test_a_line_that_leaves_a_short_change_out() -> None:
    """It was to rise and to fall again before it had to."""
    board = BlockScoreboard(Redistributor(0, CONFIG, ObservedPort("gicr0")), 200, comparison=replace(WINDOW, settle=100))
    for cycle, link, transaction in (
        (10, "dist0.down", WakeRequest()),
        (20, "gicr0.reg", _register("GICR_WAKER", 0)),
        (22, "stream0.up", DownstreamControlAck()),
        (24, "stream0.up", DownstreamControlAck()),
    ):
        board.entered(Observed(Link(link), cycle, cycle, transaction))
    assert [m for m in board.mismatches if m.link == "gicr0.wake"] == []
    assert board.used == {LEFT_OUT: 1}


def test_the_window_of_a_block_that_is_asked_late() -> None:
    """What may be passed is looked for again when the model has said what follows from the input at work."""
    port = ObservedPort("gicr0")
    made = PortScoreboard(
        Redistributor(0, CONFIG, port), port, {Link("gicr0.mem"): Link("gicr0.mem_rsp")}, 200, comparison=WINDOW
    )
    board = _run(WINDOW, _late(18, DeactivateAck, APART + 5), made)
    assert (board.mismatches, board.used) == ([], {ACKNOWLEDGEMENTS.name: 1})


@pytest.mark.parametrize("wrong", [{"depth": 0}, {"settle": 0}, {"freedoms": (ACKNOWLEDGEMENTS, ACKNOWLEDGEMENTS)}])
def test_a_window_that_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        replace(WINDOW, **wrong)


def test_inputs_are_what_the_toy_takes() -> None:
    """Each input above is one."""
    kinds: Iterable[tuple[str, type]] = Redistributor(0, CONFIG, ObservedPort("gicr0")).accepted()
    assert {(link, type(t)) for link, t in INPUTS} <= set(kinds)
