"""Saturation: where the bisection ends, and open-loop traffic on the model platform."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from irqpath.core.errors import CheckError
from irqpath.sim.model_platform import ModelPlatform
from irqpath.sim.platform import Platform
from irqpath.sim.timing.profile import named
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.sequences.saturation import OPEN_LOOP, TRAFFIC, Source, generator, open_loop, summary
from irqpath_testbench.tools.bench.saturation import Median, on_models, saturation
from irqpath_testbench.tools.sim.paths import PATHS

DUT = DutParameters().dut()
Send = Callable[[Source], object]


def queue(capacity: float, light: int = 20) -> Median:
    """A machine whose latency grows as it gets full: twice the light one at half of its capacity."""
    return lambda rate: None if rate >= capacity else round(light / (1 - rate / capacity))


@pytest.mark.parametrize("capacity", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("guess", [None, 0.05, 0.01])
def test_the_bisection_ends_near_the_rate(capacity: float, guess: float | None) -> None:
    found = saturation(queue(capacity, 1000), guess)
    assert abs(found.rate / (capacity / 2) - 1) < 0.02
    assert found.light in range(1000, 1040)


def test_a_good_guess_takes_fewer_points() -> None:
    assert saturation(queue(0.1, 1000), 0.05).points < saturation(queue(0.1, 1000)).points < 20


@pytest.mark.parametrize(
    ("median", "text"),
    [(lambda _: None, "more than the machine can take"), (lambda _: 7, "no rate has a median latency of 14 cycles")],
)
def test_what_does_not_saturate_is_said(median: Median, text: str) -> None:
    with pytest.raises(CheckError, match=text):
        saturation(median)


@pytest.mark.parametrize("path", OPEN_LOOP)
def test_open_loop_traffic(path: str) -> None:
    """Every arrival is acknowledged once; a light load waits for nothing, more than the machine can take is said to be."""
    dut = PATHS[path].device.dut()
    latencies: dict[float, list[int]] = {}
    for rate in (0.0005, 0.5):
        platform = ModelPlatform(dut.config, dut.policy)

        async def software(platform: ModelPlatform = platform, rate: float = rate) -> None:
            latencies[rate] = await open_loop(platform, generator(1), path, rate, 120)

        platform.run(software())
        assert platform.reports == []
    light = summary(latencies[0.0005])
    assert light["count"] == 120 and 5 < light["median"] <= light["p99"] < 3 * light["median"]
    crowded = summary(latencies[0.5])
    assert crowded == {"count": 0} or crowded["median"] > 3 * light["median"]


def test_a_slower_block_saturates_sooner() -> None:
    """GICD looks longer for SPIs: SPIs saturate at a lower rate, PPIs, which do not pass it, at the same."""
    slower = named("irqpath").with_("gicd.scan=12")
    rates = {
        (path, profile is slower): saturation(on_models(path, DUT, 300, profile=profile)).rate
        for path in ("spi", "ppi")
        for profile in (None, slower)
    }
    assert rates["spi", True] < 0.9 * rates["spi", False]
    assert rates["ppi", True] == rates["ppi", False]


def _lost(platform: Platform, sent: Send) -> Send:
    """Nothing is sent."""
    return lambda _: None


def _stray(platform: Platform, sent: Send) -> Send:
    """Besides, one comes that nobody counted."""

    def send(source: Source) -> None:
        sent(source)
        platform.start(platform.pes[0].write("GICD_SETSPI_NSR", 32 if source[1] != 32 else 36), "stray")

    return send


@pytest.mark.parametrize(
    ("broken", "text"),
    [(_lost, "5 interrupts have not been acknowledged for"), (_stray, "was acknowledged at PE 0, and nobody sent it")],
)
def test_interrupts_that_are_lost_or_come_twice_are_errors(broken: Callable[[Platform, Send], Send], text: str) -> None:
    platform = ModelPlatform(DUT.config, DUT.policy)

    async def software() -> None:
        traffic = await TRAFFIC["mbi"](platform, generator(1))
        traffic.send = broken(platform, traffic.send)
        await traffic.run(0.001, 5)

    with pytest.raises(CheckError, match=text):
        platform.run(software())
