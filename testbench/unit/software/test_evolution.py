"""`irqpath evolution run`: its tables, its file, its page, its errors."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import re
import shlex
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from irqpath.core.errors import CheckError, ConfigError
from irqpath.software import recording
from irqpath.software.cpu.cycles import Cycles, of_machine
from irqpath.software.cpu.published import published
from irqpath.software.evolution import RUNS, Distribution, Setup, measure, name_of, names
from irqpath.software.machine import Delivery, Generation
from irqpath.software.packets import Step
from irqpath.software.workload import Workload
from irqpath_testbench import cli
from irqpath_testbench.tools.evolution import plots
from irqpath_testbench.tools.evolution.page import page

#: Steps that a packet has which takes all that its row has.
STEPS = [step.name.lower() for step in Step]


@dataclass(frozen=True)
class Ran:
    """What a run printed and wrote."""

    printed: str
    data: Any
    page: str


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """All rows with few packets, two loads, and one cost that is another."""
    folder = tmp_path_factory.mktemp("evolution")
    words = ["--packets", "12", "--burst", "2", "--ring", "packed", "--cost", "wire=5000", "--loads", "100,900"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "100")
        places = folder / "evolution.json", folder / "evolution.html"
        printed = _printed(["run", *words, "--json", str(places[0]), "--html", str(places[1])])
    yield Ran(printed, json.loads(places[0].read_text(encoding="utf-8")), places[1].read_text(encoding="utf-8"))


def _printed(words: list[str]) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert cli.main(["evolution", *words]) == 0
    return out.getvalue()


# --- tables and file ----------------------------------------------------------------------------------------------------------


def test_no_line_is_wider_than_100_columns(ran: Ran) -> None:
    lines = ran.printed.splitlines()
    assert all(len(line.rstrip()) <= 100 for line in lines if not line.startswith(("written to", "page:")))
    tables = [line for line in lines if line.startswith(" GIC")]
    assert sum(" assigned " in line for line in tables) == 4 * 6
    assert sum(" emulated " in line for line in tables) == 4 * 8


def test_the_file_has_every_row(ran: Ran) -> None:
    """Each generation and delivery, and the costs that were given."""
    found = ran.data
    assert found["costs"]["wire"] == 5000
    assert found["workload"]["packed"]
    assert [row["name"] for row in found["rows"]] == list(names())
    for row in found["rows"]:
        assert row["packets"] == row["round_trip"]["count"] == 12
        assert row["interrupts_taken"] <= row["interrupts_sent"]
        assert row["round_trip"]["median"] > 5000
        assert (row["list_registers"] == 0) is (row["delivery"] == "assigned" and row["generation"] != "GICv3")
        for kind in ("latency", "round_trip"):
            assert sum(count for _, _, count in row[kind]["histogram"]) == row[kind]["count"]
        assert [point["rate"] for point in row["load"]] == [100, 900]
        assert all(point["throughput"] > 0 for point in row["load"])


@pytest.mark.parametrize("number", [0, 11])
def test_a_number_comes_again_from_the_command_beside_it(number: int, ran: Ran, tmp_path: Path) -> None:
    """Of a row, and of a point of its curve: the whole of it."""
    row = ran.data["rows"][number]
    point = row["load"][1]
    again, at_load = (_again(part["command"], tmp_path / "again.json") for part in (row, point))
    assert {**again, "load": []} == {**row, "load": []}
    assert at_load["workload"]["rate"] == 900
    for kind in ("latency", "round_trip"):
        assert {name: value for name, value in at_load[kind].items() if name != "histogram"} == point[kind]
    assert at_load["throughput"] == point["throughput"]


def _again(command: str, place: Path) -> Any:
    program, *words = shlex.split(command)
    assert program == "irqpath"
    assert cli.main([*words, "--json", str(place)]) == 0
    found = json.loads(place.read_text(encoding="utf-8"))
    (row,) = found["rows"]
    return row | {"workload": found["workload"]} if found["workload"]["rate"] else row


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--packets", "0"], "'0' is no number of packets: 1 to 10,000,000"),
        (["--packets", "many"], "'many' is no number of packets"),
        (["--seed", "-1"], "'-1' is no seed"),
        (["--burst", "0"], "'0' is no number of packets in a burst"),
        (["--rate", "fast"], "'fast' is no number of packets in a million cycles"),
        (["--guests", "17"], "'17' is no number of guests: 1 to 16"),
        (["--vcpus", "9"], "'9' is no number of vCPUs: 1 to 8"),
        (["--pes", "99"], "'99' is no number of PEs"),
        (["--pes", "1"], "2 PEs"),
        (["--ring", "round"], "invalid choice: 'round'"),
        (["--size", "5"], "rings of 5 entries"),
        (["--cost", "wire"], "'wire' is not NAME=CYCLES"),
        (["--set", "wires=1"], "no cost is called wires"),
        (["--costs", "altra"], "there are no costs of 'altra': did you mean ampere-altra?"),
        (["--loads", "200,100"], "loads rise"),
        (["--only", "gicv3-emulated"], "no row is called 'gicv3-emulated': did you mean gicv3-emulated-"),
    ],
)
def test_errors_are_one_line(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["evolution", "run", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line


def test_what_there_is_no_machine_for_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """A GICv2 has no more than 8 PEs; the rows beside it run."""
    only = "gicv2-emulated-runs,gicv4.1-assigned-runs"
    assert cli.main(["evolution", "run", "--packets", "4", "--loads", "none", "--pes", "9", "--only", only]) == 0
    printed = capsys.readouterr().out
    assert "left out: gicv2-emulated-runs: " in printed
    assert "GICv4.1 assigned runs" in printed


def test_several_guests_with_several_vcpus(tmp_path: Path) -> None:
    """Each sends its packets; counts are of all; one of them is drawn."""
    place = tmp_path / "evolution.json"
    words = ["--packets", "8", "--loads", "none", "--guests", "2", "--vcpus", "2", "--only", "gicv4.1-assigned-waits"]
    assert cli.main(["evolution", "run", *words, "--json", str(place), "--html", str(tmp_path / "h")]) == 0
    found = json.loads(place.read_text(encoding="utf-8"))
    (row,) = found["rows"]
    assert (found["guests"], found["vcpus"], found["pes"]) == (2, 2, 5)
    assert row["packets"] == row["round_trip"]["count"] == 16
    assert row["packet"]["steps"]["handler"] > 0
    assert "--guests 2 --vcpus 2 --only" in row["command"]
    assert "2 guests of 2 vCPUs, 5 PEs" in (tmp_path / "h").read_text(encoding="utf-8")


def test_costs_of_a_machine() -> None:
    """A time in ns becomes cycles of the GIC, what nobody published cycles of the CPU as cycles of the GIC."""
    juno = published("juno-r2")
    assert (juno.machine.name, juno.mhz, juno.published) == ("Juno r2", 533, frozenset({"exit", "entry", "vgic", "user"}))
    assert juno.cycles.exit + juno.cycles.entry == round(4530 * 0.533)
    assert juno.cycles.user == round(20177 * 0.533) - round(4530 * 0.533)
    assert juno.cycles.wire == round(Cycles().wire * 533 / 650)
    split, like_vhe = published("cortex-a57"), published("cortex-a57/el2linux-like-vhe")
    assert split.mhz is None
    assert split.cycles == of_machine("Cortex-A57", "split-mode KVM")
    assert like_vhe.cycles == of_machine("Cortex-A57", "el2Linux (like VHE)")
    assert published("x-gene").published == {"exit", "entry", "vgic"}
    for name in ("arm-s-unnamed", "cray-1", "juno-r2/two-cpus"):
        with pytest.raises(ConfigError, match="there are those of ampere-altra, "):
            published(name)


def test_a_run_with_costs_of_a_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its clocks make µs; rows of which parts were published are told apart from those of which nothing was."""
    words = ["--packets", "8", "--loads", "none", "--costs", "kunpeng-920", "--set", "user=1"]
    words += [
        "--only",
        "gicv3-assigned-waits,gicv4.1-assigned-waits",
        "--json",
        str(tmp_path / "e"),
        "--html",
        str(tmp_path / "h"),
    ]
    assert cli.main(["evolution", "run", *words]) == 0
    printed, found = capsys.readouterr().out, json.loads((tmp_path / "e").read_text(encoding="utf-8"))
    assert "entry, exit, vgic are of Kunpeng 920 (ISB in loop), which calibrates; what else software costs is assumed" in printed
    assert "CPU 2,600 MHz (assumed), GIC 1,000 MHz (assumed)" in printed
    assert [row["rests_on"] for row in found["rows"]] == ["published exits", "unvalidated"]
    assert found["published"] == ["entry", "exit", "vgic"]
    assert found["command"].endswith(
        "--costs kunpeng-920 --set user=1 --only gicv3-assigned-waits,gicv4.1-assigned-waits --loads none"
    )
    page_text = (tmp_path / "h").read_text(encoding="utf-8")
    for row in found["rows"]:
        text = f"{row['round_trip']['median'] / 1000:.2f}"
        assert text in printed
        assert f'<td class="n">{text}</td>' in page_text


