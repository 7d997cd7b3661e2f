"""Running small simulations from pytest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.simulate import Outcome, simulate

Simulate = Callable[..., Outcome]
_DEVICE = DutParameters()


@pytest.fixture
def run(tmp_path: Path) -> Simulate:
    """`run(module, *scenarios, simulator="verilator", device=DutParameters(), **fields of RunConfig)`: their outcome, in the
    build with faults."""

    def start(
        module: str, *scenarios: str, simulator: str = "verilator", device: DutParameters = _DEVICE, **options: float | str
    ) -> Outcome:
        settings: dict[str, float | str] = {"seed": 5, "bound": 3000, "watchdog": 20_000, "path": "sgi", **options}
        config = RunConfig(folder=str(tmp_path / "run"), simulator=simulator, device=device, **settings)  # type: ignore[arg-type]  # its fields
        return simulate(Build(simulator, device, faults=True), config, module, scenarios)

    return start
