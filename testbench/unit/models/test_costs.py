"""Times of machines under KVM: the data, the two ways to predict, what leaving one machine out says, and `irqpath evolution`."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irqpath.core.errors import ConfigError
from irqpath.software.costs import data, prediction
from irqpath.software.costs.composition import compose
from irqpath.software.costs.data import INPUTS, PREDICTED, Composition, Machine, Run, parse_hops, parse_machines
from irqpath.software.costs.prediction import MACHINES, WIDEST, known, predict
from irqpath.software.costs.ratios import Ratio, best_ratio, left_out, typical
from irqpath_testbench import cli

S2500 = {"hvc": 1536, "mmio_user": 7214, "mmio_vgic": 2150, "eoi": 45, "ipi": 4979}


def _machine(name: str, **times: float) -> Machine:
    return Machine(name, True, (Run("", "ns", "nowhere", times),))


# --- data ---------------------------------------------------------------------------------------------------------------


def test_every_time_has_a_source_and_every_clock_says_what_it_rests_on() -> None:
    machines = data.machines()
    assert len(data.calibrating()) == 5 and len(machines) == 7
    for machine in machines:
        assert all(run.source and run.times for run in machine.runs)
        assert all(clock is None or (clock.mhz > 0 and clock.source) for clock in (machine.cpu, machine.gic))
    assert {run.unit for machine in data.calibrating() for run in machine.runs} == {"ns"}


def test_known_machines_are_as_they_were_posted() -> None:
    """What KVM's list says of the three machines with all rows."""
    posted = {run.times["ipi"]: run.times["lpi"] for m in data.calibrating() for run in m.runs if "ipi" in run.times}
    assert posted == {1926: 2179, 1777: 2083, 1697: 2168, 1618: 2162, 4979: 5481, 4936: 5427}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("machine = [", "published times"),
        ('[[machine]]\nname = "a"\ncalibrates = true', "it needs times"),
        ('[[machine]]\nname = "a"\nspeed = 1\nrun = [{name="r", unit="ns", source="s", times={hvc=1}}]', "its fields are"),
        ('[[machine]]\nname = "a"\ncalibrates = true\nrun = [{name="r", unit="ms", source="s", times={hvc=1}}]', "units are"),
        ('[[machine]]\nname = "a"\ncalibrates = true\nrun = [{name="r", unit="ns", source="s", times={hvq=1}}]', "rows are"),
        ('[[machine]]\nname = "a"\ncalibrates = true\nrun = [{name="r", unit="ns", source="s", times={hvc=0}}]', "above 0"),
        (
            '[[machine]]\nname = "a"\ncalibrates = true\n'
            'run = [{name="r", unit="ns", source="s", times={hvc=1}, from_memory=["hvc"]}]',
            "none from memory",
        ),
    ],
)
def test_a_wrong_machine_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_machines(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[compose.ipi]\ncounts = {hvq = 1}\nrest = "hvc"\nsays = ""', "rows are"),
        ("[compose.ipi]\ncounts = {hvc = 1}", "its fields are"),
        ('[[unvalidated]]\nname = "a"\nsays = "b"\nknown = ["c"]', "no figure 'c'"),
    ],
)
def test_a_wrong_composition_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_hops(text)


# --- the two ways -------------------------------------------------------------------------------------------------------


def test_a_ratio_is_the_geometric_mean_of_machines_not_of_runs() -> None:
    twice = Machine("a", True, (Run("", "ns", "", {"hvc": 1, "ipi": 2}), Run("", "ns", "", {"hvc": 1, "ipi": 2})))
    predictor = Ratio("ipi", "hvc").fit([twice, _machine("b", hvc=1, ipi=8)])
    assert predictor is not None and predictor({"hvc": 10}) == pytest.approx(40)


def test_leaving_one_out_learns_from_the_others_alone() -> None:
    machines = [_machine("a", hvc=1, ipi=2), _machine("b", hvc=1, ipi=4), _machine("c", hvc=1, eoi=1)]
    errors = left_out(Ratio("ipi", "hvc"), machines)
    assert list(errors) == ["a", "b"]
    assert [*errors["a"], *errors["b"]] == pytest.approx([math.log(2), -math.log(2)])
    assert typical(errors) == pytest.approx(math.log(2))
    assert left_out(Ratio("ipi", "hvc"), machines[:1]) == {}


