"""Transactions by family of links: one list of names, held against the families."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from types import ModuleType
from typing import Final, get_args

from irqpath.core import transactions

FAMILIES: Final[list[ModuleType]] = [
    importlib.import_module(f"{transactions.__name__}.{family.name}") for family in pkgutil.iter_modules(transactions.__path__)
]
DEFINED: Final = [
    value
    for family in FAMILIES
    for value in vars(family).values()
    if isinstance(value, type) and value.__module__ == family.__name__
]


def test_the_package_offers_every_class_once() -> None:
    names = [kind.__name__ for kind in DEFINED]
    assert sorted([*names, "Observed", "Out", "RegRequest", "Transaction"]) == sorted(transactions.__all__)
    assert all(getattr(transactions, kind.__name__) is kind for kind in DEFINED)


def test_a_transaction_is_one_of_the_families() -> None:
    """What is no transaction there is an enumeration."""
    assert {kind for kind in DEFINED if dataclasses.is_dataclass(kind)} == set(get_args(transactions.Transaction))
