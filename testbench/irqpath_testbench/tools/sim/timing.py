"""What `irqpath sim` prints of `timing.whole`: the Verilog's latencies and how far the models are from them, by scenario and
pooled by path; and whether a path misses what it has to reach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape

from irqpath.cli.table import Column, Figures
from irqpath_testbench.env.whole.aims import Aims, aims, enforced, missed_by_random
from irqpath_testbench.env.whole.compare import HOPS, pooled
from irqpath_testbench.tools.sim.junit import Case, Verdict, new_case
from irqpath_testbench.tools.sim.outcome import Outcome

#: Figures of each hop.
_FIGURES: Final = 4
#: What a comparison has in a table.
COLUMNS: Final = (
    Column("journeys\npaired", "journeys"),
    Column("not\npaired", "journeys"),
    Column("line\nworst", "cause to line"),
    Column("line\nmedian", "cause to line"),
    Column("line\np99", "cause to line"),
    Column("line\nK", "cause to line"),
    Column("ack\nworst", "to acknowledge"),
    Column("ack\nmedian", "to acknowledge"),
    Column("ack\np99", "to acknowledge"),
    Column("ack\nK", "to acknowledge"),
    Column("length\nof run", "cycles"),
    Column("in the\ncycle", "cycles"),
)


def wholes(outcome: Outcome) -> dict[str, Mapping[str, Any]]:
    """The comparisons of a run, by scenario; of those that could be made."""
    found = {s["scenario"]: s.get("timing", {}).get("whole", {}) for s in outcome.scenarios}
    return {name: whole for name, whole in found.items() if "cycles" in whole}


def print_timing(console: Console, outcomes: Sequence[Outcome]) -> None:
    """A table with a row a path, and one for each scenario in which anything differs; a line for what is worth one. Nothing where
    nothing was compared."""
    if not any(wholes(outcome) for outcome in outcomes):
        _say_failed(console, outcomes)
        return
    table = Figures("Time: the Verilog's, and what the models say more", ("path", "scenario"), COLUMNS, SIMPLE_HEAD, fold=True)
    for outcome in outcomes:
        found = wholes(outcome)
        differ = {scenario: whole for scenario, whole in found.items() if not _same(whole) or len(found) == 1}
        for scenario, whole in differ.items():
            table.add(outcome.name, scenario, *row(whole))
        if len(found) > 1:
            table.add(outcome.name, f"all {len(found)}", *row(pooled(found.values())))
    table.print(console)
    _say_failed(console, outcomes)
    for outcome in outcomes:
        _say_missed(console, outcome)


def _same(whole: Mapping[str, Any]) -> bool:
    """Every transaction is in the Verilog's cycle, and every journey takes as long."""
    sent = whole["transactions"]
    return sent["in_cycle"] == sent["compared"] and not (
        whole["unpaired"] or whole["cycles"]["difference"] or any(whole[hop]["journey_max_abs"] for hop in HOPS)
    )


def row(whole: Mapping[str, Any]) -> list[str]:
    """The cells of a comparison, under `COLUMNS`."""
    cells = [f"{whole['journeys']:,}", f"{whole['unpaired']:,}"]
    for hop in HOPS:
        of_hop = whole[hop]
        median, p99 = of_hop["median"], of_hop["p99"]
        if median is None:
            cells += ["-"] * _FIGURES
            continue
        cells += [
            str(of_hop["journey_max_abs"]),
            f"{median['verilog']} {median['difference']:+}",
            f"{p99['verilog']} {p99['percent']:+.0f}%",
            f"{of_hop['kolmogorov']:.2f}",
        ]
    cells.append(f"{whole['cycles']['verilog']:,} {whole['cycles']['percent']:+.1f}%")
    sent = whole.get("transactions", {})
    cells.append(f"{100 * sent['in_cycle'] / sent['compared']:.1f}%" if sent.get("compared") else "-")
    return cells


def _say_failed(console: Console, outcomes: Iterable[Outcome]) -> None:
    """A scenario that the models did not run."""
    for outcome in outcomes:
        for scenario in outcome.scenarios:
            if why := scenario.get("timing", {}).get("whole", {}).get("failed"):
                console.print(
                    f"{outcome.name} {scenario['scenario']}: no time to compare: {escape(why)}", highlight=False, soft_wrap=True
                )


def _say_missed(console: Console, outcome: Outcome) -> None:
    """How many aims a run misses that do not fail it yet."""
    found = [f"{name}: {what}" for name, whole in wholes(outcome).items() for what in whole["missed"]]
    found += [miss.what for miss in missed_by_random(random_of(outcome), aims())]
    failing = {f.removeprefix("timing.whole: ") for s in outcome.scenarios for f in s["failures"]} | set(timing_failures(outcome))
    left = [what for what in found if what not in failing]
    if left:
        more = f" and {len(left) - 1} more" if len(left) > 1 else ""
        console.print(f"{outcome.name} time: not enforced yet: {escape(left[0])}{more}", highlight=False, soft_wrap=True)


def random_of(outcome: Outcome, limits: Aims | None = None) -> dict[str, Any]:
    """The comparisons of a run's random scenarios as one."""
    random = (limits or aims()).random
    return pooled(whole for name, whole in wholes(outcome).items() if name in random)


def timing_failures(outcome: Outcome, limits: Aims | None = None) -> list[str]:
    """Aims of random scenarios that a run misses and its path enforces; each scenario has failed by its own already."""
    limits = limits or aims()
    return enforced(outcome.run.path, missed_by_random(random_of(outcome, limits), limits), limits)


def timing_case(outcome: Outcome) -> Case | None:
    """The test case of the random scenarios' time; None where their path enforces nothing of it."""
    if "random" not in aims().enforced.get(outcome.run.path, frozenset()) or not wholes(outcome):
        return None
    case, failures = new_case(outcome, "timing"), timing_failures(outcome)
    if failures:
        case.verdict, case.kind, case.why, case.text = Verdict.FAILED, "timing", failures[0], "\n".join(failures)
    return case