# --- the page -----------------------------------------------------------------------------------------------------------------


class _Whole(HTMLParser):
    """Notes what is open; every end must be that of the last beginning."""

    EMPTY = frozenset({"meta", "br", "hr", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "xlink:href", "action")]
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag, attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_fetches_nothing(ran: Ran) -> None:
    """Each element ends; links lead to parts of itself that are there; it names no other place."""
    parser = _Whole()
    parser.feed(ran.page)
    assert parser.open == []
    assert parser.links
    assert all(link.startswith("#") and f'id="{link[1:]}"' in ran.page for link in parser.links)
    assert re.findall(r"\w+://|url\(|@import|<script|<link|<img", ran.page) == []
    for drawn in re.findall(r"<svg.*?</svg>", ran.page, re.DOTALL):
        ElementTree.fromstring(drawn)


def test_the_page_has_every_row_and_its_numbers(ran: Ran) -> None:
    """In the table with the command beside it, as a diagram, and as curves."""
    for row in ran.data["rows"]:
        assert ran.page.count(f'data-row="{row["name"]}"') == 3
        (cells,) = re.findall(rf'<tr data-row="{re.escape(row["name"])}">(.*?)</tr>', ran.page)
        assert f"{row['latency']['median']:,}" in cells
        assert f"{row['round_trip']['p99']:,}" in cells
        for part in (row, *row["load"]):
            assert f"<code>{part['command']}</code>" in ran.page


