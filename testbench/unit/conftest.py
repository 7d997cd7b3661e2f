"""What holds for every test: none makes a build with Verilator that is not in the list, and none fails because the machine is
slow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from irqpath_testbench.tools.sim.build import Build, Built

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def listed_builds_only() -> Iterator[None]:
    """A run is refused before it builds."""
    # not before models/conftest.py, which must come before any model
    from irqpath_testbench.tools.sim import simulate
    from irqpath_testbench.tools.sim.build import build
    from unit.builds import refuse_more

    def listed(what: Build) -> Built:
        refuse_more(what)
        return build(what)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulate, "build", listed)
        yield
