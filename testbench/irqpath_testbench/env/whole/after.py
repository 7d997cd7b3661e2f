"""After a scenario has passed on the Verilog: the same on the models, compared, and held against the aims."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from irqpath.sim.platform import Platform
from irqpath_testbench.dut.recorder import accepts_of
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.env.scoreboards.journeys import Latency
from irqpath_testbench.env.whole.aims import aims, enforced, missed
from irqpath_testbench.env.whole.compare import compare
from irqpath_testbench.env.whole.machine import Seen, run_on_models


@dataclass(slots=True)
class Verilog:
    """What is needed of a scenario on the Verilog. `began`, `ended`: cycles in which its software did; `rested`: that in which
    nothing was under way any more; -1: it did not come to that. `first`, `count`: its records in the run's file."""

    began: int = -1
    ended: int = -1
    rested: int = -1
    first: int = 0
    count: int = 0
    journeys: list[Latency] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Whole:
    """`timing.whole` of a scenario's result, and the aims that it misses and its path enforces."""

    plain: Mapping[str, Any]
    failures: list[str]


def whole_of(run: RunConfig, name: str, verilog: Verilog, scenario: Callable[[Platform], Awaitable[None]]) -> Whole:
    """Run scenario `name` on the models and compare. What goes wrong there is told as one line and costs the run nothing, unless
    its path enforces aims, which are then missed."""
    limits = aims()
    try:
        model = run_on_models(run.dut(), scenario, verilog.began, run.limit, lambda: goes_on(run))
    except Exception as error:  # whatever software and models do
        why = f"the models did not run it: {type(error).__name__}: {error}".splitlines()[0]
        failures = [f"timing.whole: {why}"] if limits.enforced.get(run.path) else []
        return Whole({"failed": why}, failures)
    plain = compare(_seen(run, verilog), model)
    misses = missed(name, plain, limits)
    told = [f"timing.whole: {name}: {what}" for what in enforced(run.path, misses, limits)]
    return Whole(plain | {"missed": [miss.what for miss in misses]}, told)


def _seen(run: RunConfig, verilog: Verilog) -> Seen:
    """Without the resets of power-up, which the models are not given, and without the reads of the end-of-test state check."""
    accepts = accepts_of(Path(run.folder) / "records.bin", run.gic().pes, verilog.first, verilog.count, verilog.rested)
    for link in [link for link in accepts if link.end == "reset"]:
        accepts[link] = [cycle for cycle in accepts[link] if cycle >= verilog.began]
    return Seen(verilog.began, verilog.ended, verilog.journeys, accepts)


def goes_on(run: RunConfig) -> None:
    """The host ends a run of which no file changes."""
    with suppress(FileNotFoundError):  # nothing is recorded yet
        os.utime(Path(run.folder) / "records.bin")