def test_each_diagram_has_the_steps_in_order(ran: Ran) -> None:
    """Those that the packet took, with its cycles; what stands between lies between."""
    for row in ran.data["rows"]:
        (drawn,) = re.findall(
            rf'<figure data-row="{re.escape(row["name"])}">.*?(<svg class="sequence".*?</svg>)', ran.page, re.DOTALL
        )
        moments = [
            (group.get("data-moment"), [text.text for text in group.iter("text")])
            for group in ElementTree.fromstring(drawn).iter("g")
        ]
        steps = [(int(name[5:]), texts[0]) for name, texts in moments if name is not None and name.startswith("step-")]
        taken = [(STEPS.index(name) + 1, f"{cycle:,}") for name, cycle in row["packet"]["steps"].items()]
        assert steps == taken
        assert [number for number, _ in steps] == sorted(number for number, _ in steps)
        assert {1, 2, 4, 5, 7, 8} <= {number for number, _ in steps}
        direct = row["delivery"] == "assigned" and row["generation"] in ("GICv4.0", "GICv4.1")
        assert (6 in dict(steps)) is not direct
        assert ("List register" in drawn) is not direct
        cycles = [int((texts[0] or "").replace(",", "")) for _, texts in moments]
        assert cycles == sorted(cycles)
        assert row["round_trip"]["histogram"][0][0] <= cycles[-1] <= row["round_trip"]["maximum"]


