"""A regression as reports see it: a row a job, groups of failures, coverage, sums. Made from records alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache, cached_property
from pathlib import Path
from statistics import quantiles
from typing import Final

from irqpath_testbench.dut.parameters import DutParameters
from irqpath_testbench.tools.regress.asked import Asked
from irqpath_testbench.tools.regress.code_coverage import Source
from irqpath_testbench.tools.regress.covered import Coverage, PlanCoverage, coverage_of, covered, merge_coverage
from irqpath_testbench.tools.regress.groups import FailureGroup, group
from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import Record, Records, Verdict
from irqpath_testbench.tools.sim.results import Results

#: What became of a job without a record.
NOT_RUN: Final = "it did not run"


@dataclass(frozen=True, slots=True)
class Row:
    """A job of the plan. `record`: None if it did not run; without its results, unless it failed, for those of thousands of jobs
    are large. `quarantined`: why a failure is known and does not count, "" where it does. `compared`: transactions, `closed`:
    journeys, `cycles`: over its scenarios."""

    name: str
    job: Job
    record: Record | None = None
    quarantined: str = ""
    scenarios: int = 0
    compared: int = 0
    closed: int = 0
    cycles: int = 0
    mismatches: int = 0

    @property
    def ok(self) -> bool:
        """It ran and passed."""
        return self.record is not None and self.record.ok

    @property
    def result(self) -> str:
        """In a few words."""
        if self.record is None:
            return NOT_RUN
        return f"quarantined: {self.record.verdict.value}" if self.quarantined else self.record.verdict.value

    @property
    def wall(self) -> float:
        """Seconds."""
        return self.record.wall if self.record else 0.0

    @property
    def memory(self) -> int:
        """Bytes."""
        return self.record.memory if self.record else 0


@dataclass(frozen=True, slots=True)
class Spread:
    """Least, quartiles and greatest of some numbers, all 0 of none."""

    least: float = 0.0
    lower: float = 0.0
    median: float = 0.0
    upper: float = 0.0
    greatest: float = 0.0

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Those of `values`."""
        found = sorted(values)
        if not found:
            return cls()
        lower, median, upper = quantiles(found, n=4, method="inclusive") if len(found) > 1 else found * 3
        return cls(found[0], lower, median, upper, found[-1])


@dataclass(frozen=True)
class Counts:
    """Of rows: each has passed, failed, is quarantined or did not run."""

    rows: Sequence[Row]

    @cached_property
    def jobs(self) -> int:
        """All."""
        return len(self.rows)

    @cached_property
    def passed(self) -> int:
        """Ran and passed."""
        return sum(row.ok for row in self.rows)

    @cached_property
    def not_run(self) -> int:
        """Without a record."""
        return sum(row.record is None for row in self.rows)

    @cached_property
    def quarantined(self) -> int:
        """Failed as is known."""
        return sum(bool(row.quarantined) for row in self.rows)

    @property
    def failed(self) -> int:
        """Ran, and neither passed nor failed as is known."""
        return self.jobs - self.passed - self.quarantined - self.not_run

    @cached_property
    def cpu(self) -> float:
        """Seconds of all."""
        return sum(row.record.cpu for row in self.rows if row.record)

    @cached_property
    def wall(self) -> Spread:
        """Seconds a job."""
        return Spread.of(row.wall for row in self.rows if row.record)

    @cached_property
    def memory(self) -> Spread:
        """Bytes a job, of those that it was measured of."""
        return Spread.of(row.memory for row in self.rows if row.memory)


@dataclass(frozen=True)
class Regression:
    """`rows`: in the order of the plan's jobs; `groups`: of failures that count; `coverage`: of all jobs, by coverage plan;
    `wrong`: what is wrong with all of it together; `code`: coverage of the Verilog's source, () where nobody asked for it."""

    asked: Asked
    rows: tuple[Row, ...]
    groups: tuple[FailureGroup, ...] = ()
    coverage: tuple[PlanCoverage, ...] = ()
    #: by what the records say
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()
    code: tuple[Source, ...] = ()

    @property
    def ok(self) -> bool:
        """Every job ran and passed, or failed as is known. A plan without jobs proves nothing."""
        return bool(self.rows) and all(row.ok or row.quarantined for row in self.rows) and not self.wrong

    @cached_property
    def counts(self) -> Counts:
        """Of all rows."""
        return Counts(self.rows)

    @cached_property
    def suites(self) -> Mapping[tuple[str, str], Counts]:
        """By path and simulator."""
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows:
            found.setdefault((row.job.path, row.job.simulator), []).append(row)
        return {key: Counts(rows) for key, rows in sorted(found.items())}

    @cached_property
    def end(self) -> float:
        """Unix time at which the last job ended; the begin if none did."""
        return max((row.record.began + row.record.wall for row in self.rows if row.record), default=self.asked.begin)

    @property
    def elapsed(self) -> float:
        """Seconds from the begin to the end of the last job."""
        return max(0.0, self.end - self.asked.begin)

    @cached_property
    def bins(self) -> int:
        """Of all coverage plans."""
        return sum(len(plan.bins) for plan in self.coverage)

    @cached_property
    def bins_covered(self) -> int:
        """Those that a job reached."""
        return self.bins - sum(len(plan.uncovered) for plan in self.coverage)


def read_regression(
    asked: Asked, records: Path, quarantined: Mapping[str, str] | None = None, wrong: Sequence[str] = ()
) -> Regression:
    """From the records of its jobs in the folder `records`; others there are of another plan and do not count. `quarantined`:
    why failures of jobs are known, by the jobs' names. Raises `CheckError` where records are of different versions."""
    kept = Records(records)
    return regression(asked, ((job, kept.read(job)) for job in dict.fromkeys(asked.jobs)), quarantined, wrong)


def regression(
    asked: Asked,
    found: Iterable[tuple[Job, Record | None]],
    quarantined: Mapping[str, str] | None = None,
    wrong: Sequence[str] = (),
) -> Regression:
    """The same from jobs with their records, one at a time."""
    rows: list[Row] = []
    coverage = merge_coverage(_coverages(found, rows, quarantined or {}))
    failed = [row.record for row in rows if row.record and not row.record.ok and not row.quarantined]
    verdicts = Counter(row.record.verdict for row in rows if row.record)
    plans = tuple(covered(coverage, [row.name for row in rows]))
    return Regression(asked, tuple(rows), tuple(group(failed)), plans, verdicts, tuple(wrong))


def _coverages(found: Iterable[tuple[Job, Record | None]], rows: list[Row], quarantined: Mapping[str, str]) -> Iterator[Coverage]:
    """Each job's coverage; a row for each goes to `rows`."""
    for job, record in found:
        name = job.name
        if record is None:
            rows.append(Row(name, job))
            continue
        totals = record.results.totals()
        kept = replace(record, results=Results()) if record.ok else record
        counts = (totals.scenarios, totals.compared.total(), totals.closed, totals.cycles, totals.mismatches)
        known = "" if record.ok else quarantined.get(name, "")
        rows.append(Row(name, job, kept, known, *counts))
        yield coverage_of(record)


def device_text(job: Job) -> str:
    """What in its device is not as usual, "" for nothing."""
    return _device_text(job.device)


@cache
def _device_text(device: DutParameters) -> str:
    usual = DutParameters()
    values = {f.name: (getattr(device, f.name), getattr(usual, f.name)) for f in fields(DutParameters)}
    return ",".join(f"{name}={int(mine)}" for name, (mine, default) in values.items() if mine != default)
