"""In which order jobs run: what failed last time, then what takes longest, so that news comes early and the end is not one long
job by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from irqpath_testbench.tools.regress.job import Job
from irqpath_testbench.tools.regress.record import Record


def ordered(jobs: Sequence[Job], earlier: Iterable[Record]) -> list[Job]:
    """The jobs, by what `earlier` records say of them; of one without a record its time is that of its kind on average, and a
    kind that nobody has timed comes before those that were."""
    known = {record.job: record for record in earlier}
    times: dict[tuple[str, str], list[float]] = {}
    for record in known.values():
        times.setdefault(_kind(record.job), []).append(record.wall)
    means = {kind: sum(walls) / len(walls) for kind, walls in times.items()}

    def place(job: Job) -> tuple[bool, float]:
        record = known.get(job)
        if record is None:
            return True, -means.get(_kind(job), float("inf"))
        return record.ok, -record.wall

    return sorted(jobs, key=place)


def _kind(job: Job) -> tuple[str, str]:
    return job.path, job.simulator
