"""Devices that are not this project's: each is checked by the same agents and scoreboards, and a fault in each is caught."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from irqpath.cli.console import console as make_console
from irqpath_testbench import cli
from irqpath_testbench.dut.comparison import DIPPED
from irqpath_testbench.dut.description import Dut
from irqpath_testbench.env.plan import plan
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.sim.artefacts import COMMAND
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.outcome import Outcome
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.report import print_coverage
from irqpath_testbench.tools.sim.results import results_of
from irqpath_testbench.tools.sim.simulate import simulate
from unit.toys import devices
from unit.toys.devices import ACKNOWLEDGEMENTS, APB_GIC, PAIR

PRIVATE = ("unit.toys.scenarios", "PrivateInterrupts")
PPIS = ("irqpath_testbench.tests.test_ppi", "EveryPpi", "PpiLevels", "RandomPpis")
SPIS = ("irqpath_testbench.tests.test_spi", "EverySpi", "RandomSpis")
Run = Callable[..., Outcome]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run(dut, name, (module, *scenarios), simulator, fault, n)`; `n`: random interrupts."""

    def start(dut: Dut, where: str, what: tuple[str, ...], simulator: str = "icarus", fault: int = 0, n: int = 60) -> Outcome:
        config = RunConfig("ppi", str(tmp_path / "run"), 5, n, simulator=simulator, described=where, bound=3000, fault=fault)
        return simulate(Build(simulator, described=dut), config, what[0], what[1:])

    return start


def _pair(run: Run, **options: object) -> Outcome:
    return run(PAIR, "unit.toys.devices:PAIR", PRIVATE, **options)


def _loose(run: Run, name: str, **options: object) -> Outcome:
    return run(getattr(devices, name), f"unit.toys.devices:{name}", PRIVATE, **options)


def _small(run: Run, name: str, what: tuple[str, ...], **options: object) -> Outcome:
    return run(getattr(devices, name), f"unit.toys.devices:{name}", what, **options)


@pytest.mark.simulator("icarus")
@pytest.mark.simulator("verilator")
@pytest.mark.parametrize("simulator", ["icarus", "verilator"])
def test_a_redistributor_and_a_cpu_interface_alone(simulator: str, run: Run) -> None:
    """Compared on all their links, and no others; every journey closes."""
    outcome = _pair(run, simulator=simulator)
    assert outcome.ok, outcome.scenarios[0]["listed"][:3]
    (result,) = outcome.scenarios
    assert set(result["compared"]) == {"reg", "sysreg", "stream", "dist", "irq"}
    assert result["journeys"]["closed"] >= 90


