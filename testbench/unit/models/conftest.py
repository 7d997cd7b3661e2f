"""Whether the unit tests see a bug: `IRQPATH_MODEL_FAULT=name pytest testbench/unit/models` injects it before any model is
imported.

Tests that inject faults themselves, or are about injection, are left out then: they say nothing of the bug.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

from irqpath_testbench.tools.faults.injection import install_from_environment

INJECTED = install_from_environment()
if INJECTED:
    # What fails for the bug must not be tried again without it.
    settings.register_profile("injected", settings.get_profile("unhurried"), database=None)
    settings.load_profile("injected")
_ABOUT_FAULTS = ("test_injection.py", "test_rule_coverage.py")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what would inject other faults."""
    if not INJECTED:
        return
    out = [item for item in items if item.path.name in _ABOUT_FAULTS or _injects_another(item)]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]


def _injects_another(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    return call is not None and call.params.get("fault") is not None
