"""The time of a run as a whole: latencies of two platforms compared, and aims that say what they miss."""

from __future__ import annotations

import io
import math
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from irqpath.core.errors import CheckError
from irqpath.core.link import Link
from irqpath.core.links.families import numbered
from irqpath.core.links.ports import RECORD
from irqpath.sim.platform import Platform
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.dut.recorder import accepts_of
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.env.scoreboards.journeys import Latency
from irqpath_testbench.env.whole import after
from irqpath_testbench.env.whole.aims import KINDS, Aims, aims, aims_of, enforced, missed, missed_by_random
from irqpath_testbench.env.whole.compare import compare, pairs_of, pooled
from irqpath_testbench.env.whole.machine import Seen, run_on_models
from irqpath_testbench.env.whole.statistics import Difference, as_pairs, from_pairs, kolmogorov, percentile
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.wired import every_spi
from irqpath_testbench.tools.sim.outcome import Outcome
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.timing import print_timing, timing_case, timing_failures

SYS = Link("gicc0.sys")


def a(intid: int = 1, pe: int = 0, line: int = 15, acknowledge: int = 18, path: str = "sgi") -> Latency:
    """A journey."""
    return Latency(path, pe, intid, 100, line, acknowledge)


def seen(*journeys: Latency, ended: int = 1000, accepts: list[int] | None = None) -> Seen:
    """What one platform did."""
    return Seen(0, ended, list(journeys), {SYS: accepts or [5, 9]})


# --- statistics -------------------------------------------------------------------------------------------------------------


def test_a_percentile_is_a_latency_that_was_seen() -> None:
    values = Counter({10: 98, 20: 1, 500: 1})
    assert [percentile(values, p) for p in (0, 50, 98, 99, 99.1, 100)] == [10, 10, 10, 20, 500, 500]
    with pytest.raises(ValueError, match="no latencies"):
        percentile(Counter(), 50)


def test_the_distance_of_distributions() -> None:
    """As it is defined: the greatest difference of the shares of latencies up to any value."""
    rng = random.Random(3)
    for _ in range(50):
        one, other = ([rng.randrange(20) for _ in range(rng.randrange(1, 40))] for _ in range(2))
        shares = [[sum(v <= at for v in side) / len(side) for at in range(20)] for side in (one, other)]
        brute = max(abs(x - y) for x, y in zip(*shares, strict=True))
        assert math.isclose(kolmogorov(Counter(one), Counter(other)), brute, abs_tol=1e-12)
    assert kolmogorov(Counter({3: 2}), Counter({4: 9})) == 1.0
    assert kolmogorov(Counter(), Counter({4: 9})) == 0.0


def test_histograms_go_into_files_and_come_back() -> None:
    values = Counter({900: 1, 15: 1200, 16: 3})
    assert as_pairs(values) == [[15, 1200], [16, 3], [900, 1]]
    assert from_pairs(as_pairs(values)) == values
    assert Difference(0, 0).percent == 0 and Difference(0, 2).percent == 100 and Difference(50, 49).percent == -2


# --- comparison -------------------------------------------------------------------------------------------------------------


def test_the_nth_journey_of_an_intid_at_a_pe_is_paired_with_the_nth() -> None:
    pairs, unpaired = pairs_of([a(1), a(2), a(1, acknowledge=30), a(1, pe=1)], [a(1, acknowledge=31), a(1), a(2)])
    assert [(p.number, p.verilog.intid, p.verilog.acknowledge, p.model.acknowledge) for p in pairs] == [
        (1, 1, 18, 31),
        (2, 1, 30, 18),
        (1, 2, 18, 18),
    ]
    assert unpaired == 1


def test_what_agrees() -> None:
    whole = compare(seen(a(), a(2)), seen(a(), a(2)))
    assert whole["cycles"] == {"verilog": 1000, "model": 1000, "difference": 0, "percent": 0.0}
    assert (whole["journeys"], whole["unpaired"]) == (2, 0)
    assert whole["line"]["to_the_cycle"] == whole["line"]["compared"] == 2 and "worst" not in whole["line"]
    assert whole["transactions"] == {"compared": 2, "in_cycle": 2}
    assert missed("EverySgi", whole, aims()) == []


