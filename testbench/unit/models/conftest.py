"""Whether the unit tests see a bug: `IRQPATH_MODEL_FAULT=name pytest testbench/unit/models` plants it before any model is
imported.

Tests that plant bugs themselves, or are about planting, are left out then: they say nothing of the bug.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

from irqpath_testbench.tools.faults.plants import install_from_environment

PLANTED = install_from_environment()
if PLANTED:
    # What fails for the bug must not be tried again without it.
    settings.register_profile("planted", database=None)
    settings.load_profile("planted")
_ABOUT_PLANTS = ("test_plants.py", "test_rule_coverage.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what would plant other bugs."""
    if not PLANTED:
        return
    out = [item for item in items if item.path.name in _ABOUT_PLANTS or _plants_another(item)]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]


def _plants_another(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    return call is not None and call.params.get("plant") is not None