def test_the_best_ratio_errs_least_and_more_machines_count_first() -> None:
    machines = [
        _machine("a", hvc=1, mmio_user=5, ipi=10, lpi=11),
        _machine("b", hvc=2, mmio_user=9, ipi=21, lpi=23),
        _machine("c", hvc=3, mmio_user=30, lpi=33),
    ]
    best = best_ratio("lpi", ("hvc", "mmio_user", "ipi"), machines)
    assert best is not None and best.reference == "hvc"  # the IPI is nearer, but of two machines only
    best = best_ratio("lpi", ("hvc", "mmio_user", "ipi"), machines[:2])
    assert best is not None and best.reference == "ipi"
    assert best_ratio("lpi", ("eoi",), [_machine("a", eoi=1, lpi=50), _machine("b", eoi=2, lpi=100)]) is None


_IPI = Composition({"hvc": 2}, "mmio_user", "")
#: Machines that are made as the composition says, with 3 mmio_user besides.
_MADE = [_machine(n, hvc=h, mmio_user=u, ipi=2 * h + 3 * u) for n, h, u in (("a", 1, 10), ("b", 5, 11), ("c", 9, 30))]


def test_a_composition_finds_what_machines_were_made_of() -> None:
    composed = compose("ipi", _IPI, ("hvc", "mmio_user"), _MADE)
    assert composed is not None
    assert typical(left_out(composed, _MADE)) == pytest.approx(0, abs=1e-12)
    assert typical(left_out(Ratio("ipi", "hvc"), _MADE)) > 0.3
    predictor = composed.fit(_MADE)
    assert predictor is not None and predictor({"hvc": 100, "mmio_user": 7}) == pytest.approx(221)


def test_a_rest_is_never_below_0() -> None:
    composed = compose("ipi", _IPI, ("hvc", "mmio_user"), [_machine("a", hvc=10, mmio_user=20, ipi=5)])
    assert composed is not None
    predictor = composed.fit([_machine("a", hvc=10, mmio_user=20, ipi=5)])
    assert predictor is not None and predictor({"hvc": 10, "mmio_user": 20}) == pytest.approx(20)


def test_one_exit_alone_composes_nothing() -> None:
    assert compose("ipi", _IPI, ("hvc",), _MADE) is None
    assert compose("ipi", Composition({"hvc": 2, "eoi": 1}, "hvc", ""), ("hvc", "eoi"), data.calibrating()) is None
    assert compose("ipi", Composition({"lpi": 2}, "hvc", ""), ("hvc",), _MADE) is None


