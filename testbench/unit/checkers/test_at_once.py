"""Two of anything in one clone: each finds what it would find alone, or the second says in one line who is at it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from irqpath.cli.ending import USAGE_ERROR
from irqpath.core.places import ROOT
from irqpath_testbench import cli
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.bench import cli as bench
from irqpath_testbench.tools.conformance import cli as conformance
from irqpath_testbench.tools.conformance import evidence
from irqpath_testbench.tools.conformance.evidence import Seen, Source, load, save
from irqpath_testbench.tools.conformance.simulated import note
from irqpath_testbench.tools.fuzz import cli as fuzz
from irqpath_testbench.tools.sim.outcome import Failure, Outcome
from irqpath_testbench.tools.toolchain.kept import locked

REPLAY = "testbench/unit/replay/traces/v3-its-smp1.jsonl.gz"


def test_two_replays(tmp_path: Path) -> None:
    """What they write for machines is the same, but for the time it took."""
    command = [sys.executable, "-m", "irqpath_testbench", "replay", REPLAY, "--json"]
    both = [subprocess.Popen([*command, str(tmp_path / f"{n}.json")], cwd=ROOT, stdout=subprocess.DEVNULL) for n in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    first, second = ([line for line in file.read_text().splitlines() if "seconds" not in line] for file in tmp_path.iterdir())
    assert first == second


@pytest.mark.parametrize(
    ("command", "module", "name", "lock", "what"),
    [
        (["bench"], bench, "ROOT", "build/bench/.lock", "the benchmark"),
        (["conformance", "--collect"], conformance, "FOLDER", ".lock", "the evidence in"),
        (["mutate", "--json", "{}/mutate.json"], None, "", ".mutate.json.lock", "mutate.json"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_owns_its_results_runs_once(
    command: list[str],
    module: Any,
    name: str,
    lock: str,
    what: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before it changes anything."""
    words = [word.format(tmp_path) for word in command]
    if module is not None:
        monkeypatch.setattr(module, name, tmp_path)
    if words[0] == "conformance":
        words += ["--evidence", str(tmp_path)]
    with locked(tmp_path / lock, "it"):
        assert cli.main(words) == USAGE_ERROR
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("irqpath: error: ") and what in said
    assert said.endswith(f" is in use by process {os.getpid()}; wait for it or end it")


def test_the_fuzzer_runs_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What it found is told from what was there before."""
    pytest.importorskip("atheris")
    monkeypatch.setattr(fuzz, "WORK", tmp_path)
    monkeypatch.setattr(sys, "argv", ["fuzz", "--seconds", "1"])
    with locked(tmp_path / ".lock", "it"):
        assert fuzz.main() == 2
    assert f"the fuzzer's folder {tmp_path} is in use by process {os.getpid()}" in capsys.readouterr().err


# --- evidence of `irqpath conformance` -----------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from irqpath_testbench.tools.conformance.evidence import Seen, Source, save
for _ in range(40):
    save(Path(sys.argv[1]), {Source("simulation", "sgi in icarus"): Seen(paths={"sgi"})})
"""


def test_evidence_is_whole_while_others_write_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs of the same path at once; whoever reads meanwhile finds one or the other, never half of it."""
    file = tmp_path / "simulation-sgi-icarus.json"
    save(file, {Source("simulation", "sgi in icarus"): Seen(paths={"sgi"})})
    monkeypatch.setattr(evidence, "digest", lambda: "")  # of the models: slow, and not the point
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(file)], cwd=ROOT) for _ in range(2)]
    while any(writer.poll() is None for writer in writers):
        assert list(load(tmp_path).evidence) == [Source("simulation", "sgi in icarus")]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_an_injected_fault_is_no_evidence_against(tmp_path: Path) -> None:
    """It neither makes nor removes any; a run without one that fails removes what an earlier one left."""
    closed = [{"journeys": {"closed": 7}}]
    file = tmp_path / "simulation-sgi-verilator.json"
    note(Outcome(RunConfig("sgi", "", fault=3), Failure.NONE, "", closed), tmp_path)
    assert not file.exists()
    note(Outcome(RunConfig("sgi", ""), Failure.NONE, "", closed), tmp_path)
    assert file.exists()
    note(Outcome(RunConfig("sgi", "", fault=3), Failure.MISMATCH, "", closed), tmp_path)
    assert file.exists()
    note(Outcome(RunConfig("sgi", ""), Failure.MISMATCH, "", closed), tmp_path)
    assert not file.exists()