def test_what_differs_is_named() -> None:
    """The worst journey of each hop, the greatest difference by cause, and the first transaction in another cycle."""
    whole = compare(
        seen(a(), a(40, 2, path="spi"), a(3, line=-1), accepts=[5, 9, 12]),
        seen(a(line=16), a(40, 2, 9, 20, "spi"), a(3), ended=900, accepts=[5, 8]),
    )
    assert whole["cycles"]["difference"] == -100 and whole["cycles"]["percent"] == -10.0
    line = whole["line"]
    assert (line["compared"], line["to_the_cycle"], line["journey_max_abs"], line["mean_abs"]) == (2, 0, 6, 3.5)
    assert line["by_cause"] == {"sgi": 1, "spi": 6}
    worst = {"cause": "spi", "pe": 2, "intid": 40, "journey": 1, "offer": 100, "verilog": 15, "model": 9}
    assert line["worst"] == worst
    assert whole["acknowledge"]["journey_max_abs"] == 2
    assert whole["transactions"]["first"] == {"link": "gicc0.sys", "transaction": 2, "verilog": 9, "model": 8}
    assert [miss.what for miss in missed("EverySgi", whole, aims())] == [
        "cause to line: 2 journeys differ, most spi 40 at PE 2, journey 1: 15 cycles in Verilog, 9 on the models",
        "to acknowledge: 1 journeys differ, most spi 40 at PE 2, journey 1: 18 cycles in Verilog, 20 on the models",
        "2 transactions are in another cycle, first transaction 2 of gicc0.sys: cycle 9 in Verilog, cycle 8 on the models",
    ]


def test_a_run_without_journeys_can_be_compared() -> None:
    whole = compare(seen(), seen())
    assert whole["line"]["median"] is None and whole["line"]["kolmogorov"] == 0
    assert missed("Accesses", whole, aims()) == []


def test_comparisons_pool() -> None:
    """Histograms add up, so that a percentile is of all journeys."""
    one, other = compare(seen(a(), a(2)), seen(a(), a(2))), compare(seen(a(line=99)), seen(a(line=98), a(5)))
    both = pooled([one, other])
    assert (both["journeys"], both["unpaired"], both["cycles"]["verilog"]) == (3, 1, 2000)
    assert both["line"]["verilog"] == [[15, 2], [99, 1]] and both["line"]["p99"]["difference"] == -1
    assert both["line"]["by_cause"] == {"sgi": 1}
    assert pooled([])["journeys"] == 0


# --- aims -------------------------------------------------------------------------------------------------------------------


def all_enforced(**changes: Any) -> Aims:
    """This project's aims, each enforced on path sgi."""
    return replace(aims(), enforced={"sgi": frozenset(KINDS)}, **changes)


def test_the_aims_name_paths_and_scenarios_that_there_are() -> None:
    scenarios = {name for path in PATHS.values() for name in path.scenarios}
    assert set(aims().enforced) == set(PATHS)
    assert aims().exact | aims().random <= scenarios
    assert {name for name in scenarios if name.startswith("Random")} <= aims().random


def test_an_aim_that_nobody_knows() -> None:
    text = (Path(after.__file__).parent / "aims.toml").read_text()
    with pytest.raises(ValueError, match="path sgi enforces exakt; there are unpaired"):
        aims_of(re.sub(r"^sgi = .*", 'sgi = ["exakt"]', text, flags=re.MULTILINE))


def test_only_what_is_enforced_fails() -> None:
    misses = missed("EverySgi", compare(seen(a()), seen(a(line=14))), aims())
    assert [miss.kind for miss in misses] == ["directed"]
    assert enforced("sgi", misses, all_enforced()) == [misses[0].what]
    assert enforced("spi", misses, all_enforced()) == []
    assert enforced("sgi", misses, replace(aims(), enforced={"sgi": frozenset(["exact"])})) == []