@contextmanager
def _only(machines: Sequence[Machine], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Predictions are learned from these machines."""
    prediction._methods.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(prediction, "calibrating", lambda: tuple(machines))
        yield
    prediction._methods.cache_clear()


# --- predictions --------------------------------------------------------------------------------------------------------


def test_a_known_machine_lies_within_its_own_range() -> None:
    found = predict(S2500)
    assert set(found) == {"lpi", "timer"}
    for row, time in (("lpi", 5481), ("timer", 4968)):
        assert found[row].low <= time <= found[row].high


@pytest.mark.parametrize("name", ["Ampere Altra", "Kunpeng 920", "Phytium S2500"])
def test_a_machine_that_was_never_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the three from the two others: its LPI lies within the range."""
    (machine,) = [m for m in data.calibrating() if m.name == name]
    with _only([m for m in data.calibrating() if m is not machine], monkeypatch):
        for run in machine.runs:
            found = predict({row: run.times[row] for row in INPUTS})["lpi"]
            assert found.low <= run.times["lpi"] <= found.high
            assert len(found.taken.errors) == 2 and not found.interval


def test_an_interval_has_five_machines_and_no_range_is_wider_than_40_percent() -> None:
    for count in range(1, len(INPUTS) + 1):
        for rows in itertools.combinations(INPUTS, count):
            if rows == ("eoi",):
                continue
            found = predict({row: S2500[row] for row in rows})
            assert set(found) == set(PREDICTED) - set(rows)
            for one in found.values():
                assert one.time * (1 - WIDEST) <= one.low <= one.time <= one.high <= one.time * (1 + WIDEST)
                assert one.interval <= (len(one.taken.errors) >= MACHINES)
                assert not one.by_composition  # docs/evolution.md says so; other machines may change it
    assert predict({"hvc": 500})["mmio_vgic"].interval
    assert not predict({"hvc": 500})["ipi"].interval


def test_the_composition_is_taken_only_where_it_errs_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """With machines that were made by it; as the real ones are, nowhere (above)."""
    monkeypatch.setattr(prediction, "hops", lambda: data.Hops({"ipi": _IPI}, {}, ()))
    with _only(_MADE, monkeypatch):
        found = predict({"hvc": 100, "mmio_user": 700})["ipi"]
    assert found.by_composition and found.time == pytest.approx(2300)
    assert found.composed is not None and found.composed.error < found.ratio.error


def test_errors_of_known_rows_are_of_the_machine_left_out() -> None:
    """The IPI of Altra from those of Kunpeng and S2500 alone, by mmio_user."""
    rows = {(k.machine.name, k.run.name, k.row): k for k in known()}
    by_hand = 1683 * math.sqrt(math.sqrt(1697 / 2306 * 1618 / 2301) * math.sqrt(4979 / 7214 * 4936 / 7244))
    assert rows["Ampere Altra", "v6.12-rc1", "ipi"].predicted == pytest.approx(by_hand)
    assert len(rows) == 6 * 6 + 2 * 3 + 2 * 4 + 3
    assert {k.machine.calibrates for k in rows.values()} == {True, False}


_TIMES = st.fixed_dictionaries({}, optional={row: st.floats(1, 1e5) for row in INPUTS}).filter(
    lambda times: bool(times.keys() - {"eoi"})
)


def _ordered(times: dict[str, float]) -> dict[str, float]:
    """The same times, so that no part is longer than the whole."""
    order = [row for row in ("eoi", "hvc", "mmio_vgic", "mmio_user", "ipi") if row in times]
    return dict(zip(order, sorted(times.values()), strict=True))


@given(_TIMES, st.floats(0.01, 1000))
@settings(deadline=None, max_examples=50)
def test_a_machine_k_times_as_slow_takes_k_times_as_long(times: dict[str, float], factor: float) -> None:
    times = _ordered(times)
    slower = predict({row: time * factor for row, time in times.items()})
    for row, found in predict(times).items():
        for name in ("time", "low", "high"):
            assert getattr(slower[row], name) == pytest.approx(getattr(found, name) * factor)


@given(_TIMES, st.sampled_from(INPUTS), st.floats(1, 10))
@settings(deadline=None, max_examples=50)
def test_a_longer_input_never_shortens_a_prediction(times: dict[str, float], row: str, factor: float) -> None:
    times = _ordered(times)
    if row not in times:
        return
    longer = {**times, row: times[row] * factor}
    if longer != _ordered(longer):
        return
    after = predict(longer)
    for name, found in predict(times).items():
        assert after[name].time >= found.time * (1 - 1e-12)


# --- the command --------------------------------------------------------------------------------------------------------


def _run(*words: str) -> int:
    return cli.main(["evolution", "predict", *words])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing is known of the machine"),
        (["--eoi", "10"], "eoi alone predicts nothing"),
        (["--hvc", "0"], "hvc of 0 ns is no time"),
        (["--hvc", "-5"], "hvc of -5 ns is no time"),
        (["--hvc", "nan"], "hvc of nan ns is no time"),
        (["--hvc", "inf"], "hvc of inf ns is no time"),
        (["--hvc", "2e9"], "hvc of 2e+09 ns is no time"),
        (["--hvc", "fast"], "'fast' is no number of nanoseconds"),
        (["--hvc", "500", "--mmio-user", "400"], "hvc of 500 ns is longer than mmio_user of 400 ns"),
        (["--mmio-vgic", "500", "--mmio-user", "400"], "mmio_vgic of 500 ns is longer"),
        (["--hvc", "500", "--ipi", "400"], "hvc of 500 ns is longer than ipi"),
        (["--eoi", "500", "--hvc", "400"], "eoi of 500 ns is longer than hvc"),
        (["--lpi", "500"], "unrecognized arguments: --lpi"),
    ],
)
def test_impossible_times_are_one_error(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(*words) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and said in err


def test_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(*(f"--{row.replace('_', '-')}={time}" for row, time in S2500.items())) == 0
    out = capsys.readouterr().out
    for words in ("lpi", "timer", "spread", "device_lpi", "doorbell", "vsgi", "Unvalidated", "calibrates", "predicted only"):
        assert words in out
    assert "the composition is not better than the best ratio" in out


def test_the_json(tmp_path: Path) -> None:
    place = tmp_path / "a.json"
    assert _run("--hvc", "1536", "--ipi", "4979", "--json", str(place)) == 0
    found: dict[str, Any] = json.loads(place.read_text())
    assert found["given"] == {"hvc": 1536, "ipi": 4979}
    assert set(found["predicted"]) == {"mmio_vgic", "mmio_user", "lpi", "timer"}
    for entry in found["predicted"].values():
        assert entry["low"] < entry["ns"] < entry["high"]
        assert set(entry) == {"ns", "low", "high", "interval", "capped", "machines", "by", "error", "composition", "ratio"}
        assert entry["by"] in ("composition", "ratio") and entry["error"] == entry[entry["by"]]["error"]
    assert {row: entry["ns"] for row, entry in found["unvalidated"].items()} == {
        "device_lpi": None,
        "doorbell": None,
        "vsgi": None,
    }
    assert all(entry["unvalidated"] for entry in found["unvalidated"].values())
    assert {entry["row"] for entry in found["known"]} == set(PREDICTED)
