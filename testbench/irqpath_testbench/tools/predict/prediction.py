"""A scenario on the models with a profile, and the latencies of its journeys: by hop, and by part of their way."""

from __future__ import annotations

import importlib
import inspect
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from irqpath.core.errors import CheckError
from irqpath.sim.platform import Platform
from irqpath_testbench.dut.description import Dut
from irqpath_testbench.env.scoreboards.journey import VIRTUAL, Journey, Latency
from irqpath_testbench.env.whole.compare import HOPS
from irqpath_testbench.env.whole.machine import run_on_models
from irqpath_testbench.env.whole.statistics import Histogram, percentile
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.tools.predict.parts import OF_MEMORY, PARTS, Translations, parts
from irqpath_testbench.tools.predict.watched import Watched
from irqpath_testbench.tools.sim.paths import Path

#: What is told of a journey as a whole.
WAYS: Final = {**HOPS, "end": "to the end"}
#: Cycles that a scenario may take at most, and for each interrupt of random traffic.
_LIMIT, _EACH = 20_000_000, 20_000


@dataclass(frozen=True, slots=True)
class Row:
    """Latencies of one kind of cause, in cycles. `mean`: of all its journeys, also those that do not have this part; `marked`: it
    depends on what was not measured."""

    name: str
    count: int
    least: int
    median: int
    p99: int
    greatest: int
    mean: float
    marked: bool = False


@dataclass(slots=True)
class Prediction:
    """What came of scenarios. `journeys`: how many, by kind of cause; `hops`, `parts`: histograms by kind of cause and name;
    `cycles`: of each scenario; `marks`: what was not measured; `left_out`: scenarios that the models did not run, and why."""

    path: str
    pes: int
    seed: int
    profile: str
    journeys: Counter[str] = field(default_factory=Counter)
    hops: dict[str, dict[str, Counter[int]]] = field(default_factory=dict)
    parts: dict[str, dict[str, Counter[int]]] = field(default_factory=dict)
    cycles: dict[str, int] = field(default_factory=dict)
    marks: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def rows(self, cause: str) -> list[Row]:
        """The parts of the way of journeys of this kind, to the line, of guests' to the end; together they are what comes after
        them."""
        found = self.parts.get(cause, {})
        total = self.journeys[cause] if cause in VIRTUAL else self.journeys_to_line(cause)
        rows = [self._row(name, found[name], total, self._marked(name)) for name in PARTS if name in found]
        return [row for row in rows if row.greatest and row.name != "software"]

    def totals(self, cause: str) -> list[Row]:
        """From the cause to the line, to the acknowledgement, and of a guest's to its end."""
        marked = bool(self.marks)
        return [self._row(WAYS[hop], values, sum(values.values()), marked) for hop, values in self.hops[cause].items() if values]

    def journeys_to_line(self, cause: str) -> int:
        """Those for which the line rose."""
        return sum(self.hops[cause]["line"].values())

    def _marked(self, part: str) -> bool:
        kinds = {*PARTS[part].split(), "links", *(["mem"] if part in OF_MEMORY else [])}
        return any(kind in kinds for kind, _ in self.marks)

    @staticmethod
    def _row(name: str, values: Histogram, total: int, marked: bool) -> Row:
        least, median, p99, greatest = (percentile(values, percent) for percent in (0, 50, 99, 100))
        mean = sum(value * times for value, times in values.items()) / max(1, total)
        return Row(name, sum(values.values()), least, median, p99, greatest, mean, marked)


def predict(path: Path, scenarios: tuple[str, ...], dut: Dut, profile: Watched, seed: int, interrupts: int) -> Prediction:
    """Run them. Raises `CheckError` where the models do not run the only one."""
    found = Prediction(path.name, dut.config.pes, seed, profile.name)
    for name in scenarios:
        try:
            _run(found, software_of(path, name, seed, interrupts), name, dut, profile, _LIMIT + _EACH * interrupts)
        except CheckError as error:
            if len(scenarios) == 1:
                raise CheckError(f"{path.name}:{name} does not run on the models: {error}") from error
            found.left_out.append(f"{name}: {error}")
    found.marks = profile.marks()
    return found


def _run(
    found: Prediction, software: Callable[[Platform], Awaitable[None]], name: str, dut: Dut, profile: Watched, limit: int
) -> None:
    shapes = dut.config.its
    translations = Translations(0, shapes[0].itt_entry_bytes) if shapes else None

    def told(journey: Journey, latency: Latency) -> None:
        found.journeys[latency.path] += 1
        hops = found.hops.setdefault(latency.path, {hop: Counter() for hop in WAYS})
        hops["acknowledge"][latency.acknowledge] += 1
        if latency.line >= 0:
            hops["line"][latency.line] += 1
        if latency.virtual:
            assert journey.ended is not None  # that is when it is told
            hops["end"][journey.ended.accept - latency.cause] += 1
        elif latency.line < 0:
            return
        of_cause = found.parts.setdefault(latency.path, defaultdict(Counter))
        for part, cycles in parts(journey, translations).items():
            of_cause[part][cycles] += 1

    listen = None if translations is None else translations.saw
    seen = run_on_models(dut, software, 0, limit, profile=profile, listen=listen, told=told)
    found.cycles[name] = seen.ended


def software_of(path: Path, name: str, seed: int, interrupts: int) -> Callable[[Platform], Awaitable[None]]:
    """A scenario's software, as its run would be; `path`: one whose scenarios are software, not a recording. Raises `CheckError`
    for one that makes its software itself."""
    scenario = getattr(importlib.import_module(path.module), name)
    if "scenario" in vars(scenario):
        raise CheckError("its software is made for the device of a run")
    software = scenario.software
    rng = Randoms(f"{seed}:{name}")
    wants = inspect.signature(software).parameters
    more = {"interrupts": interrupts, "packets": []}
    return lambda platform: software(platform, rng, **{name: value for name, value in more.items() if name in wants})


def shares(rows: list[Row]) -> Mapping[str, float]:
    """Each part's share of the time to the line, of 1."""
    total = sum(row.mean for row in rows)
    return {row.name: row.mean / total if total else 0.0 for row in rows}
