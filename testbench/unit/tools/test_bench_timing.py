"""What timing costs a run: its parts, each from the runs that were least disturbed."""

from __future__ import annotations

from irqpath_testbench.tools.bench.timing import TimingCost, Used, cost_of


def test_the_parts_are_told_apart() -> None:
    """What scoreboards take more, and what comes after the run; the simulator's own time is in neither."""
    runs = [
        (Used(10.0, 4.0, 0.0, 0.0), Used(16.0, 4.75, 0.5, 5.0)),
        (Used(12.0, 4.25, 0.0, 0.0), Used(15.0, 4.5, 0.75, 4.0)),
    ]
    assert cost_of("spi", runs) == TimingCost("spi", 10.0, 1.0, 4.0)
    assert not cost_of("spi", runs).beyond()


def test_what_takes_too_long_is_told() -> None:
    assert TimingCost("spi", 10.0, 2.1, 1.0).beyond() and TimingCost("spi", 10.0, 0.5, 6.1).beyond()
