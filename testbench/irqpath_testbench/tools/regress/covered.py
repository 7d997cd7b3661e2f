"""Functional coverage of a regression: merged over its jobs, with who reached each bin first, and the fewest jobs that reach all.

A part keeps the hits of each job under the job's name, so a record that comes twice counts once: merging is associative,
commutative and idempotent. Jobs with an injected fault count for nothing: what a faulty device reaches proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Final

from irqpath.core.errors import CheckError
from irqpath_testbench.env.plan import Group
from irqpath_testbench.tools.regress.record import Record
from irqpath_testbench.tools.regress.smallest import smallest_cover
from irqpath_testbench.tools.sim.results import Results, merge


@dataclass(frozen=True, slots=True)
class Coverage:
    """`goals`: coverage plans by name, as in `Results`; `hits`: by job, plan and bin ("group: bin")."""

    goals: Mapping[str, tuple[Group, ...]] = field(default_factory=dict)
    hits: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)

    def __or__(self, other: Coverage) -> Coverage:
        return merge_coverage((self, other))


@dataclass(frozen=True, slots=True)
class Bin:
    """A planned bin: `hits` over all jobs, how many `jobs` reached it, and the `first` of them in the order of the plan's jobs,
    "" for an uncovered one."""

    name: str
    hits: int = 0
    jobs: int = 0
    first: str = ""


@dataclass(frozen=True, slots=True)
class PlanCoverage:
    """What became of one coverage plan. `smallest`: names of the fewest jobs found that reach all that any reached; `exact`: no
    fewer do."""

    name: str
    bins: tuple[Bin, ...]
    smallest: tuple[str, ...]
    exact: bool

    @property
    def uncovered(self) -> tuple[str, ...]:
        """Bins that no job reached."""
        return tuple(b.name for b in self.bins if not b.hits)


def coverage_of(record: Record) -> Coverage:
    """That of one job."""
    if record.job.must_fail:
        return Coverage()
    results = record.results
    plans = sorted({run.plan for run in results.runs.values()})
    # names are the same in thousands of records: one text each
    hits = {plan: {intern(name): n for name, n in results.hits(plan).items() if n} for plan in plans}
    return Coverage(results.goals, {record.job.name: hits})


def merge_coverage(parts: Iterable[Coverage]) -> Coverage:
    """All of them as one. Raises `CheckError` where two have different plans of one name, or different hits of one job: they are
    of different versions."""
    goals: Mapping[str, tuple[Group, ...]] = {}
    hits: dict[str, Mapping[str, Mapping[str, int]]] = {}
    for part in parts:
        if any(goals.get(name) != groups for name, groups in part.goals.items()):
            goals = merge((Results(goals), Results(part.goals))).goals
        for job, found in part.hits.items():
            if hits.setdefault(job, found) != found:
                raise CheckError(f"two records of the job {job} differ in what they covered: they are of different versions")
    return Coverage(goals, hits)


def covered(coverage: Coverage, order: Sequence[str]) -> list[PlanCoverage]:
    """What jobs reached, by plan; `order`: names of the jobs in the order of the regression's plan, which decides who was first,
    whenever they ran. Jobs that it does not name come last, by name."""
    known = dict.fromkeys(order)
    jobs = [name for name in known if name in coverage.hits] + sorted(coverage.hits.keys() - known.keys())
    plans = sorted(coverage.goals.keys() | {plan for found in coverage.hits.values() for plan in found})
    return [_covered(plan, coverage, jobs) for plan in plans]


_NOTHING: Final[Mapping[str, int]] = {}


def _covered(plan: str, coverage: Coverage, jobs: Sequence[str]) -> PlanCoverage:
    names = [f"{group.name}: {name}" for group in coverage.goals.get(plan, ()) for name in group.bins]
    number = {name: i for i, name in enumerate(names)}
    hits, reached_by, first = [0] * len(names), [0] * len(names), [""] * len(names)
    masks: dict[str, int] = {}
    for job in jobs:
        mask = 0
        for name, count in coverage.hits[job].get(plan, _NOTHING).items():
            if (i := number.get(name)) is not None:  # what a plan does not ask for is no coverage of it
                hits[i] += count
                reached_by[i] += 1
                first[i] = first[i] or job
                mask |= 1 << i
        if mask:
            masks[job] = mask
    chosen, exact = smallest_cover(masks)
    bins = tuple(Bin(name, hits[i], reached_by[i], first[i]) for i, name in enumerate(names))
    return PlanCoverage(plan, bins, chosen, exact)
