"""What holds for every test: none makes a build with Verilator that is not in the list."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from irqpath_testbench.tools.sim import simulate
from irqpath_testbench.tools.sim.build import Build, Built, build
from unit.builds import refuse_more


@pytest.fixture(scope="session", autouse=True)
def listed_builds_only() -> Iterator[None]:
    """A run is refused before it builds."""

    def listed(what: Build) -> Built:
        refuse_more(what)
        return build(what)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulate, "build", listed)
        yield
