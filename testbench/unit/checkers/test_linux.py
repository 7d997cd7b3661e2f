"""Linux drives the Verilog: whole recordings in Verilator, a prefix in Icarus; an input that is missing is noticed. KVM and its
guest do so with a prefix in Icarus (whole recordings are in the plan nightly)."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.paths import LINUX, PATHS
from irqpath_testbench.tools.sim.recordings import device_of, for_verilog, name_of, prefix
from irqpath_testbench.tools.sim.simulate import Failure, Outcome, simulate

#: Reads of GIC registers that each recording holds.
READS = {"v3-its-smp1": 1187, "v3-its-smp2": 3023, "v3-intx-smp2": 2321, "v3-mmio-smp2": 2628, "v3-packed-smp2": 2801}


def _recording(name: str) -> Path:
    return next(path for path in for_verilog() if name_of(path) == name)


def _run(recording: Path, folder: Path, simulator: str, *scenarios: str, events: int = 0) -> Outcome:
    device = device_of(recording)
    config = RunConfig(
        LINUX, str(folder / "run"), seed=5, device=device, simulator=simulator, trace=str(recording), events=events
    )
    shared = simulator == "verilator" and device.pes == 2  # with the test of the waves
    return simulate(Build(simulator, device, waves=shared), config, PATHS[LINUX].module, scenarios, dump=False)


@pytest.mark.simulator("verilator")
@pytest.mark.parametrize("recording", [_recording(name) for name in READS], ids=name_of)
def test_linux_reads_the_same(recording: Path, tmp_path: Path) -> None:
    """Lockstep and racing, from reset to the end; every read that Linux made is compared."""
    outcome = _run(recording, tmp_path, "verilator", "Lockstep", "Stress")
    assert outcome.ok, (outcome.detail, [s["failures"] for s in outcome.scenarios])
    lockstep = outcome.scenarios[0]
    assert lockstep["notes"]["reads compared with what Linux read"] == READS[name_of(recording)]


@pytest.mark.simulator("icarus")
def test_linux_in_icarus(tmp_path: Path) -> None:
    """The first 3,000 events of the recording with one PE."""
    recording = _recording("v3-its-smp1")
    outcome = _run(recording, tmp_path, "icarus", "Lockstep", events=3000)
    assert outcome.ok, (outcome.detail, [s["failures"] for s in outcome.scenarios])
    assert outcome.scenarios[0]["notes"]["reads compared with what Linux read"] > 300


@pytest.mark.simulator("verilator")
@pytest.mark.parametrize(("kind", "nth"), [("msi", 3), ("m", 4), ("sw", 300), ("ppi", 4)])
def test_a_missing_input_is_noticed(kind: str, nth: int, tmp_path: Path) -> None:
    """Without one message, one store of a command, one register write, one wire: what Linux read is not what it reads now."""
    recording = _recording("v3-its-smp1")
    lines = gzip.decompress(recording.read_bytes()).split(b"\n")
    wanted = f'"e":"{kind}"'.encode()
    table = b'"r":"its.cmdq"' if kind == "m" else b""
    found = [n for n, line in enumerate(lines) if wanted in line and table in line]
    del lines[found[nth]]
    cut = tmp_path / "v3-cut.jsonl"
    cut.write_bytes(b"\n".join(lines))
    outcome = _run(cut, tmp_path, "verilator", "Lockstep")
    assert outcome.failure is Failure.MISMATCH
    assert "reads differ" in str(outcome.scenarios[0]["failures"])


@pytest.mark.simulator("icarus")
def test_kvm_in_icarus(tmp_path: Path) -> None:
    """Until the guest has taken interrupts: List registers, world switches, the guest's own registers."""
    recording = _recording("nest-v3-smp1")
    outcome = _run(recording, tmp_path, "icarus", "Lockstep", events=prefix(recording))
    assert outcome.ok, (outcome.detail, [s["failures"] for s in outcome.scenarios])
    assert outcome.scenarios[0]["notes"]["reads compared with what Linux read"] > 2500


@pytest.mark.simulator("icarus")
def test_a_host_on_gicv4_in_icarus(tmp_path: Path) -> None:
    """KVM finds a GICv4's CPU interfaces and sets them up; the ITS and LPIs are left out, and counted."""
    outcome = _run(_recording("nest-v4-start"), tmp_path, "icarus", "Lockstep", events=3000)
    assert outcome.ok, (outcome.detail, [s["failures"] for s in outcome.scenarios])
    notes = outcome.scenarios[0]["notes"]
    assert notes["reads compared with what Linux read"] > 100
    assert notes["inputs left out, of GICv4's ITS and LPIs"] > 100


@pytest.mark.simulator("icarus")
def test_a_gicv2_in_icarus(tmp_path: Path) -> None:
    """Its memory-mapped interfaces; a device of its own."""
    outcome = _run(_recording("nest-v2-smp1"), tmp_path, "icarus", "Lockstep", events=5000)
    assert outcome.ok, (outcome.detail, [s["failures"] for s in outcome.scenarios])
    assert outcome.scenarios[0]["notes"]["reads compared with what Linux read"] > 500
