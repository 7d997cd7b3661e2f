"""`irqpath calibrate`: what it reads, prints and writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from irqpath.core.errors import CheckError, ConfigError
from irqpath.sim.timing.profile import load, named
from irqpath.sim.timing.rows import load as load_rows
from irqpath_testbench.cli import dispatch
from irqpath_testbench.env.local_timing import classes_of, local, rows_path

ROWS = Path(__file__).parents[1] / "models" / "rows"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Folders of two runs, of seeds 1 and 2."""
    for seed in (1, 2):
        folder = tmp_path / f"spi-verilator-seed{seed}"
        folder.mkdir()
        rows = load_rows(ROWS / "spi-OneOfN.npz")
        replace(rows, about={**rows.about, "seed": seed}).save(rows_path(folder, "OneOfN"))
    return tmp_path


def test_a_profile_is_written(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What there is enough of comes from the runs; what changed, what was left and the residuals are told."""
    prior = runs / "prior.toml"
    prior.write_text(named("irqpath").with_("gicd.scan=9", "its.find=8").dumps(), encoding="utf-8")
    out = runs / "mine.toml"
    assert dispatch(["calibrate", str(runs), "--out", str(out), "--from", str(prior), "--name", "mine"]) == 0
    learned = load(out)
    assert learned.name == "mine"
    assert learned.blocks["gicd"].costs["scan"] == named("irqpath").blocks["gicd"].costs["scan"]
    assert learned.blocks["its"].costs["find"] == 8  # no ITS works in that scenario
    assert learned.blocks["gicd"].measured["queues"][1] > 1
    told = capsys.readouterr().out
    assert "gicd.scan: 9 -> 3 cycles" in told
    assert "left as they were" in told
    assert "Residuals by class" in told and "100.00 %" in told
    assert "does not explain" not in told and "aim missed" not in told


def test_what_one_number_does_not_explain_is_named(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With two examples."""
    path = rows_path(runs / "spi-verilator-seed2", "OneOfN")
    rows = load_rows(path)
    late = rows.things["term"] == next(n for n, (kind, term) in enumerate(rows.terms) if (kind, term.name) == ("gicc", "line"))
    offer = rows.things["offer"].copy()
    offer[late.nonzero()[0][::3]] += 1
    replace(rows, things={**rows.things, "offer": offer}).save(path)
    assert dispatch(["calibrate", str(runs)]) == 0
    told = capsys.readouterr().out
    assert "gicc line: one number does not explain it:" in told
    assert told.count("offered in cycle") >= 2
    assert "aim missed: gicc" in told


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    """In one line each."""
    with pytest.raises(CheckError, match="holds no rows of a run"):
        dispatch(["calibrate", str(tmp_path)])
    with pytest.raises(CheckError, match="holds no rows of a run"):
        dispatch(["calibrate", str(tmp_path / "none")])
    with pytest.raises(ConfigError, match="there is no profile other"):
        dispatch(["calibrate", str(tmp_path), "--from", "other"])


def test_a_result_keeps_what_a_path_is_judged_by() -> None:
    """Classes come back from a result's JSON."""
    plain = local(load_rows(ROWS / "spi-OneOfN.npz"))
    found = classes_of(plain)
    assert {c.kind for c in found} == set(plain)
    assert all(c.n == c.exact and not c.misses for c in found)
    assert all(of_kind["exact"] == 1 and of_kind["mean_abs"] == 0 for of_kind in plain.values())
