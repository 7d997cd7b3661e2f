"""Failures of a regression come in groups, and each group says what to look at."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from irqpath_testbench.tools.regress.groups import WAVES_COST, FailureGroup, group, to_rerun
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import Record, Signature, Verdict
from irqpath_testbench.tools.sim.results import Results, Run, Scenario
from unit.tools import regress_records as made

_DIFFERS = Signature("differs", "gicc*", "intid", "Preemption")
_ORDER = Signature("order", "dist")


def _failed(signature: Signature | None, seed: int, *, wall: float = 1.0, cycles: int = 0, n: int = 1500) -> Record:
    results = Results({}, {"r": Run("sgi", "a check failed", {"s": Scenario(False, cycles=cycles)})})
    job = Job("sgi", seed=seed, interrupts=n)
    return Record(job, Verdict.FAILED, "differs", signature=signature, wall=wall, results=results)


def test_the_largest_group_is_first() -> None:
    groups = group([_failed(_DIFFERS, 1), _failed(_ORDER, 2), _failed(_ORDER, 3), Record(Job("spi"), Verdict.PASSED)])
    assert [(g.signature, [r.job.seed for r in g.records]) for g in groups] == [(_ORDER, [2, 3]), (_DIFFERS, [1])]


def test_what_to_look_at_is_the_smallest_seed_and_of_that_the_shortest_run() -> None:
    found = [_failed(_ORDER, 9, cycles=5), _failed(_ORDER, 2, n=1500, cycles=70), _failed(_ORDER, 2, n=300, cycles=90)]
    (one,) = group(found)
    assert [(r.job.seed, r.job.interrupts) for r in one.records] == [(2, 300), (2, 1500), (9, 1500)]
    assert one.first is found[2]


def test_a_link_of_another_pe_is_the_same_kind() -> None:
    """Not that of another block, or the other way."""
    links = ["dist0.down", "dist13.down", "dist0.up", "stream0.down"]
    groups = group([_failed(Signature("differs", link), seed) for seed, link in enumerate(links)])
    assert [(g.signature.link, len(g.records)) for g in groups] == [("dist*.down", 2), ("dist*.up", 1), ("stream*.down", 1)]


def test_a_failure_that_no_check_named_is_grouped_by_what_became_of_it() -> None:
    died = [Record(Job("sgi", seed=seed), Verdict.DIED) for seed in (1, 2)]
    hung = Record(Job("sgi", seed=3), Verdict.HUNG)
    assert [g.signature.check for g in group([hung, *died])] == ["the simulator died", "the simulator hung"]


@given(st.permutations([made.record(job, failures=0.7) for job in made.jobs(40)]))
def test_groups_do_not_depend_on_the_order(records: list[Record]) -> None:
    expected = group(sorted(records, key=lambda r: r.job.name))
    assert group(records) == expected
    assert sum(len(g.records) for g in expected) == sum(not r.ok for r in records)


def _groups(*walls: tuple[float, ...]) -> list[FailureGroup]:
    """A group each, its members with these seconds."""
    return [
        FailureGroup(Signature(str(i)), tuple(_failed(None, seed, wall=w) for seed, w in enumerate(members)))
        for i, members in enumerate(walls)
    ]


@pytest.mark.parametrize(
    ("walls", "budget", "chosen"),
    [
        (((10.0,), (1.0,)), 100, [10.0, 1.0]),
        (((10.0, 2.0), (1.0,)), 9, [2.0, 1.0]),  # the first takes too long, the shortest does not
        (((10.0,), (1.0,)), 9, [1.0]),
        (((2.0,), (2.0,), (2.0,)), 12, [2.0, 2.0]),
        (((1.0,),), 0, []),
    ],
)
def test_what_runs_again_fits_the_budget(walls: tuple[tuple[float, ...], ...], budget: float, chosen: list[float]) -> None:
    found = to_rerun(_groups(*walls), budget)
    assert [r.wall for r in found] == chosen
    assert sum(r.wall for r in found) * WAVES_COST <= budget


def test_what_waves_say_nothing_about_is_not_run_again() -> None:
    silent = (Verdict.BUILD, Verdict.MISSED, Verdict.MEMORY, Verdict.ERROR)
    records = [Record(Job("sgi", seed=i), verdict) for i, verdict in enumerate(silent)]
    died = replace(records[0], job=Job("sgi", seed=9), verdict=Verdict.DIED, wall=1.0)
    nothing = replace(died, job=Job("sgi", seed=8), wall=0.0)
    assert to_rerun(group([*records, died, nothing]), 1e9) == [died]