def test_a_page_of_what_has_no_interrupts_and_no_curves(ran: Ran) -> None:
    """Nothing is plotted, and nothing fails."""
    rows = [{**row, "load": [], "packet": None, "latency": {**row["latency"], "histogram": []}} for row in ran.data["rows"]]
    found = page({**ran.data, "rows": rows, "left_out": [{"name": "<b>", "why": "&"}]})
    assert "Left out: &lt;b&gt;: &amp;" in found
    assert "<svg" not in found


def test_axes() -> None:
    """Values lie on them; ticks are round, and within."""
    scale = plots.logarithmic([190, 3076])
    assert (scale.least, scale.most) == (100, 5000)
    assert 0 < scale.share(190) < scale.share(3076) < 1
    assert scale.ticks() == [100, 200, 500, 1000, 2000, 5000]
    straight = plots.linear([0, 1600])
    assert (straight.most, straight.ticks()) == (2000, [0, 500, 1000, 1500, 2000])
    assert plots.logarithmic([7, 7]).share(7) <= 1


# --- what is measured -----------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
def test_a_packet_that_goes_otherwise_is_noticed() -> None:
    """The recorded packet must be that of the row: nothing is drawn that was not run. A machine that is left says nothing."""
    setup = Setup(Workload(4))
    row = measure(setup, Generation.GICV3, Delivery.ASSIGNED, False)
    assert recording.record(setup, row) is not None
    slower = Setup(Workload(4), setup.cycles.overridden({"wire": 3001}))
    with pytest.raises(CheckError, match="gicv3-assigned-runs: packet 2 went"):
        recording.record(slower, row)
    gc.collect()


def test_bursts_begin_at_the_rate() -> None:
    """As fast as offered while there is time for it; and a guest that is slower than what is offered sends as fast as it can."""
    throughput = {}
    for rate in (50, 400, 100_000):
        row = measure(Setup(Workload(40, burst=4, rate=rate)), Generation.GICV41, Delivery.ASSIGNED, False)
        throughput[rate] = row.throughput
    assert throughput[50] == pytest.approx(50, rel=0.15)
    assert throughput[400] == pytest.approx(400, rel=0.25)
    assert throughput[400] < throughput[100_000] < 10_000


def test_names() -> None:
    """One for each row."""
    assert len(set(names())) == len(RUNS)
    assert name_of(Generation.GICV40, Delivery.ASSIGNED, True) == "gicv4.0-assigned-waits"


def test_memory_does_not_grow_with_packets() -> None:
    """What a packet takes is given back when it has arrived."""
    taken = []
    for packets in (100, 100, 600):  # the first one fills caches
        gc.collect()
        tracemalloc.start()
        measure(Setup(Workload(packets, burst=4)), Generation.GICV41, Delivery.ASSIGNED, False)
        taken.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert taken[2] < 1.1 * taken[1] + 20_000


def test_a_distribution() -> None:
    found = Distribution()
    assert found.at(0.5) == 0
    assert found.histogram() == []
    for cycles in (5, 1, 3, 3):
        found.add(cycles)
    assert [found.at(share) for share in (0, 0.25, 0.5, 0.75, 0.99, 1)] == [1, 1, 3, 3, 5, 5]
    assert found.histogram() == [(1, 1, 1), (3, 3, 2), (5, 5, 1)]
    found.add(1000)
    assert sum(count for _, _, count in found.histogram()) == 5
    assert len(found.histogram()) == 2
