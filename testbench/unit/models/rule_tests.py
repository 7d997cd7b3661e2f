"""Tests that cite a rule, and prove that they would notice a model that breaks it.

    @rule("R10", faults=("pmr-not-strict",))
    def test_priority_mask(lib: Lib) -> None: ...

runs the body once on the true models, where it must pass, and once for each fault (a name of model_faults.toml or an
`InjectedFault`), where it must fail by an assertion or by an error of irqpath. A fault that survives fails the test.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from irqpath.core.errors import IrqpathError
from irqpath_testbench.tools.faults.injection import InjectedFault, Lib, copied, find, injected, models

Body: TypeAlias = Callable[[Lib], None]
Test: TypeAlias = Callable[[InjectedFault | None], None]

#: Attribute of a test function that holds its `RuleTest`.
_ATTRIBUTE: Final = "rule_test"
#: How a body says that it has noticed: an assertion, an error of irqpath, a pytest.raises that saw nothing raised.
_NOTICED: Final = (AssertionError, IrqpathError, pytest.fail.Exception)


@dataclass(frozen=True, slots=True)
class RuleTest:
    """What a rule test declares: the rules and known defects that it cites, and its faults."""

    name: str
    cites: tuple[str, ...]
    faults: tuple[InjectedFault, ...]


def rule(*cites: str, faults: Sequence[str | InjectedFault]) -> Callable[[Body], Test]:
    """Make a test of a body that takes the models; see this module's text. Raises `InjectionError` for an unknown fault."""
    chosen = tuple(find(fault) if isinstance(fault, str) else fault for fault in faults)

    def decorate(body: Body) -> Test:
        @functools.wraps(body)
        def test(fault: InjectedFault | None) -> None:
            if fault is None:
                _must_pass(body, chosen)
            else:
                _must_notice(body, fault, cites)

        # pytest finds the body's file and line through functools.wraps, but must see the parameter of `test`
        parameter = inspect.Parameter("fault", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        vars(test).update({"__signature__": inspect.Signature([parameter]), _ATTRIBUTE: RuleTest(body.__name__, cites, chosen)})
        marked: Test = pytest.mark.rule(*cites)(test)
        marked = pytest.mark.parametrize("fault", [None, *chosen], ids=["true", *(fault.name for fault in chosen)])(marked)
        return marked

    return decorate


def _must_pass(body: Body, faults: Sequence[InjectedFault]) -> None:
    """On the true models, and on copies of them without a bug: a fault is noticed for its bug, not for being a copy."""
    body(models())
    with copied({fault.module for fault in faults}) as lib:
        body(lib)


def _must_notice(body: Body, fault: InjectedFault, cites: Sequence[str]) -> None:
    with injected(fault) as lib:
        try:
            body(lib)
        except _NOTICED:
            return
    pytest.fail(f"{body.__name__}, for {', '.join(cites)}: fault {fault.name} survives ({fault.what or fault.new.strip()})")


def collected() -> Iterator[RuleTest]:
    """Every rule test of the test_rules_*.py files beside this one."""
    for path in sorted(Path(__file__).parent.glob("test_rules_*.py")):
        module = importlib.import_module(f"{__package__}.{path.stem}")
        for thing in vars(module).values():
            found = getattr(thing, _ATTRIBUTE, None)
            if isinstance(found, RuleTest):
                yield found
