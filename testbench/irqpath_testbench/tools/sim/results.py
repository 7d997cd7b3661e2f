"""What runs found, as one record that merges with others: coverage by union of bins and sum of hits, checks by sums.

A record keeps the result of each run under a name that says all that the run was told, so a run that comes twice counts once.
Merging is therefore associative, commutative and idempotent, and the order in which runs end does not matter.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from irqpath.core.errors import CheckError
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.env.plan import Group, plan, uncovered_bins
from irqpath_testbench.tools.sim.outcome import Outcome
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.toolchain.kept import digest

#: What a run's name does not depend on: where it writes, how patient its host is, what is compared besides.
_ELSEWHERE = ("folder", "trace", "hang_seconds", "timing")


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the greatest of latencies, in cycles. (A median can't be merged; each run's own result has it.)"""

    least: int
    greatest: int

    def __or__(self, other: Range) -> Range:
        return Range(min(self.least, other.least), max(self.greatest, other.greatest))


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one scenario of a run counted. `compared`: transactions by kind of link; `lost`: journeys that ended early, by legal
    reason; `findings`: what the models reported, by "block: finding"; `used`: freedoms that the device used, by "block: rule";
    `hits`: by "group: bin"; latencies in cycles."""

    ok: bool
    mismatches: int = 0
    cycles: int = 0
    flushed: int = 0
    closed: int = 0
    merged: int = 0
    compared: Mapping[str, int] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
    findings: Mapping[str, int] = field(default_factory=dict)
    used: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    hits: Mapping[str, int] = field(default_factory=dict)
    to_line: Range | None = None
    to_acknowledge: Range | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What one run left. `plan`: the name of its coverage plan; `failure`: how it failed, "" if it passed; `scenarios`: of those
    that left a result."""

    plan: str
    failure: str = ""
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over runs: `failed` of `runs` failed; the others as in `Scenario`."""

    runs: int
    failed: int
    scenarios: int
    mismatches: int
    cycles: int
    flushed: int
    closed: int
    merged: int
    compared: Counter[str]
    lost: Counter[str]
    findings: Counter[str]
    used: Counter[str]
    notes: Counter[str]
    to_line: Range | None
    to_acknowledge: Range | None


@dataclass(frozen=True, slots=True)
class Results:
    """Runs by name, and the coverage plans that they were to fill, by the plans' names."""

    goals: Mapping[str, tuple[Group, ...]] = field(default_factory=dict)
    runs: Mapping[str, Run] = field(default_factory=dict)

    def hits(self, name: str) -> Counter[str]:
        """Hits of the bins of plan `name` ("group: bin") over all runs."""
        hits: Counter[str] = Counter()
        for run in self.runs.values():
            if run.plan == name:
                for scenario in run.scenarios.values():
                    hits.update(scenario.hits)
        return hits

    def uncovered(self, name: str) -> list[str]:
        """Bins of plan `name` that no run hit."""
        return uncovered_bins(self.goals.get(name, ()), self.hits(name))

    def plans(self) -> list[str]:
        """Names of the plans that runs were for."""
        return sorted({run.plan for run in self.runs.values()} | set(self.goals))

    def totals(self, name: str | None = None) -> Totals:
        """Sums over the runs of plan `name`, or over all."""
        runs = [run for run in self.runs.values() if name is None or run.plan == name]
        scenarios = [scenario for run in runs for scenario in run.scenarios.values()]
        return Totals(
            runs=len(runs),
            failed=sum(bool(run.failure) for run in runs),
            scenarios=len(scenarios),
            mismatches=sum(s.mismatches for s in scenarios),
            cycles=sum(s.cycles for s in scenarios),
            flushed=sum(s.flushed for s in scenarios),
            closed=sum(s.closed for s in scenarios),
            merged=sum(s.merged for s in scenarios),
            compared=_sum(s.compared for s in scenarios),
            lost=_sum(s.lost for s in scenarios),
            findings=_sum(s.findings for s in scenarios),
            used=_sum(s.used for s in scenarios),
            notes=_sum(s.notes for s in scenarios),
            to_line=_widest([s.to_line for s in scenarios]),
            to_acknowledge=_widest([s.to_acknowledge for s in scenarios]),
        )


