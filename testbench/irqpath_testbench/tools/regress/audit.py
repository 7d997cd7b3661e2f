"""The audit of seeds: what a plan took for different random runs were different ones."""

from __future__ import annotations

from collections.abc import Iterable

from irqpath_testbench.tools.regress.record import Record


def audit(records: Iterable[Record]) -> list[str]:
    """What is wrong, a line each: a seed that did not reach the generator of a scenario, two seeds of one scenario that began
    with the same random number, one seed that began with two."""
    found: list[str] = []
    of_seed: dict[tuple[str, str, int], tuple[str, str]] = {}
    of_draw: dict[tuple[str, str, str], tuple[int, str]] = {}
    for record in records:
        job = record.job
        if record.ok and not record.draws:
            found.append(f"{job.name}: its scenarios say no random number")
        for scenario, draw in record.draws.items():
            name, _, number = draw.rpartition(" ")
            if not name.startswith(f"{job.seed}:"):
                found.append(f"{job.name}: the generator of {scenario} is {name!r}, and the seed is {job.seed}")
            number_before, other = of_seed.setdefault((job.path, scenario, job.seed), (number, job.name))
            if number_before != number:
                found.append(f"{job.name} and {other}: {scenario} began with other random numbers, and the seed is the same")
            seed_before, other = of_draw.setdefault((job.path, scenario, number), (job.seed, job.name))
            if seed_before != job.seed:
                found.append(f"{job.name} and {other}: {scenario} began with the same random number, and the seeds differ")
    return found