def test_unpaired_journeys_are_an_aim_of_every_scenario() -> None:
    ours, theirs = [a(n) for n in range(200)], [a(n) for n in range(197)]
    (miss,) = missed("RandomTraffic", compare(seen(*ours), seen(*theirs)), aims())
    assert (miss.kind, miss.what) == ("unpaired", "3 of 200 journeys are on one side only")
    assert missed("RandomTraffic", compare(seen(*ours), seen(*ours[:198])), aims()) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda n: n, ()),
        (lambda n: n + 2, ("cause to line, median: 39 cycles in Verilog, 41 on the models",)),
        (lambda n: n if n < 75 else 2 * n, ("cause to line, p99: 79 cycles", "cause to line: Kolmogorov distance 0.0625")),
        (lambda n: n + (n == 40) * 20, ()),
    ],
)
def test_random_scenarios_are_judged_together(change: Callable[[int], int], says: tuple[str, ...]) -> None:
    """From so many journeys on."""
    ours = [a(line=n % 80, acknowledge=200) for n in range(12_000)]
    theirs = [a(line=change(n % 80), acknowledge=200) for n in range(12_000)]
    whole = compare(seen(*ours), seen(*theirs))
    told = [miss.what for miss in missed_by_random(whole, aims())]
    assert all(any(found.startswith(text) for found in told) for text in says) and bool(told) == bool(says)
    assert missed_by_random(compare(seen(*ours[:9000]), seen(*theirs[:9000])), aims()) == []


def test_the_length_of_a_run_is_an_aim() -> None:
    ours = [a() for _ in range(10_000)]
    (miss,) = missed_by_random(compare(seen(*ours, ended=10_000), seen(*ours, ended=10_101)), aims())
    assert miss.what == "length of the run: 10,000 cycles in Verilog, 10,101 on the models"


# --- a run ------------------------------------------------------------------------------------------------------------------


def outcome(monkeypatch: pytest.MonkeyPatch, whole: dict[str, Any], *, failures: list[str] | None = None) -> Outcome:
    """Of a run of path sgi, which enforces everything."""
    for place in ("irqpath_testbench.tools.sim.timing", "irqpath_testbench.env.whole.after"):
        monkeypatch.setattr(f"{place}.aims", all_enforced)
    result = {"scenario": "RandomTraffic", "failures": failures or [], "timing": {"whole": whole | {"missed": []}}}
    return Outcome(RunConfig("sgi", ""), scenarios=[result], module=PATHS["sgi"].module)


def told(*outcomes: Outcome) -> str:
    """What is printed."""
    out = io.StringIO()
    print_timing(Console(file=out, width=140), outcomes)
    return out.getvalue()


