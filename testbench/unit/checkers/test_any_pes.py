"""Every scenario runs on a device of any number of PEs: none needs a second one, unless its path says so, or a number that
divides others. On the models, where that takes no simulator."""

from __future__ import annotations

from dataclasses import replace

import pytest

from irqpath_testbench.env.whole.machine import run_on_models
from irqpath_testbench.tools.predict.prediction import software_of
from irqpath_testbench.tools.sim.paths import LINUX, PATHS, Path

#: This one's software is made for the device of a run.
_OF_ITS_OWN = "Sequences"
_SCENARIOS = [
    (path, name, max(pes, path.needs.get("pes", 1)))
    for path in PATHS.values()
    if path.name != LINUX
    for name in path.scenarios
    if name != _OF_ITS_OWN
    for pes in (1, 3)
]
#: Cycles after which a scenario has no end.
_LIMIT = 20_000_000


@pytest.mark.parametrize(("path", "name", "pes"), _SCENARIOS, ids=lambda value: value.name if isinstance(value, Path) else value)
def test_a_scenario_on_any_number_of_pes(path: Path, name: str, pes: int) -> None:
    """It has an end, and finds nothing wrong."""
    dut = replace(path.device, pes=pes).dut()
    software = software_of(path, name, seed=pes, interrupts=100)
    run_on_models(dut, software, 1000, _LIMIT)
