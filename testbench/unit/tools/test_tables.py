"""Every table that a command prints, at several widths: no figure is cut, no row runs over its line."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console

from irqpath.cli.table import Column, Figures, Words
from irqpath.trace.findings import Findings
from irqpath.trace.report import print_findings
from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.env.run_config import RunConfig
from irqpath_testbench.tools.bench import cli as bench
from irqpath_testbench.tools.bench import lpi, oracle, paths, virtqueue
from irqpath_testbench.tools.bench.stages import Stages
from irqpath_testbench.tools.conformance import cli as conformance
from irqpath_testbench.tools.conformance.evidence import KINDS, Collected, Seen, Source
from irqpath_testbench.tools.conformance.rows import Row
from irqpath_testbench.tools.faults.mutate import cli as mutate
from irqpath_testbench.tools.faults.mutate.netlist import Mutant
from irqpath_testbench.tools.faults.mutate.trial import Verdict
from irqpath_testbench.tools.formal import cli as formal
from irqpath_testbench.tools.interop import cli as interop
from irqpath_testbench.tools.interop.run_linux import Result, variants
from irqpath_testbench.tools.oracle import report as oracle_report
from irqpath_testbench.tools.sim.paths import PATHS
from irqpath_testbench.tools.sim.report import print_table
from irqpath_testbench.tools.sim.simulate import Outcome
from irqpath_testbench.tools.sim.timing import print_timing
from irqpath_testbench.tools.toolchain import doctor, synth
from irqpath_testbench.tools.toolchain.tool import Tool

WIDTHS = (80, 100, 120, 140)
#: Larger than a run of an hour gives. Each is told apart from what is left of it when it is cut.
BIG = 98_765_432
TEXT = f"{BIG:,}"
EVERYTHING = Collected({Source(kind, "x"): Seen() for kind in KINDS})


def _run(console: Console) -> None:
    outcomes = []
    latency = {"min": 11_150, "median": 207_077, "max": 3_229_099}
    for path in PATHS.values():
        outcome = Outcome(RunConfig(path.name, "folder", trace="v3-its-smp1.jsonl.gz" if path.name == "linux" else ""))
        outcome.scenarios = [
            {
                "path": path.name,
                "scenario": scenario,
                "compared": dict.fromkeys(("sysreg", "reg", "stream", "dist", "irq", "msi", "its_gicr", "mem"), BIG),
                "journeys": {"closed": BIG, "merged": BIG, "lost": {"x": BIG}},
                "mismatches": 0,
                "ok": True,
                "to_line": latency,
                "to_acknowledge": latency,
                "failures": [],
                "timing": {"whole": _whole()},
            }
            for scenario in path.scenarios
        ]
        outcomes.append(outcome)
    print_table(console, outcomes)
    print_timing(console, outcomes)


def _whole() -> dict[str, Any]:
    """A comparison of large figures."""
    figure = {"verilog": BIG, "model": BIG, "difference": -BIG, "percent": -12.3}
    hop = {"median": figure, "p99": figure, "kolmogorov": 0.5, "verilog": [[BIG, BIG]], "model": [[BIG, BIG]], "mean_abs": 1.0}
    hop |= dict.fromkeys(("journey_max_abs", "compared", "to_the_cycle"), BIG) | {"by_cause": {"sgi": BIG}}
    sent = {"compared": BIG, "in_cycle": BIG // 2}
    counts = dict.fromkeys(("journeys", "unpaired"), BIG)
    return {"cycles": figure, "line": hop, "acknowledge": hop, "transactions": sent, "missed": ["x"], **counts}


def _replay(console: Console) -> None:
    findings = Findings("v3-packed-smp2")
    findings.events = BIG
    for counter in (findings.compared, findings.unchecked, findings.tolerated):
        counter["register read"] = BIG
    findings.seconds = 1.0
    print_findings(console, [findings])


def _oracle(console: Console) -> None:
    tally = SimpleNamespace(
        operations=BIG,
        compared=Counter(mr=BIG),
        tags=Counter({"x": BIG}),
        exempted=Counter(x=BIG),
        model_seconds=1.0,
        qemu_seconds=1.0,
    )
    result = SimpleNamespace(spec=SimpleNamespace(name="gicv3-two-states"), tally=tally, sequences=BIG, findings=[])
    oracle_report._machines(cast(Any, [result])).print(console)


def _conformance(console: Console) -> None:
    conformance._print_summary(console, _rows(), EVERYTHING)


def _rows() -> list[Row]:
    text = "IHI 0069, GICD_CTLR, Distributor Control Register (DS == 1 view)"
    return [Row("register", "GICD", f"GICD_REGISTER{n}.FIELD", text, "gic/distributor.py, gicv2.py") for n in range(3)]


def _conformance_rows(console: Console) -> None:
    conformance._print_rows(console, _rows(), EVERYTHING)
    conformance._print_uncovered(console, _rows(), EVERYTHING)


def _stages(console: Console) -> None:
    figures = dict.fromkeys(("rtl", "stimulus", "recording", "transfer", "models", "scoreboards", "total"), 9_876.54)
    stages = Stages("verilator", BIG, BIG, per_100_cycles=54_321.0, bare_ratio=1.0, **figures)
    bench._table([stages]).print(console)


def _paths(console: Console) -> None:
    paths._table([paths.PathCost("lpi-direct", 960, BIG, *[98_765.43] * 7)]).print(console)


def _lpi(console: Console) -> None:
    lpi._table([lpi.LpiCost(512, BIG, *[98_765.4] * 5)]).print(console)


def _bench_oracle(console: Console) -> None:
    oracle._table({"gicv3-two-states": dict.fromkeys(("operations", "models", "qemu", "generator"), BIG)}).print(console)


def _virtqueue(console: Console) -> None:
    by_size, by_queues = dict.fromkeys(virtqueue.SIZES, 98_765.4), dict.fromkeys(virtqueue.QUEUES, 98_765.4)
    virtqueue._table([virtqueue.Speed("packed event-idx", by_size, by_queues)]).print(console)


def _interop(console: Console) -> None:
    results = [Result(variant, BIG, BIG, BIG, 1000.0) for variant in variants((1, 1024))]
    interop._table("linux", [(result, "") for result in results]).print(console)


def _mutate(console: Console) -> None:
    mutants = [Mutant(n, "const1", f"$procmux${BIG}", "Y", 3, sources=(f"gicr.v:{n}.5-{n}.77",)) for n in (1, 2)]
    result = mutate.Result("gicr", 1, mutants, "", None)
    result.verdicts = {1: Verdict(1, "RandomTraffic", "differs", "gicr0.rsp"), 2: Verdict(2)}
    mutate.report(console, result)


def _synth(console: Console) -> None:
    table = synth.new_table(DutParameters())
    table.add("gicd", TEXT, TEXT, TEXT)
    table.print(console)


def _formal(console: Console) -> None:
    table = formal.new_table("yosys 98.765.432")
    table.add("gicd", "induction", TEXT, TEXT, "TIME LIMIT")
    table.print(console)


def _doctor(console: Console) -> None:
    tools = [
        Tool("verilator", True, "5.048", "/opt/a-long-folder/of-somebody/irqpath/.venv/irqpath/verilator/bin/verilator"),
        Tool("qemu", False, "98.765.432", note="no qemu-system-aarch64 on PATH; needed by irqpath oracle", fix="run: apt-get x"),
    ]
    console.file.write("\n".join(doctor.table(tools, console.width)) + "\n")


#: Command and table -> prints it with large numbers.
TABLES: dict[str, Callable[[Console], None]] = {
    "sim": _run,
    "replay": _replay,
    "oracle": _oracle,
    "conformance": _conformance,
    "conformance, rows": _conformance_rows,
    "bench, simulators": _stages,
    "bench, paths": _paths,
    "bench, LPIs": _lpi,
    "bench, oracle": _bench_oracle,
    "bench, virtqueues": _virtqueue,
    "interop": _interop,
    "mutate": _mutate,
    "synth": _synth,
    "formal": _formal,
    "doctor": _doctor,
}


def render(show: Callable[[Console], None], width: int) -> str:
    """What is printed on a terminal of that width."""
    out = io.StringIO()
    show(Console(width=width, file=out, force_terminal=True, no_color=True, color_system=None))
    return out.getvalue()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", TABLES)
def test_no_figure_is_cut_and_no_row_runs_over(name: str, width: int) -> None:
    """The figures at any width are those at a width at which everything fits."""
    figures = re.compile(r"\d[\d,./]{4,}")
    text = render(TABLES[name], width)
    assert "…" not in text
    assert set(figures.findall(text)) == set(figures.findall(render(TABLES[name], 400)))
    prose = ("compared: ", "not checked yet: ")  # lines that the terminal may wrap
    long = [line for line in text.splitlines() if len(line) > width and " " in line.strip() and not line.startswith(prose)]
    assert long == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [name for name in TABLES if name not in ("conformance, rows", "doctor", "mutate")])
def test_a_table_is_still_one(name: str, width: int) -> None:
    """Each row has as many cells as there are headings."""
    headings = 0
    for line in render(TABLES[name], width).splitlines():
        if line.startswith("┃"):
            headings = line.count("┃") - 1
        elif line.startswith("│"):
            cells = [cell.strip() for cell in line.split("│")[1:-1]]
            assert len(cells) == headings and cells[0] and cells[-1], line


def test_every_table_is_one_of_these() -> None:
    """Nobody prints a table of rich by itself: it would cut figures."""
    root = Path(__file__).parents[3]
    users = {
        str(path.relative_to(root))
        for folder in ("pymodel", "testbench")
        for path in (root / folder).rglob("*.py")
        if "rich.table" in path.read_text()
    }
    assert users == {"pymodel/irqpath/cli/table.py", str(Path(__file__).relative_to(root))}


@pytest.mark.parametrize(("width", "tables"), [(80, 2), (24, 4)])
def test_groups_stay_together(width: int, tables: int) -> None:
    """Columns of a group are parted only where the group is too wide by itself."""
    columns: Sequence[Column] = [Column(f"heading{n}", f"group{n // 4}") for n in range(8)]
    table = Figures("title", ("path",), columns)
    table.add("sgi", *["1,234,567"] * 8)
    out = render(table.print, width)
    assert out.count("heading0") == out.count("heading7") == 1
    assert len([line for line in out.splitlines() if "path" in line]) == (tables if width == 80 else 8)


def test_a_number_of_cells_that_does_not_fit_is_refused() -> None:
    """Both kinds of tables."""
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        Figures("t", ("a",), ("b",)).add("1")
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        Words("t", ("a", "b")).add("1")
