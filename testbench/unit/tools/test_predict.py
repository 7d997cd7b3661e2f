"""`irqpath predict`: latencies by hop and part, what was not measured, and a page that needs nothing."""

from __future__ import annotations

import html.parser
import io
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from irqpath.core.errors import CheckError
from irqpath.core.link import Link
from irqpath.core.transactions import LineChange, LpiSet, MemRead, Msi, Observed, Set
from irqpath.sim.timing.profile import Costs, Profile, named
from irqpath.sim.timing.term import Term
from irqpath_testbench import cli
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.env.scoreboards.journeys import Journey
from irqpath_testbench.env.whole.machine import run_on_models
from irqpath_testbench.tools.predict import prediction
from irqpath_testbench.tools.predict.cli import chosen
from irqpath_testbench.tools.predict.page import page
from irqpath_testbench.tools.predict.parts import PARTS, Translations, parts
from irqpath_testbench.tools.predict.prediction import Prediction, predict, shares
from irqpath_testbench.tools.predict.report import print_prediction
from irqpath_testbench.tools.predict.watched import watched
from irqpath_testbench.tools.sim.paths import PATHS

USUAL = named("irqpath")


def predicted(what: str, *changes: str, profile: Profile = USUAL, interrupts: int = 60, virtual: bool = False) -> Prediction:
    """Of a machine with four PEs."""
    path, scenarios = chosen(what)
    dut = DutParameters(virtual=virtual).dut()
    return predict(path, scenarios, dut, watched(profile, list(changes)), 1, interrupts)


# --- parts ------------------------------------------------------------------------------------------------------------------


def lpi(reads: tuple[int, ...]) -> tuple[Journey, Translations]:
    """An LPI whose message is offered in cycle 100 and taken in 103; the ITS reads when `reads` says."""
    translations = Translations(0, 12)
    cause = Observed(Link("its0.msi"), 100, 103, Msi(7, 0))
    command = Observed(Link("its0.gicr1.cmd"), 130, 131, LpiSet(8192))
    accesses = [Observed(Link("its0.mem"), at, at + 1, MemRead(0x8000_0000, 8)) for at in reads]
    for o in (cause, *accesses, command):
        translations.saw(o)
    journey = Journey("lpi", 8192, 1, cause, asserted=160, acknowledged=164)
    journey.hops = [
        command,
        Observed(Link("stream1.down"), 150, 153, Set(8192, 0x80, 1)),
        Observed(Link("gicc1.irq"), 160, 160, LineChange(0, 1)),
        Observed(Link("stream1.down"), 162, 163, Set(8193, 0x40, 1)),  # of another, while it waits
    ]
    return journey, translations


def test_the_way_of_an_lpi() -> None:
    """Told apart by what the ITS reads: here an ITT entry takes two."""
    found = parts(*lpi((106, 111, 117, 124)))
    assert found == {
        "message": 6,
        "device table": 5,
        "ITT": 13,
        "collection": 6,
        "ITS": 0,
        "command": 1,
        "Redistributor": 19,
        "stream": 3,
        "CPU interface": 6,
        "line": 1,
        "software": 4,
    }
    assert sum(found.values()) == 164 - 100 and list(found) == [part for part in PARTS if part in found]


def test_a_command_is_read_before_its_tables() -> None:
    found = parts(*lpi((104, 105, 106, 111, 117, 124)))
    assert (found["message"], found["command queue"], found["device table"]) == (4, 2, 5)


def test_an_lpi_without_tables() -> None:
    """As where the ITS reads fewer words than a translation takes: its time is the ITS's."""
    found = parts(*lpi((106,)))
    assert "ITT" not in found and (found["message"], found["ITS"]) == (3, 27)


