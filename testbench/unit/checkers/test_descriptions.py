"""Descriptions of devices: what they refuse, and that this project's own says what its testbench has."""

from __future__ import annotations

import ast
import re
from dataclasses import fields, replace

import pytest

from irqpath.core.errors import ConfigError
from irqpath.core.link import Link
from irqpath.core.links import numbered
from irqpath.core.places import ROOT
from irqpath.core.transactions import Activate, Observed, Set
from irqpath_testbench.dut import bench
from irqpath_testbench.dut.comparison import Window
from irqpath_testbench.dut.description import Apb, Axi4, AxiLite, Dut, Mailbox, Watched, Wires, named, response_of
from irqpath_testbench.dut.parameters import DIRECT, GICV2, GICV2_MACHINE, DutParameters, qemu_virt
from irqpath_testbench.env.blocks import BLOCKS, block_boards
from irqpath_testbench.env.run_config import RunConfig, patient
from irqpath_testbench.env.scoreboards.journeys import JourneyScoreboard
from unit.toys.devices import APB_GIC, AXI_LITE_GIC, LOOSE, PAIR, WIDE_GIC

OWN = (DutParameters(), DIRECT, qemu_virt(1), DutParameters(1, its=False))


@pytest.mark.parametrize("device", OWN, ids=DutParameters.mark)
def test_this_projects_device_is_described_whole(device: DutParameters) -> None:
    """Every link of every golden model is there, and a record can be of each."""
    dut = device.dut()
    boards = block_boards(dut, 100)
    assert tuple(board.name for board in boards) == dut.blocks
    assert set().union(*(board.leaving() | board.entering() for board in boards)) <= dut.names
    assert dut.names <= {link for link, _ in numbered(device.pes).values()}
    assert {board.name.rstrip("0123456789") for board in boards} <= set(BLOCKS)


def test_what_is_not_there_has_no_scoreboard() -> None:
    """Two blocks of three; none of what a device without LPIs has no links for."""
    boards = block_boards(PAIR, 100)
    assert [board.name for board in boards] == ["gicr0", "gicc0"]
    assert not [link for board in boards for link in board.entering() if link.startswith(("its", "gicd"))]
    assert "stream0.down" in boards[0].leaving() and "gicr0.mem" not in boards[0].leaving()


def journeys(dut: Dut, *without: str) -> JourneyScoreboard:
    """Of a device, without some of its links."""
    return JourneyScoreboard(dut.config, dut.policy, dut.bounds, dut.names - {Link(name) for name in without})


@pytest.mark.parametrize("device", OWN, ids=DutParameters.mark)
def test_journeys_of_this_projects_device_are_all_followed(device: DutParameters) -> None:
    """No link is missing that one of them needs."""
    assert not journeys(device.dut()).unfollowed


def test_journeys_that_cannot_be_followed() -> None:
    """They are named with the links that are missing, and left alone; the others are followed as ever."""
    assert journeys(PAIR).unfollowed == {"SPI": ("gicd.reg", "gicd.spi")}
    assert not journeys(APB_GIC).unfollowed
    board = journeys(APB_GIC, "gicr0.ppi")
    assert board.unfollowed == {"PPI": ("gicr0.ppi",)}
    for intid in (3, 20):  # of neither was a cause seen
        board.saw(Observed(Link("stream0.down"), 5, 6, Set(intid, 0x80, 1)))
        board.saw(Observed(Link("stream0.up"), 7, 8, Activate(intid)))
    assert [(m.check, "3" in m.observed) for m in board.mismatches] == [
        ("spurious interrupt", True),
        ("spurious activation", True),
    ]
    board = journeys(APB_GIC, "stream0.up")
    assert set(board.unfollowed) == {"SGI", "PPI", "SPI"} and not board.links()


def test_a_block_without_its_links() -> None:
    """It can't be checked alone, and which links are missing is said."""
    links = {link: reach for link, reach in PAIR.links.items() if not link.startswith("stream")}
    with pytest.raises(ConfigError, match=r"device pair: gicr0 can't be checked without its links stream0.down, stream0.up"):
        block_boards(replace(PAIR, links=links), 100)
    with pytest.raises(ConfigError, match="gic is no block that a golden model checks; there are gicd, gicr"):
        block_boards(replace(PAIR, blocks=("gic",)), 100)


