"""index.html: one page that a browser opens without a network or a server.

Overview, failures, uncovered bins, times and trend are in the page itself. What has a row a job or a bin is data, of which a
little script draws what is looked at: ten thousand rows of a table take a browser seconds. All text is escaped where it is put
in (jinja2) or set as text (the script), for stories come from logs. The page's policy (CSP) forbids it to fetch anything.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from irqpath.cli.writing import write_text
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.report import plots, text
from irqpath_testbench.tools.regress.report.code import code_rows, kinds, shares
from irqpath_testbench.tools.regress.report.regression import NOT_RUN, Regression, Row, device_text
from irqpath_testbench.tools.regress.report.summary import title, verdict
from irqpath_testbench.tools.regress.report.trend import Point
from irqpath_testbench.tools.regress.waves import waves_of

PAGE: Final = "index.html"
_HERE: Final = Path(__file__).parent
#: Groups of failures that are told in full, and those that are open at first; jobs of a group, and slowest jobs, that are named.
_GROUPS, _OPEN, _NAMED, _SLOWEST = 50, 3, 20, 10
#: Quarantined failures that are told.
_KNOWN: Final = 200
#: Greatest number that JavaScript has exactly.
_EXACT: Final = 2**53 - 1
#: Regressions in the trend's table.
_REGRESSIONS: Final = 15


def write_page(folder: Path, regression: Regression, trend: Sequence[Point]) -> None:
    """Write it. `trend`: regressions of the same plan, this one the last. Raises `OSError`."""
    write_text(folder / PAGE, page(regression, trend, folder))


def page(regression: Regression, trend: Sequence[Point], folder: Path) -> str:
    """Its text; `folder`: of the regression, which may hold waves."""
    rows = [row for row in regression.rows if row.record]
    return _template().render(
        regression=regression,
        verdict=verdict(regression),
        style=Markup((_HERE / "page.css").read_text(encoding="utf-8")),
        script=Markup((_HERE / "page.js").read_text(encoding="utf-8")),
        data=_embedded(data(regression)),
        groups=regression.groups[:_GROUPS],
        waves=partial(waves_of, folder),
        open=_OPEN,
        named=_NAMED,
        quarantined=[row for row in regression.rows if row.quarantined][:_KNOWN],
        slowest=sorted(rows, key=lambda row: -row.wall)[:_SLOWEST],
        kinds=kinds(regression.code),
        code=shares(regression.code),
        wall=max((counts.wall.greatest for counts in regression.suites.values()), default=0.0),
        memory=max((counts.memory.greatest for counts in regression.suites.values()), default=0.0),
        compared=sum(row.compared for row in regression.rows),
        trend=trend[-_REGRESSIONS:][::-1],
        lines=_trend_lines(trend),
        environment=_flat(regression.asked.environment),
        options=_flat(regression.asked.options),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(seconds=text.seconds, size=text.size, moment=text.moment, signature=title, link=_link)
    environment.globals.update(count=text.count, percent=text.percent, box=plots.box, device=device_text)
    return environment.get_template("page.html")


def _link(folder: str) -> str:
    """A folder's address, relative to the page, whatever its name is."""
    return quote(f"./{folder}/")


def _embedded(plain: Any) -> Markup:
    """Data in the page: JSON in which nothing can end its element."""
    as_text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False)
    return Markup(as_text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _flat(plain: Any, above: str = "") -> list[tuple[str, str]]:
    """Names and values of nested objects: "tools verilator"."""
    if isinstance(plain, dict):
        return [pair for name, value in plain.items() for pair in _flat(value, f"{above} {name}".strip())]
    if isinstance(plain, list):
        return [(above, ", ".join(map(str, plain)))]
    return [(above, {True: "yes", False: "no"}.get(plain, str(plain)) if isinstance(plain, bool) else str(plain))]


def _trend_lines(trend: Sequence[Point]) -> list[tuple[str, str, Markup]]:
    """Name, the last value, and the picture of each course."""
    if len(trend) < 2:
        return []

    def course(name: str, values: list[float], shown: list[str]) -> tuple[str, str, Markup]:
        when = [text.moment(p.begin) for p in trend]
        labels = [f"{moment}, {p.name}: {value}" for p, moment, value in zip(trend, when, shown, strict=True)]
        return name, shown[-1], plots.line(values, labels, f"{name}, {len(trend)} regressions")

    bad = [p.failed + p.not_run for p in trend]
    return [
        course("failed or not run", [float(n) for n in bad], [f"{n:,} of {p.jobs:,}" for n, p in zip(bad, trend, strict=True)]),
        course("time", [p.elapsed for p in trend], [text.seconds(p.elapsed) for p in trend]),
        course("CPU time", [p.cpu for p in trend], [text.seconds(p.cpu) for p in trend]),
        course(
            "bins covered",
            [p.covered / p.bins if p.bins else 0.0 for p in trend],
            [f"{p.covered:,} of {p.bins:,} ({text.percent(p.covered, p.bins)})" for p in trend],
        ),
    ]


# --- what the script draws -------------------------------------------------------------------------------------------------


class _Numbers:
    """Texts that come often, by number."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._known: dict[str, int] = {}

    def of(self, value: str) -> int:
        """That of a text, a new one if need be."""
        if value not in self._known:
            self._known[value] = len(self.texts)
            self.texts.append(value)
        return self._known[value]


def command_of(template: str, seed: int) -> str:
    """The command that repeats a job, from its template, as the script makes it."""
    return template.replace("--seed 0", f"--seed {seed}", 1)


def _template_of(job: Job) -> str:
    """The same for jobs that differ in their seed alone."""
    return replace(job, seed=0).command()


def data(regression: Regression) -> dict[str, Any]:
    """Rows of jobs and bins; texts that many have stand once, and rows have their numbers."""
    texts = _Numbers()
    jobs = [_row(row, texts) for row in regression.rows]
    number = {row.name: i for i, row in enumerate(regression.rows)}
    bins = [
        [texts.of(plan.name), one.name, one.hits, one.jobs, number.get(one.first, -1)]
        for plan in regression.coverage
        for one in plan.bins
    ]
    return {"texts": texts.texts, "jobs": jobs, "bins": bins, "code": code_rows(regression.code)}


def _row(row: Row, texts: _Numbers) -> list[Any]:
    job, record = row.job, row.record
    shared = [texts.of(value) for value in (job.path, job.simulator, device_text(job))]
    command = texts.of(_template_of(job))
    seed = job.seed if abs(job.seed) <= _EXACT else str(job.seed)
    if record is None:
        return [row.name, *shared, seed, texts.of(NOT_RUN), 0, 0, 0, 0, "", "", command, 0]
    measured = [round(record.wall, 2), round(record.cpu, 2), round(record.memory / 2**20), row.compared]
    folder = _link(record.folder) if record.folder else ""
    said = " ".join(part for part in (record.reason, f"({row.quarantined})" * bool(row.quarantined)) if part)
    return [row.name, *shared, seed, texts.of(row.result), *measured, said, folder, command, int(row.ok)]