@pytest.mark.simulator("icarus")
def test_what_a_device_lacks_is_said_and_not_asked_for(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """The pair has no SPIs: their journeys are not followed, which the report says; and the plan of its coverage, all of which is
    reached, has nothing of them."""
    outcome = run(PAIR, "unit.toys.devices:PAIR", ("unit.toys.scenarios", "RandomPrivate"))
    assert outcome.ok, outcome.scenarios[0]["failures"]
    assert outcome.scenarios[0]["unfollowed"] == {"SPI": ["gicd.reg", "gicd.spi"]}
    assert not results_of(outcome).uncovered("ppi (unit.toys.devices:PAIR)")
    assert print_coverage(make_console(), plan("ppi", PAIR), outcome, whole=False) == 0
    told = capsys.readouterr().out
    assert "ppi: journeys of SPIs are not followed, for the device has no gicd.reg, gicd.spi" in told
    assert "back-pressure 3/3" in told


def test_the_plan_of_a_device() -> None:
    """It has no bins of links that are not there, whatever path is asked for; of a path that is not there it has none at all."""
    paths = {path: plan(path, PAIR) for path in PATHS}
    assert [path for path, groups in paths.items() if groups] == ["ppi"]
    assert {group.name for group in paths["ppi"]}.isdisjoint({"dist", "crossing on dist", "SPI", "SPI changed", "command"})
    (waits,) = (group.bins for group in paths["ppi"] if group.name == "back-pressure")
    assert waits == ("reg", "sysreg", "stream")
    assert [path for path in PATHS if plan(path, APB_GIC)] == ["sgi", "ppi", "spi"]
    assert all(plan(name, path.device.dut()) for name, path in PATHS.items() if name != "linux")


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize(("fault", "link"), [(1, "gicc0.irq"), (3, "gicr0.rsp")])
def test_a_fault_in_the_pair_is_caught(fault: int, link: str, run: Run) -> None:
    """By the scoreboard of the block, on the link where it is."""
    outcome = _pair(run, fault=fault)
    assert not outcome.ok
    assert outcome.scenarios[0]["listed"][0]["link"] == link


@pytest.mark.simulator("icarus")
def test_freedoms_that_a_device_takes(run: Run) -> None:
    """It swaps acknowledgements, and a line dips: in its windows all is well, and each use is counted by rule."""
    (result,) = _loose(run, "LOOSE").scenarios
    assert result["ok"], result["listed"][:3]
    assert result["used"]["gicr0"][ACKNOWLEDGEMENTS.name] > 20
    assert result["used"]["gicc0"][DIPPED] > 20


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize(
    ("name", "fault", "link", "check"),
    [
        ("STRICT", 0, "stream0.down", "differs"),
        ("LOOSE", 5, "gicc0.irq", "line not settled"),
        ("LOOSE", 6, "stream0.down", "out of order"),
    ],
)
def test_one_step_beyond_the_freedoms(name: str, fault: int, link: str, check: str, run: Run) -> None:
    """The same device without windows; a dip that is too long; a message that nothing lets pass."""
    (result,) = _loose(run, name, fault=fault).scenarios
    assert not result["ok"]
    assert (link, check) in [(mismatch["link"], mismatch["check"]) for mismatch in result["listed"]]


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize("what", [PPIS, SPIS], ids=["ppi", "spi"])
@pytest.mark.parametrize("name", ["APB_GIC", "AXI_LITE_GIC", "WIDE_GIC"])
def test_register_ports_on_other_buses(name: str, what: tuple[str, ...], run: Run) -> None:
    """The scenarios of this project's own device, on another bus."""
    outcome = _small(run, name, what)
    assert outcome.ok, [s["failures"] for s in outcome.scenarios]
    assert all(s["compared"]["reg"] > 100 and s["journeys"]["closed"] for s in outcome.scenarios)


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize("name", ["APB_GIC", "AXI_LITE_GIC", "WIDE_GIC"])
def test_a_fault_in_a_port_is_caught(name: str, run: Run) -> None:
    """A write of a byte goes astray: interrupts have not the priorities that software wrote on the bus."""
    outcome = _small(run, name, PPIS[:2], fault=4)
    assert not outcome.ok
    first = outcome.scenarios[0]["listed"][0]
    assert (first["link"], first["differs"]) == ("stream0.down", "in priority: 64; 128")


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize(("fault", "link", "check"), [(7, "gicr0.rsp", "differs"), (8, "gicr0.rsp", "protocol")])
def test_a_fault_in_an_axi_lite_port_is_caught(fault: int, link: str, check: str, run: Run) -> None:
    """The wrong half of what was read; VALID that does not wait for READY."""
    outcome = _small(run, "AXI_LITE_GIC", (PPIS[0], PPIS[3]), fault=fault, n=200)
    assert not outcome.ok
    assert (link, check) in [(mismatch["link"], mismatch["check"]) for mismatch in outcome.scenarios[0]["listed"]]


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize("bug", [False, True])
def test_from_the_command_line(
    bug: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A description in the folder where one stands; the command that repeats it names the description, as the results do."""
    name = f"mine_{bug}".lower()
    change = 'replace(GIC, name="wrong", config=replace(GIC.config, priority_bits=4))' if bug else "GIC"
    text = f"from dataclasses import replace\nfrom unit.toys.devices import AXI_LITE_GIC as GIC\nMINE = {change}\n"
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    options = f"--described {name}:MINE --sim icarus --seed 1 -n 20 --scenarios EveryPpi,EverySpi --out {tmp_path / 'runs'}"
    assert cli.main(["sim", *options.split()]) == int(bug)
    told = capsys.readouterr().out
    assert f"paths ppi, spi; device {name}:MINE" in told
    assert ("NOT everything agrees" if bug else ": everything agrees") in told
    for record in (tmp_path / "runs").glob("*/record.json"):
        assert f"({name}:MINE)" in record.read_text()
    (command, _) = sorted((tmp_path / "runs").glob(f"*/{COMMAND}"))
    assert f"--described {name}:MINE" in command.read_text() and "--pes" not in command.read_text()