def test_the_device_says_how_it_is_compared() -> None:
    """A window for one block is one for no other."""
    assert isinstance(LOOSE.comparison("gicr0"), Window) and LOOSE.comparison("gicr0").settle is None
    assert LOOSE.comparison("gicc0").settle == 16
    assert not PAIR.comparison("gicr0").reorders


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"blocks": ()}, "device pair: no block is to be checked"),
        ({"comparisons": {"gicd": Window()}}, "device pair has a comparison for gicd; it checks gicr0, gicc0"),
        ({"links": {"gicr0.reg": Mailbox("x")}}, "gicr0.reg is reached in a testbench of your own, which needs bench=True"),
        ({"links": {"gicr0.reg": Watched()}}, "bench=True"),
    ],
)
def test_a_description_that_is_none(changed: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        replace(PAIR, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("links", "says"),
    [
        ({"sw.mem": Axi4("m_")}, "sw.mem can't be reached by Axi4"),
        ({"gicr0.odd": Wires("")}, "device pair: 'gicr0.odd' is no link's name"),
        ({"gicr0.reg": Apb({"psel": "psel"})}, "a bus has no signal 'penable'; its map names psel"),
        ({"gicr0.reg": Axi4("a b")}, "'a bawvalid' is no name of a signal"),
    ],
)
def test_a_testbench_that_can_not_be_made(links: dict[str, Axi4 | Apb | Wires], says: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(says)):
        bench.bench(replace(PAIR, links={**PAIR.links, **links}))


def test_a_testbench_is_made_of_what_is_described() -> None:
    """A driver for each link that software uses, a monitor for each; ports of the device, and signals inside it."""
    for dut in (PAIR, APB_GIC, AXI_LITE_GIC):
        text = bench.bench(dut)
        numbers = {link: number for number, (link, _) in numbered(1).items()}
        for link in dut.names - {"gicr0.reset", "gicd.reset", "gicc0.reset"}:
            assert re.search(rf"\.(LINK|REQUEST|RESPONSE)\({numbers[link]}\)", text), link
        assert all(f"drive_{x}" in text for x in ("gicr0_reg", "gicc0_sys", "gicc0_irq", "gicr0_ppi"))
    assert "assign p_rst_n = ~iri_rst;" in bench.bench(PAIR)
    assert "wire [63:0] p_prdata;" in bench.bench(APB_GIC)
    assert "wire [127:0] p_rdata;" in bench.bench(WIDE_GIC) and "wire [15:0] p_wstrb;" in bench.bench(WIDE_GIC)
    assert ".strobe(dut.sampled)" in bench.bench(PAIR)


def test_axi_lite_of_a_width_that_is_none() -> None:
    with pytest.raises(ConfigError, match="AXI4-Lite has 32 or 64 data bits, not 128"):
        AxiLite("s_", data=128)


def test_names_of_signals() -> None:
    """By prefix, by map, by a function."""
    assert named("s_", "psel") == named({"psel": "s_psel"}, "psel") == named(lambda role: f"s_{role}", "psel") == "s_psel"
    assert [response_of(Link(link)) for link in ("gicd.reg", "gicc1.sys", "stream0.up")] == [
        "gicd.rsp",
        "gicc1.sys_rsp",
        "stream0.up",
    ]


def test_a_run_finds_its_device() -> None:
    """By module and name; what is none is refused in one line."""
    run = RunConfig("ppi", "", described="unit.toys.devices:PAIR")
    assert run.dut() is PAIR and run.gic().pes == 1 and patient(run) == run
    assert RunConfig("ppi", "").dut() == DutParameters().dut()
    for where in ("unit.toys.devices:NOBODY", "unit.nowhere:X", "unit.toys.devices", ""):
        if where:
            with pytest.raises(ConfigError, match="names no device"):
                RunConfig("ppi", "", described=where).dut()
    with pytest.raises(ConfigError, match="not a Dut"):
        RunConfig("ppi", "", described="unit.toys.devices:ICC").dut()


def test_a_device_with_few_places_for_lpis_may_be_busy() -> None:
    """Its bounds say so: outputs may come later, software waits for longer."""
    few, many = (DutParameters(lpi_slots=slots, intid_bits=16).dut().bounds for slots in (4, 8))
    assert few.output - many.output == few.busy == 65536 // 64 * 8 and many.busy == 0
    run = RunConfig("lpi", "", device=DutParameters(lpi_slots=4, intid_bits=16))
    assert patient(run).watchdog == run.watchdog + 2 * few.busy


def test_the_page_shows_what_runs() -> None:
    """Its code is that of the toys, but for the indentation."""
    toys = ROOT / "testbench" / "unit" / "toys"
    code = _flat("\n".join((toys / name).read_text(encoding="utf-8") for name in ("devices.py", "test_toys.py")))
    blocks = re.findall(r"```py\n(.*?)```", (ROOT / "docs" / "your-own-rtl.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 3
    assert [block for block in blocks if _flat(block) not in code] == []


def _flat(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


def test_a_dut_is_data() -> None:
    """Equal where its parts are."""
    assert Dut("x", "x", PAIR.config, PAIR.links, PAIR.blocks) == Dut("x", "x", PAIR.config, PAIR.links, PAIR.blocks)


# --- what a device has, its description says ------------------------------------------------------------------------------


def asked(source: str) -> list[str]:
    """What conditions ask a `device` for: parameters of this project's own, which no other has."""
    names = {field.name for field in fields(DutParameters)} | {"lpis"}
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) | ast.Assert(test=test):
                tests = [test]
            case ast.BoolOp(values=tests) | ast.comprehension(ifs=tests):
                pass
            case ast.match_case(guard=ast.expr() as test):
                tests = [test]
            case _:
                continue
        parts = [part for test in tests for part in ast.walk(test) if isinstance(part, ast.Attribute) and part.attr in names]
        found += [ast.unparse(part) for part in parts if re.search(r"\bdevice$", ast.unparse(part.value))]
    return found


def test_a_condition_on_a_device_is_seen() -> None:
    """Wherever it stands; what has a device, and is none, may be asked."""
    for seen in (
        "if device.its: pass",
        "x = 1 if run.device.lpis else 0",
        "y = a and not self.device.aff3",
        "[b for b in c if device.rss]",
    ):
        assert asked(seen), seen
    assert not asked("if device.dut().links: pass\nif msi.device != 3: pass\nmany = device.pes")


@pytest.mark.parametrize("folder", ["env", "sequences", "tests", "tools"])
def test_nothing_else_asks_what_a_device_has(folder: str) -> None:
    for path in (ROOT / "testbench" / "irqpath_testbench" / folder).rglob("*.py"):
        assert asked(path.read_text(encoding="utf-8")) == [], path


@pytest.mark.parametrize(
    ("link", "intid", "says"),
    [
        ("gicd.ppi1", 32, "maintenance[1] drives wire 32; its wires are 16 to 31"),
        ("gicd.spi", 31, "maintenance[1] drives wire 31; its wires are 32 to 63"),
        ("gicc0.irq", 25, "maintenance[1] drives wire 25; its wires are none that enters"),
    ],
)
def test_an_output_drives_wires_that_there_are(link: str, intid: int, says: str) -> None:
    """A wire that there is not would be driven by nobody, in silence."""
    dut = GICV2_MACHINE.dut()
    reach = dut.links[link]
    assert isinstance(reach, Wires)
    with pytest.raises(ConfigError, match=re.escape(says)):
        replace(dut, links={**dut.links, link: replace(reach, driven=((intid, "maintenance[1]"),))})


def test_a_gicv2_whose_maintenance_lines_are_wired() -> None:
    """Each of them, to its PPI: another wire that is driven is none."""
    dut, ppi = GICV2_MACHINE.dut(), Link.gicv2_ppi(1)
    assert dut.maintained and not GICV2.dut().maintained and not DutParameters(virtual=True).dut().maintained
    for driven in ((), ((24, "maintenance[1]"),)):
        reach = dut.links[ppi]
        assert isinstance(reach, Wires)
        assert not replace(dut, links={**dut.links, ppi: replace(reach, driven=driven)}).maintained