# --- predictions ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "cause", "line", "way"),
    [
        ("EverySgi", "sgi", 15, ["sender's CPU interface", "stream up", "Distributor", "dist down", "Redistributor"]),
        ("EveryPpi", "ppi", 9, ["wire", "Redistributor", "stream", "CPU interface", "line"]),
        ("EverySpi", "spi", 15, ["wire", "Distributor", "Redistributor", "stream", "CPU interface", "line"]),
        ("EveryMessage", "mbi", 15, ["Distributor", "Redistributor", "stream", "CPU interface", "line"]),
        (
            "EveryLpi",
            "lpi",
            41,
            ["message", "device table", "ITT", "collection", "Redistributor", "stream", "CPU interface", "line"],
        ),
    ],
)
def test_parts_make_up_what_the_verilog_takes(what: str, cause: str, line: int, way: list[str]) -> None:
    """The medians of the Verilog, by hop, and where they come from."""
    found = predicted(what)
    rows = found.rows(cause)
    to_line, to_acknowledge = found.totals(cause)
    assert to_line.median == line and to_acknowledge.count == found.journeys[cause]
    assert [row.name for row in rows if row.name in way] == way
    assert sum(row.mean for row in rows) == pytest.approx(to_line.mean)
    assert sum(shares(rows).values()) == pytest.approx(1.0)
    assert all(row.least <= row.median <= row.p99 <= row.greatest for row in (*rows, to_line, to_acknowledge))
    assert not found.marks and not any(row.marked for row in rows)


def test_parts_make_up_the_way_of_a_guests_interrupt() -> None:
    """From its physical cause to its deactivation."""
    found = predicted("EveryHardwareInterrupt", virtual=True)
    rows, (to_line, to_acknowledge, to_end) = found.rows("virq-hw"), found.totals("virq-hw")
    assert [row.name for row in rows] == list(PARTS)[list(PARTS).index("software") + 1 :]
    assert {row.name: row.median for row in rows} | {"physical interrupt": 14, "virtual CPU interface": 3, "deactivation": 3} == {
        row.name: row.median for row in rows
    }
    assert sum(row.mean for row in rows) == pytest.approx(to_end.mean)
    assert sum(row.mean for row in rows[:4]) == pytest.approx(to_line.mean)
    assert sum(row.mean for row in rows[:5]) == pytest.approx(to_acknowledge.mean)
    assert to_line.count == to_end.count == found.journeys["virq-hw"] == found.journeys["ppi"] + found.journeys["spi"]
    slow = predicted("EveryHardwareInterrupt", "gicd.scan=9", virtual=True)
    assert [row.name for row in slow.rows("virq-hw") if row.marked] == ["physical interrupt"]


@pytest.mark.parametrize("what", ["RandomGuests", "RandomHardware", "RandomMaintenance"])
def test_every_part_of_a_random_guests_interrupt_is_counted(what: str) -> None:
    """Also where the hypervisor took it back, where its line was high for another, where it was pending and active."""
    found = predicted(what, interrupts=150, virtual=True)
    assert found.journeys["virq"] > 30
    for cause in ("virq", "virq-hw"):
        both = Counter({name: sum(v * n for v, n in values.items()) for name, values in found.parts.get(cause, {}).items()})
        assert both.total() == sum(v * n for v, n in found.hops.get(cause, {}).get("end", {}).items())


def test_every_part_of_a_random_path_is_counted() -> None:
    """Whatever happens on its way: the parts of all journeys together are their latencies."""
    for what in ("RandomTraffic", "RandomPpis", "RandomSpis", "RandomMessages", "RandomLpis"):
        found = predicted(what)
        for cause in found.journeys:
            to_line = found.hops[cause]["line"]
            both = Counter({name: sum(v * n for v, n in values.items()) for name, values in found.parts.get(cause, {}).items()})
            del both["software"]
            assert both.total() == sum(v * n for v, n in to_line.items()), (what, cause)


