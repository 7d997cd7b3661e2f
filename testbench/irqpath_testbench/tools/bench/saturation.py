"""Saturation: the rate of open-loop arrivals at which the median latency is twice that at 1 % of it, on models and in Verilog.

Latency is from the arrival of an interrupt to its acknowledgement by software. Both sides are measured, with the same arrivals.
The models are bisected first, being faster; the Verilog's bisection begins around what they found, and goes wherever it must.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

from rich.console import Console

from irqpath.cli.table import Figures
from irqpath.core.errors import CheckError
from irqpath.core.places import ROOT
from irqpath.sim.model_platform import ModelPlatform
from irqpath.sim.timing.profile import Profile
from irqpath_testbench.dut.description import MEM_PAGES, Dut
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.sequences.saturation import OPEN_LOOP, generator, open_loop, summary
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.progress import build_shown
from irqpath_testbench.tools.sim.simulate import simulate

_MODULE: Final = "irqpath_testbench.tests.test_saturation"
_SCENARIO: Final = "OpenLoop"
#: What of the saturating rate is a light load, and the rate, in interrupts a cycle, at which it is looked for first.
_LIGHT: Final = 0.01
_FIRST: Final = 0.0005
#: How far from 1 % a light load may be.
_ALIKE: Final = 0.1
#: How far apart two rates are at last, of which one saturates and the other does not; and how far around a guess others begin.
_NEAR: Final = 0.02
_AROUND: Final = 0.03
#: A rate that everything is less than: no GIC takes an interrupt a cycle.
_MOST: Final = 1.0
#: Seconds without a heartbeat of Python: without checks nothing but arrivals wakes it, and nobody counts them.
_PATIENCE: Final = 3600.0
#: How far the models may be from the Verilog.
AIM: Final = 0.05

#: The median latency in cycles at a rate; None: it is more than the machine can take.
Median = Callable[[float], int | None]


@dataclass(frozen=True, slots=True)
class Saturation:
    """`rate`: interrupts a cycle, the middle of the last two that were measured around it; `light`: median latency in cycles at
    1 % of it; `points`: rates that were measured."""

    rate: float
    light: int
    points: int


def saturation(median: Median, guess: float | None = None) -> Saturation:
    """Bisect. `guess`: a rate near which it may be. Raises `CheckError` where a light load is too much already, or no load is."""
    known = cache(median)
    light_at = _FIRST if guess is None else guess * _LIGHT
    while True:
        light = known(light_at)
        if light is None:
            raise CheckError(f"{light_at:g} interrupts a cycle are more than the machine can take")
        low, high = _around(known, 2 * light, light_at, guess)
        while high / low > 1 + _NEAR:
            middle = (low * high) ** 0.5
            low, high = (low, middle) if _saturates(known, middle, 2 * light) else (middle, high)
        guess = (low * high) ** 0.5
        before, light_at = light_at, guess * _LIGHT
        if abs(before / light_at - 1) < _ALIKE or known(light_at) == light:
            return Saturation(guess, light, known.cache_info().currsize)


def _saturates(median: Median, rate: float, least: int) -> bool:
    found = median(rate)
    return found is None or found >= least


def _around(median: Median, least: int, light_at: float, guess: float | None) -> tuple[float, float]:
    """A rate that does not saturate, and one that does, as near as `guess` allows."""
    if guess is None:
        low, high, step = light_at, 16 * light_at, 2.0
    else:
        low, high, step = guess / (1 + _AROUND), guess * (1 + _AROUND), 1 + 2 * _AROUND
    while _saturates(median, low, least):
        low, high = low / step, low
        if low < light_at:
            raise CheckError(f"a median latency of {least} cycles is reached by less than {light_at:g} interrupts a cycle")
    while not _saturates(median, high, least):
        low, high = high, high * step
        if high > _MOST:
            raise CheckError(f"no rate has a median latency of {least} cycles")
    return low, high


def on_models(path: str, dut: Dut, arrivals: int, seed: int = 1, profile: Profile | None = None) -> Median:
    """Measured on the model platform; `profile`: what things cost, None: as in this project's Verilog."""

    def median(rate: float) -> int | None:
        platform = ModelPlatform(dut.config, dut.policy, profile, pages=MEM_PAGES)
        latencies: list[int] = []

        async def software() -> None:
            latencies.extend(await open_loop(platform, generator(seed), path, rate, arrivals))

        platform.run(software(), _limit(rate, arrivals))
        return summary(latencies).get("median")

    return median


def in_verilog(path: str, arrivals: int, seed: int = 1) -> Median:
    """Measured in Verilog, Verilator, without checks: the same traffic is checked elsewhere."""
    device = PATHS[path].device

    def median(rate: float) -> int | None:
        run = RunConfig(
            path,
            str(ROOT / "build" / "bench" / f"saturation-{path}"),
            seed=seed,
            interrupts=arrivals,
            device=device,
            stages="record",
            watchdog=1_000_000,
            longest=_limit(rate, arrivals),
            hang_seconds=_PATIENCE,
            timing=False,
            rate=rate,
        )
        outcome = simulate(Build("verilator", device, silent=True), run, _MODULE, [_SCENARIO])
        if not outcome.ok:
            why = outcome.detail or outcome.scenarios[0]["failures"]
            raise CheckError(f"the benchmark's open-loop run of path {path}, {rate:g} interrupts a cycle, failed: {why}")
        notes: Mapping[str, int] = outcome.scenarios[0]["notes"]
        return notes.get("median")

    return median


def _limit(rate: float, arrivals: int) -> int:
    """Cycles that so many arrivals may take: several times what they do."""
    return 1_000_000 + int(4 * arrivals / rate)


def report(console: Console, arrivals: int, paths: Sequence[str] = OPEN_LOOP) -> list[dict[str, Any]]:
    """Measure and print. Raises `CheckError` where a run fails."""
    console.print(f"saturation, {arrivals:,} arrivals a point, of {', '.join(paths)} ...", highlight=False, soft_wrap=True)
    devices = dict.fromkeys(PATHS[path].device for path in paths)
    build_shown(console, "bench", [Build("verilator", device, silent=True) for device in devices])
    title = "saturation: the rate at which the median latency is twice that at 1 % of it"
    table = Figures(title, ("path",), ("light, cycles", "models, 1/1,000 cycles", "Verilog", "difference", "points"))
    found: list[dict[str, Any]] = []
    for path in paths:
        model = saturation(on_models(path, PATHS[path].device.dut(), arrivals))
        verilog = saturation(in_verilog(path, arrivals), model.rate)
        off = model.rate / verilog.rate - 1
        points = f"{model.points} and {verilog.points}"
        table.add(
            path, str(verilog.light), f"{1000 * model.rate:.2f}", f"{1000 * verilog.rate:.2f}", f"{100 * off:+.1f} %", points
        )
        console.print(f"{path}: {1000 * verilog.rate:.2f}, models {100 * off:+.1f} %", highlight=False)
        found.append({"path": path, "models": asdict(model), "verilog": asdict(verilog), "difference": off})
    table.print(console)
    for one in found:
        if abs(one["difference"]) > AIM:
            console.print(f"{one['path']}: models and Verilog differ by more than {AIM:.0%}", highlight=False, soft_wrap=True)
    return found
