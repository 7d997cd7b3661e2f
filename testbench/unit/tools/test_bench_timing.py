"""What timing costs a run: its parts, each from the runs that were least disturbed."""

from __future__ import annotations

from irqpath_testbench.tools.bench.timing import TimingCost, cost_of


def test_the_parts_are_told_apart() -> None:
    pairs = [
        ({"cpu_seconds": 10.0}, {"cpu_seconds": 11.0, "timing_seconds": 5.5, "whole_seconds": 5.0}),
        ({"cpu_seconds": 12.0}, {"cpu_seconds": 10.5, "timing_seconds": 7.0, "whole_seconds": 4.0}),
    ]
    assert cost_of("spi", pairs) == TimingCost("spi", 10.0, 1.0, 4.0)
    assert not cost_of("spi", pairs).beyond()


def test_what_takes_too_long_is_told() -> None:
    assert TimingCost("spi", 10.0, 2.1, 1.0).beyond() and TimingCost("spi", 10.0, 0.5, 6.1).beyond()
