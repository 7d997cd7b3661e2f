"""The time of random scenarios of many runs as one: what one run has too few journeys to tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from irqpath.core.errors import CheckError
from irqpath_testbench.env.scoreboards.journeys import Latency
from irqpath_testbench.env.whole.compare import compare
from irqpath_testbench.env.whole.machine import Seen
from irqpath_testbench.tools.sim.pooled import judge

_RUNS, _JOURNEYS = 5, 2000


def _result(folder: Path, seed: int, late: int, scenario: str = "RandomSpis", path: str = "spi") -> Path:
    """Of a run whose journeys take `late` cycles more on the models."""

    def seen(more: int) -> Seen:
        journeys = [Latency(path, 0, 32 + n % 64, 100 * n, 14 + n % 50 + more, 20 + n % 50 + more) for n in range(_JOURNEYS)]
        return Seen(0, 100 * _JOURNEYS, journeys)

    file = folder / f"seed{seed}" / f"result-{scenario}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    plain = {"path": path, "scenario": scenario, "timing": {"whole": compare(seen(0), seen(late))}}
    file.write_text(json.dumps(plain))
    return file


@pytest.mark.parametrize(("late", "path", "says"), [(0, "spi", ""), (3, "spi", "cause to line, median"), (3, "nobody's", "")])
def test_aims_that_need_many_journeys(late: int, path: str, says: str, tmp_path: Path) -> None:
    """Each run has a fifth of them; a folder that comes twice counts once; what no path enforces is shown, and fails nothing."""
    console = Console(width=200, record=True, quiet=True)
    for seed in range(_RUNS):
        _result(tmp_path, seed, late, path=path)
    assert judge(console, [tmp_path / f"seed{seed}" for seed in range(_RUNS - 1)]) == []
    missed = judge(console, [tmp_path, tmp_path / "seed0"])
    assert any(says in what for what in missed) == bool(says) and bool(missed) == bool(says)


def test_directed_scenarios_are_no_part_of_it(tmp_path: Path) -> None:
    for seed in range(_RUNS):
        _result(tmp_path, seed, 3, "EverySpi")
    assert judge(Console(quiet=True), [tmp_path]) == []


def test_a_result_that_is_none(tmp_path: Path) -> None:
    _result(tmp_path, 1, 0).write_text('{"path": "spi"}')
    with pytest.raises(CheckError, match=r"result-RandomSpis.json is no result of a scenario"):
        judge(Console(quiet=True), [tmp_path])
