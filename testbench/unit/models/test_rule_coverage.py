"""Every rule of the GIC has a test, and every test of a rule has proved that it can fail."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pytest

from irqpath.rules import load
from irqpath_testbench.tools.faults.plants import Plant, find, registry
from unit.models.rule_tests import RuleTest, collected

#: Rules that the golden models of a GIC must obey.
COVERED: Final = [f"R{n}" for n in (*range(1, 63), *range(76, 83), 86, 88)]
#: Known defects of others that such a GIC could have.
DEFECTS: Final = ["D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D10", "D11"]
#: Links whose crossings of messages are tested likewise.
LINKS: Final = {"stream", "dist"}

TESTS: Final = list(collected())


@pytest.mark.parametrize("id_", [*COVERED, *DEFECTS, *sorted(LINKS)])
def test_a_plant_proves_the_tests_of(id_: str) -> None:
    """At least one test cites the rule and notices a bug that is planted to break just this rule."""
    assert [t.name for t in TESTS if id_ in t.cites and any(id_ in plant.breaks for plant in t.plants)]


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name)
def test_rule_test_is_complete(test: RuleTest) -> None:
    rules = load()
    assert test.plants, "a test that nothing can fail proves nothing"
    assert test.cites
    assert set(test.cites) <= rules.rules.keys() | rules.defects.keys() | LINKS
    assert len({plant.name for plant in test.plants}) == len(test.plants)


@pytest.mark.parametrize("plant", registry().values(), ids=lambda plant: plant.name)
def test_plant_is_used_and_described(plant: Plant) -> None:
    rules = load()
    assert plant.what
    assert plant.breaks
    assert set(plant.breaks) <= rules.rules.keys() | rules.defects.keys() | LINKS
    for id_ in plant.breaks:
        assert [t.name for t in TESTS if id_ in t.cites and plant in t.plants], f"no test of {id_} is run with {plant.name}"
    assert find(plant.name) == plant


def test_names_are_unique() -> None:
    assert [name for name, times in Counter(t.name for t in TESTS).items() if times > 1] == []
