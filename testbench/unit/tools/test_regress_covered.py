"""Coverage of a regression: in any order and however often a record comes it is the same; who was first; the fewest jobs."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import or_

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irqpath.core.errors import CheckError
from irqpath_testbench.env.plan import Group
from irqpath_testbench.tools.regress.covered import Bin, Coverage, coverage_of, covered, merge_coverage
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import Record, Verdict
from irqpath_testbench.tools.regress.smallest import smallest_cover
from irqpath_testbench.tools.sim.results import Results, Run, Scenario

_GOALS = {name: (Group("g", ("a", "b", "c", "d")), Group("h", ("a",))) for name in ("sgi", "spi (pes=8)")}
_HITS = st.dictionaries(st.sampled_from(["g: a", "g: b", "g: c", "h: a", "of no plan"]), st.integers(0, 2**40))
_SETS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 2**10 - 1))


def _record(job: Job, hits: dict[str, int], plan: str = "sgi", verdict: Verdict = Verdict.PASSED) -> Record:
    half = {name: n // 2 for name, n in hits.items()}
    rest = {name: n - n // 2 for name, n in hits.items()}
    run = Run(plan, "", {"one": Scenario(True, hits=half), "two": Scenario(True, hits=rest)})
    return Record(job, verdict, results=Results({plan: _GOALS[plan]}, {job.name: run}))


@st.composite
def _coverages(draw: st.DrawFn) -> list[Coverage]:
    """Parts of one version of everything, some of them of the same jobs."""
    records = [
        coverage_of(_record(Job("sgi", seed=seed), draw(_HITS), draw(st.sampled_from(sorted(_GOALS))))) for seed in range(4)
    ]
    return [merge_coverage(draw(st.lists(st.sampled_from(records), max_size=4))) for _ in range(3)]


@given(_coverages())
def test_merging_is_commutative_associative_and_idempotent(parts: list[Coverage]) -> None:
    a, b, c = parts
    assert a | b == b | a
    assert (a | b) | c == a | (b | c)
    assert a | a == a
    assert (a | b) | b == a | b
    assert a | Coverage() == a
    order = [Job("sgi", seed=seed).name for seed in range(4)]
    expected = covered(a | b | c, order)
    for some in itertools.permutations((*parts, b)):
        assert covered(merge_coverage(some), order) == expected


def test_hits_are_summed_and_the_first_is_by_the_plan() -> None:
    """Not by who ended first; whose bins nobody planned is not asked."""
    jobs = [Job("sgi", seed=seed) for seed in (5, 1, 3)]
    found = [{"g: b": 1}, {"g: a": 7, "g: b": 2}, {"g: a": 1, "h: a": 1, "other: x": 9}]
    records = [_record(job, hits) for job, hits in zip(jobs, found, strict=True)]
    coverage = merge_coverage(map(coverage_of, reversed(records)))
    names = [job.name for job in jobs]
    (plan,) = covered(coverage, names)
    assert plan.bins == (
        Bin("g: a", 8, 2, names[1]),
        Bin("g: b", 3, 2, names[0]),
        Bin("g: c"),
        Bin("g: d"),
        Bin("h: a", 1, 1, names[2]),
    )
    assert plan.uncovered == ("g: c", "g: d")
    assert (plan.smallest, plan.exact) == ((names[1], names[2]), True)
    (again,) = covered(coverage, names[::-1])
    assert again.bins[0].first == names[2]


def test_a_faulty_device_covers_nothing() -> None:
    job = Job("sgi", fault=2)
    assert coverage_of(_record(job, {"g: a": 3})) == Coverage()


def test_a_job_that_failed_covers_what_it_reached() -> None:
    """As `irqpath sim --merge` has it."""
    (plan,) = covered(coverage_of(_record(Job("sgi"), {"g: a": 3}, verdict=Verdict.FAILED)), [])
    assert plan.bins[0].hits == 3


def test_different_versions_are_refused() -> None:
    one = coverage_of(_record(Job("sgi"), {"g: a": 3}))
    with pytest.raises(CheckError, match="differ in what they covered"):
        one | coverage_of(_record(Job("sgi"), {"g: a": 4}))
    with pytest.raises(CheckError, match="coverage plans of sgi differ"):
        one | replace(one, goals={"sgi": (Group("g", ("a",)),)})


# --- the smallest set -------------------------------------------------------------------------------------------------------


def _union(masks: Sequence[int]) -> int:
    return reduce(or_, masks, 0)


def _fewest(sets: dict[str, int]) -> int:
    """By trying all."""
    whole = _union(list(sets.values()))
    return next(n for n in range(len(sets) + 1) if any(_union(c) == whole for c in itertools.combinations(sets.values(), n)))


@given(_SETS)
def test_the_smallest_set_is_exact(sets: dict[str, int]) -> None:
    chosen, exact = smallest_cover(sets)
    assert exact
    assert _union([sets[name] for name in chosen]) == _union(list(sets.values()))
    assert len(chosen) == _fewest(sets)
    assert list(chosen) == [name for name in sets if name in chosen]


@given(_SETS)
def test_what_is_given_up_still_covers_all_and_has_nothing_superfluous(sets: dict[str, int]) -> None:
    chosen, exact = smallest_cover(sets, nodes=0)
    whole = _union(list(sets.values()))
    assert _union([sets[name] for name in chosen]) == whole
    assert all(_union([sets[name] for name in chosen if name != other]) != whole for other in chosen)
    assert not exact or len(chosen) == _fewest(sets)


def test_a_large_one_ends() -> None:
    """Where no set is necessary, and no search of this size can end."""
    draw = random.Random(1)
    sets = {f"job {i}": _union([1 << draw.randrange(250) for _ in range(12)]) for i in range(2000)}
    chosen, exact = smallest_cover(sets)
    assert not exact
    assert _union([sets[name] for name in chosen]) == _union(list(sets.values()))
    assert smallest_cover(sets) == (chosen, exact)