def test_a_random_scenario_that_misses_fails_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the verdict and in the JUnit file."""
    ours, theirs = ([a(line=line) for _ in range(10_000)] for line in (15, 20))
    bad = outcome(monkeypatch, compare(seen(*ours), seen(*theirs)))
    assert timing_failures(bad)[0] == "cause to line, median: 15 cycles in Verilog, 20 on the models"
    case = timing_case(bad)
    assert case is not None and (case.kind, case.why) == ("timing", timing_failures(bad)[0])
    good = outcome(monkeypatch, compare(seen(*ours), seen(*ours)))
    case = timing_case(good)
    assert not timing_failures(good) and case is not None and not case.kind
    assert "RandomTraffic" in told(bad) and "15 +5" in told(bad) and "not enforced" not in told(bad)


def test_models_that_do_not_run_a_scenario_cost_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    text = told(outcome(monkeypatch, {"failed": "the models did not run it: CheckError: [no]"}))
    assert text == "sgi RandomTraffic: no time to compare: the models did not run it: CheckError: [no]\n"


# --- the models' side -------------------------------------------------------------------------------------------------------

DEVICE = DutParameters(pes=2, spis=32, its=False, lpi_slots=8)


def test_the_same_software_begins_in_the_same_cycle() -> None:
    """And its time is counted to its own end, not to that of what it leaves under way."""

    async def software(platform: Platform) -> None:
        assert platform.now == 37
        await every_spi(platform, Randoms("1:EverySpi"))

    found = run_on_models(DEVICE.dut(), software, 37, 100_000)
    assert found.began == 37 < found.ended
    assert len(found.journeys) == 32 * 2 and {j.path for j in found.journeys} == {"spi"}
    assert all(0 < j.line < j.acknowledge for j in found.journeys)
    assert found.accepts[SYS] == sorted(found.accepts[SYS]) and found.accepts[SYS][0] >= 37


def test_software_without_an_end(tmp_path: Path) -> None:
    """Ends all the same, and the run goes on."""

    async def waits(platform: Platform) -> None:
        await platform.pes[0].wait_interrupt()

    async def spins(platform: Platform) -> None:
        while True:
            await platform.spend(1000)

    for software, says in ((waits, "nothing is scheduled any more"), (spins, "100000 cycles have passed")):
        with pytest.raises(CheckError, match=says):
            run_on_models(DEVICE.dut(), software, 0, 100_000)
        run = RunConfig("", str(tmp_path), device=DEVICE, longest=100_000)  # of no path, which enforces nothing
        found = after.whole_of(run, "EverySgi", after.Verilog(), software)
        assert found.plain["failed"].startswith("the models did not run it: CheckError: cycle ") and not found.failures


def test_a_path_that_enforces_aims_must_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def raises(_: Platform) -> None:
        raise CheckError("no\nand more of it")

    monkeypatch.setattr(after, "aims", all_enforced)
    found = after.whole_of(RunConfig("sgi", str(tmp_path), device=DEVICE), "EverySgi", after.Verilog(), raises)
    assert found.failures == ["timing.whole: the models did not run it: CheckError: no"]


def test_cycles_of_acceptance_are_read_without_decoding(tmp_path: Path) -> None:
    """Of a part of a file, in order, up to a cycle; breaches are none."""
    number = next(n for n, (link, _) in numbered(1).items() if link == SYS)
    rows = [(number, 0, 1), (number, 0, 9), (number, 0, 7), (number, 1, 8), (number, 0, 30), (0xFFF0, 0, 8)]
    values = [{"payload": 0, "accept": at, "offer": at, "code": code, "link": link} for link, code, at in rows]
    words = [sum(row[field.name] << field.lsb for field in RECORD.layout) for row in values]
    (tmp_path / "records.bin").write_bytes(b"".join(word.to_bytes(RECORD.bits // 8, "little") for word in words))
    assert accepts_of(tmp_path / "records.bin", 1, 1, 5, 20) == {SYS: [7, 9]}
    assert accepts_of(tmp_path / "records.bin", 1, 0, 0, 20) == {}


@pytest.mark.simulator("icarus")
def test_a_run_is_compared(run: Callable[..., Outcome]) -> None:
    """On by default, and a switch leaves it out."""
    device = DutParameters(pes=1, spis=32, its=False)
    done = run(PATHS["ppi"].module, "EveryPpi", simulator="icarus", device=device, path="ppi")
    assert done.ok, done.detail
    whole = done.scenarios[0]["timing"]["whole"]
    assert whole["journeys"] == 32 and whole["line"]["compared"] == 32
    assert whole["cycles"]["verilog"] > 0 and whole["transactions"]["compared"] > 100
    done = run(PATHS["ppi"].module, "EveryPpi", simulator="icarus", device=device, path="ppi", timing=False)
    assert done.ok and "timing" not in done.scenarios[0]


@pytest.mark.simulator("icarus")
def test_random_traffic_is_exact_in_icarus_too(run: Callable[..., Outcome]) -> None:
    """Software that wakes in one cycle goes on in the order of the models: who has waited longest first."""
    device = DutParameters(pes=2, spis=32)
    done = run(PATHS["spi"].module, "RandomSpis", simulator="icarus", device=device, path="spi", seed=3, interrupts=150)
    assert done.ok, done.detail
    transactions = done.scenarios[0]["timing"]["whole"]["transactions"]
    assert transactions["compared"] == transactions["in_cycle"] > 2000
