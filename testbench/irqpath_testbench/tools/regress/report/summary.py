"""summary.md: what a pull request shows. Short, whatever happened; what runs printed stands in code, which nothing interprets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from irqpath.cli.writing import write_text
from irqpath_testbench.tools.regress.groups import FailureGroup
from irqpath_testbench.tools.regress.record import Signature
from irqpath_testbench.tools.regress.report.code import shares
from irqpath_testbench.tools.regress.report.regression import Regression
from irqpath_testbench.tools.regress.report.text import count, percent, seconds

SUMMARY: Final = "summary.md"
#: Groups, coverage plans, bins of a plan, lines of a story that are shown.
_GROUPS, _PLANS, _BINS, _LINES = 8, 12, 6, 12
#: Characters of one line.
_WIDTH: Final = 300


def write_summary(folder: Path, regression: Regression) -> None:
    """Write it. Raises `OSError`."""
    write_text(folder / SUMMARY, "\n".join(_lines(regression)) + "\n")


def verdict(regression: Regression) -> str:
    """One line of plain text."""
    counts = regression.counts
    if not counts.jobs:
        return "failed: the plan has no jobs"
    known = f"{counts.quarantined:,} failed as quarantined"
    if regression.ok:
        every = f"passed: {'all ' * (counts.jobs > 1)}{count(counts.jobs, 'job')} ran"
        return f"{every}, {known}" if counts.quarantined else f"{every} and passed"
    if counts.failed + counts.not_run == 0:
        return f"failed: {regression.wrong[0]}"
    bad = [f"{counts.failed:,} failed"] * bool(counts.failed) + [f"{counts.not_run:,} did not run"] * bool(counts.not_run)
    return f"failed: of {count(counts.jobs, 'job')} {' and '.join(bad)}"


def title(signature: Signature) -> str:
    """A signature in one line of plain text."""
    link = f" on {signature.link}" if signature.link else ""
    parts = [f"{signature.check}{link}", *[f"field {signature.field}"] * bool(signature.field), signature.scenario]
    return ", ".join(part for part in parts if part)


def _lines(regression: Regression) -> Iterator[str]:
    asked, counts = regression.asked, regression.counts
    yield f"## Regression {code(asked.plan)} {verdict(regression)}"
    yield ""
    yield "| path | simulator | jobs | passed | failed | not run | median | longest |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for (path, simulator), of in regression.suites.items():
        figures = (f"{n:,}" for n in (of.jobs, of.passed, of.failed, of.not_run))
        yield f"| {path} | {simulator} | {' | '.join(figures)} | {seconds(of.wall.median)} | {seconds(of.wall.greatest)} |"
    yield ""
    compared = sum(row.compared for row in regression.rows)
    commit = f"commit {code(asked.commit[:12])}{', changed since' * asked.dirty}; " if asked.commit else ""
    yield f"{commit}{compared:,} transactions compared; {seconds(regression.elapsed)}, {seconds(counts.cpu)} of CPU time"
    for line in regression.wrong[:_GROUPS]:
        yield f"\n**failed**: {code(line)}"
    yield from _failures(regression.groups)
    if counts.quarantined:
        yield ""
        yield f"{count(counts.quarantined, 'job')} failed as quarantined"
    yield from _coverage(regression)


def _failures(groups: Sequence[FailureGroup]) -> Iterator[str]:
    if not groups:
        return
    yield ""
    yield f"### {count(len(groups), 'group')} of failures"
    for one in groups[:_GROUPS]:
        first = one.first
        yield ""
        yield f"**{count(len(one.records), 'job')}**: {code(title(one.signature))}"
        yield ""
        story = (first.story or first.reason or first.verdict.value).splitlines()
        yield from _fenced([*story[:_LINES], *["..."] * (len(story) > _LINES), "", f"$ {first.job.command()}"])
    if more := groups[_GROUPS:]:
        yield ""
        yield f"{count(len(more), 'more group')} with {count(sum(len(g.records) for g in more), 'job')}"


def _coverage(regression: Regression) -> Iterator[str]:
    if regression.code:
        parts = (f"{kind} {percent(covered, of)}" for kind, (covered, of, _) in shares(regression.code).items())
        yield f"\nCode coverage: {', '.join(parts)}"
    if not regression.bins:
        return
    yield ""
    share = percent(regression.bins_covered, regression.bins)
    yield f"### Coverage {regression.bins_covered:,} of {count(regression.bins, 'bin')} ({share})"
    missing = [plan for plan in regression.coverage if plan.uncovered]
    if missing:
        yield ""
    for plan in missing[:_PLANS]:
        names = ", ".join(code(name) for name in plan.uncovered[:_BINS])
        others = f" and {len(plan.uncovered) - _BINS:,} more" if len(plan.uncovered) > _BINS else ""
        yield f"- {code(plan.name)}: not covered: {names}{others}"
    if more := missing[_PLANS:]:
        yield f"- and bins of {count(len(more), 'more plan')}"


def code(text: str) -> str:
    """A text as code in one line, whatever it holds."""
    line = " ".join(text.split())[:_WIDTH]
    fence = "`" * (_longest_run(line) + 1)
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{space}{line}{space}{fence}" if line else ""


def _fenced(lines: Sequence[str]) -> Iterator[str]:
    """Lines as a block of code, whatever they hold."""
    fence = "`" * max(3, _longest_run("\n".join(lines)) + 1)
    yield f"{fence}text"
    yield from (line[:_WIDTH] if not line.startswith("$ ") else line for line in lines)
    yield fence


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