def test_what_is_set_is_marked() -> None:
    """Where memory is slower each access of an LPI's translation takes longer, and nothing that has none."""
    usual, slow = predicted("EveryLpi"), predicted("EveryLpi", "mem.read=40", "gicd.sgi=9")
    assert slow.marks == [("mem", "mem.read is set to 40")]
    before, after = ({row.name: row for row in found.rows("lpi")} for found in (usual, slow))
    for name in ("device table", "ITT", "collection", "Redistributor"):
        assert after[name].median == before[name].median + 39 and after[name].marked
    for name in ("message", "stream", "CPU interface", "line"):
        assert after[name].median == before[name].median and not after[name].marked
    assert all(row.marked for row in slow.totals("lpi"))


def test_what_lies_outside_what_was_measured_is_marked() -> None:
    gicd, term = USUAL.blocks["gicd"], Term("ends", (("queues", 2),))
    for most, marks in ((99, []), (1, [("gicd", "gicd: queues is 2, measured from 0 to 1")])):
        measured = dict.fromkeys(gicd.each, (0, 999)) | {"queues": (0, most)}
        profile = Profile("mine", {**USUAL.blocks, "gicd": Costs(gicd.costs, gicd.each, measured)})
        found = watched(profile, [])
        assert found.cycles("gicd", term) == profile.cycles("gicd", term)
        assert found.marks() == marks


def test_a_scenario_that_the_models_do_not_run_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def some(*args: object, **options: object) -> object:
        if some_runs.pop():
            return run_on_models(*args, **options)  # type: ignore[arg-type]  # passed on as they came
        raise CheckError("no [such] thing")

    monkeypatch.setattr(prediction, "run_on_models", some)
    some_runs = [True, False, True]
    found = predicted("ppi")
    assert found.left_out == ["PpiLevels: no [such] thing"] and set(found.cycles) == {"EveryPpi", "RandomPpis"}
    assert "left out, for the models do not run it: PpiLevels: no [such] thing" in printed(found)
    some_runs = [False]
    with pytest.raises(CheckError, match="ppi:EveryPpi does not run on the models: no"):
        predicted("EveryPpi")


# --- what is shown ----------------------------------------------------------------------------------------------------------


def printed(found: Prediction) -> str:
    out = io.StringIO()
    print_prediction(Console(file=out, width=140), found)
    return out.getvalue()


def test_bars_say_where_time_goes() -> None:
    text = printed(predicted("EveryLpi", "mem.read=40"))
    assert "* not measured: mem.read is set to 40" in text
    bars = {line.split("  ")[0].strip(): line.count("█") for line in text.splitlines() if "█" in line}
    assert max(bars, key=lambda name: bars[name]) == "Redistributor*" and bars["Redistributor*"] == 30
    assert bars["line"] < bars["ITT*"]


class Page(html.parser.HTMLParser):
    """What a page would fetch, and which elements it opens and does not close."""

    def __init__(self) -> None:
        super().__init__()
        self.fetches: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetches += [f"{tag} {name}={value}" for name, value in attrs if name in ("src", "href") and value]
        if tag not in ("meta", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "rect":
            assert self.open.pop() == tag


def test_the_page_needs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No network, no script, and text is text."""
    place = tmp_path / "lpi.html"
    assert cli.main(["predict", "EveryLpi", "--pes", "2", "--set", "mem.read=40", "--html", str(place)]) == 0
    assert f"page: {place}" in capsys.readouterr().out.replace("\n", "")
    text = place.read_text()
    seen = Page()
    seen.feed(text)
    assert not seen.fetches and not seen.open and "<script" not in text and "default-src 'none'" in text
    assert "device table*" in text and "mem.read is set to 40" in text and text.count("<svg") == 2
    found = predicted("EveryPpi")
    found.profile = "<b>mine</b>"
    assert "&lt;b&gt;mine&lt;/b&gt;" in page(found)


def test_a_choice_of_scenarios() -> None:
    assert chosen("sgi") == (PATHS["sgi"], PATHS["sgi"].scenarios)
    assert chosen("spi:OneOfN") == (PATHS["spi"], ("OneOfN",)) == chosen("OneOfN")
