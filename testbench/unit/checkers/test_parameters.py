"""The Verilog's parameters at their ends and in between, each on the paths that it matters to. Their golden models agree."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pytest

from irqpath.core.errors import ConfigError
from irqpath_testbench.dut.parameters import RANGES, DutParameters
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.sim.build import Build
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.simulate import Outcome, simulate

Simulate = Callable[..., Outcome]


@pytest.fixture
def run(tmp_path: Path) -> Simulate:
    """Scenarios of the path `sgi` in Icarus, which builds in a second."""

    def start(pes: int, priority_bits: int, *scenarios: str) -> Outcome:
        device = DutParameters(pes, priority_bits=priority_bits, spis=32)
        config = RunConfig(
            "sgi",
            str(tmp_path / "run"),
            seed=3,
            interrupts=120,
            device=device,
            simulator="icarus",
            bound=3000,
            watchdog=20_000,
        )
        return simulate(Build("icarus", device), config, PATHS["sgi"].module, scenarios)

    return start


def _passes(outcome: Outcome) -> None:
    assert outcome.ok, (outcome.detail, [s["failures"] for s in outcome.scenarios])
    assert all(sum(s["compared"].values()) > 300 for s in outcome.scenarios)


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize("priority_bits", [4, 8])
def test_priorities(run: Simulate, priority_bits: int) -> None:
    """Every binary point and mask of one PE; 8 bits have 128 levels in four registers."""
    outcome = run(1, priority_bits, "Preemption", "RandomTraffic")
    _passes(outcome)
    assert outcome.scenarios[0]["journeys"]["closed"] > 500


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize("priority_bits", [4, 8])
def test_all_pes(run: Simulate, priority_bits: int) -> None:
    """SGIs between eight PEs."""
    outcome = run(8, priority_bits, "RandomTraffic")
    _passes(outcome)
    reached = {hit for hit in outcome.scenarios[0]["hits"] if hit.startswith("SGI at PE")}
    assert {int(hit[-1]) for hit in reached} == set(range(8))


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize("scenario", ["EverySgi", "Crossings", "Resets"])
def test_a_lone_pe(run: Simulate, scenario: str) -> None:
    """It is its own only target, and everything that another would do to it comes from itself."""
    _passes(run(1, 5, scenario))


@dataclass(frozen=True, slots=True)
class Case:
    """A device, and what runs on it."""

    name: str
    path: str
    device: DutParameters
    scenarios: tuple[str, ...]
    interrupts: int = 120


_NARROW = DutParameters(
    2,
    spis=32,
    intid_bits=14,
    cpu_intid_24=False,
    device_bits=3,
    event_bits=5,
    collection_bits=2,
    common_lpi_aff=3,
    itt_entry_bytes=12,
    lpi_slots=4,
)
_LEAST = replace(_NARROW, device_bits=1, event_bits=1, collection_bits=1)
_WIDE = DutParameters(1, spis=32, device_bits=32, event_bits=32, itt_entry_bytes=16, lpi_slots=64)
_WIDTHS = ("WidthsAtTheTop", "WidthsAnywhere")
_SPI = ("SpiLevels", "OneOfN", "SpiResets", "RandomSpis")
CASES = (
    Case("narrow", "lpi", _NARROW, _WIDTHS),
    Case("least", "lpi", _LEAST, _WIDTHS),
    Case("wide", "lpi", _WIDE, _WIDTHS),
    Case(
        "skips-faulty-commands",
        "lpi",
        DutParameters(2, spis=32, itt_entry_bytes=12, its_stall=False, priority_bits=8, lpi_slots=8),
        ("EveryLpi", "Commands", "Tables", "Spill", "RandomLpis"),
    ),
    Case(
        "lpis-stay-enabled",
        "lpi",
        DutParameters(2, spis=32, ces=False, priority_bits=4, lpi_slots=16, cpu_intid_24=False, intid_bits=16),
        ("EveryLpi", "Commands", "Tables", *_WIDTHS),
    ),
    Case("four-slots", "lpi", DutParameters(2, spis=32, lpi_slots=4, device_bits=20), ("Spill", "RandomLpis")),
    Case("32-spis", "spi", DutParameters(2, spis=32), _SPI),
    Case("960-spis-one-pe", "spi", DutParameters(1, spis=960), ("EverySpi",)),
    Case("960-spis", "spi", DutParameters(2, spis=960), ("RandomSpis",)),
    Case("no-1-of-n", "spi", DutParameters(2, spis=96, message_spis=False, one_of_n=False, priority_bits=8, aff3=True), _SPI),
    Case("960-messages", "mbi", DutParameters(2, spis=960, priority_bits=4), ("RandomMessages",), 200),
    Case("eight-pes", "ppi", DutParameters(8, spis=32, priority_bits=8), ("PpiLevels", "RandomPpis"), 200),
    Case(
        "its-and-direct",
        "lpi-direct",
        DutParameters(2, spis=32, direct_lpi=True, lpi_slots=8),
        ("DirectLpis", "EnablingLpis", "RandomDirectLpis"),
    ),
    Case("aff0-above-15", "sgi", DutParameters(4, spis=32, rss=True, cpu_rss=True), ("EverySgi", "Ranges", "RandomTraffic")),
    Case("ranges-at-gicd-alone", "sgi", DutParameters(2, spis=32, rss=True), ("Ranges", "RandomTraffic")),
    Case("ranges-at-gicc-alone", "sgi", DutParameters(2, spis=32, cpu_rss=True), ("Ranges", "RandomTraffic")),
    Case("no-lpis", "sgi", DutParameters(2, spis=32, its=False), ("Accesses", "RandomTraffic")),
    Case(
        "least-virtual",
        "maint",
        DutParameters(
            1, spis=32, virtual=True, list_registers=1, virtual_priority_bits=5, virtual_preemption_bits=5, maintenance_ppi=16
        ),
        ("RandomMaintenance",),
    ),
    Case(
        "most-virtual",
        "virq-lr",
        DutParameters(
            2,
            spis=32,
            virtual=True,
            list_registers=16,
            virtual_priority_bits=8,
            virtual_preemption_bits=7,
            maintenance_ppi=31,
            cpu_gicv4=True,
        ),
        ("VirtualTies", "RandomGuests"),
    ),
    Case(
        "gicv2-one-message",
        "gicv2",
        DutParameters(2, spis=960, gicv2=True, its=False, virtual=True, v2m_first=991, v2m_spis=1),
        ("SgiSources", "GuestGroups"),
    ),
    Case(
        "gicv2-all-messages",
        "gicv2",
        DutParameters(1, spis=960, gicv2=True, its=False, v2m_first=32, v2m_spis=960),
        ("SgiSources", "Nesting"),
    ),
    Case(
        "gicv2-maintained",
        "gicv2",
        DutParameters(2, spis=32, gicv2=True, its=False, virtual=True, maintained=True),
        ("Gicv2Guests",),
    ),
)


@pytest.mark.simulator("icarus")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_device(case: Case, tmp_path: Path) -> None:
    """Each parameter at its least and its greatest, in one device or another."""
    config = RunConfig(
        case.path,
        str(tmp_path / "run"),
        seed=3,
        interrupts=case.interrupts,
        device=case.device,
        simulator="icarus",
    )
    outcome = simulate(Build("icarus", case.device), config, PATHS[case.path].module, case.scenarios)
    _passes(outcome)


@pytest.mark.simulator("verilator")
def test_the_pending_table_of_all_intids_has_an_end(tmp_path: Path) -> None:
    """With 24 bits its last word ends where a number of 24 bits does; a million cycles, in which the Redistributor does nothing
    else."""
    config = RunConfig("lpi", str(tmp_path / "run"), watchdog=3_000_000, bound=3_000_000)
    assert config.device.intid_bits == 24
    outcome = simulate(Build("verilator"), config, PATHS["lpi"].module, ["WholeTable"])
    _passes(outcome)
    assert outcome.scenarios[0]["journeys"]["closed"] == 2


#: ends that the tests above reach
_ENDS_ELSEWHERE = {"pes": {1, 8}, "priority_bits": {4, 8}}


def test_the_cases_reach_the_ends_of_every_parameter() -> None:
    """Both values of a switch, both ends of a range."""
    devices = [DutParameters(), *(case.device for case in CASES)]
    for name, values in RANGES.items():
        if name in ("iidr", "pidr2", "v2m_iidr"):
            continue  # identities: any
        given = {getattr(device, name) for device in devices}
        assert {min(values), max(values)} <= given | _ENDS_ELSEWHERE.get(name, set()), name
    switches = [f.name for f in fields(DutParameters) if f.type == "bool"]
    assert len(switches) > 5
    for name in switches:
        assert {getattr(device, name) for device in devices} == {False, True}, name


def test_a_build_that_does_not_exist_is_refused() -> None:
    """By the name of the parameter, with what there is."""
    for wrong, said in (
        ({"spis": 33}, "DutParameters.spis is 33: the Verilog is built with 32 to 960 in steps of 32"),
        ({"lpi_slots": 2}, "DutParameters.lpi_slots is 2: the Verilog is built with one of (4, 8, 16, 32, 64)"),
        ({"intid_bits": 24, "cpu_intid_24": False}, "DutParameters.intid_bits is 24: the Verilog is built with 14 to 16"),
    ):
        with pytest.raises(ConfigError, match=re.escape(said)):
            DutParameters(**wrong)  # type: ignore[arg-type]  # wrong on purpose
