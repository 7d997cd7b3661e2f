"""Every rule of the GIC has a test, and every test of a rule has proved that it can fail."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pytest

from irqpath.rules import load
from irqpath_testbench.tools.faults.injection import InjectedFault, find, registry
from unit.models.rule_tests import RuleTest, collected

#: Rules that the golden models of a GIC must obey.
COVERED: Final = [f"R{n}" for n in (*range(1, 63), *range(76, 83), 86, 88)]
#: Known defects of others that such a GIC could have.
DEFECTS: Final = ["D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D10", "D11"]
#: Links whose crossings of messages are tested likewise.
LINKS: Final = {"stream", "dist"}

TESTS: Final = list(collected())


@pytest.mark.parametrize("id_", [*COVERED, *DEFECTS, *sorted(LINKS)])
def test_a_fault_proves_the_tests_of(id_: str) -> None:
    """At least one test cites the rule and notices a fault that is injected to break just this rule."""
    assert [t.name for t in TESTS if id_ in t.cites and any(id_ in fault.breaks for fault in t.faults)]


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name)
def test_rule_test_is_complete(test: RuleTest) -> None:
    rules = load()
    assert test.faults, "a test that nothing can fail proves nothing"
    assert test.cites
    assert set(test.cites) <= rules.rules.keys() | rules.defects.keys() | LINKS
    assert len({fault.name for fault in test.faults}) == len(test.faults)


@pytest.mark.parametrize("fault", registry().values(), ids=lambda fault: fault.name)
def test_fault_is_used_and_described(fault: InjectedFault) -> None:
    rules = load()
    assert fault.what
    assert fault.breaks
    assert set(fault.breaks) <= rules.rules.keys() | rules.defects.keys() | LINKS
    for id_ in fault.breaks:
        assert [t.name for t in TESTS if id_ in t.cites and fault in t.faults], f"no test of {id_} is run with {fault.name}"
    assert find(fault.name) == fault


def test_names_are_unique() -> None:
    assert [name for name, times in Counter(t.name for t in TESTS).items() if times > 1] == []
