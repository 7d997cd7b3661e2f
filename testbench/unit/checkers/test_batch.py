"""Several runs in one simulator process: each leaves what it leaves by itself, whatever becomes of the process."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from irqpath.core.errors import CheckError
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.env.process import Process
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.sim.artefacts import TRANSACTIONS, write_transactions
from irqpath_testbench.tools.sim.batch import simulate_batch
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.outcome import Failure, Outcome
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.simulate import simulate

DEVICE: Final = DutParameters(2, spis=32)
BUILD: Final = Build("icarus", DEVICE)
#: A scenario whose end depends on the seed; the second is the same for all.
MODULE: Final = '''
import os

import pyuvm

from irqpath_testbench.sequences.software import bring_up, enable_groups
from irqpath_testbench.tests.scenario import Directed

END = """{end}"""


class Small(Directed):
    @staticmethod
    async def software(platform, rng):
        pe = platform.pes[0]
        await enable_groups(pe, 0b11)
        await bring_up(pe, 0xFFFF_FFFF, [0x80] * 32)
        await platform.spend(rng.randrange(10, 100))


@pyuvm.test()
class First(Small):
    def scenario(self):
        seed, usual = self.run_config.seed, super().scenario()

        async def body(platform):
            print("seed", seed, "speaks")
            await usual(platform)
            if seed == 12:
                exec(END)
        return body


@pyuvm.test()
class Second(Small):
    pass
'''
Ends = Callable[[str], list[Outcome]]


def _runs(folder: Path, seeds: Sequence[int], **options: Any) -> list[RunConfig]:
    usual = RunConfig("sgi", "", interrupts=60, device=DEVICE, simulator="icarus", watchdog=20_000, timing=False)
    return [replace(usual, seed=seed, folder=str(folder / f"seed{seed}"), **options) for seed in seeds]


def _left(run: RunConfig) -> dict[str, object]:
    """What a run left, without times."""
    write_transactions(run)
    folder = Path(run.folder)
    left: dict[str, object] = dict.fromkeys((path.name for path in folder.iterdir()), "")
    left[TRANSACTIONS] = (folder / TRANSACTIONS).read_bytes()
    for path in folder.glob("result-*.json"):
        result = json.loads(path.read_text())
        left[path.name] = {name: value for name, value in result.items() if not name.endswith("_seconds")}
    return left


@pytest.mark.simulator("icarus")
def test_a_run_leaves_the_same_in_a_batch_and_by_itself(tmp_path: Path) -> None:
    """Three seeds, whose traffic differs: every transaction, in its cycle, and every result."""
    scenarios, module = ("Accesses", "RandomTraffic"), PATHS["sgi"].module
    told: list[int] = []
    batch = simulate_batch(
        BUILD, _runs(tmp_path / "batch", (7, 8, 2**70 + 9)), module, scenarios, told=lambda outcome: told.append(outcome.run.seed)
    )
    assert told == [7, 8, 2**70 + 9] == [outcome.run.seed for outcome in batch]
    lefts = []
    for outcome, run in zip(batch, _runs(tmp_path / "alone", told), strict=True):
        alone = simulate(BUILD, run, module, scenarios)
        assert (outcome.failure, outcome.detail) == (alone.failure, alone.detail) == (Failure.NONE, "")
        left = _left(outcome.run)
        assert left == _left(run)
        assert outcome.took.keys() == alone.took.keys() == set(scenarios)
        lefts.append(left)
    assert lefts[0][TRANSACTIONS] != lefts[1][TRANSACTIONS] != lefts[2][TRANSACTIONS]


@pytest.fixture
def ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ends:
    """`ends(code)`: the outcomes of seeds 11 to 14, where that of seed 12 runs `code` in its first scenario."""

    def start(end: str) -> list[Outcome]:
        (tmp_path / "ends_by_seed.py").write_text(MODULE.format(end=end))
        monkeypatch.syspath_prepend(str(tmp_path))
        runs = _runs(tmp_path, (11, 12, 13, 14), hang_seconds=2.0)
        return simulate_batch(BUILD, runs, "ends_by_seed", ("First", "Second"))

    return start


def _verdicts(outcomes: Sequence[Outcome]) -> list[Failure]:
    return [outcome.failure for outcome in outcomes]


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize(
    ("end", "failure", "said"),
    [
        ("os._exit(3)", Failure.NO_RESULT, "vvp ended with status 3"),
        ("os.kill(os.getpid(), 11)", Failure.NO_RESULT, "was ended by SIGSEGV"),
        ("while True: pass", Failure.HANG, "exit status 87"),
    ],
)
def test_what_ends_the_simulator_is_of_the_current_run(ends: Ends, end: str, failure: Failure, said: str) -> None:
    """Those before it keep their results; those after it say that they were not run, and which seed was to blame."""
    outcomes = ends(end)
    assert _verdicts(outcomes) == [Failure.NONE, failure, Failure.NOT_RUN, Failure.NOT_RUN]
    assert said in outcomes[1].detail
    assert [len(outcome.scenarios) for outcome in outcomes] == [2, int(failure is Failure.HANG), 0, 0]
    assert "seed 12" in outcomes[3].detail
    files = [Path(outcome.run.folder) / "results.xml" for outcome in outcomes]
    assert [file.read_text().count("<error") for file in files] == [0, 2 - len(outcomes[1].scenarios), 2, 2]


@pytest.mark.simulator("icarus")
def test_a_failure_is_of_its_run_alone(ends: Ends) -> None:
    """The runs after it go on; and each has a log of its own."""
    outcomes = ends("raise ValueError('of seed 12')")
    assert _verdicts(outcomes) == [Failure.NONE, Failure.MISMATCH, Failure.NONE, Failure.NONE]
    assert [scenario["ok"] for scenario in outcomes[1].scenarios] == [False, True]
    for outcome in outcomes:
        log = (Path(outcome.run.folder) / "log.txt").read_text()
        assert log.count("speaks") == 1
        assert f"seed {outcome.run.seed} speaks" in log


@pytest.mark.simulator("icarus")
def test_an_exception_of_the_host_leaves_nothing_unsaid(tmp_path: Path) -> None:
    """Every run is told, and has a JUnit file, whatever ends the host."""
    told: list[Outcome] = []

    def began(run: RunConfig) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_batch(BUILD, _runs(tmp_path, (1, 2)), PATHS["sgi"].module, ["EverySgi"], began=began, told=told.append)
    assert _verdicts(told) == [Failure.ENDED, Failure.NOT_RUN]
    assert [outcome.run.seed for outcome in told] == [1, 2]


def test_no_logger_outlives_its_scenario() -> None:
    """Each component of pyuvm's has one of a name of its own, and making one looks at all that there are."""
    name = "uvm.uvm_test_top.env.1234"
    logging.getLogger(name)
    process = Process()
    process._tidied = process._runs  # the garbage of this process is not its business
    process.tidy()
    assert name not in logging.root.manager.loggerDict


def test_runs_that_differ_in_more_are_refused(tmp_path: Path) -> None:
    """They would get what the first was told."""
    one, other = _runs(tmp_path, (1, 2))
    with pytest.raises(CheckError, match="seed and folder only"):
        simulate_batch(BUILD, [one, replace(other, fault=3)], "module", ["EverySgi"])
    with pytest.raises(CheckError, match="one folder"):
        simulate_batch(BUILD, [one, replace(other, folder=one.folder)], "module", ["EverySgi"])
    assert simulate_batch(BUILD, [], "module", ["EverySgi"]) == []


def test_icarus_tells_no_coverage(tmp_path: Path) -> None:
    """It is said before anything is built."""
    with pytest.raises(CheckError, match="icarus does not tell"):
        simulate_batch(Build("icarus", DEVICE, coverage=True), _runs(tmp_path, (1,)), "module", ["EverySgi"])
