"""trend.sqlite: a row a regression, so that the next one of the same plan shows what has changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Final

from irqpath.core.errors import CheckError
from irqpath_testbench.tools.regress.asked import Asked
from irqpath_testbench.tools.regress.report.regression import Regression

#: Beside the regressions' folders.
TREND: Final = "trend.sqlite"
#: Regressions that are shown.
SHOWN: Final = 100
#: Seconds to wait for another regression that writes.
_PATIENCE: Final = 30.0


@dataclass(frozen=True, slots=True)
class Point:
    """A regression. `begin`: Unix time; `elapsed`, `cpu`: seconds; `bins`: of all coverage plans, `covered` of which were hit."""

    plan: str
    name: str
    begin: float
    commit_id: str
    dirty: bool
    jobs: int
    passed: int
    failed: int
    quarantined: int
    not_run: int
    failure_groups: int
    compared: int
    elapsed: float
    cpu: float
    bins: int
    covered: int


_NAMES: Final = tuple(f.name for f in fields(Point))
_TABLE: Final = f"create table if not exists regressions ({', '.join(_NAMES)}, primary key (plan, name, begin))"


def point(regression: Regression) -> Point:
    """That of a regression."""
    asked, counts = regression.asked, regression.counts
    return Point(
        plan=asked.plan,
        name=asked.name,
        begin=asked.begin,
        commit_id=asked.commit,
        dirty=asked.dirty,
        jobs=counts.jobs,
        passed=counts.passed,
        failed=counts.failed,
        quarantined=counts.quarantined,
        not_run=counts.not_run,
        failure_groups=len(regression.groups),
        compared=sum(row.compared for row in regression.rows),
        elapsed=regression.elapsed,
        cpu=counts.cpu,
        bins=regression.bins,
        covered=regression.bins_covered,
    )


def put(file: Path, regression: Regression) -> None:
    """Take it in; one that is there already (it was resumed, or is reported again) is replaced. Raises `CheckError`."""
    with _opened(file) as database:
        database.execute(_TABLE)
        _widen(database)
        places = ", ".join("?" * len(_NAMES))
        database.execute(
            f"insert or replace into regressions ({', '.join(_NAMES)}) values ({places})", astuple(point(regression))
        )


def _widen(database: sqlite3.Connection) -> None:
    """Give it the columns that it lacks, for it outlives versions of irqpath; earlier regressions have 0 there."""
    there = {row[1] for row in database.execute("pragma table_info(regressions)")}
    for name in _NAMES:
        if name not in there:
            database.execute(f"alter table regressions add column {name} not null default 0")


def trend(file: Path, asked: Asked) -> list[Point]:
    """This regression and the last of its plan before it, in the order in which they began. Raises `CheckError`."""
    before = "plan = ? and (begin < ? or (begin = ? and name = ?))"
    wanted = f"select {', '.join(_NAMES)} from regressions where {before} order by begin desc limit {SHOWN}"
    with _opened(file) as database:
        rows = database.execute(wanted, (asked.plan, asked.begin, asked.begin, asked.name)).fetchall()
    return [Point(*row) for row in reversed(rows)]


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Opened, and changed as a whole or not at all."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(file, timeout=_PATIENCE)) as database, database:
            yield database
    except sqlite3.Error as error:
        raise CheckError(f"{file} cannot be used ({error}); move it away to begin a new one") from None
