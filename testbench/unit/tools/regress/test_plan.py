"""Plans: what they hold, what is refused and how, what a command line changes, and the part that a commit chooses."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from irqpath_testbench.tools.faults.injection import registry
from irqpath_testbench.tools.faults.rtl_faults import FAULTS
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.plan import Asked, PlanError, asked_seeds, load, names, share
from irqpath_testbench.tools.sim.paths import PATHS


def _plan(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_nightly_is_as_large_as_it_must_be() -> None:
    """300 seeds a path in Verilator, 50 in Icarus, 1 to 8 PEs; but of packets, of which each is thousands of cycles."""
    jobs = load("nightly").jobs()
    seeds = Counter((job.path, job.simulator) for job in set(jobs))
    packets = {name for name, path in PATHS.items() if path.packets}
    assert all(seeds[path, "verilator"] >= 12 for path in packets)
    assert all(seeds[path, "verilator"] >= 300 and seeds[path, "icarus"] >= 50 for path in PATHS.keys() - packets)
    for path in PATHS.keys() - packets - {"linux"}:  # on which a recording says how many PEs there are
        for simulator in ("verilator", "icarus"):
            pes = {job.device.pes for job in jobs if (job.path, job.simulator) == (path, simulator)}
            assert pes == set(range(1, 9)), (path, simulator)
    assert not any(job.must_fail for job in jobs)


def test_signoff_has_every_fault_with_ten_seeds() -> None:
    """And all that nightly has."""
    jobs = load("signoff").jobs()
    assert set(load("nightly").jobs()) <= set(jobs)
    seeds = Counter(job.fault or job.model_fault for job in jobs if job.must_fail)
    assert seeds == dict.fromkeys([*(fault.number for fault in FAULTS), *registry("cosim")], 10)


def test_a_job_has_a_name_and_a_line_of_its_own() -> None:
    """Of the largest plan, and each job is there once."""
    jobs = load("signoff").jobs()
    assert len({job.name for job in jobs}) == len({job.command() for job in jobs}) == len(set(jobs)) == len(jobs)
    assert all(Job.from_json(job.to_json()) == job for job in jobs)


def test_smoke_is_small_and_has_every_path() -> None:
    assert [job.path for job in load("smoke").jobs()] == ["sgi", "ppi", "spi", "mbi", "lpi", "lpi-direct", "linux"]
    assert names() == ["smoke", "nightly", "signoff"]


def test_a_plan_of_ones_own(tmp_path: Path) -> None:
    """A product, each job once; devices take turns where they are dealt out; seeds of any size."""
    text = """
        about = "mine"
        [[jobs]]
        paths = ["sgi", "lpi"]
        seeds = [3, 115792089237316195423570985008687907853269984665640564039457584007913129639937]
        devices = [{ pes = 1 }, { pes = 2, spis = 32 }]
        sizes = [10, 20]
        [[jobs]]
        paths = ["sgi"]
        seeds = "3,0x10-18"
        devices = [{ pes = 1 }, { pes = 3 }]
        deal = true
        sizes = [10]
    """
    jobs = load(str(_plan(tmp_path, text))).jobs()
    assert len(jobs) == 2 * 2 * 2 * 2 + 3  # and one that both tables have
    assert {job.seed for job in jobs} == {3, 2**256 + 1, 16, 17, 18}
    assert [(job.seed, job.device.pes) for job in jobs[-3:]] == [(16, 3), (17, 1), (18, 3)]
    assert all(len(job.name) < 100 for job in jobs)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"mine.toml, jobs: a plan needs at least one table"),
        ("job = 1", r"mine.toml, job: a plan has about, include, jobs.*did you mean jobs"),
        ("[[jobs]", r"mine.toml: this is no TOML"),
        ("jobs = 3", r"mine.toml, jobs: a plan needs"),
        ("include = ['nightlt']", r"mine.toml, include: 'nightlt' is no plan.*did you mean nightly"),
        ("[[jobs]]\npaths = ['sgi']", r"\[\[jobs\]\] 1, seeds: missing; write how many"),
        ("[[jobs]]\nseeds = 1", r"\[\[jobs\]\] 1, paths: missing; name some of sgi, "),
        ("[[jobs]]\nseeds = 1\npath = ['sgi']", r"path: no such key \(did you mean paths\?\)"),
        ("[[jobs]]\nseeds = 1\npaths = ['sgj']", r"paths: 'sgj' is no path \(did you mean sgi\?\)"),
        ("[[jobs]]\nseeds = 1\npaths = 'sgi'", r"paths: 'sgi' is no list of names"),
        ("[[jobs]]\nseeds = 0\npaths = ['sgi']", r"seeds: 0 is no number of seeds"),
        ("[[jobs]]\nseeds = true\npaths = ['sgi']", r"seeds: True are no seeds"),
        ("[[jobs]]\nseeds = [-1]\npaths = ['sgi']", r"seeds: \[-1\] are no seeds"),
        ("[[jobs]]\nseeds = '9-3'\npaths = ['sgi']", r"seeds: '9-3' is no range of seeds"),
        ("[[jobs]]\nseeds = 'x'\npaths = ['sgi']", r"seeds: 'x' is no seed"),
        ("[[jobs]]\nseeds = 1\npaths = ['sgi']\ndevices = [{ pe = 2 }]", r"no parameter 'pe' \(did you mean pes\?\)"),
        ("[[jobs]]\nseeds = 1\npaths = ['sgi']\ndevices = [{ pes = 2.5 }]", r"devices: pes = 2.5 is no number"),
        ("[[jobs]]\nseeds = 1\npaths = ['sgi']\ndevices = [{ pes = 99 }]", r"devices: .*1 to 8"),
        ("[[jobs]]\nseeds = 1\npaths = ['lpi']\ndevices = [{ its = false }]", r"devices: path lpi needs its=1"),
        ("[[jobs]]\nseeds = 1\npaths = ['sgi']\nsizes = [0]", r"sizes: \[0\] is no list of numbers from 1"),
        ("[[jobs]]\nseeds = 1\npaths = ['sgi']\nscenarios = ['EverySpi']", r"scenarios: path sgi has none of EverySpi"),
        ("[[jobs]]\nseeds = 1\npaths = ['sgi']\nevents = 5", r"events: of path linux only"),
        ("[[jobs]]\nseeds = 1\npaths = ['linux']\nrecordings = ['v3']", r"recordings: 'v3' is no recording"),
        ("[[jobs]]\nseeds = 1\nfaults = [0]", r"faults: \[0\] are no faults"),
        ("[[jobs]]\nseeds = 1\nfaults = 'all'\nscenarios = ['EverySgi']", r"faults: each has its own"),
        ("[[jobs]]\nseeds = 1\npaths = ['sgi']\nmodel_faults = ['nonsense']", r"model_faults: no fault is called 'nonsense'"),
        ("[[jobs]]\nseeds = 1\npaths = ['sgi']\ndeal = 1", r"deal: 1 is neither true nor false"),
    ],
)
def test_what_is_wrong_in_a_plan_gets_one_clear_error(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=says) as raised:
        load(str(_plan(tmp_path, text))).jobs()
    assert "\n" not in str(raised.value)


def test_no_such_plan(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"no plan is called 'nightl' \(did you mean nightly\?\)"):
        load("nightl")
    with pytest.raises(PlanError, match=r"gone.toml: no plan could be read \(No such file"):
        load(str(tmp_path / "gone.toml"))
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PlanError, match="it is no UTF-8"):
        load(str(tmp_path / "bytes.toml"))


def test_what_the_command_line_changes() -> None:
    """Seeds of all tables, some paths, and what a plan has for a simulator, or all of it on one that it has nothing for."""
    nightly, smoke = load("nightly"), load("smoke")
    some = nightly.jobs(Asked(seeds=(5, 6), paths=("sgi",), simulators=("icarus",)))
    assert [(job.path, job.seed, job.simulator, job.interrupts) for job in some] == [
        ("sgi", 5, "icarus", 100),
        ("sgi", 6, "icarus", 100),
    ]
    assert {job.simulator for job in smoke.jobs(Asked(simulators=("verilator",)))} == {"verilator"}
    both = smoke.jobs(Asked(simulators=("verilator", "icarus")))
    assert len(both) == 2 * len(smoke.jobs())
    with pytest.raises(PlanError, match="plan smoke has no job for what was asked"):
        smoke.jobs(Asked(paths=("nothing",)))


@pytest.mark.parametrize(
    ("text", "found"), [("3", (1, 2, 3)), ("7,", (7,)), ("1,9,1", (1, 9)), ("5-7", (5, 6, 7)), ("0x10,2", (16, 2))]
)
def test_seeds_of_a_command_line(text: str, found: tuple[int, ...]) -> None:
    assert asked_seeds(text) == found


def test_a_share_is_chosen_by_its_key() -> None:
    """The same for the same key; of each path on each simulator; other jobs for other keys, at last all; few builds."""
    jobs = load("nightly").jobs()
    one = share(jobs, 0.1, "a commit")
    assert one == share(jobs, 0.1, "a commit") != share(jobs, 0.1, "another")
    assert 0.1 * len(jobs) <= len(one) < 0.11 * len(jobs)
    assert {(job.path, job.simulator) for job in one} == {(job.path, job.simulator) for job in jobs}
    assert len({(job.simulator, job.device) for job in one}) <= 12
    small = [job for job in jobs if job.path == "sgi" and job.simulator == "icarus" and job.seed <= 24]
    seen = {job for key in range(200) for job in share(small, 0.1, str(key))}
    assert seen == set(small)
    assert share(jobs, 1.0, "any") == jobs
