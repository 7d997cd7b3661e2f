"""In which order jobs run: what failed last time, then what takes longest, so that news comes early and the end is not one long
job by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

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


def together(jobs: Sequence[Job], count: int, most: int, urgent: Collection[Job] = ()) -> list[tuple[Job, ...]]:
    """The jobs in batches of up to `most` that differ in their seeds alone, for a process of each; in the order of their first
    ones. So small that `count` workers have several batches of a kind each. By itself is an `urgent` job, whose news
    shall not wait for others, one with an injected fault, which ends as soon as that is found, however, and one with coverage of
    the Verilog, which counts by process."""
    kinds: dict[Job, list[Job]] = {}
    for job in jobs:
        by_itself = job.must_fail or job.code_coverage or job in urgent
        kinds.setdefault(job if by_itself else replace(job, seed=0), []).append(job)
    batches = []
    for alike in kinds.values():
        size = max(1, min(most, len(alike) // (2 * count)))
        batches += [tuple(alike[n : n + size]) for n in range(0, len(alike), size)]
    places = {job: place for place, job in enumerate(jobs)}
    return sorted(batches, key=lambda batch: places[batch[0]])


def _kind(job: Job) -> tuple[str, str]:
    return job.path, job.simulator
