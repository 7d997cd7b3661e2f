"""Both simulators build and run a small cocotb test in the environment that `for_simulator` gives."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from irqpath_testbench.tools.toolchain import environment
from irqpath_testbench.tools.toolchain.tool import ToolMissing

HERE = Path(__file__).parent

# In a process of its own, since cocotb's runner reads PATH and other variables of its own process.
RUNNER = """
import sys
from pathlib import Path
from cocotb_tools.runner import get_runner

name, build_dir, source = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
runner = get_runner(name)
# Split into many files, so that Verilator's makefile uses precompiled headers, as it does for a large design.
extra = ["--trace-fst", "--output-split", "100"] if name == "verilator" else []
runner.build(sources=[source], hdl_toplevel="counter", build_dir=build_dir, build_args=extra, waves=True,
             timescale=("1ns", "1ps"))
runner.test(hdl_toplevel="counter", test_module="unit.tools.counter_cocotb", build_dir=build_dir,
            results_xml=str(build_dir / "results.xml"), waves=True)
"""


@pytest.mark.simulator("verilator", "icarus")
@pytest.mark.parametrize("name", ["verilator", "icarus"])
def test_simulator_builds_and_runs(name: str, tmp_path: Path) -> None:
    try:
        env = environment.for_simulator(name, waves=True)
    except ToolMissing as missing:
        pytest.skip(str(missing))
    command = [sys.executable, "-c", RUNNER, name, str(tmp_path), str(HERE / "rtl" / "counter.v")]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    cases = ET.parse(tmp_path / "results.xml").findall(".//testcase")
    assert [case.get("name") for case in cases] == ["counts"]
    assert not [child.tag for case in cases for child in case if child.tag in {"failure", "error", "skipped"}]
    assert list(tmp_path.rglob("*.fst")), "no waves were written"
