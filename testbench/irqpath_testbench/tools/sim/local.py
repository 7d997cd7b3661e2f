"""What `irqpath sim` prints of `timing.local`: how exact the profile is, by path and block, and whether a path misses an aim."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console

from irqpath.cli.table import Column, Figures
from irqpath.cli.terminal import program
from irqpath.sim.timing.local import AIMS, Class, misses, pooled, summary
from irqpath_testbench.env.local_timing import classes_of
from irqpath_testbench.tools.sim.junit import Case, Verdict, new_case
from irqpath_testbench.tools.sim.outcome import Outcome

_KINDS: Final = tuple(AIMS)


def found_in(outcome: Outcome) -> list[Class]:
    """The classes of all scenarios of a run."""
    return pooled(c for s in outcome.scenarios for c in classes_of(s.get("timing", {}).get("local", {})))


def print_local(console: Console, outcomes: Sequence[Outcome]) -> None:
    """A row a run; nothing where nothing was timed."""
    title = "Time of each block, predicted from its inputs' offers: share to the cycle, mean error in cycles"
    columns = [Column(f"{kind}\n{what}", kind) for kind in _KINDS for what in ("exact", "error")]
    table = Figures(title, ("path", "things"), columns, SIMPLE_HEAD)
    for outcome in outcomes:
        of_kinds = summary(found_in(outcome))
        if not of_kinds:
            continue
        cells = []
        for kind in _KINDS:
            local = of_kinds.get(kind)
            cells += ["-", "-"] if local is None else [f"{100 * local.exact:.2f} %", f"{local.mean_abs:.3f}"]
        table.add(outcome.name, f"{sum(local.n for local in of_kinds.values()):,}", *cells)
    if table.rows:
        table.print(console)


def local_failures(outcome: Outcome) -> list[str]:
    """The aims that a run misses, with what to do about it."""
    folder = shlex.quote(outcome.run.folder)
    more = f"; to see all of it, and to learn a profile from such runs: {program()} calibrate {folder}"
    return [f"timing.local: {miss}{more}" for miss in misses(found_in(outcome))]


def local_case(outcome: Outcome) -> Case | None:
    """The test case of a run's local time; None where nothing was timed."""
    if not found_in(outcome):
        return None
    case, failures = new_case(outcome, "timing_local"), local_failures(outcome)
    if failures:
        case.verdict, case.kind, case.why, case.text = Verdict.FAILED, "timing", failures[0], "\n".join(failures)
    return case