def _sum(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return total


def _widest(ranges: Sequence[Range | None]) -> Range | None:
    found = [r for r in ranges if r is not None]
    return Range(min(r.least for r in found), max(r.greatest for r in found)) if found else None


def merge(parts: Iterable[Results]) -> Results:
    """All of them as one. Raises `CheckError` where two have different plans of one name, or different results of one run: a run
    can be repeated exactly, so these are of different versions of the device or of irqpath."""
    goals: dict[str, tuple[Group, ...]] = {}
    runs: dict[str, Run] = {}
    for part in parts:
        for name, groups in part.goals.items():
            if (known := goals.setdefault(name, groups)) != groups:
                raise CheckError(
                    f"the coverage plans of {name} differ, in {_differing(known, groups)}: these runs are of different versions; "
                    "merge those of one version only"
                )
        for name, run in part.runs.items():
            if runs.setdefault(name, run) != run:
                raise CheckError(
                    f"two results of the run {name} differ, and a run repeats exactly: they are of different versions of the "
                    "device or of irqpath; merge those of one version only"
                )
    return Results(goals, runs)


def _differing(one: tuple[Group, ...], other: tuple[Group, ...]) -> str:
    """What stands in one plan only."""
    bins = [{f"{group.name}: {name}" for group in groups for name in group.bins} for groups in (one, other)]
    found = sorted(bins[0] ^ bins[1])
    return ", ".join(found[:3]) + " ..." * (len(found) > 3) if found else "the order of their bins"


def results_of(outcome: Outcome) -> Results:
    """The record of one simulation."""
    name = plan_name(outcome)
    groups = plan(outcome.run.path, outcome.run.dut())
    failure = "" if outcome.ok else outcome.failure.value
    run = Run(name, failure, {s["scenario"]: _scenario(s) for s in outcome.scenarios})
    return Results({name: groups} if groups else {}, {run_name(outcome): run})


def plan_name(outcome: Outcome) -> str:
    """What the coverage plan of a run is called: its path, and what in its device is not as usual, for a plan's bins depend on
    the device."""
    run = outcome.run
    if run.described:
        return f"{outcome.name} ({run.described})"
    if run.trace or run.path not in PATHS:
        return outcome.name
    usual = PATHS[run.path].device
    values = {f.name: (int(getattr(run.device, f.name)), int(getattr(usual, f.name))) for f in fields(DutParameters)}
    other = [f"{name}={mine}" for name, (mine, default) in values.items() if mine != default]
    return f"{outcome.name} ({','.join(other)})" if other else outcome.name


def run_name(outcome: Outcome) -> str:
    """What a run is called: the same for runs that were told the same, another for any other."""
    run = outcome.run
    told = {name: value for name, value in asdict(run).items() if name not in _ELSEWHERE}
    more = {"trace": Path(run.trace).name, "scenarios": list(outcome.wanted)}
    return f"{outcome.name} {run.simulator} seed {run.seed} {digest([json.dumps(told | more, sort_keys=True)])[:12]}"


def _scenario(result: Mapping[str, Any]) -> Scenario:
    """Of what `BaseTest.result` gives."""
    journeys = result["journeys"]
    return Scenario(
        ok=result["ok"],
        mismatches=result["mismatches"],
        cycles=result["cycles"],
        flushed=result["flushed"],
        closed=journeys["closed"],
        merged=journeys["merged"],
        compared=dict(result["compared"]),
        lost=dict(journeys["lost"]),
        findings=_by_block(result["reports"]),
        used=_by_block(result.get("used", {})),
        notes=dict(result["notes"]),
        hits=dict(result["hits"]),
        to_line=_range(result["to_line"]),
        to_acknowledge=_range(result["to_acknowledge"]),
    )


def _by_block(counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    return {f"{block}: {what}": n for block, found in counts.items() for what, n in found.items()}


def _range(summary: Mapping[str, int]) -> Range | None:
    return Range(summary["min"], summary["max"]) if summary else None
