"""The builds with Verilator are few, and nothing makes another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from irqpath.core.errors import CheckError
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.docs import FIGURES
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.paths import LINUX, PATHS
from irqpath_testbench.tools.sim.recordings import DEFAULT, device_of, for_verilog, name_of
from irqpath_testbench.tools.sim.simulate import simulate
from unit.builds import BUILDS, MOST, refuse_more


def test_there_are_few() -> None:
    assert len({build.folder for build, _ in BUILDS}) == len(BUILDS) <= MOST
    assert all(build.simulator == "verilator" and why for build, why in BUILDS)


def test_a_run_on_another_is_refused(tmp_path: Path) -> None:
    """Before anything is built; by what there is."""
    device = DutParameters(3, spis=928)
    with pytest.raises(
        CheckError, match=r"verilator-pes3-spis3a0 is a build .* use Icarus, or one of\n  verilator-default: make sim"
    ):
        simulate(Build(device=device), RunConfig("sgi", str(tmp_path / "run"), device=device), "module", ["EverySgi"])
    assert not Build(device=device).folder.joinpath("build.log").exists()
    refuse_more(Build("icarus", device))


def test_make_sim_builds_these_alone() -> None:
    """Of the path that recordings drive: the recording that runs when nobody names one."""
    (recording,) = [file for file in for_verilog() if name_of(file) == DEFAULT]
    for name, path in PATHS.items():
        refuse_more(Build(device=device_of(recording) if name == LINUX else path.device))


def test_commands_build_these_alone() -> None:
    """Those whose output the documentation quotes: of the usual device, with a fault or without."""
    for figure in FIGURES.values():
        assert not figure.simulator or not re.search(r"--(pes|priority-bits|device|waves|recordings)\b", figure.command)
        refuse_more(Build(faults="--fault" in figure.command))
