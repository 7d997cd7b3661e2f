"""Plausible records of a regression of any size, the same every time."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.env.plan import Group, plan
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import Record, Records, Signature, Verdict
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.results import Range, Results, Run, Scenario

#: Unix time at which every made regression begins.
BEGIN: Final = 1_790_000_000.0
_PLACES: Final = ("sgi", "ppi", "spi", "mbi", "lpi", "lpi-direct")
_SIGNATURES: Final = (
    Signature("differs", "gicc0", "intid", "RandomTraffic"),
    Signature("missing response", "gicr1", "", "RandomTraffic"),
    Signature("order", "dist", "", "Crossings"),
    Signature("end-of-test check", "", "", "Preemption"),
)
_STORY: Final = """  differs on link gicc0 in cycle {cycle}
    expected Activate(intid=35, pe=2) <b>&amp;</b>
    observed Activate(intid=36, pe=2)
    differs  intid: 35 is not 36
    cause    cycle 81,220: SPI 35 set pending, in 1000 cycles
    journey  spi 35: set, offered, activated"""


def jobs(count: int) -> list[Job]:
    """Paths, simulators and devices in turn."""
    made = []
    for i in range(count):
        path = _PLACES[i % len(_PLACES)]
        device = replace(PATHS[path].device, pes=(4, 4, 8, 1)[(i // 6) % 4])
        simulator = "icarus" if (i // 24) % 7 == 6 else "verilator"
        made.append(Job(path, simulator, device, seed=1 + i // 6, interrupts=1500 if i % 5 else 300))
    return made


@cache
def _goals(path: str, device: DutParameters) -> tuple[Group, ...]:
    return plan(path, device.dut())


@cache
def _bins(path: str, device: DutParameters) -> list[str]:
    return [f"{group.name}: {name}" for group in _goals(path, device) for name in group.bins]


def _results(job: Job, verdict: Verdict, draw: random.Random) -> Results:
    name = job.path if job.device.pes == 4 else f"{job.path} (pes={job.device.pes})"
    bins = _bins(job.path, job.device)[1:]  # one that nobody reaches
    hits = {name: draw.randrange(1, 5000) for name in bins if draw.random() < 0.96}
    scenario = Scenario(
        ok=verdict is Verdict.PASSED,
        mismatches=int(verdict is Verdict.FAILED),
        cycles=draw.randrange(50_000, 200_000),
        closed=job.interrupts,
        compared={"gicc": draw.randrange(20_000), "gicr": draw.randrange(9_000)},
        hits=hits,
        to_line=Range(12, draw.randrange(400, 4000)),
    )
    failure = "" if verdict is Verdict.PASSED else "a check failed"
    return Results({name: _goals(job.path, job.device)}, {job.name: Run(name, failure, {"RandomTraffic": scenario})})


def record(job: Job, *, failures: float = 0.02) -> Record:
    """What may have become of a job; `failures`: their share."""
    draw = random.Random(job.name)
    verdict = Verdict.PASSED
    if draw.random() < failures:
        verdict = draw.choice([*[Verdict.FAILED] * 12, *[v for v in Verdict if v is not Verdict.PASSED]])
    began = BEGIN + job.seed * 8.0
    wall = draw.lognormvariate(2, 0.4) * (4 if job.simulator == "icarus" else 1)
    made = Record(job, verdict, wall=wall, cpu=wall * 0.97, memory=draw.randrange(80, 190) << 20, began=began)
    if verdict in (Verdict.PASSED, Verdict.FAILED):
        made = replace(made, results=_results(job, verdict, draw))
    if verdict is Verdict.PASSED:
        return made
    if verdict is not Verdict.FAILED:
        return replace(made, reason=f"{verdict.value} <after {wall:.0f} s>", attempts=2)
    signature = draw.choice(_SIGNATURES)
    story = _STORY.format(cycle=draw.randrange(90_000))
    return replace(made, reason=f"{signature.check} on {signature.link} & more", story=story, signature=signature)


def write(folder: Path, made: Sequence[Job], records: Iterator[Record] | Sequence[Record] | None = None) -> None:
    """A regression's folder as it is when all has run: what was asked, and the records (of all jobs, unless told)."""
    environment = {"commit": "2285522abc", "dirty": True, "tools": {"verilator": "5.048", "python": "3.11.9"}}
    asked = {"version": 1, "plan": "nightly", "name": folder.name, "jobs": [job.to_json() for job in made], "begin": BEGIN}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.json").write_text(json.dumps(asked | {"options": {"jobs": 2}, "environment": environment}))
    kept = Records(folder / "records")
    for one in map(record, made) if records is None else records:
        kept.write(one)
