"""Packets of `irqpath sim` on the models alone, on each generation of GIC: what the path's Verilog gets from the same seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape

from irqpath.cli.table import Figures
from irqpath.core.errors import CheckError
from irqpath.software.evolution import Row, Setup, measure
from irqpath.software.machine import Delivery, Generation, deliveries
from irqpath_testbench.sequences.randoms import Randoms
from irqpath_testbench.sequences.virtio import LOADS, load
from irqpath_testbench.tools.sim.junit import Case, Suite, Verdict
from irqpath_testbench.tools.sim.paths import PATHS

_SOURCE: Final = "testbench/irqpath_testbench/sequences/virtio.py"


@dataclass(frozen=True, slots=True)
class Asked:
    """A path's packets on a generation; the others as of `irqpath sim`: `interrupts`, of which a packet stands for some."""

    path: str
    generation: Generation
    seed: int
    interrupts: int
    pes: int

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.path}/{self.generation.value} [models, {self.pes} PEs, seed {self.seed}]"

    @property
    def delivery(self) -> Delivery:
        """How interrupts reach the guest."""
        return LOADS[self.path][1]


@dataclass(frozen=True, slots=True)
class Modelled:
    """What came of it; `why`: the check that failed, "" where none did."""

    asked: Asked
    row: Row
    why: str = ""
    seconds: float = 0.0


def asked(paths: Iterable[str], seed: int, interrupts: int, pes: int) -> list[Asked]:
    """Each of `paths` that has packets, on each generation that has its device."""
    return [
        Asked(path, generation, seed, interrupts, pes)
        for path in paths
        if path in LOADS
        for generation in Generation
        if LOADS[path][1] in deliveries(generation)
    ]


def run(one: Asked) -> Modelled:
    """Run it."""
    (scenario,) = PATHS[one.path].scenarios
    workload = load(one.path, Randoms(f"{one.seed}:{scenario}"), one.interrupts)
    setup = Setup(workload, vcpus=one.pes - 1, pes=one.pes)
    began = perf_counter()
    try:
        row, why = measure(setup, one.generation, one.delivery, False), ""
    except CheckError as error:
        row, why = Row(one.generation, one.delivery), str(error)
    return Modelled(one, row, why, perf_counter() - began)


def print_modelled(console: Console, results: Sequence[Modelled]) -> None:
    """A row each; what failed below."""
    title = "Packets on the models: for one packet; cycles from the response to the handler, and from add_buf to it"
    columns = ("packets", "exits", "List registers", "interrupts", "median", "p99", "round trip", "its p99")
    table = Figures(title, ("path", "GIC"), columns, SIMPLE_HEAD)
    for one in results:
        if not one.why:
            table.add(one.asked.path, one.asked.generation.value, *_figures(one.row))
    if table.rows:
        table.print(console)
    for one in results:
        if one.why:
            console.print(f"[red]{escape(one.asked.name)}[/red]: {escape(one.why)}", highlight=False, soft_wrap=True)


def _figures(row: Row) -> Iterator[str]:
    yield f"{row.packets:,}"
    for count in (row.exits, row.results.list_registers, row.results.interrupts):
        yield f"{count / row.packets:.2f}"
    for cycles in (row.latency, row.round_trip):
        yield from (f"{cycles.at(share):,}" for share in (0.5, 0.99))


def suite(everything: Sequence[Asked], results: Sequence[Modelled] = ()) -> Suite:
    """A case each; those without a result did not come to their end."""
    found = {one.asked: one for one in results}
    made = Suite("models", {"seed": str(everything[0].seed)} if everything else {})
    for one in everything:
        case = Case(one.name, f"irqpath.models.{one.path}", _SOURCE, 1)
        result = found.get(one)
        if result is None:
            case.verdict, case.kind, case.why = Verdict.ERROR, "ended", "it did not come to its end"
        else:
            case.seconds = result.seconds
            if result.why:
                case.verdict, case.kind, case.why = Verdict.FAILED, "check", result.why
        if case.verdict is not Verdict.PASSED:
            size = f"--pes {one.pes} --seed {one.seed} -n {one.interrupts}"
            case.text = f"{case.why}\n\nrepeat it: irqpath sim --paths {one.path} {size}"
        made.cases.append(case)
    return made
